from typing import Any

import pytest

from coastguard.local.slack.content import Content
from coastguard.local.slack.errors import SlackError
from coastguard.local.slack.strict import Strict
from tests.local_slack.examples import (
    BULLETIN,
    Json,
    actions,
    button,
    confirm,
    field,
    modal,
    options,
    overflow,
    plain,
    section,
    select,
    text_input,
)


@pytest.fixture(scope="module")
def strict() -> Strict:
    return Strict()


def refusal(strict: Strict, parts: Json) -> tuple[str, tuple[str, ...]]:
    with pytest.raises(SlackError) as error:
        strict.check_message(Content(**parts))
    return error.value.code, error.value.problems


def groups(*sizes: int) -> list[Json]:
    return [{"label": plain("g"), "options": options(*(f"{n}.{i}" for i in range(n)))} for n in sizes]


def menu(**parts: object) -> Json:
    return actions({"type": "static_select", "action_id": "m", **parts})


def long_section(number: int) -> Json:
    return section("x" * 2900, block_id=f"b{number}")


@pytest.mark.parametrize(
    "parts",
    [
        BULLETIN,
        {"text": "words alone"},
        {"blocks": [section(accessory=button()), {"type": "divider"}, section(accessory=overflow())]},
        {"blocks": [{"type": "header", "text": plain("Mutes")}, {"type": "context", "elements": [plain("2 active")]}]},
        {"blocks": [menu(option_groups=groups(1, 100))]},
        {"blocks": [section(block_id=str(n)) for n in range(50)]},
        {"blocks": [actions(button("a"), block_id="1"), actions(button("a"), block_id="2")]},
        {"text": "x" * 40_000},
        {"attachments": [{"text": "old", "title": "style"}] * 20},
        {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "not verbatim: Slack does not mind"}}]},
    ],
    ids=[
        "a bulletin",
        "words",
        "accessories",
        "header and context",
        "option groups",
        "50 blocks",
        "an action in two blocks",
        "the longest text",
        "20 attachments",
        "not verbatim",
    ],
)
def test_what_slack_shows_is_accepted(strict: Strict, parts: Json) -> None:
    strict.check_message(Content(**parts))


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        ([{"type": "divider"}] * 51, "blocks: 51 entries, at most 50"),
        ([section(""), section()], "blocks[0].text.text: must not be empty"),
        ([section(" ")], "blocks[0].text.text: must not be blank"),
        ([section("\u3164\u200b")], "blocks[0].text.text: must not be blank"),
        ([section(fields=[plain("\u00a0")])], "blocks[0].fields[0].text: must not be blank"),
        ([actions(button(text="\n"))], "blocks[0].elements[0].text.text: must not be blank"),
        (
            [actions(button(confirm=confirm(deny=plain(" "))))],
            "blocks[0].elements[0].confirm.deny.text: must not be blank",
        ),
        (
            [menu(options=[{"text": plain(" "), "value": "v"}])],
            "blocks[0].elements[0].options[0].text.text: must not be blank",
        ),
        ([section("x" * 3001)], "blocks[0].text.text: 3001 characters, at most 3000"),
        ([section(fields=[plain("x")] * 11)], "blocks[0].fields: 11 entries, at most 10"),
        ([section(fields=[plain("x" * 2001)])], "blocks[0].fields[0].text: 2001 characters, at most 2000"),
        ([section(fields=[])], "blocks[0].fields: must not be empty"),
        ([{"type": "section"}], "blocks[0]: a section needs text or fields"),
        ([{"type": "header", "text": plain("x" * 151)}], "blocks[0].text.text: 151 characters, at most 150"),
        ([{"type": "context", "elements": [plain("x")] * 11}], "blocks[0].elements: 11 entries, at most 10"),
        ([{"type": "context", "elements": []}], "blocks[0].elements: must not be empty"),
        ([actions(*(button(str(n)) for n in range(26)))], "blocks[0].elements: 26 entries, at most 25"),
        ([actions()], "blocks[0].elements: must not be empty"),
        (
            [section(), section(), actions(button(text="x" * 90))],
            "blocks[2].elements[0].text.text: 90 characters, at most 75",
        ),
        ([actions(button(value="x" * 2001))], "blocks[0].elements[0].value: 2001 characters, at most 2000"),
        ([actions(button("x" * 256))], "blocks[0].elements[0].action_id: 256 characters, at most 255"),
        ([section(block_id="x" * 256)], "blocks[0].block_id: 256 characters, at most 255"),
        (
            [actions(button(style="warning"))],
            "blocks[0].elements[0].style: must be one of primary, danger, is 'warning'",
        ),
        ([actions(button(disabled=True))], "blocks[0].elements[0]: unknown 'disabled'"),
        ([actions({"type": "button"})], "blocks[0].elements[0]: missing text"),
        ([actions({"type": "buttom"})], "blocks[0].elements[0].type: 'buttom' is not possible here"),
        ([section(accessory={"type": "buttom"})], "blocks[0].accessory: 'buttom' cannot stand here"),
        (
            [section(accessory=button(text="x" * 76))],
            "blocks[0].accessory.text.text: 76 characters, at most 75",
        ),
        ([section(), {"text": "no type"}], "blocks[1]: missing type"),
        (["words"], "blocks[0]: must be object, is 'words'"),
        ([{"type": "section", "text": plain("x") | {"text": 7}}], "blocks[0].text.text: must be string, is 7"),
        (
            [actions(button(confirm=confirm(title=plain("x" * 101))))],
            "blocks[0].elements[0].confirm.title.text: 101 characters, at most 100",
        ),
        (
            [actions(button(confirm=confirm(text=plain("x" * 301))))],
            "blocks[0].elements[0].confirm.text.text: 301 characters, at most 300",
        ),
        (
            [actions(button(confirm=confirm(deny=plain("x" * 31))))],
            "blocks[0].elements[0].confirm.deny.text: 31 characters, at most 30",
        ),
        (
            [actions(button(confirm=confirm(deny=None, title=None)))],
            "blocks[0].elements[0].confirm: missing title, deny",
        ),
        ([actions(overflow("o", *"abcdef"))], "blocks[0].elements[0].options: 6 entries, at most 5"),
        ([actions({"type": "overflow", "options": []})], "blocks[0].elements[0].options: must not be empty"),
        ([menu(options=options(*map(str, range(101))))], "blocks[0].elements[0].options: 101 entries, at most 100"),
        ([menu(options=[])], "blocks[0].elements[0].options: must not be empty"),
        ([menu()], "blocks[0].elements[0]: needs either options or option_groups"),
        (
            [menu(options=options("a"), option_groups=groups(1))],
            "blocks[0].elements[0]: needs either options or option_groups",
        ),
        ([menu(option_groups=groups(101))], "blocks[0].elements[0].option_groups[0].options: 101 entries, 1 to 100"),
        ([menu(option_groups=groups(1, 0))], "blocks[0].elements[0].option_groups[1].options: 0 entries, 1 to 100"),
        ([menu(options=options("x" * 76))], "blocks[0].elements[0].options[0].text.text: 76 characters, at most 75"),
        (
            [section(block_id="same"), section(block_id="same")],
            "blocks[1].block_id: 'same' is already used in the message or view",
        ),
        (
            [actions(button("same"), select("same"))],
            "blocks[0].elements[1].action_id: 'same' is already used in its block",
        ),
        ([{"type": "alert", "text": plain("!")}], "blocks[0].type: an alert stands only in modals"),
        (
            [{"type": "container", "title": plain("t"), "child_blocks": [actions(button("a"), button("a"))]}],
            "blocks[0].child_blocks[0].elements[1].action_id: 'a' is already used in its block",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_blocks_that_slack_refuses_are_refused_with_the_place(strict: Strict, blocks: list[Any], problem: str) -> None:
    code, problems = refusal(strict, {"blocks": blocks})
    assert (code, problem in problems) == ("invalid_blocks", True), problems


@pytest.mark.parametrize(
    ("parts", "code", "problem"),
    [
        ({"text": "x" * 40_001}, "msg_too_long", "text: 40001 characters, at most 40000"),
        ({"attachments": [{"text": "x"}] * 21}, "too_many_attachments", "attachments: 21 entries, at most 20"),
        (
            {"attachments": [{"blocks": [section(block_id="a")], "text": "old"}]},
            "invalid_attachments",
            "attachments[0]: not beside blocks: text",
        ),
        (
            {"attachments": [{"footer": "x" * 301}]},
            "invalid_attachments",
            "attachments[0].footer: 301 characters, at most 300",
        ),
        (
            {"attachments": [{"blocks": [actions(button(text="x" * 76))]}]},
            "invalid_attachments",
            "attachments[0].blocks[0].elements[0].text.text: 76 characters, at most 75",
        ),
        (
            {"blocks": [section(block_id="a")], "attachments": [{"blocks": [section(block_id="a")]}]},
            "invalid_attachments",
            "attachments[0].blocks[0].block_id: 'a' is already used in the message or view",
        ),
        (
            {"blocks": [{"type": "divider"}] * 26, "attachments": [{"blocks": [{"type": "divider"}] * 25}]},
            "invalid_attachments",
            "attachments: 51 blocks in the whole message, at most 50",
        ),
        (
            {
                "blocks": [long_section(n) for n in range(3)],
                "attachments": [{"blocks": [long_section(n) for n in (3, 4)]}],
            },
            "msg_blocks_too_long",
            "blocks: 14932 characters as JSON, at most 13200",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_limits_of_the_whole_message_hold(strict: Strict, parts: Json, code: str, problem: str) -> None:
    assert refusal(strict, parts) == (code, (problem,))


@pytest.mark.parametrize(
    ("metadata", "problem"),
    [
        ({"event_type": "a-b", "event_payload": {}}, "metadata.event_type: only letters A-Z a-z, digits and _"),
        ({"event_type": "", "event_payload": {}}, "metadata.event_type: only letters A-Z a-z, digits and _"),
        ({"event_type": "é", "event_payload": {}}, "metadata.event_type: only letters A-Z a-z, digits and _"),
        ({"event_type": "a"}, "metadata: missing event_payload"),
        ({"event_type": "a", "event_payload": {}, "more": 1}, "metadata: unknown 'more'"),
        (
            {"event_type": "a", "event_payload": {"deep": {"er": 1}}},
            "metadata.event_payload.deep: must be a string, number or boolean: the payload is flat",
        ),
        (
            {"event_type": "a", "event_payload": {"list": [{"a": 1}]}},
            "metadata.event_payload.list: must be a string, number or boolean: the payload is flat",
        ),
        (
            {"event_type": "a", "event_payload": {"nothing": None}},
            "metadata.event_payload.nothing: None is not possible here",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_metadata_is_a_word_and_a_flat_payload(strict: Strict, metadata: Json, problem: str) -> None:
    assert refusal(strict, {"text": "x", "metadata": metadata}) == ("invalid_metadata_format", (problem,))


def test_at_most_ten_problems_are_told(strict: Strict) -> None:
    assert len(refusal(strict, {"blocks": [section("")] * 12})[1]) == 10


@pytest.mark.parametrize(
    "view",
    [
        modal(text_input()),
        modal({"type": "alert", "text": plain("Careful"), "level": "warning"}),
        modal(*(section(block_id=str(n)) for n in range(100))),
        {"type": "home", "blocks": [section()]},
    ],
    ids=["inputs", "an alert", "100 blocks", "a home"],
)
def test_views_that_slack_opens_are_accepted(strict: Strict, view: Json) -> None:
    strict.check_view(view)


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        ({}, "view.type: must be modal or home"),
        (modal(title=plain("x" * 25)), "view.title.text: 25 characters, at most 24"),
        (modal(submit=plain("x" * 25)), "view.submit.text: 25 characters, at most 24"),
        (modal(close=plain("x" * 25)), "view.close.text: 25 characters, at most 24"),
        (modal(private_metadata="x" * 3001), "view.private_metadata: 3001 characters, at most 3000"),
        (modal(callback_id="x" * 256), "view.callback_id: 256 characters, at most 255"),
        (modal(*[{"type": "divider"}] * 101), "view.blocks: 101 entries, at most 100"),
        (
            modal(text_input("a"), text_input("a")),
            "view.blocks[1].block_id: 'a' is already used in the message or view",
        ),
        (
            {"type": "modal", "title": plain("t"), "blocks": [text_input()]},
            "view.submit: missing, although the modal has inputs",
        ),
        ({"type": "modal", "blocks": []}, "view: missing title"),
        (
            {"type": "home", "blocks": [{"type": "alert", "text": plain("!")}]},
            "view.blocks[0].type: an alert stands only in modals",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_views_that_slack_would_not_open_are_refused(strict: Strict, view: Json, problem: str) -> None:
    with pytest.raises(SlackError) as error:
        strict.check_view(view)
    assert (error.value.code, error.value.problems) == ("invalid_arguments", (problem,))


@pytest.mark.parametrize(
    ("element", "problem"),
    [
        (
            {"type": "radio_buttons", "options": options("a"), "initial_option": options("b")[0]},
            "initial_option: not one of the options",
        ),
        (
            {"type": "checkboxes", "options": options("a"), "initial_options": options("a", "b")},
            "initial_options[1]: not one of the options",
        ),
        (
            {
                "type": "static_select",
                "option_groups": [{"label": plain("g"), "options": options("a")}],
                "initial_option": options("b")[0],
            },
            "initial_option: not one of the options",
        ),
        ({"type": "plain_text_input", "min_length": -1}, "min_length: 0 to 3000"),
        ({"type": "plain_text_input", "max_length": 3001}, "max_length: 1 to 3000"),
        ({"type": "plain_text_input", "min_length": 5, "max_length": 4}, "min_length: more than max_length"),
        (
            {"type": "plain_text_input", "max_length": 2, "initial_value": "abc"},
            "initial_value: longer than max_length",
        ),
        ({"type": "number_input", "is_decimal_allowed": True, "min_value": "few"}, "min_value: not a number"),
        (
            {"type": "number_input", "is_decimal_allowed": True, "min_value": "2", "max_value": "1"},
            "min_value: more than max_value",
        ),
        (
            {"type": "datetimepicker", "initial_date_time": 17953},
            "initial_date_time: whole seconds since 1970, ten digits",
        ),
        (
            {"type": "datetimepicker", "initial_date_time": 1795337200.5},
            "initial_date_time: whole seconds since 1970, ten digits",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_inputs_that_contradict_themselves_are_refused(strict: Strict, element: Json, problem: str) -> None:
    with pytest.raises(SlackError) as error:
        strict.check_view(modal(field(element)))
    assert error.value.problems == (f"view.blocks[0].element.{problem}",)


def test_inputs_that_begin_as_they_may_are_accepted(strict: Strict) -> None:
    strict.check_view(
        modal(
            field({"type": "radio_buttons", "options": options("a", "b"), "initial_option": options("b")[0]}, "1"),
            field({"type": "checkboxes", "options": options("a", "b"), "initial_options": options("a", "b")}, "2"),
            field({"type": "plain_text_input", "min_length": 4, "max_length": 4, "initial_value": "abcd"}, "3"),
            field({"type": "number_input", "is_decimal_allowed": False, "min_value": "1", "max_value": "1"}, "4"),
            field({"type": "datetimepicker", "initial_date_time": 1795337200, "focus_on_load": True}, "5"),
        )
    )


def test_one_element_has_the_focus(strict: Strict) -> None:
    eager = {"type": "plain_text_input", "focus_on_load": True}
    with pytest.raises(SlackError) as error:
        strict.check_view(modal(field(eager, "a"), field(eager, "b")))
    assert error.value.problems == ("view.blocks[1].element.focus_on_load: another element has it already",)


def test_an_app_manifest_is_checked_too(strict: Strict) -> None:
    assert strict.manifest_problems({"display_information": {"name": "Coastguard"}}) == []
    assert strict.manifest_problems({"display_information": {"name": "x" * 36}}) == [
        "display_information.name: 36 characters, at most 35"
    ]


@pytest.mark.parametrize(
    ("view", "place"),
    [
        (modal(section(" ")), "view.blocks[0].text.text"),
        (modal(section(), title=plain("\u2800")), "view.title.text"),
        (modal(text_input(), close=plain(" ")), "view.close.text"),
        ({"type": "home", "blocks": [section(" ")]}, "view.blocks[0].text.text"),
    ],
)
def test_no_text_of_a_view_is_blank(strict: Strict, view: Json, place: str) -> None:
    with pytest.raises(SlackError) as error:
        strict.check_view(view)
    assert (error.value.code, error.value.problems) == ("invalid_arguments", (f"{place}: must not be blank",))


@pytest.mark.parametrize("parts", [{"text": " "}, {"text": "\n", "blocks": []}])
def test_a_blank_message_is_an_empty_one(parts: Json) -> None:
    assert Content(**parts).is_empty


def test_a_blank_text_in_an_attachment_is_refused_as_such(strict: Strict) -> None:
    code, problems = refusal(strict, {"text": "t", "attachments": [{"blocks": [section(" ")]}]})
    assert (code, problems) == ("invalid_attachments", ("attachments[0].blocks[0].text.text: must not be blank",))
