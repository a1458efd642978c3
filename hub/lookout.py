"""The lookout: one look at one cluster, from the hints about it to the bulletin. Gathers and applies; decides nothing.

A look is a rerun of the same comparison, whatever caused it: read what is known, see how things are, bring the
incidents in line (hub.desk), make Slack show them (hub.announce), or leave that to a storm (hub.storms).
"""

import logging
import zlib
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.announce import Announcer, Saying
from hub.barometer import Barometer
from hub.bulletin import ROWS, Bulletin, Tone, compose
from hub.desk import Desk, Examined, Seen, Watch
from hub.hints import AGAIN, ALONE, REQUEST, SWEEP, BadHint, Drop, Hint, StormHint, from_message, gather
from hub.incident import UNWATCHED, Condition, Incident, Verdict, awaits_replacement, condition
from hub.known_accounts import KnownAccounts
from hub.message import render
from hub.queues import NotYet, Queues, Record
from hub.slack import NotNow, Slack, SlackError
from hub.store import Known, Store
from hub.storm import MANY, lock
from hub.storms import Storms
from hub.tags import Tags
from hub.terms import ANY, Terms
from spoke.accounts import Accounts, Member, Role
from spoke.errors import Busy, ClusterGone, Refused
from spoke.hosts import GROUPS_A_CALL
from spoke.places import Cluster
from spoke.sighting import MISSING, Sighting
from spoke.sightings import look, registered, replacement

log = logging.getLogger(__name__)

# A member that is throttled or does not answer is tried so often before the alert goes out unchecked.
PATIENCE = 3
# When so many clusters lose agents together, more of each is on its way: a look waits for so many seconds, once.
CROWD, GATHERS_SECONDS = 5, 10
# What stands in for ECS's word for an instance's status while ECS cannot be read.
UNKNOWN = "UNKNOWN"
# What Slack has put off at the same moment does not come back at the same moment.
_SPREAD_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Lookout:
    """Everything a look works with; `assemble` puts it together."""

    accounts: Accounts
    reader: Role
    store: Store
    desk: Desk
    known_accounts: KnownAccounts
    terms: Terms
    tags: Tags
    announcer: Announcer
    barometer: Barometer
    storms: Storms
    queues: Queues
    delay_url: str
    clock: Callable[[], datetime]
    count: Callable[[str, int], None]

    def attend(self, waiting: Sequence[Record]) -> None:
        """Take all waiting messages of one group together: of a cluster, or of a storm."""
        found = [self._read(record) for record in waiting]
        for hint in gather(hint for hint in found if isinstance(hint, Hint)):
            gathers = hint.crowd >= CROWD
            if gathers and waiting[0].tries == 1:
                raise NotYet(GATHERS_SECONDS)
            self.look(hint, max(waiting[0].tries - 2 * gathers, 1))  # it may have been cut off once, too
        for storm in sorted({hint for hint in found if isinstance(hint, StormHint)}):
            self.storms.attend(storm)

    def look(self, hint: Hint, tries: int) -> None:
        """Look at a cluster. What it raises is worth another try."""
        cluster = hint.cluster
        member = self.accounts.member(cluster.account, cluster.region, self.reader)
        known = self.store.known(cluster)
        drops = {drop.instance: drop for drop in hint.drops}
        wanted = drops.keys() | {i.instance for i in known.incidents.values() if i.unresolved}

        def unseen(instance: str) -> Sighting:
            return _unseen(known.incidents.get(instance), instance, drops.get(instance))

        tag = self.tags.value(member, cluster) if self.terms.by_tag and wanted else None
        if self.terms.watches(tag):
            sightings = self._see(member, cluster, wanted, unseen, _in_groups(hint, known), tries)
        else:
            sightings = {instance: replace(unseen(instance), status=UNWATCHED) for instance in wanted}
        seen = Seen(sightings, drops, self._replacements(member, known, sightings))
        watch = self._watch(hint, known, tag, None if hint.crowd > MANY else self._size(member, cluster, sightings))
        examined = self.desk.examine(cluster, known, seen, watch, self.clock())
        self._look_again(hint, examined.verdicts)
        self._announce(hint, known, examined)
        self.count("looks", 1)

    def _watch(self, hint: Hint, known: Known, tag: str | None, size: int | None) -> Watch:
        channel = self.terms.channel_of(tag)
        begins = known.bulletin is None or known.bulletin.closed
        return Watch(
            grace=self.terms.grace_of(hint.cluster),
            channel=channel,
            group="" if tag in {None, ANY} else str(tag),
            aside=begins and self.barometer.falls(StormHint(channel, hint.cluster.region), hint.cluster, hint.crowd),
            registered=size,
            account_name=self.known_accounts.of(hint.cluster.account).name,
        )

    def _size(self, member: Member, cluster: Cluster, sightings: Mapping[str, Sighting]) -> int | None:
        """Count the cluster's instances, of which a bulletin tells the share once they are many.

        None: they are few. 0: nobody can tell, so no share is told. A look in a storm does not ask, the next one does.
        """
        if sum(sighting.connected is False for sighting in sightings.values()) <= ROWS:
            return None
        try:
            return registered(member, cluster)
        except (Refused, Busy, ClusterGone) as error:
            log.warning("size.unknown", extra={"cluster": cluster.key, "error": str(error)})
            return 0

    def _see(  # noqa: PLR0913  # where, whom, and what to do without
        self,
        member: Member,
        cluster: Cluster,
        wanted: AbstractSet[str],
        unseen: Callable[[str], Sighting],
        in_groups: set[str],
        tries: int,
    ) -> Mapping[str, Sighting]:
        """See how instances are; `unseen` makes what stands in for one that nobody can tell anything about."""
        if not wanted:
            return {}
        try:
            found = look(member, cluster, sorted(wanted), in_groups)
        except ClusterGone:
            return {instance: replace(unseen(instance), status=MISSING) for instance in wanted}
        except (Refused, Busy) as error:
            if isinstance(error, Busy) and tries < PATIENCE:
                raise
            # Alerts fail open: say it, and say that it could not be checked.
            log.warning("look.unreadable", extra={"cluster": cluster.key, "error": str(error)})
            self.count("unreadable", 1)
            return {instance: replace(unseen(instance), unchecked=(str(error),)) for instance in wanted}
        untold = wanted - found.keys()
        return found | {i: replace(unseen(i), unchecked=("ECS tells nothing about it",)) for i in untold}

    def _replacements(self, member: Member, known: Known, sightings: Mapping[str, Sighting]) -> Mapping[str, str]:
        """Find who took the place of terminated instances; nobody takes two places."""
        taken = {i.replacement for i in known.incidents.values() if i.replacement}
        found: dict[str, str] = {}
        for incident in sorted(known.incidents.values(), key=lambda i: i.instance):
            repair = incident.repair
            sighting = sightings.get(incident.instance)
            gone = sighting and condition(sighting) in {Condition.DEREGISTERED, Condition.TERMINATED}
            if not (gone and repair and repair.group and awaits_replacement(incident, self.clock())):
                continue
            try:
                host = replacement(member, incident.cluster, repair.group, repair.at, taken)
            except (Refused, Busy, ClusterGone) as error:
                log.warning("replacement.unreadable", extra={"incident": incident.id, "error": str(error)})
                continue
            if host:
                taken.add(host)
                found[incident.instance] = host
        return found

    def _look_again(self, hint: Hint, verdicts: Sequence[Verdict]) -> None:
        """Put off what cannot be told yet: one message for each time to look again.

        What only wants another look gets it from a chain of looks that an event or a click began; a sweep begins none,
        or each round would begin one more.
        """
        puts_off: dict[timedelta, list[Drop]] = {}
        for verdict in verdicts:
            if verdict.again is not None and (verdict.drop or hint.why != SWEEP):
                puts_off.setdefault(verdict.again, []).extend([verdict.drop] if verdict.drop else [])
        waits = [(Hint(hint.cluster, AGAIN, tuple(drops)), again) for again, drops in puts_off.items()]
        self.queues.later(self.delay_url, [(later, again.total_seconds()) for later, again in waits])

    def _announce(self, hint: Hint, known: Known, examined: Examined) -> None:
        bulletin = examined.bulletin
        if bulletin is None or bulletin.closed:
            return
        place = StormHint(bulletin.channel, bulletin.cluster.region)
        begun_now = known.bulletin is None or known.bulletin.episode != bulletin.episode
        if begun_now:
            self.barometer.opened(bulletin)
        storm = self.barometer.standing(place) if bulletin.storm else None
        content = compose(bulletin, examined.incidents, lock(place.region) if storm else "")
        last = content.tone is Tone.RESOLVED
        # One that is over while its post is in doubt may stand in the storm's thread: it is found and brought in line.
        left_to_a_storm = not bulletin.ts and (storm or bulletin.aside) and not (last and bulletin.doubt_since)
        if left_to_a_storm and last:
            # Over before anybody was told of it by name: the storm has counted it.
            self.store.keep(replace(bulletin, closed=True, closed_at=self.clock()))
        elif left_to_a_storm and hint.why != ALONE:
            self.barometer.call(place)
        else:
            saying = Saying(render(content, bulletin), last, urgent=hint.why == REQUEST)
            self._show(hint, replace(bulletin, aside=False), saying, leased=begun_now and not bulletin.aside)

    def _show(self, hint: Hint, bulletin: Bulletin, saying: Saying, *, leased: bool) -> None:
        cluster = bulletin.cluster
        try:
            shown = self.announcer.show(bulletin, saying, leased=leased)
        except NotNow as error:
            seconds = error.seconds + zlib.crc32(cluster.key.encode()) % _SPREAD_SECONDS
            log.info("announce.later", extra={"cluster": cluster.key, "seconds": seconds})
            if hint.why != SWEEP:  # the next sweep comes by itself
                self.queues.later(self.delay_url, [(Hint(cluster, AGAIN), seconds)])
            return
        except SlackError as error:
            if hint.why != SWEEP:
                raise
            # The incidents are kept, and the next sweep tries again: one dead letter for each round would tell nothing.
            log.warning("announce.failed", extra={"cluster": cluster.key, "error": str(error)})
            self.count("unannounced", 1)
            return
        if shown is not bulletin:
            self.count("announced", 1)
            log.info("announced", extra={"cluster": cluster.key, "ts": shown.ts})

    def _read(self, record: Record) -> Hint | StormHint | None:
        """Read a message of looks.fifo. Only we write them, so one that cannot be read comes from another release.

        It is counted and given up: the sweep finds the trouble all the same, and failing would hold up the group.
        """
        try:
            return from_message(record.body)
        except BadHint:
            log.exception("hint.unreadable", extra={"record": record.id, "group": record.group})
            self.count("malformed", 1)
            return None


def assemble(  # noqa: PLR0913  # what a look works with, each of it once
    *,
    accounts: Accounts,
    reader: Role,
    store: Store,
    slack: Callable[[], Slack],
    terms: Terms,
    queues: Queues,
    looks_url: str,
    delay_url: str,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    count: Callable[[str, int], None],
) -> Lookout:
    """Put a lookout together."""
    announcer = Announcer(slack, store, clock)
    storms = Storms(store, announcer, slack, queues, looks_url, delay_url, clock, sleep, count)
    barometer = Barometer(store, queues, looks_url, clock)
    desk, tags = Desk(store), Tags(clock)
    return Lookout(
        accounts=accounts,
        reader=reader,
        store=store,
        desk=desk,
        known_accounts=KnownAccounts(store, clock),
        terms=terms,
        tags=tags,
        announcer=announcer,
        barometer=barometer,
        storms=storms,
        queues=queues,
        delay_url=delay_url,
        clock=clock,
        count=count,
    )


def _in_groups(hint: Hint, known: Known) -> set[str]:
    """Name the instances of which Auto Scaling is asked too.

    It costs a call, so the first look at new trouble goes without; later ones ask while there are few. Where Auto
    Scaling is known to have had its hand in it, it is asked at once.
    """
    live = {i.instance for i in known.incidents.values() if i.unresolved}
    before = {i.instance for i in known.incidents.values() if i.ending == Condition.OUT_OF_SERVICE}
    return before | (live if not hint.drops and len(live) <= GROUPS_A_CALL else set())


def _unseen(known: Incident | None, instance: str, drop: Drop | None) -> Sighting:
    """Stand in for an instance nobody could look at, with what was seen of it last.

    What would decide about it is left out: since then its host may have been started, or taken into service again.
    """
    last = known.sighting if known else Sighting(instance, UNKNOWN, host=drop.host if drop else "")
    return replace(last, status=UNKNOWN, connected=None, since=None, host_state=None, lifecycle="", unchecked=())
