"""Using an element of a message or view: finding it, and what the app is told about the choice."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from coastguard.local.slack.content import Json
from coastguard.local.slack.elements import interactive
from coastguard.local.slack.errors import Refused
from coastguard.local.slack.inputs import KINDS, offered, reading
from coastguard.local.slack.messages import Message

BUTTON_PARTS = ("text", "value", "style", "url")


class Found(NamedTuple):
    """An element in a message or view, and where it stands; `attachment` is the attachment's number, None elsewhere."""

    element: Json
    block_id: str
    attachment: int | None


def find(message: Message, action_id: str, block_id: str | None) -> Found | None:
    """The first element of that action_id; `block_id` narrows it down where a message repeats an action."""
    return _found(_blocks(message), action_id, block_id)


def find_in_view(view: Json, action_id: str, block_id: str | None) -> Found | None:
    """The element of a modal or Home whose use the app hears of: an input says nothing unless it was told to."""
    telling = (block for block in view["blocks"] if block["type"] != "input" or block.get("dispatch_action"))
    return _found(((None, block) for block in telling), action_id, block_id)


def used(element: Json, value: object) -> Json:
    """What a payload's action says of an element somebody has used; `value` is what they chose or wrote.

    Raises Refused for a choice the menu does not offer, and for elements that nobody needed here so far.
    """
    match element["type"]:
        case "button":
            return {name: element[name] for name in BUTTON_PARTS if name in element}
        case "static_select" | "overflow" | "radio_buttons":
            return _placeholder(element) | {"selected_option": offered(element, value)}
        case kind if kind in KINDS and value is not None:
            return _placeholder(element) | reading(element, value)
        case other:
            raise Refused(f"Nobody can use a {other} here without saying what to choose, or at all.")


def _placeholder(element: Json) -> Json:
    return {name: element[name] for name in ("placeholder",) if name in element}


def _found(blocks: Iterable[tuple[int | None, Json]], action_id: str, block_id: str | None) -> Found | None:
    for attachment, block in blocks:
        for _, element in interactive(block):
            if element["action_id"] == action_id and block_id in (None, block["block_id"]):
                return Found(element, block["block_id"], attachment)
    return None


def _blocks(message: Message) -> Iterator[tuple[int | None, Json]]:
    for block in message.blocks:
        yield None, block
    for attachment in message.attachments:
        for block in attachment.get("blocks", ()):
            yield attachment["id"], block
