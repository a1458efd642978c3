"""Restarting an agent: a click begins it once, looks follow it, and it is over when the agent has stayed."""

from datetime import timedelta

import pytest

from chatops.clicks.requests import Request
from hub.incidents.incident import State
from hub.slack.button_values import REPAIR
from tests.chatops.factories import ALICE, BOB
from tests.chatops.fate import Died
from tests.chatops.story import Story, Victim

RESTART = f"{REPAIR}restart-agent"
SENT = "ssm:SendCommand"


def begun(story: Story) -> tuple[Victim, Request]:
    (victim,) = story.trouble()
    request = story.click(RESTART)
    story.act(request)
    return victim, request


def comes_back(story: Story, victim: Victim) -> None:
    known = story.fleet.known(story.cluster, victim.instance)
    known.connected, known.since = True, None


def goes(story: Story, victim: Victim) -> None:
    story.fleet.known(story.cluster, victim.instance).connected = False


def looks(story: Story, seconds: float) -> None:
    story.clock.go_on(timedelta(seconds=seconds))
    story.look()


def ends(story: Story, status: str, output: str) -> None:
    """The host has carried the command out; Systems Manager knows it from its second answer on."""
    (command,) = story.fleet.members.commands.taken
    command.status, command.output = status, output
    story.look()


def test_a_click_begins_it_and_two_clicks_are_one(story: Story) -> None:
    (victim,) = story.trouble()
    request, second = story.click(RESTART), story.click(RESTART, user=BOB)
    story.act(request)
    story.act(second)

    (command,) = story.fleet.members.commands.taken
    assert (command.comment, command.host) == (request.id, victim.host)
    repair = story.incident(victim).repair
    assert repair is not None
    assert (story.state(victim), repair.command, repair.problem) == (State.REPAIRING, command.id, "")
    assert [entry.what for entry in story.log(request)] == ["asked: Restart agent", "Restart agent begun"]
    assert story.fleet.host(victim.host).state == "running"


def test_it_is_over_when_the_agent_has_stayed_and_not_before(story: Story) -> None:
    victim, _ = begun(story)
    comes_back(story, victim)

    looks(story, 10)
    assert story.state(victim) is State.REPAIRING
    looks(story, 59)
    assert story.state(victim) is State.REPAIRING
    looks(story, 2)

    assert (story.state(victim), story.incident(victim).ending) == (State.RESOLVED, "agent restarted")


def test_an_agent_that_goes_again_has_to_stay_anew_and_in_vain_after_its_time(story: Story) -> None:
    victim, _ = begun(story)
    comes_back(story, victim)
    looks(story, 10)
    goes(story, victim)
    looks(story, 20)
    comes_back(story, victim)
    looks(story, 20)
    looks(story, 50)
    assert story.state(victim) is State.REPAIRING
    goes(story, victim)

    looks(story, 300)

    repair = story.incident(victim).repair
    assert repair is not None
    assert story.state(victim) is State.OPEN
    assert repair.problem.startswith("the agent has not come back to stay within 5 min.")
    assert repair.problem.endswith("What may help next: terminate it.")


def test_what_the_host_has_found_ends_it_at_once_and_tells_who_asked(story: Story) -> None:
    victim, _ = begun(story)
    story.look()

    ends(story, "Failed", "coastguard: docker-hangs\n<!channel> *hostile*\n")

    repair = story.incident(victim).repair
    assert repair is not None
    assert story.state(victim) is State.OPEN
    assert repair.problem.startswith("Docker does not answer on the host")
    (note,) = [line for line in story.thread() if "Restart agent failed" in line]
    assert f"<@{ALICE}>" in note
    assert "hostile" not in str(story.bulletin()) + note


@pytest.mark.parametrize("status", ["TimedOut", "Cancelled"])
def test_a_command_that_never_ran_is_no_success(story: Story, status: str) -> None:
    victim, _ = begun(story)
    story.look()

    ends(story, status, "")

    repair = story.incident(victim).repair
    assert repair is not None
    assert f"has not run the command to its end ({status})" in repair.problem


def test_a_command_that_ran_well_is_no_success_either_as_long_as_ecs_knows_of_no_agent(story: Story) -> None:
    victim, _ = begun(story)
    story.look()
    ends(story, "Success", "coastguard: agent-up\n")
    assert story.state(victim) is State.REPAIRING

    looks(story, 301)

    repair = story.incident(victim).repair
    assert repair is not None
    assert "it runs on its host, so look at the way to the endpoints of ECS" in repair.problem


@pytest.mark.parametrize(
    ("moment", "sent"),
    [
        ("after save 1", 1),
        ("after save 2", 0),
        (f"before {SENT} 1", 0),
        (f"after {SENT} 1", 1),
        ("after save 3", 1),
        ("after finish 1", 1),
    ],
)
def test_wherever_it_crashes_it_is_sent_once_at_most(story: Story, moment: str, sent: int) -> None:
    (victim,) = story.trouble()
    request = story.click(RESTART)
    story.hub.fate.die(moment)
    with pytest.raises(Died):
        story.act(request)

    story.act(request, 2)

    assert len(story.fleet.members.commands.taken) == sent
    assert story.outcome(request).startswith("Had Systems Manager" if sent else "May have had")
    assert story.state(victim) is State.REPAIRING
    comes_back(story, victim)
    looks(story, 5)
    looks(story, 61)
    assert story.incident(victim).ending == "agent restarted"


def test_what_is_over_by_then_is_not_begun(story: Story) -> None:
    (victim,) = story.trouble()
    request = story.click(RESTART)
    comes_back(story, victim)

    story.act(request)

    assert story.fleet.members.commands.taken == []
    assert "is connected again" in story.outcome(request)
