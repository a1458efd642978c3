"""The yardstick measures what it says it does."""

from tests.benchmarks import baseline
from tests.benchmarks.stage import Stage, now
from tests.benchmarks.storms import Storm
from tests.wire.payloads import event


def test_one_at_a_time_is_three_calls_and_four_clients_an_event(stage: Stage) -> None:
    stage.clear()
    machines = Storm("three", 1, 1, 3).break_out(stage)
    with stage.measured() as meter:
        assert baseline.run(stage, machines, [event(machine, now()) for machine in machines]) == 3
    assert meter.aws == 9
    assert sum(meter.clients.values()) == 12


def test_it_says_nothing_of_an_agent_that_is_back(stage: Stage) -> None:
    stage.clear()
    (machine,) = Storm("one", 1, 1, 1).break_out(stage)
    told = event(machine, now())
    machine.plug_in()
    assert baseline.run(stage, [machine], [told]) == 0
