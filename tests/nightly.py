"""What is left to the night: `make test` plays a part of it by day, `make nightly` plays all (`pytest --nightly`).

Nothing is left out in silence. A case that is not played by day has the marker `nightly`: of its own, or because its
test is a `product`, of which by day a diagonal is played and by night every combination. Every test has a case by day,
which tests/meta/test_nightly.py sees to, and the report says how many cases are left to the night. How many examples,
deaths and stories there are is said by `by_night`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

_T = TypeVar("_T")

# How long an example takes says how busy the machine is.
_UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
_DAY, _NIGHT = "day", "night"
# By day the same examples each time, so that a red run is the change's; the night looks for new ones.
settings.register_profile(_DAY, _UNHURRIED, max_examples=30, derandomize=True)
settings.register_profile(_NIGHT, _UNHURRIED, max_examples=100)


def choose(*, night: bool) -> None:
    """Say which it is; before any test module is imported."""
    settings.load_profile(_NIGHT if night else _DAY)


def by_night(many: _T, few: _T) -> _T:
    """Return the one or the other."""
    return many if settings.get_current_profile_name() == _NIGHT else few


def by_day(*values: object, played: bool) -> object:
    """Return a case of a table, which is left to the night unless it is `played` by day."""
    return pytest.param(*values, marks=() if played else pytest.mark.nightly)


def examples(many: int) -> int:
    """Return how many examples hypothesis looks for where a night's are that many."""
    return by_night(many, max(many // 5, 20))


def sort_out(items: Iterable[pytest.Item]) -> None:
    """Mark what is left to the night of tests that are products."""
    products = defaultdict[str, list[pytest.Item]](list)
    for item in items:
        if item.get_closest_marker("product"):
            products[item.nodeid.partition("[")[0]].append(item)
    for cases in products.values():
        by_day = diagonal(_places(cases))
        for number, case in enumerate(cases):
            if number not in by_day:
                case.add_marker(pytest.mark.nightly)


def diagonal(cases: Sequence[Mapping[str, int]]) -> set[int]:
    """Return the numbers of few cases in which all values of the longest list are met, and all that the others combine.

    A case says where in its list each parameter's value is.
    """
    sizes = {name: max(case[name] for case in cases) + 1 for name in cases[0]}
    longest = max(sizes, key=lambda name: sizes[name])
    others = [name for name in sizes if name != longest]
    combined = list(product(*(range(sizes[name]) for name in others)))
    wanted = {
        (turn % sizes[longest], combined[turn % len(combined)]) for turn in range(max(sizes[longest], len(combined)))
    }
    return {
        number for number, case in enumerate(cases) if (case[longest], tuple(case[name] for name in others)) in wanted
    }


def left_out(items: Iterable[pytest.Item], *, night: bool) -> list[pytest.Item]:
    """Return what is not played now."""
    return [] if night else [item for item in items if item.get_closest_marker("nightly")]


def _places(cases: Sequence[pytest.Item]) -> list[dict[str, int]]:
    """Return where in its list each case's value is. An id has a part for each list; pytest's `indices` count cases."""
    parts: list[Sequence[str]] = [case.callspec._idlist for case in cases]  # type: ignore[attr-defined]
    lists = [list(dict.fromkeys(values)) for values in zip(*parts, strict=True)]
    return [{str(n): lists[n].index(value) for n, value in enumerate(part)} for part in parts]
