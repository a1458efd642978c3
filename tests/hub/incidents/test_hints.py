"""Several hints: what becomes of them, whatever order they come in."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.incidents.hints import Drop, Hint, Why, gather
from tests.hub.factories import CLUSTER, ELSEWHERE, NOON, instance_id
from tests.hub.incidents.samples import some_hints
from tests.nightly import examples


@given(st.lists(some_hints, max_size=6), st.randoms())
@settings(max_examples=examples(50), deadline=None)
def test_the_order_and_number_of_hints_does_not_matter(hints: list[Hint], random: object) -> None:
    shuffled = hints + hints[:2]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' Random

    def told(some: list[Hint]) -> dict[str, set[Drop]]:
        return {hint.cluster.key: set(hint.drops) for hint in gather(some)}

    assert told(shuffled) == told(hints)


@pytest.mark.parametrize(
    ("drops", "kept"),
    [
        pytest.param([(3, 0, 0), (5, 0, 1)], (5, 0, 1), id="newest version"),
        pytest.param([(None, 0, 9), (5, 0, 1)], (5, 0, 1), id="a version is better than none"),
        pytest.param([(5, 0, 1), (5, 2, 3)], (5, 2, 3), id="same version: the one that waited more often"),
        pytest.param([(None, 0, 1), (None, 0, 4)], (None, 0, 4), id="no version: the later one"),
        pytest.param([(5, 0, 1), (5, 0, 1)], (5, 0, 1), id="duplicate"),
        pytest.param([(None, 0, 1), (9, 0, None)], (None, 0, 1), id="one that is dated, rather than one that is not"),
    ],
)
def test_of_an_instances_drops_the_newest_counts(
    drops: list[tuple[int | None, int, int | None]], kept: tuple[int | None, int, int | None]
) -> None:
    def made(version: int | None, waits: int, second: int | None) -> Drop:
        return Drop(instance_id(), None if second is None else NOON + timedelta(seconds=second), version, waits)

    for order in itertools.permutations(drops):
        (hint,) = gather(Hint(CLUSTER, Why.STATE_CHANGE, (made(*drop),)) for drop in order)
        assert hint.drops == (made(*kept),)


def test_hints_are_gathered_by_cluster() -> None:
    one, two = (Drop(instance_id(number), NOON) for number in (1, 2))

    gathered = gather(
        [
            Hint(CLUSTER, Why.STATE_CHANGE, (one,)),
            Hint(ELSEWHERE, Why.STATE_CHANGE, (one,)),
            Hint(CLUSTER, Why.STATE_CHANGE, (two,)),
        ]
    )

    assert {(hint.cluster, hint.drops) for hint in gathered} == {(CLUSTER, (one, two)), (ELSEWHERE, (one,))}


@pytest.mark.parametrize(
    ("whys", "counts"),
    [
        pytest.param([Why.SWEEP, Why.SWEEP], Why.SWEEP, id="a sweep alone"),
        pytest.param([Why.SWEEP, Why.STATE_CHANGE, Why.SWEEP], Why.STATE_CHANGE, id="an event before a sweep"),
        pytest.param([Why.SWEEP, Why.AGAIN, Why.REQUEST], Why.REQUEST, id="a person before all"),
        pytest.param([Why.AGAIN, Why.ALONE, Why.SWEEP], Why.ALONE, id="the word that there is no storm"),
    ],
)
def test_of_several_reasons_to_look_the_one_that_changes_most_counts(whys: list[Why], counts: Why) -> None:
    for order in itertools.permutations(whys):
        assert gather(Hint(CLUSTER, why) for why in order) == [Hint(CLUSTER, counts)]


def test_of_several_reasons_that_weigh_the_same_the_first_counts() -> None:
    assert gather([Hint(CLUSTER, Why.AGAIN), Hint(CLUSTER, Why.STATE_CHANGE)]) == [Hint(CLUSTER, Why.AGAIN)]


def test_the_largest_crowd_counts() -> None:
    (hint,) = gather([Hint(CLUSTER, Why.AGAIN, crowd=2), Hint(CLUSTER, Why.AGAIN, crowd=12), Hint(CLUSTER, Why.AGAIN)])

    assert hint.crowd == 12
