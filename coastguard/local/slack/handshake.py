"""Entering the app's Request URL: Slack sends a challenge there and wants it back, signed request as ever.

Source: https://docs.slack.dev/reference/events/url_verification
"""

import asyncio
import json

from coastguard.local.slack.delivery import deliver
from coastguard.local.slack.errors import Refused
from coastguard.local.slack.payloads import signed_headers
from coastguard.local.slack.workspace import SIGNING_SECRET, Workspace

CHALLENGE = "the-tide-comes-in"
TRIES = 20
PAUSE_SECONDS = 2


async def enter_request_url(workspace: Workspace, url: str) -> None:
    """Make `url` the one that hears of clicks; Refused if the app does not return the challenge there.

    A cold app may miss Slack's three seconds; people wait a little and press Retry, and so do we.
    """
    body = json.dumps({"type": "url_verification", "token": "none", "challenge": CHALLENGE}).encode()
    problem = ""
    for attempt in range(TRIES):
        await asyncio.sleep(PAUSE_SECONDS if attempt else 0)
        headers = signed_headers(SIGNING_SECRET, workspace.clock(), body) | {"Content-Type": "application/json"}
        delivery = await deliver(url, headers, body)
        if delivery.error is None and _challenge(delivery.body) == CHALLENGE:
            workspace.request_url = url
            return
        problem = delivery.error or "another answer than the challenge"
    raise Refused(f"Slack could not verify the Request URL {url}: {problem}.")


def _challenge(body: bytes) -> object:
    try:
        answer = json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
    return answer.get("challenge") if isinstance(answer, dict) else None
