"""The command handler: what people say is done or answered, once. Fails closed.

The answer goes to the person alone, or to the channels if it changes something for all (chatops.commands.speaker).

    claim ─▶ who is it? ─▶ read the line ─▶ it changes something: commands.write     ─▶ answer ─▶ finish the claim
                 │ a guest,                 it only asks:         commands.read
                 ▼ a stranger                 │ nothing is called so, or several things are; they may not
               refused, logged                ▼
                                            told, with buttons, or who may
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chatops.clicks.requests import FRESH
from chatops.commands import answers
from chatops.commands.acknowledging import Acknowledging
from chatops.commands.answer_parts import Answer
from chatops.commands.context import OLD, CommandContext, Declined
from chatops.commands.help_pages import help_text
from chatops.commands.home import closed, draw
from chatops.commands.message import HOME, CommandMessage
from chatops.commands.parse import Command, Mistake, parse
from chatops.commands.read import Reads
from chatops.commands.speaker import Speaker
from chatops.commands.write import Done, Writes
from chatops.rights import Rights
from chatops.slack_users import SlackUsers
from hub.notify.routing import Routing
from hub.slack.client import Rejected, SlackError
from hub.wiring import Hub

log = logging.getLogger(__name__)


@dataclass(slots=True)
class CommandHandler:
    """Everything that answering works with. `command` is what the slash command is called, `regions` the members'."""

    hub: Hub
    rules: Routing
    rights: Rights
    people: SlackUsers
    regions: Sequence[str]
    command: str
    _known: CommandContext = field(init=False)
    _writes: Writes = field(init=False)
    _reads: Reads = field(init=False)
    _speaker: Speaker = field(init=False)
    _acknowledging: Acknowledging = field(init=False)

    def __post_init__(self) -> None:
        """Put together what answers are made of."""
        self._known = CommandContext(
            self.hub.table,
            self.rules,
            self.rights,
            self.people,
            self.command,
            self.hub.clock,
            self.hub.count,
            self.hub.queues,
            self.hub.addresses.looks,
            self.regions,
        )
        self._writes = Writes(self._known, self.hub.queues, self.hub.addresses.looks)
        self._reads = Reads(self._known, self.regions)
        self._speaker = Speaker(self.hub.slack, self.rules, self.hub.sleep)
        self._acknowledging = Acknowledging(self._known, self.hub.queues, self.hub.addresses.looks)

    def hear(self, asked: CommandMessage) -> None:
        """Do what somebody says, once. What it raises is worth another try."""
        claim = self.hub.table.claim(asked.id, self.hub.clock())
        if claim.outcome:
            return
        if asked.line == HOME:
            self._show_home(asked.user)
            self.hub.table.finish(claim, "shown")
            return
        outcome, done = "answered", None
        try:
            found = self._do(asked, claim.at)
            answer, done = (found.answer, found) if isinstance(found, Done) else (found, None)
        except Declined as refused:
            answer, outcome = refused.answer, str(refused)
        if done:
            self._speaker.proclaim(asked, answer, self._known.channels(done.scopes))
        else:
            self._speaker.tell(asked, answer)
        if not asked.channel:
            self._show_home(asked.user, answer)
        elif done:
            self.refresh(asked.user)
        self.hub.table.finish(claim, outcome)
        self.hub.count("commands", 1)
        log.info("ask.done", extra={"outcome": outcome})

    def _do(self, asked: CommandMessage, at: datetime) -> Answer | Done:
        """Return the answer, or what was done and everybody should hear. Raises Declined."""
        if at - asked.at > FRESH:
            raise Declined(answers.refused(OLD), "too old")
        command = parse(asked.line)
        if isinstance(command, Mistake):
            return answers.mistaken(self.command, command)
        stranger = self.rights.stranger(asked.user)
        if stranger:
            self._known.refuse(asked, at, command.verb, asked.line, stranger)
        if command == Command("unmute"):
            return self._reads.mutes(self.hub.clock())
        if command.missing == ("reason",) and command.span and " " in command.target:
            command = self._known.split(command)
        if command.missing:
            self._refuse_incomplete(asked, command, at)
        if command.verb == "ack":
            return self._acknowledging.answer(asked, command, at)
        do = self._writes.of(command.verb)
        return do(asked, command, at) if do else self._reads.tell(asked, command, at)

    def _refuse_incomplete(self, asked: CommandMessage, command: Command, at: datetime) -> None:
        """Decline a command that lacks something, which no modal has asked for: say why not, or else how to say it."""
        if command.target:
            scope = self._known.one_scope(asked, command, self._known.find(command, command.target))
            self._known.allow(asked, at, command.right, [scope], command.target)
            if command.missing == ("reason",):
                raise Declined(answers.reasonless(command), "incomplete")
        elif refusal := self.rights.somewhere(command.right, asked.user):
            self._known.refuse(asked, at, command.right, asked.line, refusal)
        raise Declined(answers.helped(self.command, help_text(command.verb)), "incomplete")

    def refresh(self, user: str) -> None:
        """Draw a person's Home tab anew after what they did elsewhere. If it cannot be, it is when they open it."""
        try:
            self._show_home(user)
        except SlackError as error:
            log.info("home.stale", extra={"error": str(error)})

    def _show_home(self, user: str, said: Answer | None = None) -> None:
        """Draw a person's Home tab, and on top of it what they have just been told there."""
        now = self.hub.clock()
        stranger = self.rights.stranger(user)
        if stranger:
            view = closed(stranger.sentence)
        else:
            view = draw(self._reads.tab(user, now), self.command, now, said[1] if said else ())
        try:
            self.hub.slack().publish(user, view)
        except Rejected as error:
            # It would be next time, too; whoever opens the tab again has it drawn anew.
            log.warning("home.rejected", extra={"error": str(error)})
