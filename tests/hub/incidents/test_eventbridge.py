"""From events to hints: what EventBridge puts into the delay queue."""

import json
from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.incidents.hint_messages import from_message
from hub.incidents.hints import BadHint, Drop, Foreign, Hint, Why
from tests.hub.factories import CLUSTER, NOON, Json, bent, event
from tests.hub.incidents.samples import (
    ANYWHERE,
    GONE,
    GONE_AT_VERSION,
    HEALTH_CHANGE,
    ID,
    OLD,
    STATE_CHANGE,
    WORTH_A_LOOK,
    json_values,
    read_or_refuse,
)
from tests.nightly import examples


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        pytest.param("state-change", Hint(CLUSTER, Why.STATE_CHANGE, (GONE_AT_VERSION,)), id="new ARN"),
        pytest.param(
            "state-change-old-arn",
            Hint(CLUSTER, Why.STATE_CHANGE, (Drop(OLD, NOON, 731, host="i-4e5f6a7b"),)),
            id="old ARN, which does not name the cluster",
        ),
        pytest.param(
            "state-change-anywhere",
            Hint(
                CLUSTER,
                Why.STATE_CHANGE,
                (Drop(ANYWHERE, NOON, 212, host="mi-0a1b2c3d4e5f67890"),),
            ),
            id="ECS Anywhere",
        ),
        pytest.param("health-change-agent-gone", Hint(CLUSTER, Why.HEALTH_CHANGE, (GONE,)), id="agent impaired"),
        pytest.param(
            "health-change-agent-back",
            Hint(CLUSTER, Why.HEALTH_CHANGE, (WORTH_A_LOOK,)),
            id="agent well again: no date",
        ),
        pytest.param(
            "health-change-runtime",
            Hint(CLUSTER, Why.HEALTH_CHANGE, (WORTH_A_LOOK,)),
            id="only the runtime impaired: no date",
        ),
        pytest.param("drill", None, id="drill: nobody needs to look"),
    ],
)
def test_an_event_becomes_a_hint(name: str, hint: Hint | None) -> None:
    assert from_message(json.dumps(event(name))) == hint


@pytest.mark.parametrize(
    ("change", "drop"),
    [
        pytest.param({"version": "14801"}, GONE, id="version as text"),
        pytest.param({"version": True}, GONE, id="version true"),
        pytest.param({"version": -1}, GONE, id="version below all"),
        pytest.param({"version": 2**63}, GONE, id="version longer than any of ECS's"),
        pytest.param({"version": None}, GONE, id="no version"),
        pytest.param({"shoeSize": {"left": 44}}, GONE_AT_VERSION, id="unknown field"),
        pytest.param({"ec2InstanceId": None}, Drop(ID, NOON, 14801), id="no host"),
        pytest.param({"ec2InstanceId": "i-0 <!channel>"}, Drop(ID, NOON, 14801), id="a host that is none"),
    ],
)
def test_a_hint_needs_no_more_than_the_places(change: Json, drop: Drop) -> None:
    assert from_message(bent(STATE_CHANGE, change)) == Hint(CLUSTER, Why.STATE_CHANGE, (drop,))


@pytest.mark.parametrize(
    ("checks", "drop"),
    [
        pytest.param(None, GONE, id="no checks at all"),
        pytest.param("what", GONE, id="checks of another shape"),
        pytest.param(["AGENT_CONNECTIVITY"], GONE, id="a check of another shape"),
        pytest.param([], WORTH_A_LOOK, id="agent not among them"),
        pytest.param([{"type": "AGENT_CONNECTIVITY", "status": "INSUFFICIENT_DATA"}], WORTH_A_LOOK, id="unsure"),
        pytest.param([{"type": "AGENT_CONNECTIVITY", "status": "OK"}], WORTH_A_LOOK, id="well"),
        pytest.param([{"type": "CONTAINER_RUNTIME", "status": "IMPAIRED"}], WORTH_A_LOOK, id="runtime"),
        pytest.param(
            [{"type": "DAEMON", "status": "OK"}, {"type": "AGENT_CONNECTIVITY", "status": "IMPAIRED"}],
            GONE,
            id="impaired",
        ),
    ],
)
def test_a_health_change_dates_a_drop_only_if_the_agents_own_check_failed_or_nobody_can_tell(
    checks: object, drop: Drop
) -> None:
    assert from_message(bent(HEALTH_CHANGE, {"healthChecks": checks})) == Hint(CLUSTER, Why.HEALTH_CHANGE, (drop,))


def test_the_time_of_an_event_is_kept_in_utc() -> None:
    hint = from_message(bent(STATE_CHANGE, time="2026-11-20T14:00:00+02:00"))

    assert isinstance(hint, Hint)
    assert hint.drops[0].at == NOON
    assert hint.drops[0].at.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps(event("foreign-account")), id="cluster and instance of another account"),
        pytest.param(json.dumps(event("foreign-region")), id="of another Region"),
        pytest.param(json.dumps(event("foreign-instance")), id="only the instance of another account"),
        pytest.param(
            bent(STATE_CHANGE, {"clusterArn": "arn:aws:ecs:eu-west-1:333344445555:cluster/prod-payments"}),
            id="only the cluster of another account",
        ),
        pytest.param(bent(STATE_CHANGE, account=None), id="envelope without account"),
        pytest.param(bent(STATE_CHANGE, account=222233334444), id="envelope's account is a number"),
    ],
)
def test_arns_that_disagree_with_the_envelope_are_foreign(text: str) -> None:
    with pytest.raises(Foreign, match="the event comes from"):
        from_message(text)


@given(st.sampled_from(sorted(STATE_CHANGE)), st.sampled_from(sorted(STATE_CHANGE["detail"])), json_values, json_values)
@settings(max_examples=examples(80), deadline=None)
def test_events_with_an_arbitrary_field_raise_nothing_else(
    top: str, inner: str, outside: object, inside: object
) -> None:
    read_or_refuse(json.dumps({**STATE_CHANGE, top: outside}))
    read_or_refuse(json.dumps({**STATE_CHANGE, "detail": {**STATE_CHANGE["detail"], inner: inside}}))


@pytest.mark.parametrize("name", ["state-change", "health-change-agent-gone", "health-change-runtime"])
def test_what_an_archive_replays_is_worth_a_look_and_dates_nothing(name: str) -> None:
    replayed = from_message(bent(event(name), None, **{"replay-name": "coastguard-20261120"}))

    assert replayed == Hint(CLUSTER, Why.REPLAY, (WORTH_A_LOOK,))


def test_a_drill_that_is_replayed_is_a_drill() -> None:
    assert from_message(bent(event("drill"), None, **{"replay-name": "coastguard-20261120"})) is None


@pytest.mark.parametrize("depth", [200, 900, 960, 980, 985, 990, 995, 1_000, 3_000])
def test_deeply_nested_kinds_of_events_raise_nothing_else(depth: int) -> None:
    nested = "[" * depth + "]" * depth

    with pytest.raises(BadHint):
        from_message(f'{{"source": {nested}, "detail-type": "x", "detail": {{}}}}')
