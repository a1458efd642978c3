"""Announce: make Slack show what a bulletin says. One message per episode, also after crashes and lost answers.

    lease + doubt in the row ─▶ chat.postMessage ─▶ ts in the row, doubt cleared
          │ any crash or lost answer: the doubt stays
          ▼
    lease over? ─no─▶ not now
          │ yes
    channel's history since the doubt ─▶ found: adopt the earliest, delete the others
                                      └▶ none: a new lease and doubt, post

Who finds nothing has settled the old doubt, and nobody has posted meanwhile, for that needs a lease. So a doubt is
never longer than one try to post, however long an outage lasts and however much is said in the channel.

Exactly once cannot be had over this API: a double that is found and removed is the best there is.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from hub.bulletin import Bulletin, Tone
from hub.desk import LEASE
from hub.message import EVENT_TYPE, Message, note
from hub.slack import NotNow, Rejected, Slack
from hub.store import Conflict, Store

# Slack's clock and ours may differ by so much.
_CLOCKS = timedelta(seconds=2)
# So long after its lease Slack may still have accepted a post.
_LATE = timedelta(minutes=1)


class Announcer:
    """Brings one bulletin's message in line. Only a look calls it."""

    def __init__(self, slack: Callable[[], Slack], store: Store, clock: Callable[[], datetime]) -> None:
        self._slack = slack
        self._store = store
        self._clock = clock

    def show(self, bulletin: Bulletin, message: Message, tone: Tone, *, leased: bool) -> Bulletin:
        """Make Slack show `message`, and say in its thread what has happened since the last time.

        `leased` says that this very look has begun the bulletin and so holds its lease. Raises SlackError, Conflict.
        """
        if bulletin.ts and bulletin.shown == message.digest:
            return bulletin
        there = self._edit(bulletin, message) if bulletin.ts else self._post(bulletin, message, leased=leased)
        try:
            told = self._narrate(there)
            return self._store.save_bulletin(replace(told, shown=message.digest, closed=tone is Tone.RESOLVED))
        except Conflict:
            self._doubt_what_is_shown(bulletin)
            raise

    def _doubt_what_is_shown(self, bulletin: Bulletin) -> None:
        """Somebody was quicker, yet Slack may show what we drew, which is older: let the next look edit again."""
        newest = self._store.bulletin(bulletin.cluster)
        if newest:
            self._store.save_bulletin(replace(newest, shown="", closed=False))

    def _edit(self, bulletin: Bulletin, message: Message) -> Bulletin:
        try:
            self._update(bulletin, bulletin.ts, message)
        except Rejected as error:
            if error.word != "message_not_found":
                raise
            # Somebody has deleted it; the incidents go on.
            return self._post(replace(bulletin, ts="", doubt_since=None), message, leased=False)
        return bulletin

    def _post(self, bulletin: Bulletin, message: Message, *, leased: bool) -> Bulletin:
        ts = ""
        if not leased:
            self._await_lease(bulletin)
            ts = self._adopt(bulletin)
            if ts:
                self._update(bulletin, ts, message)
            else:
                now = self._clock()
                bulletin = self._store.save_bulletin(replace(bulletin, doubt_since=now, lease_until=now + LEASE))
        settled = replace(bulletin, doubt_since=None, lease_until=None)
        if ts:
            return replace(settled, ts=ts)
        parts = message.text, message.blocks, message.attachments, message.metadata
        try:
            return replace(settled, ts=self._slack().post(bulletin.channel, *parts))
        except (NotNow, Rejected):
            # Slack has told us that it did nothing: who comes next need neither wait nor read the channel.
            self._store.save_bulletin(settled)
            raise

    def _update(self, bulletin: Bulletin, ts: str, message: Message) -> None:
        self._slack().update(bulletin.channel, ts, message.text, message.blocks, message.attachments, message.metadata)

    def _await_lease(self, bulletin: Bulletin) -> None:
        """Raise NotNow while somebody else may still be posting."""
        now = self._clock()
        if bulletin.lease_until and now < bulletin.lease_until:
            seconds = int((bulletin.lease_until - now).total_seconds()) + 1
            raise NotNow("a post of this bulletin may be under way", seconds)

    def _adopt(self, bulletin: Bulletin) -> str:
        """Find what an earlier try may have posted: the earliest message is ours from now on, doubles are deleted."""
        if bulletin.doubt_since is None:
            return ""
        since, until = bulletin.doubt_since - _CLOCKS, (bulletin.lease_until or self._clock()) + _LATE
        slack = self._slack()
        posts = slack.mine(bulletin.channel, since, until, EVENT_TYPE)
        found = [post for post in posts if post.payload.get("bulletin") == bulletin.id]
        for double in found[1:]:
            slack.delete(bulletin.channel, double.ts)
        return found[0].ts if found else ""

    def _narrate(self, bulletin: Bulletin) -> Bulletin:
        """Say in the thread what the log has got since; twice at worst, if we die between saying and noting it."""
        for key, entry in self._store.entries(bulletin.cluster, bulletin.noted):
            bulletin = replace(bulletin, noted=key)
            if not entry.quiet:
                text, blocks = note(entry)
                self._slack().post(bulletin.channel, text, blocks, thread=bulletin.ts)
                # At once: Slack takes a message a second, so the next one may have to wait.
                bulletin = self._store.save_bulletin(bulletin)
        return bulletin
