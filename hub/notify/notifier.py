"""The notifier: has people hear of a cluster's episode. It gathers and applies; `hearing` decides.

gather ─▶ hearing (hub.notify.hearing) ─▶ apply: muted, found, reminded, told to receivers (hub.notify.dispatcher),
              ▲                              │   or left to a storm (hub.notify.storm_turn)
              └── until nothing is left ─────┘

An episode whose channel is lost goes on in another one.
"""

import logging
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from hub.chain import onward, put_off
from hub.incidents.audit import Entry
from hub.incidents.bulletin import Bulletin
from hub.incidents.content import Content, compose, unheeded
from hub.incidents.decision import Reason
from hub.incidents.examined import Examined
from hub.incidents.hints import Hint, StormHint, Why
from hub.incidents.incident import Incident
from hub.incidents.links import Links
from hub.incidents.mute import Mute
from hub.incidents.storm import Storm, lock
from hub.notify.dispatcher import Dispatcher
from hub.notify.hearing import Action, hearing
from hub.notify.muting import Muting
from hub.notify.routing import Routing
from hub.notify.storm_cache import StormCache
from hub.slack.client import LOST, NotNow, Rejected, SlackError
from hub.slack.notes import channel_lost, reminder
from hub.table.clusters import KnownCluster
from hub.wiring import Hub

log = logging.getLogger(__name__)

_HEARD_AGAIN = "no longer muted, still in trouble"
# What Slack has put off at the same moment does not come back at the same moment.
_SPREAD_SECONDS = 5


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look has brought that may be heard of. `begun` says that it has begun the episode itself."""

    hint: Hint
    incidents: Sequence[Incident]
    live: Sequence[Incident]
    mute: Mute | None
    begun: bool
    remind_after: timedelta | None
    links: Links


@dataclass(frozen=True, slots=True)
class Notifier:
    """Everything that speaking works with."""

    hub: Hub
    dispatcher: Dispatcher
    storm_cache: StormCache
    muting: Muting
    rules: Routing

    def speak(self, hint: Hint, known: KnownCluster, bulletin: Bulletin, examined: Examined) -> None:
        """Bring what people hear of a cluster in line with what a look has found."""
        look = self._gather(hint, known, bulletin, examined)
        do = {
            Action.MUTE: self._mute,
            Action.UNMUTE: self._unmute,
            Action.FIND: self._find,
            Action.REMIND: self._remind,
            Action.SHOW: self._show,
            Action.CLOSE: self._close,
            Action.CALL_STORM: self._call_storm,
            Action.NOTHING: self._leave,
        }
        left: Bulletin | None = bulletin
        while left:
            storm = self._storm(look, left)
            content = compose(left.episode, look.incidents, lock(storm.region) if storm else "", look.mute, look.links)
            now, after = self.hub.clock(), look.remind_after
            heard = hearing(left.episode, left.slack, look.mute, storm, hint, content, now, remind_after=after)
            log.debug("heard", extra={"cluster": left.cluster.key, "action": heard.action, "reason": heard.reason})
            left = do[heard.action](look, left, content)
            if heard.action is Action.REMIND:
                look = replace(look, remind_after=None)  # once a look, also where Slack has not taken it

    def _gather(self, hint: Hint, known: KnownCluster, bulletin: Bulletin, examined: Examined) -> _Look:
        episode = bulletin.episode
        live = [i for i in examined.incidents if i.unresolved and i.episode == episode.episode]
        gone = [i.instance for i in live]
        mute = self.muting.of(bulletin.cluster, gone, episode.group, anew=hint.why == Why.REQUEST) if live else None
        if mute:
            opened = sum(verdict.reason is Reason.CONFIRMED for verdict in examined.verdicts)
            self.muting.record(mute, bulletin.cluster, opened)
        broken = [i.sighting for i in live]
        way = self.rules.way(bulletin.cluster, episode.group, broken, episode.registered) if live else None
        begun = known.bulletin is None or known.bulletin.id != bulletin.id
        after, links = (way.remind_after, way.links) if way else (None, self.rules.policy.links)
        return _Look(hint, examined.incidents, live, mute, begun, after, links)

    def _storm(self, look: _Look, bulletin: Bulletin) -> Storm | None:
        """Return the storm that stands and that the cluster belongs to."""
        episode = bulletin.episode
        belongs = episode.storm and not (episode.muted or episode.closed)
        return self.storm_cache.standing(_place(look.hint, bulletin)) if belongs else None

    # What may be asked of it: each returns the bulletin as it is by then, None if nothing is left to do now.

    def _mute(self, look: _Look, bulletin: Bulletin, _: Content) -> Bulletin:
        """Note that it is muted.

        Whether a post in doubt was made has still to be found out, but for the one that this look was about to make.
        """
        slack = bulletin.slack.settled() if look.begun else bulletin.slack
        silent = replace(bulletin, episode=replace(bulletin.episode, muted=True))
        return self.hub.table.keep(silent.shows(replace(slack, aside=False)))

    def _unmute(self, _: _Look, bulletin: Bulletin, __: Content) -> Bulletin:
        """Have what is still broken said, once.

        One that nobody was told of yet is as one that begins now: left to a storm, if many are heard of again together,
        and else speaking for itself. An edit tells nobody, so of one that stands in the channel the thread tells it.
        """
        now, cluster, slack = self.hub.clock(), bulletin.cluster, bulletin.slack
        heard = replace(bulletin.episode, muted=False)
        if slack.handle:
            self.hub.table.log(cluster, Entry(now, "", _HEARD_AGAIN, cluster.name, "", aloud=True))
            return self.hub.table.keep(replace(bulletin, episode=replace(heard, said_again_at=now)))
        begins = replace(bulletin, episode=replace(heard, opened_at=now))
        return self.hub.table.keep(begins.shows(replace(slack, aside=not slack.doubt_since)))

    def _find(self, look: _Look, bulletin: Bulletin, _: Content) -> Bulletin | None:
        """Find out whether what is muted by now was posted before."""
        return self._try(look.hint, bulletin, lambda: self.dispatcher.publisher.find(bulletin))

    def _remind(self, look: _Look, bulletin: Bulletin, _: Content) -> Bulletin | None:
        """Say once more, for everybody in the channel, what nobody has acknowledged for as long as the policy allows.

        None if the channel is lost and the bulletin goes on in another one: nothing of it may have changed for long, so
        nobody but a reminder would ever find out.
        """
        episode, slack, now = bulletin.episode, bulletin.slack, self.hub.clock()
        after = look.remind_after or timedelta()
        # Its words count only those, whatever else the bulletin is about.
        text, blocks = reminder(compose(episode, unheeded(episode, look.live, after, now)), after)
        try:
            self.hub.slack().post(slack.place, text, blocks, thread=slack.handle, aloud=True)
        except SlackError as error:
            if self._goes_on_elsewhere(look.hint, bulletin, error):
                return None
            log.warning("reminder.unsaid", extra={"cluster": bulletin.cluster.key, "error": str(error)})
            return bulletin
        return self.hub.table.keep(replace(bulletin, episode=replace(episode, said_again_at=now)))

    def _show(self, look: _Look, bulletin: Bulletin, content: Content) -> None:
        slack = bulletin.slack
        self._remember(look, bulletin)
        own, leased = bulletin.shows(replace(slack, aside=False)), look.begun and not slack.aside
        urgent = look.hint.why == Why.REQUEST
        self._try(look.hint, own, lambda: self.dispatcher.deliver(own, content, leased=leased, urgent=urgent))

    def _close(self, _: _Look, bulletin: Bulletin, __: Content) -> None:
        """Close what nobody was told of by name: the storm, or the mute, has counted it."""
        self.hub.table.keep(bulletin.ended(self.hub.clock()))

    def _call_storm(self, look: _Look, bulletin: Bulletin, _: Content) -> None:
        self._remember(look, bulletin)
        self.storm_cache.call(_place(look.hint, bulletin))

    def _leave(self, _: _Look, __: Bulletin, ___: Content) -> None:
        return

    def _remember(self, look: _Look, bulletin: Bulletin) -> None:
        if look.begun and not bulletin.episode.muted:
            self.storm_cache.opened(bulletin)

    def _try(self, hint: Hint, bulletin: Bulletin, do: Callable[[], Bulletin]) -> Bulletin | None:
        """Do something in Slack; None if it has to wait, or is done in another channel."""
        cluster = bulletin.cluster
        try:
            return do()
        except NotNow as error:
            seconds = error.seconds + zlib.crc32(cluster.key.encode()) % _SPREAD_SECONDS
            why = Why.SWEEP if hint.why == Why.SWEEP else Why.AGAIN
            later = put_off(replace(hint, why=why, drops=(), crowd=0), seconds, self.hub.clock())
            log.info(
                "announce.later", extra={"cluster": cluster.key, "seconds": seconds, "by": why if later else "sweep"}
            )
            if later:
                self.hub.queues.later(self.hub.addresses.delay, [(later, seconds)])
        except SlackError as error:
            if self._goes_on_elsewhere(hint, bulletin, error):
                return None
            if hint.why != Why.SWEEP:
                raise
            # The incidents are kept, and the next sweep tries again: one dead letter for each round would tell nothing.
            log.warning("announce.failed", extra={"cluster": cluster.key, "error": str(error)})
            self.hub.count("unannounced", 1)
        return None

    def _goes_on_elsewhere(self, hint: Hint, bulletin: Bulletin, why: SlackError) -> bool:
        """If its channel is lost and there is another one, have a bulletin posted there, by a look that comes now."""
        if not (isinstance(why, Rejected) and why.word in LOST and self._move(bulletin, why)):
            return False
        if now := onward(replace(hint, why=Why.AGAIN, drops=(), crowd=0, until=None)):
            self.hub.queues.later(self.hub.addresses.delay, [(now, 0)])
        return True

    def _move(self, bulletin: Bulletin, why: Rejected) -> bool:
        """Have a bulletin posted elsewhere, whose channel is lost; False if there is nowhere to go.

        The operators are told once an hour of each channel.
        """
        lost, now = bulletin.slack.address, self.hub.clock()
        tried = (*bulletin.slack.lost, lost)
        elsewhere = next((channel for channel in self.rules.fallback if channel not in tried), "")
        newest = self.hub.table.bulletin(bulletin.cluster)
        if not elsewhere or newest is None or newest.id != bulletin.id:
            return False
        log.warning("channel.lost", extra={"channel": lost, "word": why.word, "instead": elsewhere})
        episode = replace(newest.episode, channel=elsewhere, storm="")
        anew = replace(newest.slack.settled(), address=elsewhere, at="", handle="", thread="", shown="")
        self.hub.table.keep(replace(newest, episode=episode).shows(replace(anew, aside=False, lost=tried)))
        self.hub.count("moved", 1)
        if self.hub.table.spend(f"lost {lost}", now.replace(minute=0)) == 1:
            text, blocks = channel_lost(lost, why.word, self.rules.policy.operators)
            try:
                self.hub.slack().post(elsewhere, text, blocks)
            except SlackError as error:
                log.warning("channel.untold", extra={"channel": lost, "instead": elsewhere, "error": str(error)})
        return True


def _place(hint: Hint, bulletin: Bulletin) -> StormHint:
    """Return where the storm would be that the cluster belongs to; with the hops of who calls it."""
    return StormHint(bulletin.slack.address, bulletin.cluster.region, hint.hops)
