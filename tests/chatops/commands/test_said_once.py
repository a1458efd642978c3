"""What people say is done once: wherever act crashes, however often a message comes, whatever somebody else does."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from coastguard.local.slack.faults import Fault
from hub.incidents.mute import Mute
from hub.queues import Record
from hub.slack.button_values import MUTE
from tests.chatops.factories import ALICE, BOB
from tests.chatops.fate import Died
from tests.chatops.story import Story
from tests.hub.foreign_words import HOSTILE
from tests.hub.rendering import check, tricks
from tests.nightly import by_day
from tests.spoke.fleet import ACCOUNT

Json = dict[str, Any]


def said_before(story: Story, *lines: str) -> None:
    for line in lines:
        assert story.say(line) == []
    story.looks_asked()


MOMENTS = ["before claim 1", "after claim 1", "after log 1", "after ask 1", "after respond 1", "before finish 1"]


@pytest.mark.parametrize("moment", [*MOMENTS, "before mute 1", "after mute 1", "after finish 1"])
def test_a_mute_is_there_once_wherever_it_crashes(story: Story, moment: str) -> None:
    story.trouble(grouped=False)
    story.looks_asked()
    story.type("mute all 2h x")
    (asked,) = story.front.take_all()
    crash(story, asked, moment)

    story.attend(asked, 2)

    (mute,) = story.mutes()
    assert (mute.version, mute.by, mute.reason) == (1, ALICE, "x")
    assert [entry.what for entry in story.done_by_people()] == ["muted"]
    assert len(story.aloud()) == (2 if moment in {"after respond 1", "before finish 1"} else 1)  # said twice at worst
    assert len(story.looks_asked()) == 1


@pytest.mark.parametrize("moment", [*MOMENTS, "before mute 1", "after mute 1", "after ask 2", "after finish 1"])
def test_a_mute_is_ended_once_wherever_it_crashes(story: Story, moment: str) -> None:
    story.trouble(grouped=False)
    said_before(story, "mute all 2h x")
    story.type("unmute all", BOB)
    (asked,) = story.front.take_all()
    crash(story, asked, moment)

    story.attend(asked, 2)

    (mute,) = story.mutes()
    assert (mute.version, mute.ended_at is not None) == (2, True)
    assert [(entry.who, entry.what) for entry in story.done_by_people()] == [(ALICE, "muted"), (BOB, "unmuted")]
    assert len(story.looks_asked()) == 2


@pytest.mark.parametrize(
    "moment", ["after claim 1", "before turn 1", "after turn 1", "after log 1", "after respond 1", "before finish 1"]
)
@pytest.mark.parametrize("line", ["stop it hurts", "start"])
def test_repairs_are_stopped_and_started_once_wherever_it_crashes(story: Story, line: str, moment: str) -> None:
    if line == "start":
        said_before(story, "stop")
    story.type(line, BOB)
    (asked,) = story.front.take_all()
    crash(story, asked, moment)

    story.attend(asked, 2)

    switch = story.hub.store.switch()
    assert switch.stopped == (line != "start")
    assert switch.version == (1 if line != "start" else 2)
    assert len([entry for entry in story.done_by_people() if entry.who == BOB]) == 1
    assert story.whispers(BOB) == []  # it is not told that repairs are stopped already, by itself


@pytest.mark.parametrize("moment", ["after claim 1", "after log 1", "after respond 1", "before finish 1"])
def test_a_refusal_is_logged_once_wherever_it_crashes(story: Story, moment: str) -> None:
    story.policy(f'[[rights]]\nwho = "{ALICE}"\nmay = "*"\n')
    story.type("mute all 2h x", BOB)
    (asked,) = story.front.take_all()
    crash(story, asked, moment)

    story.attend(asked, 2)

    assert story.mutes() == []
    refusals = story.done_by_people()
    assert {entry.what for entry in refusals} == {"refused: mute"}
    assert len(refusals) == 1


@pytest.mark.parametrize("moment", ["after mute 1", "after publish 1", "before finish 1"])
def test_a_button_of_the_home_works_once_wherever_it_crashes(story: Story, moment: str) -> None:
    said_before(story, "mute all 2h x")
    story.open_home(BOB)
    story.press_in_home(BOB, "coastguard.say.0")
    (asked,) = story.front.take_all()
    crash(story, asked, moment)

    story.attend(asked, 2)

    assert story.mutes()[0].version == 2
    assert f"<@{BOB}> has unmuted" in story.home(BOB)


def crash(story: Story, asked: Any, moment: str) -> None:
    story.hub.fate.die(moment)
    with pytest.raises(Died, match=moment):
        story.attend(asked)


def test_what_comes_again_when_all_is_done_does_nothing(story: Story) -> None:
    story.type("mute all 2h x")
    (asked,) = story.front.take_all()
    story.attend(asked)
    said_before(story, "unmute all")

    story.attend(asked, 2)

    assert story.mutes()[0].ended_at is not None
    assert len(story.done_by_people()) == 2
    assert len(story.aloud()) == 2


def test_who_mutes_the_same_at_the_same_moment_mutes_beside_the_other(story: Story) -> None:
    """Somebody else mutes the same between reading and writing."""
    story.type("mute all 2h mine")
    (asked,) = story.front.take_all()
    keep = story.hub.store.keep_mute

    def overtaken(mute: Mute, changed: datetime | None = None) -> Mute:
        story.hub.store.keep_mute = keep  # type: ignore[method-assign]
        keep(Mute(mute.scope, mute.until, BOB, "theirs", mute.since, id="mute-0123456789"))
        return keep(mute, changed)

    story.hub.store.keep_mute = overtaken  # type: ignore[method-assign]
    story.attend(asked)

    assert {(mute.by, mute.reason) for mute in story.mutes()} == {(ALICE, "mine"), (BOB, "theirs")}


def test_two_people_who_stop_at_once_are_one_who_has_and_one_who_is_told(story: Story) -> None:
    story.type("stop one", ALICE)
    story.type("stop two", BOB)
    story.work()
    assert story.hub.store.switch().stopped_by == ALICE
    assert f"Repairs are stopped already by <@{ALICE}>" in story.whispers(BOB)[0]


def test_a_lost_answer_to_a_modal_opens_nothing_twice(story: Story) -> None:
    story.trouble(grouped=False)
    story.workspace.faults.order(Fault("views.open", "server_error"))
    assert story.press(MUTE).error == "http 500"
    assert story.modal() is None
    assert story.press(MUTE).error is None
    assert story.modal() is not None


# Foreign words


def spoken(story: Story) -> list[tuple[str, list[Json]]]:
    """All that Slack shows: texts and blocks."""
    state = story.workspace.state()
    messages = [*state["channels"][0]["messages"], *state["ephemerals"]]
    replies = [reply for message in messages for reply in message.get("replies", ())]
    shown = [(str(m.get("text") or ""), list(m["blocks"])) for m in [*messages, *replies] if not m.get("attachments")]
    return [*shown, *(("", list(home["view"]["blocks"])) for home in state["homes"])]


@pytest.mark.parametrize("name", [by_day(name, played=number % 3 == 0) for number, name in enumerate(HOSTILE)])
def test_a_hostile_reason_is_said_as_words_wherever_it_is_shown(
    story: Story, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    text = HOSTILE[name].encode("utf-8", "ignore").decode()  # nobody types half a character
    story.policy('[[approvals]]\nremedy = "terminate"\n')
    (victim,) = story.trouble(grouped=False)
    story.ask(ALICE, reason=text[:500] if text.strip() else "x")
    story.work()
    story.type(f"mute all 2h {text}")
    if story.modal():
        assert story.submit(span="4h", reason="x").errors.keys() <= {"target"}
    story.type(f"stop {text}")
    story.type(f"mute {text}")
    story.work()
    for line in ("status", "mutes", "audit", f"show {story.incident(victim).id}", f"why {story.cluster.name}", "start"):
        story.type(line)
    for line in (f"incidents {text}", f"why {text}", f"unmute {text}", f"audit {text}", text):
        story.type(line)
    story.work()
    story.open_home(BOB)
    story.clock.now = story.clock.now.replace(microsecond=0)
    story.look()

    assert [record.getMessage() for record in caplog.records if "unsaid" in record.getMessage()] == []
    assert len(spoken(story)) > 10
    for words, blocks in spoken(story):
        assert tricks(blocks, words) == []
        if words:
            check(words, json.loads(json.dumps(blocks)))
    assert all(len(entry.reason) <= 500 for entry in story.done_by_people())
    assert ACCOUNT in story.message()


# What somebody else has done since


def died(story: Story, text: str, moment: str) -> Record:
    """Alice says it, and act dies over it; the message that will come again."""
    story.type(text, ALICE)
    (asked,) = story.front.take_all()
    story.hub.fate.die(moment)
    with pytest.raises(Died):
        story.attend(asked)
    return asked


@pytest.mark.parametrize("moment", ["before turn 1", "after turn 1"])
def test_a_stop_outlasts_an_older_start_that_comes_again(story: Story, moment: str) -> None:
    story.say("stop for now")
    asked = died(story, "start", moment)
    story.say("start", BOB)
    story.say("stop it is on fire", BOB)

    story.attend(asked, 2)

    assert story.hub.store.switch().stopped_by == BOB
    assert "Somebody has stopped or started repairs since" in story.whispers(ALICE)[-1]


@pytest.mark.parametrize("moment", ["before mute 1", "after mute 1"])
def test_a_mute_stands_beside_an_older_one_that_comes_again(story: Story, moment: str) -> None:
    asked = died(story, "mute all 10m x", moment)
    story.say("mute all 8h for the night", BOB)

    story.attend(asked, 2)

    assert {(mute.by, mute.reason, mute.version) for mute in story.mutes()} == {
        (ALICE, "x", 1),
        (BOB, "for the night", 1),
    }
    assert "for the night" in story.aloud()[-1]


def test_a_mute_that_somebody_has_ended_does_not_come_again(story: Story) -> None:
    asked = died(story, "mute all 8h x", "after mute 1")
    story.say("unmute all", BOB)

    story.attend(asked, 2)

    (mute,) = story.mutes()
    assert mute.ended_by == BOB
    assert "Somebody has unmuted that since you said so." in story.whispers(ALICE)[-1]


def test_a_mute_outlasts_an_older_end_that_comes_again(story: Story) -> None:
    story.say("mute all 1h x")
    asked = died(story, "unmute all", "before mute 1")
    story.say("mute all 8h for the night", BOB)

    story.attend(asked, 2)

    assert {mute.by: mute.ended_at is None for mute in story.mutes()} == {ALICE: False, BOB: True}


@pytest.mark.parametrize("text", ["mute all 8h x", "unmute all", "stop x"])
def test_what_nobody_has_begun_in_time_is_not_begun(story: Story, text: str) -> None:
    if text == "unmute all":
        story.say("mute all 1h x", BOB)
    before = (story.mutes(), story.hub.store.switch())
    asked = died(story, text, "before turn 1" if text == "stop x" else "before mute 1")
    story.clock.go_on(timedelta(minutes=16))

    story.attend(asked, 2)

    assert (story.mutes(), story.hub.store.switch()) == before
    assert "more than 15 minutes ago" in story.whispers(ALICE)[-1]
