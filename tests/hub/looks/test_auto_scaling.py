"""Hosts that Auto Scaling has taken out of service: their agents are gone on purpose."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from hub.incidents.hints import Drop, Hint, Why
from hub.incidents.incident import Incident, State
from hub.looks.gathering import in_groups
from hub.table.clusters import KnownCluster
from spoke.hosts import GROUPS_A_CALL
from spoke.places import Cluster
from tests.hub.factories import CLUSTER, GRACE, NOON, incident, instance_id
from tests.hub.station import Station

PATIENCE = GRACE.total_seconds() + 30
ASKED = "autoscaling:DescribeAutoScalingInstances"
TAKEN_OUT = "taken out of service by Auto Scaling"

# What moto's Auto Scaling cannot be brought to say.
STATES = [
    "Standby",
    "EnteringStandby",
    "Warmed:Stopped",
    "Warmed:Running",
    "Terminating:Wait",
    "Detaching",
    "ReplacingRootVolume:Wait",
]


@pytest.fixture
def cluster(station: Station) -> Cluster:
    return station.fleet.cluster()


def answer(station: Station, host: str, state: str) -> None:
    """What Auto Scaling says of a host from now on."""
    raw = {
        "InstanceId": host,
        "AutoScalingGroupName": "payments",
        "AvailabilityZone": "eu-west-1a",
        "LifecycleState": state,
        "HealthStatus": "HEALTHY",
        "ProtectedFromScaleIn": False,
    }
    station.faults.answer(ASKED, {"AutoScalingInstances": [raw]})


def announced(station: Station, cluster: Cluster, *, grouped: bool = True) -> tuple[str, str]:
    """An agent that is known to be gone, of a host that is in a group or not."""
    (host,) = station.fleet.group("payments", 1) if grouped else station.fleet.hosts()
    instance, _ = station.quiet(cluster, host)
    station.faults.called.clear()
    station.wait(seconds=PATIENCE)
    assert station.states() == ["open"]
    return instance, host


def test_the_first_look_at_new_trouble_does_not_ask_auto_scaling(station: Station, cluster: Cluster) -> None:
    announced(station, cluster)

    assert ASKED not in station.faults.called


@pytest.mark.parametrize("state", STATES)
def test_who_was_taken_out_of_service_ends_at_the_next_look(station: Station, cluster: Cluster, state: str) -> None:
    instance, host = announced(station, cluster)
    answer(station, host, state)

    station.sweep()

    assert station.states() == ["resolved"]
    assert TAKEN_OUT in station.only_message()["text"]
    assert station.incidents(cluster)[instance].ending == TAKEN_OUT


@pytest.mark.parametrize("state", ["InService", "Terminating:Retained", "Terminating:Dreaming"])
def test_who_is_in_service_or_retained_or_nobody_knows_what_stays_in_trouble(
    station: Station, cluster: Cluster, state: str
) -> None:
    _, host = announced(station, cluster)
    answer(station, host, state)

    station.sweep()

    assert ASKED in station.faults.called
    assert station.states() == ["open"]


def test_who_is_in_no_group_stays_in_trouble(station: Station, cluster: Cluster) -> None:
    announced(station, cluster, grouped=False)

    station.sweep()

    assert ASKED in station.faults.called
    assert station.states() == ["open"]


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(lambda station: station.faults.fail(ASKED, "AccessDenied", 403), id="refused"),
        pytest.param(lambda station: station.faults.fail(ASKED, "Throttling"), id="throttled"),
        pytest.param(lambda station: station.faults.fail(ASKED, "ValidationError"), id="odd"),
    ],
)
def test_an_auto_scaling_that_does_not_answer_changes_nothing(
    station: Station, cluster: Cluster, trouble: Callable[[Station], None]
) -> None:
    announced(station, cluster)
    trouble(station)

    station.sweep()

    assert station.states() == ["open"]
    assert station.only_message()["edited"] is None


def test_who_is_out_of_service_is_not_opened_again_while_that_lasts(station: Station, cluster: Cluster) -> None:
    instance, host = announced(station, cluster)
    answer(station, host, "Standby")
    station.sweep()

    for _ in range(3):
        station.wait(minutes=10)
        station.visit()
        station.tell(cluster, instance)
        station.wait(seconds=PATIENCE)

    assert station.states() == ["resolved"]
    assert station.finished()


def test_who_comes_back_into_service_without_its_agent_is_trouble_again(station: Station, cluster: Cluster) -> None:
    instance, host = announced(station, cluster)
    answer(station, host, "Standby")
    station.sweep()
    station.wait(minutes=20)

    answer(station, host, "InService")
    station.visit()
    station.wait(seconds=PATIENCE)

    assert station.states() == ["resolved", "open"]
    assert not station.incidents(cluster)[instance].flapping


def test_who_was_out_of_service_is_spoken_of_when_its_member_can_no_longer_be_read(
    station: Station, cluster: Cluster
) -> None:
    """What was seen an hour ago says nothing of today: alerts fail open."""
    instance, host = announced(station, cluster)
    answer(station, host, "Standby")
    station.sweep()
    station.reconnect(cluster, instance)
    station.wait(hours=1)

    station.disconnect(cluster, instance)
    station.faults.fail("ecs:DescribeContainerInstances", "AccessDenied", 403)
    station.wait(seconds=PATIENCE)

    assert station.states() == ["resolved", "open"]
    assert "could not be checked" in station.messages()[-1]["text"]


def test_who_was_stopped_is_spoken_of_when_its_member_can_no_longer_be_read(station: Station, cluster: Cluster) -> None:
    instance, host = announced(station, cluster, grouped=False)
    station.fleet.host(host).state = "stopped"
    station.sweep()
    assert station.states() == ["resolved"]
    station.fleet.host(host).state = "running"
    station.reconnect(cluster, instance)
    station.wait(hours=1)

    station.disconnect(cluster, instance)
    station.faults.fail("ecs:DescribeContainerInstances", "AccessDenied", 403)
    station.wait(seconds=PATIENCE)

    assert station.states() == ["resolved", "open"]


def test_what_was_last_seen_of_a_failed_repair_resolves_nothing(station: Station, cluster: Cluster) -> None:
    """While the repair was at work, a look saw the host on its way out; it failed, and now nobody can look."""
    instance, _ = announced(station, cluster)
    (found,) = station.incidents(cluster).values()
    station.store.save([replace(found, sighting=replace(found.sighting, lifecycle="Terminating:Wait"))])
    station.faults.fail("ecs:DescribeContainerInstances", "AccessDenied", 403)

    station.sweep()

    assert station.incidents(cluster)[instance].unresolved
    assert station.states() == ["open"]


def standby(number: int) -> Incident:
    """An incident that ended because Auto Scaling had the host out of service."""
    return incident(number, State.RESOLVED, ending=TAKEN_OUT)


@pytest.mark.parametrize(
    ("known", "drops", "asked"),
    [
        pytest.param([incident(1)], [], [1], id="one that is open"),
        pytest.param([incident(1)], [2], [], id="new trouble"),
        pytest.param(list(map(incident, range(GROUPS_A_CALL))), [], range(GROUPS_A_CALL), id="fifty"),
        pytest.param(list(map(incident, range(GROUPS_A_CALL + 1))), [], [], id="more than fifty"),
        pytest.param([incident(1, State.RESOLVED)], [1], [], id="one that was back meanwhile"),
        pytest.param([standby(1), incident(2)], [1], [1], id="one that was out of service"),
    ],
)
def test_auto_scaling_is_asked_while_there_are_few_and_at_once_where_it_had_a_hand_in_it(
    known: list[Incident], drops: list[int], asked: Iterable[int]
) -> None:
    hint = Hint(CLUSTER, Why.AGAIN, tuple(Drop(instance_id(number), NOON) for number in drops))
    incidents = {one.instance: one for one in known}

    assert in_groups(hint, KnownCluster(incidents, None)) == set(map(instance_id, asked))


@pytest.mark.parametrize("state", ["stopped", "terminated"])
def test_who_stands_by_and_is_gone_ends_as_gone(station: Station, cluster: Cluster, state: str) -> None:
    instance, host = announced(station, cluster)
    answer(station, host, "Warmed:Stopped")
    station.fleet.host(host).state = state

    station.sweep()

    found = station.incidents(cluster)[instance]
    assert (found.state, found.ending) == (State.RESOLVED, state)
