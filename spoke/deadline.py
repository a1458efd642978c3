"""Deadlines: until when the work at hand may call member accounts, and which of them it has found silent.

Whoever begins some work says how much time it has (`within`); each Member made meanwhile keeps to that, in whatever
thread it calls. So no function works past its end, and one Region that takes calls and never answers cannot use up the
time of all others: once two accounts have waited for it, whoever asks there hears at once that it does not answer. What
one account alone does not answer, another one is still asked.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Deadline:
    """`left` tells for how many seconds the work may go on.

    `silent` are the accounts in which a service of a Region has not answered it.
    """

    left: Callable[[], float] = lambda: math.inf
    silent: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def is_silent(self, account: str, service: str, region: str) -> bool:
        """Whether a service will not answer an account: it has not before, or has not answered two others there."""
        accounts = self.silent.get((service, region), set())
        return account in accounts or len(accounts) > 1


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


def deadline() -> Deadline:
    """Return what the work at hand has to keep to; one that never comes if nobody has said anything."""
    return _current.get() or Deadline()


@contextmanager
def within(left: Callable[[], float]) -> Iterator[None]:
    """Let what is done meanwhile end before no seconds are `left`."""
    token = _current.set(Deadline(left, deadline().silent))
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def for_seconds(seconds: float) -> Iterator[None]:
    """Let what is done meanwhile take at most so much of the time there is, if that is not endless."""
    left = deadline().left
    spared = left() - seconds
    with within(left if math.isinf(spared) else lambda: left() - max(spared, 0)):
        yield
