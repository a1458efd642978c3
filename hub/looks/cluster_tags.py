"""The tags by which clusters are opted in: read in the member account, kept for some minutes."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from hub.policy.terms import ANY
from spoke.accounts import Member
from spoke.discovery import monitoring_tags
from spoke.errors import Busy, ClusterGone, Refused
from spoke.places import Cluster

log = logging.getLogger(__name__)

TAGS_KEPT = timedelta(minutes=5)
# A look at ten thousand clusters must not remember them all for ever.
_MOST_KEPT = 5_000


class ClusterTags:
    """The monitoring tags of clusters. Kept by account, Region and name: clusters of different accounts share names."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._kept: dict[Cluster, tuple[datetime, str | None]] = {}

    def value(self, member: Member, cluster: Cluster) -> str | None:
        """Return the tag's value, None for a cluster without one.

        Alerts fail open: a cluster whose tag cannot be read counts as opted in, in no particular group.
        """
        now = self._clock()
        kept = self._kept.get(cluster)
        if kept and now - kept[0] < TAGS_KEPT:
            return kept[1]
        try:
            found = monitoring_tags(member, [cluster], lambda: None)
        except (Refused, Busy, ClusterGone) as error:
            log.warning("tags.unreadable", extra={"error": str(error)})
            return kept[1] if kept else ANY
        if cluster not in found:
            return ANY  # gone: what becomes of its incidents, the look will tell
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[cluster] = (now, found[cluster])
        return found[cluster]
