"""Scopes: which part of the organization something is said of, from all of it to one container instance. Pure.

    organization                                  everything that is watched
    unit:ou-ab12-11112222                         an organizational unit and what is below it
    account:222233334444
    region:222233334444/eu-west-1                 or region:*/eu-west-1, of all accounts
    cluster:222233334444/eu-west-1/prod-payments
    cluster:222233334444/eu-west-1/prod-*         every cluster that is called so, also those to come; with * for
                                                  the account, the Region or both (cluster:*/*/prod-*), of all of them
    instance:222233334444/eu-west-1/prod-payments/0123456789abcdef0123456789abcdef

A scope that leaves a part out is wider: it covers whatever agrees with the parts that it has. Only a pattern of names
can do without its account and Region: a cluster that has lost them shall not become all of that name.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Self

from hub.scopes.account import Account
from spoke.places import Cluster, ContainerInstance, check_account, check_region

_UNIT = re.compile(r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")
# No brackets: in a cluster's name there is nothing that * and ? could not stand for.
_PATTERN = re.compile(r"(?=.*[*?])[A-Za-z0-9_*?-]{1,255}")
_WILD = re.compile(r"[*?]")
_ALL = "*"
# The parts of a scope that say something, and its kind; widest first. What concerns a Region of all accounts, or some
# clusters of all of them, is wider than any unit.
_KINDS = {
    (): "organization",
    ("region",): "region",
    ("clusters",): "clusters",
    ("region", "clusters"): "clusters",
    ("unit",): "unit",
    ("account",): "account",
    ("account", "region"): "region",
    ("account", "clusters"): "clusters",
    ("account", "region", "clusters"): "clusters",
    ("account", "region", "cluster"): "cluster",
    ("account", "region", "cluster", "instance"): "instance",
}
_WIDTHS = tuple(reversed(_KINDS))


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the organization; Scope() is all of it. Raises ValueError for parts that do not go together.

    A unit stands alone, a cluster has its account and Region, an instance its cluster. With * or ? in it (upper and
    lower case differ) `cluster` is a pattern, which may leave out the account and the Region.
    """

    unit: str = ""
    account: str = ""
    region: str = ""
    cluster: str = ""
    instance: str = ""

    def __post_init__(self) -> None:
        if self._parts not in _KINDS:
            raise ValueError(f"a scope is not made of {', '.join(self._parts)}")
        if self.unit and not _UNIT.fullmatch(self.unit):
            raise ValueError(f"{self.unit[:100]!r} is not the id of an organizational unit, like ou-ab12-11112222")
        if self.account:
            check_account(self.account)
        if self.region:
            check_region(self.region)
        if self.is_pattern and not _PATTERN.fullmatch(self.cluster):
            raise ValueError(
                f"{self.cluster[:100]!r} is no pattern of cluster names: they have letters, digits, - and _"
            )
        if self.cluster and not self.is_pattern:
            Cluster(self.account, self.region, self.cluster)
        if self.instance:
            ContainerInstance(self.account, self.region, self.instance)

    @classmethod
    def of(cls, cluster: Cluster, instance: str = "") -> Self:
        """Make the scope of a cluster, or of one of its container instances."""
        return cls(account=cluster.account, region=cluster.region, cluster=cluster.name, instance=instance)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` writes. Raises ValueError."""
        kind, _, name = text.partition(":")
        if text == "organization":
            return cls()
        if kind not in _READERS:
            raise ValueError(f"{text[:100]!r} is no scope: write organization, or one of {', '.join(_FORMS)}")
        try:
            return cls(**_READERS[kind](name))
        except ValueError as error:
            raise ValueError(f"{text[:100]!r} is no scope: {error}") from error

    def __str__(self) -> str:
        match self.kind:
            case "organization":
                return "organization"
            case "unit":
                return f"unit:{self.unit}"
            case "region":
                return f"region:{self.account or _ALL}/{self.region}"
            case "clusters":
                return f"cluster:{self.account or _ALL}/{self.region or _ALL}/{self.cluster}"
        parts = (self.account, self.region, self.cluster, self.instance)
        return f"{self.kind}:{'/'.join(part for part in parts if part)}"

    @property
    def kind(self) -> str:
        """One of organization, unit, account, region, clusters (a pattern of their names), cluster, instance."""
        return _KINDS[self._parts]

    @property
    def width(self) -> int:
        """How wide the scope is, for sorting: the organization is widest, an instance 0."""
        return _WIDTHS.index(self._parts)

    @property
    def is_pattern(self) -> bool:
        """Whether it is a pattern of clusters' names: nobody knows how many it fits."""
        return bool(_WILD.search(self.cluster))

    @property
    def one_cluster(self) -> Cluster | None:
        """The cluster that it is, or is in; None for what may be of several."""
        return Cluster(self.account, self.region, self.cluster) if self.cluster and not self.is_pattern else None

    @property
    def label(self) -> str:
        """The scope in words for people. They hold nothing but names that AWS allows, yet Slack would format these."""
        whose = f"account {self.account}" if self.account else "all accounts"
        where = f"{self.region}, {whose}" if self.region else whose
        match self.kind:
            case "organization":
                return "the whole organization"
            case "unit":
                return f"organizational unit {self.unit}"
            case "account":
                return whose
            case "region":
                return f"{self.region} in {whose}"
            case "cluster" | "clusters":
                return f"{self.kind} {self.cluster} in {where}"
        return f"instance {self.instance} of cluster {self.cluster} in {where}"

    def covers(self, cluster: Cluster, account: Account, instance: str = "") -> bool:
        """Return whether what happens in a cluster, or to one of its instances, is within the scope.

        `account` is the cluster's. Nobody knows the units of one that could not be read up: no unit covers it.
        """
        return (
            (not self.unit or self.unit in account.units)
            and self.account in {"", cluster.account}
            and self.region in {"", cluster.region}
            and (self.cluster in {"", cluster.name} or (self.is_pattern and fnmatchcase(cluster.name, self.cluster)))
            and self.instance in {"", instance}
        )

    def meets(self, other: "Scope", directory: Mapping[str, Account]) -> bool:
        """Return whether the two have something in common. `directory` has the accounts by id.

        Of two patterns it is enough that one name might fit both, as far as their beginnings tell.
        """
        pairs = ((getattr(self, part), getattr(other, part)) for part in ("account", "region", "instance"))
        if any(mine and theirs and mine != theirs for mine, theirs in pairs):
            return False
        if self.cluster and other.cluster and not _agree(self.cluster, other.cluster):
            return False
        units = {unit for unit in (self.unit, other.unit) if unit}
        account = self.account or other.account
        if account and units:
            return account in directory and units <= set(directory[account].units)
        return len(units) < 2 or any(units <= set(each.units) for each in directory.values())

    @property
    def _parts(self) -> tuple[str, ...]:
        names = ("unit", "account", "region", "cluster", "instance")
        given = (name for name in names if getattr(self, name))
        return tuple("clusters" if name == "cluster" and self.is_pattern else name for name in given)


def _agree(one: str, other: str) -> bool:
    """Return whether a cluster can be called both, each of which may be a pattern."""
    if _WILD.search(one) and _WILD.search(other):
        heads = _WILD.split(one)[0], _WILD.split(other)[0]
        return heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])
    return fnmatchcase(one, other) or fnmatchcase(other, one)


def _region(name: str) -> dict[str, str]:
    account, region = _cut(name, 2)
    return {"region": region} if account == _ALL else {"account": account, "region": region}


def _cluster(name: str) -> dict[str, str]:
    account, region, cluster = ("" if part == _ALL else part for part in _cut(name, 3))
    return {"account": account, "region": region, "cluster": cluster or _ALL}


def _instance(name: str) -> dict[str, str]:
    return dict(zip(("account", "region", "cluster", "instance"), _cut(name, 4), strict=True))


def _cut(name: str, number: int) -> list[str]:
    """Take apart a name with slashes. No part may be empty: "/eu-west-1" shall not be another way to write one."""
    parts = name.split("/")
    if len(parts) != number or not all(parts):
        raise ValueError(f"it has {number} parts with / between them")
    return parts


def _one(part: str) -> Callable[[str], dict[str, str]]:
    def read(name: str) -> dict[str, str]:
        if not name:
            raise ValueError("it names nothing")
        return {part: name}

    return read


_READERS: dict[str, Callable[[str], dict[str, str]]] = {
    "unit": _one("unit"),
    "account": _one("account"),
    "region": _region,
    "cluster": _cluster,
    "instance": _instance,
}
_FORMS = (
    "unit:<id>",
    "account:<id>",
    "region:<account or *>/<Region>",
    "cluster:<account or *>/<Region or *>/<name or pattern>",
    "instance:<account>/<Region>/<cluster>/<container instance>",
)
