"""Modals and the Home: Slack takes them whatever stands in them, and what is sent back is read, or refused."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatops import modals
from chatops.clicks.requests import BadRequest, from_click, from_message, from_view, to_message
from chatops.commands.home import Tab, closed, draw
from chatops.commands.message import CommandMessage, ask
from chatops.commands.message import from_message as ask_from
from chatops.commands.message import to_message as ask_to
from chatops.commands.parse import LONGEST_REASON, LONGEST_TARGET, Command, parse
from coastguard.local.slack.clicks import Press
from coastguard.local.slack.directory import TEAM
from coastguard.local.slack.inputs import complaints, values_of
from hub.incidents.content import compose
from hub.incidents.incident import Incident, Pending
from hub.incidents.mute import Mute
from hub.policy.matching import Match
from hub.policy.windows import InForce, Window
from hub.scopes.coverage import Coverage
from hub.scopes.scope import Scope
from hub.slack.blocks import section
from hub.slack.bulletin_message import render
from hub.slack.button_values import ACKNOWLEDGE, APPROVE, MUTE, REPAIR, UNMUTE, Subject
from spoke.places import Cluster
from spoke.repairs import REMEDIES
from tests.chatops.factories import (
    ALICE,
    BOB,
    CHANNEL,
    CLUSTER,
    INSTANCE,
    NOW,
    TERMINATE,
    Posted,
    bulletin,
    form_of,
    http_event,
    incident,
    payload_of,
    signed,
)
from tests.chatops.fronts import Front
from tests.chatops.story import filled
from tests.hub.foreign_words import HOSTILE, everywhere
from tests.hub.rendering import all_blocks, strict, texts, tricks
from tests.nightly import examples

Json = dict[str, Any]
HOSTILES = list(HOSTILE.values())
LONGEST = Cluster("222233334444", "us-gov-west-1", "c" * 255)
BODY: Json = {
    "type": "block_actions",
    "trigger_id": "1772443800000.325978181.db1c0dcadcf9d3b13c8d67b09dd88c86",
    "user": {"id": ALICE},
    "team": {"id": TEAM.id},
    "channel": {"id": CHANNEL},
    "container": {"type": "message", "channel_id": CHANNEL, "message_ts": "1772443800.000100"},
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["channel", "action", "container", "value", "action_id"]), inner, max_size=3)
    ),
    max_leaves=6,
)
HOOK = "https://hooks.slack.com/commands/T1/2/3"
UNREAD = (
    "Nothing was done, because Coastguard cannot read this. It may be from another release: please use the newest"
    " message, or say it again."
)
WORDS = st.one_of(st.sampled_from(HOSTILES), st.text(max_size=400))


def button(of: Incident) -> Json:
    """The button of a bulletin before which a modal asks."""
    message = render(compose(bulletin(cluster=of.cluster).episode, [of]), bulletin(cluster=of.cluster).episode)
    (found,) = [
        element
        for block in all_blocks(message)
        for element in block.get("elements", ())
        if element.get("action_id") == TERMINATE
    ]
    return {"type": "button", "action_id": TERMINATE, "value": found["value"]}


def submitted(view: Json, **typed: str) -> Json:
    """The payload of a view as somebody submits it; Slack's client has nothing against what they typed."""
    values = values_of(view["blocks"], filled(**typed))
    assert complaints(view["blocks"], values) == {}
    return {**BODY, "type": "view_submission", "view": {**view, "id": "V0REPAIR01", "state": {"values": values}}}


def repair_view(of: Incident) -> Json:
    return modals.repair_view(REMEDIES["terminate"], BODY, button(of))


# Before a repair


@pytest.mark.parametrize("text", HOSTILES, ids=HOSTILE)
def test_slack_takes_the_modal_before_a_repair_whatever_stands_in_it(text: str) -> None:
    for cluster in (CLUSTER, LONGEST):
        subject = Subject(cluster, INSTANCE, "inc-0a1b2c3d4e")
        action = {"action_id": TERMINATE, "value": f"{subject} {text[:1_000]} {text[:600]}"}
        view = modals.repair_view(REMEDIES["terminate"], BODY, action)
        strict().check_view(view)
        assert tricks(view["blocks"]) == []
    strict().check_view(repair_view(replace(incident(), cluster=LONGEST)))


def test_what_is_submitted_is_the_click_with_a_reason() -> None:
    view = repair_view(incident())
    clicked = from_click(BODY, button(incident()), NOW)

    read = from_view(submitted(view, proof="def0", reason="  its disk is full "), NOW)

    assert read == replace(clicked, id=read.id, reason="its disk is full")
    assert read.id != clicked.id
    assert from_view(submitted(view, proof="def0", reason="x"), NOW).id == read.id
    assert from_message(to_message(read)) == read


@pytest.mark.parametrize(
    ("typed", "proven"),
    [("def0", True), ("DEF0", True), ("ef0 ", False), ("0000", False), ("\u200bdef", False), ("cdef0", False)],
)
def test_the_last_four_characters_prove_that_it_was_read(typed: str, *, proven: bool) -> None:
    view = repair_view(incident())
    values = values_of(view["blocks"], filled(proof=typed, reason="x"))
    errors = modals.proof_missing({**view, "state": {"values": values}})
    assert (errors == {}) == proven


def test_an_instance_without_a_host_is_proven_by_its_own_id() -> None:
    of = replace(incident(), sighting=replace(incident().sighting, host=""))
    view = repair_view(of)
    values = values_of(view["blocks"], filled(proof=INSTANCE[-4:], reason="x"))
    assert modals.proof_missing({**view, "state": {"values": values}}) == {}


@pytest.mark.parametrize("reason", HOSTILES, ids=HOSTILE)
def test_a_reason_is_kept_in_its_place(reason: str) -> None:
    body = submitted(repair_view(incident()), proof="def0", reason="x")
    body["view"]["state"]["values"]["reason"]["typed"]["value"] = reason
    read = from_view(body, NOW)
    assert len(read.reason) <= 500
    waits = Pending(read.id, "terminate", ALICE, NOW, NOW + timedelta(minutes=15), (), read.reason)
    message = render(compose(bulletin().episode, [replace(incident(), pending=waits)]), bulletin().episode)
    strict()
    assert tricks(all_blocks(message), message.text) == []


# To mute


@settings(deadline=None, max_examples=examples(120))
@given(target=WORDS, span=WORDS, reason=WORDS)
def test_slack_takes_the_modal_to_mute_whatever_was_typed_before(target: str, span: str, reason: str) -> None:
    view = modals.mute_view(
        Command("mute", target[:LONGEST_TARGET], span[:100], reason[:LONGEST_REASON]), CHANNEL, HOOK
    )
    strict().check_view(view)


def test_the_longest_scope_is_not_cut_off() -> None:
    scope = str(Scope.of(LONGEST, INSTANCE))
    view = modals.mute_view(Command("mute", scope), CHANNEL, HOOK)
    line, _, _, errors = modals.mute_asked(submitted(view, span="1h", reason="x")["view"])
    assert errors == {}
    assert parse(line) == Command("mute", scope, "1h", "x")


@settings(deadline=None, max_examples=examples(200))
@given(
    target=WORDS, reason=WORDS, span=st.sampled_from(["1h", "until 18:00", "until monday 9:00", "1h 30m", "until x"])
)
def test_whatever_is_typed_into_it_is_a_command_that_says_the_same_or_a_complaint(
    target: str, reason: str, span: str
) -> None:
    view = modals.mute_view(Command("mute"), CHANNEL, HOOK)
    values = values_of(view["blocks"], filled(target=target or "x", custom=span, reason=reason or "x"))

    line, channel, answers, errors = modals.mute_asked({**view, "state": {"values": values}})

    assert (channel, answers) == (CHANNEL, HOOK)
    assert errors.keys() <= {"target", "reason"}
    if not errors:
        read = parse(line)
        assert isinstance(read, Command)
        assert (read.verb, read.span) == ("mute", span)
        assert read.missing == ()


# What was never ours


@settings(deadline=None, max_examples=examples(150))
@given(metadata=ANYTHING, state=ANYTHING)
def test_a_modal_of_another_making_is_refused(metadata: object, state: object) -> None:
    for view in (
        {"id": "V1", "private_metadata": json.dumps(metadata), "state": {"values": {}}},
        {"id": "V1", "private_metadata": metadata, "state": state},
        {**repair_view(incident()), "id": "V1", "state": {"values": state}},
        {**modals.mute_view(Command("mute"), CHANNEL, HOOK), "state": {"values": state}},
        {"id": "V1", "private_metadata": json.dumps({"channel": metadata}), "state": {"values": {}}},
        {"id": "V1", "private_metadata": json.dumps({"action": metadata, "container": metadata}), "state": state},
    ):
        for read in (modals.proof_missing, modals.mute_asked):
            with pytest.raises(BadRequest):
                read(view)
        with pytest.raises(BadRequest):
            from_view({**BODY, "view": view}, NOW)


def test_a_deep_modal_is_refused() -> None:
    view = {"id": "V1", "private_metadata": "[" * 100_000, "state": {"values": {}}}
    for read in (modals.proof_missing, modals.mute_asked):
        with pytest.raises(BadRequest):
            read(view)
    with pytest.raises(BadRequest):
        from_view({**BODY, "view": view}, NOW)


def clicked(**changes: object) -> Json:
    action = {"type": "button", "action_id": TERMINATE, "value": button(incident())["value"]} | changes
    return {**BODY, "actions": [{name: value for name, value in action.items() if value is not None}]}


def in_modal(callback: str, **changes: object) -> Json:
    view = {"type": "modal", "id": "V1", "callback_id": callback} | changes
    return {**BODY, "type": "view_submission", "view": view}


FULL = json.dumps({"container": BODY["container"], "action": button(incident())})
TYPED = {"values": {"proof": {"typed": {"value": "def0"}}, "reason": {"typed": {"value": "x"}}}}


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(clicked(value=f"{CLUSTER.key}/{INSTANCE}/inc-0a1b2c3d4e"), id="a button of an older release"),
        pytest.param(clicked(value=f"{CLUSTER.key}/{INSTANCE}/inc-0a1b2c3d4e i-1"), id="a button without its tasks"),
        pytest.param(clicked(action_id=MUTE, value=None), id="a mute of nothing"),
        pytest.param(clicked(action_id=MUTE, value=["x"]), id="a mute of a list"),
        pytest.param(clicked(action_id=UNMUTE, value=5), id="an unmute of a number"),
        pytest.param(clicked(action_id="coastguard.say.1", value="nonsense"), id="a button that says nothing"),
        pytest.param(clicked(action_id="coastguard.say.1", value=None), id="a button that is silent"),
        pytest.param(clicked(action_id="coastguard.say."), id="a button with no number"),
        pytest.param(clicked(action_id=APPROVE), id="an approval of nothing"),
        pytest.param(
            clicked(action_id=APPROVE, value=f"{CLUSTER.key}/{INSTANCE}/inc-0a1b2c3d4e <!channel>"),
            id="an approval of a broadcast",
        ),
        pytest.param(in_modal("somebody.elses"), id="an unknown modal"),
        pytest.param(in_modal(modals.REPAIR), id="a modal without anything"),
        pytest.param(in_modal(modals.REPAIR, private_metadata=FULL), id="a modal without inputs"),
        pytest.param(in_modal(modals.REPAIR, private_metadata="", state=TYPED), id="a modal without its click"),
        pytest.param(in_modal(modals.REPAIR, private_metadata="null", state=TYPED), id="a modal of null"),
        pytest.param(in_modal(modals.REPAIR, private_metadata="[]", state=TYPED), id="a modal of a list"),
        pytest.param(
            in_modal(modals.REPAIR, private_metadata=FULL.replace(INSTANCE, "../../x"), state=TYPED),
            id="a modal of another place",
        ),
        pytest.param(
            in_modal(modals.REPAIR, private_metadata=FULL.replace(TERMINATE, REPAIR + "explode"), state=TYPED),
            id="a modal of an unknown remedy",
        ),
        pytest.param(in_modal(modals.REPAIR, private_metadata=FULL, state=TYPED, id=None), id="a modal without an id"),
        pytest.param(in_modal(modals.MUTE), id="a mute without anything"),
        pytest.param(in_modal(modals.MUTE, private_metadata='{"channel": 5}', state=TYPED), id="a mute in a number"),
        pytest.param({**BODY, "type": "view_submission"}, id="a submission without its modal"),
        pytest.param({**BODY, "type": "view_closed", "view": {"id": "V1"}}, id="a modal that was closed"),
    ],
)
def test_what_was_never_ours_is_acknowledged_and_does_nothing(front: Front, payload: Json) -> None:
    answer = front.hear(form_of(payload))
    assert front.sent == []
    told = json.loads(answer["body"] or "{}")
    assert told in ({}, {"error": "unhandled request"}) or told["view"]["blocks"] == [section(UNREAD)]
    # Bolt answers 404 to what it has no name for.
    nameless = payload["type"] != "block_actions" and "callback_id" not in payload.get("view", {})
    assert answer["statusCode"] == (404 if nameless else 200)


def test_the_view_of_a_modal_without_an_id_makes_no_request_twice(front: Front) -> None:
    payload = in_modal(modals.REPAIR, private_metadata=FULL, state=TYPED)
    body = form_of(payload)
    for _ in range(2):
        assert front.answer(http_event(body, signed(body)))["statusCode"] == 200
    assert len(front.sent) == 1


def test_a_modal_edited_to_acknowledge_is_no_more_than_an_acknowledgement(front: Front) -> None:
    """Nothing of a modal is believed: whatever it asks for is examined as if it were a click."""
    edited = FULL.replace(TERMINATE, ACKNOWLEDGE)
    front.hear(form_of(in_modal(modals.REPAIR, private_metadata=edited, state=TYPED)))
    assert [taken.wish for taken in front.taken] == ["acknowledge"]


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"user": None}, id="nobody"),
        pytest.param({"user": 5}, id="a number"),
        pytest.param({"user": "<!channel>"}, id="a broadcast"),
        pytest.param({"tab": "messages"}, id="the other tab"),
        pytest.param({"tab": 5}, id="a tab that is a number"),
    ],
)
def test_a_home_of_another_making_is_acknowledged_and_does_nothing(front: Front, event: Json) -> None:
    envelope = {
        "type": "event_callback",
        "team_id": TEAM.id,
        "event_id": "Ev1",
        "event": {"type": "app_home_opened", "user": ALICE, "tab": "home"} | event,
    }
    answer = front.hear(json.dumps(envelope).encode(), "application/json")
    assert front.sent == []
    assert answer["statusCode"] == (400 if event == {"user": 5} else 200)  # that one Bolt cannot even read


# Asks


@settings(deadline=None, max_examples=examples(120))
@given(
    parts=st.dictionaries(
        st.sampled_from(["user", "team", "user_id", "team_id", "channel", "channel_id", "trigger_id", "response_url"]),
        ANYTHING,
        max_size=4,
    ),
    line=st.text(max_size=40),
)
def test_whatever_says_something_is_read_or_refused(parts: Json, line: str) -> None:
    try:
        asked = ask(BODY | parts, line, NOW)
    except BadRequest:
        return
    assert ask_from(ask_to(asked)) == asked
    assert asked.answers == "" or asked.answers.startswith(("http://", "https://"))


@settings(deadline=None, max_examples=examples(100))
@given(value=ANYTHING)
def test_a_message_of_another_making_is_no_ask(value: object) -> None:
    for text in (json.dumps(value), json.dumps({"line": value}), json.dumps({"line": "x", "user": value, "at": value})):
        try:
            asked = ask_from(text)
        except BadRequest:
            continue
        assert asked is None or isinstance(asked, CommandMessage)


# The Home


def tab(text: str, number: int, user: str = BOB) -> Tab:
    """A tab full of it."""
    waits = Pending("0" * 20, "terminate", text, NOW, NOW + timedelta(minutes=15), (), text)
    troubled = [
        replace(everywhere(text, n), cluster=Cluster(f"{n % 40:012}", "eu-west-1", "c" * 255), pending=waits)
        for n in range(number)
    ]
    mutes = [
        Mute(
            Scope.of(Cluster(f"{n:012}", "eu-west-1", "c" * 255), INSTANCE),
            NOW + timedelta(hours=1),
            text,
            text,
            NOW,
        )
        for n in range(number)
    ]
    names = {f"{n:012}": text for n in range(40)}
    blind = tuple(((f"{n:012}", "eu-west-1"), text) for n in range(number))
    window = Window((0,), time(2), timedelta(hours=4), "UTC", Match((text,) * 9, (text,)), text)
    windows = [InForce(window, NOW, NOW + timedelta(hours=2))] * number
    return Tab(user, troubled, mutes, troubled, Coverage((), blind, ()), names, windows)


def check_home(view: Json) -> None:
    strict().check_view(view)
    assert tricks(view["blocks"]) == []
    assert len(view["blocks"]) <= 100


@pytest.mark.product
@pytest.mark.parametrize("number", [0, 1, 60])
@pytest.mark.parametrize("text", HOSTILES, ids=HOSTILE)
def test_slack_takes_a_home_full_of_foreign_words(text: str, number: int) -> None:
    check_home(draw(tab(text, number), "/ecs", NOW, [section("said"), section("what")]))


@settings(deadline=None, max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow])
@given(text=WORDS, number=st.integers(0, 3), said=st.lists(st.just(section("x")), max_size=20))
def test_whatever_stands_in_a_home_slack_takes_it(text: str, number: int, said: Sequence[Json]) -> None:
    check_home(draw(tab(text, number), "/ecs", NOW, said))


def test_a_closed_home_is_taken() -> None:
    check_home(closed("Only full members may."))


def test_a_home_counts_what_it_leaves_out() -> None:
    view = draw(tab("x", 60), "/ecs", NOW)
    words = " ".join(thing["text"] for thing in texts(view["blocks"]))
    for part in (
        "*In trouble: 60 instances*",
        "*Muted: 120 places*",
        "and 50 more",
        "and 25 more accounts",
        "and 105 more",
    ):
        assert part in words
    unmutes = [block["accessory"]["value"] for block in view["blocks"] if "accessory" in block]
    assert len(unmutes) == len({block["accessory"]["action_id"] for block in view["blocks"] if "accessory" in block})
    assert all(isinstance(parse(value), Command) for value in unmutes)


def test_a_window_of_the_policy_stands_among_what_is_muted_and_has_no_button() -> None:
    one = tab("x", 1)
    view = draw(replace(one, windows=[replace(one.windows[0], until=NOW + timedelta(minutes=5))]), "/ecs", NOW)

    [window, mute] = view["blocks"][-2:]
    assert "account `x`" in window["text"]["text"]
    assert "5 min left" in window["text"]["text"]
    assert "by a maintenance window: `x`" in window["text"]["text"]
    assert "accessory" not in window
    assert mute["accessory"]["text"]["text"] == "Unmute"


# The way back, through Slack itself


def test_slack_shows_what_is_wrong_with_a_modal_under_its_inputs(front_with_slack: Front, posted: Posted) -> None:
    body = posted.ears.click(posted.workspace, Press(BOB, CHANNEL, posted.ts, TERMINATE))
    front_with_slack.hear(body)
    view = posted.workspace.views.top(BOB)
    assert view is not None
    payload = {**payload_of(body), "type": "view_submission"}
    payload["view"] = {**view, "state": {"values": values_of(view["blocks"], filled(proof="0000", reason="x"))}}

    answer = front_with_slack.hear(form_of(payload))

    said = json.loads(answer["body"])
    assert said == {"response_action": "errors", "errors": {"proof": modals._NO_PROOF}}
    assert front_with_slack.sent == []
