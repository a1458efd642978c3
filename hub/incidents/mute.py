"""Mutes: record, don't speak, for a scope and a time. Pure, no clock.

A mute swallows no resolve, and what is still broken when it ends is said then. Several mutes of one scope stand beside
each other, each with its own end: nobody's is shortened by another's.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.scopes.account import Account
from hub.scopes.scope import Scope
from spoke.places import Cluster

MUTE_ID = re.compile(r"mute-[0-9a-f]{10}")
# Whoever began a mute of LONG or longer is told WARNING before it ends.
LONG, WARNING = timedelta(hours=4), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Mute:
    """What is recorded but not said, since when and until when.

    `by` is a Slack user id, or "" for a maintenance window of the policy. `ended_at` and `ended_by` tell when and who
    ended it early, `warned_at` when its author was told that it ends soon, `told_at` when it was said what was still
    broken at its end. `channel` is where it was asked for, "" for nowhere in particular. `id` tells it from others of
    its scope, "" for one that an earlier release has written: of those there is one for a scope.
    """

    scope: Scope
    until: datetime
    by: str
    reason: str
    since: datetime
    ended_at: datetime | None = None
    ended_by: str = ""
    warned_at: datetime | None = None
    told_at: datetime | None = None
    channel: str = ""
    id: str = ""
    version: int = 0

    @property
    def key(self) -> str:
        """Names its row, and in hints, counters and buttons the mute itself. A maintenance window has none of these."""
        if not self.by:
            return f"window:{self.scope}"
        return keyed(str(self.scope), self.id)

    def on(self, now: datetime) -> bool:
        """Whether it is in force."""
        return self.since <= now and not over(self, now)


def mute_id(request: str) -> str:
    """Name the mute that a request begins, the same whenever that comes again."""
    return f"mute-{hashlib.sha256(request.encode()).hexdigest()[:10]}"


def keyed(scope: str, mute: str) -> str:
    """Write a mute's scope and id as its key."""
    return f"{scope}#{mute}" if mute else scope


def unkeyed(key: str) -> tuple[str, str]:
    """Read a mute's key as its scope and its id, "" where it names none."""
    scope, mark, mute = key.rpartition("#")
    return (scope, mute) if mark and MUTE_ID.fullmatch(mute) else (key, "")


def in_force(
    mutes: Iterable[Mute], cluster: Cluster, account: Account, now: datetime, instance: str = ""
) -> Mute | None:
    """Find the mute under which a cluster, or one of its instances, is now: of several the one that lasts longest."""
    found = [mute for mute in mutes if mute.on(now) and mute.scope.covers(cluster, account, instance)]
    return max(found, key=lambda mute: (mute.until, mute.scope.width, mute.key), default=None)


def overlapping(mutes: Iterable[Mute], mine: Mute, now: datetime, directory: Mapping[str, Account]) -> list[Mute]:
    """Find the other mutes that are not over and have something in common with this one, widest first.

    `directory` has the accounts by id: they tell what is in which unit.
    """
    found = [
        mute
        for mute in mutes
        if mute.key != mine.key and not over(mute, now) and mute.scope.meets(mine.scope, directory)
    ]
    return sorted(found, key=lambda mute: (-mute.scope.width, mute.key))


def still_muting(mutes: Iterable[Mute], mine: Mute, account: Account, now: datetime) -> Mute | None:
    """Find what else mutes all that a mute does, None if nothing does: of several the one that lasts longest.

    `account` is the scope's, if it is of one. Of a unit, or of a pattern, only what is muted under the same name or
    everything is known to be all of it.
    """
    others = [mute for mute in mutes if mute.key != mine.key]
    cluster = mine.scope.one_cluster
    if cluster:
        return in_force(others, cluster, account, now, mine.scope.instance)
    wide = {mine.scope, Scope(), Scope(account=mine.scope.account)}
    found = [mute for mute in others if mute.on(now) and mute.scope in wide]
    return max(found, key=lambda mute: (mute.until, mute.scope.width, mute.key), default=None)


def ends_soon(mute: Mute, now: datetime) -> bool:
    """Return whether its author should hear now that it ends soon."""
    warned = mute.warned_at is not None or not mute.by
    return not warned and mute.on(now) and mute.until - mute.since >= LONG and mute.until - now <= WARNING


def over(mute: Mute, now: datetime) -> bool:
    """Return whether it has ended, by itself or early."""
    return mute.ended_at is not None or mute.until <= now
