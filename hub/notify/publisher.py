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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.incidents.audit import Entry
from hub.incidents.bulletin import Bulletin
from hub.incidents.content import Content
from hub.incidents.delivery import Delivery
from hub.incidents.growth import GROWN
from hub.incidents.storm import Storm
from hub.slack.blocks import Block
from hub.slack.client import LOST, NotNow, Rejected, Slack, SlackError
from hub.slack.message import Message, event_type
from hub.slack.notes import notes, posts
from hub.slack.permalinks import permalink
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
    """What shall be shown. `urgent` says that a person waits for it; what is `quiet` is edited, and not posted anew."""

    message: Message
    urgent: bool = False
    quiet: bool = False


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
        """Make Slack show it; return the record as it is by now, which is still to be written (`write`).

        `leased` says that this very look has begun the record and so holds its lease. Raises SlackError, Conflict.
        """
        slack = record.slack
        if slack.handle and slack.shown == saying.message.digest:
            return record
        there = self._edit(record, saying) if slack.handle else self._post(record, saying.message, leased=leased)
        return there.shows(replace(there.slack, shown=saying.message.digest, shown_at=self._clock()))

    def write(self, before: MessageRecord, now: MessageRecord) -> MessageRecord:
        """Write what has become of a record that was shown; raise Conflict.

        If somebody has only acknowledged it meanwhile, what Slack shows is true all the same: it is not said again.
        """
        try:
            return self._store.keep(now)
        except Conflict:
            newest = self._store.newest(before)
            if newest and _acknowledged_as(before, newest) == newest:
                return self._store.keep(_acknowledged_as(now, newest))
            if now.slack.shown != before.slack.shown:
                self._doubt_what_is_shown(before)
            raise

    def untold(self, bulletin: Bulletin) -> bool:
        """Whether the log has something that is still to be said in the thread."""
        return bool(self._log(bulletin)[0])

    def narrate(self, bulletin: Bulletin, content: Content) -> Bulletin:
        """Say in the thread the next of what the log has got since, in one post; twice at worst, if we die over it.

        What Slack refuses in a thread is let go, if it is not said aloud: then the channel alone hears it. Raises
        SlackError if it has to wait or the channel is lost. Each post is written before the next: Slack takes one a
        second, and what it has taken must not be said again.
        """
        entries, noted = self._log(bulletin)
        slack = bulletin.slack
        said, *later = posts(entries, content) or [[]]
        link = self._link(slack) if any(entry.aloud and entry.mentions for entry in said) else ""
        if said:
            text, blocks = notes(said, content, link)
            aloud = any(entry.aloud for entry in said)
            try:
                self.reply(slack.place, slack.thread or slack.handle, text, blocks, aloud=aloud)
            except Rejected as error:
                if error.word in LOST:
                    raise
                log.warning("notes.refused", extra={"bulletin": bulletin.id, "word": error.word})
                self._count("unsaid", 1)
        return bulletin.shows(replace(slack, noted=said[-1].key if later else noted, untold=bool(later)))

    def reply(self, channel: str, thread: str, text: str, blocks: Sequence[Block], *, aloud: bool) -> None:
        """Say something in a thread; what is aloud, in the channel alone if the thread does not take it."""
        try:
            self._slack().post(channel, text, blocks, thread=thread, aloud=aloud)
        except Rejected as error:
            if not aloud or error.word in LOST:
                raise
            self._slack().post(channel, text, blocks)

    def _link(self, there: Delivery) -> str:
        """Return the message's address, "" if Slack does not tell: what is to be said can do without."""
        try:
            return permalink(self._slack().home(), there)
        except SlackError as error:
            log.warning("permalink.untold", extra={"channel": there.address, "error": str(error)})
            return ""

    def find(self, bulletin: Bulletin) -> Bulletin:
        """Settle whether a post in doubt stands in the channel, without posting; raises what `show` raises.

        Found or not, what the message shows is not known.
        """
        self._await_lease(bulletin)
        handle = self._adopt(bulletin)
        return self._store.keep(bulletin.shows(replace(bulletin.slack.settled(), handle=handle, shown="")))

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
            self._store.keep(_reopened(newest.shows(replace(newest.slack, shown=""))))

    def _edit(self, record: MessageRecord, saying: Saying) -> MessageRecord:
        self._afford(record, urgent=saying.urgent)
        if record.slack.shown:
            # If we die over it Slack may show the new drawing, and nobody may take it for the one before.
            record = self._store.keep(record.shows(replace(record.slack, shown="")))
        try:
            return record.shows(self._update(record.slack, saying.message))
        except Rejected as error:
            if error.word not in _GONE:
                raise
            if saying.quiet:
                return record
            # Somebody has deleted it, or it may not be edited any more; the incidents go on.
            anew = replace(record.slack, handle="", doubt_since=None)
            return self._post(record.shows(anew), saying.message, leased=False)

    def _afford(self, record: MessageRecord, *, urgent: bool) -> None:
        """Take an edit out of the app's budget, or raise NotNow with a moment of its own in a minute to come."""
        now = self._clock()
        shown_at = record.slack.shown_at
        if not urgent and shown_at and now - shown_at < EDIT_GAP:
            raise NotNow("this message was edited a moment ago", EDIT_GAP.seconds)
        over = self._store.spend("chat.update", now) - EDITS_A_MINUTE
        if over > 0 and not urgent:
            minutes, place = divmod(over - 1, EDITS_A_MINUTE)
            raise NotNow(
                "this minute's edits are used up", 60 - now.second + 60 * minutes + place * 60 // EDITS_A_MINUTE
            )

    def _post(self, record: MessageRecord, message: Message, *, leased: bool) -> MessageRecord:
        if not leased:
            self._await_lease(record)
            handle = self._adopt(record)
            if handle:
                there = replace(record.slack.settled(), handle=handle)
                return record.shows(self._update(there, message))
            record = self._store.keep(record.shows(record.slack.in_doubt(self._clock())))
        settled = record.slack.settled()
        parts = message.text, message.blocks, message.attachments, message.metadata, settled.thread
        try:
            placed = self._slack().put(settled.place, *parts)
        except (NotNow, Rejected):
            # Slack has told us that it did nothing: who comes next need neither wait nor read the channel.
            self._store.keep(record.shows(settled))
            raise
        return record.shows(_stands(replace(settled, handle=placed.ts), placed.channel))

    def _update(self, there: Delivery, message: Message) -> Delivery:
        parts = message.text, message.blocks, message.attachments, message.metadata
        return _stands(there, self._slack().update(there.place, there.handle, *parts))

    def _await_lease(self, record: MessageRecord) -> None:
        """Raise NotNow while somebody else may still be posting."""
        now, until = self._clock(), record.slack.lease_until
        if until and now < until:
            seconds = int((until - now).total_seconds()) + 1
            raise NotNow("a post of this message may be under way", seconds)

    def _adopt(self, record: MessageRecord) -> str:
        """The earliest message that an earlier try has posted is ours from now on; doubles are deleted."""
        there = record.slack
        if there.doubt_since is None:
            return ""
        since, until = there.doubt_since - _CLOCKS, (there.lease_until or self._clock()) + _LATE
        slack = self._slack()
        posts = slack.mine(there.place, since, until, event_type(record.kind), there.thread)
        found = [post.ts for post in posts if post.payload.get(record.kind) == record.id]
        for double in found[1:]:
            slack.delete(there.place, double)
        return found[0] if found else ""

    def _log(self, bulletin: Bulletin) -> tuple[list[Entry], str]:
        """Read what is to be said in the thread, and up to which key of the log this is."""
        slack = bulletin.slack
        found = self._store.entries(bulletin.cluster, slack.noted)
        # In a storm's thread hundreds of clusters speak: there, only what people do, or have to hear, is worth a line.
        heard = (entry for _, entry in found if not entry.quiet)
        said = [entry for entry in heard if entry.who or entry.mentions or entry.what == GROWN or not slack.thread]
        return said, found[-1][0] if found else slack.noted


def _stands(there: Delivery, channel: str) -> Delivery:
    """Keep what Slack calls the channel, where that is no longer what it was told."""
    return replace(there, at="" if channel == there.address else channel)


def _acknowledged_as(record: MessageRecord, newest: MessageRecord) -> MessageRecord:
    """Return a record as it is if somebody has only acknowledged it meanwhile."""
    match record, newest:
        case Bulletin(), Bulletin():
            return record.acknowledged_as(newest)
        case Storm(), Storm():
            return record.acknowledged_as(newest)
    return record


def _reopened(record: MessageRecord) -> MessageRecord:
    """Have it looked at again: it has not said its last."""
    if isinstance(record, Bulletin):
        return replace(record, episode=replace(record.episode, closed=False))
    return replace(record, closed=False)
