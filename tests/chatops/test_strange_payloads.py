"""What we have never made, though Slack signed it: it is answered, and does nothing."""

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatops.clicks.requests import from_message, to_message
from coastguard.local.slack.directory import TEAM
from hub.slack.button_values import ACKNOWLEDGE
from tests.chatops.factories import ALICE, form_of, incident, payload_of
from tests.chatops.fronts import Front
from tests.nightly import examples

Json = dict[str, Any]


def with_action(**changes: object) -> Any:
    """A click whose action says something else; None takes a part away."""

    def change(payload: Json) -> Json:
        action = {**payload["actions"][0], **changes}
        return payload | {"actions": [{name: value for name, value in action.items() if value is not None}]}

    return change


def with_part(**changes: object) -> Any:
    """The same of the payload itself."""

    def change(payload: Json) -> Json:
        return {name: value for name, value in (payload | changes).items() if value is not None}

    return change


def only(value: object) -> Any:
    return lambda _: value


KEY = incident().cluster.key
TEAM_PART = {"team": {"id": TEAM.id}, "user": {"id": ALICE}}
SUBMISSION = TEAM_PART | {"type": "view_submission", "view": {"type": "modal", "callback_id": "mute"}}
SHORTCUT = TEAM_PART | {"type": "shortcut", "callback_id": "drill", "trigger_id": "1.2.3"}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(with_action(action_id="somebody.elses"), id="an unknown action"),
        pytest.param(with_action(action_id="terminate"), id="a remedy without our name before it"),
        pytest.param(with_action(action_id="coastguard.repair."), id="no remedy"),
        pytest.param(with_action(action_id="coastguard.repair.explode"), id="an unknown remedy"),
        pytest.param(with_action(action_id="coastguard.repair.acknowledge"), id="a remedy that is none"),
        pytest.param(with_action(action_id="evil.coastguard.repair.terminate"), id="an action that ends like ours"),
        pytest.param(with_action(action_id=ACKNOWLEDGE + "d"), id="an action that begins like ours"),
        pytest.param(with_action(value=None), id="no value"),
        pytest.param(with_action(value=""), id="an empty value"),
        pytest.param(with_action(value=5), id="a number for a value"),
        pytest.param(with_action(value={"cluster": KEY}), id="an object for a value"),
        pytest.param(with_action(value=KEY), id="a value with a cluster alone"),
        pytest.param(with_action(value="12/eu-west-1/prod/i/inc"), id="a value with a short account id"),
        pytest.param(with_action(value="222233334444/Europa/prod/i/inc"), id="a value with no Region"),
        pytest.param(with_action(value="222233334444/eu-west-1/<!channel>/i/inc"), id="a value with a hostile cluster"),
        pytest.param(with_action(type="static_select", value=None, selected_option={"value": KEY}), id="a menu"),
        pytest.param(with_part(trigger_id=None), id="no trigger id"),
        pytest.param(with_part(trigger_id="\udcff"), id="a trigger id that is no text"),
        pytest.param(with_part(container=None), id="no container"),
        pytest.param(with_part(container={"type": "view", "view_id": "V1"}), id="a button in a view"),
        pytest.param(with_part(container=5), id="a number for a container"),
        pytest.param(with_part(user=None), id="nobody"),
        pytest.param(with_part(user=5), id="a number for a user"),
        pytest.param(with_part(user={"name": "alice"}), id="a user without id"),
        pytest.param(with_part(user={"id": None}), id="a user whose id is null"),
        pytest.param(with_part(user={"id": "<!channel>"}), id="a user with a hostile id"),
        pytest.param(with_part(user={"id": "U" * 29}), id="a user with a long id"),
        pytest.param(with_part(team=None), id="no team"),
        pytest.param(with_part(team=5), id="a number for a team"),
        pytest.param(with_part(actions=None), id="no actions"),
        pytest.param(with_part(actions=[]), id="an empty list of actions"),
        pytest.param(with_part(actions=[5]), id="a number for an action"),
        pytest.param(with_part(actions={"0": "x"}), id="an object for actions"),
        pytest.param(with_action(action_id=5), id="a number for an action id"),
        pytest.param(with_part(type=None), id="no type"),
        pytest.param(with_part(type="block_suggestion"), id="another type"),
        pytest.param(with_part(enterprise=5), id="a number for an enterprise"),
        pytest.param(with_part(authorizations=5), id="a number for authorizations"),
        pytest.param(with_part(event=5), id="a number for an event"),
        pytest.param(only(SUBMISSION), id="a view submission"),
        pytest.param(only(SHORTCUT), id="a shortcut"),
        pytest.param(only({}), id="an empty payload"),
        pytest.param(only([]), id="a list"),
        pytest.param(only("text"), id="a text"),
        pytest.param(only(5), id="a number"),
        pytest.param(only(None), id="null"),
        pytest.param(only(True), id="true"),
    ],
)
def test_a_payload_of_another_making_does_nothing(front: Front, click: bytes, change: Any) -> None:
    answer = front.hear(form_of(change(payload_of(click))))
    assert_harmless(front, answer)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"hello", id="words"),
        pytest.param(b"payload=", id="an empty payload"),
        pytest.param(b"payload=%7B", id="half a payload"),
        pytest.param(b"payload=%FF%FE", id="a payload that is no text"),
        pytest.param(b"\xff\xfe\x00", id="bytes"),
        pytest.param(b"{", id="half an object"),
        pytest.param(b"payload=" + b"%5B" * 50_000, id="a deep payload"),
        pytest.param(b"payload=%7B%7D&payload=%7B%7D", id="two payloads"),
        pytest.param(b"ssl_check=1&token=x", id="a check of the certificate"),
    ],
)
def test_a_body_of_another_making_does_nothing(front: Front, body: bytes) -> None:
    assert_harmless(front, front.hear(body))


def assert_harmless(front: Front, answer: Json) -> None:
    """Nothing was taken on, and the answer tells no more than that; a failure of Bolt's shows the person an error."""
    assert front.taken == []
    assert answer["statusCode"] in {200, 400, 403, 404, 500}
    told = json.loads(answer["body"] or "{}")
    assert told in ({}, {"error": "unhandled request"}) or "Nothing was done" in json.dumps(told["view"])


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "type", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
SOURCE_IDENTITY = re.compile(r"[A-Za-z0-9_+=,.@-]{2,64}")
PARTS = ("type", "team", "user", "actions", "container", "trigger_id", "channel", "message", "view", "enterprise")


@settings(
    deadline=None,
    max_examples=examples(60),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes=st.dictionaries(st.sampled_from((*PARTS, "event", "authorizations")), JSON_VALUES, min_size=1))
def test_whatever_a_payload_holds_the_answer_is_harmless(front: Front, click: bytes, changes: Json) -> None:
    front.taken.clear()
    answer = front.hear(form_of(payload_of(click) | changes))
    for taken in front.taken:  # what was changed is not what a request is made of, or is as good as before
        assert from_message(to_message(taken)) == taken
        assert taken.team == TEAM.id
        assert SOURCE_IDENTITY.fullmatch(taken.source_identity)
    if not (front.taken and answer["statusCode"] == 200):
        assert_harmless(front, answer)
