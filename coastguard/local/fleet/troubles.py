"""Who is really in trouble, from when to when: the truth that what Coastguard says is measured against.

A container instance is in trouble while it is registered as ACTIVE, its host runs, and its agent is disconnected. This
is noted where the fleet changes, so it owes nothing to events, to Coastguard, or to what a story believes it has done.
"""

import threading
from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True, slots=True)
class Trouble:
    """One container instance without its agent, epoch seconds; it goes on while `ended` is None."""

    account: str
    region: str
    cluster: str
    instance: str
    begun: float
    ended: float | None = None


class Troubles:
    """All troubles since the world began. Safe to use from any thread."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str, str], Trouble] = {}
        self._over: list[Trouble] = []
        self._lock = threading.Lock()

    def note(self, trouble: Trouble, *, goes_on: bool) -> None:
        """Note whether the instance is in trouble at the time `trouble.begun`; saying it again changes nothing."""
        key = (trouble.account, trouble.region, trouble.instance)
        with self._lock:
            if goes_on:
                self._open.setdefault(key, trouble)
            elif begun := self._open.pop(key, None):
                self._over.append(replace(begun, ended=trouble.begun))

    def told(self) -> list[dict[str, object]]:
        """Return all of them as JSON objects."""
        with self._lock:
            known = [*self._over, *self._open.values()]
        return [asdict(trouble) for trouble in known]
