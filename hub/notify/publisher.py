"""The publisher: make Slack show what a record (a bulletin or a storm) says. One message each, also after crashes.

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

An edit is no different, but needs no lease: what was shown is forgotten before it, so who dies over it is made up for.

Edits come out of a budget of the whole app, because Slack counts them so. Who gets none comes back later and draws what
is true then: nothing waits that would be old by the time it is shown.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.incidents.audit import Entry
from hub.incidents.bulletin import LEASE, Bulletin
from hub.slack.client import LOST, NotNow, Rejected, Slack
from hub.slack.message import Message, event_type
from hub.slack.notes import notes
from hub.table.clusters import MessageRecord
from hub.table.store import Store
from hub.table.writes import Conflict

log = logging.getLogger(__name__)

# Slack takes somewhat more than 50 edits a minute from an app.
EDITS_A_MINUTE = 45
# So soon after an edit the next one waits, unless a person waits for it.
EDIT_GAP = timedelta(seconds=3)
# Slack's clock and ours may differ by so much.
_CLOCKS = timedelta(seconds=2)
# So long after its lease Slack may still have accepted a post.
_LATE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Saying:
    """What shall be shown. `last` says that nothing will follow; `urgent` that a person waits for it."""

    message: Message
    last: bool = False
    urgent: bool = False


# Slack's words for a message that no edit will reach: what it should say is posted anew.
_GONE = {"message_not_found", "cant_update_message", "edit_window_closed"}


class Publisher:
    """Brings one record's message in line. Only a look calls it."""

    def __init__(
        self,
        slack: Callable[[], Slack],
        store: Store,
        clock: Callable[[], datetime],
        count: Callable[[str, int], None] = lambda _name, _number: None,
    ) -> None:
        self._slack = slack
        self._store = store
        self._clock = clock
        self._count = count

    def show(self, record: MessageRecord, saying: Saying, *, leased: bool) -> MessageRecord:
        """Make Slack show it. What has happened since the last time is still to be said (`narrate`) if it is `untold`.

        `leased` says that this very look has begun the record and so holds its lease. Raises SlackError, Conflict.
        """
        if record.ts and record.shown == saying.message.digest:
            return record
        there = self._edit(record, saying) if record.ts else self._post(record, saying.message, leased=leased)
        shown = replace(there, shown=saying.message.digest, shown_at=self._clock())
        try:
            # What has just begun has nothing in its log that it does not say itself.
            if not leased and isinstance(shown, Bulletin) and self._log(shown)[0]:
                # Where it stands and what it shows is noted first: whatever becomes of its thread.
                return self._store.keep(replace(shown, untold=True))
            return self._store.keep(_closed(shown, self._clock()) if saying.last else shown)
        except Conflict:
            self._doubt_what_is_shown(record)
            raise

    def narrate(self, bulletin: Bulletin, *, last: bool) -> Bulletin:
        """Say in the thread what the log has got since; twice at worst, if we die between saying and noting it.

        What Slack refuses in a thread is let go. Raises SlackError if it has to wait or the channel is lost, Conflict.
        """
        entries, noted = self._log(bulletin)
        for text, blocks, aloud in notes(entries):
            try:
                self._slack().post(bulletin.channel, text, blocks, thread=bulletin.thread or bulletin.ts, aloud=aloud)
            except Rejected as error:
                if error.word in LOST:
                    raise
                log.warning("notes.refused", extra={"bulletin": bulletin.id, "word": error.word})
                self._count("unsaid", 1)
        told = replace(bulletin, noted=noted, untold=False)
        return self._store.keep(_closed(told, self._clock()) if last else told)

    def find(self, bulletin: Bulletin) -> Bulletin:
        """Settle whether a post in doubt stands in the channel, without posting; raises what `show` raises.

        Found or not, what the message shows is not known.
        """
        self._await_lease(bulletin)
        ts = self._adopt(bulletin)
        return self._store.keep(replace(bulletin, ts=ts, shown="", doubt_since=None, lease_until=None))

    def posted_in(self, channel: str, thread: str, since: datetime) -> dict[str, str]:
        """Find the bulletins that stand in a thread since then: ts by bulletin. Doubles are deleted."""
        slack = self._slack()
        found: dict[str, str] = {}
        for post in slack.mine(channel, since - _CLOCKS, self._clock() + _LATE, event_type(Bulletin.kind), thread):
            bulletin = str(post.payload.get(Bulletin.kind))
            if found.setdefault(bulletin, post.ts) != post.ts:
                slack.delete(channel, post.ts)
        return found

    def _doubt_what_is_shown(self, record: MessageRecord) -> None:
        """Somebody was quicker, yet Slack may show what we drew, which is older: let the next look edit again."""
        newest = self._store.newest(record)
        if newest:
            self._store.keep(replace(newest, shown="", closed=False))

    def _edit(self, record: MessageRecord, saying: Saying) -> MessageRecord:
        self._afford(record, urgent=saying.urgent)
        if record.shown:
            # If we die over it Slack may show the new drawing, and nobody may take it for the one before.
            record = self._store.keep(replace(record, shown=""))
        try:
            self._update(record, record.ts, saying.message)
        except Rejected as error:
            if error.word not in _GONE:
                raise
            if isinstance(record, Bulletin) and record.muted and not saying.last:
                return record  # to post it anew would be heard: that is left for when the mute is over
            # Somebody has deleted it, or it may not be edited any more; the incidents go on.
            return self._post(replace(record, ts="", doubt_since=None), saying.message, leased=False)
        return record

    def _afford(self, record: MessageRecord, *, urgent: bool) -> None:
        """Take an edit out of the app's budget, or raise NotNow with a moment of its own in a minute to come."""
        now = self._clock()
        if not urgent and record.shown_at and now - record.shown_at < EDIT_GAP:
            raise NotNow("this message was edited a moment ago", EDIT_GAP.seconds)
        over = self._store.spend("chat.update", now) - EDITS_A_MINUTE
        if over > 0 and not urgent:
            minutes, place = divmod(over - 1, EDITS_A_MINUTE)
            raise NotNow(
                "this minute's edits are used up", 60 - now.second + 60 * minutes + place * 60 // EDITS_A_MINUTE
            )

    def _post(self, record: MessageRecord, message: Message, *, leased: bool) -> MessageRecord:
        ts = ""
        if not leased:
            self._await_lease(record)
            ts = self._adopt(record)
            if ts:
                self._update(record, ts, message)
            else:
                now = self._clock()
                record = self._store.keep(replace(record, doubt_since=now, lease_until=now + LEASE))
        settled = replace(record, doubt_since=None, lease_until=None)
        if ts:
            return replace(settled, ts=ts)
        parts = message.text, message.blocks, message.attachments, message.metadata, record.thread
        try:
            return replace(settled, ts=self._slack().post(record.channel, *parts))
        except (NotNow, Rejected):
            # Slack has told us that it did nothing: who comes next need neither wait nor read the channel.
            self._store.keep(settled)
            raise

    def _update(self, record: MessageRecord, ts: str, message: Message) -> None:
        self._slack().update(record.channel, ts, message.text, message.blocks, message.attachments, message.metadata)

    def _await_lease(self, record: MessageRecord) -> None:
        """Raise NotNow while somebody else may still be posting."""
        now = self._clock()
        if record.lease_until and now < record.lease_until:
            seconds = int((record.lease_until - now).total_seconds()) + 1
            raise NotNow("a post of this message may be under way", seconds)

    def _adopt(self, record: MessageRecord) -> str:
        """The earliest message that an earlier try has posted is ours from now on; doubles are deleted."""
        if record.doubt_since is None:
            return ""
        since, until = record.doubt_since - _CLOCKS, (record.lease_until or self._clock()) + _LATE
        slack = self._slack()
        posts = slack.mine(record.channel, since, until, event_type(record.kind), record.thread)
        found = [post.ts for post in posts if post.payload.get(record.kind) == record.id]
        for double in found[1:]:
            slack.delete(record.channel, double)
        return found[0] if found else ""

    def _log(self, bulletin: Bulletin) -> tuple[list[Entry], str]:
        """Read what is to be said in the thread, and up to which key of the log this is."""
        found = self._store.entries(bulletin.cluster, bulletin.noted)
        # In a storm's thread hundreds of clusters speak: there, only what people do is worth a line.
        said = [entry for _, entry in found if not entry.quiet and (entry.who or not bulletin.thread)]
        return said, found[-1][0] if found else bulletin.noted


def _closed(record: MessageRecord, now: datetime) -> MessageRecord:
    return replace(record, closed=True, closed_at=now)
