"""Muting: which clusters nobody is told of, and what is said when a mute ends.

A mute takes effect at once for whoever reads it next, and within some seconds for functions that have read before. When
it ends, the sweep's looks say what is still broken; beside, the channel gets a digest: what was recorded meanwhile.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hub.incidents.incident import Incident
from hub.incidents.mute import Mute, ends_soon, in_force, over, still_muting
from hub.notify.notice import give_notice
from hub.notify.routing import Routing
from hub.policy.terms import ANY
from hub.scopes.account import Account
from hub.slack.blocks import Block
from hub.slack.client import Slack
from hub.slack.mute_message import digest, warning
from hub.table.store import Store
from hub.table.writes import Conflict
from spoke.places import Cluster

log = logging.getLogger(__name__)

# So old may be what a function knows of mutes.
MUTES_KEPT = timedelta(seconds=10)
# What is older, up to this, holds on condition that no mute has been changed since. A function of a release that does
# not note that may be at work for as long as an update takes: then a look learns so late of what it has muted.
MUTES_HOLD = timedelta(minutes=5)
# Who changes a mute notes the time of the clock, and is through or dead within so much: no function runs for longer.
_CHANGING = timedelta(minutes=1)


@dataclass(slots=True)
class Muting:
    """The mutes there are, and the policy's windows."""

    store: Store
    slack: Callable[[], Slack]
    rules: Routing
    clock: Callable[[], datetime]
    _read: tuple[datetime, list[Mute]] | None = field(default=None, init=False)
    _held: datetime | None = field(default=None, init=False)

    def of(
        self,
        cluster: Cluster,
        instances: Iterable[str] = (),
        group: str = ANY,
        *,
        anew: bool = False,
        as_read: bool = False,
    ) -> Mute | None:
        """Return what mutes a cluster: something that covers it whole, or else each of these instances.

        Of several mutes it is the one that lasts longest; of several instances the one that is heard of again first.
        `group` is the cluster's monitoring group, as in hub.policy.Facts. With `anew`, what was read before does not
        count: somebody may just have muted something, or ended that. With `as_read` it does, however old: see `unless`.
        """
        now = self.clock()
        if anew:
            self.forget()
        account = self.rules.accounts.of(cluster.account)
        mutes = self._read[1] if as_read and self._read else self._mutes(now)
        window = self.rules.window(cluster, account, now, group)
        whole = in_force([*mutes, *([window] if window else [])], cluster, account, now)
        if whole:
            return whole
        each = [in_force(mutes, cluster, account, now, instance) for instance in instances]
        return min((mute for mute in each if mute), key=lambda mute: mute.until) if each and all(each) else None

    def unless(self) -> datetime | None:
        """Say since when no mute may have been changed for what was read to hold; None: it holds, or is to be read.

        Whoever writes on that condition saves a call, and tells with `hold` that it has held.
        """
        now = self.clock()
        if self._read is None or self._fresh(now) or now - self._read[0] >= MUTES_HOLD:
            return None
        return self._read[0] - _CHANGING

    def hold(self, at: datetime) -> None:
        """Remember that what was read was still so then."""
        self._held = at

    def forget(self) -> None:
        """Have mutes read anew when they are needed next."""
        self._read = self._held = None

    def record(self, mute: Mute, cluster: Cluster, opened: int) -> None:
        """Count incidents that were opened in a cluster under a mute, and under others beside it that cover it too."""
        if not opened:
            return
        now, account = self.clock(), self.rules.accounts.of(cluster.account)
        beside = [each for each in self._mutes(now) if each.on(now) and each.scope.covers(cluster, account)]
        for each in {one.key: one for one in (mute, *beside) if one.by}.values():
            self.store.recorded(each, opened)

    def attend(self, key: str) -> None:
        """Say that a mute is over, or ends soon. Twice at worst, if we die between saying and noting it."""
        now = self.clock()
        self._read = (now, self.store.mutes())
        found = next((mute for mute in self._read[1] if mute.key == key), None)
        if found and over(found, now) and not found.told_at:
            still = self._open(found)
            silent = sum(self.of(incident.cluster, [incident.instance]) is not None for incident in still)
            self._say(found, digest(found, self.store.recorded(found), still, silent, self._beside(found, now)))
            self._note(replace(found, told_at=now))
        elif found and ends_soon(found, now):
            self._say(found, warning(found, self._beside(found, found.until)))
            self._note(replace(found, warned_at=now))

    def _beside(self, mute: Mute, at: datetime) -> Mute | None:
        """Find what mutes the same place when a mute ends, or has ended."""
        scope = mute.scope
        account = self.rules.accounts.of(scope.account) if scope.account else Account("")
        window = self.rules.window(scope.one_cluster, account, at) if scope.one_cluster else None
        return still_muting([*self._mutes(self.clock()), *([window] if window else [])], mute, account, at)

    def _mutes(self, now: datetime) -> list[Mute]:
        if self._read is None or not self._fresh(now):
            self._read = (now, self.store.mutes())
        return self._read[1]

    def _fresh(self, now: datetime) -> bool:
        known = [at for at in (self._read and self._read[0], self._held) if at]
        return bool(known) and now - max(known) < MUTES_KEPT

    def _open(self, mute: Mute) -> list[Incident]:
        """Read what is still in trouble under a mute."""
        everything = self.store.everything_open()
        return [
            i for i in everything if mute.scope.covers(i.cluster, self.rules.accounts.of(i.cluster.account), i.instance)
        ]

    def _say(self, mute: Mute, message: tuple[str, list[Block]]) -> None:
        """Say it where the mute was asked for, or else where everything is said. Raises SlackError."""
        give_notice(self.slack(), self.rules, message, mute.channel)

    def _note(self, mute: Mute) -> None:
        try:
            self.store.keep_mute(mute)
        except Conflict:
            log.info("mute.changed", extra={"mute": mute.key})
