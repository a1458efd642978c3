"""Using a message's element: finding it, and what the app is told about the choice."""

from collections.abc import Iterator
from typing import NamedTuple

from coastguard.local.slack.content import Json
from coastguard.local.slack.elements import interactive
from coastguard.local.slack.errors import Refused
from coastguard.local.slack.messages import Message


class Found(NamedTuple):
    """An element in a message, and where it stands; `attachment` is the attachment's number, None outside of them."""

    element: Json
    block_id: str
    attachment: int | None


def find(message: Message, action_id: str, block_id: str | None) -> Found | None:
    """The first element of that action_id; `block_id` narrows it down where a message repeats an action."""
    for attachment, block in _blocks(message):
        for _, element in interactive(block):
            if element["action_id"] == action_id and block_id in (None, block["block_id"]):
                return Found(element, block["block_id"], attachment)
    return None


def used(element: Json, value: str | None) -> Json:
    """What a payload's action says of an element somebody has used; `value` is what they chose in a menu.

    Raises Refused for a choice the menu does not offer, and for elements that nobody needed here so far.
    """
    match element["type"]:
        case "button":
            return {name: element[name] for name in ("text", "value", "style", "url") if name in element}
        case "static_select" | "overflow" | "radio_buttons":
            return {name: element[name] for name in ("placeholder",) if name in element} | {
                "selected_option": _chosen(element, value),
            }
        case "users_select" if value:
            return {"selected_user": value}
        case other:
            raise Refused(f"Nobody can use a {other} here without saying what to choose, or at all.")


def _chosen(element: Json, value: str | None) -> Json:
    options = [
        *element.get("options", ()),
        *(o for group in element.get("option_groups", ()) for o in group["options"]),
    ]
    for option in options:
        if option.get("value") == value:
            return dict(option)
    offered = ", ".join(str(option.get("value")) for option in options)
    raise Refused(f"The menu does not offer {value!r}; it offers {offered}.")


def _blocks(message: Message) -> Iterator[tuple[int | None, Json]]:
    for block in message.blocks:
        yield None, block
    for attachment in message.attachments:
        for block in attachment.get("blocks", ()):
            yield attachment["id"], block
