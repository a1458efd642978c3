"""`make bench`: play the storms, compare them with one event at a time, and say which goals are held.

Writes docs/performance.md's figures and docs/performance.svg, and the bill of a month in docs/cost.md. Ends with 1 if a
goal is missed.

What has to be timed is played in real time, one environment of each function; what is a count, and how long a storm of
many clusters takes, in virtual time (tests.benchmarks.counting).
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter

from tests.benchmarks import baseline, clicks, cold, costs, losses, memory, organization, report
from tests.benchmarks.counting import played
from tests.benchmarks.functions import Functions, json_logs_to_nowhere
from tests.benchmarks.goals import ROOM, Measured, Run
from tests.benchmarks.lambdas import Lambdas
from tests.benchmarks.progress import say
from tests.benchmarks.stage import Stage, now, staged
from tests.benchmarks.storms import ACCOUNTS, BATCH, CLUSTER, CLUSTERS, ONE, ZONE, Storm, send
from tests.wire.meter import Meter
from tests.wire.payloads import event

AWS, STS, SLACK = 0.03, 0.06, 0.15
_ROUNDS, _CPU_ROUNDS = 7, 15
_BASELINE_ROUND = 15
_BASELINE = 100


class Bench:
    """Measures, one thing after another, on one stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._functions = Functions(stage)
        self._lambdas = Lambdas(self._functions)

    def warm_up(self) -> None:
        self._lambdas.warm(ingests=1, looks=1)

    def storm(self, storm: Storm, *, signed_in: bool = False) -> Run:
        """Let a storm break out in a cluster of a new world, until all is said; AWS and Slack take their time."""
        with self._anew(signed_in=signed_in), self._stage.latency(AWS, STS, SLACK):
            send(self._stage, storm.break_out(self._stage))
            with self._stage.measured() as meter:
                self._lambdas.run(ingests=1, looks=1)
        return self._run(storm, meter)

    def cpu(self, storm: Storm) -> tuple[float, float]:
        """Milliseconds of CPU an event, nobody waiting: of a storm and of one at a time, the least of rounds in turns.

        What else the machine does only ever adds to a round.
        """
        ours, theirs = [], []
        for _ in range(_CPU_ROUNDS):
            with self._anew(signed_in=True):
                send(self._stage, storm.break_out(self._stage))
                with self._stage.measured() as meter:
                    self._lambdas.run(ingests=1, looks=1)
            ours.append(meter.cpu * 1_000 / storm.events)
            theirs.append(self.baseline(_BASELINE_ROUND).cpu * 1_000 / _BASELINE_ROUND)
        return min(ours), min(theirs)

    def baseline(self, number: int) -> Meter:
        """One event at a time."""
        self._stage.clear()
        machines = Storm("", 1, 1, number).break_out(self._stage)
        events = [event(machine, now()) for machine in machines]
        with self._stage.measured() as meter:
            if baseline.run(self._stage, machines, events) != number:
                raise RuntimeError("the baseline did not see what it was shown")
        return meter

    @contextmanager
    def _anew(self, *, signed_in: bool = False) -> Iterator[None]:
        self._stage.clear()
        self._functions.counted.clear()
        if not signed_in:
            self._functions.sign_out()
        yield

    def _run(self, storm: Storm, meter: Meter) -> Run:
        return Run(
            name=storm.name,
            events=storm.events,
            clusters=storm.accounts * storm.clusters,
            aws=meter.aws,
            slack=meter.slack,
            cpu=meter.cpu * 1_000 / storm.events,
            elapsed=meter.elapsed,
            clients=sum(meter.clients.values()),
            looks=self._functions.counted["looks"],
        )

    @property
    def functions(self) -> Functions:
        return self._functions


def main() -> int:
    """Measure everything; the exit status."""
    began = perf_counter()
    with json_logs_to_nowhere(), staged() as stage:
        measured, matrix = _measure(stage)
    goals = measured.goals()
    say("\nGoals")
    for goal in goals:
        say(str(goal))
    for goal in filter(lambda goal: goal.tight, goals):
        say(f"  less than {ROOM:.0%} of room: {goal.what}")
    report.write(measured, matrix, perf_counter() - began)
    costs.write()
    say("\ndocs/performance.md, docs/performance.svg and docs/cost.md are written.")
    return 0 if all(goal.held for goal in goals) else 1


def _measure(stage: Stage) -> tuple[Measured, list[tuple[str, losses.Outcome]]]:
    say(f"Cold starts, {cold.ROUNDS} of each function in turns with the usual way")
    started = cold.measure()
    for name, start in started.items():
        say(
            f"  {name}: {start.cpu:.0f} ms CPU and {start.memory:.0f} MiB, {start.cpu_share:.2f} of the usual way's CPU"
        )

    # First, for on Lambda the front has a process to itself, with no storm in its memory.
    say("A click")
    clicked = clicks.measure(stage)
    say(f"  {clicked.cpu:.2f} ms CPU, calls {clicked.calls}")

    bench = Bench(stage)
    say("Warming up")
    bench.warm_up()

    say(f"One at a time and 100 in one batch, {_CPU_ROUNDS} times in turns")
    cpu, alone = bench.cpu(BATCH)
    say(f"  {alone:.1f} ms CPU an event, and {cpu:.2f} ms")
    say(f"One at a time, with latency: {_BASELINE} events instead of 1,000")
    with stage.latency(AWS, STS, SLACK):
        waited = bench.baseline(_BASELINE)
    scale = CLUSTER.events / _BASELINE
    say(f"  {waited.elapsed * scale:.1f} s for 1,000")

    say("Storms, with latency")
    first, one = _said(bench.storm(ONE)), _said(bench.storm(ONE, signed_in=True), "the same, its account signed in")
    # It lasts for less than a second, so whatever else happens meanwhile shows: the median of rounds is taken.
    rounds = sorted((bench.storm(CLUSTER) for _ in range(_ROUNDS)), key=lambda run: run.elapsed)
    in_one_cluster = _said(rounds[_ROUNDS // 2])
    in_one_batch = _said(bench.storm(BATCH))

    say("Counts, in virtual time")
    counted, counting = played(stage)

    say("A month")
    month = organization.counts(bench.functions)
    for fleet in costs.FLEETS:
        say(f"  {fleet.drops:g} drops an hour: {costs.summed(fleet)}")
    counted = [*counted, costs.goal(month)]

    say("Memory")
    held = memory.measure(stage, bench.functions)
    say(f"  {held.growth:.2f} MiB more for 99 more accounts")

    say("Losses")
    outcomes = list(_losses(stage))
    measured = Measured(
        baseline_calls=waited.aws / _BASELINE,
        baseline_cpu=alone,
        baseline_elapsed=waited.elapsed * scale,
        first=first,
        one=replace(one, name="one event, its account signed in"),
        batch=replace(in_one_batch, cpu=cpu),
        cluster=in_one_cluster,
        clusters=counting.runs[CLUSTERS],
        accounts=counting.runs[ACCOUNTS],
        zone=counting.runs[ZONE],
        spreads=counting.spreads,
        click_calls=sum(clicked.calls.values()),
        click_cpu=clicked.cpu,
        memory=held.growth,
        memory_peak=held.peak,
        clients_per_account=held.clients,
        missed=sum(outcome.missed for _, outcome in outcomes),
        false=sum(outcome.false for _, outcome in outcomes),
        double=sum(outcome.double for _, outcome in outcomes),
        cold=started,
        counted=counted,
    )
    return measured, outcomes


def _losses(stage: Stage) -> Iterator[tuple[str, losses.Outcome]]:
    with losses.matrix(stage) as matrix:
        for case in losses.CASES:
            outcomes = {place: matrix.play(case, place) for place in (losses.PLACES if case.placed else ("",))}
            say(f"  {case.name}: {'; '.join(_lost(*each) for each in outcomes.items())}")
            yield from ((f"{case.name} {place}".strip(), outcome) for place, outcome in outcomes.items())


def _lost(place: str, outcome: losses.Outcome) -> str:
    if outcome.clean:
        return f"{place} nothing lost".strip()
    return f"{place} {outcome.missed} missed, {outcome.false} false, {outcome.double} double".strip()


def _said(run: Run, name: str = "") -> Run:
    say(
        f"  {name or run.name}: {run.aws:,} AWS calls ({run.calls:.3f} an event), Slack {run.slack}, "
        f"{run.looks / run.clusters:.2f} looks a cluster, {run.cpu:.2f} ms CPU an event, {run.elapsed:.2f} s"
    )
    return run


if __name__ == "__main__":
    sys.exit(main())
