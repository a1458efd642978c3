"""A click on Acknowledge, from Slack's request to the answer that acknowledges it, by a front that is warm."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

from chatops import front
from chatops.http_adapter import HttpAdapter
from coastguard.local.slack.directory import PEOPLE, TEAM
from coastguard.local.slack.payloads import signed_headers
from hub.incidents.content import compose
from hub.slack.bulletin_message import render
from hub.slack.button_values import ACKNOWLEDGE
from tests.benchmarks.stage import SIGNING_SECRET, Stage, now
from tests.chatops.factories import http_event
from tests.hub.factories import CHANNEL, bulletin, incident

_CLICKS, _ROUNDS = 100, 15
_ALICE = PEOPLE[0]


@dataclass(frozen=True)
class Clicked:
    """What a click took: calls over the network by name, and CPU in ms without the stand-ins', the least of rounds."""

    calls: dict[str, float]
    cpu: float


def measure(stage: Stage, clicks: int = _CLICKS, rounds: int = _ROUNDS) -> Clicked:
    """Have somebody click so many times a round, after a click that makes everything which is made once."""
    stage.clear()
    with patch.dict("os.environ", stage.settings() | stage.front_settings()):
        gate, _ = front.wire.__wrapped__()
    events = _clicks(1 + clicks * rounds)
    _acknowledge(gate, next(events))
    calls, cpu = Counter[str](), []
    for some in [list(islice(events, clicks)) for _ in range(rounds)]:
        with stage.measured() as meter:
            for event in some:
                _acknowledge(gate, event)
        calls += meter.calls
        cpu.append(meter.cpu * 1_000 / clicks)
    taken, wanted = len(stage.acts), 1 + clicks * rounds
    if taken != wanted:
        raise RuntimeError(f"{taken} of {wanted} clicks lie in the queue")
    return Clicked({name: number / (clicks * rounds) for name, number in calls.items()}, min(cpu))


def _acknowledge(gate: HttpAdapter, event: dict[str, Any]) -> None:
    answer = gate.answer(event)
    if answer["statusCode"] != 200:
        raise RuntimeError(f"front answers {answer}")


def _clicks(number: int) -> Iterator[dict[str, Any]]:
    """Make requests as API Gateway hands them over, each another click, with the whole message as Slack sends it."""
    ts = "1779190000.000100"
    shown = bulletin(handle=ts)
    message = render(compose(shown.episode, [incident(1)]), shown.episode)
    content = {"blocks": message.blocks, "attachments": message.attachments, "text": message.text}
    action = next(
        element | {"block_id": "b1", "action_ts": "1"}
        for attachment in message.attachments
        for block in attachment["blocks"]
        for element in block.get("elements", ())
        if element.get("action_id") == ACKNOWLEDGE
    )
    payload: dict[str, Any] = {
        "type": "block_actions",
        "user": {"id": _ALICE.id, "username": _ALICE.handle, "name": _ALICE.handle, "team_id": TEAM.id},
        "api_app_id": "A0COAST01",
        "token": "none",
        "container": {
            "type": "message",
            "message_ts": shown.slack.handle,
            "channel_id": CHANNEL,
            "is_ephemeral": False,
        },
        "team": {"id": TEAM.id, "domain": TEAM.domain},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": CHANNEL, "name": "ops"},
        "message": {"type": "message", "user": "U0COASTBOT", "ts": ts, "team": TEAM.id, **content},
        "state": {"values": {}},
        "response_url": "https://hooks.slack.com/actions/none",
        "actions": [action],
    }
    for each in range(number):
        told = json.dumps(payload | {"trigger_id": f"1.2.{each:08}"}, separators=(",", ":"))
        body = urlencode({"payload": told}).encode()
        yield http_event(body, signed_headers(SIGNING_SECRET, now().timestamp(), body))
