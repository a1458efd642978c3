"""Looking names up: what a command's words name among the accounts, clusters and incidents that are known. Pure.

Exact names win over those that differ in upper and lower case. Nothing else is found: what changes something takes
exact names. What is called nearly so, or holds the words in its name, are candidates; who only asks may be answered
about the one that there is (`guess`). What several things are called is not guessed: they are candidates too. A pattern
(prod-*) is found as what it is if it fits anything known; who asks about one thing gets the known ones as candidates.

Words are taken as they were typed first, and only then without what copying and formatting bring (plain_text): so
`*Payments*` is the account of that name, and no pattern.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chatops.commands.exact_names import INSTANCE, WILD, Unseen, exactly, patterns, strange, unseen
from chatops.commands.known_names import LABEL, KnownNames, label
from chatops.commands.near_names import LOOSE, MOST_NEAR, loosely, near
from chatops.commands.plain_text import readings
from hub.scopes.scope import Scope
from hub.slack.mrkdwn import visible

MOST_CANDIDATES = 10
# No name has more words: those of accounts have up to 50 characters.
_MOST_WORDS = 8
# What is bold in Slack, or a pattern: nobody can tell.
_BOLD = re.compile(r"\*+[^*?/]+\*+")

Option = tuple[str, str]
"""What may be meant: a label of at most 75 characters, and words that mean it alone."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is meant."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may be meant; `more` are left out. `exact` says that each of them is called so."""

    options: tuple[Option, ...]
    more: int = 0
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing known is called so; the `nearest` are. `strange` is what the words name all the same, if there is such.

    `instance` says that they are an instance's id: then the nearest are that instance in each cluster, if they are few.
    """

    nearest: tuple[Option, ...] = ()
    strange: Scope | None = None
    instance: bool = False


@dataclass(frozen=True, slots=True)
class Split:
    """How words that run on may be parted: each a label, the name and the reason; `sure` says that there is one way."""

    ways: tuple[tuple[str, str, str], ...]
    sure: bool


Answer = Found | Unseen | Candidates | Nothing


def find(words: str, known: KnownNames) -> Answer:
    """Find what the words of a command name exactly."""
    tried = list(readings(words))
    if tried and " " in tried[-1] and "/" not in tried[-1]:
        tried.append(tried[-1].replace(" ", "/"))  # an account, and what is in it
    if exact := next(filter(None, (exactly(reading, known) for reading in tried)), []):
        return _settled(exact, known)
    if instances := next(filter(None, (unseen(reading, known) for reading in tried)), []):
        return instances[0] if len(instances) == 1 else _candidates(_each(instances, known))
    fitting = [scope for scope in patterns(words, known) if known.covered(scope) or scope in known.muted]
    if fitting and not _BOLD.fullmatch(words):
        return _settled(fitting, known)
    plainest = ["", *readings(words)][-1]
    loose = [scope for fits in LOOSE for scope in loosely(fits, plainest, known)]
    # Who ends something means what is begun, if anything of it may be meant.
    loose = [scope for scope in loose if scope in known.muted] or loose
    if loose or fitting:
        return _candidates(_labelled([*loose, *fitting], known), exact=False)
    return _nothing(words, plainest, known)


def guess(words: str, known: KnownNames) -> Answer:
    """Find what somebody asks about, which changes nothing: also what alone begins so, or holds the words."""
    found = find(words, known)
    if isinstance(found, Found | Unseen) or (isinstance(found, Candidates) and found.exact):
        return found
    if words.endswith("?") and isinstance(asked := guess(words.rstrip("? "), known), Found | Unseen):
        return asked
    plainest = ["", *readings(words)][-1]
    likely = (set(loosely(fits, plainest, known)) for fits in LOOSE)
    return next((Found(*those) for those in likely if len(those) == 1 and not WILD.search(words)), found)


def find_one(words: str, known: KnownNames) -> Answer:
    """Find what words are about that mean one thing: of a pattern, the known clusters that it fits."""
    found = guess(words, known)
    if isinstance(found, Found) and found.scope.is_pattern:
        return _settled(map(Scope.of, known.covered(found.scope)), known)
    return found


def split(words: str, known: KnownNames) -> Split:
    """Part words that run on into a name and a reason: the longest name that they begin with, and the rest.

    Where what comes next may be a part of the name, or another name, or everything is meant, that is not guessed.
    """
    parts = words.split(" ")
    for number in range(min(len(parts), _MOST_WORDS), 0, -1):
        name, reason = " ".join(parts[:number]), " ".join(parts[number:])
        found = find(name, known)
        if isinstance(found, Nothing) or (isinstance(found, Candidates) and not found.exact):
            continue
        others = _others(found, parts, number, known) if reason else ()
        own = label(found.scope, known) if isinstance(found, Found) else visible(name, LABEL)
        ways = [(own, name, reason), *((text, target, " ".join(parts[number + 1 :])) for text, target in others)]
        return Split(tuple(ways), sure=not others and not (reason and found == Found(Scope())))
    return Split(((visible(words, LABEL), parts[0], " ".join(parts[1:])),), sure=True)


def _others(found: Answer, parts: Sequence[str], number: int, known: KnownNames) -> tuple[Option, ...]:
    """Say what else may be meant where a name of so many words goes on: a longer one, or another one behind it."""
    longer, another = find(" ".join(parts[: number + 1]), known), find(parts[number], known)
    if isinstance(longer, Candidates):
        return longer.options
    if isinstance(another, Found):
        return _labelled([another.scope], known)
    return another.options if isinstance(another, Candidates) and found == Found(Scope()) else ()


def _settled(found: Iterable[Scope], known: KnownNames) -> Answer:
    several = sorted(set(found), key=lambda scope: (-scope.width, str(scope)))
    if len(several) == 1:
        return Found(*several)
    return _candidates(_labelled(several, known)) if several else Nothing()


def _candidates(options: tuple[Option, ...], *, exact: bool = True) -> Candidates:
    return Candidates(options[:MOST_CANDIDATES], len(options[MOST_CANDIDATES:]), exact)


def _labelled(scopes: Iterable[Scope], known: KnownNames) -> tuple[Option, ...]:
    return tuple((label(scope, known), str(scope)) for scope in dict.fromkeys(scopes))


def _each(instances: Iterable[Unseen], known: KnownNames) -> tuple[Option, ...]:
    return tuple(
        (visible(f"{each.instance} · {label(Scope.of(each.cluster), known)}", LABEL), each.words) for each in instances
    )


def _nothing(words: str, plainest: str, known: KnownNames) -> Nothing:
    if INSTANCE.fullmatch(plainest):
        few = known.clusters if len(known.clusters) <= MOST_CANDIDATES else ()
        return Nothing(_each((Unseen(cluster, plainest.lower()) for cluster in few), known), instance=True)
    nearest = _labelled(near(plainest, known), known)[:MOST_NEAR]
    return Nothing(nearest, strange(words, known) or strange(plainest, known))
