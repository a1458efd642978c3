"""What instances in trouble have in common."""

import pytest

from hub.incidents.breakdown import Breakdown
from hub.incidents.incident import Incident, State
from tests.hub.factories import incident, sighting


def troubled(number: int, **more: object) -> Incident:
    return incident(number, sighting=sighting(number, **{"ami": "ami-1", **more}))


def test_a_tally_counts_the_unresolved_by_zone_image_and_agent() -> None:
    tally = Breakdown.of(
        [
            troubled(1),
            troubled(2, zone="eu-west-1b", ami=""),
            troubled(3, agent_version="1.90.0"),
            incident(4, State.RESOLVED),
        ]
    )

    assert tally == Breakdown(3, {"eu-west-1a": 2, "eu-west-1b": 1}, {"ami-1": 2}, {"1.86.0": 2, "1.90.0": 1})


def test_of_nobody_nothing_is_counted() -> None:
    assert Breakdown.of([incident(1, State.RESOLVED)]) == Breakdown.together([]) == Breakdown()
    assert Breakdown().shared() == []


def test_tallies_add_up() -> None:
    both = Breakdown.together(
        [Breakdown.of([troubled(1), troubled(2)]), Breakdown.of([troubled(3, zone="eu-west-1c")])]
    )

    assert both == Breakdown.of([troubled(1), troubled(2), troubled(3, zone="eu-west-1c")])


@pytest.mark.parametrize(
    ("tally", "shared"),
    [
        pytest.param(Breakdown(1, {"a": 1}), [], id="one alone shares nothing"),
        pytest.param(Breakdown(2, {"a": 2}), [("zone", "a", 2)], id="two of two"),
        pytest.param(Breakdown(5, {"a": 4, "b": 1}), [("zone", "a", 4)], id="four of five"),
        pytest.param(Breakdown(10, {"a": 7, "b": 3}), [], id="seven of ten are too few"),
        pytest.param(Breakdown(5, {"a": 3}), [], id="of two nobody knows"),
        pytest.param(
            Breakdown(4, {"a": 4}, {"ami-1": 4}, {"1.86.0": 4}),
            [("zone", "a", 4), ("AMI", "ami-1", 4), ("agent", "1.86.0", 4)],
            id="all of it",
        ),
        pytest.param(Breakdown(3, {"a": 1, "b": 1, "c": 1}, {"ami-1": 3}), [("AMI", "ami-1", 3)], id="only the image"),
    ],
)
def test_what_most_share_is_named(tally: Breakdown, shared: list[tuple[str, str, int]]) -> None:
    assert tally.shared() == shared


def test_a_tally_stays_small_whatever_the_fleet_and_keeps_the_commonest() -> None:
    fleet = [troubled(number, ami=f"ami-{number:04}") for number in range(500)]
    fleet += [troubled(1_000 + number, ami="ami-common") for number in range(3)]

    tally = Breakdown.of(fleet)

    assert tally.instances == 503
    assert len(tally.images) == 20
    assert tally.images["ami-common"] == 3
    assert len(Breakdown.together([tally] * 9 + [Breakdown.of([troubled(1, ami="ami-other")])]).images) <= 20
