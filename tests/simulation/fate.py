"""Fate: what happens to a function between its beginning and its end, at any of its side effects.

Every call of AWS and of Slack, reads included, is a side effect and passes `Fate.effect`. There a function may die,
before or after the call is done, or another function may run whole in between.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from tests.hub.timing import Clock

_T = TypeVar("_T")

# What a call takes: no two things happen in the same moment.
_AWS_SECONDS, _SLACK_SECONDS = 0.01, 0.2


class Died(BaseException):
    """The function is no more: no memory, no time, no host. No except clause and no clean-up of ours hears of it."""


@dataclass(frozen=True)
class Turn:
    """What happens at the `at`-th side effect of a function (of those that begin with `of`), before or `after` it."""

    at: int
    after: bool
    happens: Callable[[], None]
    of: str = ""


@dataclass
class Running:
    """A function at work."""

    name: str
    began: datetime
    limit: timedelta
    turn: Turn | None
    effects: list[str] = field(default_factory=list)


@dataclass
class Fate:
    """Lets side effects happen, or something else. `begun` and `done` hear of each effect."""

    clock: Clock
    begun: Callable[[str], None] = lambda _: None
    done: Callable[[str], None] = lambda _: None
    running: list[Running] = field(default_factory=list)

    @contextmanager
    def runs(self, name: str, seconds: float, turn: Turn | None = None) -> Iterator[Running]:
        """A function runs meanwhile; it may take so many seconds, as Lambda has it."""
        run = Running(name, self.clock(), timedelta(seconds=seconds), turn)
        self.running.append(run)
        try:
            yield run
        finally:
            self.running.pop()

    @property
    def function(self) -> str:
        """The name of the function that runs; "" for the world's own calls."""
        return self.running[-1].name if self.running else ""

    def effect(self, name: str, do: Callable[[], _T]) -> _T:
        """A side effect happens, if its function lives to see it."""
        if not self.running:
            return do()
        run = self.running[-1]
        run.effects.append(name)
        self.begun(name)
        self._pass(run, name, after=False)
        try:
            done = do()
        finally:
            self.clock.forward(seconds=_SLACK_SECONDS if name.startswith("slack:") else _AWS_SECONDS)
            self.done(name)
        self._pass(run, name, after=True)
        if self.clock() - run.began > run.limit:
            raise Died(f"{run.name} ran out of time at {name}")
        return done

    def _pass(self, run: Running, name: str, *, after: bool) -> None:
        turn = run.turn
        if turn is None or turn.after != after or not name.startswith(turn.of):
            return
        if turn.at == sum(effect.startswith(turn.of) for effect in run.effects):
            run.turn = None
            turn.happens()
