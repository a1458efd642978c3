"""What Coastguard costs in a month: counted work times published prices. Pure, and an estimate.

    a minute of quiet  ─┐  counted by `make bench`
    a place visited    ─┼─▶ requests, seconds, units, events, bytes ──prices──▶ dollars, of the hub and of the members
    an agent's drop    ─┘

Agents drop several times an hour and are back in seconds: each drop costs an event, a message and a look that finds all
well. Real trouble is so much rarer that it does not show beside that. Free tiers are left out; so are a key of your
own, the policy in S3, and Slack.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

MINUTES = 60 * 730
"""Of a month, as AWS bills one."""
MEMORY = {"ingest": 512, "look": 1024, "sweep": 512}
"""MB of the functions that work whether anybody clicks or not (stacksets/hub.yaml)."""
ALARMS, METRICS = 9, 26
VISITED_EVERY = 10
"""Each place is visited once in so many minutes (hub.sweeping.sweeper)."""

# Lambda gives a whole processor to so many MB, and of one to less.
_WHOLE_PROCESSOR = 1_769
# Assumed: each queue is asked by so many connections, which wait for so many seconds as long as nothing comes.
_QUEUES, _CONNECTIONS, _WAIT = 3, 5, 20
# Assumed: bytes that an invocation logs, with Lambda's three lines around it and one of counts.
_LOGGED = 1_000
_GIB = 1024**3
# SQS hands out ten messages a request.
_RECEIVED = 10


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for so many in us-east-1, as of `known`. `source` is where AWS publishes it: not compared yet."""

    dollars: float
    per: int
    source: str
    known: str = "2026-12"

    def of(self, number: float) -> float:
        """Return the dollars for that many."""
        return self.dollars * number / self.per


_MILLION = 1_000_000
PRICES: Mapping[str, Price] = {
    "Lambda requests": Price(0.20, _MILLION, "https://aws.amazon.com/lambda/pricing/"),
    "Lambda GB-seconds, arm64": Price(13.3334, _MILLION, "https://aws.amazon.com/lambda/pricing/"),
    "SQS standard requests": Price(0.40, _MILLION, "https://aws.amazon.com/sqs/pricing/"),
    "SQS FIFO requests": Price(0.50, _MILLION, "https://aws.amazon.com/sqs/pricing/"),
    "DynamoDB write units": Price(0.625, _MILLION, "https://aws.amazon.com/dynamodb/pricing/on-demand/"),
    "DynamoDB read units": Price(0.125, _MILLION, "https://aws.amazon.com/dynamodb/pricing/on-demand/"),
    "CloudWatch GiB of logs": Price(0.50, 1, "https://aws.amazon.com/cloudwatch/pricing/"),
    "CloudWatch alarms": Price(0.10, 1, "https://aws.amazon.com/cloudwatch/pricing/"),
    "CloudWatch metrics": Price(0.30, 1, "https://aws.amazon.com/cloudwatch/pricing/"),
    "Secrets": Price(0.40, 1, "https://aws.amazon.com/secrets-manager/pricing/"),
    "EventBridge events to another account": Price(1.00, _MILLION, "https://aws.amazon.com/eventbridge/pricing/"),
    "CloudTrail, a further trail's management events": Price(
        2.00, 100_000, "https://aws.amazon.com/cloudtrail/pricing/"
    ),
    "GuardDuty management events": Price(4.00, _MILLION, "https://aws.amazon.com/guardduty/pricing/"),
}
"""By what is billed. The first trail's management events are free, so a further one is said apart."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Work that was counted. `invoked`, `waited` and `computed` (both in seconds) are by function.

    `events` are records that ingest was given, `sent` the hub's own requests to SQS, `member_reads` calls to ECS, EC2
    and SSM in member accounts, `queue_reads` those to SQS there, `sign_ins` those to STS.
    """

    invoked: Mapping[str, float]
    waited: Mapping[str, float]
    computed: Mapping[str, float]
    events: float = 0
    sent: float = 0
    writes: float = 0
    reads: float = 0
    member_reads: float = 0
    queue_reads: float = 0
    sign_ins: float = 0

    def times(self, number: float) -> "Counts":
        """Return so much of it."""
        return _each(lambda mine: mine * number, self)

    def plus(self, other: "Counts") -> "Counts":
        """Return both together."""
        return _each(lambda mine, its: mine + its, self, other)

    def less(self, other: "Counts") -> "Counts":
        """Return what is there besides the other."""
        return self.plus(other.times(-1))


def _each(do: Any, *counts: Counts) -> Counts:  # noqa: ANN401  # of one or of two
    def together(name: str) -> Any:  # noqa: ANN401  # a number, or numbers by function
        values = [getattr(each, name) for each in counts]
        if isinstance(values[0], Mapping):
            functions = {function: None for value in values for function in value}
            return {function: do(*(value.get(function, 0.0) for value in values)) for function in functions}
        return do(*values)

    return replace(counts[0], **{field.name: together(field.name) for field in fields(Counts)})


@dataclass(frozen=True, slots=True)
class Counted:
    """What a month is made of: minutes of quiet, visits of the sweep to a place, and drops of an agent."""

    minute: Counts
    visit: Counts
    drop: Counts


COUNTED = Counted(
    minute=Counts(invoked={"sweep": 1}, waited={"sweep": 0.0076}, computed={"sweep": 0.01}, writes=0.92, reads=3.6),
    visit=Counts(
        invoked={},
        waited={"sweep": 0.0028},
        computed={"sweep": 0.0026},
        writes=0.044,
        reads=0.004,
        member_reads=2,
        queue_reads=1,
    ),
    drop=Counts(
        invoked={"ingest": 0.018, "look": 0.102},
        waited={"ingest": 0.0031, "look": 0.065},
        computed={"ingest": 0.0003, "look": 0.004},
        events=1,
        sent=0.102,
        reads=0.945,
        member_reads=0.925,
        sign_ins=0.57,
    ),
)
"""As `make bench` counts it, at 20,000 drops an hour, a cluster in each place (tests/benchmarks/organization.py).

Seconds are with 30 ms for each call to AWS, one after another, and 60 ms for each sign-in. More drops an hour are
looked at in larger batches, so that each costs a little less; fewer in smaller ones. The sign-ins are those of
functions that are signed in nowhere: the most that there can be.
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill. `whose` is "hub", "members", or "members, if you have it"."""

    whose: str
    what: str
    number: float
    dollars: float


@dataclass(frozen=True, slots=True)
class Fleet:
    """What is watched. `drops` are those of each instance in an hour."""

    accounts: int
    regions: int
    instances: int
    drops: float

    @property
    def places(self) -> int:
        """Member accounts times Regions."""
        return self.accounts * self.regions

    @property
    def dropped(self) -> float:
        """Drops in a month."""
        return self.instances * self.drops * MINUTES / 60


def month(fleet: Fleet, counted: Counted) -> list[Line]:
    """Write the bill of a month."""
    visits = fleet.places * MINUTES / VISITED_EVERY
    work = counted.minute.times(MINUTES).plus(counted.visit.times(visits)).plus(counted.drop.times(fleet.dropped))
    return [*_hub(work), *_members(fleet, work)]


def _hub(work: Counts) -> Iterator[Line]:
    seconds = {
        name: work.waited.get(name, 0) + work.computed.get(name, 0) * max(_WHOLE_PROCESSOR / memory, 1)
        for name, memory in MEMORY.items()
    }
    invoked = sum(work.invoked.values())
    polls = _CONNECTIONS * 60 / _WAIT * MINUTES  # of one queue
    yield _line("hub", "Lambda requests", invoked)
    yield _line("hub", "Lambda GB-seconds, arm64", sum(seconds[name] * MEMORY[name] / 1024 for name in MEMORY))
    yield _line("hub", "SQS standard requests", work.events * (1 + 2 / _RECEIVED) + polls)
    yield _line("hub", "SQS FIFO requests", work.sent + 2 * work.invoked.get("look", 0) + (_QUEUES - 1) * polls)
    yield _line("hub", "DynamoDB write units", work.writes)
    yield _line("hub", "DynamoDB read units", work.reads)
    yield _line("hub", "CloudWatch GiB of logs", invoked * _LOGGED / _GIB)
    yield _line("hub", "CloudWatch alarms", ALARMS)
    yield _line("hub", "CloudWatch metrics", METRICS)
    yield _line("hub", "Secrets", 1)


def _members(fleet: Fleet, work: Counts) -> Iterator[Line]:
    called = work.member_reads + work.queue_reads + work.sign_ins
    yield _line("members", "EventBridge events to another account", fleet.dropped)
    yield _line("members", "SQS standard requests", work.queue_reads)
    yield _line("members, if you have it", "CloudTrail, a further trail's management events", called)
    yield _line("members, if you have it", "GuardDuty management events", called)


def _line(whose: str, what: str, number: float) -> Line:
    return Line(whose, what, number, PRICES[what].of(number))


def dollars(lines: Sequence[Line], whose: str) -> float:
    """Return what somebody's lines come to."""
    return sum(line.dollars for line in lines if line.whose == whose)
