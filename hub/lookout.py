"""The lookout: one look at one cluster, from the hints about it to the bulletin. Gathers and applies; decides nothing.

A look is a rerun of the same comparison, whatever caused it: read what is known, see how things are, bring the
incidents in line (hub.desk), make Slack show them (hub.announce).
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.announce import Announcer
from hub.bulletin import compose
from hub.desk import Desk, Examined, Seen, Terms
from hub.hints import AGAIN, SWEEP, Drop, Hint, from_message, gather
from hub.incident import Condition, Incident, Verdict, awaits_replacement, condition
from hub.message import render
from hub.queues import Queues, Record
from hub.slack import NotNow
from hub.store import Known, Store
from spoke.accounts import Accounts, Member, Role
from spoke.errors import Busy, ClusterGone, Refused
from spoke.places import Cluster
from spoke.sighting import MISSING, Sighting
from spoke.sightings import look, replacement

log = logging.getLogger(__name__)

# A member that is throttled or does not answer is tried so often before the alert goes out unchecked.
PATIENCE = 3
# What stands in for ECS's word for an instance's status while ECS cannot be read.
UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Lookout:
    """Everything a look works with."""

    accounts: Accounts
    reader: Role
    store: Store
    desk: Desk
    terms: Terms
    announcer: Announcer
    queues: Queues
    delay_url: str
    clock: Callable[[], datetime]
    count: Callable[[str, int], None]

    def attend(self, waiting: Sequence[Record]) -> None:
        """Take all waiting messages of one cluster together."""
        hints = [hint for record in waiting if (hint := from_message(record.body))]
        for hint in gather(hints):
            self.look(hint, waiting[0].tries)

    def look(self, hint: Hint, tries: int) -> None:
        """Look at a cluster. What it raises is worth another try."""
        cluster = hint.cluster
        member = self.accounts.member(cluster.account, cluster.region, self.reader)
        known = self.store.known(cluster)
        drops = {drop.instance: drop for drop in hint.drops}
        wanted = drops.keys() | {i.instance for i in known.incidents.values() if i.unresolved}
        unseen = {
            instance: _unseen(known.incidents.get(instance), instance, drops.get(instance)) for instance in wanted
        }
        sightings = self._see(member, cluster, unseen, tries)
        seen = Seen(sightings, drops, self._replacements(member, known, sightings))
        examined = self.desk.examine(cluster, known, seen, self.terms, self.clock())
        self._look_again(hint, examined.verdicts)
        self._announce(hint, known, examined)
        self.count("looks", 1)

    def _see(
        self, member: Member, cluster: Cluster, unseen: Mapping[str, Sighting], tries: int
    ) -> Mapping[str, Sighting]:
        """See how instances are; `unseen` is what stands in for those that nobody can tell anything about."""
        if not unseen:
            return {}
        try:
            found = look(member, cluster, sorted(unseen))
        except ClusterGone:
            return {instance: replace(last, status=MISSING) for instance, last in unseen.items()}
        except (Refused, Busy) as error:
            if isinstance(error, Busy) and tries < PATIENCE:
                raise
            # Alerts fail open: say it, and say that it could not be checked.
            log.warning("look.unreadable", extra={"cluster": cluster.key, "error": str(error)})
            self.count("unreadable", 1)
            return {instance: replace(last, unchecked=(str(error),)) for instance, last in unseen.items()}
        untold = unseen.keys() - found.keys()
        return found | {i: replace(unseen[i], unchecked=("ECS tells nothing about it",)) for i in untold}

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
        for again, drops in puts_off.items():
            self.queues.later(self.delay_url, Hint(hint.cluster, AGAIN, tuple(drops)), again.total_seconds())

    def _announce(self, hint: Hint, known: Known, examined: Examined) -> None:
        bulletin = examined.bulletin
        if bulletin is None or bulletin.closed:
            return
        content = compose(bulletin, examined.incidents)
        begun_now = known.bulletin is None or known.bulletin.episode != bulletin.episode
        try:
            shown = self.announcer.show(bulletin, render(content, bulletin), content.tone, leased=begun_now)
        except NotNow as error:
            log.info("announce.later", extra={"cluster": hint.cluster.key, "seconds": error.seconds})
            self.queues.later(self.delay_url, Hint(hint.cluster, AGAIN), error.seconds)
            return
        if shown is not bulletin:
            self.count("announced", 1)
            log.info("announced", extra={"cluster": hint.cluster.key, "tone": content.tone, "ts": shown.ts})


def _unseen(known: Incident | None, instance: str, drop: Drop | None) -> Sighting:
    """Stand in for an instance nobody could look at, with what was seen of it last; its `since` may be long over."""
    last = known.sighting if known else Sighting(instance, UNKNOWN, host=drop.host if drop else "")
    return replace(last, status=UNKNOWN, connected=None, since=None, unchecked=())
