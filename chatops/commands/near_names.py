"""Near names: what begins with some words or holds them, and what is written nearly so. Pure."""

import difflib
import re
from collections.abc import Iterable, Iterator

from chatops.commands.exact_names import EXACT, WILD, Fits, accounts, clusters, exactly, patterns, regions, scope_of
from chatops.commands.known_names import KnownNames
from hub.incidents.incident import Incident
from hub.scopes.scope import Scope

MOST_NEAR = 3
LOOSE: tuple[Fits, ...] = (
    lambda name, words: name.casefold().startswith(words.casefold()),
    lambda name, words: words.casefold() in name.casefold(),
)
_LONGEST_COMPARED = 60
# What stands between the words of a sentence, and between several names.
_PARTS = re.compile("[,;&+ ]+")
# So much of an id has to be there before something is looked for by a part of it.
_PART_OF_AN_ID = 6


def loosely(fits: Fits, words: str, known: KnownNames) -> Iterator[Scope]:
    """Find what begins so, or holds the words, the widest first; behind an account's name, too."""
    whose, slash, last = words.rpartition("/")
    if WILD.search(words) or not last or (slash and not whose):
        return
    if not slash:
        yield from sorted(accounts(fits, last, known), key=str)
        yield from map(Scope.of, clusters(fits, last, known.clusters))
        yield from _by_part_of_an_id(last, known.incidents)
        return
    owner, _, region = whose.partition("/")
    owners = {scope.account for test in (*EXACT, fits) for scope in accounts(test, owner, known)}
    if not region:
        yield from (scope for each in sorted(owners) for scope in regions(each, last, known))
    there = [c for c in known.clusters if c.account in owners and region.lower() in {"", c.region}]
    yield from map(Scope.of, clusters(fits, last, there))


def _by_part_of_an_id(words: str, incidents: Iterable[Incident]) -> Iterator[Scope]:
    asked = words.lower()
    for each in incidents if len(asked) >= _PART_OF_AN_ID else ():
        if any(name.startswith(asked) for name in (each.id, each.instance, each.sighting.host)):
            yield Scope.of(each.cluster, each.instance)


def near(words: str, known: KnownNames) -> Iterator[Scope]:
    """Find what is written nearly so: a pattern in other letters, names among other words, or with a slip in them."""
    yield from (pattern for pattern in patterns(words.lower(), known) if known.covered(pattern))
    named = [scope for part in _PARTS.split(words) for scope in exactly(part, known)] if _PARTS.search(words) else []
    yield from (scope for scope in named if scope != Scope())
    whose, _, last = words.rpartition("/")
    called = _names(known, _near_accounts(whose.partition("/")[0], known) if whose else set())
    for name in difflib.get_close_matches(last.casefold()[:_LONGEST_COMPARED], called, MOST_NEAR):
        yield from called[name]


def _near_accounts(whose: str, known: KnownNames) -> set[str]:
    found = next(filter(None, (accounts(fits, whose, known) for fits in (*EXACT, *LOOSE))), [])
    return {scope.account for scope in found}


def _names(known: KnownNames, owners: set[str]) -> dict[str, list[Scope]]:
    """Return what is called how, as names are compared, of these accounts; of all, if there are none."""
    called = [(each.name, Scope.of(each)) for each in known.clusters if not owners or each.account in owners]
    called += [(r, scope) for r in known.everywhere() for owner in owners or {""} for scope in regions(owner, r, known)]
    if not owners:
        called += [(name, Scope(account=a.id)) for a in known.accounts() for name in {a.name, a.id} - {""}]
        called += [(alias, scope) for alias, whose in known.aliases.items() for scope in scope_of(whose, "")]
    names: dict[str, list[Scope]] = {}
    for name, scope in sorted(called, key=str):
        names.setdefault(name.casefold()[:_LONGEST_COMPARED], []).append(scope)
    return names
