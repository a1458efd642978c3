"""Fate: what happens to a function between its beginning and its end, at any of its side effects.

Every call of AWS and of Slack, reads included, is a side effect and passes `Fate.effect`. There a function may die,
before or after the call is done; another function may run whole in between; or several run `together` and take turns.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, repeat
from typing import TypeVar

from greenlet import getcurrent, greenlet

from tests.hub.timing import Clock

_T = TypeVar("_T")

# What a call takes: no two things happen in the same moment.
_AWS_SECONDS, _SLACK_SECONDS = 0.01, 0.2
# More side effects than any function has.
_TO_ITS_END = 1_000_000


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
    """A function at work in one of the environments. `struck` is whose faults it has met, as `World.struck` says it."""

    name: str
    began: datetime
    limit: timedelta
    turn: Turn | None
    environment: int = 0
    trace: str = ""
    effects: list[str] = field(default_factory=list)
    struck: list[str] = field(default_factory=list)
    overtaken: bool = False


@dataclass
class Fate:
    """Lets side effects happen, or something else. `begun` and `done` hear of each effect."""

    clock: Clock
    begun: Callable[[str], None] = lambda _: None
    done: Callable[[str], None] = lambda _: None
    _stacks: dict[greenlet, list[Running]] = field(default_factory=dict)
    _side_by_side: list[greenlet] = field(default_factory=list)
    _left: int = 0

    def forget(self) -> None:
        """Nothing runs."""
        self._stacks.clear()

    @property
    def running(self) -> list[Running]:
        """The function that runs now is the last one; before it stand those in the midst of which it runs."""
        return self._stacks.setdefault(getcurrent(), [])

    @property
    def alive(self) -> list[Running]:
        """Every function that has begun and not ended."""
        return [run for stack in self._stacks.values() for run in stack]

    @contextmanager
    def runs(
        self, name: str, seconds: float, turn: Turn | None = None, environment: int = 0, trace: str = ""
    ) -> Iterator[Running]:
        """A function runs meanwhile; it may take so many seconds, as Lambda has it."""
        run = Running(name, self.clock(), timedelta(seconds=seconds), turn, environment, trace)
        for other in self.alive:
            other.overtaken = True
        run.overtaken = bool(self.alive)
        self.running.append(run)
        self._takes_over()
        try:
            yield run
        finally:
            self.running.remove(run)
            self._takes_over()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Whatever happens meanwhile is done by people or by the world, and by no function."""
        before, self._stacks[getcurrent()] = self.running, []
        self._takes_over()
        try:
            yield
        finally:
            self._stacks[getcurrent()] = before
            self._takes_over()

    def _takes_over(self) -> None:
        """Whoever goes on now finds what Lambda has set in its environment: its name, and the trace of its chain."""
        os.environ.pop("_X_AMZN_TRACE_ID", None)
        os.environ.pop("AWS_LAMBDA_FUNCTION_NAME", None)
        if self.running:
            os.environ["AWS_LAMBDA_FUNCTION_NAME"] = f"coastguard-{self.function}"
            os.environ["_X_AMZN_TRACE_ID"] = self.running[-1].trace

    def together(self, functions: Sequence[Callable[[], object]], order: Iterable[tuple[int, int]]) -> None:
        """Let functions run at the same time. `order` says whose turn it is, and for how many of its side effects."""
        threads = [greenlet(function) for function in functions]
        self._side_by_side = threads.copy()
        try:
            for who, effects in chain(order, repeat((0, _TO_ITS_END))):
                if not self._side_by_side:
                    return
                thread = self._side_by_side[who % len(self._side_by_side)]
                self._left = effects
                thread.switch()
                self._takes_over()
                if thread.dead:
                    self._side_by_side.remove(thread)
                    self._stacks.pop(thread, None)
        finally:
            self._side_by_side = []
            for thread in threads:
                if thread and not thread.dead:
                    thread.throw()

    def give_way(self) -> None:
        """If functions run together, this may be where another one goes on."""
        here = getcurrent()
        if here not in self._side_by_side:
            return
        if self._left <= 0:
            here.parent.switch()
            self._takes_over()
        self._left -= 1

    def sleep(self, seconds: float) -> None:
        """A function waits, and others may go on meanwhile."""
        self.clock.forward(seconds=seconds)
        self.give_way()

    @property
    def function(self) -> str:
        """The name of the function that runs; "" for the world's own calls."""
        return self.running[-1].name if self.running else ""

    def effect(self, name: str, do: Callable[[], _T]) -> _T:
        """A side effect happens, if its function lives to see it."""
        if not self.running:
            return do()
        self.give_way()
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
