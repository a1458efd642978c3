"""Picking: of many instances somebody chooses one, and the bulletin shows it with its buttons, for everybody."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.applications import Starlette

from chatops.clicks.requests import FRESH, BadRequest, Request, from_click, from_message, to_message
from coastguard.local.slack.clicks import Press
from coastguard.local.slack.server import routes
from coastguard.local.slack.workspace import BOT_TOKEN, Workspace
from hub.incidents.content import ROWS, compose
from hub.incidents.hints import Hint, Why
from hub.incidents.incident import State
from hub.slack.bulletin_message import render
from hub.slack.button_values import ACKNOWLEDGE, LIST, PICK, REPAIR
from hub.slack.client import Slack
from tests.chatops.factories import (
    ALICE,
    BOB,
    CHANNEL,
    CLUSTER,
    INSTANCE,
    NOW,
    Clock,
    Ears,
    bulletin,
    incident,
    request,
)
from tests.chatops.fate import Died
from tests.chatops.fronts import Front
from tests.chatops.story import Story, Victim
from tests.local_slack.serving import served
from tests.patience import PATIENCE_SECONDS

MANY = ROWS + 2
INCIDENT = "inc-0a1b2c3d4e"
BODY = {
    "trigger_id": "1772443800000.325978181.db1c0dcadcf9d3b13c8d67b09dd88c86",
    "user": {"id": ALICE},
    "team": {"id": "T0COAST01"},
    "container": {"channel_id": CHANNEL, "message_ts": "1772443800.000100"},
}


def come_back(story: Story, *victims: Victim) -> None:
    for victim in victims:
        story.fleet.known(story.cluster, victim.instance).connected = True
    story.look()


def is_shown(story: Story, victim: Victim) -> bool:
    """Whether the bulletin shows this one's facts; others are only named."""
    return f"*Instance*\n`{victim.host}`" in story.message()


# From the menu to the queue


def test_the_front_puts_a_choice_and_a_wish_for_the_list_into_the_queue(ears: Ears, front: Front) -> None:
    crowd = [replace(incident(), instance=f"{n:032x}", id=f"inc-{n:010x}") for n in range(MANY)]
    message = render(compose(bulletin().episode, crowd), bulletin().episode)
    workspace = Workspace(Clock().seconds)
    with served(Starlette(routes=routes(workspace))) as address:
        slack = Slack(BOT_TOKEN, f"{address}/api/", PATIENCE_SECONDS)
        ts = slack.post(CHANNEL, message.text, message.blocks, message.attachments, message.metadata)
    picking = Press(ALICE, CHANNEL, ts, f"{PICK}{CLUSTER.key}", value=f"{crowd[3].instance}/{crowd[3].id}")
    listing = Press(BOB, CHANNEL, ts, LIST)

    answers = [front.hear(ears.click(workspace, press))["statusCode"] for press in (picking, listing)]

    assert answers == [200, 200]
    chosen, wanted = front.taken
    usual = {"message": ts, "at": front.clock.now}
    assert chosen == request(
        **usual, id=chosen.id, wish="pick", instance=crowd[3].instance, incident=crowd[3].id, user=ALICE
    )
    assert wanted == request(**usual, id=wanted.id, wish="list", instance="", incident="", user=BOB)
    assert [from_message(to_message(each)) for each in front.taken] == front.taken


@pytest.mark.parametrize(
    "action",
    [
        pytest.param({"action_id": f"{PICK}{CLUSTER.key}"}, id="nothing chosen"),
        pytest.param({"action_id": f"{PICK}{CLUSTER.key}", "selected_option": None}, id="null chosen"),
        pytest.param({"action_id": f"{PICK}{CLUSTER.key}", "value": f"{INSTANCE}/{INCIDENT}"}, id="a button"),
        pytest.param({"action_id": PICK, "selected_option": {"value": f"{INSTANCE}/{INCIDENT}"}}, id="no cluster"),
        pytest.param(
            {"action_id": f"{PICK}12/eu-west-1/prod", "selected_option": {"value": f"{INSTANCE}/{INCIDENT}"}},
            id="a short account id",
        ),
        pytest.param(
            {"action_id": f"{PICK}{CLUSTER.key}", "selected_option": {"value": f"x/{INSTANCE}/{INCIDENT}"}},
            id="more than an instance",
        ),
        pytest.param({"action_id": f"{PICK}{CLUSTER.key}", "selected_option": {"value": 5}}, id="a number"),
        pytest.param(
            {"action_id": f"{PICK}{CLUSTER.key}", "selected_option": {"value": f"{INSTANCE}/<!channel>"}},
            id="a broadcast",
        ),
        pytest.param({"action_id": LIST}, id="a list of nothing"),
        pytest.param({"action_id": LIST, "value": f"{CLUSTER.key}/{INSTANCE}/{INCIDENT}"}, id="a list of an incident"),
        pytest.param({"action_id": LIST, "value": ["222233334444", "eu-west-1", "prod"]}, id="a list in a list"),
        pytest.param({"action_id": f"{LIST}.x", "value": CLUSTER.key}, id="something like a list"),
    ],
)
def test_what_no_bulletin_has_offered_is_refused(action: dict[str, object]) -> None:
    with pytest.raises(BadRequest, match="not a click on a button of ours"):
        from_click(BODY, action, NOW)


# From the queue to the bulletin


def test_the_bulletin_shows_who_was_picked_with_buttons_that_work(story: Story) -> None:
    victims = story.trouble(size=MANY)
    story.act(story.pick(victims[-1]))
    assert not is_shown(story, victims[-1])
    story.hub.trail.calls.clear()

    story.look()

    assert is_shown(story, victims[-1])
    assert story.state(victims[-1]) is State.OPEN
    story.act(story.click(ACKNOWLEDGE))
    assert [story.state(victim) for victim in victims] == [State.OPEN] * (MANY - 1) + [State.ACKNOWLEDGED]
    story.act(story.click(f"{REPAIR}terminate"))
    assert [story.is_gone(victim) for victim in victims] == [False] * (MANY - 1) + [True]
    assert story.terminations() == 1


def test_a_choice_is_recorded_quietly_and_changes_nothing_else(story: Story) -> None:
    (victim, *_) = story.trouble(grouped=False, size=MANY)
    before = story.incident(victim)
    request = story.pick(victim)
    story.hub.trail.calls.clear()

    story.act(request)

    after = story.incident(victim)
    assert replace(after, picked_at=None, version=before.version) == before
    assert after.picked_at == request.at
    (entry,) = story.log(request)
    assert (entry.who, entry.what, entry.where, entry.quiet) == (ALICE, "picked", victim.host, True)
    assert story.outcome(request) == "picked"
    assert story.looks_asked() == [Hint(story.cluster, Why.REQUEST)]
    assert story.hub.trail.of("sts:AssumeRole") == []  # nobody goes to the member account for that
    story.look()
    assert story.thread() == []
    assert story.whispers() == []


def test_of_two_people_who_pick_the_last_one_is_shown(story: Story) -> None:
    first, second, *_ = story.trouble(grouped=False, size=MANY)
    picks = [story.pick(first, ALICE), story.pick(second, BOB)]

    for pick in picks:
        story.act(pick)
    story.look()

    assert (is_shown(story, first), is_shown(story, second)) == (False, True)
    assert [story.outcome(pick) for pick in picks] == ["picked", "picked"]
    story.act(story.pick(first, ALICE))
    story.look()
    assert (is_shown(story, first), is_shown(story, second)) == (True, False)


def test_a_choice_that_is_delivered_twice_is_made_once(story: Story) -> None:
    first, second, *_ = story.trouble(grouped=False, size=MANY)
    early = story.pick(first)
    story.act(early)
    story.act(story.pick(second))
    story.look()
    version = story.incident(first).version

    story.act(early)
    story.look()

    assert story.incident(first).version == version
    assert is_shown(story, second)


@pytest.mark.parametrize("moment", ["after claim 1", "after save 1", "after ask 1", "after finish 1"])
def test_a_choice_is_made_once_wherever_acting_crashes(story: Story, moment: str) -> None:
    (victim, *_) = story.trouble(grouped=False, size=MANY)
    request = story.pick(victim)
    story.hub.fate.die(moment)
    with pytest.raises(Died):
        story.act(request)

    story.act(request, 2)
    story.look()

    assert is_shown(story, victim)
    assert story.outcome(request) == "picked"
    assert len(story.log(request)) == 1
    assert story.looks_asked() != []


def one_is_back(story: Story, victims: list[Victim], request: Request) -> Request:
    come_back(story, victims[0])
    assert not story.bulletin().episode.closed
    return request


def all_are_back(story: Story, victims: list[Victim], request: Request) -> Request:
    come_back(story, *victims)
    assert story.bulletin().episode.closed
    return request


def another_message(_story: Story, _victims: list[Victim], request: Request) -> Request:
    return replace(request, message="1700000000.000100")


def another_team(_story: Story, _victims: list[Victim], request: Request) -> Request:
    return replace(request, team="T0ELSEWHERE")


def it_lay_about(_story: Story, _victims: list[Victim], request: Request) -> Request:
    return replace(request, at=request.at - FRESH - timedelta(minutes=1))


Twist = Callable[[Story, list[Victim], Request], Request]


@pytest.mark.parametrize(
    ("twist", "reason"),
    [
        pytest.param(one_is_back, "This incident is over.", id="that one is over"),
        pytest.param(all_are_back, "This incident is over.", id="all are over"),
        pytest.param(another_message, "This message no longer shows", id="another message"),
        pytest.param(another_team, "This app belongs to another workspace.", id="another workspace"),
        pytest.param(it_lay_about, "You asked for this more than 15 minutes ago", id="it lay about"),
    ],
)
def test_a_choice_is_refused_like_any_click(story: Story, twist: Twist, reason: str) -> None:
    victims = story.trouble(grouped=False, size=MANY)
    request = twist(story, victims, story.pick(victims[0]))

    story.act(request)

    (told,) = story.whispers(ALICE)
    assert told.startswith(reason)
    assert story.incident(victims[0]).picked_at is None
    assert story.outcome(request) == f"refused: {told}"


def test_once_the_picked_one_is_back_the_bulletin_shows_none(story: Story) -> None:
    victim, *others = story.trouble(grouped=False, size=MANY + 1)
    story.act(story.pick(others[0]))
    story.act(story.pick(victim))
    story.look()
    assert is_shown(story, victim)

    come_back(story, victim)

    assert "*EC2 status*" not in story.message()
