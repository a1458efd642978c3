"""Rate limits: how often something may be done. A bucket of tokens that fills again at a steady rate."""

from collections.abc import Callable
from threading import Lock


class RateLimit:
    """Lets `burst` uses through at once and `a_second` after that; may be asked by several threads.

    Args:
        burst: how many uses are saved up at most
        a_second: how many are added each second
        clock: tells seconds that never go back
        sleep: waits for some seconds
    """

    def __init__(self, burst: int, a_second: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._burst = burst
        self._a_second = a_second
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()
        self._left = float(burst)
        self._seen = clock()

    def __call__(self) -> None:
        """Wait until it may be done once more."""
        with self._lock:
            now = self._clock()
            self._left = min(self._burst, self._left + (now - self._seen) * self._a_second) - 1
            self._seen = now
            wait = max(0.0, -self._left / self._a_second)
        if wait:
            self._sleep(wait)
