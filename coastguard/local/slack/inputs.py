"""What people fill in: an element's value as Slack reports it, and what Slack's client says about it before sending.

Sources: https://docs.slack.dev/reference/block-kit/block-elements and, for `state.values`,
https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from coastguard.local.slack.content import Json
from coastguard.local.slack.elements import interactive
from coastguard.local.slack.errors import Refused

Values = dict[str, dict[str, Any]]


class Kind(NamedTuple):
    """Under which name a kind of element reports its value, and under which one it is given a first one."""

    reported: str
    first: str
    read: str


# How values come from the page and from tests: text as text, options by their value, moments in seconds since 1970.
KINDS = {
    "plain_text_input": Kind("value", "initial_value", "text"),
    "email_text_input": Kind("value", "initial_value", "text"),
    "url_text_input": Kind("value", "initial_value", "text"),
    "number_input": Kind("value", "initial_value", "text"),
    "static_select": Kind("selected_option", "initial_option", "option"),
    "radio_buttons": Kind("selected_option", "initial_option", "option"),
    "checkboxes": Kind("selected_options", "initial_options", "options"),
    "multi_static_select": Kind("selected_options", "initial_options", "options"),
    "users_select": Kind("selected_user", "initial_user", "text"),
    "multi_users_select": Kind("selected_users", "initial_users", "texts"),
    "conversations_select": Kind("selected_conversation", "initial_conversation", "text"),
    "multi_conversations_select": Kind("selected_conversations", "initial_conversations", "texts"),
    "channels_select": Kind("selected_channel", "initial_channel", "text"),
    "multi_channels_select": Kind("selected_channels", "initial_channels", "texts"),
    "datepicker": Kind("selected_date", "initial_date", "date"),
    "timepicker": Kind("selected_time", "initial_time", "time"),
    "datetimepicker": Kind("selected_date_time", "initial_date_time", "moment"),
}

LISTS = ("options", "texts")
_REQUIRED = "Please complete this required field."
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{2}:\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{10}", re.ASCII)


def reading(element: Json, value: object) -> Json:
    """What is reported once somebody has chosen `value`. Raises Refused for what nobody can choose there."""
    kind = KINDS.get(element["type"])
    if kind is None:
        raise Refused(f"Nobody can fill in a {element['type']} here.")
    return {kind.reported: _read(kind.read, element, value)}


def values_of(blocks: list[Json], given: Values) -> Values:
    """`state.values` of a view: what was given, and else what the elements begin with. Raises Refused."""
    values: Values = {}
    for block_id, element in stateful(blocks):
        kind, action_id = KINDS[element["type"]], element["action_id"]
        if action_id in given.get(block_id, {}):
            part = reading(element, given[block_id][action_id])
        else:
            part = {kind.reported: element.get(kind.first, [] if kind.read in LISTS else None)}
        values.setdefault(block_id, {})[action_id] = {"type": element["type"], **part}
    strange = [
        f"{block}/{action}" for block, of in given.items() for action in of if action not in values.get(block, {})
    ]
    if strange:
        raise Refused(f"The view has nothing to fill in at {', '.join(strange)}.")
    return values


def complaints(blocks: list[Json], values: Values) -> dict[str, str]:
    """What Slack's client would say under which input, by block_id, instead of sending the modal."""
    found: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input" or block["element"]["type"] not in KINDS:
            continue
        element = block["element"]
        kind = KINDS[element["type"]]
        value = values[block["block_id"]][element["action_id"]][kind.reported]
        sentence = _complaint(element, value) if value else "" if block.get("optional") else _REQUIRED
        if sentence:
            found[block["block_id"]] = sentence
    return found


def offered(element: Json, value: object) -> Json:
    """The menu's option of that value. Raises Refused when there is none."""
    options = [
        *element.get("options", ()),
        *(option for group in element.get("option_groups", ()) for option in group["options"]),
    ]
    for option in options:
        if option.get("value") == value:
            return dict(option)
    offered = ", ".join(str(option.get("value")) for option in options)
    raise Refused(f"The menu does not offer {value!r}; it offers {offered}.")


def stateful(blocks: list[Json]) -> Iterator[tuple[str, Json]]:
    """The elements that hold a value, each with the block_id it stands under."""
    for block in blocks:
        for _, element in interactive(block):
            if element["type"] in KINDS:
                yield block["block_id"], element


def _read(how: str, element: Json, value: object) -> object:
    if value is None or value in ("", []):
        return [] if how in LISTS else None
    read = _READERS[how](element, value)
    if read is None:
        raise Refused(f"A {element['type']} cannot hold {value!r}.")
    return read


def _text(_element: Json, value: object) -> object:
    return value if isinstance(value, str) else None


def _texts(_element: Json, value: object) -> object:
    return value if isinstance(value, list) and all(isinstance(one, str) for one in value) else None


def _options(element: Json, value: object) -> object:
    return [offered(element, one) for one in value] if isinstance(value, list) else None


def _date(_element: Json, value: object) -> object:
    return value if isinstance(value, str) and _DATE.fullmatch(value) else None


def _time(_element: Json, value: object) -> object:
    return value if isinstance(value, str) and _TIME.fullmatch(value) else None


def _moment(_element: Json, value: object) -> object:
    return int(str(value)) if _MOMENT.fullmatch(str(value)) else None


_READERS: dict[str, Callable[[Json, object], object]] = {
    "text": _text,
    "texts": _texts,
    "option": offered,
    "options": _options,
    "date": _date,
    "time": _time,
    "moment": _moment,
}


def _complaint(element: Json, value: Any) -> str:  # noqa: ANN401 - JSON
    if element["type"] == "number_input":
        return _about_number(element, value)
    if not isinstance(value, str):
        return ""
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if len(value) < least:
        return f"Please enter at least {least} characters."
    if len(value) > most:
        return f"Please enter at most {most} characters."
    return ""


def _about_number(element: Json, value: str) -> str:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return "Please enter a number."
    if not number.is_finite():
        return "Please enter a number."
    if not element["is_decimal_allowed"] and number != number.to_integral_value():
        return "Please enter a whole number."
    if "min_value" in element and number < Decimal(element["min_value"]):
        return f"Please enter {element['min_value']} or more."
    if "max_value" in element and number > Decimal(element["max_value"]):
        return f"Please enter {element['max_value']} or less."
    return ""
