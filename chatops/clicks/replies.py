"""Replies: what whoever clicked is told, and nobody else: in the channel, or by a direct message where that fails."""

import logging
from collections.abc import Sequence

from chatops.clicks.requests import Request
from hub.slack.blocks import Block, context, mrkdwn, plain, section
from hub.slack.client import Rejected, Slack
from hub.slack.mrkdwn import escape, mention, visible
from hub.words import few

log = logging.getLogger(__name__)

_NAMED = 5


def reply(  # noqa: PLR0913  # what is said, and what may be added
    slack: Slack, request: Request, text: str, *, why: str = "", who_may: Sequence[str] = (), how: str = ""
) -> None:
    """Tell the person something in our words, `why` in words from outside, and who might do it, or `how` to."""
    blocks = [section(text), *([context(plain(visible(why)))] if why else []), *([section(how)] if how else [])]
    if who_may:
        blocks.append(context(mrkdwn(f"Those who may: {few([*map(mention, who_may)], _NAMED)}")))
    line = f"{text}: {escape(visible(why))}" if why else text
    try:
        slack.whisper(request.channel, request.user, line, blocks)
    except Rejected as error:
        # The person has left the channel, say.
        log.info("whisper.elsewhere", extra={"error": str(error)})
        _write_to(slack, request.user, line, blocks)


def _write_to(slack: Slack, user: str, line: str, blocks: Sequence[Block]) -> None:
    try:
        slack.post(user, line, blocks)
    except Rejected as error:
        # The app has no direct messages here. The log and the bulletin tell it all the same.
        log.warning("whisper.rejected", extra={"error": str(error)})
