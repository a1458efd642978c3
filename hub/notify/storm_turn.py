"""A storm's turn: one go at the storm of a channel and Region. Gathers and applies; hub.incidents.storm decides.

A turn brings the storm's message in line, and then posts some of its clusters' own bulletins in its thread, a message a
second, as Slack takes them. It is the only one that posts those: a cluster's look leaves its bulletin to the storm (see
hub.notify.storm_cache) and edits it once it stands there. So also here nobody races.

    doubt and lease in the rows of this turn's bulletins, together ─▶ a post for each ─▶ ts in the rows, together
          │ any crash or lost answer: their doubts stay
          ▼
    next turn: the thread is read once, what stands there is adopted before anything is posted
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil

from hub.chain import onward, put_off
from hub.incidents.bulletin import Bulletin
from hub.incidents.content import compose
from hub.incidents.growth import GROWN, Growth, of_storm, taken_over
from hub.incidents.hints import Hint, StormHint, Why
from hub.incidents.incident import Incident
from hub.incidents.storm import SETTLES, Storm, caught, count, lock, weather
from hub.notify.publisher import Publisher, Saying
from hub.notify.routing import Routing
from hub.slack.bulletin_message import render
from hub.slack.client import LOST, THREADLESS, NotNow, Rejected, SlackError
from hub.slack.storm_message import render_storm, told_again
from hub.wiring import Hub
from spoke.deadline import deadline

log = logging.getLogger(__name__)

# Bulletins that a turn posts, and how long it goes on: it must end before its function's time does, with Slack at its
# slowest. The more, the fewer calls a storm costs: a turn reads and writes everything once.
TURN = 30
_LONGEST_TURN = timedelta(seconds=36)
# What its last post and writing it all down may take, in seconds.
_TO_SETTLE = 10
# Longer than a turn takes, so that no turn posts what the one before may still be posting.
_LEASE = timedelta(seconds=60)
# Slack: one message a second in a channel.
_POST_SECONDS = 1.0
_LONGEST_PAUSE = 5
# How soon to see again to a storm that grows.
_SOON = 10


@dataclass(frozen=True, slots=True)
class StormTurns:
    """Everything that a turn works with. `sleep` waits for some seconds."""

    hub: Hub
    publisher: Publisher
    rules: Routing

    def attend(self, place: StormHint) -> None:
        """Take a turn. What it raises is worth another try."""
        now = self.hub.clock()
        everyone = [b for b in self.hub.table.open_bulletins(place.region) if b.slack.address == place.channel]
        members = [member for member in everyone if not member.episode.muted]
        standing = self.hub.table.storm(place.channel, place.region)
        storm = weather(standing, place, members, now)
        if storm is None:
            self._never_mind(place, members, now)
            return
        growth = of_storm(storm, caught(storm, members), now)
        storm = replace(storm, grows_since=growth.since if growth else None)
        muted = sum(
            bool(b.episode.muted and b.episode.storm == storm.id and b.episode.tally.instances) for b in everyone
        )
        try:
            self._take_turn(place, storm, standing, members, muted, growth)
        except Rejected as error:
            if error.word not in LOST:
                raise
            self._give_up(place, members, error)

    def _take_turn(  # noqa: PLR0913  # what is known of a storm
        self,
        place: StormHint,
        storm: Storm,
        standing: Storm | None,
        members: Sequence[Bulletin],
        muted: int,
        growth: Growth | None,
    ) -> None:
        mine = caught(storm, members)
        if standing and standing.closed and storm.ts and not self._say_aloud(place, storm, mine, "reopened"):
            return
        if storm != standing:
            storm = self.hub.table.keep(storm)
        self.hub.count("storms", 1)
        storm = self._say(place, storm, mine, muted)
        if growth and storm.ts and not storm.closed:
            storm = self._tell_growth(place, storm, mine, growth, begins=not (standing and standing.grows_since))
        if storm.ts and not storm.closed:
            self._post(place, storm, mine)

    def _give_up(self, place: StormHint, members: Sequence[Bulletin], why: Rejected) -> None:
        """The storm's channel is lost: each cluster that nobody was told of goes elsewhere by itself.

        There they may be a storm again.
        """
        log.warning("storm.homeless", extra={"channel": place.channel, "region": place.region, "word": why.word})
        standing = self.hub.table.storm(place.channel, place.region)
        if standing and not standing.closed:
            self.hub.table.keep(replace(standing, ts="", shown="", closed=True, closed_at=None, over=True))
        self._look_at(place, [member for member in members if not member.slack.handle])

    def _never_mind(self, place: StormHint, members: Sequence[Bulletin], now: datetime) -> None:
        """There is no storm: whose bulletin was left to it has to speak for itself, unless more are still to come."""
        left = [member for member in members if member.slack.aside and not member.slack.handle]
        if not left:
            return
        newest = max((member.episode.opened_at for member in left if member.episode.opened_at), default=now)
        if now - newest < SETTLES:
            self._again_in(place, _SOON)
        else:
            self._look_at(place, left)

    def _again_in(self, place: StormHint, seconds: float) -> None:
        """Ask for another turn; if the chain may not be longer, or the next round comes before, the sweep asks."""
        if later := put_off(place, seconds, self.hub.clock()):
            self.hub.queues.later(self.hub.addresses.delay, [(later, seconds)])

    def _say_aloud(
        self, place: StormHint, storm: Storm, members: Sequence[Bulletin], what: str, result: str = ""
    ) -> bool:
        """Tell in the channel what has become of a storm, for an edit notifies nobody; twice at worst.

        Returns False if it has to wait.
        """
        text, blocks = told_again(storm, count(members), members, what, result)
        try:
            self.publisher.reply(storm.slack.place, storm.ts, text, blocks, aloud=True)
        except NotNow as error:
            self._again_in(place, error.seconds)
            return False
        except Rejected as error:
            # The message's edit finds out whether its channel is lost.
            log.warning("storm.unsaid", extra={"storm": storm.id, "word": error.word})
        return True

    def _tell_growth(
        self, place: StormHint, storm: Storm, members: Sequence[Bulletin], growth: Growth, *, begins: bool
    ) -> Storm:
        """Tell what has grown since the storm was acknowledged, when it is time."""
        now, due = self.hub.clock(), growth.due(storm.grown_at)
        if due > now:
            if begins:
                self._again_in(place, (due - now).total_seconds())
            return storm
        if not self._say_aloud(place, storm, members, GROWN, "; ".join(growth.ways)):
            return storm
        told = replace(storm, grown=growth.extent, grown_at=now, grows_since=None)
        return self.publisher.write(storm, told)

    def _say(self, place: StormHint, storm: Storm, members: Sequence[Bulletin], muted: int) -> Storm:
        try:
            shown = self.publisher.show(storm, Saying(render_storm(storm, count(members, muted))), leased=False)
            if shown is storm and not storm.over:
                return storm
            return self.publisher.write(storm, shown.ended(self.hub.clock()) if storm.over else shown)
        except NotNow as error:
            log.info("storm.later", extra={"storm": storm.id, "seconds": error.seconds})
            self._again_in(place, error.seconds)
            return storm

    def _post(self, place: StormHint, storm: Storm, members: Sequence[Bulletin]) -> None:
        """Take the clusters in, and post some of those that Slack does not show yet."""
        waiting = [member for member in members if not member.slack.handle]
        unsettled = (storm.newest_at + SETTLES - self.hub.clock()).total_seconds()
        turn = [] if unsettled > 0 else sorted(waiting, key=lambda member: member.cluster)[:TURN]
        posted = self._post_some(place, storm, turn) if turn else 0
        early = [member for member in members if member.slack.handle and member.episode.storm != storm.id]
        self.hub.table.keep_all([_caught(member, storm) for member in early])
        if not waiting:
            return
        if not posted:
            self._again_in(place, ceil(unsettled) if unsettled > 0 else _SOON)
        elif further := onward(replace(place, until=None)):
            # Each turn asks once for the next one, however often it is repeated.
            self.hub.queues.ask_looks(self.hub.addresses.looks, [further], f"{storm.id} {len(waiting) - posted} left")

    def _post_some(self, place: StormHint, storm: Storm, turn: Sequence[Bulletin]) -> int:
        now = self.hub.clock()
        # One whose incidents the index does not show yet has its turn later.
        incidents = self.hub.table.open_incidents([member.cluster for member in turn])
        free = [member for member in turn if incidents[member.cluster] and _is_free(member, now)]
        doubts = [member.slack.doubt_since for member in free if member.slack.doubt_since]
        before = self.publisher.posted_in(storm.slack.place, storm.ts, min(doubts)) if doubts else {}
        # What stands there is adopted in this very write: a new doubt would forget it, should the turn end here.
        kept = self.hub.table.keep_all(
            [_begun(member, storm, incidents[member.cluster], before.get(member.id, ""), now) for member in free]
        )
        begun, shown = [member for member in kept if not member.slack.handle], list[Bulletin]()
        adopted = len(kept) - len(begun)
        for number, member in enumerate(begun):
            if self.hub.clock() - now > _LONGEST_TURN or deadline().left() < _TO_SETTLE:
                self._settle(shown, begun[number:])
                return adopted + len(shown)
            try:
                # Before the first one too: the turn before has ended with a post.
                self.hub.sleep(_POST_SECONDS)
                shown.append(self._post_one(storm, member, incidents[member.cluster]))
            except Rejected as error:
                if error.word in LOST:
                    self._settle(shown, begun[number:])
                    raise
                if error.word in THREADLESS:
                    # Then each speaks for itself, in the channel.
                    alone = [_let_go(member) for member in begun[number:]]
                    self._settle(shown, alone)
                    self._look_at(place, alone)
                    return adopted + len(shown)
                log.exception("storm.rejected", extra={"bulletin": member.id, "word": error.word})
                self.hub.count("rejected", 1)
            except NotNow as error:
                self._settle(shown, begun[number:])
                self.hub.sleep(min(error.seconds, _LONGEST_PAUSE))
                return adopted + len(shown)
            except SlackError:
                self._settle(shown, begun[number + 1 :])
                raise
        self._settle(shown, [])
        return adopted + len(shown)

    def _post_one(self, storm: Storm, member: Bulletin, incidents: Sequence[Incident]) -> Bulletin:
        broken, episode = [i.sighting for i in incidents if i.unresolved], member.episode
        way = self.rules.way(member.cluster, episode.group, broken, episode.registered)
        message = render(compose(episode, incidents, lock(storm.region), links=way.links), episode)
        parts = message.text, message.blocks, message.attachments, message.metadata
        ts = self.hub.slack().post(storm.slack.place, *parts, thread=storm.ts)
        there = replace(member.slack, handle=ts, shown=message.digest, shown_at=self.hub.clock())
        return member.shows(replace(there, at=storm.at))

    def _settle(self, shown: Sequence[Bulletin], untouched: Sequence[Bulletin]) -> None:
        """Write what Slack shows by now. Whom somebody has changed meanwhile is read again: a ts must not get lost."""
        settled = [member.shows(member.slack.settled()) for member in (*shown, *untouched)]
        written = {member.id for member in self.hub.table.keep_all(settled)}
        for member in settled:
            if member.id not in written and member.slack.handle:
                newest = self.hub.table.bulletin(member.cluster)
                if newest and newest.id == member.id:
                    there, at = newest.slack.settled(), member.slack
                    there = replace(there, handle=at.handle, thread=at.thread, at=at.at, shown="")
                    storm = replace(newest.episode, storm=member.episode.storm)
                    self.hub.table.keep(replace(newest, episode=storm).shows(there))
        self.hub.count("announced", len(shown))

    def _look_at(self, place: StormHint, members: Sequence[Bulletin]) -> None:
        alone = [onward(Hint(member.cluster, Why.ALONE, hops=place.hops)) for member in members]
        hints = [hint for hint in alone if hint]  # the sweep asks for the others
        self.hub.queues.ask_looks(self.hub.addresses.looks, hints, self.hub.clock().isoformat())


def _begun(member: Bulletin, storm: Storm, incidents: Sequence[Incident], ts: str, now: datetime) -> Bulletin:
    """Take a bulletin into the storm's thread: as it stands there already, or in doubt, to be posted in this turn."""
    caught = _caught(member, storm)
    mine = replace(member.slack, thread=storm.ts, handle=ts, at=storm.at)
    episode = taken_over(caught.episode, storm.acknowledged, incidents)
    return replace(caught, episode=episode).shows(mine.settled() if ts else mine.in_doubt(now, _LEASE))


def _is_free(member: Bulletin, now: datetime) -> bool:
    """Whether the storm may post it: nobody may be posting it now, and nobody may have posted it in the channel."""
    slack = member.slack
    posting = slack.lease_until is not None and now < slack.lease_until
    return not posting and not (slack.doubt_since and not slack.thread)


def _caught(member: Bulletin, storm: Storm) -> Bulletin:
    return replace(member, episode=replace(member.episode, storm=storm.id))


def _let_go(member: Bulletin) -> Bulletin:
    alone = replace(member, episode=replace(member.episode, storm=""))
    return alone.shows(replace(member.slack, thread=""))
