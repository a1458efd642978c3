"""Crashes: whenever acting dies, the queue brings the request again, and it ends in the same place, done once."""

from datetime import timedelta

import pytest

from chatops.clicks.requests import Request
from hub.incidents.incident import State
from hub.slack.button_values import ACKNOWLEDGE
from tests.chatops.factories import ALICE, BOB
from tests.chatops.fate import Died
from tests.chatops.story import GROUP, Story, Victim

TERMINATION = "autoscaling:TerminateInstanceInAutoScalingGroup"
DEREGISTRATION = "ecs:DeregisterContainerInstance"
# A refusal is finished first, then told.
OUTCOME_KNOWN = {"after finish 1", "after whisper 1", "after finish 2"}


def crash(story: Story, request: Request, moment: str) -> None:
    """The function dies at that moment, and its message comes back some seconds later."""
    story.hub.fate.die(moment)
    with pytest.raises(Died, match=moment):
        story.act(request, 1)
    assert story.outcome(request) == "" or moment in OUTCOME_KNOWN
    story.clock.go_on(timedelta(seconds=5))


# A crash before a step leaves the same behind as one after the step before.


@pytest.mark.parametrize(
    "moment",
    [
        "before claim 1",
        "after claim 1",
        "after save 1",  # it has begun
        "after ask 1",
        f"before {TERMINATION} 1",
        f"after {TERMINATION} 1",
        f"after {DEREGISTRATION} 1",
        "after save 2",  # it has ended
        "after ask 2",
        "after finish 1",
    ],
)
def test_a_repair_ends_in_the_same_place_wherever_it_crashes(story: Story, moment: str) -> None:
    (victim,) = story.trouble()
    request = story.click()
    crash(story, request, moment)

    story.act(request, 2)

    assert_repaired(story, victim, request)
    assert story.terminations() == (2 if moment == f"before {TERMINATION} 1" else 1)  # that one was never sent


@pytest.mark.parametrize("moment", ["after save 1", f"after {TERMINATION} 1"])
def test_a_repair_that_has_begun_goes_on_when_a_storm_breaks_out_meanwhile(story: Story, moment: str) -> None:
    """Its host may be gone already; ECS would keep the container instance for ever, and the incident hang."""
    (victim,) = story.trouble()
    request = story.click()
    crash(story, request, moment)
    story.storm()

    story.act(request, 2)

    assert_repaired(story, victim, request)
    assert story.terminations() == 1


def assert_repaired(story: Story, victim: Victim, request: Request) -> None:
    assert story.is_gone(victim)
    hosts = story.fleet.hosts_of(GROUP)
    assert len(hosts) == 2
    assert victim.host not in hosts
    incident = story.incident(victim)
    assert incident.state is State.REPAIRING
    repair = incident.repair
    assert repair is not None
    assert (repair.request, repair.by, repair.group, repair.problem) == (request.id, ALICE, GROUP, "")
    assert repair.finished is not None
    assert len(repair.steps) == 2
    assert story.outcome(request) == " ".join(repair.steps)
    asked, done = story.log(request)
    assert (asked.what, done.what, done.result) == ("asked: Terminate", "Terminate done", story.outcome(request))
    assert asked.source_identity == done.source_identity == f"slack-T0COAST01-{ALICE}"
    assert len(story.looks_asked()) == 2
    assert story.whispers() == []


@pytest.mark.parametrize("moment", [f"after {TERMINATION} 1", "after save 2"])
def test_a_look_meanwhile_does_not_get_in_the_way(story: Story, moment: str) -> None:
    (victim,) = story.trouble()
    request = story.click()
    crash(story, request, moment)
    story.look()

    story.act(request, 2)

    assert_repaired(story, victim, request)


def test_a_repair_that_a_look_saw_through_to_the_end_is_done_and_not_refused(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    request = story.click()
    crash(story, request, "before finish 1")
    story.look()
    assert story.bulletin().episode.closed
    incident = story.incident(victim)

    story.act(request, 2)

    assert story.incident(victim) == incident
    assert incident.repair is not None
    assert story.outcome(request) == " ".join(incident.repair.steps)
    assert [entry.what for entry in story.log(request)] == ["asked: Terminate", "Terminate done"]
    assert story.whispers() == []


def test_outside_of_a_group_a_crash_is_no_worse(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    request = story.click()
    crash(story, request, "after ec2:TerminateInstances 1")

    story.act(request, 2)

    assert story.is_gone(victim)
    assert story.outcome(request).startswith(f"Found {victim.host} already terminated. Took {victim.instance} out")
    assert story.terminations() == 1
    story.look()
    assert story.state(victim) is State.RESOLVED


def test_an_agent_that_came_back_after_the_crash_saves_the_host(story: Story) -> None:
    (victim,) = story.trouble()
    request = story.click()
    crash(story, request, f"before {TERMINATION} 1")
    story.fleet.known(story.cluster, victim.instance).connected = True

    story.act(request, 2)

    assert story.is_untouched(victim)
    assert story.state(victim) is State.OPEN
    assert len(story.whispers(ALICE)) == 1


def test_a_second_click_between_crash_and_return_does_not_double_it(story: Story) -> None:
    (victim,) = story.trouble()
    first, second = story.click(user=ALICE), story.click(user=BOB)
    crash(story, first, f"before {DEREGISTRATION} 1")

    story.act(second)
    story.act(first, 2)

    assert_repaired(story, victim, first)
    assert story.terminations() == 1
    assert story.outcome(second).startswith("refused: ")


def test_two_crashes_are_no_worse_than_one(story: Story) -> None:
    (victim,) = story.trouble()
    request = story.click()
    crash(story, request, f"after {TERMINATION} 1")
    crash(story, request, "before save 1")

    story.act(request, 3)

    assert_repaired(story, victim, request)
    assert story.terminations() == 1


@pytest.mark.parametrize("moment", ["after claim 1", "after save 1", "after ask 1", "after finish 1"])
def test_an_acknowledgement_is_there_once_wherever_it_crashes(story: Story, moment: str) -> None:
    (victim,) = story.trouble(grouped=False)
    request = story.click(ACKNOWLEDGE)
    crash(story, request, moment)

    story.act(request, 2)

    incident = story.incident(victim)
    assert (incident.state, incident.acknowledged_by) == (State.ACKNOWLEDGED, ALICE)
    assert [entry.what for entry in story.log(request)] == ["acknowledged"]
    assert story.outcome(request) == "acknowledged"
    assert story.looks_asked() != []


@pytest.mark.parametrize(
    "moment", ["after claim 1", "before finish 1", "after finish 1", "after whisper 1", "after finish 2"]
)
def test_a_refusal_stays_one_wherever_it_crashes(story: Story, moment: str) -> None:
    (victim,) = story.trouble(grouped=False)
    first, second = story.click(ACKNOWLEDGE, user=ALICE), story.click(ACKNOWLEDGE, user=BOB)
    story.act(first)
    crash(story, second, moment)

    story.act(second, 2)

    assert story.incident(victim).acknowledged_by == ALICE
    (entry,) = story.log(second)
    assert story.outcome(second) == f"refused: {entry.result}"
    told = story.whispers(BOB)
    assert set(told) == {entry.result}
    assert len(told) == (2 if moment == "after whisper 1" else 1)  # told twice at worst


@pytest.mark.parametrize("moment", ["after save 2", "after ask 2", "after whisper 1", "after finish 1"])
def test_a_failure_stays_one_wherever_it_crashes(story: Story, moment: str) -> None:
    (victim,) = story.trouble(grouped=False)
    story.fleet.protect(victim.host)
    request = story.click()
    crash(story, request, moment)

    story.act(request, 2)

    assert story.is_untouched(victim)
    assert story.state(victim) is State.OPEN
    assert [entry.what for entry in story.log(request)] == ["asked: Terminate", "Terminate failed"]
    assert story.outcome(request).startswith(f"failed: {victim.host} has termination protection")
    assert 1 <= len(set(story.whispers(ALICE))) <= len(story.whispers(ALICE)) <= 2
