"""The reconciler: one look at one cluster, from the hints about it to the bulletin. It gathers and applies.

A look is a rerun of the same comparison, whatever caused it: read what is known, see how things are, bring the
incidents in line (hub.looks.lifecycle), have them spoken of (hub.notify.notifier).
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from hub.chain import Waiting, onward, put_off, repair_looked_at_in, waits_in_queue
from hub.incidents.condition import Condition, condition
from hub.incidents.decision import Reason, Verdict
from hub.incidents.examined import Examined, Findings, Watch
from hub.incidents.growth import has_more
from hub.incidents.hints import Chore, Drop, Gathered, Hint, MuteHint, PolicyHint, StormHint, Why, gather, once_more
from hub.incidents.storm import CROWD, MANY
from hub.looks.answering import tell
from hub.looks.cluster_tags import ClusterTags
from hub.looks.departures import Departures
from hub.looks.gone_clusters import GoneClusters
from hub.looks.lifecycle import Judged, Lifecycle
from hub.looks.seeing import Seeing, Seen
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
from hub.runtime.log_keys import about
from hub.slack.client import NotNow, SlackError
from hub.table.clusters import Alongside, KnownCluster
from hub.table.writes import Conflict
from hub.wiring import Hub
from spoke.accounts import Accounts, Role
from spoke.deadline import for_seconds
from spoke.sighting import Sighting

log = logging.getLogger(__name__)

# So long a look may begin calls of a member, to see it and again to conclude.
LOOK_SECONDS = 15
_TROUBLE = {Condition.DISCONNECTED, Condition.UNREADABLE}


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Everything a look works with; `assemble` puts it together."""

    hub: Hub
    seeing: Seeing
    lifecycle: Lifecycle
    rules: Routing
    storm_cache: StormCache
    storms: StormTurns
    muting: Muting
    notifier: Notifier
    policy_alarm: PolicyAlarm

    def attend(self, chores: Iterable[Chore]) -> None:
        """See to storms, to mutes that end, to the policy and to what was gathered, each once."""
        asked = set(chores)
        if gathered := [chore for chore in asked if isinstance(chore, Gathered)]:
            about()
            self._ask_for_each(gathered)
        for storm in sorted(chore for chore in asked if isinstance(chore, StormHint)):
            about(channel=storm.channel, region=storm.region)
            self.storms.attend(storm)
        for mute in sorted(chore for chore in asked if isinstance(chore, MuteHint)):
            about(mute=mute.key)
            self._attend(mute, partial(self.muting.attend, mute.key))
        for policy in (chore for chore in asked if isinstance(chore, PolicyHint)):
            about()
            self._attend(policy, self.policy_alarm.attend)

    def _ask_for_each(self, gathered: Sequence[Gathered]) -> None:
        """Have each cluster looked at for all that was gathered of it. Those of one place come next to each other.

        Raises RuntimeError if SQS refuses any; what was sent already, it takes for the same if it is sent again.
        """
        hops = max(each.hops for each in gathered)
        hints = [replace(hint, hops=hops) for hint in gather(hint for each in gathered for hint in each.hints)]
        # Ingest gathers nothing that could not go on: only beside others may a chain be at its end here.
        sent = [onward(hint) or hint for hint in sorted(hints, key=lambda hint: hint.cluster)]
        if refused := self.hub.queues.ask_looks(self.hub.addresses.looks, sent, "gathered"):
            raise RuntimeError(f"looks.fifo refused {len(refused)} of {len(sent)} clusters")
        log.info("gathered", extra={"messages": len(gathered), "clusters": len(sent)})

    def look(self, hint: Hint, tries: int) -> None:
        """Look at a cluster. What it raises is worth another try."""
        with for_seconds(LOOK_SECONDS):
            seen = self.seeing.see(hint, tries)
            self.note(seen)
            self.conclude(seen)

    def note(self, seen: Seen) -> None:
        """Remember whether a cluster that was said to have lost agents truly has, for those that come after it."""
        if any(drop.at for drop in seen.hint.drops):
            self.storm_cache.looked_at(seen.hint.cluster, lost=seen.opens(self.hub.clock()))

    def struck(self, seen: Seen) -> Judged | None:
        """Judge a cluster whose trouble begins in a storm, and of which nobody posts a message now; None: another one.

        What is judged so asks nobody anything more, and may be written with others (hub.looks.lifecycle).
        """
        now, crowd = self.hub.clock(), self.storm_cache.crowd(seen.hint.cluster.region, seen.hint.crowd)
        if crowd <= MANY or seen.live or seen.hint.questions or not seen.opens(now):
            return None
        found = Findings(seen.sightings, seen.drops, {})
        watch = self._watch(seen, None, _broken(found), crowd, as_read=False)
        if not (watch.aside or watch.muted):
            return None
        return self.lifecycle.judge(seen.hint.cluster, seen.known, found, watch, now)

    def conclude(self, seen: Seen, written: Examined | None = None) -> None:
        """Judge what was seen, write it down and have it spoken of. What it raises is worth another try.

        What has been `written` of it already is only spoken of.
        """
        hint, known = seen.hint, seen.known
        examined = written or self._bring_in_line(seen)
        hint = replace(hint, questions=())
        self._look_again(hint, known, seen.drops, examined.verdicts)
        if examined.bulletin:
            self.notifier.speak(hint, known, examined.bulletin, examined)
        self.hub.count("looks", 1)

    def _bring_in_line(self, seen: Seen) -> Examined:
        """Ask what else there is to know, bring incidents in line, and answer who has asked."""
        hint = seen.hint
        crowd = self.storm_cache.crowd(hint.cluster.region, hint.crowd)
        gathering = self.seeing.at_hand(seen)
        sightings = seen.sightings
        if seen.watched:
            sightings = gathering.with_commands(gathering.with_others(sightings, crowd))
        sightings = {**sightings, **seen.away}
        found = Findings(sightings, seen.drops, gathering.replacements(sightings))
        size = gathering.size(sightings, crowd, partial(self._asks_share, seen.known))
        examined = self._examine(seen, found, size, crowd)
        tell(self.hub.slack, hint, seen.named, sightings, examined.incidents)
        return examined

    def _examine(self, seen: Seen, found: Findings, size: int | None, crowd: int) -> Examined:
        """Bring incidents in line. A lone alarm goes by mutes as they were read, on condition that none has changed."""
        unless = self.muting.unless() if crowd < CROWD else None
        if unless:
            now = self.hub.clock()
            try:
                examined = self._examined(seen, found, size, crowd, unless)
            except Conflict:
                self.muting.forget()
            else:
                if any(verdict.reason is Reason.CONFIRMED for verdict in examined.verdicts):
                    self.muting.hold(now)
                return examined
        return self._examined(seen, found, size, crowd, None)

    def _examined(self, seen: Seen, found: Findings, size: int | None, crowd: int, unless: datetime | None) -> Examined:
        watch = self._watch(seen, size, _broken(found), crowd, as_read=unless is not None)
        alongside = Alongside(mutes_since=unless) if unless else None
        return self.lifecycle.examine(seen.hint.cluster, seen.known, found, watch, self.hub.clock(), alongside)

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

    def _watch(self, seen: Seen, size: int | None, broken: Sequence[Sighting], crowd: int, *, as_read: bool) -> Watch:
        cluster, rumoured, known, tag = seen.hint.cluster, seen.hint.crowd, seen.known, seen.tag
        begins = known.bulletin is None or known.bulletin.episode.closed
        way = self.rules.way(cluster, tag, broken, size or 0)
        gone = [sighting.instance for sighting in broken]
        muted = begins and bool(gone) and self.muting.of(cluster, gone, tag or "", as_read=as_read) is not None
        storm = StormHint(way.channel, cluster.region)
        return Watch(
            grace=self.seeing.terms.grace_of(cluster),
            channel=way.channel,
            owners=way.owners,
            topic=way.topic,
            group=tag or "",
            aside=begins and not muted and self.storm_cache.falls(storm, cluster, crowd, rumoured),
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
        waits = list(_again(hint, verdicts))
        if waits and not known.whole:
            known = self.hub.table.known(hint.cluster)
        now, further = self.hub.clock(), onward(replace(once_more(hint), until=None))
        puts_off: dict[timedelta, list[Drop]] = {}
        kept: dict[str, Waiting] = {}
        for again, drop in waits:
            before = known.waiting.get(drop.instance) if drop else None
            # A drop that waits in the table already stays there: a round that sees the agent gone finds its date in it.
            if drop and ((before and not before.over) or not (further and waits_in_queue(again, hint.hops))):
                kept[drop.instance] = Waiting(hint.cluster, drop, now + again)
            else:
                puts_off.setdefault(again, []).extend([drop] if drop else [])
        if further:
            later = [(replace(further, drops=tuple(some)), again) for again, some in puts_off.items()]
            self.hub.queues.later(self.hub.addresses.delay, [(hint, again.total_seconds()) for hint, again in later])
        self._keep_waiting(known, drops, kept)

    def _keep_waiting(self, known: KnownCluster, drops: Mapping[str, Drop], kept: Mapping[str, Waiting]) -> None:
        """Write which drops wait in the table, and which of those there wait no longer."""
        before = {instance: one for instance, one in known.waiting.items() if instance in drops and not one.over}
        over = [replace(one, over=True) for instance, one in before.items() if instance not in kept]
        new = [one for instance, one in kept.items() if instance not in before or before[instance].drop != one.drop]
        versions = {instance: one.version for instance, one in known.waiting.items()}
        self.hub.table.keep_waiting([replace(one, version=versions.get(one.drop.instance, 0)) for one in (*over, *new)])


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
        seeing=Seeing(
            hub,
            accounts,
            reader,
            terms,
            ClusterTags(hub.clock),
            Departures(hub.table, hub.clock),
            GoneClusters(hub.clock),
        ),
        lifecycle=Lifecycle(hub.table),
        rules=rules,
        storm_cache=storm_cache,
        storms=StormTurns(hub, publisher, rules),
        muting=muting,
        notifier=Notifier(hub, Dispatcher(told, publisher, hub.clock, hub.count), storm_cache, muting, rules),
        policy_alarm=PolicyAlarm(hub.table, hub.slack, rules, hub.clock),
    )


def _broken(found: Findings) -> list[Sighting]:
    return [sighting for sighting in found.sightings.values() if condition(sighting) in _TROUBLE]


def _again(hint: Hint, verdicts: Sequence[Verdict]) -> Iterator[tuple[timedelta, Drop | None]]:
    """Say what is to be looked at again when: drops that are too young, and what changes or is being repaired."""
    soon = repair_looked_at_in(hint.hops)
    for verdict in verdicts:
        if verdict.again is not None and verdict.drop:
            yield verdict.again, verdict.drop
        elif verdict.again is not None and hint.why != Why.SWEEP and soon:
            yield soon, None
