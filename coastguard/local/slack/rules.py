"""Slack's rules that its published types do not state. They take for granted that the schema already holds."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from coastguard.local.slack import input_rules
from coastguard.local.slack.content import Content, Json
from coastguard.local.slack.elements import interactive
from coastguard.local.slack.problems import Path, Problem

Placed = tuple[Path, Json]

CONFIRM_PARTS = ("title", "text", "confirm", "deny")
MENUS_WITH_OPTIONS = ("static_select", "multi_static_select")
MAX_OPTIONS = 100
TEXT_OBJECTS = ("plain_text", "mrkdwn")
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
# Letters that show nothing: fillers of Hangul, a cell of Braille without a dot.
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")

# What an attachment may say beside its blocks; Slack answers its older fields with a bare invalid_attachments, see
# https://github.com/slack-go/slack/issues/826.
BESIDE_BLOCKS = frozenset({"blocks", "color", "fallback"})

_EVENT_TYPE = re.compile(r"[A-Za-z0-9_]+")


def of_message(content: Content) -> Iterator[Problem]:
    """What a message's blocks and its attachments' blocks break."""
    placed = list(blocks_of(content))
    yield from _of_surface(placed)
    yield from of_texts(("blocks",), content.blocks)
    yield from of_texts(("attachments",), content.attachments)
    for path, block in placed:
        if block["type"] == "alert":
            yield Problem((*path, "type"), "an alert stands only in modals")
    for number, attachment in enumerate(content.attachments or ()):
        older = sorted(set(attachment) - BESIDE_BLOCKS)
        if "blocks" in attachment and older:
            yield Problem(("attachments", number), f"not beside blocks: {', '.join(older)}")


def of_view(view: Json) -> Iterator[Problem]:
    """What a modal's or Home's blocks break."""
    placed = list(_with_children(("blocks",), view["blocks"]))
    yield from _of_surface(placed)
    yield from of_texts((), view)
    for path, block in placed:
        if block["type"] == "alert" and view["type"] != "modal":
            yield Problem((*path, "type"), "an alert stands only in modals")
    yield from input_rules.of_focus(
        (path + inside, part) for path, block in placed for inside, part in interactive(block)
    )
    if view["type"] == "modal" and "submit" not in view and any(block["type"] == "input" for _, block in placed):
        yield Problem(("submit",), "missing, although the modal has inputs")


def of_metadata(metadata: Json) -> Iterator[Problem]:
    """What a message's metadata breaks: its event_type is a word, its event_payload is flat."""
    if not _EVENT_TYPE.fullmatch(metadata["event_type"]):
        yield Problem(("metadata", "event_type"), "only letters A-Z a-z, digits and _")
    for name, value in metadata["event_payload"].items():
        if not isinstance(value, str | int | float):
            yield Problem(
                ("metadata", "event_payload", name), "must be a string, number or boolean: the payload is flat"
            )


def of_texts(path: Path, part: object) -> Iterator[Problem]:
    """Text objects in which nobody can see anything, however deep."""
    if isinstance(part, dict):
        if part.get("type") in TEXT_OBJECTS and isinstance(part.get("text"), str) and is_blank(part["text"]):
            yield Problem((*path, "text"), "must not be blank")
        for name, inner in part.items():
            yield from of_texts((*path, name), inner)
    elif isinstance(part, list):
        for number, inner in enumerate(part):
            yield from of_texts((*path, number), inner)


def is_blank(text: str) -> bool:
    """Whether a text is empty to the eye."""
    return all(character in BLANKS or unicodedata.category(character) in UNSEEN for character in text)


def blocks_of(content: Content) -> Iterator[Placed]:
    """All blocks of a message with their places, those in attachments and containers too."""
    yield from _with_children(("blocks",), content.blocks or ())
    for number, attachment in enumerate(content.attachments or ()):
        yield from _with_children(("attachments", number, "blocks"), attachment.get("blocks", ()))


def _with_children(path: Path, blocks: Iterable[Json]) -> Iterator[Placed]:
    for number, block in enumerate(blocks):
        yield (*path, number), block
        yield from _with_children((*path, number, "child_blocks"), block.get("child_blocks", ()))


def _of_surface(placed: list[Placed]) -> Iterator[Problem]:
    yield from _repeated(
        (((*path, "block_id"), block.get("block_id")) for path, block in placed), "in the message or view"
    )
    for path, block in placed:
        yield from _of_block(path, block)


def _of_block(path: Path, block: Json) -> Iterator[Problem]:
    if block["type"] == "section" and "text" not in block and not block.get("fields"):
        yield Problem(path, "a section needs text or fields")
    for name in ("elements", "fields"):
        if block.get(name) == []:
            yield Problem((*path, name), "must not be empty")
    used = [(path + inside, element) for inside, element in interactive(block)]
    yield from _repeated((((*place, "action_id"), element.get("action_id")) for place, element in used), "in its block")
    for place, element in used:
        yield from _of_element(place, element)


def _of_element(path: Path, element: Json) -> Iterator[Problem]:
    if "confirm" in element:
        missing = [part for part in CONFIRM_PARTS if part not in element["confirm"]]
        if missing:
            yield Problem((*path, "confirm"), f"missing {', '.join(missing)}")
    if element["type"] in MENUS_WITH_OPTIONS and ("options" in element) == ("option_groups" in element):
        yield Problem(path, "needs either options or option_groups")
    for name in ("options", "option_groups"):
        if element.get(name) == []:
            yield Problem((*path, name), "must not be empty")
    for number, group in enumerate(element.get("option_groups", ())):
        if not 1 <= len(group["options"]) <= MAX_OPTIONS:
            place = (*path, "option_groups", number, "options")
            yield Problem(place, f"{len(group['options'])} entries, 1 to {MAX_OPTIONS}")
    yield from input_rules.of_element(path, element)


def _repeated(ids: Iterable[tuple[Path, Any]], where: str) -> Iterator[Problem]:
    """The ids that were there before; what has none gets one of its own from Slack."""
    seen: set[str] = set()
    for path, name in ids:
        if name and name in seen:
            yield Problem(path, f"{name!r} is already used {where}")
        seen.add(name)
