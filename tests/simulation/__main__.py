"""`make soak`: play for minutes what `make test` plays for seconds: longer stories, larger worlds, other chances.

ARGS are the minutes to go on for and the number of the first round, which says all chances: the same round is the same
stories. Without a number the first round is any one; each is printed before it is played. It ends with 1 at the first
broken promise, with the shortest story that breaks it and how to play that round again.
"""

import logging
import secrets
import sys
import time
from itertools import count

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulation.play import SIZES, Play
from tests.simulation.stage import set_up

_STORIES, _STEPS = 10, 80
_ROUNDS = 1_000_000


def main() -> int:
    """Play round after round; the exit status."""
    words = sys.argv[1:]
    if len(words) > 2 or not all(word.isdecimal() for word in words):
        sys.stderr.write("make soak ARGS='MINUTES ROUND': both whole numbers, by default 10 and any round\n")
        return 2
    minutes, first = [*map(int, words), *(10, secrets.randbelow(_ROUNDS))[len(words) :]]
    logging.disable(logging.CRITICAL)  # what goes wrong is on purpose, and the hub logs all of it
    began, played = time.monotonic(), 0
    with set_up() as Play.stage:
        Play.sizes = tuple(SIZES)
        for number in count(first):
            if time.monotonic() - began >= 60 * minutes:
                break
            _say(began, f"round {number}: {_STORIES} stories of up to {_STEPS} steps")
            try:
                _play(number)
            except BaseException:
                _say(began, f"round {number} has broken a promise. Play it again: make soak ARGS='1 {number}'")
                raise
            played += 1
    _say(began, f"{played} rounds, {Play.tally['a_world']} stories, {Play.steps()} steps, no promise broken. Played:")
    for name, number in sorted(Play.tally.items(), key=lambda line: (line[0].startswith("…"), line[0])):
        sys.stdout.write(f"{number:8}  {name.replace('_', ' ')}\n")
    for name, number in sorted(Play.most.items()):
        sys.stdout.write(f"{number:8}  {name}, at most, once all was well\n")
    return 0


def _say(began: float, text: str) -> None:
    sys.stdout.write(f"{time.monotonic() - began:6.0f} s  {text}\n")
    sys.stdout.flush()


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
