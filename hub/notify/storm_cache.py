"""The storm cache: what a look must know of storms before it speaks for a cluster, at the cost of next to no calls.

Whether there is a storm, only its own group decides (hub.notify.storm_turn). Here is told whether one stands, or
whether one must be expected, because this function has just seen many clusters fall into trouble, or some of many that
it was told of in one breath. A look at a lone cluster reads nothing; what so escapes, the sweep sees within a minute.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from hub.chain import onward
from hub.incidents.bulletin import Bulletin
from hub.incidents.hints import StormHint
from hub.incidents.storm import FRESH, MANY, Storm, crowd, in_trouble
from hub.queues import Queues
from hub.table.store import Store
from spoke.places import Cluster

# So old may be what is known of a storm. It bounds how late a lock comes off, and how many reads a storm costs.
_KEPT = timedelta(seconds=5)
# What looks have found of rumours counts so long.
_LATELY = timedelta(minutes=1)
# So often a storm's group is called at most. It goes on by itself while there is something to post.
_CALLS = timedelta(seconds=10)


class StormCache:
    """Reads storms' rows, remembers them for seconds, and calls their group when something has changed."""

    def __init__(self, store: Store, queues: Queues, looks_url: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._queues = queues
        self._looks_url = looks_url
        self._clock = clock
        self._read: dict[StormHint, tuple[datetime, Storm | None]] = {}
        self._called: dict[StormHint, datetime] = {}
        self._opened: dict[StormHint, dict[Cluster, datetime]] = {}
        self._looked_at: dict[Cluster, tuple[datetime, bool]] = {}

    def standing(self, place: StormHint) -> Storm | None:
        """Return the storm of a channel and Region while it lasts."""
        storm = self.last(place)
        return storm if storm and not storm.closed else None

    def last(self, place: StormHint) -> Storm | None:
        """Return the storm of a channel and Region, also when it is over; what is known of it stays until the next."""
        now = self._clock()
        read = self._read.get(place)
        if read is None or now - read[0] >= _KEPT:
            read = (now, self._store.storm(place.channel, place.region))
            self._read[place] = read
        return read[1]

    def falls(self, place: StormHint, cluster: Cluster, crowd: int, rumoured: int) -> bool:
        """Tell whether trouble that begins in `cluster` now is to be left to a storm, of a crowd as `crowd` tells.

        Where many are spoken of and this function has seen nobody else, it asks what others have seen.
        """
        others = self._recent(place) - {cluster}
        if rumoured > MANY and not others and self._lately(place.region).keys() <= {cluster}:
            others = self._in_trouble(place) - {cluster}
        if crowd > MANY or len(others) >= MANY:
            return True
        return bool(others) and self.standing(place) is not None

    def looked_at(self, cluster: Cluster, *, lost: bool) -> None:
        """Remember whether a cluster that was said to have lost agents truly has."""
        self._looked_at[cluster] = (self._clock(), lost)

    def crowd(self, region: str, rumoured: int) -> int:
        """Say how many clusters of a Region lose agents together, where so many were spoken of in one breath."""
        lately = self._lately(region)
        return crowd(sum(lately.values()), len(lately), rumoured)

    def _lately(self, region: str) -> dict[Cluster, bool]:
        """Say of which clusters of a Region looks have found lately whether they have truly lost agents."""
        since = self._clock() - _LATELY
        self._looked_at = {cluster: told for cluster, told in self._looked_at.items() if told[0] > since}
        return {cluster: lost for cluster, (_, lost) in self._looked_at.items() if cluster.region == region}

    def opened(self, bulletin: Bulletin) -> None:
        """Remember that a cluster has fallen into trouble."""
        place = StormHint(bulletin.slack.address, bulletin.cluster.region)
        self._opened.setdefault(place, {})[bulletin.cluster] = self._clock()

    def call(self, place: StormHint) -> None:
        """Ask the storm's group to see to it, at most once in a few seconds; `place` has the hops of who calls."""
        now = self._clock()
        called, further = self._called.get(place), onward(place)
        if further and (called is None or now - called >= _CALLS):
            # Several functions call at once: SQS takes one call of each few seconds.
            self._queues.ask_looks(self._looks_url, [further], f"storm {int(now.timestamp() / _CALLS.total_seconds())}")
            self._called[place] = now

    def _in_trouble(self, place: StormHint) -> set[Cluster]:
        """Name the clusters that are in trouble of late, as far as the index shows them."""
        now, open_ones = self._clock(), self._store.open_bulletins(place.region)
        return {
            bulletin.cluster
            for bulletin in open_ones
            if bulletin.slack.address == place.channel and not bulletin.episode.muted and in_trouble(bulletin, now)
        }

    def _recent(self, place: StormHint) -> set[Cluster]:
        now = self._clock()
        kept = {cluster: at for cluster, at in self._opened.get(place, {}).items() if now - at < FRESH}
        self._opened[place] = kept
        return set(kept)
