"""Requests: a click read, written for the queue, and read again."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatops.clicks.requests import BadRequest, Request, from_click, from_message, to_message
from hub.slack.button_values import ACKNOWLEDGE, REPAIR
from spoke.places import Cluster
from spoke.repairs import REMEDIES
from tests.chatops.factories import ALICE, BOB, CHANNEL, CLUSTER, INSTANCE, NOW, TERMINATE, request
from tests.nightly import examples

Json = dict[str, Any]

BODY: Json = {
    "trigger_id": "1772443800000.325978181.db1c0dcadcf9d3b13c8d67b09dd88c86",
    "user": {"id": ALICE, "team_id": "T0COAST01"},
    "team": {"id": "T0COAST01", "domain": "coast"},
    "container": {"type": "message_attachment", "channel_id": CHANNEL, "message_ts": "1772443800.000100"},
}
ACTION: Json = {"type": "button", "action_id": TERMINATE, "value": f"{CLUSTER.key}/{INSTANCE}/inc-0a1b2c3d4e"}


def click(action: Json = ACTION, at: datetime = NOW, **parts: object) -> Request:
    return from_click({**BODY, **parts}, action, at)


# A click --------------------------------------------------------------------------------------------------------------


def test_a_click_says_who_wants_what_about_which_incident() -> None:
    read = click()
    assert read == request(id=read.id)


@pytest.mark.parametrize(
    ("action", "wish"),
    [(ACKNOWLEDGE, "acknowledge"), *((REPAIR + name, name) for name in REMEDIES)],
)
def test_every_button_of_a_bulletin_is_known(action: str, wish: str) -> None:
    assert click(ACTION | {"action_id": action}).wish == wish


def test_the_same_click_twice_is_the_same_request() -> None:
    assert click(deepcopy(ACTION), at=NOW + timedelta(minutes=4)).id == click().id


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(click(trigger_id="another click"), id="another click"),
        pytest.param(click(trigger_id="another click", user={"id": BOB}), id="another person's click"),
        pytest.param(click(ACTION | {"action_id": ACKNOWLEDGE}), id="another button"),
    ],
)
def test_anything_else_is_another_request(other: Request) -> None:
    assert other.id != click().id


def test_a_request_has_an_id_that_fits_a_key() -> None:
    assert len(click().id) == 20
    assert click().id.isalnum()


def test_the_person_is_named_as_cloudtrail_shall_name_them() -> None:
    assert request(user=BOB).source_identity == f"slack-T0COAST01-{BOB}"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner, max_size=2),
    max_leaves=4,
)


@settings(deadline=None, max_examples=examples(80))
@given(
    parts=st.dictionaries(st.sampled_from(["user", "team", "container", "trigger_id"]), ANYTHING, max_size=2),
    action=st.dictionaries(st.sampled_from(["action_id", "value"]), ANYTHING, max_size=2),
)
def test_whatever_a_click_holds_it_is_read_or_refused(parts: Json, action: Json) -> None:
    try:
        read = from_click(BODY | parts, ACTION | action, NOW)
    except BadRequest:
        return
    assert from_message(to_message(read)) == read


@pytest.mark.parametrize(
    "action",
    ["", "terminate", "acknowledge", "coastguard.repair.", "coastguard.repair.acknowledge", "x" + TERMINATE, 5],
)
def test_a_button_that_no_bulletin_has_is_refused(action: object) -> None:
    with pytest.raises(BadRequest):
        click(ACTION | {"action_id": action})


@pytest.mark.parametrize("user", ["", "U", "<!channel>", "U0ALICE01\n", "U" * 29, "slack-U0ALICE01", None, 5])
def test_who_clicks_can_be_named_in_cloudtrail_or_is_refused(user: object) -> None:
    with pytest.raises(BadRequest):
        click(user={"id": user})
    assert len(click(user={"id": "U" * 28}, team={"id": "T" * 28}).source_identity) <= 64


@pytest.mark.parametrize("part", [*BODY, "action_id", "value"])
def test_a_click_with_a_part_missing_is_refused(part: str) -> None:
    without = [{name: value for name, value in whole.items() if name != part} for whole in (BODY, ACTION)]
    with pytest.raises(BadRequest, match="not a click on a button of ours"):
        from_click(without[0], without[1], NOW)


def test_a_refusal_says_nothing_of_what_the_click_held() -> None:
    with pytest.raises(BadRequest) as refusal:
        click(ACTION | {"value": "very-secret"}, user={"id": "also-secret"})
    assert "secret" not in str(refusal.value)


# A message of acts.fifo -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(request(), id="a repair"),
        pytest.param(request(wish="acknowledge"), id="an acknowledgement"),
        pytest.param(request(at=NOW + timedelta(microseconds=1)), id="with microseconds"),
        pytest.param(request(cluster=Cluster("444455556666", "us-gov-west-1", "x" * 255)), id="a long name"),
    ],
)
def test_what_was_written_is_read(request_: Request) -> None:
    assert from_message(to_message(request_)) == request_


@given(at=st.datetimes(datetime(2024, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  # in UTC
def test_a_request_keeps_its_time(at: datetime) -> None:
    assert abs(from_message(to_message(request(at=at))).at - at) < timedelta(milliseconds=1)


def message(**changes: object) -> str:
    """A message with something else in it; `absent` takes a part away."""
    fields = json.loads(to_message(request())) | changes
    return json.dumps({name: value for name, value in fields.items() if value != "absent"})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("hello", id="words"),
        pytest.param("{", id="half an object"),
        pytest.param("[" * 100_000, id="a deep list"),
        pytest.param("[]", id="a list"),
        pytest.param('"text"', id="a text"),
        pytest.param("null", id="null"),
        pytest.param("{}", id="an empty object"),
        pytest.param(message(id="absent"), id="no id"),
        pytest.param(message(cluster="absent"), id="no cluster"),
        pytest.param(message(at="absent"), id="no time"),
        pytest.param(message(wish="absent"), id="no wish"),
        pytest.param(message(approval="none"), id="a part of another release"),
        pytest.param(message(wish="explode"), id="a wish of another release"),
        pytest.param(message(wish=["terminate"]), id="a list of wishes"),
        pytest.param(message(cluster=5), id="a number for a cluster"),
        pytest.param(message(cluster="222233334444/eu-west-1"), id="half a cluster"),
        pytest.param(message(at="now"), id="a time in words"),
        pytest.param(message(at=1e300), id="a time beyond all years"),
        pytest.param(message(at=1e15), id="a time beyond the calendar"),
        pytest.param(message(at=None), id="no time at all"),
    ],
)
def test_what_we_have_not_written_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="not a request"):
        from_message(text)


@settings(deadline=None, max_examples=examples(80))
@given(fields=st.dictionaries(st.sampled_from(list(json.loads(to_message(request())))), ANYTHING, max_size=3))
def test_whatever_a_message_holds_it_is_read_or_refused(fields: Json) -> None:
    try:
        assert isinstance(from_message(message(**fields)), Request)
    except BadRequest:
        return
