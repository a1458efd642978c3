"""What log lines are about: keys that are attached once, where a unit of work begins, and stand in each of its lines.

A unit of work is an invocation, a group of a FIFO batch, a record, a visit. It ends with all its keys, so nothing of a
record stands in the lines of the next one. Threads begin with none: `in_threads` takes them along.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from spoke.places import Cluster

_In = TypeVar("_In")
_Out = TypeVar("_Out")
_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Unit:
    """`keys` hold for the whole unit, `about` until it goes on to something else."""

    keys: Mapping[str, str]
    about: Mapping[str, str]


_unit: ContextVar[_Unit | None] = ContextVar("unit", default=None)


def attached() -> Mapping[str, str]:
    """Return the keys that a line has now."""
    unit = _unit.get()
    return {**unit.keys, **unit.about} if unit else _NONE


@contextmanager
def unit_of_work(**keys: str) -> Iterator[None]:
    """Attach keys to all lines until the end, besides those that are attached already."""
    token = _unit.set(_Unit({**attached(), **keys}, _NONE))
    try:
        yield
    finally:
        _unit.reset(token)


def about(cluster: Cluster | None = None, **keys: str) -> None:
    """Say what the unit of work goes on with; what it was about before is attached no longer. Empty keys are left out.

    They hold to the end of the unit, so the line that tells of an error has them too. Outside of a unit nobody
    would take them off again, and nothing is attached.
    """
    unit = _unit.get()
    if unit is None:
        return
    place = {"account": cluster.account, "region": cluster.region, "cluster": cluster.key} if cluster else {}
    _unit.set(_Unit(unit.keys, {key: value for key, value in {**place, **keys}.items() if value}))


def in_threads(do: Callable[[_In], _Out]) -> Callable[[_In], _Out]:
    """Return what does the same in a unit of work of its own, with the keys of who calls this, in whatever thread."""
    keys = attached()

    def with_keys(given: _In) -> _Out:
        with unit_of_work(**keys):
            return do(given)

    return with_keys
