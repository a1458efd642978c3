"""Notices: what is said once, in a message that is no record's. It is said in the first channel that takes it."""

import logging
from collections.abc import Sequence

from hub.notify.routing import Routing
from hub.slack.blocks import Block
from hub.slack.client import Rejected, Slack

log = logging.getLogger(__name__)


def give_notice(slack: Slack, rules: Routing, message: tuple[str, Sequence[Block]], channel: str = "") -> None:
    """Say it in the channel, the stack's if none is named; or, where Slack says no, in those that stand in for it.

    Raises SlackError; Rejected only when Slack has said no to every one of them.
    """
    text, blocks = message
    channels = list(dict.fromkeys([channel or rules.terms.channel, *rules.fallback]))
    for number, each in enumerate(channels, start=1):
        try:
            slack.post(each, text, blocks)
        except Rejected as error:
            # Be it archived, or closed to bots: what nobody reads there is read elsewhere.
            if number == len(channels):
                raise
            log.warning("notice.elsewhere", extra={"channel": each, "word": error.word})
        else:
            return
