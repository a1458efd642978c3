"""What goes wrong in AWS: ordered by operation and account, always or by chance, from one seeded source of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from threading import Lock

ANY = "*"


class Kind(StrEnum):
    """What happens instead of an answer."""

    THROTTLED = "throttled"
    REFUSED = "refused"
    BROKEN = "broken"  # HTTP 500
    CONFLICTING = "conflicting"  # of DynamoDB's writes: another transaction has the row just now
    UNFINISHED = "unfinished"  # of a transaction: this very request, tried before, is still being worked on
    SILENT = "silent"  # the client's patience ends before an answer comes


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to calls of `operation` ("ecs:DescribeContainerInstances", "ecs:*", "*") by `account`, or
    signing in to it.

    `chance` is how likely it is for each call. `done` says of a SILENT one that the work was done all the same.
    """

    operation: str
    kind: Kind
    account: str = ANY
    chance: float = 1.0
    done: bool = False

    def concerns(self, service: str, operation: str, account: str) -> bool:
        return self.operation in {f"{service}:{operation}", f"{service}:{ANY}", ANY} and self.account in {account, ANY}


@dataclass
class Faults:
    """The faults that are on. The same seed and the same calls give the same faults."""

    seed: int = 7
    _on: list[Fault] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._chance = Random(self.seed)  # noqa: S311 - to be the same each time is the point

    def order(self, *faults: Fault) -> None:
        with self._lock:
            self._on += faults

    def mend(self) -> None:
        """Let everything go well again."""
        with self._lock:
            self._on.clear()

    def on(self, service: str, operation: str, account: str) -> Fault | None:
        """Tell what happens to this call."""
        if not self._on:
            return None
        with self._lock:
            for fault in self._on:
                if fault.concerns(service, operation, account) and self._chance.random() < fault.chance:
                    return fault
        return None
