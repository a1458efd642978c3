"""What has got worse since somebody acknowledged it, and when people are told: the table of thresholds."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.incidents.acknowledgement import Acknowledgement, Extent, covered
from hub.incidents.breakdown import Breakdown
from hub.incidents.bulletin import Bulletin
from hub.incidents.growth import GATHERS, SELDOM, Growth, has_more, of_cluster, of_storm, taken_over, ways
from hub.incidents.incident import Incident, State
from hub.incidents.storm import Storm
from tests.hub.factories import ALICE, BOB, CHANNEL, NOON, bulletin, incident, sighting

MINUTE = timedelta(minutes=1)
A, B = "eu-west-1a", "eu-west-1b"
ACKNOWLEDGED = NOON - 10 * MINUTE


def ago(minutes: float) -> datetime:
    return NOON - timedelta(minutes=minutes)


def extent(instances: int, zones: str = "a", registered: int = 0) -> Extent:
    return Extent(instances, tuple(f"eu-west-1{zone}" for zone in zones), registered)


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        # Zones
        pytest.param(extent(3), extent(4, "ab"), (f"also in {B}",), id="one more zone"),
        pytest.param(extent(1, ""), extent(1, "a"), (f"also in {A}",), id="a zone that nobody knew"),
        pytest.param(extent(3, "ab"), extent(4, "ab"), (), id="the same zones"),
        pytest.param(extent(3, "ab"), extent(4, "a"), (), id="a zone less"),
        pytest.param(extent(3, "a"), extent(3, "b"), (f"also in {B}",), id="another zone"),
        # Twice the instances, at least two more
        pytest.param(extent(1), extent(2), (), id="one and one more"),
        pytest.param(extent(1), extent(3), ("3 instances, there were 1",), id="one and two more"),
        pytest.param(extent(2), extent(3), (), id="two and one more"),
        pytest.param(extent(2), extent(4), ("4 instances, there were 2",), id="twice two"),
        pytest.param(extent(5), extent(9), (), id="not yet twice five"),
        pytest.param(extent(5), extent(10), ("10 instances, there were 5",), id="twice five"),
        pytest.param(extent(1_000), extent(2_000), ("2,000 instances, there were 1,000",), id="in thousands"),
        pytest.param(extent(5), extent(5), (), id="as many"),
        pytest.param(extent(5), extent(2), (), id="fewer"),
        # Shares of the cluster
        *(
            pytest.param(extent(share - 1, registered=100), extent(share, registered=100), (), id=f"{share} %")
            for share in (10, 25, 50, 75)
        ),
        *(
            pytest.param(
                extent(share, registered=100),
                extent(share + 1, registered=100),
                (f"more than {share} % of the cluster",),
                id=f"past {share} %",
            )
            for share in (10, 25, 50, 75)
        ),
        pytest.param(
            extent(9, registered=100), extent(12, registered=100), ("more than 10 % of the cluster",), id="past one"
        ),
        pytest.param(
            extent(40, registered=100), extent(76, registered=100), ("more than 75 % of the cluster",), id="past two"
        ),
        pytest.param(extent(11, registered=100), extent(20, registered=100), (), id="past it before"),
        pytest.param(extent(9), extent(11, registered=100), ("more than 10 % of the cluster",), id="size known by now"),
        pytest.param(extent(9, registered=100), extent(11), (), id="size not known any more"),
        pytest.param(extent(9, registered=100), extent(9, registered=20), (), id="the cluster has become smaller"),
        pytest.param(
            extent(9, registered=100), extent(11, registered=10), (), id="more than there are: they just left"
        ),
        # Together
        pytest.param(
            extent(2, registered=40),
            extent(5, "ab", 40),
            (f"also in {B}", "more than 10 % of the cluster", "5 instances, there were 2"),
            id="in every way",
        ),
    ],
)
def test_what_is_news(before: Extent, now: Extent, said: tuple[str, ...]) -> None:
    assert ways(before, now) == said


def one(number: int, opened: float, zone: str = A, **more: Any) -> Incident:
    return incident(number, opened_at=ago(opened), sighting=sighting(number, zone=zone), **more)


def taken(number: int, opened: float, at: float, **more: Any) -> Incident:
    return one(number, opened, state=State.ACKNOWLEDGED, acknowledged_by=ALICE, acknowledged_at=ago(at), **more)


def acknowledged(instances: int, at: float = 10, zones: str = "a") -> Acknowledgement:
    return Acknowledgement(ALICE, ago(at), extent(instances, zones))


def grown(known: dict[str, Any], *incidents: Incident) -> Growth | None:
    return of_cluster(bulletin(**known).episode, incidents)


OLD = [one(1, 30), one(2, 30)]


@pytest.mark.parametrize(
    ("known", "incidents", "since"),
    [
        pytest.param({}, [*OLD, one(3, 5), one(4, 4)], None, id="nobody has acknowledged it"),
        pytest.param({"acknowledged": acknowledged(2)}, OLD, None, id="nothing more"),
        pytest.param({"acknowledged": acknowledged(2)}, [*OLD, one(3, 5)], None, id="one more"),
        pytest.param({"acknowledged": acknowledged(2)}, [*OLD, one(3, 5), one(4, 4)], 4, id="twice as many"),
        pytest.param({"acknowledged": acknowledged(2)}, [*OLD, one(4, 4), one(3, 5)], 4, id="in whatever order"),
        pytest.param(
            {"acknowledged": acknowledged(2)}, [*OLD, one(3, 5), one(4, 4), one(5, 1)], 4, id="and more since"
        ),
        pytest.param({"acknowledged": acknowledged(2)}, [*OLD, one(3, 5, B), one(4, 4)], 5, id="a zone first"),
        pytest.param(
            {"acknowledged": acknowledged(2)},
            [*OLD, one(3, 5, state=State.RESOLVED, resolved_at=ago(1)), one(4, 4)],
            None,
            id="one is over",
        ),
        pytest.param(
            {"acknowledged": acknowledged(2)},
            [*OLD, one(3, 5, episode="ep-1"), one(4, 4)],
            None,
            id="of another episode",
        ),
        pytest.param({}, [taken(1, 30, 10), one(2, 30), one(3, 5), one(4, 4)], 4, id="one of two was acknowledged"),
        pytest.param({}, [taken(1, 30, 10), one(2, 5)], None, id="one, and one more"),
        pytest.param({}, [taken(1, 30, 10), one(2, 5), one(3, 4)], 4, id="one, and two more"),
        pytest.param(
            {"acknowledged": acknowledged(2, 20)},
            [*OLD, one(3, 15), taken(4, 15, 12), one(5, 5)],
            None,
            id="acknowledged again, when it was more",
        ),
        pytest.param(
            {"opened_at": ago(8)},
            [taken(1, 30, 10, resolved_at=ago(9)), one(2, 5), one(3, 4)],
            None,
            id="in an earlier run",
        ),
        pytest.param(
            {"acknowledged": acknowledged(2), "grown": extent(4), "grown_at": ago(3)},
            [*OLD, one(3, 5), one(4, 4), one(5, 2)],
            None,
            id="told, and one more since",
        ),
        pytest.param(
            {"acknowledged": acknowledged(2), "grown": extent(4), "grown_at": ago(3)},
            [*OLD, one(3, 5), one(4, 4), one(5, 2, B)],
            2,
            id="told, and a zone since",
        ),
        pytest.param(
            {"acknowledged": acknowledged(2), "grown": extent(4), "grown_at": ago(12)},
            [*OLD, one(3, 5), one(4, 4)],
            4,
            id="told before it was acknowledged again",
        ),
        pytest.param(
            {"acknowledged": acknowledged(4), "registered": 40},
            [one(number, 30) for number in range(1, 5)] + [one(5, 6)],
            6,
            id="past a tenth of the cluster",
        ),
    ],
)
def test_since_when_it_is_news(known: dict[str, Any], incidents: list[Incident], since: float | None) -> None:
    found = grown(known, *incidents)

    assert (found.since if found else None) == (ago(since) if since is not None else None)


def test_growth_says_how_much_it_is_now() -> None:
    found = grown({"acknowledged": acknowledged(2), "registered": 10}, *OLD, one(3, 5, B), one(4, 4, ""))

    assert found
    assert found.extent == extent(4, "ab", 10)
    assert found.ways == (f"also in {B}", "more than 25 % of the cluster", "4 instances, there were 2")


@pytest.mark.parametrize(
    ("told", "due"),
    [
        pytest.param(None, NOON + GATHERS, id="gathered for a minute"),
        pytest.param(NOON - MINUTE, NOON - MINUTE + SELDOM, id="not so soon again"),
        pytest.param(NOON - 60 * MINUTE, NOON + GATHERS, id="long ago"),
    ],
)
def test_when_it_is_told(told: datetime | None, due: datetime) -> None:
    assert Growth(NOON, extent(3), ("more",)).due(told) == due


@pytest.mark.parametrize(
    ("known", "number", "more"),
    [
        pytest.param({}, 9, False, id="nobody has acknowledged it"),
        pytest.param({"acknowledged": acknowledged(2)}, 2, False, id="as many"),
        pytest.param({"acknowledged": acknowledged(2)}, 3, True, id="more"),
        pytest.param({"acknowledged": acknowledged(2), "closed": True}, 3, False, id="over"),
    ],
)
def test_a_cluster_is_counted_only_if_there_are_more_than_was_acknowledged(
    known: dict[str, Any], number: int, more: bool
) -> None:
    assert has_more(bulletin(**known), OLD, number) is more


def test_what_is_not_known_has_not_grown() -> None:
    assert not has_more(None, [], 9)


# What an acknowledgement is about


@pytest.mark.parametrize(
    ("one_of_them", "state", "by"),
    [
        pytest.param(one(1, 30), State.ACKNOWLEDGED, BOB, id="there before"),
        pytest.param(one(1, 10), State.ACKNOWLEDGED, BOB, id="at the same moment"),
        pytest.param(one(1, 9), State.OPEN, "", id="came up later"),
        pytest.param(taken(1, 30, 20), State.ACKNOWLEDGED, ALICE, id="somebody has it already"),
        pytest.param(one(1, 30, state=State.REPAIRING), State.REPAIRING, BOB, id="under repair"),
        pytest.param(one(1, 30, state=State.RESOLVED, resolved_at=ago(5)), State.RESOLVED, BOB, id="over since"),
        pytest.param(one(1, 30, state=State.RESOLVED, resolved_at=ago(20)), State.RESOLVED, "", id="over before"),
    ],
)
def test_what_an_acknowledgement_covers(one_of_them: Incident, state: State, by: str) -> None:
    (seen,) = covered([one_of_them], Acknowledgement(BOB, ACKNOWLEDGED))

    assert (seen.state, seen.acknowledged_by) == (state, by)
    assert covered([one_of_them], None) == [one_of_them]


# Storms


def member(number: int, instances: int, zone: str = A) -> Bulletin:
    return bulletin(tally=Breakdown(instances, {zone: instances}), opened_at=ago(20 - number))


def stormy(**more: Any) -> Storm:
    return Storm(CHANNEL, "eu-west-1", "st-1", ago(20), ago(15), **more)


TWELVE = [member(number, 1) for number in range(12)]


@pytest.mark.parametrize(
    ("known", "more", "said"),
    [
        pytest.param({}, [member(1, 30)], None, id="nobody has acknowledged it"),
        pytest.param({"acknowledged": acknowledged(12)}, [], None, id="nothing more"),
        pytest.param({"acknowledged": acknowledged(12)}, [member(1, 11)], None, id="not twice as many"),
        pytest.param({"acknowledged": acknowledged(12)}, [member(1, 12)], "24 instances, there were 12", id="twice"),
        pytest.param({"acknowledged": acknowledged(12)}, [member(1, 1, B)], f"also in {B}", id="a zone"),
        pytest.param({"acknowledged": acknowledged(12), "over": True}, [member(1, 12)], None, id="over"),
        pytest.param(
            {"acknowledged": acknowledged(12), "grown": extent(24), "grown_at": ago(3)},
            [member(1, 12)],
            None,
            id="told",
        ),
        pytest.param(
            {"acknowledged": acknowledged(12), "grown": extent(24), "grown_at": ago(30)},
            [member(1, 12)],
            "24 instances, there were 12",
            id="told before it was acknowledged",
        ),
    ],
)
def test_a_storm_grows_like_a_bulletin(known: dict[str, Any], more: list[Bulletin], said: str | None) -> None:
    found = of_storm(stormy(**known), [*TWELVE, *more], NOON)

    assert (found.ways if found else None) == ((said,) if said else None)
    assert not found or found.since == NOON


def test_a_storm_has_grown_since_it_was_first_seen_to() -> None:
    found = of_storm(stormy(acknowledged=acknowledged(12), grows_since=ago(1)), [*TWELVE, member(1, 12)], NOON)

    assert found
    assert found.since == ago(1)


def test_a_cluster_takes_over_what_its_storm_was_acknowledged_as() -> None:
    """With its own numbers, so that it outlives the storm."""
    fact = acknowledged(500)

    episode = taken_over(bulletin(registered=40).episode, fact, [*OLD, one(3, 5)])

    assert episode.acknowledged == Acknowledgement(ALICE, fact.at, extent(2, registered=40))
    assert taken_over(episode, fact, OLD) is episode


@pytest.mark.parametrize(
    ("known", "fact", "incidents"),
    [
        pytest.param({}, None, OLD, id="nobody has acknowledged the storm"),
        pytest.param({}, acknowledged(12), [one(3, 5)], id="it joined later"),
        pytest.param(
            {"acknowledged": acknowledged(2, 5)}, acknowledged(12), OLD, id="it was acknowledged itself since"
        ),
    ],
)
def test_a_cluster_takes_nothing_over(
    known: dict[str, Any], fact: Acknowledgement | None, incidents: list[Incident]
) -> None:
    episode = bulletin(**known).episode

    assert taken_over(episode, fact, incidents) is episode
