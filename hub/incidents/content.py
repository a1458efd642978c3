"""Contents: what Coastguard says of a cluster's episode, whoever is told. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from hub.incidents.acknowledgement import covered
from hub.incidents.condition import Condition
from hub.incidents.episode import Episode
from hub.incidents.incident import Incident, State
from hub.incidents.links import NO_LINKS, Links
from hub.incidents.mute import Mute
from hub.words import plural
from spoke.places import Cluster

# Up to so many instances have a row and buttons each; beyond, the bulletin is of constant size.
ROWS = 5
# How many instances a bulletin of constant size names, and how many it lets people pick from, if they all fit.
OLDEST = 10
CHOICES = 25

HELD_UP = "the host has not ended yet: a lifecycle hook or managed draining may hold it for hours, up to 48"


class Tone(StrEnum):
    """How an episode stands as a whole, worst first."""

    OPEN = "open"
    REPAIRING = "repairing"
    ACKNOWLEDGED = "acknowledged"
    MUTED = "muted"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Content:
    """What a bulletin says: everything that is rendered, nothing about how.

    `picked` is that one of `more` that somebody asked to see; `registered` how many instances the cluster has, 0 when
    that is not known, `account_name` what its account is called, "" when that is not known. `locked` tells why nobody
    may do anything drastic now, "" when they may. `mute` is why nobody is told of it; `owners` are whom the first post
    tells, Slack ids of users and groups. `links` are the ways into AWS. `id` names the episode.
    """

    cluster: Cluster
    tone: Tone
    headline: str
    why: str
    rows: tuple[Incident, ...]
    more: tuple[Incident, ...]
    unchecked: tuple[str, ...]
    picked: Incident | None = None
    registered: int = 0
    group: str = ""
    locked: str = ""
    mute: Mute | None = None
    owners: tuple[str, ...] = ()
    account_name: str = ""
    links: Links = NO_LINKS
    id: str = ""

    @property
    def over(self) -> bool:
        """Whether all trouble is over, so that nothing is to be said after this."""
        return self.tone is Tone.RESOLVED


def compose(
    episode: Episode,
    incidents: Iterable[Incident],
    locked: str = "",
    mute: Mute | None = None,
    links: Links = NO_LINKS,
) -> Content:
    """Say what an episode's incidents amount to."""
    own = (i for i in incidents if i.episode == episode.episode)
    mine = oldest_first(covered(own, episode.acknowledged))
    live = [i for i in mine if i.unresolved]
    shown = live or mine
    few = len(shown) <= ROWS
    return Content(
        cluster=episode.cluster,
        tone=Tone.MUTED if live and mute else _tone(live),
        headline=("Muted: " if live and mute else "") + _headline(mine, live),
        why=_why(live),
        rows=tuple(shown) if few else (),
        more=() if few else tuple(shown),
        unchecked=tuple(sorted({text for i in live for text in i.sighting.unchecked})),
        picked=None if few else _picked(mine),
        registered=episode.registered if live else 0,
        group=episode.group,
        locked=locked if live else "",
        mute=mute if live else None,
        owners=episode.owners if live else (),
        account_name=episode.account_name,
        links=links,
        id=episode.id,
    )


def oldest_first(incidents: Iterable[Incident]) -> list[Incident]:
    """Sort by who is gone longest."""
    return sorted(incidents, key=lambda i: (i.since, i.instance))


def _picked(mine: list[Incident]) -> Incident | None:
    """Find what somebody asked to see last; once that is over, nobody wants to see what was asked for before."""
    asked = [(i.picked_at, i.instance, i) for i in mine if i.picked_at]
    last = max(asked, default=None, key=lambda each: each[:2])
    return last[2] if last and last[2].unresolved else None


def _tone(live: list[Incident]) -> Tone:
    states = {i.state for i in live}
    if not states:
        return Tone.RESOLVED
    if State.OPEN in states:
        return Tone.OPEN
    return Tone.REPAIRING if State.REPAIRING in states else Tone.ACKNOWLEDGED


def _headline(mine: list[Incident], live: list[Incident]) -> str:
    if not live:
        endings = ", ".join(sorted({i.ending for i in mine}))
        which = f"ECS agent on {_count(len(mine))} ({endings})" if mine else "which instances it was is no longer known"
        return f"Resolved: {which}"
    over = len(mine) - len(live)
    tail = f", {over} resolved" if over else ""
    match _tone(live):
        case Tone.REPAIRING:
            return f"Repairing {_count(len(live))}{tail}"
        case Tone.ACKNOWLEDGED:
            return f"Acknowledged: ECS agent disconnected on {_count(len(live))}{tail}"
    special = _in_common(live)
    words = special.headline if special else "ECS agent disconnected on {}"
    return words.format(_count(len(live))) + tail


def _why(live: list[Incident]) -> str:
    if _tone(live) in {Tone.RESOLVED, Tone.REPAIRING}:
        return ""
    if special := _in_common(live):
        return special.why
    tasks = sum(i.sighting.running_tasks for i in live)
    if any(i.sighting.checks == "impaired" for i in live):
        return "EC2 status checks fail as well: the host itself is in trouble, and so are the tasks on it."
    if tasks:
        run = "runs" if tasks == 1 else "run"
        return f"{plural(tasks, 'task')} {run} on without a manager: no deploys, no replacement when they fail."
    return "New tasks cannot be placed there, and the capacity it stands for is not real."


@dataclass(frozen=True, slots=True)
class _Special:
    """Trouble of its own kind, in its own words if all instances share it."""

    fits: Callable[[Incident], bool]
    headline: str
    why: str


_SPECIAL = (
    _Special(
        lambda incident: incident.sighting.connected is None,
        "ECS agent reported disconnected on {}, could not be checked",
        "ECS says that the agent has gone, and Coastguard could not look whether it is back.",
    ),
    _Special(
        lambda incident: incident.sighting.alive_as is not None,
        "Old registration of {} whose host is well",
        "ECS keeps it for ever and counts on it: capacity that is not there. The host itself needs no repair.",
    ),
    _Special(
        lambda incident: incident.flapping,
        "ECS agent flapping on {}",
        "The agent goes and comes back again and again: deploys and placements there fail now and then.",
    ),
)


def _in_common(live: list[Incident]) -> _Special | None:
    return next((special for special in _SPECIAL if all(map(special.fits, live))), None)


def _count(number: int) -> str:
    return plural(number, "instance")


def how_it_ended(incident: Incident) -> str:
    """Say in a few words how an incident ended."""
    if incident.replacement:
        return f"{incident.ending}, replaced"
    repair = incident.repair
    if repair and repair.group and incident.ending == Condition.TERMINATED:
        return f"{incident.ending}; no replacement from Auto Scaling group {repair.group} registered in time"
    return incident.ending
