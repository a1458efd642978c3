"""Announce: make Slack show what a bulletin says. One message per episode, also after crashes and lost answers.

    lease + doubt in the row ─▶ chat.postMessage ─▶ ts in the row, doubt cleared
          │ any crash or lost answer: the doubt stays
          ▼
    lease over? ─no─▶ not now
          │ yes
    channel's history since the doubt ─▶ found: adopt the earliest, delete the others
                                      └▶ none: post

Exactly once cannot be had over this API: a double that is found and removed is the best there is.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from hub.bulletin import Bulletin, Tone
from hub.desk import LEASE
from hub.message import EVENT_TYPE, Message, note
from hub.slack import NotNow, Slack
from hub.store import Store

# Slack's clock and ours may differ by so much.
_CLOCKS = timedelta(seconds=2)


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
        if not bulletin.ts:
            shown = self._post(bulletin, message, leased=leased)
        elif bulletin.shown != message.digest:
            self._update(bulletin, bulletin.ts, message)
            shown = replace(bulletin, shown=message.digest)
        else:
            return bulletin
        return self._store.save_bulletin(replace(self._narrate(shown), closed=tone is Tone.RESOLVED))

    def _post(self, bulletin: Bulletin, message: Message, *, leased: bool) -> Bulletin:
        ts = ""
        if not leased:
            bulletin = self._lease(bulletin)
            ts = self._adopt(bulletin)
            if ts:
                self._update(bulletin, ts, message)
        if not ts:
            ts = self._slack().post(
                bulletin.channel, message.text, message.blocks, message.attachments, message.metadata
            )
        return replace(bulletin, ts=ts, shown=message.digest, doubt_since=None, lease_until=None)

    def _update(self, bulletin: Bulletin, ts: str, message: Message) -> None:
        self._slack().update(bulletin.channel, ts, message.text, message.blocks, message.attachments, message.metadata)

    def _lease(self, bulletin: Bulletin) -> Bulletin:
        """Take the right to post, or raise NotNow while somebody else may still be posting."""
        now = self._clock()
        if bulletin.lease_until and now < bulletin.lease_until:
            seconds = int((bulletin.lease_until - now).total_seconds()) + 1
            raise NotNow("a post of this bulletin may be under way", seconds)
        return self._store.save_bulletin(replace(bulletin, lease_until=now + LEASE))

    def _adopt(self, bulletin: Bulletin) -> str:
        """Find what an earlier try may have posted: the earliest message is ours from now on, doubles are deleted."""
        since = (bulletin.doubt_since or bulletin.started_at) - _CLOCKS
        slack = self._slack()
        found = [p for p in slack.mine(bulletin.channel, since, EVENT_TYPE) if p.payload.get("bulletin") == bulletin.id]
        for double in found[1:]:
            slack.delete(bulletin.channel, double.ts)
        return found[0].ts if found else ""

    def _narrate(self, bulletin: Bulletin) -> Bulletin:
        """Say in the thread what the log has got since; twice at worst, if we die between saying and noting it."""
        for key, entry in self._store.entries(bulletin.cluster, bulletin.noted):
            if not entry.quiet:
                text, blocks = note(entry)
                self._slack().post(bulletin.channel, text, blocks, thread=bulletin.ts)
            bulletin = replace(bulletin, noted=key)
        return bulletin
