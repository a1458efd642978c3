"""What `make test` leaves to `make nightly`: nothing in silence, and of each test something is played by day."""

from collections import Counter, defaultdict
from math import prod

import pytest

from coastguard.checkout import ROOT
from tests import nightly
from tests.conftest import ALL, LEFT_OUT
from tests.nightly import diagonal


def test_each_test_is_played_by_day_and_only_what_is_marked_is_left_to_the_night(
    request: pytest.FixtureRequest,
) -> None:
    """The two lists, as they were collected for this very run."""
    everything, left = request.config.stash[ALL], request.config.stash[LEFT_OUT]
    assert request.node in everything
    by_night = {item.nodeid for item in everything if item.get_closest_marker("nightly")}
    by_day = {item.nodeid for item in everything} - by_night

    assert {item.nodeid for item in left} == (set() if request.config.getoption("nightly") else by_night)
    assert _functions(by_night) - _functions(by_day) == set()


def _functions(nodeids: set[str]) -> set[str]:
    return {nodeid.partition("[")[0] for nodeid in nodeids}


def test_of_each_product_a_diagonal_is_played_by_day(request: pytest.FixtureRequest) -> None:
    """As pytest itself has combined its lists."""
    by_day, lists = Counter[str](), dict[str, list[int]]()
    for item in request.config.stash[ALL]:
        if item.get_closest_marker("product"):
            name = item.nodeid.partition("[")[0]
            by_day[name] += not item.get_closest_marker("nightly")
            lists[name] = [len(list(mark.args[1])) for mark in item.iter_markers("parametrize")]

    expected = {name: max(*sizes, prod(sizes) // max(sizes)) for name, sizes in lists.items()}

    assert by_day == expected


def test_by_night_nothing_is_left_out(request: pytest.FixtureRequest) -> None:
    everything = request.config.stash[ALL]

    assert nightly.left_out(everything, night=True) == []


PRODUCTS = {
    "two lists": {"a": 7, "b": 3},
    "two as long": {"a": 4, "b": 4},
    "one": {"a": 5},
    "more combinations than the longest has values": {"a": 5, "b": 4, "c": 2, "d": 2},
}


@pytest.mark.parametrize("sizes", PRODUCTS.values(), ids=PRODUCTS)
def test_of_a_product_every_value_and_every_combination_of_the_shorter_lists_is_met(sizes: dict[str, int]) -> None:
    cases: list[dict[str, int]] = [{}]
    for name, size in sizes.items():
        cases = [{**case, name: value} for case in cases for value in range(size)]
    longest = max(sizes, key=lambda name: sizes[name])

    kept = [cases[number] for number in diagonal(cases)]

    met = defaultdict[str, set[object]](set)
    for case in kept:
        met["longest"].add(case[longest])
        met["others"].add(tuple(value for name, value in case.items() if name != longest))
    others = len(cases) // sizes[longest]
    assert (len(met["longest"]), len(met["others"])) == (sizes[longest], others)
    assert len(kept) == max(sizes[longest], others)


def test_what_is_given_together_is_one_list() -> None:
    """Parameters of one table stand at the same place of it."""
    cases = [{"hinder": place, "problem": place} for place in range(6)]

    assert diagonal(cases) == set(range(6))


def test_the_commands_play_what_they_say() -> None:
    recipes = (ROOT / "Makefile").read_text()

    assert "$(BIN)/pytest --nightly" in recipes.split("\nnightly:")[1].split("\n\n")[0]
    assert "--nightly" not in recipes.split("\ntest:")[1].split("\n\n")[0]
