"""What a storm costs and how long an alarm takes, as counts: in virtual time, so the same on every run.

`python -m tests.benchmarks.counting` prints them beside their goals, as `make bench` does among all others: all, or of
`one`, `cluster`, `alarms`, `storms`, `swept`, `rounds`.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.benchmarks import goals
from tests.benchmarks.crew import Crew, Hub, flood, hottest, reconnected
from tests.benchmarks.functions import Functions, json_logs_to_nowhere
from tests.benchmarks.goals import Goal, Run
from tests.benchmarks.lambdas import INGEST_BATCH, LOOK_BATCH
from tests.benchmarks.organization import Organization, rounds
from tests.benchmarks.progress import say
from tests.benchmarks.stage import Stage, staged
from tests.benchmarks.storms import ACCOUNTS, CLUSTER, CLUSTERS, ONE, ZONE, Storm

# A partition of DynamoDB takes so many write units a second.
PARTITION = 1_000
# So many clusters have an agent that is back, and so many events tell of clusters that nobody has.
RECONNECTED, FLOODING = 19, 1_500
# How long before the same function has worked for another cluster, in minutes: mutes and more are kept for a while.
_BEFORE = (5 / 60, 0.5, 4)


@dataclass
class Counting:
    """Plays what is asked for, and says what came of it beside its goal. `runs` and `spreads` are the storms played."""

    stage: Stage
    functions: Functions
    runs: dict[Storm, Run] = field(default_factory=dict)
    spreads: list[tuple[float, Run]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._hub = Hub(self.stage, self.functions, self.functions.one_of_each())
        self._crew = Crew.of(self.functions)

    def one(self) -> Iterator[Goal]:
        """One event, however long ago the same function has told another cluster's."""
        self._hub.weather(ONE)
        taken = [self._hub.weather(ONE, signed_in=True, after=minutes) for minutes in _BEFORE]
        dearest = max(taken, key=lambda each: each.aws)
        what = "one event, whenever the function has worked before, AWS calls"
        yield _told(Goal(3, what, dearest.aws, goals.CALLS_OF_ONE_EVENT, exact=True), dearest.calls)

    def cluster(self) -> Iterator[Goal]:
        """A thousand in one cluster, as SQS may hand out its group's messages."""
        for how, most in (("together", LOOK_BATCH), ("singly", 1)):
            run = self._crew.storm(CLUSTER, look_batch=most)
            yield _told(Goal(1, f"{CLUSTER.name}, handed out {how}, AWS calls", run.aws, goals.AIM_IN_ONE_CLUSTER), run)
            yield self._hot(CLUSTER)

    def storms(self) -> Iterator[Goal]:
        """Storms of many clusters, and what their batches cost if they come over some seconds."""
        for storm in (CLUSTERS, ACCOUNTS, ZONE):
            run = self.runs[storm] = self._crew.storm(storm)
            if storm in goals.AIMS_AN_EVENT:
                aim = goals.AIMS_AN_EVENT[storm]
                yield _told(Goal(2, f"{storm.name}, AWS calls an event", run.calls, aim), run)
            else:
                yield _told(Goal(2, f"{storm.name}, AWS calls an event", run.calls, goals.CALLS_AN_EVENT[storm]), run)
            yield self._hot(storm)

    def spread(self) -> None:
        """Play the storms of many clusters again, their batches arriving over some seconds."""
        self.spreads = [(0.0, self.runs[ZONE])]
        for storm, batch, over in ((CLUSTERS, 200, (0, 5, 30)), (ACCOUNTS, 200, (0, 5)), (ZONE, 1_000, (5, 30))):
            for seconds in map(float, over):
                run = self._crew.storm(storm, batch=min(batch, INGEST_BATCH), spread=seconds)
                self.spreads.append((seconds, run))
                say(
                    f"  {storm.name}, {storm.events // batch} batches over {seconds:.0f} s: "
                    f"{run.calls:.3f} AWS calls an event, {run.looks / run.clusters:.2f} looks a cluster"
                )

    def swept(self) -> Iterator[Goal]:
        """A storm while the sweep goes on, until all is posted and five minutes longer."""
        run, minutes = self._crew.swept(ACCOUNTS)
        say(f"     {run.aws:,} calls in {minutes:.1f} minutes, {run.calls:.2f} an event")
        what = f"{ACCOUNTS.name}, with the sweep, AWS calls an event and minute"
        yield _told(Goal(2, what, run.calls / minutes, goals.CALLS_SWEPT), run)

    def alarms(self) -> Iterator[Goal]:
        """A lone true loss, alone and among many others that are spoken of."""
        alone = self._crew.alarm()
        say(f"     an alarm alone: after {alone.after:.2f} s, {alone.meter.aws} calls {dict(alone.meter.calls)}")
        crowds = {
            f"among {RECONNECTED} reconnected": reconnected(RECONNECTED),
            "while another account floods": flood(FLOODING),
        }
        for what, others in crowds.items():
            found = self._crew.alarm(others)
            later = found.after - alone.after
            yield _told(
                Goal(10, f"a true loss {what}, later than alone", later, goals.LATER, unit=" s"), found.meter.calls
            )
            if what.startswith("among"):
                calls = Goal(10, f"a true loss {what}, AWS calls", found.meter.aws, goals.CALLS_AMONG_RECONNECTED)
                yield _told(calls, found.meter.calls)

    def rounds(self) -> Iterator[Goal]:
        """The sweep's visits to an organization of 4,000 places with three clusters each, where a call takes 200 ms."""
        seen = rounds(self.functions, Organization(accounts=1_000, regions=4, clusters=3, instances=0))
        say(f"     {seen.visited} visited with {seen.calls:,} calls; at most {seen.memory:.0f} MiB held besides")
        what = "sweep of 4,000 places x 3 clusters, places left out a round"
        yield _told(Goal(11, what, seen.left_out, 0, exact=True), seen.counted)

    def _hot(self, storm: Storm) -> Goal:
        key, units = hottest(self.stage)
        say(f"     {units:,} write units on {key}")
        what = f"{storm.name}, seconds of the hottest partition, {_kind(key)}"
        return Goal(12, what, units / PARTITION, goals.HOTTEST, unit=" s")


def played(stage: Stage) -> tuple[Sequence[Goal], Counting]:
    """Play everything; the goals, each with the most that was measured of it, and what else came of it."""
    counting = Counting(stage, Functions(stage))
    plays = (counting.one, counting.cluster, counting.storms, counting.swept, counting.alarms, counting.rounds)
    found = [goal for play in plays for goal in play()]
    counting.spread()
    return found, counting


def main(asked: Sequence[str]) -> int:
    """Print what is asked for, or everything, beside its goal; 1 if one is missed."""
    with json_logs_to_nowhere(), staged() as stage:
        counting = Counting(stage, Functions(stage))
        plays = (counting.one, counting.cluster, counting.alarms, counting.storms, counting.swept, counting.rounds)
        found = [goal for play in plays if not asked or play.__name__ in asked for goal in play()]
    return 0 if all(goal.held for goal in found) else 1


def _told(goal: Goal, taken: Run | Mapping[str, int]) -> Goal:
    say(str(goal))
    if isinstance(taken, Run):
        taken = taken.counted
    say(f"     {dict(sorted(taken.items(), key=lambda each: -each[1]))}")
    return goal


def _kind(key: str) -> str:
    """Name a partition without the numbers that make it one of many."""
    index, _, rest = key.rpartition(": ")
    return f"{index or 'table'} {rest.split('#')[0]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
