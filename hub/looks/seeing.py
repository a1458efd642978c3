"""Seeing: what one look finds out of a cluster before anything is judged: what is known of it, and how it is now.

It writes nothing and says nothing, so the clusters of a batch may be seen side by side.
"""

import logging
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from hub.incidents.condition import UNWATCHED
from hub.incidents.decision import opens
from hub.incidents.hints import Drop, Hint, newest
from hub.looks.answering import Named
from hub.looks.cluster_tags import ClusterTags
from hub.looks.departures import Departures
from hub.looks.gathering import Gathering
from hub.looks.gone_clusters import GoneClusters
from hub.policy.terms import Terms
from hub.queues import NotYet
from hub.table.clusters import KnownCluster
from hub.table.rows import TableError
from hub.wiring import Hub
from spoke.accounts import Accounts, Role
from spoke.deadline import deadline
from spoke.places import Cluster
from spoke.sighting import Sighting

log = logging.getLogger(__name__)

# A call of a member takes so long if it is not answered (spoke.accounts).
_CALL_SECONDS = 10
# So soon a look is tried anew that had too little time left to ask a member.
_BREATH_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look has found out. `live` are the instances in trouble that were known; `tag` is the cluster's.

    `sightings` are how those are that were asked about, `away` stand for those of a cluster that is out of reach for
    good. `watched` says whether the cluster is, and `named` which instances questions mean.
    """

    hint: Hint
    known: KnownCluster
    drops: Mapping[str, Drop]
    live: AbstractSet[str]
    gathering: Gathering
    sightings: Mapping[str, Sighting]
    away: Mapping[str, Sighting]
    named: Named
    tag: str | None
    watched: bool

    def opens(self, now: datetime) -> bool:
        """Whether a look opens an incident by that."""
        return any(
            opens(self.known.incidents.get(i), sighting, self.drops.get(i), now, self.gathering.grace)
            for i, sighting in self.sightings.items()
        )


@dataclass(frozen=True, slots=True)
class Seeing:
    """Everything that seeing works with."""

    hub: Hub
    accounts: Accounts
    reader: Role
    terms: Terms
    tags: ClusterTags
    departures: Departures
    gone_clusters: GoneClusters

    def untroubled(self, hints: Iterable[Hint]) -> AbstractSet[Cluster]:
        """Name those clusters of a batch that events tell of and that have never been in trouble, in one call for all.

        Where the table cannot be read, each look will find out for itself.
        """
        told = {hint.cluster for hint in hints if hint.drops and all(drop.at for drop in hint.drops)}
        if len(told) < 2:
            return set()
        try:
            return self.hub.table.untroubled(told)
        except TableError as error:
            log.warning("bulletins.unreadable", extra={"reason": type(error).__name__})
            return set()

    def see(self, hint: Hint, tries: int, untroubled: AbstractSet[Cluster] = frozenset()) -> Seen:
        """See a cluster; those that are `untroubled` need not be read. What it raises is worth another try."""
        cluster = hint.cluster
        member = self.accounts.member(cluster.account, cluster.region, self.reader)
        if self.gone_clusters.explain(hint):
            hint, known = replace(hint, drops=()), KnownCluster({}, None)
        elif cluster in untroubled:
            known = KnownCluster({}, None, whole=False)
        else:
            known = self.hub.table.known(cluster)
        drops = _drops(hint, known, self.hub.clock())
        live = {i.instance for i in known.incidents.values() if i.unresolved}
        # Only what is known already may end so: that agents are gone is said, whatever anybody thinks of their account.
        out_of_reach = self.departures.of(cluster) if live else ""
        if deadline().left() < _CALL_SECONDS:
            # Our own table has used the time up: that says nothing of the member, who could not even answer late.
            raise NotYet(_BREATH_SECONDS)
        wanted = drops.keys() - live if out_of_reach else drops.keys() | live
        gathering = Gathering(
            member,
            hint,
            known,
            drops,
            self.terms.grace_of(cluster),
            self.hub.clock,
            self.hub.count,
            partial(self._cluster_gone, cluster, known),
        )
        named = gathering.named() if hint.questions else Named({})
        # Nobody has said that these are gone: a look begins their grace, if they are.
        drops |= {i: Drop(i, self.hub.clock()) for i in named.all - wanted}
        wanted = wanted | named.all
        tag = self.tags.value(member, cluster) if self.terms.by_tag and wanted else None
        watched = self.terms.watches(tag)
        if watched:
            sightings = gathering.see(wanted, tries)
        else:
            sightings = {instance: replace(gathering.unseen(instance), status=UNWATCHED) for instance in wanted}
        away = {i: replace(gathering.unseen(i), status=out_of_reach) for i in live} if out_of_reach else {}
        return Seen(hint, known, drops, live, gathering, sightings, away, named, tag, watched)

    def _cluster_gone(self, cluster: Cluster, known: KnownCluster) -> None:
        if not (known.incidents or known.waiting):
            self.gone_clusters.note(cluster)

    def at_hand(self, seen: Seen) -> Gathering:
        """Return what asks the rest of a member: in the time that there is now, whenever the cluster was seen."""
        cluster = seen.hint.cluster
        return replace(seen.gathering, member=self.accounts.member(cluster.account, cluster.region, self.reader))


def _drops(hint: Hint, known: KnownCluster, now: datetime) -> dict[str, Drop]:
    """Take of each instance what dates its trouble best: of those that the hint names, and those that have waited."""
    named = {drop.instance for drop in hint.drops}
    kept = [one.drop for i, one in known.waiting.items() if not one.over and (i in named or one.due <= now)]
    return {drop.instance: drop for drop in newest([*hint.drops, *kept])}
