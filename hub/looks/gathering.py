"""What a look gathers from a member account: how instances are, who took their place, how large the cluster is.

Each is asked for on its own, and what cannot be read is left out and said: alerts fail open.
"""

import logging
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from hub.incidents.condition import Condition, condition
from hub.incidents.content import ROWS
from hub.incidents.decision import confirms
from hub.incidents.hints import Drop, Hint, Why
from hub.incidents.incident import State
from hub.incidents.repair_progress import awaits_replacement
from hub.incidents.storm import CROWD, MANY
from hub.looks.answering import Named
from hub.table.clusters import KnownCluster
from spoke.accounts import Member
from spoke.commands import ask_course
from spoke.errors import Busy, ClusterGone, Refused
from spoke.hosts import GROUPS_A_CALL, SSM_A_CALL, ask_reach
from spoke.registrations import HOSTS_A_CALL, in_cluster, registrations
from spoke.sighting import Sighting
from spoke.sightings import forgotten, look, registered, replacement
from spoke.states import MISSING, Course, course

log = logging.getLogger(__name__)

# A member that is throttled or does not answer is tried so often before the alert goes out unchecked.
PATIENCE = 3
# What stands in for ECS's word for an instance's status while ECS cannot be read.
UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Gathering:
    """One look's questions to a member: about which cluster, what is known of it, and what the hints said of it.

    `cluster_gone` is called when ECS knows no such cluster.
    """

    member: Member
    hint: Hint
    known: KnownCluster
    drops: Mapping[str, Drop]
    grace: timedelta
    clock: Callable[[], datetime]
    count: Callable[[str, int], None]
    cluster_gone: Callable[[], None]

    def see(self, wanted: AbstractSet[str], tries: int) -> Mapping[str, Sighting]:
        """See how instances are. What nobody can tell anything about is stood in for (`unseen`)."""
        if not wanted:
            return {}
        cluster, incidents = self.hint.cluster, self.known.incidents.values()
        hosts_of = {i.instance: i.sighting.host for i in incidents if i.unresolved and i.sighting.host}
        try:
            found = look(self.member, cluster, sorted(wanted), in_groups(self.hint, self.known), hosts_of)
        except ClusterGone:
            self.cluster_gone()
            gone = {instance: replace(self.unseen(instance), status=MISSING) for instance in wanted}
            return gone | forgotten(self.member, cluster, hosts_of)
        except (Refused, Busy) as error:
            if isinstance(error, Busy) and tries < PATIENCE:
                raise
            # Alerts fail open: say it, and say that it could not be checked.
            log.warning("look.unreadable", extra={"error": str(error)})
            self.count("unreadable", 1)
            return {instance: replace(self.unseen(instance), unchecked=(str(error),)) for instance in wanted}
        untold = wanted - found.keys()
        return found | {i: replace(self.unseen(i), unchecked=("ECS tells nothing about it",)) for i in untold}

    def named(self) -> Named:
        """Find which container instances the hint's questions mean, of which some call the host."""
        asked = {question.instance for question in self.hint.questions}
        hosts = {name for name in asked if name.startswith(("i-", "mi-"))}
        by_host: dict[str, list[str]] = {}
        try:
            for registration in registrations(self.member, self.hint.cluster, hosts) if hosts else ():
                by_host.setdefault(registration.host, []).append(registration.instance)
        except ClusterGone:
            return Named({})
        except (Refused, Busy) as error:
            log.warning("question.unreadable", extra={"error": str(error)})
            return Named({}, str(error))
        return Named({name: [name] for name in asked - hosts} | by_host)

    def unseen(self, instance: str) -> Sighting:
        """Stand in for an instance nobody could look at, with what was seen of it last.

        What would decide about it is left out: since then its host may have been started, or taken into service again.
        """
        known, drop = self.known.incidents.get(instance), self.drops.get(instance)
        last = known.sighting if known else Sighting(instance, UNKNOWN, host=drop.host if drop else "")
        return replace(last, status=UNKNOWN, connected=None, since=None, host_state=None, lifecycle="", unchecked=())

    def with_others(self, sightings: Mapping[str, Sighting], crowd: int) -> Mapping[str, Sighting]:
        """See whether hosts are well under another registration, and whether Systems Manager reaches them.

        Those not asked about keep what was found before. Where a `crowd` of clusters loses agents together, nobody is
        asked.
        """
        live = {i.instance: i.sighting for i in self.known.incidents.values() if i.unresolved}
        kept = {
            instance: replace(
                seen,
                others=live[instance].others,
                reached=live[instance].reached if seen.reached is None else seen.reached,
            )
            for instance, seen in sightings.items()
            if instance in live and live[instance].host == seen.host
        }
        sightings = {**sightings, **kept}
        if crowd >= CROWD:
            return sightings
        sightings = self._with_reach(sightings)
        asked = _to_ask(self.hint, self.known, sightings, self.grace, self.clock())
        if not asked:
            return sightings
        try:
            found = in_cluster(self.member, self.hint.cluster, asked, sightings)
        except (Refused, Busy, ClusterGone) as error:
            log.warning("registrations.unread", extra={"error": str(error)})
            why = f"whether the host is registered elsewhere: {error}"
            return sightings | {s.instance: replace(s, unchecked=(*s.unchecked, why)) for s in asked}
        return sightings | {instance: replace(sightings[instance], others=others) for instance, others in found.items()}

    def _with_reach(self, sightings: dict[str, Sighting]) -> dict[str, Sighting]:
        """See which hosts Systems Manager reaches: of fifty. Whoever acts on one asks again.

        New trouble is told without: that a button will not help can be seen a minute later.
        """
        asked = [s for s in _old(self.known, sightings) if s.reached is None or self.hint.why == Why.REQUEST]
        reached = ask_reach(self.member, sorted({s.host for s in asked})[:SSM_A_CALL]) if asked else {}
        return sightings | {s.instance: replace(s, reached=reached[s.host]) for s in asked if s.host in reached}

    def with_commands(self, sightings: Mapping[str, Sighting]) -> Mapping[str, Sighting]:
        """See what has become of the commands that repairs have begun. What has ended is not asked again."""
        told: dict[str, Sighting] = {}
        for incident in self.known.incidents.values():
            repair, seen = incident.repair, sightings.get(incident.instance)
            if incident.state is not State.REPAIRING or repair is None or not repair.command or seen is None:
                continue
            before = incident.sighting
            if course(before.command) in {Course.RAN, Course.NEVER_RAN}:
                told[seen.instance] = replace(seen, command=before.command, found=before.found)
                continue
            if asked := ask_course(self.member, before.host, repair.command):
                told[seen.instance] = replace(seen, command=asked.status, found=asked.found)
        return {**sightings, **told}

    def replacements(self, sightings: Mapping[str, Sighting]) -> Mapping[str, str]:
        """Find who took the place of terminated instances; nobody takes two places."""
        taken = {i.replacement for i in self.known.incidents.values() if i.replacement}
        found: dict[str, str] = {}
        for incident in sorted(self.known.incidents.values(), key=lambda i: i.instance):
            repair = incident.repair
            sighting = sightings.get(incident.instance)
            gone = sighting and condition(sighting) in {Condition.DEREGISTERED, Condition.TERMINATED}
            if not (gone and repair and repair.group and awaits_replacement(incident, self.clock())):
                continue
            try:
                host = replacement(self.member, incident.cluster, repair.group, repair.at, taken)
            except (Refused, Busy, ClusterGone) as error:
                log.warning("replacement.unreadable", extra={"incident": incident.id, "error": str(error)})
                continue
            if host:
                taken.add(host)
                found[incident.instance] = host
        return found

    def size(self, sightings: Mapping[str, Sighting], crowd: int, asks_share: Callable[[int], bool]) -> int | None:
        """Count the cluster's instances, of which a bulletin tells the share once they are many.

        None: they are few, and the policy does not ask for their share. 0: nobody can tell, so no share is told. A look
        in a storm does not ask, the next one does.
        """
        gone = sum(sighting.connected is False for sighting in sightings.values())
        if crowd > MANY or (gone <= ROWS and not (gone and asks_share(gone))):
            return None
        try:
            return registered(self.member, self.hint.cluster)
        except (Refused, Busy, ClusterGone) as error:
            log.warning("size.unknown", extra={"error": str(error)})
            return 0


def in_groups(hint: Hint, known: KnownCluster) -> set[str]:
    """Name the instances of which Auto Scaling is asked too.

    It costs a call, so the first look at new trouble goes without; later ones ask while there are few. Where Auto
    Scaling is known to have taken an instance out, it is asked at once.
    """
    live = {i.instance for i in known.incidents.values() if i.unresolved}
    before = {i.instance for i in known.incidents.values() if i.ending == Condition.OUT_OF_SERVICE}
    return before | (live if not hint.drops and len(live) <= GROUPS_A_CALL else set())


def _to_ask(
    hint: Hint, known: KnownCluster, sightings: Mapping[str, Sighting], grace: timedelta, now: datetime
) -> list[Sighting]:
    """Choose the instances whose hosts' other registrations are asked for, in one call.

    These are new trouble as long as it is little, old trouble of which nobody has asked yet or that is an old
    registration as far as is known, and everything that somebody has just clicked about.
    """
    drops = {drop.instance: drop for drop in hint.drops}
    confirmed = (
        s for s in _in_ec2(sightings) if confirms(known.incidents.get(s.instance), s, drops.get(s.instance), now, grace)
    )
    new = list(islice(confirmed, ROWS + 1))  # a storm need not be judged twice to know that it is one
    old = [s for s in _old(known, sightings) if hint.why == Why.REQUEST or s.others is None or s.alive_as]
    return [*(new if len(new) <= ROWS else []), *old][:HOSTS_A_CALL]


def _in_ec2(sightings: Mapping[str, Sighting]) -> list[Sighting]:
    """Choose the EC2 instances without an agent that are nobody else's to repair."""
    return [s for s in sightings.values() if s.connected is False and s.host.startswith("i-") and not s.managed]


def _old(known: KnownCluster, sightings: Mapping[str, Sighting]) -> list[Sighting]:
    """Choose those of them that are known to be in trouble, and still run."""
    live = {i.instance for i in known.incidents.values() if i.unresolved}
    running = {Condition.DISCONNECTED, Condition.DRAINING}
    return [s for s in _in_ec2(sightings) if s.instance in live and condition(s) in running]
