"""`make soak`: play for minutes what `make test` plays for seconds: longer stories, larger worlds, other chances.

ARGS are the minutes to go on for and the number of the first round, which says all chances: the same round is the same
stories. It ends with 1 at the first broken promise, with the shortest story that breaks it.
"""

import logging
import sys
import time

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulation.play import SIZES, Play
from tests.simulation.stage import set_up

_STORIES, _STEPS = 10, 80


def main() -> int:
    """Play round after round; the exit status."""
    words = sys.argv[1:]
    if len(words) > 2 or not all(word.isdecimal() for word in words):
        sys.stderr.write("make soak ARGS='MINUTES ROUND': both whole numbers, by default 10 and 1\n")
        return 2
    minutes, first = [*map(int, words), *(10, 1)[len(words) :]]
    logging.disable(logging.CRITICAL)  # what goes wrong is on purpose, and the hub logs all of it
    began = time.monotonic()
    number = first
    with set_up() as Play.stage:
        Play.sizes = tuple(SIZES)
        while time.monotonic() - began < 60 * minutes:
            _play(number)
            passed = time.monotonic() - began
            sys.stdout.write(f"{passed:6.0f} s  round {number}: {_STORIES} stories of up to {_STEPS} steps, all kept\n")
            sys.stdout.flush()
            number += 1
    sys.stdout.write(f"{number - first} rounds, no promise broken. Steps: {dict(Play.tally)}\n")
    return 0


def _play(number: int) -> None:
    chosen = settings(
        max_examples=_STORIES,
        stateful_step_count=_STEPS,
        deadline=None,
        print_blob=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(number)(Play), settings=chosen)


if __name__ == "__main__":
    sys.exit(main())
