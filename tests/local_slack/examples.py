"""Small messages and views as an app would write them, for tests to bend."""

from typing import Any

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str = "*Agent disconnected*", **more: object) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}, **more}


def button(action_id: str = "terminate", text: str = "Terminate", **more: object) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(text), "value": "i-1", **more}


def actions(*elements: Json, **more: object) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def options(*values: str) -> list[Json]:
    return [{"text": plain(value), "value": value} for value in values]


def select(action_id: str = "mute", *values: str) -> Json:
    return {"type": "static_select", "action_id": action_id, "options": options(*(values or ("30m", "2h")))}


def overflow(action_id: str = "more", *values: str) -> Json:
    return {"type": "overflow", "action_id": action_id, "options": options(*(values or ("checks",)))}


def confirm(**parts: object) -> Json:
    whole = {"title": plain("Sure?"), "text": plain("It will be gone."), "confirm": plain("Yes"), "deny": plain("No")}
    return {name: part for name, part in {**whole, **parts}.items() if part is not None}


def modal(*blocks: Json, **more: object) -> Json:
    return {"type": "modal", "title": plain("Mute"), "blocks": list(blocks), "submit": plain("Mute"), **more}


def text_input(block_id: str = "reason") -> Json:
    element = {"type": "plain_text_input", "action_id": "v"}
    return {"type": "input", "block_id": block_id, "label": plain("Reason"), "element": element}


def field(element: Json, block_id: str = "field", **more: object) -> Json:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain("Field"),
        "element": element | {"action_id": "v"},
    } | more


BULLETIN: Json = {
    "text": "ECS agent disconnected on 1 instance in prod-payments.",
    "blocks": [section(block_id="head")],
    "attachments": [
        {
            "color": "#D93025",
            "fallback": "ECS agent disconnected",
            "blocks": [
                section("Tasks run on unmanaged."),
                actions(button(style="danger", confirm=confirm()), select(), overflow(), block_id="repair"),
            ],
        }
    ],
    "metadata": {"event_type": "bulletin", "event_payload": {"bulletin": "b-1", "episode": 2, "open": True}},
}
