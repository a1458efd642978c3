"""Coverage: which member Regions are watched, which are blind and why, and how that is said."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.scopes.coverage import NOT_LATELY, STALE, Coverage, Place, Visit, coverage, visited
from tests.hub.factories import NOON

SECOND = timedelta(seconds=1)
A, B = "222233334444", "333344445555"
REGIONS = ("eu-west-1", "us-east-1")
LOCKED = f"role coastguard-reader cannot be assumed in {A}: AccessDenied"
HERE = (A, REGIONS[0])


def seen(problem: str = "", *, tried_at: datetime = NOON, at: datetime | None = NOON) -> Visit:
    return Visit(tried_at, at, problem)


@pytest.mark.parametrize(
    ("last", "stands"),
    [
        pytest.param(seen(), Coverage((HERE,), (), ()), id="seen"),
        pytest.param(seen(tried_at=NOON - STALE + SECOND), Coverage((HERE,), (), ()), id="seen a while ago"),
        pytest.param(seen(tried_at=NOON - STALE), Coverage((), ((HERE, NOT_LATELY),), ()), id="not lately"),
        pytest.param(seen(LOCKED), Coverage((), ((HERE, LOCKED),), ()), id="blind since it was seen"),
        pytest.param(seen(LOCKED, at=None), Coverage((), ((HERE, LOCKED),), ()), id="never seen, for a reason"),
        pytest.param(None, Coverage((), (), (HERE,)), id="never visited"),
    ],
)
def test_a_place_is_watched_blind_or_unvisited(last: Visit | None, stands: Coverage) -> None:
    assert coverage([A], REGIONS[:1], {HERE: last} if last else {}, NOON) == stands


def test_every_region_of_every_account_counts_and_nothing_else() -> None:
    known = {(A, REGIONS[0]): seen(), (B, REGIONS[1]): seen(LOCKED), ("444455556666", REGIONS[0]): seen()}

    found = coverage([B, A], REGIONS, known, NOON)

    assert found.watched == ((A, REGIONS[0]),)
    assert found.blind == (((B, REGIONS[1]), LOCKED),)
    assert found.unvisited == ((A, REGIONS[1]), (B, REGIONS[0]))


def test_what_was_seen_before_stands_while_a_place_is_blind() -> None:
    first = visited(None, LOCKED, NOON)
    well = visited(first, "", NOON + SECOND)
    blind = visited(well, LOCKED, NOON + 2 * SECOND)

    assert first == Visit(NOON, None, LOCKED)
    assert well == Visit(NOON + SECOND, NOON + SECOND, "")
    assert blind == Visit(NOON + 2 * SECOND, NOON + SECOND, LOCKED)


def test_places_that_are_blind_for_the_same_reason_are_counted_together() -> None:
    blind = tuple(
        ((account, region), f"ecs:ListClusters refused in {account}/{region}: AccessDenied")
        for account in (A, B)
        for region in REGIONS
    )
    found = Coverage((), (*blind, (HERE, LOCKED)), ())

    assert found.reasons == (
        ("ecs:ListClusters refused: AccessDenied", 4),
        ("role coastguard-reader cannot be assumed: AccessDenied", 1),
    )


@pytest.mark.parametrize(
    ("stands", "line"),
    [
        pytest.param(Coverage((), (), ()), "No account of the organization is known yet.", id="nothing"),
        pytest.param(Coverage((HERE,) * 1_200, (), ()), "1,200 of 1,200 member Regions watched.", id="everything"),
        pytest.param(
            Coverage((HERE,), ((HERE, LOCKED),), (HERE, HERE)),
            "1 of 4 member Regions watched; 1 blind: role coastguard-reader cannot be assumed: AccessDenied (1);"
            " 2 not visited yet.",
            id="some",
        ),
        pytest.param(
            Coverage((), tuple((HERE, reason) for reason in "aabbcde"), ()),
            "0 of 7 member Regions watched; 7 blind: a (2), b (2), c (1), 2 more reasons.",
            id="many reasons",
        ),
    ],
)
def test_it_is_said_in_one_line(stands: Coverage, line: str) -> None:
    assert stands.line == line


_places = st.tuples(st.sampled_from([A, B, "444455556666"]), st.sampled_from(REGIONS))
_moments = st.integers(0, 100).map(lambda minutes: NOON - timedelta(minutes=minutes))


@given(st.dictionaries(_places, st.builds(Visit, _moments, st.none() | _moments, st.sampled_from(["", LOCKED, "x"]))))
def test_each_place_stands_in_one_way(known: dict[Place, Visit]) -> None:
    found = coverage([A, B, A], REGIONS, known, NOON)

    places = [*found.watched, *(place for place, _ in found.blind), *found.unvisited]
    assert sorted(places) == sorted((account, region) for account in (A, B) for region in REGIONS)
    assert sum(number for _, number in found.reasons) == len(found.blind)
    assert "\n" not in found.line
