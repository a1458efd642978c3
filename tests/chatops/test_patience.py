"""Patience: what does not answer now is tried again, and not for ever; nothing is done twice for it."""

from datetime import timedelta

import pytest

from chatops.clicks.repair import PATIENCE
from coastguard.local.slack.faults import Fault
from hub.incidents.incident import State
from hub.incidents.repair_progress import REPAIR_PATIENCE
from hub.slack.client import InDoubt, NotNow, SlackError
from spoke.errors import Busy
from tests.chatops.clicks.agents import come_back, go_again
from tests.chatops.factories import ALICE, BOB
from tests.chatops.story import Story

WHISPER = "chat.postEphemeral"


# A member account that does not answer -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "action",
    [
        "sts:AssumeRole",
        "autoscaling:TerminateInstanceInAutoScalingGroup",
        "ecs:DeregisterContainerInstance",
    ],
)
def test_a_throttled_repair_is_gone_on_with_and_done_once(story: Story, action: str) -> None:
    (victim,) = story.trouble()
    request = story.click()
    story.hub.trail.fail(action, "ThrottlingException")
    with pytest.raises(Busy):
        story.act(request, 1)
    assert story.state(victim) is State.REPAIRING
    assert story.outcome(request) == ""

    story.hub.trail.mend()
    story.act(request, 2)

    assert story.is_gone(victim)
    assert len(story.fleet.hosts_of("web")) == 2
    assert [entry.what for entry in story.log(request)] == ["asked: Terminate", "Terminate done"]
    assert story.whispers() == []


def test_a_member_that_never_answers_is_given_up(story: Story) -> None:
    (victim,) = story.trouble()
    request = story.click()
    story.hub.trail.fail("ecs:DescribeContainerInstances", "ServiceUnavailable", 503)
    for tries in range(1, PATIENCE):
        with pytest.raises(Busy):
            story.act(request, tries)

    story.act(request, PATIENCE)

    assert story.is_untouched(victim)
    assert story.state(victim) is State.OPEN
    (told,) = story.whispers(ALICE)
    assert told.startswith("*Terminate* failed Given up after 3 tries, and part of it may be done: ecs:Describe")
    assert story.outcome(request).startswith("failed: Given up after 3 tries")
    assert [entry.what for entry in story.log(request)] == ["asked: Terminate", "Terminate failed"]


def test_what_was_given_up_has_ended_when_it_was(story: Story) -> None:
    (victim,) = story.trouble()
    request = story.click()
    story.hub.trail.fail("ecs:DescribeContainerInstances", "ServiceUnavailable", 503)

    story.act(request, PATIENCE)

    repair = story.incident(victim).repair
    assert repair is not None
    assert repair.finished is not None
    assert repair.finished > repair.at
    assert story.log(request)[-1].at == repair.finished


def test_what_was_given_up_half_way_does_not_claim_that_nothing_was_done(story: Story) -> None:
    (victim,) = story.trouble()
    story.hub.trail.fail("ecs:DeregisterContainerInstance", "ThrottlingException")

    story.act(story.click(), PATIENCE)

    assert story.fleet.host(victim.host).state == "terminated"
    (told,) = story.whispers(ALICE)
    assert "part of it may be done" in told
    story.look()  # the truth, whatever was said
    assert story.state(victim) is State.RESOLVED


# A Slack that does not answer ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "error", "told"),
    [
        pytest.param("server_error", InDoubt, 1, id="an error"),
        pytest.param("ratelimit", NotNow, 1, id="a rate limit"),
        pytest.param("lost_answer", InDoubt, 2, id="a lost answer, told twice at worst"),
    ],
)
def test_a_refusal_that_slack_did_not_take_is_told_again(
    story: Story, kind: str, error: type[SlackError], told: int
) -> None:
    (victim,) = story.trouble(grouped=False)
    refused = story.click(user=BOB)
    story.act(story.click(user=ALICE))
    story.workspace.faults.order(Fault(WHISPER, kind))
    with pytest.raises(error):
        story.act(refused, 1)
    outcome = story.outcome(refused)
    assert outcome.startswith("refused: ")

    story.act(refused, 2)

    assert len(story.whispers(BOB)) == told
    assert story.outcome(refused) == outcome
    assert len(story.log(refused)) == 1
    assert story.is_gone(victim)
    assert story.terminations() == 1


def test_a_failed_repair_is_not_tried_again_while_its_failure_is_told(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    request = story.click()
    come_back(story, victim)
    story.workspace.faults.order(Fault(WHISPER, "server_error"))
    with pytest.raises(InDoubt):
        story.act(request, 1)
    before = story.incident(victim)

    go_again(story, victim)
    story.act(request, 2)

    assert story.is_untouched(victim)
    assert story.terminations() == 0
    (told,) = story.whispers(ALICE)
    assert told == f"*Terminate* failed The agent on {victim.host} is connected again."
    assert story.outcome(request) == f"failed: The agent on {victim.host} is connected again."
    assert story.incident(victim).repair == before.repair
    assert story.state(victim) is before.state is State.OPEN
    assert len(story.log(request)) == 2


def test_a_failure_is_told_even_if_a_look_has_resolved_the_incident_meanwhile(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    request = story.click()
    come_back(story, victim)
    story.workspace.faults.order(Fault(WHISPER, "ratelimit"))
    with pytest.raises(NotNow):
        story.act(request, 1)
    story.look()
    assert story.bulletin().episode.closed

    story.act(request, 2)

    assert story.state(victim) is State.RESOLVED
    assert [entry.what for entry in story.log(request)] == ["asked: Terminate", "Terminate failed"]
    assert story.whispers(ALICE) == [f"*Terminate* failed The agent on {victim.host} is connected again."]


def test_a_repair_that_a_look_has_given_up_is_not_taken_up_again(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    request = story.click()
    story.hub.trail.fail("ecs:DescribeContainerInstances", "ThrottlingException")
    with pytest.raises(Busy):
        story.act(request, 1)
    story.hub.trail.mend()
    story.clock.go_on(REPAIR_PATIENCE + timedelta(minutes=1))
    story.look()
    assert story.state(victim) is State.OPEN

    story.act(request, 2)

    assert story.is_untouched(victim)
    assert story.outcome(request) == "failed: it did not finish within 10 minutes"
    assert story.whispers(ALICE) == ["*Terminate* failed it did not finish within 10 minutes"]


def test_somebody_whom_slack_cannot_tell_does_not_hold_things_up(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    stranger = story.click()
    story.fleet.protect(victim.host)
    story.lose_channel()

    story.act(stranger)

    assert story.outcome(stranger).startswith("failed: ")
    assert [entry.what for entry in story.log(stranger)] == ["asked: Terminate", "Terminate failed"]
    assert story.workspace.state()["ephemerals"] == []


# Queues that do not answer -------------------------------------------------------------------------------------------


def test_a_look_that_cannot_be_asked_for_is_left_to_the_sweep(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    failed = {"Id": "0", "SenderFault": False, "Code": "InternalError"}
    story.hub.trail.answer("sqs:SendMessageBatch", {"Successful": [], "Failed": [failed]})

    story.act(story.click())

    assert story.is_gone(victim)


def test_nothing_is_done_while_the_queue_does_not_answer(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    request = story.click()
    story.hub.trail.fail("sqs:SendMessageBatch", "ServiceUnavailable", 503)
    with pytest.raises(Exception, match="ServiceUnavailable"):
        story.act(request, 1)
    assert story.is_untouched(victim)

    story.hub.trail.mend()
    story.act(request, 2)

    assert story.is_gone(victim)
    assert [entry.what for entry in story.log(request)] == ["asked: Terminate", "Terminate done"]
