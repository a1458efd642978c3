"""The speaker: has an answer reach whoever asked, and what changes something for all everybody whom it concerns.

    for the person   response URL ─▶ seen by them alone in the channel ─▶ direct message
    for everybody    response URL, shown to all ─▶ a post in the channel ─▶ else the person at least, as above
                     and, besides, the channels where the bulletins are that it is about

A response URL is good for 30 minutes and five answers, while a modal may stand open for hours. Each arrow is taken
where Slack does not take what comes before. What was done is done and logged: nothing here raises.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chatops.commands.answer_parts import Answer
from chatops.commands.message import CommandMessage
from hub.notify.routing import Routing
from hub.slack.client import InDoubt, NotNow, Slack, SlackError, same_channel

log = logging.getLogger(__name__)

# So many channels hear of one command, and so long Slack is waited for in each.
MOST_CHANNELS = 10
_LONGEST_PAUSE = 3


@dataclass(frozen=True, slots=True)
class Speaker:
    """Everything that speaking works with."""

    slack: Callable[[], Slack]
    rules: Routing
    sleep: Callable[[float], None]

    def tell(self, asked: CommandMessage, answer: Answer) -> None:
        """Answer the person alone. In the Home tab they are told there, and not here."""
        slack = self.slack()
        ways: list[Callable[[], object]] = []
        if asked.answers:
            ways.append(lambda: slack.respond(asked.answers, *answer))
        if ways or asked.channel:
            ways += self._privately(slack, asked, answer)
        if ways:
            _first(ways)

    def proclaim(self, asked: CommandMessage, answer: Answer, channels: Sequence[str]) -> None:
        """Tell everybody where it was asked, and in these channels, those where the bulletins are."""
        slack = self.slack()
        there = bool(asked.channel) and self._aloud(slack, asked, answer)
        said = [asked.channel] if there else []
        for channel in channels[:MOST_CHANNELS]:
            if not any(same_channel(channel, each) for each in said) and self._post(slack, channel, answer):
                said.append(channel)
        if len(channels) > MOST_CHANNELS:
            log.warning("answer.cut", extra={"channels": len(channels)})
        if not said and not any(self._post(slack, channel, answer) for channel in self.rules.fallback):
            log.warning("answer.unsaid", extra={"error": "no channel takes it"})

    def _aloud(self, slack: Slack, asked: CommandMessage, answer: Answer) -> bool:
        """Say it where it was asked; False if only the person could be told."""
        try:
            if asked.answers:
                slack.respond(asked.answers, *answer, aloud=True)
                return True
        except InDoubt as error:
            # It may stand there: the person is told once more, and the channel is not.
            log.info("answer.elsewhere", extra={"error": str(error)})
            _first(self._privately(slack, asked, answer))
            return True
        except SlackError as error:
            log.info("answer.elsewhere", extra={"error": str(error)})
        if self._post(slack, asked.channel, answer):
            return True
        _first(self._privately(slack, asked, answer))
        return False

    def _post(self, slack: Slack, channel: str, answer: Answer) -> bool:
        try:
            try:
                slack.post(channel, *answer)
            except NotNow as error:
                self.sleep(min(error.seconds, _LONGEST_PAUSE))
                slack.post(channel, *answer)
        except SlackError as error:
            log.warning("answer.refused", extra={"channel": channel, "error": str(error)})
            return False
        return True

    def _privately(self, slack: Slack, asked: CommandMessage, answer: Answer) -> list[Callable[[], object]]:
        ways: list[Callable[[], object]] = [lambda: slack.post(asked.user, *answer)]
        if asked.channel:
            ways.insert(0, lambda: slack.whisper(asked.channel, asked.user, *answer))
        return ways


def _first(ways: Sequence[Callable[[], object]]) -> None:
    """Take the first way that Slack takes."""
    for way in ways:
        try:
            way()
        except SlackError as error:
            log.info("answer.elsewhere", extra={"error": str(error)})
        else:
            return
    log.warning("answer.unsaid", extra={"error": "Slack takes it nowhere"})
