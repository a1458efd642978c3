"""Mutes: record, don't speak, for a scope and a time. Pure, no clock.

A mute swallows no resolve, and what is still broken when it ends is said then. There is one mute for a scope: a new one
takes its place.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.scopes.account import Account
from hub.scopes.scope import Scope
from spoke.places import Cluster

# Whoever began a mute of LONG or longer is told WARNING before it ends.
LONG, WARNING = timedelta(hours=4), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Mute:
    """What is recorded but not said, since when and until when.

    `by` is a Slack user id, or "" for a maintenance window of the policy. `ended_at` and `ended_by` tell when and who
    ended it early, `warned_at` when its author was told that it ends soon, `told_at` when it was said what was still
    broken at its end. `channel` is where it was asked for, "" for nowhere in particular.
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
    version: int = 0

    @property
    def id(self) -> str:
        """Names its row. A maintenance window has its own, lest it shortens what somebody has muted for longer."""
        return str(self.scope) if self.by else f"window:{self.scope}"

    def on(self, now: datetime) -> bool:
        """Whether it is in force."""
        return self.since <= now and not over(self, now)


def in_force(
    mutes: Iterable[Mute], cluster: Cluster, account: Account, now: datetime, instance: str = ""
) -> Mute | None:
    """Find the mute under which a cluster, or one of its instances, is now: of several the one that lasts longest."""
    found = [mute for mute in mutes if mute.on(now) and mute.scope.covers(cluster, account, instance)]
    return max(found, key=lambda mute: (mute.until, mute.scope.width, mute.id), default=None)


def overlapping(mutes: Iterable[Mute], scope: Scope, now: datetime, directory: Mapping[str, Account]) -> list[Mute]:
    """Find the mutes that are not over and have something in common with a scope, widest first.

    The scope's own is not among them. `directory` has the accounts by id: they tell what is in which unit.
    """
    found = [
        mute for mute in mutes if mute.id != str(scope) and not over(mute, now) and mute.scope.meets(scope, directory)
    ]
    return sorted(found, key=lambda mute: (-mute.scope.width, mute.id))


def ends_soon(mute: Mute, now: datetime) -> bool:
    """Return whether its author should hear now that it ends soon."""
    warned = mute.warned_at is not None or not mute.by
    return not warned and mute.on(now) and mute.until - mute.since >= LONG and mute.until - now <= WARNING


def over(mute: Mute, now: datetime) -> bool:
    """Return whether it has ended, by itself or early."""
    return mute.ended_at is not None or mute.until <= now
