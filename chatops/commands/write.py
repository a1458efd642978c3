"""Commands that write: what people say that changes something for all: mutes, and the switch for repairs.

    find what it names ─▶ may they? ─▶ write, unless a try before a crash has ─▶ log ─▶ ask for looks

`at` is when this was first tried: whatever is repeated is the same row and the same entry again. Asks are in order
for each person only, so what somebody else has done since then stays as it is.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from chatops.clicks.requests import FRESH
from chatops.commands import answers, mute_answers
from chatops.commands.answer_parts import Answer
from chatops.commands.context import OLD, CommandContext, Declined
from chatops.commands.message import CommandMessage
from chatops.commands.parse import Command
from hub.incidents.hints import Hint, MuteHint, Why
from hub.incidents.mute import MUTE_ID, Mute, mute_id, over, overlapping, unkeyed
from hub.policy.repair_stop import RepairStop
from hub.queues import Queues
from hub.scopes.account import Account
from hub.scopes.scope import Scope
from hub.slack.mrkdwn import code, date, mention
from hub.table.writes import Conflict
from hub.times import BadSpan, read_span

log = logging.getLogger(__name__)

_MOST_LOOKS = 500
# A stop must not fail because somebody else stops or starts repairs at the same moment.
_TRIES = 4


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: its answer, which everybody should hear, and the places that it is about."""

    answer: Answer
    scopes: tuple[Scope, ...]


@dataclass(frozen=True, slots=True)
class Writes:
    """Everything that doing so works with."""

    known: CommandContext
    queues: Queues
    looks_url: str

    def of(self, verb: str) -> Callable[[CommandMessage, Command, datetime], Done] | None:
        """Find what a command does, None if it changes nothing."""
        return {"mute": self.mute, "unmute": self.unmute, "stop": self.turn, "start": self.turn}.get(verb)

    def mute(self, asked: CommandMessage, command: Command, at: datetime) -> Done:
        """Mute a place for a time, beside whatever else mutes it."""
        scope = self._place(asked, command, at)
        self.known.allow(asked, at, command.right, [scope], command.target)
        person = self.known.person(asked.user)
        try:
            until = read_span(command.span, at, person.zone, person.offset)
        except BadSpan as error:
            raise Declined(answers.refused(str(error)), "no such time") from error
        mutes = self.known.store.mutes()
        # Its end is for those who hear of the place, not for a conversation of two people.
        channel = "" if asked.channel.startswith("D") else asked.channel
        channel = channel or self.known.channels([scope])[0]
        wanted = Mute(scope, until, asked.user, command.reason, since=at, channel=channel, id=mute_id(asked.id))
        mute = self._keep(asked, wanted, mutes)
        self._log(asked, at, "muted", scope, f"until {until:%Y-%m-%d %H:%M} UTC, {mute.id}", command.reason)
        self._look_at([scope], asked.id)
        others = overlapping(mutes, mute, at, self.known.rules.accounts.everyone())
        answer = mute_answers.muted(mute, others, at, self.known.names(), self.known.windows(at, scope))
        return Done(answer, (scope,))

    def _place(self, asked: CommandMessage, command: Command, at: datetime) -> Scope:
        """Find what is to be muted. Nobody is sent to look at an instance for who may not mute it."""
        meant = self.known.find(command, command.target)
        if not isinstance(meant, Scope):
            self.known.allow(asked, at, command.right, [Scope.of(meant.cluster)], command.target)
        return self.known.one_scope(asked, command, meant)

    def unmute(self, asked: CommandMessage, command: Command, at: datetime) -> Done:
        """End mutes before their time: the one that is named, or that of this very place; of several, ask which.

        By a pattern, its own and those of the single clusters that it fits.
        """
        everything = self.known.store.mutes()
        mutes = [m for m in everything if m.since <= at and (not over(m, at) or m.ended_at == at)]
        ended = self._ended(command, mutes)
        if not ended:
            hint = f"What is muted: {code(f'{self.known.command} mutes')}"
            raise Declined(answers.refused(f"{code(command.target)} itself is not muted. {hint}"), "not muted")
        self.known.allow(asked, at, command.right, [mute.scope for mute in ended], command.target)
        if len({mute.scope for mute in ended}) < len(ended):
            raise Declined(mute_answers.which(command.target, ended, at, self.known.names()), "ambiguous")
        for mute in ended:
            if mute.ended_at is None:
                self._in_time(asked)
                self.known.store.keep_mute(replace(mute, ended_at=at, ended_by=asked.user), self.known.clock())
            self._log(asked, at, "unmuted", mute.scope, mute.id, "")
        self._look_at([mute.scope for mute in ended], asked.id)
        self._ask_looks([MuteHint(str(mute.scope), mute.id) for mute in ended], asked.id)
        keys = {mute.key for mute in ended}
        left = [mute for mute in everything if mute.key not in keys and mute.on(at)]
        directory = self.known.rules.accounts.everyone()
        others = {other.key: other for mute in ended for other in overlapping(left, mute, at, directory)}
        answer = mute_answers.unmuted(asked.user, ended, list(others.values()), at, self.known.names())
        return Done(answer, tuple(mute.scope for mute in ended))

    def _ended(self, command: Command, mutes: Sequence[Mute]) -> list[Mute]:
        """Find the mutes that words name. Raises Declined with what they may mean."""
        scope, named = unkeyed(command.target)
        named = named or (command.target if MUTE_ID.fullmatch(command.target) else "")
        if named:
            found = [mute for mute in mutes if mute.id == named]
            if not found:
                hint = f"What is muted: {code(f'{self.known.command} mutes')}"
                raise Declined(answers.refused(f"The mute {code(named)} is not in force. {hint}"), "not muted")
            return found
        place = self.known.find(command, scope, mutes)
        if not isinstance(place, Scope):
            return []  # an instance that nobody knows: no mute is of it
        return [mute for mute in mutes if mute.scope == place or _fits(place, mute)]

    def turn(self, asked: CommandMessage, command: Command, at: datetime) -> Done:
        """Stop all repairs, or let them go on."""
        self.known.allow(asked, at, command.right, [Scope()], "all repairs")
        for _ in range(_TRIES):
            with suppress(Conflict):
                return self._turn(asked, command, at)
        return self._turn(asked, command, at)

    def _turn(self, asked: CommandMessage, command: Command, at: datetime) -> Done:
        stop = command.verb == "stop"
        before = self.known.store.switch()
        if before.stopped == stop and before.at != at:
            who = f" by {mention(before.stopped_by)} {date(before.at)}" if before.stopped and before.at else ""
            raise Declined(
                answers.refused(f"Repairs are {f'stopped already{who}' if stop else 'not stopped'}."), "no change"
            )
        if before.at and before.at > at:
            raise Declined(answers.refused("Somebody has stopped or started repairs since you said that."), "overtaken")
        if before.at != at:
            self._in_time(asked)
            self.known.store.turn(RepairStop(asked.user if stop else "", at, command.reason, before.version))
        self._log(asked, at, "stopped all repairs" if stop else "started repairs again", Scope(), "", command.reason)
        said = "has stopped all repairs, everywhere. Alerts go on." if stop else "has started repairs again."
        return Done(answers.done(f"{mention(asked.user)} {said}", command.reason), (Scope(),))

    def _in_time(self, asked: CommandMessage) -> None:
        """Refuse to begin what was asked for long ago, and so may have waited out an outage."""
        if self.known.clock() - asked.at > FRESH:
            raise Declined(answers.refused(OLD), "too old")

    def _keep(self, asked: CommandMessage, mute: Mute, mutes: Sequence[Mute]) -> Mute:
        before = next((each for each in mutes if each.key == mute.key), None)
        if before and before.ended_at:
            raise Declined(answers.refused("Somebody has unmuted that since you said so."), "overtaken")
        if before:
            return before  # this very ask has written it, before a crash
        self._in_time(asked)
        return self.known.store.keep_mute(mute, self.known.clock())

    def _look_at(self, scopes: Sequence[Scope], token: str) -> None:
        """Have what stands in Slack about these places brought in line; the sweep sees to what is left out."""
        troubled = self.known.store.everything_open()
        clusters = {i.cluster for i in troubled if any(self.known.covers(scope, i) for scope in scopes)}
        self._ask_looks([Hint(cluster, Why.REQUEST) for cluster in sorted(clusters)[:_MOST_LOOKS]], token)

    def _ask_looks(self, hints: Sequence[Hint | MuteHint], token: str) -> None:
        if self.queues.ask_looks(self.looks_url, hints, token):
            log.warning("look.not_asked")

    def _log(  # noqa: PLR0913  # an entry's parts
        self, asked: CommandMessage, at: datetime, what: str, scope: Scope, result: str, reason: str
    ) -> None:
        entry = self.known.entry(asked, at, what, str(scope), result, reason)
        self.known.store.log(scope.one_cluster, replace(entry, quiet=True))


def _fits(pattern: Scope, mute: Mute) -> bool:
    """Return whether a mute is of a single cluster that a pattern fits."""
    cluster = mute.scope.one_cluster if mute.scope.kind == "cluster" and pattern.is_pattern else None
    return cluster is not None and pattern.covers(cluster, Account(cluster.account))
