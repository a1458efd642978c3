"""Dead letters: why a message lies in a dead-letter queue, whether it may go back, and how to tell of many. Pure.

Their texts come from anywhere: shown is only what can be named (place, kind, error), escaped and cut, never a body.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chatops.clicks import requests
from chatops.clicks.requests import FRESH
from hub.incidents.hint_messages import from_message, gist
from hub.incidents.hints import BadHint, Foreign

# Hostile records can bring any number of reasons.
MOST_ROWS = 12
_LONGEST_REASON = 160
_LONGEST_SAMPLE = 140
_LONGEST_PART = 60
# Reasons quote what they complain of. Short things say something (an account, a field), long ones each differ.
_LONG_QUOTE = re.compile(r"""'[^']{25,}(?:'|$)|"[^"]{25,}(?:"|$)""")


class Kind(StrEnum):
    """The queues of the hub that have a dead-letter queue."""

    DELAY = "delay"
    LOOKS = "looks"
    ACTS = "acts"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message of a dead-letter queue. `attributes` are those its sender gave it."""

    id: str
    body: str
    receipt: str
    group: str
    sent: datetime
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a letter lies there. `parked`: it cannot be read, and would come straight back."""

    reason: str
    sample: str
    sent: datetime
    parked: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Letters with the same reason, and one of them."""

    reason: str
    count: int
    sample: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How many of a queue's letters go back and stay; those that nobody has looked at are judged when they are read."""

    back: int
    parked: int
    unseen: int

    @property
    def nothing(self) -> bool:
        """Whether nothing will go back."""
        return not self.back and not self.unseen


def examine(kind: Kind, letter: Letter, now: datetime) -> Finding:
    """Tell why a letter lies there."""
    reason, told, parked = _EXAMINERS[kind](letter, now)
    shown = _LONG_QUOTE.sub("'...'", reason)
    sample = (
        ", ".join(plain(part, _LONGEST_PART) for part in told) or f"{len(letter.body):,} characters that name nothing"
    )
    return Finding(plain(shown, _LONGEST_REASON), plain_cut(sample, _LONGEST_SAMPLE), letter.sent, parked)


def goes_back(finding: Finding, *, parked: bool) -> bool:
    """Tell whether a letter is to be sent back; `parked` ones only if somebody asks for them."""
    return parked or not finding.parked


def plan(findings: Sequence[Finding], total: int, *, parked: bool) -> Plan:
    """Tell what sending back would do to a queue that holds `total`."""
    back = sum(goes_back(finding, parked=parked) for finding in findings)
    return Plan(back, len(findings) - back, max(total - len(findings), 0))


def rows(findings: Iterable[Finding]) -> list[Row]:
    """Gather by reason, the most frequent first; what is beyond MOST_ROWS becomes one row."""
    counts: Counter[str] = Counter()
    samples: dict[str, str] = {}
    for finding in findings:
        counts[finding.reason] += 1
        samples.setdefault(finding.reason, finding.sample)
    ranked = counts.most_common()
    shown = [Row(reason, count, samples[reason]) for reason, count in ranked[:MOST_ROWS]]
    rest = ranked[MOST_ROWS:]
    return [*shown, Row(f"{len(rest)} other reasons", sum(count for _, count in rest), "")] if rest else shown


def plain(text: str, longest: int) -> str:
    """Make every character of a foreign text visible: what is not ASCII, as AWS's names are, becomes an escape."""
    return plain_cut(text[: longest + 1].replace("…", "...").encode("unicode_escape").decode("ascii"), longest)


def plain_cut(text: str, longest: int) -> str:
    """Cut, and show that it was."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


# Why, what can be told of it, parked?
_Examined = tuple[str, Sequence[str], bool]


def _undelivered(letter: Letter, _now: datetime) -> _Examined:
    told = gist(letter.body)
    if reason := letter.attributes.get("reason"):
        return f"parked, {reason}", told, True
    if code := letter.attributes.get("ERROR_CODE"):
        return f"EventBridge could not deliver it: {code}", [*told, letter.attributes.get("ERROR_MESSAGE", "")], False
    try:
        from_message(letter.body)
    except BadHint as error:
        # ingest parks a record that is as long as SQS allows without a reason: there is no room for one.
        return f"parked, {'foreign' if isinstance(error, Foreign) else 'malformed'}: {error}", told, True
    return "ingest failed on it five times: see its log", told, False


def _unlooked(letter: Letter, _now: datetime) -> _Examined:
    return "look failed on it eight times: see its log", gist(letter.body), False


def _undone(letter: Letter, now: datetime) -> _Examined:
    try:
        request = requests.from_message(letter.body)
    except requests.BadRequest:
        return "act failed on it five times: it is no request that this version can read", (), False
    told = (request.cluster.key, f"{request.wish} by {request.user}")
    if now - request.at > FRESH:
        minutes = int(FRESH.total_seconds() / 60)
        return f"act failed on it five times; older than {minutes} min, refused unless it had begun", told, False
    return "act failed on it five times: see its log", told, False


_EXAMINERS: dict[Kind, Callable[[Letter, datetime], _Examined]] = {
    Kind.DELAY: _undelivered,
    Kind.LOOKS: _unlooked,
    Kind.ACTS: _undone,
}
