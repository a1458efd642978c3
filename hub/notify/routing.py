"""Routing: what the policy and the stack's terms say together of a place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.incidents.bulletin import Bulletin
from hub.incidents.links import NO_LINKS, Links
from hub.incidents.mute import Mute
from hub.incidents.severity import severity
from hub.notify.account_cache import AccountCache
from hub.policy.matching import Facts
from hub.policy.policy import Policy
from hub.policy.source import PolicySource
from hub.policy.terms import ANY, Terms
from hub.scopes.account import Account
from hub.scopes.scope import Scope
from spoke.places import Cluster
from spoke.sighting import Sighting


@dataclass(frozen=True, slots=True)
class Way:
    """Which way a cluster's bulletin goes: its channel, whom its first post mentions, when people are reminded.

    `links` are the ways into AWS, and to what is to be done.
    """

    channel: str
    owners: tuple[str, ...] = ()
    topic: str = ""
    remind_after: timedelta | None = None
    links: Links = NO_LINKS


@dataclass(frozen=True, slots=True)
class Routing:
    """The policy, which may change any minute, and what does not change while a function lives.

    A policy that nobody can read is as if there were none, as far as alerts are concerned: they fail open.
    """

    source: PolicySource
    accounts: AccountCache
    terms: Terms
    clock: Callable[[], datetime]

    @property
    def policy(self) -> Policy:
        """The policy that is in force."""
        return self.source.policy or Policy()

    def facts(self, cluster: Cluster, group: str = "", how_bad: str = "") -> Facts:
        """Gather what the policy is asked about."""
        return Facts(cluster, self.accounts.of(cluster.account), group, how_bad)

    def group_of(self, bulletin: Bulletin | None) -> str:
        """Say which monitoring group a cluster is in that has this bulletin; ANY if nobody knows, "" if in none."""
        if bulletin is None:
            return ANY
        return bulletin.episode.group or ("" if self.terms.by_tag else ANY)

    def way(self, cluster: Cluster, tag: str | None, broken: Sequence[Sighting] = (), registered: int = 0) -> Way:
        """Say which way the bulletin of a cluster goes that has this monitoring tag and these instances in trouble."""
        facts = self.facts(cluster, tag or "", severity(broken, registered) if broken else "")
        route = self.policy.route(facts)
        return Way(
            channel=(route.channel if route else "") or self.terms.channel_of(tag),
            owners=route.owners if route else (),
            topic=route.sns_topic if route else "",
            remind_after=self.policy.reminds_after(facts),
            links=replace(self.policy.links, runbook=route.runbook if route else ""),
        )

    def channels(self, facts: Facts) -> tuple[str, ...]:
        """Name the channels that may hear of a place, as far as is known of it: of a whole account several."""
        found: list[str] = []
        for route in self.policy.routes:
            if route.where.may_fit(facts):
                found += [route.channel] if route.channel else self.terms.channels_of(facts.group)
                if route.where.fits(facts):
                    break
        else:
            found += self.terms.channels_of(facts.group)
        return tuple(dict.fromkeys(found))

    def window(self, cluster: Cluster, account: Account, now: datetime, group: str = ANY) -> Mute | None:
        """Return the maintenance window that a cluster is in, as the mute that it is."""
        found = self.policy.window(Facts(cluster, account, group), now) if self.policy.windows else None
        if found is None:
            return None
        return Mute(Scope.of(cluster), until=found.until, by="", reason=found.window.reason, since=found.since)

    @property
    def fallback(self) -> tuple[str, ...]:
        """The channels that are tried where one cannot be posted to, in order."""
        return tuple(dict.fromkeys(c for c in (self.policy.fallback_channel, self.terms.channel) if c))
