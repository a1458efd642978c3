"""The policy: who hears of what, who may do what where, and what needs a second person. Pure.

    routes     in order, the first that fits: which channel, whom to mention, which environment it is
    rights     who may do what; without any, nobody may do more than OPEN
    approvals  in order, the first that fits: who else has to agree to a remedy
    caps       how often a remedy may be used; all that fit
    windows    hours of maintenance that come again: what happens then is recorded and not said
    links      by which ways people get into AWS

hub.policy.parse reads it, hub.policy.explain explains it, docs/policy.md describes it; hub.policy.matching says which
places a part of it is meant for, hub.policy.windows when a window is in force.

What is not known about a place (an account that nobody could read up, say) is taken so that alerts fail open and
actions closed: a route, a right and a window have to fit surely, an approval and a cap only possibly.
"""

import hashlib
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.incidents.links import NO_LINKS, Links
from hub.policy.matching import ANYWHERE, Facts, Match
from hub.policy.windows import InForce, Window

# What people do besides repairs; a remedy's verb is its name.
ACTIONS = ("acknowledge", "mute", "stop", "approve", "audit")
# What everybody may do as long as nobody has a right: it only holds back. Once there are rights, they have to grant it.
OPEN = ("acknowledge", "mute", "stop", "audit")
START = "start"
"""To let repairs run again, which goes with the right to stop them; without rights it does not."""
REPAIR = "repair"
"""In a right: every remedy there is."""
ALL = "*"
"""In a right: everything."""


@dataclass(frozen=True, slots=True)
class Route:
    """Who hears of a place. `channel` is "" for the channel that the stack's parameters give it."""

    where: Match = ANYWHERE
    channel: str = ""
    owners: tuple[str, ...] = ()
    sns_topic: str = ""
    environment: str = ""
    remind_after: timedelta | None = None
    runbook: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Right:
    """Who may do what where; `who` are ids of users and user groups."""

    who: tuple[str, ...]
    may: tuple[str, ...]
    where: Match = ANYWHERE
    line: int = field(default=0, compare=False)

    def grants(self, verb: str) -> bool:
        """Whether the verb is among those it allows."""
        asked = right_to(verb)
        return bool({asked, ALL} & set(self.may)) or (asked not in ACTIONS and REPAIR in self.may)


@dataclass(frozen=True, slots=True)
class Approval:
    """What needs a second person: remedies (none named: all), on more instances at once or with more in trouble.

    `approvers` are ids; none named: whoever has the right to approve. `more_than_share` is a fraction of 1.
    """

    where: Match = ANYWHERE
    environments: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    more_than: int = 0
    more_than_share: float | None = None
    approvers: tuple[str, ...] = ()
    expires: timedelta = timedelta(minutes=15)
    line: int = field(default=0, compare=False)

    def asks(self, remedy: str, instances: int, share: float | None) -> bool:
        """Whether it is about such a repair; a share that nobody knows counts as large."""
        if self.remedies and remedy not in self.remedies:
            return False
        if self.more_than_share is None:
            return instances > self.more_than
        return share is None or share > self.more_than_share


@dataclass(frozen=True, slots=True)
class Cap:
    """How often remedies (none named: all, together) may be used in the places it is meant for."""

    most: int
    per: timedelta
    where: Match = ANYWHERE
    remedies: tuple[str, ...] = ()
    line: int = field(default=0, compare=False)

    @property
    def id(self) -> str:
        """Names its ledger: another place, remedy or time is another cap, another number is not."""
        return hashlib.sha256(f"{self.where} {self.remedies} {written(self.per)}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Policy:
    """All of it. An empty one leaves everything as it is without: `aliases` are pairs of alias and account id.

    A repair that is to bring the agent back has to do so within its `patience` (None: each remedy's own), and the agent
    has to be back for as long as `steady`, until that is over.
    """

    routes: tuple[Route, ...] = ()
    rights: tuple[Right, ...] = ()
    approvals: tuple[Approval, ...] = ()
    caps: tuple[Cap, ...] = ()
    windows: tuple[Window, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    remind_after: timedelta | None = None
    patience: timedelta | None = None
    steady: timedelta = timedelta(minutes=1)
    fallback_channel: str = ""
    operators: tuple[str, ...] = ()
    links: Links = NO_LINKS

    @property
    def asks_account_tags(self) -> bool:
        """Whether any of it goes by the accounts' tags, which cost a call for each account."""
        places = (each.where for several in (self.routes, self.rights, self.approvals) for each in several)
        more = (each.where for several in (self.caps, self.windows) for each in several)
        return any(where.account_tag for where in (*places, *more))

    @property
    def asks_share(self) -> bool:
        """Whether any of it goes by which share of a cluster is in trouble, which costs a call."""
        return any(approval.more_than_share is not None for approval in self.approvals)

    def route(self, facts: Facts) -> Route | None:
        """Find the route of a place, None if it goes the way that the stack's parameters say."""
        return next((route for route in self.routes if route.where.fits(facts)), None)

    def reminds_after(self, facts: Facts) -> timedelta | None:
        """Return how long an incident may wait unacknowledged until it is said again, None for ever."""
        route = self.route(facts)
        return route.remind_after if route and route.remind_after else self.remind_after

    def environments(self, facts: Facts) -> tuple[str, ...]:
        """Name the environments that a place can be of; several only where not all is known that routes ask for."""
        found: list[str] = []
        for route in self.routes:
            if route.where.may_fit(facts):
                found.append(route.environment)
            if route.where.fits(facts):
                break
        else:
            found.append("")
        return tuple(dict.fromkeys(found))

    def may(self, verb: str, user: str, groups: Collection[str], facts: Facts) -> bool:
        """Whether a full member who is in these user groups may do that to everything in this place.

        `verb` is one of ACTIONS, START or a remedy's name.
        """
        if not self.rights:
            return verb in OPEN
        return not {user, *groups}.isdisjoint(self.who_may(verb, facts))

    def who_may(self, verb: str, facts: Facts) -> tuple[str, ...]:
        """Name to whom that is granted, by ids of users and user groups."""
        granting = (right for right in self.rights if right.grants(verb) and right.where.fits(facts))
        return _once(who for right in granting for who in right.who)

    def approval(self, remedy: str, facts: Facts, instances: int, share: float | None) -> Approval | None:
        """Say what a repair needs: `instances` of the cluster are under repair with it, `share` of it is in trouble.

        None: nobody knows the share.
        """
        environments = set(self.environments(facts))
        return next(
            (
                approval
                for approval in self.approvals
                if approval.asks(remedy, instances, share)
                and approval.where.may_fit(facts)
                and (not approval.environments or environments & set(approval.environments))
            ),
            None,
        )

    def foreseen(self, remedy: str, facts: Facts) -> tuple[Approval, bool] | None:
        """Say which approval a repair may need where little is known, and whether it surely does; None: it needs none.

        How many are repaired with it, and which share is in trouble, is only known when it begins.
        """
        found = self.approval(remedy, facts, sys.maxsize, None)
        if found is None:
            return None
        always = found.more_than == 0 and found.more_than_share is None
        meant = not found.environments or set(self.environments(facts)) <= set(found.environments)
        return found, always and meant and found.where.fits(facts)

    def who_may_approve(self, approval: Approval, facts: Facts) -> tuple[str, ...]:
        """Name who may agree, by ids. Nobody named: nobody can."""
        return approval.approvers or self.who_may("approve", facts)

    def may_approve(self, approval: Approval, user: str, groups: Collection[str], facts: Facts) -> bool:
        """Whether somebody may agree. That it is not the person who asked, the caller sees to."""
        if not approval.approvers or not self.rights:
            return self.may("approve", user, groups, facts)
        return not {user, *groups}.isdisjoint(approval.approvers)

    def caps_on(self, remedy: str, facts: Facts) -> tuple[Cap, ...]:
        """Find every cap on a remedy in this place."""
        return tuple(c for c in self.caps if (not c.remedies or remedy in c.remedies) and c.where.may_fit(facts))

    def in_force(self, now: datetime) -> list[InForce]:
        """Name the windows that are in force now, wherever they are meant for."""
        spans = ((window, window.span(now)) for window in self.windows)
        return [InForce(window, *span) for window, span in spans if span]

    def window(self, facts: Facts, now: datetime) -> InForce | None:
        """Find the window that is in force now in this place; of several the one that ends last."""
        found = (each for each in self.in_force(now) if each.window.where.fits(facts))
        return max(found, key=lambda each: each.until, default=None)


def right_to(verb: str) -> str:
    """Name the right that something takes."""
    return "stop" if verb == START else verb


def written(length: timedelta) -> str:
    """Write a time as a policy does: 1d, 1h30m, 15m."""
    minutes = int(length.total_seconds()) // 60
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "m"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0m"


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
