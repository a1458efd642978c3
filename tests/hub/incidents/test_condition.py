"""What a sighting says of an instance."""

import pytest

from hub.incidents.condition import UNWATCHED, Condition, condition
from spoke.sighting import Sighting
from tests.hub.factories import sighting


@pytest.mark.parametrize(
    ("seen", "name"),
    [
        pytest.param(sighting(status="INACTIVE"), Condition.DEREGISTERED, id="inactive"),
        pytest.param(sighting(status="DEREGISTERING"), Condition.DEREGISTERED, id="deregistering"),
        pytest.param(sighting(status="REGISTRATION_FAILED"), Condition.DEREGISTERED, id="never registered"),
        pytest.param(sighting(status="INACTIVE", connected=True), Condition.DEREGISTERED, id="inactive yet connected"),
        pytest.param(sighting(status="DRAINING", connected=True), Condition.CONNECTED, id="draining and connected"),
        pytest.param(sighting(host_state="gone"), Condition.TERMINATED, id="forgotten by EC2"),
        pytest.param(sighting(host_state="stopping"), Condition.STOPPED, id="stopping"),
        pytest.param(sighting(status="REGISTERING"), Condition.CHANGING, id="registering"),
        pytest.param(sighting(host_state="pending"), Condition.DISCONNECTED, id="host starting"),
        pytest.param(sighting(host_state=None), Condition.DISCONNECTED, id="host unknown: fails open"),
        pytest.param(sighting(checks="impaired"), Condition.DISCONNECTED, id="host ill"),
        pytest.param(sighting(connected=None), Condition.UNREADABLE, id="agent unknown"),
        pytest.param(sighting(lifecycle="InService"), Condition.DISCONNECTED, id="in service"),
        pytest.param(sighting(lifecycle="Pending:Wait"), Condition.DISCONNECTED, id="coming into service"),
        pytest.param(sighting(lifecycle="EnteringStandby"), Condition.OUT_OF_SERVICE, id="entering standby"),
        pytest.param(sighting(lifecycle="Warmed:Running"), Condition.OUT_OF_SERVICE, id="in a warm pool"),
        pytest.param(sighting(lifecycle="Warmed:Pending:Wait"), Condition.OUT_OF_SERVICE, id="entering a warm pool"),
        pytest.param(sighting(lifecycle="Terminating:Wait"), Condition.OUT_OF_SERVICE, id="a lifecycle hook waits"),
        pytest.param(sighting(lifecycle="Detaching"), Condition.OUT_OF_SERVICE, id="detaching"),
        pytest.param(sighting(lifecycle="Standby", connected=True), Condition.CONNECTED, id="standby, connected"),
        pytest.param(sighting(lifecycle="Standby", host_state="stopped"), Condition.STOPPED, id="standby, stopped"),
        pytest.param(sighting(status=UNWATCHED, connected=True), Condition.UNWATCHED, id="not watched, connected"),
        pytest.param(sighting(status="SOMETHING_NEW"), Condition.DISCONNECTED, id="unknown status: fails open"),
    ],
)
def test_a_sighting_says_one_thing(seen: Sighting, name: Condition) -> None:
    assert condition(seen) is name


@pytest.mark.parametrize(
    ("lifecycle", "seen"),
    [
        ("InService", Condition.DISCONNECTED),
        ("Pending:Wait", Condition.DISCONNECTED),
        ("Terminating:Retained", Condition.DISCONNECTED),
        ("Terminating:Dreaming", Condition.DISCONNECTED),
        ("Terminating", Condition.OUT_OF_SERVICE),
        ("Terminating:Wait", Condition.OUT_OF_SERVICE),
        ("Standby", Condition.OUT_OF_SERVICE),
        ("ReplacingRootVolume", Condition.OUT_OF_SERVICE),
        ("ReplacingRootVolume:Wait", Condition.OUT_OF_SERVICE),
        ("RootVolumeReplaced", Condition.OUT_OF_SERVICE),
        ("Warmed:Stopped", Condition.OUT_OF_SERVICE),
        ("Warmed:Terminating:Retained", Condition.OUT_OF_SERVICE),
    ],
)
def test_a_lifecycle_state_counts_for_what_it_means_and_not_for_how_it_begins(lifecycle: str, seen: Condition) -> None:
    assert condition(sighting(lifecycle=lifecycle)) is seen


def test_an_instance_that_drains_without_its_agent_is_draining_and_not_just_disconnected() -> None:
    assert condition(sighting(status="DRAINING")) is Condition.DRAINING
