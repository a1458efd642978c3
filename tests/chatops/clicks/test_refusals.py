"""Refusals: what must not even begin is told to the person, kept in the log, and nothing is done."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chatops.clicks.requests import FRESH, Request
from coastguard.local.slack.faults import Fault
from hub.incidents.episode import REOPENS
from hub.incidents.incident import State, acknowledge
from hub.incidents.storm import lock
from hub.slack.button_values import ACKNOWLEDGE
from spoke.places import Cluster
from tests.chatops.factories import ALICE, BOB, CHANNEL, TERMINATE
from tests.chatops.story import Story, Victim

STALE = "This message no longer shows how things are; please use the cluster's newest message."
OVER = "This incident is over."
OLD = "You asked for this more than 15 minutes ago, and nothing was done since. Please click again if it still helps."
FOREIGN = "This app belongs to another workspace."


def come_back(story: Story, victim: Victim) -> None:
    """The agent connects again, and a look sees it."""
    story.fleet.known(story.cluster, victim.instance).connected = True
    story.look()


def go_again(story: Story, victim: Victim) -> None:
    """The agent drops again, and that is reported."""
    story.fleet.unplug(story.cluster, victim.instance)
    story.report(victim)


# Each makes trouble for a click that was made before, and says which request arrives in the end.


def another_message(_story: Story, _victims: list[Victim], request: Request) -> Request:
    return replace(request, message="1700000000.000100")


def another_channel(_story: Story, _victims: list[Victim], request: Request) -> Request:
    return replace(request, channel="C0ELSEWHERE")


def a_message_of_the_last_episode(story: Story, victims: list[Victim], request: Request) -> Request:
    for victim in victims:
        come_back(story, victim)
    story.clock.go_on(REOPENS)
    go_again(story, victims[0])
    assert request.message != story.bulletin().slack.handle
    return request


def the_id_of_another_incident_and_the_last_message(story: Story, victims: list[Victim], request: Request) -> Request:
    old = a_message_of_the_last_episode(story, victims, request)
    return replace(old, incident=story.incident(victims[0]).id)


def an_incident_that_is_over(story: Story, victims: list[Victim], request: Request) -> Request:
    come_back(story, victims[0])
    assert not story.bulletin().episode.closed
    return request


def an_episode_that_is_over(story: Story, victims: list[Victim], request: Request) -> Request:
    for victim in victims:
        come_back(story, victim)
    assert story.bulletin().episode.closed
    return request


def an_earlier_incident_of_the_instance(story: Story, victims: list[Victim], request: Request) -> Request:
    come_back(story, victims[0])
    go_again(story, victims[0])
    assert story.bulletin().slack.handle == request.message
    assert story.state(victims[0]) is State.OPEN
    return request


def an_instance_that_was_never_in_trouble(_story: Story, _victims: list[Victim], request: Request) -> Request:
    return replace(request, instance="f" * 32)


def an_instance_of_another_cluster(_story: Story, _victims: list[Victim], request: Request) -> Request:
    return replace(request, cluster=Cluster("333344445555", "eu-west-1", "prod-search"))


def another_workspace(_story: Story, _victims: list[Victim], request: Request) -> Request:
    return replace(request, team="T0ELSEWHERE")


def a_click_that_lay_about(_story: Story, _victims: list[Victim], request: Request) -> Request:
    return replace(request, at=request.at - FRESH - timedelta(minutes=1))


def a_storm_that_lasts(story: Story, _victims: list[Victim], request: Request) -> Request:
    story.storm()
    return request


Twist = Callable[[Story, list[Victim], Request], Request]
WITH_A_NEIGHBOUR = {an_incident_that_is_over, an_earlier_incident_of_the_instance}  # so that the episode goes on


@pytest.mark.parametrize(
    ("twist", "action", "reason"),
    [
        pytest.param(another_message, TERMINATE, STALE, id="another message"),
        pytest.param(another_channel, TERMINATE, STALE, id="another channel"),
        pytest.param(a_message_of_the_last_episode, TERMINATE, STALE, id="a message of the last episode"),
        pytest.param(the_id_of_another_incident_and_the_last_message, TERMINATE, STALE, id="two episodes mixed"),
        pytest.param(an_incident_that_is_over, TERMINATE, OVER, id="an incident that is over"),
        pytest.param(an_incident_that_is_over, ACKNOWLEDGE, OVER, id="an incident that is over, acknowledge"),
        pytest.param(an_episode_that_is_over, TERMINATE, OVER, id="an episode that is over"),
        pytest.param(an_earlier_incident_of_the_instance, TERMINATE, OVER, id="an earlier incident of the instance"),
        pytest.param(an_earlier_incident_of_the_instance, ACKNOWLEDGE, OVER, id="an earlier incident, acknowledge"),
        pytest.param(an_instance_that_was_never_in_trouble, TERMINATE, OVER, id="an instance never in trouble"),
        pytest.param(an_instance_of_another_cluster, TERMINATE, STALE, id="an instance of another cluster"),
        pytest.param(a_click_that_lay_about, TERMINATE, OLD, id="a click that lay about"),
        pytest.param(another_workspace, TERMINATE, FOREIGN, id="another workspace"),
        pytest.param(a_storm_that_lasts, TERMINATE, lock("eu-west-1"), id="a storm that lasts"),
    ],
)
def test_a_request_is_refused_with_the_reason(story: Story, twist: Twist, action: str, reason: str) -> None:
    victims = story.trouble(grouped=False, size=2 if twist in WITH_A_NEIGHBOUR else 1)
    request = twist(story, victims, story.click(action, victim=victims[0]))
    states = [story.incident(victim) for victim in victims]
    story.looks_asked()
    story.hub.trail.calls.clear()

    story.act(request)

    assert all(story.is_untouched(victim) for victim in victims)
    assert story.hub.trail.of("sts:AssumeRole") == []
    assert [story.incident(victim) for victim in victims] == states
    assert story.looks_asked() == []
    assert story.outcome(request) == f"refused: {reason}"
    assert story.counts["refusals"] == 1
    (entry,) = story.log(request)
    assert (entry.who, entry.what, entry.result) == (ALICE, f"refused: {request.wish}", reason)
    assert (entry.where, entry.incident) == (request.instance, request.incident)
    assert entry.source_identity == request.source_identity
    assert entry.quiet
    told = story.whispers(ALICE)
    assert told == ([reason] if request.channel == story.bulletin().slack.address else [])


def test_a_storm_locks_nothing_that_is_not_drastic(story: Story) -> None:
    (victim,) = story.trouble()
    story.storm()

    story.act(story.click(ACKNOWLEDGE))

    assert story.state(victim) is State.ACKNOWLEDGED


def test_a_storm_that_is_over_locks_nothing(story: Story) -> None:
    (victim,) = story.trouble()
    storm = story.storm()
    story.hub.store.keep(replace(storm, over=True, closed=True, closed_at=story.clock()))

    story.act(story.click())

    assert story.is_gone(victim)


def test_a_storm_in_another_region_locks_nothing(story: Story) -> None:
    (victim,) = story.trouble()
    story.storm("us-east-1")

    story.act(story.click())

    assert story.is_gone(victim)


def test_a_click_on_an_old_incidents_button_is_refused_when_its_message_was_reopened(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    old = story.click(victim=victim)
    come_back(story, victim)
    assert story.bulletin().episode.closed
    story.clock.go_on(REOPENS / 2)
    go_again(story, victim)
    assert (story.bulletin().episode.closed, story.bulletin().slack.handle) == (False, old.message)

    story.act(old)

    assert story.outcome(old) == f"refused: {OVER}"
    assert story.is_untouched(victim)
    assert story.state(victim) is State.OPEN


def test_a_cluster_without_a_bulletin_has_nothing_to_click(story: Story) -> None:
    (victim,) = story.trouble()
    request = replace(story.click(), cluster=Cluster(story.cluster.account, "us-east-1", story.cluster.name))
    story.act(request)
    assert story.outcome(request) == f"refused: {STALE}"
    assert story.is_untouched(victim)


def test_a_strange_name_in_a_reason_stays_a_name(story: Story) -> None:
    (victim,) = story.trouble()
    story.hub.store.save([acknowledge(story.incident(victim), "<!channel> *x*", story.clock())])

    story.act(story.click(ACKNOWLEDGE, user=BOB))

    (told,) = story.whispers(BOB)
    assert told.startswith("`&lt;!channel&gt; *x*` has acknowledged this already")
    assert story.incident(victim).acknowledged_by == "<!channel> *x*"


def archived(story: Story) -> None:
    story.lose_channel()


def without_the_bot(story: Story) -> None:
    conversation = story.workspace.conversation(CHANNEL)
    assert conversation is not None
    conversation.channel = replace(conversation.channel, bot_is_member=False)


def left_by_the_person(story: Story) -> None:
    story.workspace.faults.order(Fault("chat.postEphemeral", "word", word="user_not_in_channel"))


@pytest.mark.parametrize("loss", [archived, without_the_bot, left_by_the_person])
def test_who_cannot_be_told_in_the_channel_is_written_to(story: Story, loss: Callable[[Story], None]) -> None:
    story.trouble(grouped=False)
    story.act(story.click(ACKNOWLEDGE))
    request = story.click(ACKNOWLEDGE, BOB)
    loss(story)

    story.act(request)

    assert story.whispers(BOB) == []
    (written,) = story.written(BOB)
    assert f"<@{ALICE}> has acknowledged this already" in written


def test_where_the_app_writes_to_nobody_a_refusal_is_logged(story: Story, caplog: pytest.LogCaptureFixture) -> None:
    story.workspace.messages_tab = False
    story.trouble(grouped=False)
    story.act(story.click(ACKNOWLEDGE))
    request = story.click(ACKNOWLEDGE, BOB)
    archived(story)

    story.act(request)

    assert story.outcome(request).startswith("refused")
    assert "whisper.rejected" in [record.getMessage() for record in caplog.records]


def test_a_refusal_holds_up_nobody(story: Story) -> None:
    (victim,) = story.trouble()
    story.act(replace(story.click(user=BOB), message="1700000000.000100"))
    story.act(story.click(user=ALICE))
    assert story.is_gone(victim)
