"""The notifier: has people hear of a cluster's episode. It gathers and applies; `hearing` decides.

gather ─▶ hearing (hub.notify.hearing) ─▶ apply: muted, found, told of growth, reminded, told to receivers
              ▲                              │   (hub.notify.dispatcher), or left to a storm (hub.notify.storm_turn)
              └── until nothing is left ─────┘

An episode whose channel is lost goes on in another one.
"""

import logging
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.chain import onward, put_off
from hub.incidents.audit import Entry
from hub.incidents.bulletin import Bulletin
from hub.incidents.content import Content, compose
from hub.incidents.decision import Reason
from hub.incidents.examined import Examined
from hub.incidents.growth import GROWN, Growth, of_cluster, taken_over
from hub.incidents.hints import Hint, StormHint, Why, once_more
from hub.incidents.incident import Incident
from hub.incidents.links import Links
from hub.incidents.mute import Mute
from hub.incidents.reminders import reminder
from hub.incidents.storm import Storm, lock
from hub.notify.dispatcher import Dispatcher
from hub.notify.hearing import Action, hearing
from hub.notify.muting import Muting
from hub.notify.routing import Routing
from hub.notify.storm_cache import StormCache
from hub.slack.client import LOST, NotNow, Rejected, SlackError
from hub.slack.notes import channel_lost, reminding
from hub.table.clusters import KnownCluster
from hub.wiring import Hub

log = logging.getLogger(__name__)

_HEARD_AGAIN = "no longer muted, still in trouble"
# What Slack has put off at the same moment does not come back at the same moment.
_SPREAD_SECONDS = 5


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look has brought that may be heard of. `begun` says that it has begun the episode itself.

    `growth` is what has grown of it since it was acknowledged, `opened` when this look has opened incidents, if it has.
    """

    hint: Hint
    incidents: Sequence[Incident]
    live: Sequence[Incident]
    mute: Mute | None
    begun: bool
    remind_after: timedelta | None
    links: Links
    opened: datetime | None = None
    growth: Growth | None = None


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
            Action.TELL_GROWTH: self._tell_growth,
            Action.REMIND: self._remind,
            Action.SHOW: self._show,
            Action.CLOSE: self._close,
            Action.CALL_STORM: self._call_storm,
            Action.NOTHING: self._leave,
        }
        left: Bulletin | None = bulletin
        while left:
            left, storm = self._with_storm(look, left)
            content = compose(left.episode, look.incidents, lock(storm.region) if storm else "", look.mute, look.links)
            look = replace(look, growth=None if storm else of_cluster(left.episode, look.incidents))
            now, after, growth = self.hub.clock(), look.remind_after, look.growth
            told = (left.episode, left.slack, look.mute, storm, hint, content, now)
            heard = hearing(*told, remind_after=after, growth=growth)
            log.debug("heard", extra={"cluster": left.cluster.key, "action": heard.action, "reason": heard.reason})
            left = do[heard.action](look, left, content)
            if heard.action is Action.REMIND:
                look = replace(look, remind_after=None)  # once a look, also where Slack has not taken it

    def _gather(self, hint: Hint, known: KnownCluster, bulletin: Bulletin, examined: Examined) -> _Look:
        episode = bulletin.episode
        live = [i for i in examined.incidents if i.unresolved and i.episode == episode.episode]
        gone = [i.instance for i in live]
        confirmed = [v.incident.opened_at for v in examined.verdicts if v.reason is Reason.CONFIRMED and v.incident]
        mute = self.muting.of(bulletin.cluster, gone, episode.group, anew=hint.why == Why.REQUEST) if live else None
        if mute:
            self.muting.record(mute, bulletin.cluster, len(confirmed))
        broken = [i.sighting for i in live]
        way = self.rules.way(bulletin.cluster, episode.group, broken, episode.registered) if live else None
        begun = known.bulletin is None or known.bulletin.id != bulletin.id
        after, links = (way.remind_after, way.links) if way else (None, self.rules.policy.links)
        return _Look(hint, examined.incidents, live, mute, begun, after, links, max(confirmed, default=None))

    def _with_storm(self, look: _Look, bulletin: Bulletin) -> tuple[Bulletin, Storm | None]:
        """Return the storm that stands and that the cluster belongs to; and the bulletin, as that was acknowledged."""
        episode = bulletin.episode
        belongs = episode.storm and not (episode.muted or episode.closed)
        storm = self.storm_cache.last(_place(look.hint, bulletin)) if belongs else None
        if storm and storm.id == episode.storm:
            after = taken_over(episode, storm.acknowledged, look.incidents)
            bulletin = bulletin if after is episode else replace(bulletin, episode=after)
        return bulletin, storm if storm and not storm.closed else None

    # What may be asked of it: each returns the bulletin as it is by then, None if nothing is left to do now.

    def _mute(self, look: _Look, bulletin: Bulletin, _: Content) -> Bulletin:
        """Note that it is muted.

        Whether a post in doubt was made has still to be found out, but for the one that this look was about to make.
        """
        slack = bulletin.slack.settled() if look.begun else bulletin.slack
        silent = replace(bulletin, episode=replace(bulletin.episode, muted=True))
        return self.hub.table.keep(silent.shows(replace(slack, aside=False)))

    def _unmute(self, _: _Look, bulletin: Bulletin, __: Content) -> Bulletin | None:
        """Have what is still broken said, once.

        One that nobody was told of yet is as one that begins now: left to a storm, if many are heard of again together,
        and else speaking for itself. An edit tells nobody, so of one that stands in the channel the thread tells it.
        """
        now, cluster, slack = self.hub.clock(), bulletin.cluster, bulletin.slack
        heard = replace(bulletin.episode, muted=False, heard_at=now)
        if slack.handle:
            entry = Entry(now, "", _HEARD_AGAIN, cluster.name, "", aloud=True)
            return self.hub.table.save((), replace(bulletin, episode=heard), [entry])
        begins = replace(bulletin, episode=replace(heard, opened_at=now))
        return self.hub.table.keep(begins.shows(replace(slack, aside=not slack.doubt_since)))

    def _find(self, look: _Look, bulletin: Bulletin, _: Content) -> Bulletin | None:
        """Find out whether what is muted by now was posted before."""
        return self._try(look.hint, bulletin, lambda: self.dispatcher.publisher.find(bulletin))

    def _tell_growth(self, look: _Look, bulletin: Bulletin, _: Content) -> Bulletin | None:
        """Have the thread and the channel told that it has grown: noted and logged in one write, so once."""
        growth, now, name = look.growth, self.hub.clock(), bulletin.cluster.name
        if growth is None:
            return None
        told = replace(bulletin, episode=replace(bulletin.episode, grown=growth.extent, grown_at=now))
        entry = Entry(now, "", GROWN, name, "; ".join(growth.ways), aloud=True)
        return self.hub.table.save((), told.shows(replace(bulletin.slack, untold=True)), [entry])

    def _remind(self, look: _Look, bulletin: Bulletin, _: Content) -> Bulletin | None:
        """Say once more, for everybody in the channel, what nobody has acknowledged for as long as the policy allows.

        None if the channel is lost and the bulletin goes on in another one: nothing of it may have changed for long, so
        nobody but a reminder would ever find out.
        """
        episode, slack, now = bulletin.episode, bulletin.slack, self.hub.clock()
        due = reminder(episode, look.live, look.remind_after or timedelta(), now)
        if due is None:
            return None
        # Its words count only those, whatever else the bulletin is about.
        text, blocks = reminding(compose(episode, due.incidents), due.waited)
        try:
            self.dispatcher.publisher.reply(slack.place, slack.handle, text, blocks, aloud=True)
        except SlackError as error:
            if self._goes_on_elsewhere(look.hint, bulletin, error):
                return None
            log.warning("reminder.unsaid", extra={"cluster": bulletin.cluster.key, "error": str(error)})
            if isinstance(error, NotNow):
                self._put_off(look.hint, error)  # or the others' posts could be first each time
            return bulletin
        said = replace(bulletin, episode=replace(episode, said_again_at=now))
        return self.dispatcher.publisher.write(bulletin, said)

    def _show(self, look: _Look, bulletin: Bulletin, content: Content) -> None:
        slack = bulletin.slack
        self._remember(look, bulletin)
        own, leased = bulletin.shows(replace(slack, aside=False)), look.begun and not slack.aside
        urgent = look.hint.why == Why.REQUEST
        self._try(look.hint, own, lambda: self.dispatcher.deliver(own, content, leased=leased, urgent=urgent))
        self._wait_for_growth(look, bulletin)

    def _wait_for_growth(self, look: _Look, bulletin: Bulletin) -> None:
        """Have what has just become news told in time, by one look; if the chain ends here, the sweep's will."""
        growth, now = look.growth, self.hub.clock()
        if growth is None or growth.since != look.opened or not bulletin.slack.handle:
            return
        seconds = max((growth.due(bulletin.episode.grown_at) - now).total_seconds(), 0)
        if later := put_off(once_more(look.hint), seconds, now):
            self.hub.queues.later(self.hub.addresses.delay, [(later, seconds)])

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

    def _put_off(self, hint: Hint, error: NotNow) -> None:
        """Look again when Slack will take it: not all at the same time, which would be refused again."""
        key = hint.cluster.key
        seconds = error.seconds + zlib.crc32(key.encode()) % _SPREAD_SECONDS
        why = Why.SWEEP if hint.why == Why.SWEEP else Why.AGAIN
        later = put_off(once_more(hint, why), seconds, self.hub.clock())
        log.info("announce.later", extra={"cluster": key, "seconds": seconds, "by": why if later else "sweep"})
        if later:
            self.hub.queues.later(self.hub.addresses.delay, [(later, seconds)])

    def _try(self, hint: Hint, bulletin: Bulletin, do: Callable[[], Bulletin]) -> Bulletin | None:
        """Do something in Slack; None if it has to wait, or is done in another channel."""
        cluster = bulletin.cluster
        try:
            return do()
        except NotNow as error:
            self._put_off(hint, error)
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
        if now := onward(replace(once_more(hint), until=None)):
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
