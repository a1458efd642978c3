"""Block Kit's elements, with the switches set that our rules demand. Pure.

Shapes and limits: https://docs.slack.dev/reference/block-kit. Every mrkdwn object is verbatim, so that Slack makes
nothing of a plain @name, #name or URL; a confirm dialog always has its four parts.
"""

import json
from collections.abc import Sequence
from typing import Any

from hub.slack.mrkdwn import is_blank

Block = dict[str, Any]

ROOM = 9_900
"""So long may all blocks of a message be together: Slack refuses some 13,200 characters."""
_ID = 60
_NOTHING = "?"


def length(blocks: Sequence[Block]) -> int:
    """Return how long blocks are as JSON, once each has its id."""
    return sum(len(json.dumps(block, separators=(",", ":"))) + _ID for block in blocks)


def mrkdwn(text: str) -> Block:
    """Text with formatting; foreign parts must have gone through hub.slack.mrkdwn."""
    return {"type": "mrkdwn", "text": _shown(text), "verbatim": True}


def plain(text: str) -> Block:
    """Text in which no character formats anything."""
    return {"type": "plain_text", "text": _shown(text), "emoji": False}


def _shown(text: str) -> str:
    """Return a text in which something is seen: Slack refuses a whole message for one that is empty or blank."""
    return _NOTHING if is_blank(text) else text


def section(text: str) -> Block:
    """A paragraph."""
    return {"type": "section", "text": mrkdwn(text)}


def fields(pairs: Sequence[tuple[str, str]]) -> Block:
    """Up to ten facts in two columns."""
    return {"type": "section", "fields": [mrkdwn(f"*{name}*\n{value}") for name, value in pairs[:10]]}


def context(*texts: Block) -> Block:
    """Small print, up to ten elements."""
    return {"type": "context", "elements": list(texts[:10])}


def actions(*elements: Block) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(elements)}


def button(  # noqa: PLR0913  # all that a button has
    action: str, label: str, value: str, *, style: str = "", confirm: Block | None = None, ours: bool = False
) -> Block:
    """Draw a button; `style` is primary, danger or nothing. A label that is `ours` has nothing of an emoji in it."""
    text = {"type": "plain_text", "text": label} if ours else plain(label)
    block: Block = {"type": "button", "action_id": action, "text": text, "value": value}
    if style:
        block["style"] = style
    if confirm:
        block["confirm"] = confirm
    return block


def select(action: str, placeholder: str, options: Sequence[Block]) -> Block:
    """Draw a menu of up to 100 options."""
    return {
        "type": "static_select",
        "action_id": action,
        "placeholder": plain(placeholder),
        "options": list(options),
    }


def option(text: str, value: str) -> Block:
    """One of a menu's options; each of the two has up to 75 characters."""
    return {"text": plain(text), "value": value}


def confirm(title: str, text: str, yes: str, style: str) -> Block:
    """Draw the question before a button acts. It is asked by Slack's client: it is a courtesy, not a right."""
    dialog: Block = {"title": plain(title), "text": mrkdwn(text), "confirm": plain(yes), "deny": plain("Cancel")}
    return dialog | ({"style": style} if style else {})
