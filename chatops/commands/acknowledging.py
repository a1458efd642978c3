"""Acknowledging all: somebody takes on all that a cluster's bulletin or a storm is about, by its button or by `ack`.

    find it ─▶ does the button still show how things are? ─▶ may they? ─▶ one fact on its row, with the log ─▶ a look

Neither is written for each incident. A look that has read the row before conflicts, and is made anew.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from chatops.clicks.checks import OVER, STALE
from chatops.clicks.requests import FRESH
from chatops.commands import answers
from chatops.commands.answer_parts import NAME, SAY, Answer, filled, rest
from chatops.commands.context import OLD, CommandContext, Declined
from chatops.commands.message import CommandMessage
from chatops.commands.parse import Command, to_line
from hub.incidents.acknowledgement import Acknowledgement, Extent, as_they_were, covered
from hub.incidents.breakdown import Breakdown
from hub.incidents.bulletin import Bulletin
from hub.incidents.hints import Hint, StormHint, Why
from hub.incidents.incident import Incident, State
from hub.incidents.storm import Storm, caught
from hub.queues import Queues
from hub.scopes.scope import Scope
from hub.slack.blocks import Block, button, section
from hub.slack.mrkdwn import code, date, mention
from hub.table.writes import Conflict
from hub.words import plural
from spoke.places import Cluster

log = logging.getLogger(__name__)

BULLETIN, STORM = "bulletin:", "storm:"
"""How what a button is about begins; the rest is the id of a bulletin or a storm, which names the episode."""
ACKNOWLEDGED_ALL = "acknowledged all"
# A look may write the same row at the same moment.
_TRIES = 5
_TOO_WIDE = "Name a cluster, or the Region of a storm: one instance is acknowledged in its cluster's message."


@dataclass(frozen=True, slots=True)
class Acknowledging:
    """Everything that doing so works with."""

    known: CommandContext
    queues: Queues
    looks_url: str

    def answer(self, asked: CommandMessage, command: Command, at: datetime) -> Answer:
        """Do it; without a target, show what nobody has acknowledged. `at` is when this was first tried."""
        target = command.target
        if not target:
            return self._left()
        if target.startswith(BULLETIN):
            return self._retried(lambda: self._cluster(asked, _cluster_of(target), at, target.removeprefix(BULLETIN)))
        if target.startswith(STORM):
            place, _, episode = target.removeprefix(STORM).partition("#")
            channel, _, region = place.partition("/")
            if not (channel and region):
                raise Declined(answers.refused(_TOO_WIDE), "no storm")
            return self._retried(lambda: self._storm(asked, StormHint(channel, region), at, episode))
        meant = self.known.find(command, target)
        scope = meant if isinstance(meant, Scope) else Scope()
        cluster = None if scope.instance else scope.one_cluster
        if cluster:
            return self._retried(lambda: self._cluster(asked, cluster, at))
        if scope == Scope(region=scope.region) and scope.region:
            return self._in_region(asked, scope.region, at)
        raise Declined(answers.refused(_TOO_WIDE), "too wide")

    def _retried(self, do: Callable[[], Answer]) -> Answer:
        for _ in range(_TRIES - 1):
            with suppress(Conflict):
                return do()
        return do()

    def _cluster(self, asked: CommandMessage, cluster: Cluster, at: datetime, shown: str = "") -> Answer:
        """Take on all of a cluster; `shown` is the id of the bulletin that was seen."""
        known = self.known.store.known(cluster)
        bulletin = known.bulletin
        if shown and (bulletin is None or bulletin.id != shown):
            raise Declined(answers.refused(STALE), "stale")
        if bulletin is None or bulletin.episode.closed:
            raise Declined(answers.refused(OVER if shown else _nothing(cluster)), "over")
        facts = self.known.rules.facts(cluster, self.known.rules.group_of(bulletin))
        self.known.allow_in(asked, at, "acknowledge", [facts], cluster.name)
        episode = bulletin.episode
        mine = [i for i in known.incidents.values() if i.episode == episode.episode]
        if not _is_own(episode.acknowledged, asked, at):
            self._refuse_again([i for i in covered(mine, episode.acknowledged) if i.unresolved])
            self._in_time(asked)
            fact = Acknowledgement(asked.user, at, Extent.of(as_they_were(mine, at), episode.registered))
            entry = self.known.entry(
                asked, at, ACKNOWLEDGED_ALL, cluster.name, plural(fact.extent.instances, "instance"), ""
            )
            self.known.store.save((), replace(bulletin, episode=replace(episode, acknowledged=fact)), [entry])
        self._ask_look(Hint(cluster, Why.REQUEST), asked.id)
        number = plural(sum(i.unresolved and i.opened_at <= at for i in mine), "instance")
        return acknowledged(f"{number} of {code(cluster.name, NAME)}")

    def _in_region(self, asked: CommandMessage, region: str, at: datetime) -> Answer:
        """Take on the storm of a Region: that of the channel where somebody asks, or the only one."""
        storms = [storm for storm in self.known.store.open_storms() if storm.region == region]
        here = [storm for storm in storms if asked.channel in {storm.channel, storm.slack.place}] or storms
        if not here:
            raise Declined(answers.refused(f"There is no storm in {code(region)}. {_TOO_WIDE}"), "no storm")
        if len(here) > 1:
            said = f"There are storms in {code(region)} in several channels. Which one do you mean?"
            raise Declined((said, [section(said), *map(_storm_row, here)]), "ambiguous")
        return self._retried(lambda: self._storm(asked, here[0].hint, at, here[0].episode))

    def _storm(self, asked: CommandMessage, place: StormHint, at: datetime, shown: str) -> Answer:
        """Take on all of a storm; its clusters' looks take that over, each for its own bulletin."""
        store, rules = self.known.store, self.known.rules
        storm = store.storm(place.channel, place.region)
        if storm is None or storm.episode != shown:
            raise Declined(answers.refused(STALE), "stale")
        if storm.closed:
            raise Declined(answers.refused("This storm is over."), "over")
        members = [b for b in store.open_bulletins(place.region) if b.slack.address == place.channel]
        mine = caught(storm, [member for member in members if not member.episode.muted])
        facts = [rules.facts(member.cluster, rules.group_of(member)) for member in mine]
        self.known.allow_in(asked, at, "acknowledge", facts, f"the storm in {place.region}")
        extent = Extent.of(Breakdown.together(member.episode.tally for member in mine))
        if not _is_own(storm.acknowledged, asked, at):
            fact = storm.acknowledged
            if fact and not storm.grows_since and not (storm.grown_at and storm.grown_at > fact.at):
                raise Declined(answers.refused(_already(fact.by, fact.at)), "acknowledged")
            self._in_time(asked)
            store.keep(replace(storm, acknowledged=Acknowledgement(asked.user, at, extent), grows_since=None))
        where, result = f"storm in {place.region}", plural(extent.instances, "instance")
        store.log(None, replace(self.known.entry(asked, at, ACKNOWLEDGED_ALL, where, result, ""), quiet=True))
        self._ask_look(place, asked.id)
        clusters = plural(len(mine), "cluster")
        return acknowledged(f"{result} of {clusters} in {code(place.region)}")

    def _refuse_again(self, live: Sequence[Incident]) -> None:
        """Decline what would change nothing."""
        if any(incident.state is State.OPEN for incident in live):
            return
        last = max(((i.acknowledged_at, i.acknowledged_by) for i in live if i.acknowledged_at), default=None)
        raise Declined(answers.refused(_already(last[1], last[0]) if last else OVER), "acknowledged")

    def _left(self) -> Answer:
        """Show what nobody has acknowledged, with a button for each."""
        store = self.known.store
        bulletins = {(b.cluster, b.episode.episode): b for b in store.open_bulletins()}
        left = [i for i in self.known.troubled(bulletins.values()) if i.state is State.OPEN]
        open_ones = Counter((incident.cluster, incident.episode) for incident in left)
        storms = [storm for storm in store.open_storms() if storm.acknowledged is None]
        found = [(bulletins[place], number) for place, number in sorted(open_ones.items()) if place in bulletins]
        said = "What nobody has acknowledged:" if found or storms else "Nothing is left that nobody has acknowledged."
        rows = [[_storm_row(storm)] for storm in storms]
        rows += [[_row(bulletin, number)] for bulletin, number in found]
        blocks, count = filled([section(f"*{said}*")], rows)
        return said, [*blocks, *rest(len(rows) - count, "name a cluster")]

    def _in_time(self, asked: CommandMessage) -> None:
        if self.known.clock() - asked.at > FRESH:
            raise Declined(answers.refused(OLD), "too old")

    def _ask_look(self, hint: Hint | StormHint, token: str) -> None:
        if self.queues.ask_looks(self.looks_url, [hint], token):
            log.warning("look.not_asked")


def _is_own(fact: Acknowledgement | None, asked: CommandMessage, at: datetime) -> bool:
    """Whether this very ask has written it, before a crash."""
    return fact is not None and (fact.by, fact.at) == (asked.user, at)


def _cluster_of(target: str) -> Cluster:
    try:
        return Cluster.from_key(target.removeprefix(BULLETIN).partition("#")[0])
    except ValueError as error:
        raise Declined(answers.refused(_TOO_WIDE), "no cluster") from error


def acknowledged(what: str) -> Answer:
    """Draw that somebody has taken on so much; its foreign parts are harmless already."""
    said = f"You have taken on {what}. If it gets worse, the channel is told; nobody is reminded of it any more."
    return answers.done(said)


def _nothing(cluster: Cluster) -> str:
    return f"Nothing of {code(cluster.name, NAME)} is in trouble."


def _already(by: str, at: datetime) -> str:
    return f"{mention(by)} has acknowledged this already, {date(at)}."


def _row(bulletin: Bulletin, number: int) -> Block:
    cluster, line = bulletin.cluster, to_line(Command("ack", target=f"{BULLETIN}{bulletin.id}"))
    where = f"{code(cluster.name, NAME)} in {cluster.region}, {code(cluster.account)}: {plural(number, 'instance')}"
    return {**section(where), "accessory": button(f"{SAY}0", "Acknowledge all", line)}


def _storm_row(storm: Storm) -> Block:
    line = to_line(Command("ack", target=f"{STORM}{storm.id}"))
    return {**section(f"Storm in {code(storm.region)}"), "accessory": button(f"{SAY}0", "Acknowledge all", line)}
