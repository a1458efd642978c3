"""List all: everybody sees each instance in the bulletin's thread, each once, whatever goes wrong on the way."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from chatops.clicks.requests import FRESH, Request
from chatops.clicks.wishes import LISTS
from coastguard.local.slack.faults import Fault
from hub.incidents.content import ROWS
from hub.incidents.incident import Incident, State
from hub.slack.button_values import LIST
from hub.slack.client import InDoubt, NotNow
from hub.table.incident_rows import incident_row
from hub.table.rows import TRANSACTION
from tests.chatops.factories import ALICE, BOB, CHANNEL
from tests.chatops.fate import Died
from tests.chatops.story import Story, Victim
from tests.hub.factories import altered

MANY = ROWS + 1


def multiply(story: Story, victims: Sequence[Victim], size: int) -> list[Incident]:
    """Make the cluster's incidents so many, as far as the table tells, and return all of them."""
    known = [story.incident(victim) for victim in victims]
    more = [
        replace(
            known[0],
            id=f"inc-{n:010x}",
            instance=f"{n:032x}",
            since=known[0].since + timedelta(seconds=n),
            sighting=replace(known[0].sighting, instance=f"{n:032x}", host=f"i-{n:017x}"),
            version=0,
        )
        for n in range(size - len(known))
    ]
    for start in range(0, len(more), TRANSACTION):
        story.hub.store._write([incident_row(each) for each in more[start : start + TRANSACTION]])
    return [*known, *more]


def ask(story: Story, user: str = ALICE) -> Request:
    return story.click(LIST, user)


def listed(story: Story) -> list[str]:
    """The hosts that the thread lists, in its order."""
    return re.findall(r"^\d\d:\d\d (i-[0-9a-f]{17}) ", "\n".join(story.thread()), re.MULTILINE)


def titles(story: Story) -> list[str]:
    return [said.split(" in trouble")[0].replace("*", "") for said in story.thread()]


def hosts(incidents: Sequence[Incident]) -> list[str]:
    return [each.sighting.host for each in sorted(incidents, key=lambda each: (each.since, each.instance))]


def test_all_instances_are_listed_in_the_thread_and_it_is_said_for_whom(story: Story) -> None:
    victims = story.trouble(grouped=False, size=MANY)
    request = ask(story, BOB)
    story.hub.trail.calls.clear()

    story.act(request)

    assert listed(story) == hosts([story.incident(victim) for victim in victims])
    (said,) = story.thread()
    assert f"asked for by <@{BOB}>" in said
    assert titles(story) == [f"Instances 1 to {MANY} of {MANY}"]
    assert story.outcome(request) == "listed"
    (entry,) = story.log(request)
    assert (entry.who, entry.what, entry.where, entry.quiet) == (BOB, "listed", story.cluster.name, True)
    assert story.whispers(BOB) == []
    assert story.looks_asked() == []
    assert story.hub.trail.of("sts:AssumeRole") == []


def test_what_is_over_is_not_listed(story: Story) -> None:
    back, *left = story.trouble(grouped=False, size=MANY + 1)
    story.fleet.known(story.cluster, back.instance).connected = True
    story.look()

    story.act(ask(story))

    assert set(listed(story)) == {victim.host for victim in left}


def test_a_thousand_take_four_messages_at_a_second_each(story: Story) -> None:
    everybody = multiply(story, story.trouble(grouped=False, size=MANY), 1_000)
    request = ask(story)
    story.workspace.budgets.on = True

    story.act(request)

    assert listed(story) == hosts(everybody)
    assert len(story.thread()) <= 4
    assert story.outcome(request) == "listed"


def test_the_same_click_lists_once_and_another_click_again(story: Story) -> None:
    story.trouble(grouped=False, size=MANY)
    request = ask(story)

    story.act(request)
    story.act(request, 2)
    assert len(story.thread()) == 1
    story.act(ask(story, BOB))

    assert len(story.thread()) == 2


@pytest.mark.parametrize(
    "moment",
    [
        "after claim 1",
        "before post 1",
        "after post 1",
        "before post 2",
        "after post 2",
        "after log 1",
        "after finish 1",
    ],
)
def test_each_instance_is_listed_once_wherever_acting_crashes(story: Story, moment: str) -> None:
    everybody = multiply(story, story.trouble(grouped=False, size=MANY), 300)
    request = ask(story)
    story.hub.fate.die(moment)
    with pytest.raises(Died, match=moment):
        story.act(request)

    story.act(request, 2)

    assert listed(story) == hosts(everybody)
    assert len(story.thread()) == 2
    assert story.outcome(request) == "listed"
    assert len(story.log(request)) == 1


def test_who_recovers_between_two_tries_shifts_nothing(story: Story) -> None:
    victims = story.trouble(grouped=False, size=MANY)
    everybody = multiply(story, victims, 300)
    request = ask(story)
    story.hub.fate.die("before post 2")
    with pytest.raises(Died):
        story.act(request)
    gone = {host for host in hosts(everybody) if host in {victim.host for victim in victims[:3]}}
    now = [story.incident(victim) for victim in victims[:3]]
    story.hub.store.save([replace(each, state=State.RESOLVED, resolved_at=story.clock()) for each in now])

    story.act(request, 2)

    assert [host for host in listed(story) if host not in gone] == [h for h in hosts(everybody) if h not in gone]
    assert len(listed(story)) == len(set(listed(story)))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param(Fault("chat.postMessage", "ratelimit", retry_after=30), NotNow, id="not now"),
        pytest.param(Fault("chat.postMessage", "server_error"), InDoubt, id="an error"),
        pytest.param(Fault("chat.postMessage", "server_error", accepted=True), InDoubt, id="an error, yet posted"),
        pytest.param(Fault("chat.postMessage", "lost_answer"), InDoubt, id="a lost answer"),
        pytest.param(Fault("conversations.replies", "ratelimit"), NotNow, id="not now, the thread"),
    ],
)
@pytest.mark.parametrize("first", [True, False], ids=["first message", "second message"])
def test_nothing_is_lost_or_repeated_when_slack_does_not_take_it(
    story: Story, fault: Fault, error: type[Exception], *, first: bool
) -> None:
    everybody = multiply(story, story.trouble(grouped=False, size=MANY), 300)
    request = ask(story)
    if not first:
        story.hub.fate.die("before post 2")
        with pytest.raises(Died):
            story.act(request)
    story.workspace.faults.order(replace(fault))
    with pytest.raises(error):
        story.act(request, 2)
    assert story.outcome(request) == ""

    story.act(request, 3)

    assert listed(story) == hosts(everybody)
    assert len(story.thread()) == 2


def test_a_bulletin_in_a_storms_thread_is_listed_there(story: Story) -> None:
    story.trouble(grouped=False, size=MANY)
    request = ask(story)
    own = story.bulletin()
    storm = story.acting.hub.slack().post(CHANNEL, "a storm", [])
    story.hub.store.keep(altered(own, storm="st-1", thread=storm))

    story.act(request)

    channel = story.workspace.state()["channels"][0]["messages"]
    assert {message["ts"]: len(message["replies"]) for message in channel} == {own.slack.handle: 0, storm: 1}


def another_message(_story: Story, _victims: list[Victim], request: Request) -> Request:
    return replace(request, message="1700000000.000100")


def all_are_back(story: Story, victims: list[Victim], request: Request) -> Request:
    for victim in victims:
        story.fleet.known(story.cluster, victim.instance).connected = True
    story.look()
    return request


def it_lay_about(_story: Story, _victims: list[Victim], request: Request) -> Request:
    return replace(request, at=request.at - FRESH - timedelta(minutes=1))


@pytest.mark.parametrize(
    ("twist", "reason"),
    [
        pytest.param(another_message, "This message no longer shows", id="another message"),
        pytest.param(all_are_back, "This incident is over.", id="over"),
        pytest.param(it_lay_about, "You asked for this more than 15 minutes ago", id="it lay about"),
    ],
)
def test_a_list_is_refused_like_any_click(
    story: Story, twist: Callable[[Story, list[Victim], Request], Request], reason: str
) -> None:
    victims = story.trouble(grouped=False, size=MANY)
    request = twist(story, victims, ask(story))

    story.act(request)

    (told,) = story.whispers(ALICE)
    assert told.startswith(reason)
    assert listed(story) == []
    assert story.outcome(request) == f"refused: {told}"


def test_a_person_lists_only_so_often_in_a_time_and_others_may_still(story: Story) -> None:
    story.trouble(grouped=False, size=MANY)
    for _ in range(LISTS.most):
        story.act(ask(story))
    one_more = ask(story)

    story.act(one_more)

    assert len(story.thread()) == LISTS.most
    assert story.outcome(one_more).startswith("refused: You have asked for 3 lists in 10 min,")
    assert "You can ask for another one <!date^" in story.whispers(ALICE)[-1]
    story.act(ask(story, BOB))
    assert len(story.thread()) == LISTS.most + 1
    story.clock.go_on(LISTS.per)
    story.act(ask(story))
    assert len(story.thread()) == LISTS.most + 2


def test_a_list_that_is_tried_again_counts_once(story: Story) -> None:
    story.trouble(grouped=False, size=MANY)
    for _ in range(LISTS.most):
        request = ask(story)
        story.hub.fate.die("before post 1")
        with pytest.raises(Died):
            story.act(request)
        story.act(request, 2)

    assert len(story.thread()) == LISTS.most


def test_when_slack_refuses_the_list_the_person_is_told(story: Story) -> None:
    story.trouble(grouped=False, size=MANY)
    request = ask(story)
    story.acting.hub.slack().delete(CHANNEL, story.bulletin().slack.handle)

    story.act(request)

    (told,) = story.whispers(ALICE)
    assert told == "Slack does not take the list: thread_not_found."
    assert story.outcome(request) == f"refused: {told}"
