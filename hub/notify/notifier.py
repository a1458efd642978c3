"""The notifier: whether and how a cluster's bulletin is heard. Gathers and applies; decides little.

muted?            ──▶ recorded: what was never posted is not posted, what stands in the channel turns grey
left to a storm?  ──▶ the storm posts it in its thread (hub.notify.storm_turn)
else              ──▶ Slack shows it (hub.notify.publisher), people are reminded of what nobody acknowledges
channel lost?     ──▶ it goes on in a channel that is not
"""

import logging
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hub.chain import onward, put_off
from hub.incidents.audit import Entry
from hub.incidents.bulletin import Bulletin, Content, Tone, compose, unheeded
from hub.incidents.decision import Reason
from hub.incidents.examined import Examined
from hub.incidents.hints import Hint, StormHint, Why
from hub.incidents.incident import Incident
from hub.incidents.storm import lock
from hub.notify.muting import Muting
from hub.notify.publisher import Publisher, Saying
from hub.notify.routing import Routing
from hub.notify.sns import Topics
from hub.notify.storm_cache import StormCache
from hub.queues import Queues
from hub.slack.bulletin_message import render
from hub.slack.client import LOST, NotNow, Rejected, Slack, SlackError
from hub.slack.notes import channel_lost, reminder
from hub.table.clusters import KnownCluster
from hub.table.store import Store

log = logging.getLogger(__name__)

_HEARD_AGAIN = "no longer muted, still in trouble"
# What Slack has put off at the same moment does not come back at the same moment.
_SPREAD_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Notifier:
    """Everything that speaking works with."""

    store: Store
    publisher: Publisher
    storm_cache: StormCache
    muting: Muting
    rules: Routing
    topics: Topics
    slack: Callable[[], Slack]
    queues: Queues
    delay_url: str
    clock: Callable[[], datetime]
    count: Callable[[str, int], None]

    def speak(self, hint: Hint, known: KnownCluster, examined: Examined) -> None:
        """Bring the cluster's bulletin in line with what a look has found."""
        bulletin = examined.bulletin
        if bulletin is None or bulletin.closed:
            return
        begun_now = known.bulletin is None or known.bulletin.episode != bulletin.episode
        live = [i for i in examined.incidents if i.unresolved and i.episode == bulletin.episode]
        gone, asked = [i.instance for i in live], hint.why == Why.REQUEST
        mute = self.muting.of(bulletin.cluster, gone, bulletin.group, anew=asked) if live else None
        if mute:
            opened = sum(verdict.reason is Reason.CONFIRMED for verdict in examined.verdicts)
            self.muting.record(mute, opened)
        bulletin = self._voiced(bulletin, muted=bool(mute) if live else bulletin.muted, begun_now=begun_now)
        found = self._found(hint, bulletin)
        if found is None:
            return
        bulletin = found
        place = StormHint(bulletin.channel, bulletin.cluster.region, hint.hops)
        if begun_now and not bulletin.muted:
            self.storm_cache.opened(bulletin)
        storm = self.storm_cache.standing(place) if bulletin.storm and not bulletin.muted else None
        content = compose(bulletin, examined.incidents, lock(place.region) if storm else "", mute)
        last = content.tone is Tone.RESOLVED
        # One that is over while its post is in doubt may stand in the channel, or the storm's thread: it is found and
        # brought in line.
        untold = not bulletin.ts and not (last and bulletin.doubt_since)
        if untold and (storm or bulletin.aside or bulletin.muted):
            if last:
                # Over before anybody was told of it by name: the storm, or the mute, has counted it.
                self.store.keep(replace(bulletin, closed=True, closed_at=self.clock()))
                return
            if bulletin.muted:
                return
            if hint.why != Why.ALONE:
                self.storm_cache.call(place)
                return
        reminded = self._reminded(hint, bulletin, content, live)
        if reminded is None:
            return
        bulletin = reminded
        saying = Saying(render(content, bulletin), last, urgent=asked)
        self._show(hint, replace(bulletin, aside=False), saying, leased=begun_now and not bulletin.aside)

    def _reminded(self, hint: Hint, bulletin: Bulletin, content: Content, live: Sequence[Incident]) -> Bulletin | None:
        """Say once more, for everybody in the channel, what nobody has acknowledged for as long as the policy allows.

        In a storm's thread nobody is reminded of each cluster. None if the channel is lost and the bulletin goes on in
        another one: nothing of it may have changed for long, so nobody but a reminder would ever find out.
        """
        if content.tone is not Tone.OPEN or not bulletin.ts or bulletin.thread:
            return bulletin
        broken = [i.sighting for i in live]
        after = self.rules.way(bulletin.cluster, bulletin.group, broken, bulletin.registered).remind_after
        due = unheeded(bulletin, live, after, self.clock()) if after is not None else []
        if after is None or not due:
            return bulletin
        # Its words count only those, whatever else the bulletin is about.
        text, blocks = reminder(compose(bulletin, due), after)
        try:
            self.slack().post(bulletin.channel, text, blocks, thread=bulletin.ts, aloud=True)
        except SlackError as error:
            if self._goes_on_elsewhere(hint, bulletin, error):
                return None
            log.warning("reminder.unsaid", extra={"cluster": bulletin.cluster.key, "error": str(error)})
            return bulletin
        return self.store.keep(replace(bulletin, said_again_at=self.clock()))

    def _voiced(self, bulletin: Bulletin, *, muted: bool, begun_now: bool) -> Bulletin:
        """Note that a bulletin is muted now, or no longer: then what is still broken is said, once.

        One that nobody was told of yet is as one that begins now: left to a storm, if many are heard of again together,
        and else speaking for itself. An edit tells nobody, so of one that stands in the channel the thread tells it.
        Whether a post in doubt was made has still to be found out, but for the one that this look was about to make.
        """
        if muted == bulletin.muted:
            return bulletin
        if muted:
            silent = replace(bulletin, muted=True, aside=False)
            return self.store.keep(replace(silent, doubt_since=None, lease_until=None) if begun_now else silent)
        now, cluster = self.clock(), bulletin.cluster
        if bulletin.ts:
            self.store.log(cluster, Entry(now, "", _HEARD_AGAIN, cluster.name, "", aloud=True))
            return self.store.keep(replace(bulletin, muted=False, said_again_at=now))
        return self.store.keep(replace(bulletin, muted=False, aside=not bulletin.doubt_since, opened_at=now))

    def _found(self, hint: Hint, bulletin: Bulletin) -> Bulletin | None:
        """Find out whether what is muted by now was posted before, if that is in doubt; None if it has to wait."""
        if not (bulletin.muted and bulletin.doubt_since) or bulletin.ts:
            return bulletin
        return self._try(hint, bulletin, lambda: self.publisher.find(bulletin))

    def _show(self, hint: Hint, bulletin: Bulletin, saying: Saying, *, leased: bool) -> None:
        shown = self._try(hint, bulletin, lambda: self.publisher.show(bulletin, saying, leased=leased))
        if shown is None:
            return
        if shown is not bulletin:
            self.count("announced", 1)
            log.info("announced", extra={"cluster": bulletin.cluster.key, "ts": shown.ts})
        if not (bulletin.ts or saying.last):
            self.topics.tell(shown, "open", saying.message.text)
        if shown.untold:
            told = self._try(hint, shown, lambda: self.publisher.narrate(shown, last=saying.last))
            if told is None:
                return
        if saying.last:
            self.topics.tell(shown, "resolved", saying.message.text)

    def _try(self, hint: Hint, bulletin: Bulletin, do: Callable[[], Bulletin]) -> Bulletin | None:
        """Do something in Slack; None if it has to wait, or is done in another channel."""
        cluster = bulletin.cluster
        try:
            return do()
        except NotNow as error:
            seconds = error.seconds + zlib.crc32(cluster.key.encode()) % _SPREAD_SECONDS
            why = Why.SWEEP if hint.why == Why.SWEEP else Why.AGAIN
            later = put_off(replace(hint, why=why, drops=(), crowd=0), seconds, self.clock())
            log.info(
                "announce.later", extra={"cluster": cluster.key, "seconds": seconds, "by": why if later else "sweep"}
            )
            if later:
                self.queues.later(self.delay_url, [(later, seconds)])
        except SlackError as error:
            if self._goes_on_elsewhere(hint, bulletin, error):
                return None
            if hint.why != Why.SWEEP:
                raise
            # The incidents are kept, and the next sweep tries again: one dead letter for each round would tell nothing.
            log.warning("announce.failed", extra={"cluster": cluster.key, "error": str(error)})
            self.count("unannounced", 1)
        return None

    def _goes_on_elsewhere(self, hint: Hint, bulletin: Bulletin, why: SlackError) -> bool:
        """If its channel is lost and there is another one, have a bulletin posted there, by a look that comes now."""
        if not (isinstance(why, Rejected) and why.word in LOST and self._move(bulletin, why)):
            return False
        if now := onward(replace(hint, why=Why.AGAIN, drops=(), crowd=0, until=None)):
            self.queues.later(self.delay_url, [(now, 0)])
        return True

    def _move(self, bulletin: Bulletin, why: Rejected) -> bool:
        """Have a bulletin posted elsewhere, whose channel is lost; False if there is nowhere to go.

        The operators are told once an hour of each channel.
        """
        lost, now = bulletin.channel, self.clock()
        tried = (*bulletin.lost, lost)
        elsewhere = next((channel for channel in self.rules.fallback if channel not in tried), "")
        newest = self.store.bulletin(bulletin.cluster)
        if not elsewhere or newest is None or newest.episode != bulletin.episode:
            return False
        log.warning("channel.lost", extra={"channel": lost, "word": why.word, "instead": elsewhere})
        moved = replace(newest, channel=elsewhere, ts="", thread="", storm="", shown="", aside=False, lost=tried)
        self.store.keep(replace(moved, doubt_since=None, lease_until=None))
        self.count("moved", 1)
        if self.store.spend(f"lost {lost}", now.replace(minute=0)) == 1:
            text, blocks = channel_lost(lost, why.word, self.rules.policy.operators)
            try:
                self.slack().post(elsewhere, text, blocks)
            except SlackError as error:
                log.warning("channel.untold", extra={"channel": lost, "instead": elsewhere, "error": str(error)})
        return True
