"""Incidents: what clicks change about them, and what they are called."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.incidents.incident import (
    Incident,
    Repair,
    State,
    acknowledge,
    await_approval,
    begin_repair,
    end_repair,
    incident_id,
    withdraw,
)
from tests.hub.factories import (
    BOB,
    CLUSTER,
    ELSEWHERE,
    NOON,
    finished,
    incident,
    instance_id,
    pending,
    repair,
    sighting,
)

OUT_OF_THE_CLUSTER = [
    pytest.param(sighting(status="MISSING", host_state=state), id=state or "EC2 does not tell")
    for state in ("running", "shutting-down", "stopping", None)
] + [pytest.param(sighting(lifecycle="Terminating:Wait"), id="still registered")]


def test_acknowledging_names_who_and_when() -> None:
    assert acknowledge(incident(), BOB, NOON) == replace(
        incident(), state=State.ACKNOWLEDGED, acknowledged_by=BOB, acknowledged_at=NOON
    )


@pytest.mark.parametrize(
    ("before", "ended", "state"),
    [
        pytest.param(incident(), finished(), State.REPAIRING, id="done: a look will resolve it"),
        pytest.param(incident(), finished(problem="protected"), State.OPEN, id="failed"),
        pytest.param(
            incident(state=State.ACKNOWLEDGED),
            finished(problem="protected"),
            State.ACKNOWLEDGED,
            id="failed, was taken",
        ),
    ],
)
def test_only_a_failed_repair_changes_the_state(before: Incident, ended: Repair, state: State) -> None:
    after = end_repair(begin_repair(before, repair()), ended)

    assert (after.state, after.repair) == (state, ended)


def test_an_incident_is_named_by_its_place_and_its_beginning() -> None:
    names = {
        incident_id(cluster, instance_id(number), at)
        for cluster in (CLUSTER, ELSEWHERE)
        for number in (1, 2)
        for at in (NOON, NOON + timedelta(microseconds=1))
    }

    assert len(names) == 8
    assert incident_id(CLUSTER, instance_id(), NOON) == incident_id(CLUSTER, instance_id(), NOON)


def test_who_waits_for_approval_is_as_open_as_before() -> None:
    asked = await_approval(incident(), pending())

    assert asked == incident(pending=pending())
    assert withdraw(asked) == incident()


def test_an_approval_is_used_up_by_the_repair() -> None:
    begun = begin_repair(incident(pending=pending()), repair())

    assert (begun.state, begun.pending) == (State.REPAIRING, None)
    assert end_repair(begun, finished(problem="no")).pending is None
