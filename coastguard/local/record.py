"""What happened in the world: the AWS calls that IAM examined, the refusals, and a revision that grows with both."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

KEPT = 10_000

RefusalKind = Literal["iam", "trust", "bus", "target", "stack"]


@dataclass(frozen=True, slots=True)
class Call:
    """One AWS call as IAM saw it. `role` and `session` are those of an AssumeRole."""

    at: float
    account: str
    region: str
    principal: str
    action: str
    resource: str
    allowed: bool
    source_identity: str | None = None
    role: str | None = None
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that was not allowed, as an English sentence that names who, what and on what."""

    at: float
    kind: RefusalKind
    text: str


class Record:
    """The bounded memory of the world, safe to write to from any thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._calls: deque[Call] = deque(maxlen=KEPT)
        self._refusals: deque[Refusal] = deque(maxlen=KEPT)
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._revision = 0
        self._lock = threading.Lock()

    @property
    def revision(self) -> int:
        """A number that is higher after every change of the fleet, the calls or the refusals."""
        return self._revision

    def now(self) -> float:
        """Return the world's time, epoch seconds."""
        return self._clock()

    def changed(self) -> None:
        """Note that something people look at has changed."""
        with self._lock:
            self._revision += 1

    def add_call(self, call: Call) -> None:
        """Remember an examined call."""
        with self._lock:
            self._calls.append(call)
            self._numbers[call.principal.split("/")[1] if "/" in call.principal else "", call.action] += 1
            self._revision += 1

    def refuse(self, kind: RefusalKind, text: str) -> None:
        """Remember a refusal."""
        with self._lock:
            self._refusals.append(Refusal(self._clock(), kind, text))
            self._revision += 1

    def calls(self, action: str | None = None) -> list[dict[str, object]]:
        """Return the calls as JSON objects, newest last; only those of one action if it is given."""
        with self._lock:
            kept = [call for call in self._calls if action in {None, call.action}]
        return [asdict(call) for call in kept]

    def numbers(self) -> list[dict[str, object]]:
        """Return how often each role has called what, as JSON objects: of all calls there ever were."""
        with self._lock:
            kept = dict(self._numbers)
        return [{"role": role, "action": action, "calls": number} for (role, action), number in kept.items()]

    def refusals(self) -> list[dict[str, object]]:
        """Return the refusals as JSON objects, newest last."""
        with self._lock:
            kept = list(self._refusals)
        return [asdict(refusal) for refusal in kept]
