"""Exact names: what words name exactly among what is known, and what they would name if it were known. Pure."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from chatops.commands.known_names import KnownNames
from hub.incidents.incident import Incident
from hub.scopes.scope import Scope
from spoke.places import BadPlace, Cluster, ContainerInstance

Fits = Callable[[str, str], bool]
"""Whether a name fits some words."""
EXACT: tuple[Fits, ...] = (lambda name, words: name == words, lambda name, words: name.casefold() == words.casefold())
# What EC2, ECS Anywhere and ECS call an instance.
INSTANCE = re.compile(r"m?i-[0-9a-f]{8,17}|[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
WILD = re.compile(r"[*?]")
_ALL = {"all", "everything", "everywhere", "organization", "organisation", "*"}
_ANY = "*"
_ACCOUNT_ID = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True)
class Unseen:
    """An instance of a known cluster that is not in trouble, nor was lately: a look may tell how it is."""

    cluster: Cluster
    instance: str

    @property
    def words(self) -> str:
        """What names it alone."""
        return f"{self.cluster.key}/{self.instance}"


def exactly(words: str, known: KnownNames) -> list[Scope]:
    """Find all that is called so; what differs in upper and lower case only if nothing else is."""
    words = _with_slash(_from_arn(words))
    if words.casefold() in _ALL:
        return [Scope()]
    if scope := _as_scope(words):
        return [scope]
    for level, fits in enumerate(EXACT):
        found = [*accounts(fits, words, known), *map(Scope.of, clusters(fits, words, known.clusters))]
        if not level:
            found += [*_places(words, known), *_instances(words, known.incidents), *_unread(words, known)]
        if found:
            return found
    return []


def _as_scope(words: str) -> Scope | None:
    """Read a scope as our own buttons name it."""
    try:
        return Scope.parse(words)
    except ValueError:
        return None


def accounts(fits: Fits, words: str, known: KnownNames) -> list[Scope]:
    """Find accounts by id, name or alias."""
    ids = {account for alias, account in known.aliases.items() if words and fits(alias, words)}
    return [
        Scope(account=account.id)
        for account in known.accounts()
        if account.id == words or account.id in ids or (words and account.name and fits(account.name, words))
    ]


def clusters(fits: Fits, words: str, known: Iterable[Cluster]) -> list[Cluster]:
    """Find clusters by name, or by all three parts of it."""
    return [each for each in known if words and (each.key == words or fits(each.name, words))]


def _places(words: str, known: KnownNames) -> list[Scope]:
    """Read units, Regions, and what stands behind an account's name: payments/eu-west-1, payments/prod-web."""
    parts = words.split("/")
    match parts if all(parts) else []:
        case [unit] if any(unit.lower() in account.units for account in known.directory):
            return [Scope(unit=unit.lower())]
        case [region]:
            return regions("", region, known)
        case [whose, last]:
            of_accounts = (
                scope
                for owner in owners(whose, known)
                for scope in (*regions(owner, last, known), *_named(owner, _ANY, last, known))
            )
            of_a_cluster = _within(_named("", _ANY, whose, known), last, known)
            return [*of_accounts, *_named("", whose, last, known), *of_a_cluster]
        case [whose, region, name]:
            return [
                scope
                for owner in owners(whose, known)
                for scope in (regions(owner, region, known) if name == _ANY else _named(owner, region, name, known))
            ]
        case [whose, region, name, instance]:
            there = [scope for owner in owners(whose, known) for scope in _named(owner, region, name, known)]
            return _within(there, instance, known)
    return []


def owners(whose: str, known: KnownNames) -> list[str]:
    """Find the ids of the accounts that are called so; "" stands for all accounts."""
    if whose == _ANY:
        return [""]
    return next(filter(None, ([scope.account for scope in accounts(fits, whose, known)] for fits in EXACT)), [])


def regions(owner: str, region: str, known: KnownNames) -> list[Scope]:
    """Read a Region that is watched; an asterisk is every Region, so the whole account."""
    if region == _ANY:
        return [Scope(account=owner)] if owner else []
    return [Scope(account=owner, region=region.lower())] if region.lower() in known.everywhere() else []


def _named(account: str, region: str, name: str, known: KnownNames) -> list[Scope]:
    """Find the known clusters of one name in several places."""
    if WILD.search(name):
        return []
    there = [c for c in known.clusters if account in {"", c.account} and fnmatchcase(c.region, region.lower())]
    return next(filter(None, ([Scope.of(c) for c in there if fits(c.name, name)] for fits in EXACT)), [])


def _within(clusters: Iterable[Scope], instance: str, known: KnownNames) -> list[Scope]:
    """Find the known instance of these clusters that is called so."""
    wanted = {scope.one_cluster for scope in clusters}
    return [scope for scope in _instances(instance, known.incidents) if scope.one_cluster in wanted]


def _instances(words: str, incidents: Iterable[Incident]) -> list[Scope]:
    asked = words.lower()
    return [
        Scope.of(incident.cluster, incident.instance)
        for incident in incidents
        if asked and asked in {incident.id, incident.instance, incident.sighting.host}
    ]


def _unread(words: str, known: KnownNames) -> list[Scope]:
    """Take an account's id for what it is while nobody can read up which there are."""
    return [Scope(account=words)] if not known.directory and _ACCOUNT_ID.fullmatch(words) else []


def _with_slash(words: str) -> str:
    """Write an instance behind its cluster as the place that it is."""
    where, blank, instance = words.rpartition(" ")
    return f"{where}/{instance}" if blank and INSTANCE.fullmatch(instance) else words


def _from_arn(words: str) -> str:
    """Write what an ARN of ECS names with slashes, as people do."""
    try:
        if ":cluster/" in words:
            return Cluster.from_arn(words).key
        if ":container-instance/" in words:
            found = ContainerInstance.from_arn(words)
            cluster, _, _ = words.partition(":container-instance/")[2].rpartition("/")
            return f"{found.account}/{found.region}/{cluster}/{found.id}" if cluster else found.id
    except BadPlace:
        pass
    return words


def unseen(words: str, known: KnownNames) -> list[Unseen]:
    """Read an instance that stands behind its cluster."""
    where, _, instance = _with_slash(_from_arn(words)).rpartition("/")
    if not where or not INSTANCE.fullmatch(instance):
        return []
    there = {scope.one_cluster for scope in exactly(where, known) if scope.kind == "cluster"}
    return [Unseen(cluster, instance.lower()) for cluster in sorted(filter(None, there))]


def patterns(words: str, known: KnownNames) -> list[Scope]:
    """Read a pattern of clusters' names, of all accounts or of one, of all Regions or of one."""
    parts = words.split("/")
    match parts if all(parts) and WILD.search(parts[-1]) else []:
        case [name]:
            return scope_of("", "", name)
        case [whose, name]:
            return [scope for owner in owners(whose, known) for scope in scope_of(owner, "", name)]
        case [whose, region, name]:
            return [scope for owner in owners(whose, known) for scope in scope_of(owner, region.lower(), name)]
    return []


def scope_of(account: str, region: str, cluster: str = "") -> list[Scope]:
    """Make a scope of what is well-formed; an asterisk alone is no part of it."""
    given = {"account": account, "region": region, "cluster": cluster}
    try:
        return [Scope(**{part: "" if words == _ANY else words for part, words in given.items()})]
    except ValueError:
        return []


def strange(words: str, known: KnownNames) -> Scope | None:
    """Read a pattern, or a cluster by its full name, that nothing known fits: it may come to be."""
    parts = _from_arn(words).split("/")
    named = []
    if len(parts) == 3 and all(parts) and parts[1].lower() in known.everywhere():
        named = [
            scope for owner in owners(parts[0], known) if owner for scope in scope_of(owner, parts[1].lower(), parts[2])
        ]
    found = [*patterns(words, known), *named]
    return found[0] if len(found) == 1 else None
