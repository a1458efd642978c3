"""Failures: a repair that has begun and must not or cannot be done is told as such, and the incident is as before."""

from collections.abc import Callable

import pytest

from hub.incidents.incident import State
from hub.slack.button_values import ACKNOWLEDGE
from tests.chatops.clicks.agents import come_back
from tests.chatops.factories import ALICE, BOB, TERMINATE
from tests.chatops.story import GROUP, REMEDIATOR, Story, Victim
from tests.spoke.fleet import ACCOUNT

PLACE = f"{ACCOUNT}/eu-west-1"


def protect(story: Story, victim: Victim) -> None:
    story.fleet.protect(victim.host)


def hand_over_to_aws(story: Story, victim: Victim) -> None:
    story.fleet.host(victim.host).managed = True


def stop(story: Story, victim: Victim) -> None:
    story.fleet.host(victim.host).state = "stopped"


def move_to_another_host(story: Story, victim: Victim) -> None:
    story.fleet.move(story.cluster, victim.instance, "i-0123456789abcdef0")


def delete_the_role(story: Story, _: Victim) -> None:
    story.hub.trail.fail("sts:AssumeRole", "AccessDenied", 403)


def forbid_to_look(story: Story, _: Victim) -> None:
    story.hub.trail.fail("ecs:DescribeContainerInstances", "AccessDeniedException")


def hide_the_protection(story: Story, _: Victim) -> None:
    story.hub.trail.fail("ec2:DescribeInstanceAttribute", "UnauthorizedOperation", 403)


def forbid_to_terminate(story: Story, _: Victim) -> None:
    story.hub.trail.fail("autoscaling:TerminateInstanceInAutoScalingGroup", "AccessDenied", 403)


def fail_to_terminate(story: Story, _: Victim) -> None:
    story.hub.trail.fail("autoscaling:TerminateInstanceInAutoScalingGroup", "ValidationError")


Hindrance = Callable[[Story, Victim], None]


@pytest.mark.parametrize(
    ("hinder", "problem"),
    [
        pytest.param(come_back, "The agent on {host} is connected again.", id="the agent is back"),
        pytest.param(
            protect, "{host} has termination protection: remove it first if it may go.", id="the host is protected"
        ),
        pytest.param(
            hand_over_to_aws,
            "{host} is managed by AWS (ECS Managed Instances), which replaces its hosts itself.",
            id="the host is managed by AWS",
        ),
        pytest.param(stop, "{host} is stopped now: no wonder that its agent is gone.", id="the host is stopped"),
        pytest.param(
            move_to_another_host,
            "{instance} is on i-0123456789abcdef0 now, not on {host}.",
            id="the instance is on another host",
        ),
        pytest.param(
            delete_the_role,
            f"Nothing was done: role {REMEDIATOR} cannot be assumed in {ACCOUNT}: AccessDenied.",
            id="the role cannot be assumed",
        ),
        pytest.param(
            forbid_to_look,
            f"Nothing was done: ecs:DescribeContainerInstances refused in {PLACE}: AccessDeniedException.",
            id="ECS may not be read",
        ),
        pytest.param(
            hide_the_protection,
            f"ec2:DescribeInstanceAttribute refused in {PLACE}: UnauthorizedOperation.",
            id="the protection may not be read",
        ),
        pytest.param(
            forbid_to_terminate,
            f"autoscaling:TerminateInstanceInAutoScalingGroup refused in {PLACE}: AccessDenied.",
            id="terminating is not allowed",
        ),
        pytest.param(
            fail_to_terminate, "AWS would not terminate {host}: ValidationError.", id="AWS does not terminate it"
        ),
    ],
)
def test_what_must_not_or_cannot_be_done_is_told(story: Story, hinder: Hindrance, problem: str) -> None:
    (victim,) = story.trouble()
    request = story.click()
    hinder(story, victim)
    why = problem.format(host=victim.host, instance=victim.instance)

    story.act(request)

    # Nothing was done …
    assert story.fleet.host(victim.host).state in {"running", "stopped"}
    assert victim.instance in story.fleet.registered(story.cluster)
    assert victim.host in story.fleet.hosts_of(GROUP)
    # … the incident is as it was, and says why …
    incident = story.incident(victim)
    assert incident.state is State.OPEN
    assert incident.repair is not None
    assert incident.repair.problem.endswith(why)
    assert incident.repair.steps == ()
    assert incident.repair.finished is not None
    # … the person is told …
    (told,) = story.whispers(ALICE)
    assert told == f"*Terminate* failed {incident.repair.problem}"
    # … the log has it …
    asked, failed = story.log(request)
    assert (asked.what, failed.what) == ("asked: Terminate", "Terminate failed")
    assert failed.result == story.outcome(request) == f"failed: {incident.repair.problem}"
    assert failed.source_identity == f"slack-T0COAST01-{ALICE}"
    # … and a look will show it.
    assert len(story.looks_asked()) == 2
    assert "very-secret" not in f"{told} {asked} {failed} {incident}"


def test_an_acknowledged_incident_stays_acknowledged(story: Story) -> None:
    (victim,) = story.trouble()
    story.act(story.click(ACKNOWLEDGE, user=BOB))
    story.fleet.protect(victim.host)

    story.act(story.click(user=ALICE))

    assert story.state(victim) is State.ACKNOWLEDGED
    assert story.incident(victim).acknowledged_by == BOB


def test_the_bulletin_says_that_it_failed_and_offers_the_button_again(story: Story) -> None:
    (victim,) = story.trouble()
    story.fleet.protect(victim.host)
    story.act(story.click(user=ALICE))
    story.look()
    assert f"It failed: {victim.host} has termination protection" in story.message()
    assert any("*Terminate failed*" in line for line in story.thread())

    story.fleet.host(victim.host).protected = False
    story.act(story.click(TERMINATE, user=BOB))

    assert story.is_gone(victim)
    repair = story.incident(victim).repair
    assert repair is not None
    assert (repair.by, repair.problem) == (BOB, "")


def test_a_host_that_cannot_be_deregistered_is_terminated_all_the_same_and_that_is_said(story: Story) -> None:
    (victim,) = story.trouble()
    story.hub.trail.fail("ecs:DeregisterContainerInstance", "AccessDeniedException")
    request = story.click()

    story.act(request)

    assert story.fleet.host(victim.host).state == "terminated"
    assert f"Left {victim.instance} in prod-payments" in story.outcome(request)
    assert story.whispers() == []


def test_hostile_words_from_a_member_account_are_told_as_words(story: Story) -> None:
    (victim,) = story.trouble()
    story.fleet.move(story.cluster, victim.instance, "i-<!channel> *x* @everyone `y` <https://z|z>")

    story.act(story.click())

    (told,) = story.workspace.state()["ephemerals"]
    assert "&lt;!channel&gt;" in told["text"]
    assert "<" not in told["text"].replace("&lt;", "")
    ours, theirs = told["blocks"]
    assert ours["text"] == {"type": "mrkdwn", "text": "*Terminate* failed", "verbatim": True}
    (why,) = theirs["elements"]
    assert why["type"] == "plain_text"  # nothing in it formats, links or mentions
    assert "is on i-<!channel> *x* @everyone `y` <https://z|z> now" in why["text"]
