"""Lifecycle: the one door through which incidents change.

A look brings sightings (`examine`), a click brings a change that somebody wants (`change`). Either way the incident is
read, decided upon and written with the version that was read, together with its log entries; if somebody else was
quicker, it is read and decided upon again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hub.incidents.audit import Entry
from hub.incidents.breakdown import Breakdown
from hub.incidents.bulletin import Bulletin
from hub.incidents.content import HELD_UP, how_it_ended
from hub.incidents.decision import Reason, Verdict, decide
from hub.incidents.examined import Examined, Findings, Watch
from hub.incidents.flapping import STEADY
from hub.incidents.incident import FLAPS, Incident, keep_on
from hub.incidents.opening import begin
from hub.table.bulletins import written
from hub.table.clusters import Alongside, KnownCluster
from hub.table.store import Store
from hub.table.together import Change
from hub.table.writes import Conflict
from hub.words import few
from spoke.places import Cluster
from spoke.repairs import REMEDIES

_TRIES = 5
_NAMED = 5
_FLAPPING = (
    f"gone {FLAPS} times within an hour: this stays one incident until the agent has been back for"
    f" {STEADY.seconds // 60} minutes"
)
_PENDING_ENDS = {
    Reason.LAPSED: ("request lapsed", "nobody approved it in time"),
    Reason.OVER: ("request withdrawn", "the trouble is over"),
}


class Gone(Exception):
    """The incident somebody wants to change is over, or is another one by now."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a look makes of a cluster, and what is to be written of that: None if nothing has changed.

    `opens` says that it opens incidents. `examined` has the bulletin as it is while nothing is written.
    """

    examined: Examined
    change: Change | None
    opens: bool = False


class Lifecycle:
    """Reads, decides, writes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def examine(  # noqa: PLR0913  # what a look brings
        self,
        cluster: Cluster,
        known: KnownCluster,
        seen: Findings,
        watch: Watch,
        now: datetime,
        alongside: Alongside | None = None,
    ) -> Examined:
        """Bring the cluster's incidents in line with what was seen. Raises Conflict: then look again.

        Where incidents are opened, it is written on the conditions `alongside`.
        """
        judged = self.judge(cluster, known, seen, watch, now)
        if judged.change is None:
            return judged.examined
        change, beside = judged.change, alongside if judged.opens else None
        self._store.save(change.incidents, change.bulletin, change.entries, beside, pages=change.pages, now=change.now)
        return _as_written(judged)

    def write_together(self, judged: Sequence[Judged]) -> list[Examined | None]:
        """Write what was judged of several clusters together. None: it is not written, and best examined by itself."""
        kept = iter(self._store.save_together([each.change for each in judged if each.change]))
        return [_as_written(each) if each.change and next(kept) else None for each in judged]

    def judge(self, cluster: Cluster, known: KnownCluster, seen: Findings, watch: Watch, now: datetime) -> Judged:
        """Decide what becomes of the cluster's incidents, and write nothing."""
        running = known.bulletin if known.bulletin and not known.bulletin.episode.closed else None
        bulletin = _counted(running or begin(cluster, known.bulletin, watch, now), watch)
        episode = bulletin.episode.episode
        verdicts = tuple(
            decide(
                known.incidents.get(instance),
                sighting,
                seen.drops.get(instance),
                cluster=cluster,
                episode=episode,
                now=now,
                grace=watch.grace,
                replacement=seen.replacements.get(instance, ""),
            )
            for instance, sighting in sorted(seen.sightings.items())
        )
        changed = [
            v.incident for v in verdicts if v.incident and v.incident != known.incidents.get(v.incident.instance)
        ]
        if running:
            anew = {i.instance for i in changed}  # DynamoDB takes one write of a row in a transaction
            told = (i for i in known.incidents.values() if i.episode == episode and i.instance not in anew)
            changed += [kept for i in told if (kept := keep_on(i, now)) != i]
        if not changed:
            bulletin_now = bulletin if running else known.bulletin
            return Judged(Examined(tuple(known.incidents.values()), bulletin_now, verdicts), None)
        incidents = known.incidents | {i.instance: i for i in changed}
        opens = any(verdict.reason is Reason.CONFIRMED for verdict in verdicts)
        entries = _entries(verdicts, known, now)
        examined = Examined(tuple(incidents.values()), running, verdicts)
        if not (running or opens):
            return Judged(examined, Change(changed, None, entries, known.pages, now))
        tally = Breakdown.of(i for i in incidents.values() if i.episode == episode)
        counted = replace(bulletin, episode=replace(bulletin.episode, tally=tally))
        # Whoever opens an incident writes its bulletin too: if somebody has closed it meanwhile, that is a conflict.
        if opens and not running and known.bulletin and known.bulletin.episode.episode == episode:
            entries.append(Entry(now, "", "reopened", cluster.name, "", aloud=not watch.muted))
        told_of = counted if opens or counted != running else None
        return Judged(examined, Change(changed, told_of, entries, known.pages, now), opens=opens)

    def change(
        self,
        cluster: Cluster,
        instance: str,
        incident: str,
        change: Callable[[Incident], tuple[Incident, Sequence[Entry]]],
        alongside: Callable[[], Alongside | None] = lambda: None,
    ) -> Incident:
        """Change the incident of that id as `change` says, with its log entries and what is written `alongside`.

        What either raises passes through. Raises Gone, and Conflict after several tries; each reads everything again.
        """
        for last in (False,) * (_TRIES - 1) + (True,):
            pages = self._store.pages(cluster)
            current = self._store.incident(cluster, instance, pages)
            if current is None or current.id != incident or not current.unresolved:
                raise Gone(incident)
            changed, entries = change(current)
            try:
                self._store.save([changed], entries=entries, alongside=alongside(), pages=pages)
            except Conflict:
                if last:
                    raise
            else:
                break
        return replace(changed, version=changed.version + 1)


def _as_written(judged: Judged) -> Examined:
    """Return what was examined, once its change is written."""
    bulletin = judged.change.bulletin if judged.change else None
    return replace(judged.examined, bulletin=written(bulletin)) if bulletin else judged.examined


def _counted(bulletin: Bulletin, watch: Watch) -> Bulletin:
    """Note how many instances the cluster has, if somebody was asked."""
    if watch.registered is None:
        return bulletin
    return replace(bulletin, episode=replace(bulletin.episode, registered=watch.registered))


def _entries(verdicts: Sequence[Verdict], known: KnownCluster, now: datetime) -> list[Entry]:
    """Log what a look has found: a line for what opened, one for each kind of ending and for each repair given up.

    An agent that flaps is worth a line too, when it is first seen to, and so is a repair that needs no approval any
    more, or has not got one in time.
    """
    opened = [v.incident for v in verdicts if v.reason is Reason.CONFIRMED and v.incident]
    over = [v.incident for v in verdicts if v.reason is Reason.OVER and v.incident]
    entries = [_entry(now, "opened", about, how, quiet=True) for how, about in _sorted_by(_how_it_began, opened)]
    entries += [_entry(now, "resolved", about, how) for how, about in _sorted_by(_how_it_ended, over)]
    flapping = [i for i in opened if i.flapping]
    entries += [_entry(now, "flapping", flapping, _FLAPPING)] if flapping else []
    entries += [
        _entry(now, f"{_label(v.incident.repair.remedy)} goes on", [v.incident], HELD_UP)
        for v in verdicts
        if v.reason is Reason.HELD and v.incident and v.incident.repair
    ]
    entries += [
        replace(
            _entry(now, f"{_label(v.incident.repair.remedy)} failed", [v.incident], v.incident.repair.problem),
            mentions=(v.incident.repair.by,),
        )
        for v in verdicts
        if v.reason in {Reason.OVERDUE, Reason.IN_VAIN} and v.incident and v.incident.repair
    ]
    for verdict in verdicts:
        before = known.incidents.get(verdict.incident.instance) if verdict.incident else None
        if before and before.pending and verdict.reason in _PENDING_ENDS:
            what, why = _PENDING_ENDS[verdict.reason]
            lapsed = _entry(now, f"{_label(before.pending.remedy)}: {what}", [before], why)
            entries.append(replace(lapsed, mentions=(before.pending.by,)))
    return entries


def _entry(now: datetime, what: str, about: Sequence[Incident], result: str, *, quiet: bool = False) -> Entry:
    names = [i.sighting.host or i.instance for i in about]
    where = few(names, _NAMED)
    return Entry(now, "", what, where, result, incident=about[0].id if len(about) == 1 else "", quiet=quiet)


def _label(remedy: str) -> str:
    """Call a remedy what its button does; one of another release by its name."""
    return REMEDIES[remedy].label if remedy in REMEDIES else remedy


def _sorted_by(tell: Callable[[Incident], str], incidents: Sequence[Incident]) -> list[tuple[str, list[Incident]]]:
    return [(how, [i for i in incidents if tell(i) == how]) for how in sorted({tell(i) for i in incidents})]


def _how_it_began(incident: Incident) -> str:
    if incident.sighting.alive_as:
        return "an old registration of a host that is well"
    return "reported, could not be checked" if incident.sighting.connected is None else "the agent is disconnected"


def _how_it_ended(incident: Incident) -> str:
    return how_it_ended(incident) + (f" by {incident.replacement}" if incident.replacement else "")
