"""Matching: which places a part of the policy is meant for, as far as anybody knows. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hub.policy.terms import ANY
from hub.scopes.account import Account
from spoke.places import Cluster


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a place. None, "" and an account without a name mean that it is not known, or not one place.

    `group` is the cluster's monitoring group, "" for one without and ANY when nobody could read it. A whole account is
    Facts(None, account), a Region of it has `region` besides.
    """

    cluster: Cluster | None
    account: Account
    group: str = ""
    severity: str = ""
    region: str = ""


EVERYWHERE = Facts(None, Account(""))
"""The whole organization: what fits it surely is meant for everything."""


@dataclass(frozen=True, slots=True)
class Match:
    """Which places something is meant for: all keys that have words must fit, each by one of its words."""

    account: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    account_tag: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()

    def fits(self, facts: Facts) -> bool:
        """Whether it is surely meant for this place."""
        return all(verdict for _, verdict in self.verdicts(facts))

    def may_fit(self, facts: Facts) -> bool:
        """Whether it could be meant for this place, as far as anybody knows."""
        return all(verdict is not False for _, verdict in self.verdicts(facts))

    def verdicts(self, facts: Facts) -> list[tuple[str, bool | None]]:
        """Say of each key that has words whether it fits, None if nobody knows."""
        return [(key, _VERDICTS[key](words, facts)) for key, words in self.asked()]

    def asked(self) -> list[tuple[str, tuple[str, ...]]]:
        """Name the keys that have words, with these."""
        return [(key, words) for key in _VERDICTS if (words := getattr(self, key))]


ANYWHERE = Match()
"""Meant for every place."""


def _is_known(account: Account, what: str = "") -> bool:
    """Whether somebody could read the account up, every account has a name, and what is asked about it."""
    return bool(account.name) and what not in account.unread


def _account(words: tuple[str, ...], facts: Facts) -> bool | None:
    account = facts.account
    # An account may be called like another one's id.
    names = {word.casefold() for word in words if not word.isdecimal()}
    if account.id in words or account.name.casefold() in names:
        return True
    if not account.id:
        return None
    by_name = any(not word.isdecimal() for word in words)
    return None if by_name and not _is_known(account) else False


def _unit(words: tuple[str, ...], facts: Facts) -> bool | None:
    if set(words) & set(facts.account.units):
        return True
    return False if _is_known(facts.account, "units") else None


def _account_tag(words: tuple[str, ...], facts: Facts) -> bool | None:
    if any(word in {key, f"{key}={value}"} for key, value in facts.account.tags for word in words):
        return True
    return False if _is_known(facts.account, "tags") else None


def _region(words: tuple[str, ...], facts: Facts) -> bool | None:
    region = facts.cluster.region if facts.cluster else facts.region
    return region in words if region else None


def _cluster(words: tuple[str, ...], facts: Facts) -> bool | None:
    return any(fnmatchcase(facts.cluster.name, word) for word in words) if facts.cluster else None


def _group(words: tuple[str, ...], facts: Facts) -> bool | None:
    return None if facts.group == ANY or not facts.cluster else facts.group in words


def _severity(words: tuple[str, ...], facts: Facts) -> bool | None:
    return facts.severity in words if facts.severity else None


_VERDICTS: dict[str, Callable[[tuple[str, ...], Facts], bool | None]] = {
    "account": _account,
    "unit": _unit,
    "account_tag": _account_tag,
    "region": _region,
    "cluster": _cluster,
    "group": _group,
    "severity": _severity,
}
