"""Whom an answer reaches, and by which way, when Slack does not take it by the first one."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from chatops.commands.speaker import MOST_CHANNELS
from coastguard.local.slack.directory import CHANNELS, Channel
from coastguard.local.slack.faults import Fault
from hub.slack.button_values import MUTE
from tests.chatops.factories import ALICE, BOB, CAROL, CHANNEL
from tests.chatops.story import Story
from tests.spoke.fleet import ACCOUNT

PAYMENTS = CHANNELS[1].id
SECURITY = "C0SECURITY"  # where the bot is not
LONG = timedelta(minutes=35)
HOOK = "response_url"


def late_mute(story: Story, channel: str = CHANNEL, **typed: str) -> None:
    """Alice begins a mute in a modal, and goes for lunch before she submits it."""
    assert story.type("mute all", channel=channel).error is None
    story.clock.go_on(LONG)
    outcome = story.submit(**({"span": "1h", "reason": "we move"} | typed))
    assert (outcome.delivery.error, outcome.errors) == (None, {})
    story.work()


# An answer whose address is no longer good


def test_a_modal_that_is_submitted_late_is_done_and_everybody_hears_it(story: Story) -> None:
    late_mute(story)

    assert len(story.mutes()) == 1
    (said,) = story.aloud()
    assert "Muted the whole organization until" in said
    assert story.written() == []


def test_a_bulletins_modal_that_is_submitted_late_is_heard_of_too(story: Story) -> None:
    story.trouble(grouped=False)
    assert story.press(MUTE).error is None
    story.clock.go_on(LONG)
    assert story.submit(span="1h", reason="we move").errors == {}
    story.work()

    (said,) = story.aloud()
    assert f"Muted cluster `{story.cluster.name}`" in said


def test_what_is_for_the_person_alone_is_told_them_in_the_channel(story: Story) -> None:
    late_mute(story, target="nothing-of-that-name")

    assert story.mutes() == []
    (told,) = story.whispers()
    assert "Nothing known is called `nothing-of-that-name`" in told
    assert story.aloud() == []


def test_where_the_bot_is_not_they_are_written_to(story: Story) -> None:
    late_mute(story, SECURITY, target="nothing-of-that-name")

    assert story.whispers() == []
    (written,) = story.written()
    assert "Nothing known is called `nothing-of-that-name`" in written


def test_where_the_bot_is_not_what_was_done_is_written_to_the_person_and_said_where_the_bulletins_are(
    story: Story,
) -> None:
    late_mute(story, SECURITY)

    for said in (story.written(), story.aloud()):
        assert ["Muted the whole organization until" in each for each in said] == [True]


def test_an_answer_that_slack_takes_nowhere_is_logged_and_holds_up_nothing(
    story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    story.workspace.messages_tab = False
    late_mute(story, SECURITY, target="nothing-of-that-name")

    assert (story.whispers(), story.written(), story.aloud()) == ([], [], [])
    assert "answer.unsaid" in [record.getMessage() for record in caplog.records]
    assert story.say("status") != []


def test_a_response_url_that_is_used_up_is_one_that_fails(story: Story) -> None:
    story.type("status")
    (asked,) = story.front.said
    story.workspace.tickets._hooks[asked.answers.rsplit("/", 1)[-1]].uses = 5
    story.work()

    (told,) = story.whispers()
    assert "Nothing is in trouble." in told


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(HOOK, "ratelimit"), id="429"),
        pytest.param(Fault(HOOK, "word", word="rate_limited"), id="200 and a passing word"),
        pytest.param(Fault(HOOK, "word", word="invalid_blocks"), id="200 and a refusal"),
        pytest.param(Fault(HOOK, "server_error"), id="500"),
        pytest.param(Fault(HOOK, "lost_answer"), id="done, and its answer lost"),
    ],
)
def test_whatever_slack_answers_at_the_address_the_person_is_told(story: Story, fault: Fault) -> None:
    story.workspace.faults.order(fault)
    told = story.say("status")
    assert told
    assert all("Nothing is in trouble." in each for each in told)


@pytest.mark.parametrize(("accepted", "said"), [(True, 1), (False, 0)])
def test_what_may_stand_in_the_channel_is_told_the_person_and_not_said_there_again(
    story: Story, *, accepted: bool, said: int
) -> None:
    story.workspace.faults.order(Fault(HOOK, "server_error", accepted=accepted))
    told = story.say("mute all 1h x")
    assert ["Muted the whole organization" in each for each in told] == [True]
    assert len(story.aloud()) == said


def test_a_channel_that_is_asked_to_wait_is_told_after_the_pause(story: Story) -> None:
    story.workspace.faults.order(Fault("chat.postMessage", "ratelimit", retry_after=2))
    late_mute(story)
    assert len(story.aloud()) == 1


# Where the bulletins are


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("mute all 1h we move", "Muted the whole organization until"),
        ("stop we look into it", "has stopped all repairs, everywhere."),
    ],
)
def test_what_is_typed_in_another_channel_is_told_where_the_bulletins_are(story: Story, line: str, words: str) -> None:
    story.say(line, channel=PAYMENTS)
    for channel in (PAYMENTS, CHANNEL):
        (said,) = story.aloud(channel)
        assert words in said


@pytest.mark.parametrize("line", ["mute all 1h we move", "stop we look into it"])
@pytest.mark.parametrize(
    "who",
    [
        pytest.param((ALICE, BOB), id="of two people"),
        pytest.param((ALICE,), id="with the app"),
    ],
)
def test_what_is_typed_in_a_direct_message_is_told_where_the_bulletins_are(
    story: Story, line: str, who: tuple[str, ...]
) -> None:
    direct = story.workspace.direct(*who).channel.id
    story.say(line, channel=direct)
    assert len(story.aloud(direct)) == 1
    assert len(story.aloud()) == 1


def test_what_is_typed_where_the_bulletins_are_is_said_once(story: Story) -> None:
    story.trouble(grouped=False)
    for line in ("mute all 1h x", "unmute all", "stop x", "start"):
        story.say(line)
    assert len(story.aloud()) == 4


def test_a_refusal_is_nobody_elses_business(story: Story) -> None:
    story.policy(f'[[rights]]\nwho = "{ALICE}"\nmay = "*"\n')
    told = story.say("mute all 1h x", CAROL, PAYMENTS)
    assert len(told) == 1
    assert story.aloud() == story.aloud(PAYMENTS) == []


def route(where: str, channel: str) -> str:
    return f'[[routes]]\nchannel = "{channel}"\nwhere = {where}\n'


HERE = f'{{ account = "{ACCOUNT}" }}'


@pytest.mark.parametrize(
    ("policy", "line", "payments", "everything"),
    [
        pytest.param(route(HERE, PAYMENTS), f"mute {ACCOUNT} 1h x", 1, 0, id="the routes of the place"),
        pytest.param(route(HERE, PAYMENTS), "mute all 1h x", 1, 1, id="of everything all of them"),
        pytest.param(route(HERE, PAYMENTS), "stop x", 1, 1, id="a stop is for all of them"),
        pytest.param(route('{ account = "333344445555" }', PAYMENTS), f"mute {ACCOUNT} 1h x", 0, 1, id="not others'"),
        pytest.param(route('{ severity = "critical" }', PAYMENTS), f"mute {ACCOUNT} 1h x", 1, 1, id="what may be"),
    ],
)
def test_those_hear_who_hear_of_the_place(story: Story, policy: str, line: str, payments: int, everything: int) -> None:
    story.know()
    story.policy(policy)
    direct = story.workspace.direct(ALICE, BOB).channel.id
    story.say(line, channel=direct)
    assert (len(story.aloud(PAYMENTS)), len(story.aloud())) == (payments, everything)


def test_those_hear_who_have_its_bulletin_before_them(story: Story) -> None:
    story.trouble(grouped=False)
    story.know()
    story.policy(route(HERE, PAYMENTS))
    story.say(f"mute {ACCOUNT} 1h x", channel=story.workspace.direct(ALICE, BOB).channel.id)
    assert (len(story.aloud(PAYMENTS)), len(story.aloud())) == (1, 1)


def test_no_more_channels_hear_than_slack_takes_in_a_while(story: Story, caplog: pytest.LogCaptureFixture) -> None:
    names = [f"C0MANY{number:03}" for number in range(MOST_CHANNELS + 2)]
    for name in names:
        story.workspace.create(Channel(name, name.lower()))
    story.policy("".join(route(f'{{ cluster = "c{number}" }}', name) for number, name in enumerate(names)))
    story.say("stop x", channel=story.workspace.direct(ALICE).channel.id)
    assert sum(len(story.aloud(name)) for name in names) == MOST_CHANNELS
    assert "answer.cut" in [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    ("place", "channel"),
    [
        pytest.param(lambda story: story.workspace.direct(ALICE, BOB).channel.id, CHANNEL, id="a direct message"),
        pytest.param(lambda _: PAYMENTS, PAYMENTS, id="another channel"),
    ],
)
def test_a_mutes_end_is_said_where_others_read_it(story: Story, place: Callable[[Story], str], channel: str) -> None:
    story.say("mute all 1h x", channel=place(story))
    assert [mute.channel for mute in story.mutes()] == [channel]


def test_only_channels_that_are_lost_leave_it_to_the_fallback(story: Story) -> None:
    story.policy(f'[slack]\nfallback_channel = "{PAYMENTS}"\n')
    story.lose_channel()
    direct = story.workspace.direct(ALICE).channel.id
    story.workspace.faults.order(Fault(HOOK, "word", word="expired_url"))
    story.workspace.faults.order(Fault("chat.postMessage", "word", word="channel_not_found"))
    story.say("stop x", channel=direct)
    (said,) = story.aloud(PAYMENTS)
    assert re.search("has stopped all repairs", said)
