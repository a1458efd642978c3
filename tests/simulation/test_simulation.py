"""Nothing is lost, nothing is done twice, and nothing is said that is not true, whatever happens."""

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulation.play import Play
from tests.simulation.stage import Stage

STORIES, STEPS, AT_LEAST = 50, 50, 2_000


def test_all_promises_are_kept_whatever_happens(stage: Stage) -> None:
    Play.stage = stage
    Play.tally.clear()
    run_state_machine_as_test(
        Play,
        settings=settings(
            max_examples=STORIES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            print_blob=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Play.steps() >= AT_LEAST
