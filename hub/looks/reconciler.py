"""The reconciler: one look at one cluster, from the hints about it to the bulletin. It gathers and applies.

A look is a rerun of the same comparison, whatever caused it: read what is known, see how things are, bring the
incidents in line (hub.looks.lifecycle), have them spoken of (hub.notify.notifier).
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from hub.chain import Waiting, onward, put_off, repair_looked_at_in, waits_in_queue
from hub.incidents.condition import UNWATCHED, Condition, condition
from hub.incidents.decision import Verdict
from hub.incidents.examined import Findings, Watch
from hub.incidents.growth import has_more
from hub.incidents.hint_messages import from_message
from hub.incidents.hints import BadHint, Chore, Drop, Hint, MuteHint, PolicyHint, StormHint, Why, gather, newest
from hub.looks.answering import Named, tell
from hub.looks.cluster_tags import ClusterTags
from hub.looks.departures import Departures
from hub.looks.gathering import CROWD, Gathering
from hub.looks.lifecycle import Lifecycle
from hub.notify.account_cache import AccountCache
from hub.notify.dispatcher import Dispatcher
from hub.notify.muting import Muting
from hub.notify.notifier import Notifier
from hub.notify.policy_alarm import PolicyAlarm
from hub.notify.publisher import Publisher
from hub.notify.receivers import receivers
from hub.notify.routing import Routing
from hub.notify.storm_cache import StormCache
from hub.notify.storm_turn import StormTurns
from hub.policy.source import PolicySource
from hub.policy.terms import Terms
from hub.queues import NotYet, Record
from hub.runtime.log_keys import about
from hub.slack.client import NotNow, SlackError
from hub.table.clusters import KnownCluster
from hub.wiring import Hub
from spoke.accounts import Accounts, Role
from spoke.deadline import deadline, for_seconds
from spoke.sighting import Sighting

log = logging.getLogger(__name__)

# So long a look may begin calls of a member, one of which takes ten seconds if it is not answered (spoke.accounts).
LOOK_SECONDS, _CALL_SECONDS = 15, 10
# So soon a look is tried anew that had too little time left to ask a member.
_BREATH_SECONDS = 5
# When a crowd of clusters loses agents together, more of each is on its way: a look waits for so many seconds, once.
GATHERS_SECONDS = 10
_TROUBLE = {Condition.DISCONNECTED, Condition.UNREADABLE}


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Everything a look works with; `assemble` puts it together."""

    accounts: Accounts
    reader: Role
    hub: Hub
    lifecycle: Lifecycle
    rules: Routing
    terms: Terms
    tags: ClusterTags
    storm_cache: StormCache
    storms: StormTurns
    muting: Muting
    departures: Departures
    notifier: Notifier
    policy_alarm: PolicyAlarm

    def attend(self, waiting: Sequence[Record]) -> None:
        """Take all waiting messages of one group together: of a cluster, or of a storm."""
        # What this invocation sends has as many hops behind it as the record of its batch that has the most.
        hops = max((record.hops for record in waiting), default=0)
        found = [replace(hint, hops=max(hint.hops, hops)) for record in waiting if (hint := self._read(record))]
        for hint in gather(hint for hint in found if isinstance(hint, Hint)):
            about(hint.cluster)
            gathers = hint.crowd >= CROWD
            if gathers and waiting[0].tries == 1:
                raise NotYet(GATHERS_SECONDS)
            with for_seconds(LOOK_SECONDS):
                self.look(hint, max(waiting[0].tries - 2 * gathers, 1))  # it may have been cut off besides
        for storm in sorted({hint for hint in found if isinstance(hint, StormHint)}):
            about(channel=storm.channel, region=storm.region)
            self.storms.attend(storm)
        for mute in sorted({hint for hint in found if isinstance(hint, MuteHint)}):
            about(mute=mute.key)
            self._attend(mute, partial(self.muting.attend, mute.key))
        for policy in {hint for hint in found if isinstance(hint, PolicyHint)}:
            about()
            self._attend(policy, self.policy_alarm.attend)

    def look(self, hint: Hint, tries: int) -> None:
        """Look at a cluster. What it raises is worth another try."""
        cluster = hint.cluster
        member = self.accounts.member(cluster.account, cluster.region, self.reader)
        known = self.hub.table.known(cluster)
        drops = _drops(hint, known, self.hub.clock())
        live = {i.instance for i in known.incidents.values() if i.unresolved}
        # Only what is known already may end so: that agents are gone is said, whatever anybody thinks of their account.
        out_of_reach = self.departures.of(cluster) if live else ""
        if deadline().left() < _CALL_SECONDS:
            # Our own table has used the time up: that says nothing of the member, who could not even answer late.
            raise NotYet(_BREATH_SECONDS)
        wanted = drops.keys() - live if out_of_reach else drops.keys() | live
        gathering = Gathering(member, hint, known, drops, self.terms.grace_of(cluster), self.hub.clock, self.hub.count)
        named = gathering.named() if hint.questions else Named({})
        # Nobody has said that these are gone: a look begins their grace, if they are.
        drops |= {i: Drop(i, self.hub.clock()) for i in named.all - wanted}
        wanted = wanted | named.all
        tag = self.tags.value(member, cluster) if self.terms.by_tag and wanted else None
        if self.terms.watches(tag):
            sightings = gathering.with_others(gathering.see(wanted, tries))
        else:
            sightings = {instance: replace(gathering.unseen(instance), status=UNWATCHED) for instance in wanted}
        if out_of_reach:
            sightings = {**sightings, **{i: replace(gathering.unseen(i), status=out_of_reach) for i in live}}
        seen = Findings(sightings, drops, gathering.replacements(sightings))
        size = gathering.size(sightings, partial(self._asks_share, known))
        broken = [sighting for sighting in sightings.values() if condition(sighting) in _TROUBLE]
        watch = self._watch(hint, known, tag, size, broken)
        examined = self.lifecycle.examine(cluster, known, seen, watch, self.hub.clock())
        tell(self.hub.slack, hint, named, sightings, examined.incidents)
        hint = replace(hint, questions=())
        self._look_again(hint, known, drops, examined.verdicts)
        if examined.bulletin:
            self.notifier.speak(hint, known, examined.bulletin, examined)
        self.hub.count("looks", 1)

    def _asks_share(self, known: KnownCluster, gone: int) -> bool:
        """Whether a cluster's size is worth a call: it goes by the policy, or what is acknowledged may have grown."""
        return self.rules.policy.asks_share or has_more(known.bulletin, known.incidents.values(), gone)

    def _attend(self, chore: MuteHint | PolicyHint, tell: Callable[[], None]) -> None:
        try:
            tell()
        except SlackError as error:
            if isinstance(error, NotNow) and (later := put_off(chore, error.seconds, self.hub.clock())):
                self.hub.queues.later(self.hub.addresses.delay, [(later, error.seconds)])
                return
            # The next sweep asks again, as long as it has not been said.
            log.warning("chore.unsaid", extra={"error": str(error)})
            self.hub.count("unannounced", 1)

    def _watch(
        self, hint: Hint, known: KnownCluster, tag: str | None, size: int | None, broken: Sequence[Sighting]
    ) -> Watch:
        cluster = hint.cluster
        begins = known.bulletin is None or known.bulletin.episode.closed
        way = self.rules.way(cluster, tag, broken, size or 0)
        gone = [sighting.instance for sighting in broken]
        muted = begins and bool(gone) and self.muting.of(cluster, gone, tag or "") is not None
        storm = StormHint(way.channel, cluster.region)
        return Watch(
            grace=self.terms.grace_of(cluster),
            channel=way.channel,
            owners=way.owners,
            topic=way.topic,
            group=tag or "",
            aside=begins and not muted and self.storm_cache.falls(storm, cluster, hint.crowd),
            muted=muted,
            registered=size,
            account_name=self.rules.accounts.of(cluster.account).name,
        )

    def _look_again(
        self, hint: Hint, known: KnownCluster, drops: Mapping[str, Drop], verdicts: Sequence[Verdict]
    ) -> None:
        """Put off what cannot be told yet: one message for each time to look again.

        What only wants another look gets it from a chain of looks that an event or a click began; a sweep begins none,
        or each round would begin one more. A drop that has longer to wait than the chain can is kept in the table.
        """
        now, further = self.hub.clock(), onward(replace(hint, why=Why.AGAIN, drops=(), crowd=0, until=None))
        puts_off: dict[timedelta, list[Drop]] = {}
        kept: dict[str, Waiting] = {}
        for again, drop in _again(hint, verdicts):
            before = known.waiting.get(drop.instance) if drop else None
            # A drop that waits in the table already stays there: a round that sees the agent gone finds its date in it.
            if drop and ((before and not before.over) or not (further and waits_in_queue(again, hint.hops))):
                kept[drop.instance] = Waiting(hint.cluster, drop, now + again)
            else:
                puts_off.setdefault(again, []).extend([drop] if drop else [])
        if further:
            waits = [(replace(further, drops=tuple(some)), again) for again, some in puts_off.items()]
            self.hub.queues.later(self.hub.addresses.delay, [(later, again.total_seconds()) for later, again in waits])
        self._keep_waiting(known, drops, kept)

    def _keep_waiting(self, known: KnownCluster, drops: Mapping[str, Drop], kept: Mapping[str, Waiting]) -> None:
        """Write which drops wait in the table, and which of those there wait no longer."""
        before = {instance: one for instance, one in known.waiting.items() if instance in drops and not one.over}
        over = [replace(one, over=True) for instance, one in before.items() if instance not in kept]
        new = [one for instance, one in kept.items() if instance not in before or before[instance].drop != one.drop]
        versions = {instance: one.version for instance, one in known.waiting.items()}
        self.hub.table.keep_waiting([replace(one, version=versions.get(one.drop.instance, 0)) for one in (*over, *new)])

    def _read(self, record: Record) -> Hint | Chore | None:
        """Read a message of looks.fifo. Only we write them, so one that cannot be read comes from another release.

        It is counted and given up: the sweep finds the trouble all the same, and failing would hold up the group.
        """
        try:
            return from_message(record.body)
        except BadHint:
            log.exception("hint.unreadable", extra={"record": record.id})
            self.hub.count("malformed", 1)
            return None


def assemble(  # noqa: PLR0913  # what a look needs besides, each of it once
    hub: Hub,
    *,
    accounts: Accounts,
    reader: Role,
    terms: Terms,
    policy: PolicySource,
    connect: Callable[..., Any],
) -> Reconciler:
    """Put a reconciler together. `connect` makes a client of boto3."""
    publisher = Publisher(hub.slack, hub.table, hub.clock, hub.count)
    told = receivers(publisher, connect, hub.clock, hub.count)
    storm_cache = StormCache(hub.table, hub.queues, hub.addresses.looks, hub.clock)
    rules = Routing(policy, AccountCache(hub.table, hub.clock), terms, hub.clock)
    muting = Muting(hub.table, hub.slack, rules, hub.clock)
    return Reconciler(
        hub=hub,
        accounts=accounts,
        reader=reader,
        lifecycle=Lifecycle(hub.table),
        rules=rules,
        terms=terms,
        tags=ClusterTags(hub.clock),
        storm_cache=storm_cache,
        storms=StormTurns(hub, publisher, rules),
        muting=muting,
        departures=Departures(hub.table, hub.clock),
        notifier=Notifier(hub, Dispatcher(told, publisher, hub.clock, hub.count), storm_cache, muting, rules),
        policy_alarm=PolicyAlarm(hub.table, hub.slack, rules, hub.clock),
    )


def _drops(hint: Hint, known: KnownCluster, now: datetime) -> dict[str, Drop]:
    """Take of each instance what dates its trouble best: of those that the hint names, and those that have waited."""
    named = {drop.instance for drop in hint.drops}
    kept = [one.drop for i, one in known.waiting.items() if not one.over and (i in named or one.due <= now)]
    return {drop.instance: drop for drop in newest([*hint.drops, *kept])}


def _again(hint: Hint, verdicts: Sequence[Verdict]) -> Iterator[tuple[timedelta, Drop | None]]:
    """Say what is to be looked at again when: drops that are too young, and what changes or is being repaired."""
    soon = repair_looked_at_in(hint.hops)
    for verdict in verdicts:
        if verdict.again is not None and verdict.drop:
            yield verdict.again, verdict.drop
        elif verdict.again is not None and hint.why != Why.SWEEP and soon:
            yield soon, None
