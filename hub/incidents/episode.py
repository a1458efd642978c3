"""Episodes: from a cluster's first open incident to its last resolved one. Pure.

What a receiver has of an episode is kept apart from it (hub.incidents.delivery).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.incidents.acknowledgement import Acknowledgement, Extent
from hub.incidents.breakdown import Breakdown
from spoke.places import Cluster

# What was resolved a shorter while ago goes on in its message instead of beginning a new one.
REOPENS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Episode:
    """What all of a cluster's trouble at a time has in common, and the route by which people are told of it.

    Its route is its `channel`, its `owners`, whom the first message mentions, and the `topic` that hears as well. One
    that belongs to a `storm` is told of in that storm's thread; one that is `muted` is not told of, or as muted if it
    was before. `group` is the cluster's monitoring group, `tally` what its unresolved incidents have in common,
    `registered` how many instances the cluster has, 0 when nobody could tell; `account_name` what the organization
    called the account when the episode began; `said_again_at` when people were reminded of it, `heard_at` since when
    they hear of it again after a mute.

    `acknowledged` says who has taken on all of it, `grown` how much it was when people were last told, at `grown_at`,
    that it had grown since (hub.incidents.growth).
    """

    cluster: Cluster
    episode: str
    channel: str
    owners: tuple[str, ...] = ()
    topic: str = ""
    opened_at: datetime | None = None
    closed: bool = False
    closed_at: datetime | None = None
    muted: bool = False
    storm: str = ""
    group: str = ""
    tally: Breakdown = field(default_factory=Breakdown)
    registered: int = 0
    account_name: str = ""
    said_again_at: datetime | None = None
    heard_at: datetime | None = None
    acknowledged: Acknowledgement | None = None
    grown: Extent | None = None
    grown_at: datetime | None = None
    version: int = 0

    @property
    def id(self) -> str:
        """Names this episode wherever it is told of: one cluster, one episode."""
        return f"{self.cluster.key}#{self.episode}"
