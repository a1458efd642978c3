"""Answers as somebody reads them, and what is told in them."""

import json
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

from chatops.commands.answer_parts import SAY, Answer
from chatops.commands.parse import Command, parse
from hub.incidents.mute import Mute
from hub.policy.matching import Match
from hub.policy.windows import Window
from hub.scopes.scope import Scope
from tests.hub.factories import ALICE, CLUSTER, NOON
from tests.hub.rendering import check, texts, tricks

NAMES = {"222233334444": "Payments Production"}
HOUR = timedelta(hours=1)
WINDOW = Window((1,), time(2), 4 * HOUR, "UTC", Match(account=("Payments",), cluster=("prod-*", "b_*b")), "pat*ching")


def mute(of: Scope | None = None, **more: object) -> Mute:
    usual = Mute(of or Scope.of(CLUSTER), NOON + HOUR, ALICE, "deploy", NOON - HOUR)
    return replace(usual, **more)  # type: ignore[arg-type]  # any field of a mute


def said(answer: Answer) -> str:
    text, blocks = answer
    return "\n".join([text, *(thing["text"] for thing in texts(blocks))])


def buttons(answer: Answer) -> list[Any]:
    _, blocks = answer
    elements = [element for block in blocks for element in [*block.get("elements", []), block.get("accessory")]]
    return [element for element in elements if element and element["type"] == "button"]


def lines(answer: Answer) -> list[str]:
    """The commands that an answer's buttons say."""
    return [button["value"] for button in buttons(answer)]


def examine(answer: Answer) -> None:
    """Hold an answer to what holds of all."""
    text, blocks = answer
    check(text, blocks)
    assert tricks(blocks, text) == []
    assert len(json.dumps(blocks)) < 10_000
    assert len(blocks) <= 50
    assert len(text) < 1_000
    for button in buttons(answer):
        assert button["action_id"].startswith(SAY)
        assert isinstance(parse(button["value"]), Command)
