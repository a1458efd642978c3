"""Acknowledging: somebody takes an incident on, and the others see who and since when."""

from contextlib import suppress
from datetime import timedelta

from hub.incidents.hints import Hint, Why
from hub.incidents.incident import State
from hub.slack.button_values import ACKNOWLEDGE
from tests.chatops.factories import ALICE, BOB
from tests.chatops.fate import Died
from tests.chatops.story import Story


def test_an_incident_is_taken_on(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    request = story.click(ACKNOWLEDGE)
    story.hub.trail.calls.clear()

    story.act(request)

    incident = story.incident(victim)
    assert incident.state is State.ACKNOWLEDGED
    assert incident.acknowledged_by == ALICE
    assert incident.acknowledged_at is not None
    assert story.outcome(request) == "acknowledged"
    (entry,) = story.log(request)
    assert (entry.who, entry.what, entry.where, entry.result) == (ALICE, "acknowledged", victim.host, "")
    assert (entry.incident, entry.source_identity) == (incident.id, f"slack-T0COAST01-{ALICE}")
    assert entry.at == incident.acknowledged_at
    assert story.looks_asked() == [Hint(story.cluster, Why.REQUEST)]
    assert story.whispers() == []
    assert story.hub.trail.of("sts:AssumeRole") == []  # nobody goes to the member account for that


def test_the_bulletin_says_who_after_the_next_look(story: Story) -> None:
    story.trouble(grouped=False)
    story.act(story.click(ACKNOWLEDGE))
    assert "Acknowledged" not in story.message()

    story.look()

    assert "*Acknowledged: ECS agent disconnected on 1 instance*" in story.message()
    assert f"Acknowledged by <@{ALICE}>" in story.message()
    assert len(story.thread()) == 1


def test_the_second_person_is_told_who_was_first_and_when(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    first, second = story.click(ACKNOWLEDGE, user=ALICE), story.click(ACKNOWLEDGE, user=BOB)
    story.act(first)
    when = story.incident(victim).acknowledged_at
    assert when is not None

    story.act(second)

    (told,) = story.whispers(BOB)
    assert told.startswith(f"<@{ALICE}> has acknowledged this already, <!date^{int(when.timestamp())}^")
    assert f"{when:%Y-%m-%d %H:%M:%S} UTC" in told
    assert story.incident(victim).acknowledged_by == ALICE
    assert story.outcome(second) == f"refused: {told}"
    (entry,) = story.log(second)
    assert (entry.who, entry.what, entry.result, entry.quiet) == (BOB, "refused: acknowledge", told, True)
    assert entry.source_identity == f"slack-T0COAST01-{BOB}"


def test_somebody_who_acknowledges_twice_is_not_bothered(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    clicks = [story.click(ACKNOWLEDGE), story.click(ACKNOWLEDGE)]
    story.act(clicks[0])
    first = story.incident(victim).acknowledged_at

    story.act(clicks[1])

    assert story.incident(victim).acknowledged_at == first
    assert story.outcome(clicks[1]) == "acknowledged"
    (entry,) = story.log(clicks[1])
    assert (entry.who, entry.what, entry.result, entry.quiet) == (ALICE, "acknowledged", "again", True)
    assert story.whispers() == []


def test_a_request_that_is_delivered_again_after_a_crash_is_logged_once(story: Story) -> None:
    story.trouble(grouped=False)
    request = story.click(ACKNOWLEDGE)
    story.hub.fate.die("after save 1")
    with suppress(Died):
        story.act(request)

    story.act(request, tries=2)

    assert story.outcome(request) == "acknowledged"
    assert len(story.log(request)) == 1


def test_what_is_being_repaired_cannot_be_taken_on(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    late = story.click(ACKNOWLEDGE, user=BOB)
    story.act(story.click(user=ALICE))

    story.act(late)

    (told,) = story.whispers(BOB)
    assert told.startswith(f"<@{ALICE}> has asked for this already (Terminate, ")
    assert story.state(victim) is State.REPAIRING
    assert story.incident(victim).acknowledged_by == ""


def test_of_several_incidents_the_one_that_was_clicked_is_taken_on(story: Story) -> None:
    first, second = story.trouble(grouped=False, size=2)

    story.act(story.click(ACKNOWLEDGE, victim=second))

    assert (story.state(first), story.state(second)) == (State.OPEN, State.ACKNOWLEDGED)


def test_an_incident_whose_repair_failed_can_be_taken_on(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    story.fleet.protect(victim.host)
    story.act(story.click(user=ALICE))
    story.clock.go_on(timedelta(minutes=1))

    story.act(story.click(ACKNOWLEDGE, user=BOB))

    assert story.state(victim) is State.ACKNOWLEDGED
    assert story.incident(victim).acknowledged_by == BOB
