"""Slack on a bad day, on demand: what shall go wrong with the next calls of a method."""

from dataclasses import dataclass, field
from typing import Any

from coastguard.local.slack.errors import NotUnderstood

ANY_METHOD = "*"
# What a response URL is called here: it is no method of the Web API.
RESPONSE_URL = "response_url"
KINDS = ("ratelimit", "lost_answer", "server_error", "slow", "word")
MAX_SECONDS = 600


@dataclass(slots=True)
class Fault:
    """One kind of trouble for the next `times` calls of `method` ("*": any; "response_url": answers at one of those).

    ratelimit     HTTP 429, to come back after `retry_after` seconds; nothing is done
    lost_answer   done, but the connection closes without an answer
    server_error  HTTP 500; nothing is done, or with `accepted` it is done all the same
    slow          done and answered only after `seconds`
    word          HTTP 200 and Slack's `word` for why not; nothing is done. With `replies`, only to what is said in a
                  thread
    """

    method: str
    kind: str
    times: int = 1
    retry_after: int = 1
    seconds: float = 5.0
    accepted: bool = False
    word: str = "fatal_error"
    replies: bool = False


@dataclass(slots=True)
class Faults:
    """The troubles still to come, in the order they were ordered."""

    _waiting: list[Fault] = field(default_factory=list)

    def order(self, fault: Fault) -> None:
        """Lets the next calls fail."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Enough of it."""
        self._waiting.clear()

    def take(self, method: str, *, reply: bool = False) -> Fault | None:
        """What shall go wrong with this call, which may be a `reply` in a thread; counts it."""
        for fault in self._waiting:
            if fault.method in (method, ANY_METHOD) and (reply or not fault.replies):
                fault.times -= 1
                if not fault.times:
                    self._waiting.remove(fault)
                return fault
        return None


def fault_from(body: dict[str, Any]) -> Fault:
    """The fault that a control request orders. Raises NotUnderstood with what is wrong about it."""
    kinds: dict[str, type | tuple[type, ...]] = {
        "method": str,
        "kind": str,
        "times": int,
        "retry_after": int,
        "seconds": (int, float),
        "accepted": bool,
        "word": str,
        "replies": bool,
    }
    strange = sorted(set(body) - set(kinds))
    if strange:
        raise NotUnderstood(f"A fault has no {', '.join(strange)}; it has {', '.join(kinds)}.")
    for name, kind in kinds.items():
        if name in body and (not isinstance(body[name], kind) or (kind is not bool and isinstance(body[name], bool))):
            raise NotUnderstood(f"A fault's {name} cannot be {body[name]!r}.")
    if body.get("kind") not in KINDS:
        raise NotUnderstood(f"A fault's kind is one of {', '.join(KINDS)}.")
    fault = Fault(**({"method": ""} | body))
    if not fault.method or fault.times < 1 or fault.retry_after < 0 or not 0 <= fault.seconds <= MAX_SECONDS:
        raise NotUnderstood(f"A fault has a method, happens at least once, and lasts 0 to {MAX_SECONDS} seconds.")
    return fault
