"""A whole organization at once: what a round of the sweep takes of it, and what an ordinary day of agents that drop.

Agents drop several times an hour and are back within seconds, so nearly all of what a month costs is made of them.
"""

import tracemalloc
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil
from random import Random

from coastguard.cost import Counted, Counts
from hub.sweeping import sweeper
from hub.sweeping.sweeper import ROUND_MINUTES
from tests.benchmarks.crew import Crew
from tests.benchmarks.functions import Functions
from tests.benchmarks.lanes import SWEEP, Lanes
from tests.benchmarks.stage import Stage, now
from tests.hub.factories import GRACE
from tests.wire.members import Place
from tests.wire.payloads import Machine, event

REGIONS = ("eu-west-1", "us-east-1", "us-west-2", "ap-southeast-2")
# What a call takes where the hub and a member are far apart.
_SLOW = 0.2
_MIB = 1024 * 1024
_SEED = 20261201
# So long Lambda gathers events before it hands them to ingest (IngestWindowSeconds in stacksets/hub.yaml).
WINDOW = 10
# Lanes add up what a function does in threads; the sweep visits so many places at the same time.
_AT_ONCE = {SWEEP: sweeper._THREADS}
# So many minutes agents go on dropping.
_DROPPING = 2
_BACK = GRACE + timedelta(seconds=5)


@dataclass(frozen=True)
class Organization:
    """So many accounts, each with so many Regions, clusters in each and instances in each cluster."""

    accounts: int
    regions: int
    clusters: int
    instances: int

    @property
    def places(self) -> int:
        return self.accounts * self.regions

    def settle(self, stage: Stage) -> list[Machine]:
        """Put it on the stage, everything in it well."""
        return [
            machine
            for account in range(self.accounts)
            for region in REGIONS[: self.regions]
            for cluster in range(self.clusters)
            for machine in stage.members.grow(
                Place(f"{200_000_000_000 + account:012}", region, f"prod-{cluster}"), self.instances
            )
        ]


@dataclass(frozen=True)
class Round:
    """What a round of the sweep has come to. `memory` in MiB is the most that it held besides."""

    visited: int
    left_out: int
    calls: int
    counted: Mapping[str, int]
    memory: float


def rounds(functions: Functions, organization: Organization) -> Round:
    """Make a round in real time, where each call takes its time, and one more that is not timed for its memory."""
    stage = functions.stage
    stage.clear()
    functions.sign_out()
    functions.counted.clear()
    organization.settle(stage)
    sweep = functions.sweep(REGIONS[: organization.regions], everywhere=False)
    sweep()  # what is made once, is made
    functions.counted.clear()
    with stage.measured() as meter, stage.latency(_SLOW, _SLOW, 0):
        sweep()
    left_out, visited, taken = functions.counted["blind"], functions.counted["visited"], dict(meter.calls)
    tracemalloc.start()
    try:
        sweep()
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return Round(visited, left_out, sum(taken.values()), taken, most / _MIB)


def counts(functions: Functions, *, accounts: int = 100, drops: float = 10) -> Counted:
    """Count what a minute, a visit and a drop take, in virtual time; each instance drops so often an hour.

    Each agent that drops is back before anybody looks. A tenth of the accounts with ten times as many drops gives
    batches as large as all of them: what is handed out together makes a drop cheaper.
    """
    some = Organization(accounts, regions=len(REGIONS), clusters=1, instances=5)
    few = replace(some, accounts=accounts // 10)
    (little, seldom), (quiet, often) = (_played(functions, each, 0, ROUND_MINUTES) for each in (few, some))
    visit = quiet.less(little).times(1 / (often - seldom))
    minute = quiet.less(visit.times(often)).times(1 / ROUND_MINUTES)
    number = round(some.places * some.instances * drops * _DROPPING / 60)
    busy, _ = _played(functions, some, number, ROUND_MINUTES)
    return Counted(minute, visit, busy.less(quiet).times(1 / number))


def _played(functions: Functions, organization: Organization, drops: int, minutes: int) -> tuple[Counts, int]:
    """Let the sweep see everybody, and then count for so many minutes; also how many places were visited in them."""
    crew = Crew.of(functions, sweep=functions.sweep(REGIONS[: organization.regions], everywhere=False))
    with crew.anew() as (stage, clock):
        machines, random = organization.settle(stage), Random(_SEED)  # noqa: S311 - the same each time
        lanes = crew.lanes(clock, sweeping=True)
        lanes.play(minutes=ROUND_MINUTES, seconds=30)
        begun, before, visited = now(), _counted(stage, lanes), functions.counted["visited"]
        for machine in random.choices(machines, k=drops):
            due = ceil(random.uniform(0, _DROPPING * 60) / WINDOW) * WINDOW
            stage.delay.send(event(machine, begun + timedelta(seconds=due) - _BACK), at=begun.timestamp() + due)
        lanes.play(minutes=minutes)
        assert not len(stage.delay) + len(stage.looks)
        return _counted(stage, lanes).less(before), functions.counted["visited"] - visited


def _counted(stage: Stage, lanes: Lanes) -> Counts:
    calls = lanes.meter.calls
    return Counts(
        invoked=dict(lanes.invoked),
        waited={name: seconds / _AT_ONCE.get(name, 1) for name, seconds in lanes.busy.items()},
        computed=dict(lanes.computed),
        events=lanes.given["ingest"],
        sent=sum(number for name, number in calls.items() if name.startswith("sqs:Send")),
        writes=sum(stage.tables.units.values()),
        reads=stage.tables.reads,
        member_reads=sum(number for name, number in calls.items() if name.split(":")[0] in {"ecs", "ec2", "ssm"}),
        queue_reads=calls["sqs:GetQueueAttributes"],
        sign_ins=calls["sts:AssumeRole"],
    )
