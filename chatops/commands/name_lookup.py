"""Looking names up: what a command's words name among the accounts, clusters and incidents that are known. Pure.

Exact names win over those that differ in upper and lower case, these over beginnings, and beginnings over parts of
names. What several things are called is not guessed: they are candidates. A pattern (prod-*) is found as what it is,
whether or not there is anything of such a name yet; who asks about one thing gets the known ones as candidates.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from hub.incidents.incident import Incident
from hub.scopes.account import Account
from hub.scopes.scope import Scope
from hub.slack.mrkdwn import visible
from spoke.places import Cluster

MOST_CANDIDATES = 10
_ALL = {"all", "everything", "everywhere", "organization", "organisation", "*"}
_ANY = "*"
_WILD = re.compile(r"[*?]")
_ACCOUNT_ID = re.compile(r"[0-9]{12}")
_NEAREST = 3
_LONGEST_COMPARED = 60
# A label has room for a button's 75 characters, and what tells two things of one name apart must not be cut off.
_NAME, _ACCOUNT_NAME, _CLUSTER_OF = 28, 45, 20

_Test = Callable[[str, str], bool]
_LEVELS: tuple[_Test, ...] = (
    lambda name, words: name == words,
    lambda name, words: name.casefold() == words.casefold(),
    lambda name, words: name.casefold().startswith(words.casefold()),
    lambda name, words: words.casefold() in name.casefold(),
)


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What there is to be found: `aliases` are other names of account ids, `troubled` the unresolved incidents."""

    directory: Sequence[Account] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    clusters: Sequence[Cluster] = ()
    troubled: Sequence[Incident] = ()

    def accounts(self) -> list[Account]:
        """Return the directory, and those that clusters and aliases name though nobody could read them up."""
        named = {cluster.account for cluster in self.clusters} | set(self.aliases.values())
        unread = named - {account.id for account in self.directory}
        return [*self.directory, *(Account(each) for each in sorted(unread) if _ACCOUNT_ID.fullmatch(each))]


@dataclass(frozen=True, slots=True)
class Found:
    """What is meant."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may be meant, each a label of at most 75 characters and a scope; `more` are left out."""

    options: tuple[tuple[str, str], ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing is called so; the `nearest` names are foreign words."""

    nearest: tuple[str, ...] = ()


def accounts(words: str, directory: Sequence[Account], aliases: Mapping[str, str]) -> list[Account]:
    """Find accounts by id, name or alias; all that fit equally well."""
    by_id = [account for account in directory if account.id == words]
    by_name = [account for account in directory if words and account.name == words]
    return next(filter(None, (by_id, by_name, *_accounts(words, directory, aliases))), [])


def find(words: str, known: KnownNames) -> Found | Candidates | Nothing:
    """Find what the words of a command are about."""
    if words.casefold() in _ALL:
        return Found(Scope())
    if scope := _as_scope(words):
        return Found(scope)
    return _settled(next(filter(None, _scopes(words, known)), []), words, known)


def find_one(words: str, known: KnownNames) -> Found | Candidates | Nothing:
    """Find what words are about that mean one thing: of a pattern, the known clusters that it fits."""
    found = find(words, known)
    if isinstance(found, Found) and found.scope.is_pattern:
        fit = [cluster for cluster in known.clusters if found.scope.covers(cluster, Account(cluster.account))]
        return _settled(map(Scope.of, fit), words, known)
    return found


def _settled(found: Iterable[Scope], words: str, known: KnownNames) -> Found | Candidates | Nothing:
    several = sorted(set(found), key=lambda scope: (-scope.width, str(scope)))
    if len(several) == 1:
        return Found(several[0])
    options = tuple((label(scope, known), str(scope)) for scope in several[:MOST_CANDIDATES])
    return Candidates(options, len(several) - len(options)) if options else Nothing(_nearest(words, known))


def label(scope: Scope, known: KnownNames) -> str:
    """Name a scope in at most 75 characters for people who know names better than ids; in it are foreign words."""
    name = next((each.name for each in known.directory if each.id == scope.account), "")
    match scope.kind:
        case "account" if name:
            words = f"Account {visible(name, _ACCOUNT_NAME)} · {scope.account}"
        case "cluster":
            words = f"{visible(scope.cluster, _NAME)} · {scope.region} · {scope.account} {name}"
        case "instance":
            hosts = (each.sighting.host for each in known.troubled if each.instance == scope.instance)
            instance = next(hosts, "") or scope.instance
            words = f"{instance} · {visible(scope.cluster, _CLUSTER_OF)} · {scope.account}"
        case "region":
            words = f"Region {scope.label}"
        case "clusters" if scope.account:
            where = f"{scope.region} · {scope.account}" if scope.region else scope.account
            words = f"Clusters {visible(scope.cluster, _NAME)} · {where} {name}"
        case _:
            words = scope.label[:1].upper() + scope.label[1:]
    return visible(words, 75)


def _as_scope(words: str) -> Scope | None:
    """Read a scope as our own buttons name it."""
    try:
        return Scope.parse(words)
    except ValueError:
        return None


def _scopes(words: str, known: KnownNames) -> Iterator[list[Scope]]:
    """Find scopes, those first that fit best."""
    everybody = known.accounts()
    by_account = [[Scope(account=a.id) for a in level] for level in _accounts(words, everybody, known.aliases)]
    by_cluster = [list(map(Scope.of, level)) for level in _clusters(words, known.clusters)]
    exact = [*_places(words, known), *_instances(words, known.troubled), *_unread(words, known)]
    for level, (of_accounts, of_clusters) in enumerate(zip(by_account, by_cluster, strict=True)):
        yield [*of_accounts, *of_clusters, *([] if level else exact)]


def _accounts(words: str, directory: Sequence[Account], aliases: Mapping[str, str]) -> Iterator[list[Account]]:
    for fits in _LEVELS:
        ids = {account for alias, account in aliases.items() if words and fits(alias, words)}
        yield [
            account
            for account in directory
            if account.id == words or account.id in ids or (words and account.name and fits(account.name, words))
        ]


def _clusters(words: str, known: Sequence[Cluster]) -> Iterator[list[Cluster]]:
    for fits in _LEVELS:
        yield [each for each in known if words and (each.key == words or fits(each.name, words))]


def _places(words: str, known: KnownNames) -> list[Scope]:
    """Read units, Regions, patterns, and what stands behind an account's name: payments/eu-west-1, payments/prod-*.

    A cluster that is well is not known: it is taken for what its full name says.
    """
    parts = words.split("/")
    match parts if all(parts) else []:
        case [unit] if any(unit in account.units for account in known.directory):
            return [Scope(unit=unit)]
        case [last]:
            return _last("", last)
        case [whose, last]:
            return [scope for owner in _owners(whose, known) for scope in _last(owner, last)]
        case [whose, region, name]:
            owners = _owners(whose, known)
            exact = [scope for owner in owners for scope in _scope(owner, region, name)]
            return exact or [scope for owner in owners for scope in _named(owner, region, name, known.clusters)]
    return []


def _owners(whose: str, known: KnownNames) -> list[str]:
    """Find the ids of the accounts that are called so; "" stands for all accounts."""
    return [""] if whose == _ANY else [each.id for each in accounts(whose, known.accounts(), known.aliases)]


def _last(owner: str, words: str) -> list[Scope]:
    """Read a pattern of clusters' names, or a Region, which never has an asterisk."""
    return _scope(owner, "", words) if _WILD.search(words) else _scope(owner, words)


def _named(account: str, region: str, name: str, known: Iterable[Cluster]) -> list[Scope]:
    """Find the known clusters of one name in several places; what is well there has to be named in full."""
    pattern = f"{account or _ANY}/{region}/{name}"
    return [Scope.of(each) for each in known if each.name == name and fnmatchcase(each.key, pattern)]


def _scope(account: str, region: str, cluster: str = "") -> list[Scope]:
    """Make a scope of what is well-formed; an asterisk alone is no part of it."""
    given = {"account": account, "region": region, "cluster": cluster}
    try:
        return [Scope(**{part: "" if words == _ANY else words for part, words in given.items()})]
    except ValueError:
        return []


def _instances(words: str, troubled: Iterable[Incident]) -> list[Scope]:
    return [
        Scope.of(incident.cluster, incident.instance)
        for incident in troubled
        if words and words in {incident.id, incident.instance, incident.sighting.host}
    ]


def _unread(words: str, known: KnownNames) -> list[Scope]:
    """Take an account's id for what it is while nobody can read up which there are."""
    return [Scope(account=words)] if not known.directory and _ACCOUNT_ID.fullmatch(words) else []


def _nearest(words: str, known: KnownNames) -> tuple[str, ...]:
    names = {name for account in known.accounts() for name in (account.name, account.id)} | {*known.aliases}
    names |= {cluster.name for cluster in known.clusters}
    by_fold = {name.casefold()[:_LONGEST_COMPARED]: name for name in sorted(names) if name}
    near = difflib.get_close_matches(words.casefold()[:_LONGEST_COMPARED], by_fold, _NEAREST)
    return tuple(by_fold[each] for each in near)
