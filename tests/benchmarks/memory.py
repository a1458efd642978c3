"""What a hundred accounts cost in memory that one does not."""

import gc
import tracemalloc
from dataclasses import dataclass

from tests.benchmarks.functions import Environments, Functions
from tests.benchmarks.stage import Stage
from tests.benchmarks.storms import ACCOUNTS, Storm, send

_MIB = 1024 * 1024


@dataclass(frozen=True)
class Memory:
    """In MiB: what 99 more accounts leave behind, and the most that was held meanwhile, with the stand-ins' worlds."""

    growth: float
    peak: float
    clients: int


def measure(stage: Stage, functions: Functions) -> Memory:
    """Let one environment of each function see one account and then a hundred, and count what stays."""
    environments = functions.one_of_each()
    functions.sign_out()
    first = Storm("one account", 1, 1, ACCOUNTS.instances)
    _work(stage, environments, first)  # what is made once, is made
    tracemalloc.start()
    try:
        _work(stage, environments, first)
        before = _held(stage)
        with stage.measured() as meter:
            _work(stage, environments, ACCOUNTS, cleared=False)
        peak = tracemalloc.get_traced_memory()[1]
        after = _held(stage)
    finally:
        tracemalloc.stop()
    return Memory((after - before) / _MIB, peak / _MIB, sum(meter.clients.values()))


def _work(stage: Stage, environments: Environments, storm: Storm, *, cleared: bool = True) -> None:
    if cleared:
        stage.clear()
    send(stage, storm.break_out(stage))
    while (batch := stage.delay.receive(storm.events))["Records"]:
        stage.delay.settle(batch, environments.ingest(batch))
    while (batch := stage.looks.receive(10))["Records"]:
        stage.looks.settle(batch, environments.look(batch))


def _held(stage: Stage) -> int:
    """Bytes that are held when the world around the functions is empty."""
    stage.clear()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
