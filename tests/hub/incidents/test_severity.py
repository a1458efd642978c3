"""How bad a cluster's trouble is."""

import pytest

from hub.incidents.severity import severity
from spoke.sighting import Registration, Sighting
from tests.hub.factories import CLUSTER, instance_id, sighting

ALIVE = Registration(CLUSTER, instance_id(99), connected=True, status="ACTIVE")


def several(number: int, **more: object) -> list[Sighting]:
    return [sighting(each, **more) for each in range(1, number + 1)]


@pytest.mark.parametrize(
    ("broken", "registered", "said"),
    [
        pytest.param(several(1), 0, "warning", id="one of nobody knows how many"),
        pytest.param(several(1), 3, "warning", id="one of three"),
        pytest.param(several(1), 2, "critical", id="one of two"),
        pytest.param(several(1), 1, "critical", id="the only one"),
        pytest.param(several(49), 100, "warning", id="nearly half"),
        pytest.param(several(50), 100, "critical", id="half"),
        pytest.param(several(1, checks="impaired"), 100, "critical", id="the host itself is in trouble"),
        pytest.param(several(1, connected=None, checks=None), 100, "warning", id="nobody could look"),
        pytest.param(several(2, managed=True), 100, "info", id="AWS replaces them"),
        pytest.param(several(2, managed=True, auto_repair=False), 100, "warning", id="AWS does not replace them"),
        pytest.param(several(1, others=(ALIVE,)), 2, "info", id="an old registration of the only host"),
        pytest.param([*several(1, others=(ALIVE,)), sighting(2)], 100, "warning", id="and one that is gone"),
        pytest.param(several(2, managed=True), 3, "critical", id="AWS replaces them, and most are gone"),
        pytest.param([*several(1, managed=True), sighting(2)], 100, "warning", id="AWS replaces one of them"),
    ],
)
def test_severity(broken: list[Sighting], registered: int, said: str) -> None:
    assert severity(broken, registered) == said
