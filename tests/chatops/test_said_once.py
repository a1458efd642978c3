"""What people say is done once: wherever act crashes, however often a message comes, whatever somebody else does."""

import json
from typing import Any

import pytest

from coastguard.local.slack.faults import Fault
from hub.message import MUTE
from hub.mutes import Mute
from hub.store import Conflict
from tests.chatops.factories import ALICE, BOB
from tests.chatops.fate import Died
from tests.chatops.story import Story
from tests.hub.rendering import check, tricks
from tests.hub.test_hostile_names import HOSTILE
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
    assert [entry.what for entry in story.deeds()] == ["muted"]
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
    assert [(entry.who, entry.what) for entry in story.deeds()] == [(ALICE, "muted"), (BOB, "unmuted")]
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
    assert len([entry for entry in story.deeds() if entry.who == BOB]) == 1
    assert story.whispers(BOB) == []  # it is not told that repairs are stopped already, by itself


@pytest.mark.parametrize("moment", ["after claim 1", "after log 1", "after respond 1", "before finish 1"])
def test_a_refusal_is_logged_once_wherever_it_crashes(story: Story, moment: str) -> None:
    story.policy(f'[[rights]]\nwho = "{ALICE}"\nmay = "*"\n')
    story.type("mute all 2h x", BOB)
    (asked,) = story.front.take_all()
    crash(story, asked, moment)

    story.attend(asked, 2)

    assert story.mutes() == []
    refusals = story.deeds()
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
    assert len(story.deeds()) == 2
    assert len(story.aloud()) == 2


def test_whoever_is_overtaken_tries_again_with_what_is_new(story: Story) -> None:
    """Somebody else mutes the same between reading and writing."""
    story.type("mute all 2h mine")
    (asked,) = story.front.take_all()
    keep = story.hub.store.keep_mute

    def overtaken(mute: Mute) -> Mute:
        story.hub.store.keep_mute = keep  # type: ignore[method-assign]
        keep(Mute(mute.scope, mute.until, BOB, "theirs", mute.since))
        return keep(mute)

    story.hub.store.keep_mute = overtaken  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        story.attend(asked)

    story.attend(asked, 2)

    (mute,) = story.mutes()
    assert (mute.by, mute.reason, mute.version) == (ALICE, "mine", 2)


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


@pytest.mark.parametrize("name", HOSTILE)
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
    assert all(len(entry.reason) <= 500 for entry in story.deeds())
    assert ACCOUNT in story.message()
