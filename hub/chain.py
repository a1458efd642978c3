"""Chains of messages: how far one may lead to the next, and how long. Pure, no clock.

    delay queue ──▶ ingest ──▶ looks.fifo ──▶ look ──┬──▶ delay queue: look again, one hop further
                                                     └──▶ looks.fifo: a storm's next turn, one hop further

A hop is one invocation of one function; a loop is one hop of each of its functions, so one counter does. Lambda ends a
chain of its own accord when it has invoked a function some 16 times
(https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html), and what it refuses holds up its group. So no
chain of ours is longer than MOST_HOPS. What would go on beyond that is not sent: the sweep, with which a new chain
begins, asks every minute for whatever is not over (hub.sweeping.sweeper).

What a batch is told together goes on together: Lambda counts for all that an invocation sends, and so do we.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from hub.incidents.hints import Chore, Drop, Hint
from spoke.places import Cluster

MOST_HOPS = 12
# The longest wait that SQS knows, in the delay queue.
LONGEST_WAIT = timedelta(minutes=15)
# So many of a chain's hops may be spent on waiting for a grace: what follows needs some too.
_WAITING_HOPS = 10
# How soon a repair is looked at again, hop by hop; after that, with the sweep.
_REPAIR_SECONDS = (10, 10, 10, 15, 20, 30, 30, 30)

_H = TypeVar("_H", bound=Hint | Chore)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A drop that has longer to wait than a chain can: the sweep has its cluster looked at when it is `due`.

    `over` says that this has happened, or that there is no need any more.
    """

    cluster: Cluster
    drop: Drop
    due: datetime
    over: bool = False
    version: int = 0


def onward(hint: _H) -> _H | None:
    """Return the hint one hop further, to be sent; None if its chain ends here."""
    return replace(hint, hops=hint.hops + 1) if hint.hops + 1 < MOST_HOPS else None


def put_off(hint: _H, seconds: float, now: datetime) -> _H | None:
    """Return the hint one hop further, to come in so many seconds; None if it would not hold any more by then."""
    if hint.until and now + timedelta(seconds=seconds) >= hint.until:
        return None
    return onward(hint)


def waits_in_queue(wait: timedelta, hops: int) -> bool:
    """Whether the hops that are left allow to wait so long in the delay queue, in parts if need be."""
    return wait <= LONGEST_WAIT * (_WAITING_HOPS - hops)


def repair_looked_at_in(hops: int) -> timedelta | None:
    """Return how soon to look again at what is being repaired; None if the sweep is soon enough."""
    return timedelta(seconds=_REPAIR_SECONDS[hops]) if hops < len(_REPAIR_SECONDS) else None
