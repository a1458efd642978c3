"""Gone clusters: those that ECS has just said not to exist. What is told of them from before is not looked at again.

An account may flood the hub with events of clusters that it has deleted, or never had. Each costs one look; after that
only what has happened since is worth another one, and what a person or the sweep asks for always is.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from hub.incidents.hints import Hint, Why
from spoke.places import Cluster

GONE_KEPT = timedelta(minutes=5)
# A flood must not be remembered for ever.
_MOST_KEPT = 5_000
_ASKED_FOR = {Why.SWEEP, Why.REQUEST, Why.ALONE}


class GoneClusters:
    """Which clusters of which nothing is known either are gone, as this function has seen."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._gone: dict[Cluster, datetime] = {}

    def note(self, cluster: Cluster) -> None:
        """Remember that a cluster is gone now."""
        if len(self._gone) >= _MOST_KEPT:
            self._gone.clear()
        self._gone[cluster] = self._clock()

    def explain(self, hint: Hint) -> bool:
        """Whether all that a hint tells has happened to a cluster that was gone afterwards."""
        gone = self._gone.get(hint.cluster)
        if gone is None or self._clock() - gone >= GONE_KEPT or hint.why in _ASKED_FOR or hint.questions:
            return False
        return bool(hint.drops) and all(drop.at is not None and drop.at <= gone for drop in hint.drops)
