"""What an app sends to the Web API, as forms or JSON, made into arguments."""

import json
from dataclasses import dataclass
from urllib.parse import parse_qsl

from coastguard.local.slack.content import Content, Json
from coastguard.local.slack.errors import SlackError

MAX_DEPTH = 60
MAX_FIELDS = 200
MAX_DIGITS = 9
TRUE = ("1", "true", "True")


@dataclass(frozen=True, slots=True)
class Arguments:
    """A method's arguments. What reads them raises SlackError in Slack's words."""

    values: Json

    def text(self, name: str) -> str:
        """A string that has to be there."""
        value = self.optional_text(name)
        if not value:
            raise SlackError("invalid_arguments", [f"missing required field: {name}"])
        return value

    def optional_text(self, name: str) -> str | None:
        """A string, or None where there is none."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise SlackError("invalid_arguments", [f"{name}: must be a string"])
        return value

    def flag(self, name: str) -> bool:
        """A yes or no: JSON's booleans, and what forms make of them."""
        value = self.values.get(name, False)
        return value in TRUE if isinstance(value, str) else bool(value)

    def number(self, name: str, default: int) -> int:
        """A whole number, which forms write in digits."""
        value = self.values.get(name)
        if value in (None, ""):
            return default
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS:
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise SlackError("invalid_arguments", [f"{name}: must be a number"])

    def json_object(self, name: str, error: str) -> Json | None:
        """An object, given as such or, in forms, as JSON text."""
        value = self._decoded(name, error)
        if value is not None and not isinstance(value, dict):
            raise SlackError(error, [f"{name}: must be an object"])
        return value

    def json_list(self, name: str, error: str) -> list[Json] | None:
        """A list, given as such or, in forms, as JSON text."""
        value = self._decoded(name, error)
        if value is not None and not isinstance(value, list):
            raise SlackError(error, [f"{name}: must be a list"])
        return value

    def content(self) -> Content:
        """The parts of a message."""
        return Content(
            text=self.optional_text("text"),
            blocks=self.json_list("blocks", "invalid_blocks_format"),
            attachments=self.json_list("attachments", "invalid_attachments"),
            metadata=self.json_object("metadata", "invalid_metadata_format"),
        )

    def _decoded(self, name: str, error: str) -> object:
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        return parsed(value, error) if value else None


def read(content_type: str, body: bytes, query: Json) -> Arguments:
    """The arguments of a call. A JSON body and a form may not be mixed, a query may come with either, as at Slack."""
    kind = content_type.partition(";")[0].strip().lower()
    if not body:
        return Arguments(query)
    if kind == "application/json":
        values = parsed(body, "invalid_json")
        if not isinstance(values, dict):
            raise SlackError("json_not_object")
        return Arguments(query | values)
    if kind == "application/x-www-form-urlencoded":
        return Arguments(query | _form(body))
    raise SlackError("invalid_post_type" if kind else "missing_post_type")


def _form(body: bytes) -> dict[str, str]:
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise SlackError("invalid_form_data") from None
    return dict(fields)


def parsed(text: str | bytes, error: str) -> object:
    """JSON that can be kept and given back: no NaN, no half characters, no bottomless nesting. Raises SlackError."""
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise SlackError(error) from None
    if _deeper_than(MAX_DEPTH, value):
        raise SlackError(error)
    return value


def _deeper_than(depth: int, value: object) -> bool:
    layer = [value]
    for _ in range(depth):
        layer = [child for node in layer for child in _children(node)]
    return bool(layer)


def _children(node: object) -> list[object]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []
