"""What somebody is told of an instance that they have asked about: how it is, in words that Slack takes."""

from dataclasses import replace

import pytest

from hub.incidents.condition import UNWATCHED, Condition, condition
from hub.incidents.hints import Question
from hub.incidents.incident import State
from hub.scopes.scope import Scope
from hub.slack.button_values import SAY
from hub.slack.instance_answer import answer
from spoke.sighting import Sighting
from spoke.states import MISSING
from tests.hub.factories import ALICE, CLUSTER, LONGEST, NOON, incident, instance_id, sighting
from tests.hub.foreign_words import HOSTILE, everywhere
from tests.hub.rendering import buttons, check, texts, tricks

ASKED = Question(sighting().host, ALICE, "C0ECSALERTS")
WELL = sighting(connected=True)


def said(*seen: Sighting, question: Question = ASKED, problem: str = "", **known: object) -> str:
    about = {each.instance: incident(**known) for each in seen[:1]} if known else {}  # type: ignore[arg-type]  # fields
    text, blocks = answer(question, CLUSTER, seen, about, problem)
    check(text, blocks)
    return "\n".join([text, *(thing["text"] for thing in texts(blocks))])


@pytest.mark.parametrize(
    ("seen", "how", "words"),
    [
        (WELL, Condition.CONNECTED, "is well: its agent is connected"),
        (sighting(status=MISSING), Condition.DEREGISTERED, "is not registered with ECS"),
        (sighting(host_state="terminated"), Condition.TERMINATED, "is terminated"),
        (sighting(host_state="stopped"), Condition.STOPPED, "is stopped"),
        (sighting(lifecycle="Standby"), Condition.OUT_OF_SERVICE, "was taken out of service by Auto Scaling"),
        (sighting(status=UNWATCHED), Condition.UNWATCHED, "is in a cluster that is not monitored"),
        (sighting(host_state="shutting-down"), Condition.CHANGING, "is changing right now"),
        (sighting(status="DRAINING"), Condition.DRAINING, "is draining, without its agent"),
        (sighting(), Condition.DISCONNECTED, "has lost its agent, for less than the grace as far as is known"),
        (sighting(connected=None, unchecked=("EC2: no",)), Condition.UNREADABLE, "could not be checked"),
    ],
)
def test_each_condition_is_told_in_words(seen: Sighting, how: Condition, words: str) -> None:
    assert condition(seen) is how
    assert f"*`{seen.host}` {words}.*" in said(seen)


def test_what_is_in_trouble_is_told_by_its_incident() -> None:
    told = said(sighting(), state=State.ACKNOWLEDGED)

    assert "is in trouble, acknowledged" in told
    assert f"`{incident().id}`" in told


def test_when_it_was_in_trouble_last_is_told() -> None:
    assert "none that is kept" in said(WELL)
    assert f"`{incident().id}`, over <!date" in said(WELL, state=State.RESOLVED, resolved_at=NOON)


def test_what_could_not_be_checked_or_found_is_told() -> None:
    assert "Could not be checked: EC2: no." in said(sighting(unchecked=("EC2: no",)))
    assert "ECS knows no such instance there." in said()
    assert "could not be looked at.\n" in said(problem="the role cannot be assumed")
    assert "the role cannot be assumed" in said(problem="the role cannot be assumed")


def test_a_host_with_many_registrations_is_told_as_that() -> None:
    many = [replace(WELL, instance=instance_id(number)) for number in range(4)]

    assert "and 1 more registration of it." in said(*many)
    assert "more registration" not in said(*many[:3])


@pytest.mark.parametrize(
    ("verb", "rest", "line"), [("mute", '2h "x"', ' 2h "x"'), ("why", "", ""), ("show", "2h", ""), ("mute", "", "")]
)
def test_who_wanted_to_mute_it_gets_their_command_back(verb: str, rest: str, line: str) -> None:
    _, blocks = answer(replace(ASKED, verb=verb, rest=rest), CLUSTER, [WELL], {})

    (mute,) = buttons(blocks)
    assert mute["action_id"].startswith(SAY)
    assert mute["value"] == f"mute {Scope.of(CLUSTER, WELL.instance)}{line}"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_foreign_words_are_words(text: str) -> None:
    about = everywhere(text, 1)
    asked = Question(text, ALICE, verb="mute", rest=f'2h "{"&amp;" * 300}"')

    for seen, problem in (([about.sighting] * 4, ""), ([], text or "x"), ([], "")):
        words, blocks = answer(asked, LONGEST, seen, {about.instance: about}, problem)
        check(words, blocks)
        assert tricks(blocks, words) == []
