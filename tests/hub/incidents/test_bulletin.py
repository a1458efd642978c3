"""What is said of a cluster: which incidents, how they stand as a whole, and why it matters."""

from dataclasses import replace

import pytest

from hub.incidents.content import ROWS, Tone, compose, how_it_ended
from hub.incidents.incident import Incident, State
from tests.hub.factories import CLUSTER, EPISODE, NOON, bulletin, finished, incident, instance_id, repair, sighting
from tests.hub.rendering import drawn, words

OPEN = incident(1)
UNREADABLE = incident(2, sighting=sighting(2, connected=None, unchecked=("access denied",)))
ACKNOWLEDGED = incident(3, State.ACKNOWLEDGED)
REPAIRING = incident(4, State.REPAIRING)
RESOLVED = incident(5, State.RESOLVED)
REPLACED = incident(6, State.RESOLVED, ending="terminated", repair=finished(), replacement="i-new")


@pytest.mark.parametrize(
    ("incidents", "tone", "headline"),
    [
        pytest.param([OPEN], Tone.OPEN, "ECS agent disconnected on 1 instance", id="open"),
        pytest.param(
            [OPEN, ACKNOWLEDGED], Tone.OPEN, "ECS agent disconnected on 2 instances", id="one of two is acknowledged"
        ),
        pytest.param([OPEN, REPAIRING], Tone.OPEN, "ECS agent disconnected on 2 instances", id="one in repair"),
        pytest.param(
            [UNREADABLE], Tone.OPEN, "ECS agent reported disconnected on 1 instance, could not be checked", id="unread"
        ),
        pytest.param([OPEN, UNREADABLE], Tone.OPEN, "ECS agent disconnected on 2 instances", id="one of two unread"),
        pytest.param(
            [ACKNOWLEDGED],
            Tone.ACKNOWLEDGED,
            "Acknowledged: ECS agent disconnected on 1 instance",
            id="acknowledged",
        ),
        pytest.param([REPAIRING], Tone.REPAIRING, "Repairing 1 instance", id="repairing"),
        pytest.param([REPAIRING, ACKNOWLEDGED], Tone.REPAIRING, "Repairing 2 instances", id="repairing, acknowledged"),
        pytest.param(
            [OPEN, RESOLVED], Tone.OPEN, "ECS agent disconnected on 1 instance, 1 resolved", id="one of two over"
        ),
        pytest.param(
            [REPAIRING, RESOLVED], Tone.REPAIRING, "Repairing 1 instance, 1 resolved", id="repairing, one over"
        ),
        pytest.param([RESOLVED], Tone.RESOLVED, "Resolved: ECS agent on 1 instance (reconnected)", id="resolved"),
        pytest.param(
            [RESOLVED, REPLACED],
            Tone.RESOLVED,
            "Resolved: ECS agent on 2 instances (reconnected, terminated)",
            id="resolved in two ways",
        ),
        pytest.param([], Tone.RESOLVED, "Resolved: which instances it was is no longer known", id="all forgotten"),
        pytest.param(
            [incident(number) for number in range(1_234)],
            Tone.OPEN,
            "ECS agent disconnected on 1,234 instances",
            id="many",
        ),
    ],
)
def test_how_an_episode_stands(incidents: list[Incident], tone: Tone, headline: str) -> None:
    content = compose(bulletin().episode, incidents)

    assert (content.tone, content.headline) == (tone, headline)


def test_incidents_of_other_episodes_are_not_spoken_of() -> None:
    before = replace(RESOLVED, episode="ep-before")

    content = compose(bulletin().episode, [before, OPEN])

    assert (content.rows, content.headline) == ((OPEN,), "ECS agent disconnected on 1 instance")


@pytest.mark.parametrize("count", [1, ROWS, ROWS + 1, 1_000])
@pytest.mark.parametrize("state", State)
def test_few_have_a_row_each_and_many_have_none(state: State, count: int) -> None:
    content = compose(bulletin().episode, [incident(number, state) for number in range(count)])

    few = count <= ROWS
    assert (len(content.rows), len(content.more)) == ((count, 0) if few else (0, count))


def test_who_is_gone_longest_comes_first_and_what_is_over_makes_room() -> None:
    late, early = incident(1, since=NOON), incident(2)
    over = [incident(number, State.RESOLVED) for number in range(10, 20)]

    assert compose(bulletin().episode, [*over, late, early]).rows == (early, late)
    assert len(compose(bulletin().episode, over).more) == 10


@pytest.mark.parametrize(
    ("incidents", "why"),
    [
        pytest.param([OPEN], "6 tasks run on without a manager", id="tasks"),
        pytest.param([incident(sighting=sighting(running_tasks=1))], "1 task run", id="one task"),
        pytest.param([OPEN, incident(2)], "12 tasks run on", id="tasks of both"),
        pytest.param([incident(sighting=sighting(running_tasks=0))], "New tasks cannot be placed", id="no tasks"),
        pytest.param([OPEN, incident(2, sighting=sighting(2, checks="impaired"))], "EC2 status checks fail", id="host"),
        pytest.param([RESOLVED], "", id="over"),
    ],
)
def test_why_it_matters(incidents: list[Incident], why: str) -> None:
    said = compose(bulletin().episode, incidents).why

    assert said.startswith(why)
    assert bool(said) is bool(why)


def test_what_could_not_be_checked_is_said_once() -> None:
    blind = [
        incident(number, sighting=sighting(number, unchecked=("EC2 status: access denied", "SSM ping: no answer")))
        for number in (1, 2)
    ]

    assert compose(bulletin().episode, blind).unchecked == ("EC2 status: access denied", "SSM ping: no answer")


@pytest.mark.parametrize(
    ("over", "how"),
    [
        pytest.param(RESOLVED, "reconnected", id="by itself"),
        pytest.param(REPLACED, "terminated, replaced", id="replaced"),
        pytest.param(
            replace(REPLACED, replacement=""),
            "terminated; no replacement from Auto Scaling group payments-asg registered in time",
            id="not replaced",
        ),
        pytest.param(incident(5, State.RESOLVED, ending="terminated", repair=repair()), "terminated", id="no group"),
        pytest.param(incident(5, State.RESOLVED, repair=finished()), "reconnected", id="back before the repair ended"),
    ],
)
def test_how_an_incident_ended(over: Incident, how: str) -> None:
    assert how_it_ended(over) == how


def test_a_bulletin_is_named_by_its_cluster_and_episode() -> None:
    assert bulletin().id == f"{CLUSTER.key}#{EPISODE}"
    assert instance_id() not in bulletin().id


@pytest.mark.parametrize(("tasks", "said"), [(1, "1 task runs on"), (2, "2 tasks run on"), (0, "New tasks cannot")])
def test_why_it_matters_counts_the_tasks(tasks: int, said: str) -> None:
    assert compose(bulletin().episode, [incident(sighting=sighting(running_tasks=tasks))]).why.startswith(said)


def test_what_nobody_could_look_at_is_not_called_harmless() -> None:
    unseen = incident(sighting=sighting(connected=None, running_tasks=0, agent_version=""))
    assert "could not look" in compose(bulletin().episode, [unseen]).why
    assert "0 running" not in words(drawn(unseen))
