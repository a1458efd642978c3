"""Coverage: which member Regions are truly watched, as far as the visits of the sweep have seen. Pure.

A place is watched if its last visit has seen it, blind if that visit could not read it or is too long ago, and
unvisited if nobody has ever tried.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.words import plural

Place = tuple[str, str]
"""An account and a Region."""

# Each place is visited once in ten minutes. A place whose last visit is so long ago is blind.
STALE = timedelta(minutes=35)
NOT_LATELY = "not visited lately"
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Visit:
    """What is kept of the visits of a place: when the last one was, when one last saw it, why the last one did not.

    `problem` is "" if the last visit saw it. Its words are ours but for AWS's error codes.
    """

    tried_at: datetime
    at: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How the places stand; `blind` says why. All in order of account and Region."""

    watched: tuple[Place, ...]
    blind: tuple[tuple[Place, str], ...]
    unvisited: tuple[Place, ...]

    @property
    def reasons(self) -> tuple[tuple[str, int], ...]:
        """Why places are blind, in words without the places' names, and how many for each; the most frequent first."""
        counted = Counter(_general(place, problem) for place, problem in self.blind)
        return tuple(sorted(counted.items(), key=lambda each: (-each[1], each[0])))

    @property
    def line(self) -> str:
        """Say it in one line for people: plain text, to be shown as such."""
        places = len(self.watched) + len(self.blind) + len(self.unvisited)
        if not places:
            return "No account of the organization is known yet."
        parts = [f"{len(self.watched):,} of {places:,} member Regions watched"]
        if self.blind:
            why = [f"{reason} ({number:,})" for reason, number in self.reasons[:_NAMED]]
            more = len(self.reasons) - len(why)
            why += [plural(more, "more reason")] if more else []
            parts.append(f"{len(self.blind):,} blind: {', '.join(why)}")
        if self.unvisited:
            parts.append(f"{len(self.unvisited):,} not visited yet")
        return "; ".join(parts) + "."


def visited(before: Visit | None, problem: str, now: datetime) -> Visit:
    """Return what is kept after a visit. One with a `problem` saw nothing: what was seen before still stands."""
    if problem:
        return Visit(now, before.at if before else None, problem)
    return Visit(now, now)


def coverage(accounts: Iterable[str], regions: Sequence[str], seen: Mapping[Place, Visit], now: datetime) -> Coverage:
    """Sort the accounts' Regions by how they stand. What was seen of any other place does not count."""
    watched: list[Place] = []
    blind: list[tuple[Place, str]] = []
    unvisited: list[Place] = []
    for place in sorted({(account, region) for account in accounts for region in regions}):
        last = seen.get(place)
        if last is None:
            unvisited.append(place)
        elif last.problem:
            blind.append((place, last.problem))
        elif now - last.tried_at >= STALE:
            blind.append((place, NOT_LATELY))
        else:
            watched.append(place)
    return Coverage(tuple(watched), tuple(blind), tuple(unvisited))


def _general(place: Place, problem: str) -> str:
    """Take a place's own names out of its problem, so that many places have the same."""
    account, region = place
    return problem.replace(f" in {account}/{region}", "").replace(f" in {account}", "")
