"""The things in a block that people can use."""

from collections.abc import Iterator

from coastguard.local.slack.content import Json
from coastguard.local.slack.problems import Path

# Where a block keeps its elements: several of them, or one.
LISTS = ("elements", "actions")
SINGLES = ("accessory", "element")

INTERACTIVE = frozenset(
    {
        "button",
        "channels_select",
        "checkboxes",
        "conversations_select",
        "datepicker",
        "datetimepicker",
        "email_text_input",
        "external_select",
        "feedback_buttons",
        "file_input",
        "icon_button",
        "multi_channels_select",
        "multi_conversations_select",
        "multi_external_select",
        "multi_static_select",
        "multi_users_select",
        "number_input",
        "overflow",
        "plain_text_input",
        "radio_buttons",
        "rich_text_input",
        "static_select",
        "timepicker",
        "url_text_input",
        "users_select",
        "workflow_button",
    },
)


def interactive(block: Json) -> Iterator[tuple[Path, Json]]:
    """A block's usable elements, each with its path inside the block."""
    for path, element in _elements(block):
        if element["type"] in INTERACTIVE:
            yield path, element


def _elements(block: Json) -> Iterator[tuple[Path, Json]]:
    for name in LISTS:
        for index, element in enumerate(block.get(name, ())):
            yield (name, index), element
    for name in SINGLES:
        if name in block:
            yield (name,), block[name]
