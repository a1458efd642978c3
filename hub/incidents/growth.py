"""Growth: what has got worse since somebody acknowledged it is news, and is told. Pure, no clock.

    acknowledged, so much ─▶ it has grown ─GATHERS─▶ told, so much ─▶ it has grown since ─▶ …, at most once in SELDOM
                              one more zone, a share of the cluster past one of SHARES, or twice the instances

It is measured against what was acknowledged or told last, so the same growth is never told twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.incidents.acknowledgement import Acknowledgement, Extent, as_they_were
from hub.incidents.breakdown import Breakdown
from hub.incidents.bulletin import Bulletin
from hub.incidents.episode import Episode
from hub.incidents.incident import Incident
from hub.incidents.storm import Storm

GROWN = "grown since it was acknowledged"
"""What the log calls it."""
# Percents of a cluster: past each of them, what is left has another load to carry.
SHARES = (10, 25, 50, 75)
# Two of what was one are only one more.
AT_LEAST_MORE = 2
# What grows goes on growing for a moment: it is said together, and not again for a while.
GATHERS, SELDOM = timedelta(minutes=1), timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Growth:
    """What is told of what has grown: since when it is news, how much it is now, and in which ways, in words."""

    since: datetime
    extent: Extent
    ways: tuple[str, ...]

    def due(self, told_at: datetime | None) -> datetime:
        """Return from when on it is to be told; `told_at` is when the last was."""
        gathered = self.since + GATHERS
        return max(gathered, told_at + SELDOM) if told_at else gathered


def ways(before: Extent, now: Extent) -> tuple[str, ...]:
    """Say in which ways it has grown, in words; none: not in any that is news."""
    found = []
    if new := [zone for zone in now.zones if zone not in before.zones]:
        found.append(f"also in {', '.join(new)}")
    past = _past(now, now.registered)
    # That a cluster becomes smaller is no growth of its trouble.
    if now.instances > before.instances and past > _past(before, before.registered or now.registered):
        found.append(f"more than {past} % of the cluster")
    if now.instances >= 2 * before.instances and now.instances - before.instances >= AT_LEAST_MORE:
        found.append(f"{now.instances:,} instances, there were {before.instances:,}")
    return tuple(found)


def of_cluster(episode: Episode, incidents: Iterable[Incident]) -> Growth | None:
    """Say what has grown of an episode since anything of it was acknowledged; None: nothing that is news."""
    mine = [incident for incident in incidents if incident.episode == episode.episode]
    before = _measure(episode, mine)
    if before is None:
        return None
    live = sorted((i for i in mine if i.unresolved), key=lambda incident: incident.opened_at)
    now = Extent.of(Breakdown.of(live), episode.registered)
    found = ways(before, now)
    if not found:
        return None
    so_far = (Extent.of(Breakdown.of(live[:number]), episode.registered) for number in range(1, len(live)))
    first = next((number for number, extent in enumerate(so_far) if ways(before, extent)), len(live) - 1)
    return Growth(live[first].opened_at, now, found)


def of_storm(storm: Storm, members: Iterable[Bulletin], now: datetime) -> Growth | None:
    """Say what has grown of a storm of these clusters since it was acknowledged; None: nothing that is news."""
    fact, told = storm.acknowledged, storm.grown
    if fact is None or storm.over:
        return None
    before = told if told and storm.grown_at and storm.grown_at > fact.at else fact.extent
    extent = Extent.of(Breakdown.together(member.episode.tally for member in members))
    found = ways(before, extent)
    return Growth(storm.grows_since or now, extent, found) if found else None


def has_more(bulletin: Bulletin | None, incidents: Iterable[Incident], number: int) -> bool:
    """Whether so many in trouble are more than were acknowledged, so that their share of the cluster may be news."""
    if bulletin is None or bulletin.episode.closed:
        return False
    episode = bulletin.episode
    before = _measure(episode, [incident for incident in incidents if incident.episode == episode.episode])
    return before is not None and number > before.instances


def taken_over(episode: Episode, fact: Acknowledgement | None, incidents: Iterable[Incident]) -> Episode:
    """Return an episode as its storm was acknowledged, if it was in trouble then: that outlives the storm."""
    if fact is None or (episode.acknowledged and episode.acknowledged.at >= fact.at):
        return episode
    mine = (incident for incident in incidents if incident.episode == episode.episode)
    extent = Extent.of(as_they_were(mine, fact.at), episode.registered)
    return replace(episode, acknowledged=replace(fact, extent=extent)) if extent.instances else episode


def _measure(episode: Episode, mine: Sequence[Incident]) -> Extent | None:
    """Return what growth is measured against: what was acknowledged last or told of after that, None if nothing was.

    Whoever acknowledges one instance of several has seen how many there were.
    """
    began = episode.opened_at
    one_by_one = [i.acknowledged_at for i in mine if i.acknowledged_at and (not began or i.acknowledged_at >= began)]
    seen = [(episode.acknowledged.at, episode.acknowledged.extent)] if episode.acknowledged else []
    if one_by_one:
        last = max(one_by_one)
        seen.append((last, Extent.of(as_they_were(mine, last))))
    if not seen:
        return None
    if episode.grown and episode.grown_at:
        seen.append((episode.grown_at, episode.grown))
    return max(seen, key=lambda each: each[0])[1]


def _past(extent: Extent, registered: int) -> int:
    """Name the highest of SHARES that is passed, 0 if none is or nobody knows."""
    if registered < extent.instances:  # what has just left the cluster may still be in trouble
        return 0
    return max((share for share in SHARES if 100 * extent.instances > share * registered), default=0)
