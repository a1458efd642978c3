"""Without a policy, or with one that has no rights, people hold back: nothing is repaired, approved or started."""

from dataclasses import replace

import pytest

from chatops.commands.incident_answers import UNGRANTED
from hub.incidents.incident import State
from hub.policy.source import PolicySource
from hub.slack.button_values import ACKNOWLEDGE, APPROVE
from tests.chatops.factories import ALICE, BOB, TERMINATE
from tests.chatops.policies import EVERYBODY
from tests.chatops.story import Story

WITHOUT = ["", "[[caps]]\nmost = 1\nper = '1h'\n[[approvals]]\napprovers = ['U0BOB0002']\n"]


@pytest.fixture(params=WITHOUT, ids=["an empty policy", "one without rights"])
def story(story: Story, request: pytest.FixtureRequest) -> Story:
    story.policy(request.param, rights="")
    return story


def test_nothing_is_repaired_and_who_wants_it_is_told_how_it_is_granted(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)

    assert story.press(TERMINATE).error is None
    assert story.modal() is None
    story.work()

    assert story.is_untouched(victim)
    assert story.state(victim) is State.OPEN
    (told,) = story.whispers(ALICE)
    assert told.startswith("Nobody may do that (terminate)")
    assert "docs/policy.md" in told
    assert f'who = ["{ALICE}"]' in told
    (entry,) = story.log(story.front.taken[-1])
    assert entry.what == "refused: terminate"


def test_a_modal_that_was_opened_before_is_refused_too(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)

    story.act(story.click())

    assert story.is_untouched(victim)
    assert story.whispers(ALICE)[0].startswith("Nobody may do that (terminate)")


def test_people_acknowledge_mute_and_stop(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)

    story.act(story.click(ACKNOWLEDGE, BOB))
    story.say("mute all 2h a deploy", BOB)
    story.say("unmute all", ALICE)
    story.say("stop an outage", BOB)

    assert story.incident(victim).acknowledged_by == BOB
    assert [mute.ended_by for mute in story.mutes()] == [ALICE]
    assert story.hub.store.switch().stopped_by == BOB


def test_who_has_stopped_repairs_cannot_start_them(story: Story) -> None:
    story.say("stop")

    (told,) = story.say("start")

    assert "Nobody may do that (start)" in told
    assert "docs/policy.md" in told
    assert story.hub.store.switch().stopped


def test_status_and_home_say_so(story: Story) -> None:
    assert UNGRANTED in " ".join(story.say("status"))
    assert UNGRANTED in story.open_home()
    story.policy(EVERYBODY)
    assert UNGRANTED not in " ".join(story.say("status"))
    assert UNGRANTED not in story.open_home()


def test_why_says_so(story: Story) -> None:
    story.trouble(grouped=False)
    told = " ".join(story.say(f"why {story.cluster.name}"))
    assert "nobody may repair, approve or start repairs" in told


def test_what_waited_for_an_approval_when_the_rights_were_taken_away_is_not_done(story: Story) -> None:
    story.policy("[[approvals]]\nremedy = 'terminate'\napprovers = ['U0BOB0002']\n")
    (victim,) = story.trouble(grouped=False)
    story.ask(ALICE)
    story.work()
    story.look()
    approval = story.click(APPROVE, BOB)
    story.policy("", rights="")

    story.act(approval)

    assert story.is_untouched(victim)
    assert story.whispers(BOB)[0].startswith("Nobody may do that (approve)")


def test_without_any_policy_it_is_the_same(story: Story) -> None:
    nothing = PolicySource("", lambda _: None, story.clock)
    story.acting = replace(
        story.acting,
        rights=replace(story.acting.rights, source=nothing),
        rules=replace(story.acting.rules, source=nothing),
    )
    (victim,) = story.trouble(grouped=False)

    story.act(story.click())

    assert story.is_untouched(victim)
    assert story.whispers(ALICE)[0].startswith("Nobody may do that (terminate)")
