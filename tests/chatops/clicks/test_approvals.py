"""Approvals: what the policy wants a second person for waits, bound to its incident, and is done once or never."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chatops.clicks.requests import Request
from chatops.slack_users import USERS_KEPT
from coastguard.local.slack.directory import GUEST
from coastguard.local.slack.errors import Refused
from coastguard.local.slack.faults import Fault
from hub.incidents.incident import State
from hub.incidents.repair_progress import REPAIR_PATIENCE
from hub.scopes.account import Account
from hub.slack.button_values import ACKNOWLEDGE, APPROVE, DECLINE
from tests.chatops.factories import ALICE, BOB, CAROL, CHANNEL, TERMINATE
from tests.chatops.fate import Died
from tests.chatops.policies import PAYMENTS, SRE
from tests.chatops.story import Story, Victim
from tests.hub.rendering import texts
from tests.spoke.fleet import ACCOUNT

TERMINATION = "ec2:TerminateInstances"
ANYBODY_ELSE = """
[[approvals]]
remedy = "terminate"
expires = "15m"
"""
ONLY_BOB = f"""
[[approvals]]
remedy = "terminate"
approvers = ["{BOB}"]
"""
ONLY_SRE = f"""
[[approvals]]
remedy = "terminate"
approvers = ["{SRE}"]
"""


def waiting(story: Story, policy: str = ANYBODY_ELSE) -> tuple[Victim, Request]:
    """Alice has asked for a termination, and the bulletin shows that it waits."""
    story.policy(policy)
    (victim,) = story.trouble(grouped=False)
    request = story.ask(ALICE)
    story.work()
    story.look()
    return victim, request


def press(story: Story, action: str, user: str) -> Request:
    """Somebody presses Approve or Decline, and it is worked off."""
    assert story.press(action, user).error is None
    story.work()
    return story.front.taken[-1]


def approved_twice(story: Story, moment: str) -> None:
    """Bob approves; act dies at that moment over it, and gets the same click again."""
    story.press(APPROVE, BOB)
    (approval,) = story.front.take_all()
    story.hub.fate.die(moment)
    with pytest.raises(Died):
        story.attend(approval)

    story.attend(approval, 2)


def shown_raw(story: Story) -> list[str]:
    """What the thread shows of ids and moments as Slack's clients never should: as they are written."""
    (message,) = [m for m in story.workspace.state()["channels"][0]["messages"] if m["attachments"]]
    return [
        text["text"]
        for reply in message["replies"]
        for text in texts(reply["blocks"])
        if text["type"] == "plain_text" and re.search(r"<[@!]", text["text"])
    ]


def sessions(story: Story) -> list[Any]:
    """In whose name the member account's remediator was assumed."""
    return [call.get("SourceIdentity") for call in story.hub.trail.of("sts:AssumeRole") if call.get("SourceIdentity")]


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        pytest.param(ONLY_SRE, f":hand: It waits until <!subteam^{SRE}> has approved it.", id="surely"),
        pytest.param(
            f"{ONLY_SRE}more_than = 1\n",
            f":hand: It may have to wait until <!subteam^{SRE}> has approved it.",
            id="maybe",
        ),
        pytest.param("", "", id="not at all"),
    ],
)
def test_the_modal_says_beforehand_that_an_approval_will_be_needed(story: Story, policy: str, says: str) -> None:
    story.policy(policy)
    (victim,) = story.trouble(grouped=False)

    assert story.press(TERMINATE, ALICE, victim).error is None

    view = story.modal(ALICE)
    assert view is not None
    assert [text["text"] for text in texts(view["blocks"]) if ":hand:" in text["text"]] == ([says] if says else [])


def test_it_waits_and_says_so_and_nothing_is_done(story: Story) -> None:
    victim, request = waiting(story, ONLY_SRE)

    assert story.is_untouched(victim)
    pending = story.incident(victim).pending
    assert pending is not None
    assert (pending.request, pending.by, pending.approvers, pending.reason) == (request.id, ALICE, (SRE,), "it hangs")
    assert pending.expires - pending.at == timedelta(minutes=15)
    assert f":hand: Terminate asked by <@{ALICE}>; <!subteam^{SRE}> may approve it until" in story.message()
    assert "it hangs" in story.message()
    assert any("*asked: Terminate, needs approval*" in line for line in story.thread())
    assert story.outcome(request) == "waits for approval"
    assert sessions(story) == []


def test_who_may_approve_is_mentioned_in_a_post_that_the_channel_sees_with_a_link(story: Story) -> None:
    """The message itself was edited, and an edit tells nobody."""
    victim, _ = waiting(story, ONLY_SRE)

    (post,) = [line for line in story.thread() if "needs approval" in line]
    assert post.startswith(f"<!subteam^{SRE}> <@{ALICE}> *asked: Terminate, needs approval* `{victim.host}`: ")
    ts = story.bulletin().slack.handle.replace(".", "")
    assert f".slack.com/archives/{CHANNEL}/p{ts}|Open the message>" in post
    assert any("needs approval" in said for said in story.aloud())


@pytest.mark.parametrize(
    ("answer", "who", "said"),
    [
        pytest.param(APPROVE, BOB, f"<@{ALICE}> <@{BOB}> *approved: Terminate*", id="approved"),
        pytest.param(DECLINE, BOB, f"<@{ALICE}> <@{BOB}> *declined: Terminate*", id="declined"),
        pytest.param(DECLINE, ALICE, f"<@{ALICE}> *declined: Terminate*", id="taken back"),
        pytest.param("", "", f"<@{ALICE}> *Terminate: request lapsed*", id="nobody in time"),
    ],
)
def test_whoever_asked_hears_the_outcome(story: Story, answer: str, who: str, said: str) -> None:
    waiting(story)

    if answer:
        press(story, answer, who)
    else:
        story.clock.go_on(timedelta(minutes=16))
    story.look()

    assert [line for line in story.thread() if line.startswith(said)] != []


def test_somebody_else_approves_and_it_is_done_once_in_the_name_of_who_asked(story: Story) -> None:
    victim, request = waiting(story)

    approval = press(story, APPROVE, BOB)

    assert story.is_gone(victim)
    assert story.terminations() == 1
    assert set(sessions(story)) == {f"slack-T0COAST01-{ALICE}"}
    incident = story.incident(victim)
    assert incident.pending is None
    assert incident.repair is not None
    assert (incident.repair.by, incident.repair.approved_by, incident.repair.reason) == (ALICE, BOB, "it hangs")
    assert len(story.looks_asked()) == 3  # they show that it waits, that it has begun, and how it has ended
    (asked,) = [entry for entry in story.log(request) if entry.what.startswith("asked")]
    (done,) = [entry for entry in story.log(request) if entry.what == "Terminate done"]
    (approved,) = story.log(approval)
    assert (asked.who, asked.reason, asked.channel) == (ALICE, "it hangs", request.channel)
    assert (approved.who, approved.what, approved.source_identity) == (
        BOB,
        "approved: Terminate",
        f"slack-T0COAST01-{BOB}",
    )
    assert (done.who, done.approved_by, done.source_identity) == (ALICE, BOB, f"slack-T0COAST01-{ALICE}")
    assert story.outcome(approval) == done.result
    assert story.whispers(ALICE) == story.whispers(BOB) == []


def test_nobody_approves_their_own(story: Story) -> None:
    victim, _ = waiting(story)

    own = press(story, APPROVE, ALICE)

    (told,) = story.whispers(ALICE)
    assert told.startswith("Somebody else has to approve what you have asked for yourself.")
    assert story.is_untouched(victim)
    assert story.incident(victim).pending is not None
    (entry,) = story.log(own)
    assert (entry.who, entry.what, entry.result) == (
        ALICE,
        "refused: approve",
        "Somebody else has to approve what you have asked for yourself.",
    )


@pytest.mark.parametrize("policy", [ONLY_BOB, ONLY_SRE])
def test_who_may_not_approve_is_told_who_may(story: Story, policy: str) -> None:
    victim, _ = waiting(story, policy)

    press(story, APPROVE, CAROL)

    (told,) = story.whispers(CAROL)
    assert told.startswith("You may not approve that.")
    assert "Those who may: " in told
    assert story.is_untouched(victim)
    press(story, APPROVE, BOB)
    assert story.is_gone(victim)


def test_a_guest_approves_nothing(story: Story) -> None:
    victim, _ = waiting(story)
    press(story, APPROVE, GUEST.id)
    assert "Only full members" in story.whispers(GUEST.id)[0]
    assert story.is_untouched(victim)


def test_an_approval_that_comes_too_late_is_refused_and_a_look_takes_the_request_back(story: Story) -> None:
    victim, _ = waiting(story)
    story.clock.go_on(timedelta(minutes=15))

    press(story, APPROVE, BOB)

    assert story.whispers(BOB) == ["Nobody approved that in time. It can be asked for again."]
    assert story.is_untouched(victim)
    story.look()
    assert story.incident(victim).pending is None
    assert ":hand:" not in story.message()
    assert any("*Terminate: request lapsed*" in line for line in story.thread()), story.thread()
    story.ask(BOB)
    story.work()
    assert story.incident(victim).pending is not None


def test_an_instance_that_has_recovered_is_not_repaired_after_all(story: Story) -> None:
    victim, _ = waiting(story)
    assert story.press(APPROVE, BOB).error is None
    story.fleet.known(story.cluster, victim.instance).connected = True
    story.look()

    story.work()

    assert story.is_untouched(victim)
    assert story.incident(victim).pending is None
    assert len(story.whispers(BOB)) == 1
    assert any("*Terminate: request withdrawn*" in line for line in story.thread()), story.thread()


def test_an_approval_is_not_good_for_the_next_incident_of_the_instance(story: Story) -> None:
    victim, _ = waiting(story)
    story.press(APPROVE, BOB)
    story.fleet.known(story.cluster, victim.instance).connected = True
    story.look()
    story.fleet.unplug(story.cluster, victim.instance)
    story.report(victim)
    assert story.state(victim) is State.OPEN

    story.work()

    assert story.is_untouched(victim)
    assert story.state(victim) is State.OPEN


def test_of_two_who_approve_one_has_it_done_and_the_other_is_told(story: Story) -> None:
    victim, _ = waiting(story)
    story.press(APPROVE, BOB)
    story.press(APPROVE, CAROL)

    story.work()

    assert story.is_gone(victim)
    assert story.terminations() == 1
    assert story.incident(victim).repair.approved_by == BOB  # type: ignore[union-attr]
    (told,) = story.whispers(CAROL)
    assert told.startswith(f"<@{ALICE}> has asked for this already (Terminate, ")
    assert story.whispers(BOB) == []


def test_who_presses_twice_has_it_done_once(story: Story) -> None:
    victim, request = waiting(story)
    for _ in range(2):
        story.press(APPROVE, BOB)

    story.work()

    assert story.terminations() == 1
    (told,) = story.whispers(BOB)
    assert told.startswith(f"<@{ALICE}> has asked for this already (Terminate, ")
    assert [story.log(each)[0].what for each in story.front.taken[-2:]] == ["approved: Terminate", "refused: approve"]
    assert [entry.what for entry in story.log(request)] == ["asked: Terminate, needs approval", "Terminate done"]
    assert story.state(victim) is State.REPAIRING


def test_who_asks_while_it_waits_is_told_that_it_does(story: Story) -> None:
    victim, request = waiting(story)
    # Their Slack has not shown it yet: the button is that of before.
    second = replace(request, id="0" * 20, user=CAROL)

    story.act(second)

    (told,) = story.whispers(CAROL)
    assert told == f"<@{ALICE}> has asked for this already, and it waits for an approval."
    assert story.incident(victim).pending.request == request.id  # type: ignore[union-attr]


@pytest.mark.parametrize("user", [ALICE, BOB])
def test_it_is_declined_by_whoever_might_approve_it_or_has_asked(story: Story, user: str) -> None:
    victim, _ = waiting(story, ONLY_BOB)

    declined = press(story, DECLINE, user)

    assert story.incident(victim).pending is None
    assert story.is_untouched(victim)
    (entry,) = story.log(declined)
    assert (entry.who, entry.what) == (user, "declined: Terminate")
    assert story.outcome(declined) == "declined"
    assert len(story.looks_asked()) >= 1
    story.look()
    assert ":hand:" not in story.message()
    press_old = replace(declined, id="1" * 20, wish="approve", user=BOB)
    story.act(press_old)
    assert story.whispers(BOB) == ["That request is no longer waiting for an approval."]
    assert story.is_untouched(victim)


def test_it_is_not_declined_by_others(story: Story) -> None:
    victim, _ = waiting(story, ONLY_BOB)
    press(story, DECLINE, CAROL)
    assert story.incident(victim).pending is not None
    assert story.whispers(CAROL)[0].startswith("You may not approve that.")


def test_a_request_is_approved_and_not_whatever_waits_by_then(story: Story) -> None:
    victim, _ = waiting(story)
    story.press(APPROVE, BOB)
    (old,) = story.front.take_all()
    press(story, DECLINE, ALICE)
    story.look()
    story.ask(CAROL)
    story.work()

    story.attend(old)

    assert story.is_untouched(victim)
    assert story.incident(victim).pending.by == CAROL  # type: ignore[union-attr]
    assert story.whispers(BOB) == ["That request is no longer waiting for an approval."]


# What has changed since it was asked for


def test_repairs_that_are_stopped_meanwhile_are_not_done_and_have_to_be_asked_for_anew(story: Story) -> None:
    victim, request = waiting(story)
    story.say("stop")

    press(story, APPROVE, BOB)

    assert story.whispers(BOB)[0].startswith("All repairs are stopped")
    assert story.is_untouched(victim)
    story.say("start")
    story.look()
    assert "Terminate: request withdrawn" in " ".join(story.thread())
    assert shown_raw(story) == []
    with pytest.raises(Refused, match="shows no"):
        press(story, APPROVE, BOB)
    story.act(request, 2)
    assert story.is_untouched(victim)


def test_while_repairs_are_stopped_nobody_need_be_asked(story: Story) -> None:
    story.policy(ANYBODY_ELSE)
    (victim,) = story.trouble(grouped=False)
    story.say("stop")
    story.ask(ALICE)
    story.work()
    assert story.incident(victim).pending is None
    assert story.whispers(ALICE)[-1].startswith("All repairs are stopped")


def test_a_storm_meanwhile_locks_it(story: Story) -> None:
    victim, _ = waiting(story)
    story.storm()
    press(story, APPROVE, BOB)
    assert story.is_untouched(victim)
    assert "storm" in story.whispers(BOB)[0].lower()


def _loses_the_right(story: Story, rights: str) -> None:
    story.policy(rights.replace(f'"{ALICE}", ', "") + ANYBODY_ELSE)


def _becomes_a_guest(story: Story, _rights: str) -> None:
    story.workspace.people[ALICE] = replace(story.workspace.people[ALICE], is_guest=True)
    story.clock.go_on(USERS_KEPT)


def _is_not_told_by_slack(story: Story, _rights: str) -> None:
    story.clock.go_on(USERS_KEPT)
    story.say("status", BOB)  # who Bob is, is known again
    story.workspace.faults.order(Fault("users.info", "server_error"))


@pytest.mark.parametrize(
    ("happens", "lost"),
    [
        pytest.param(_loses_the_right, "may not do that here any more (terminate).", id="the right"),
        pytest.param(_becomes_a_guest, "is no full member of this workspace any more.", id="membership"),
        pytest.param(
            _is_not_told_by_slack, "cannot be looked up in Slack now, so nothing was done.", id="a name in Slack"
        ),
    ],
)
def test_who_has_lost_the_right_meanwhile_has_nothing_done_and_both_hear_who_lost_it(
    story: Story, happens: Callable[[Story, str], None], lost: str
) -> None:
    rights = f'[[rights]]\nwho = ["{ALICE}", "{BOB}"]\nmay = "*"\n'
    victim, _ = waiting(story, rights + ANYBODY_ELSE)
    happens(story, rights)

    press(story, APPROVE, BOB)

    assert story.is_untouched(victim)
    sentence = f"<@{ALICE}>, who has asked for this, {lost}"
    assert story.whispers(BOB)[-1].startswith(sentence)
    story.look()
    note = story.thread()[-1]
    assert note.startswith(f"<@{ALICE}> <@{BOB}> *Terminate: request withdrawn*")
    assert note.endswith(sentence)
    assert shown_raw(story) == []


def test_an_approval_that_the_policy_no_longer_asks_for_is_still_needed(story: Story) -> None:
    victim, _ = waiting(story, ONLY_BOB)
    story.policy("")
    press(story, APPROVE, CAROL)
    assert story.is_untouched(victim)
    press(story, APPROVE, BOB)
    assert story.is_gone(victim)


def test_approvers_are_those_of_the_policy_that_is_in_force(story: Story) -> None:
    victim, _ = waiting(story, ONLY_SRE)
    story.policy(ONLY_SRE.replace(SRE, PAYMENTS))
    press(story, APPROVE, BOB)
    assert story.is_untouched(victim)
    press(story, APPROVE, CAROL)
    assert story.is_gone(victim)


def test_elsewhere_nobody_is_asked(story: Story) -> None:
    story.policy('[[approvals]]\nremedy = "terminate"\nwhere = { account = "999988887777" }\n')
    (victim,) = story.trouble(grouped=False)
    story.ask(ALICE)
    story.work()
    assert story.is_gone(victim)
    assert ACCOUNT != "999988887777"


def test_a_repair_that_fails_is_told_to_who_asked_and_may_be_asked_for_again(story: Story) -> None:
    victim, request = waiting(story)
    story.fleet.protect(victim.host)

    press(story, APPROVE, BOB)

    assert story.state(victim) is State.OPEN
    assert len(story.whispers(ALICE)) == 1
    assert [entry.what for entry in story.log(request)][-1] == "Terminate failed"
    assert story.log(request)[-1].approved_by == BOB
    assert story.incident(victim).pending is None


def test_an_approved_repair_that_does_not_end_is_given_up(story: Story) -> None:
    victim, _ = waiting(story)
    story.press(APPROVE, BOB)
    (approval,) = story.front.take_all()
    story.hub.fate.die(f"before {TERMINATION} 1")
    with pytest.raises(Died):
        story.attend(approval)
    story.clock.go_on(REPAIR_PATIENCE)
    story.look()
    assert story.state(victim) is State.OPEN

    story.attend(approval, 2)

    assert story.is_untouched(victim)


# Crashes


@pytest.mark.parametrize(
    "moment", ["before claim 1", "after claim 1", "before save 1", "after save 1", "after ask 1", "before finish 1"]
)
def test_a_request_waits_once_wherever_it_crashes(story: Story, moment: str) -> None:
    story.policy(ANYBODY_ELSE)
    (victim,) = story.trouble(grouped=False)
    story.ask(ALICE)
    (asked,) = story.front.take_all()
    story.hub.fate.die(moment)
    with pytest.raises(Died):
        story.attend(asked)

    story.attend(asked, 2)

    request = story.front.taken[-1]
    assert story.incident(victim).pending.request == request.id  # type: ignore[union-attr]
    assert story.outcome(request) == "waits for approval"
    assert [entry.what for entry in story.log(request)] == ["asked: Terminate, needs approval"]
    assert story.is_untouched(victim)


@pytest.mark.parametrize(
    "moment",
    [
        "before claim 1",
        "after claim 1",
        "before save 1",
        "after save 1",
        "after ask 1",
        f"before {TERMINATION} 1",
        f"after {TERMINATION} 1",
        "after save 2",
        "after ask 2",
        "before finish 1",
        "after finish 1",
    ],
)
def test_what_was_approved_is_done_once_wherever_it_crashes(story: Story, moment: str) -> None:
    victim, request = waiting(story)
    approved_twice(story, moment)

    assert story.is_gone(victim)
    assert story.terminations() == (2 if moment == f"before {TERMINATION} 1" else 1)  # that one was never sent
    assert set(sessions(story)) == {f"slack-T0COAST01-{ALICE}"}
    assert [entry.what for entry in story.log(request)] == ["asked: Terminate, needs approval", "Terminate done"]
    assert [entry.what for entry in story.log(story.front.taken[-1])] == ["approved: Terminate"]
    assert story.whispers(ALICE) == story.whispers(BOB) == []


@pytest.mark.parametrize("moment", ["after claim 1", "before save 1", "after save 1", "after ask 1", "before finish 1"])
def test_what_was_declined_is_so_once_wherever_it_crashes(story: Story, moment: str) -> None:
    victim, _ = waiting(story)
    story.press(DECLINE, BOB)
    (declined,) = story.front.take_all()
    story.hub.fate.die(moment)
    with pytest.raises(Died):
        story.attend(declined)

    story.attend(declined, 2)

    request = story.front.taken[-1]
    assert story.incident(victim).pending is None
    assert story.outcome(request) == "declined"
    assert [entry.what for entry in story.log(request)] == ["declined: Terminate"]
    assert story.whispers(BOB) == []


def test_an_acknowledgement_meanwhile_leaves_what_waits(story: Story) -> None:
    victim, _ = waiting(story)
    press(story, ACKNOWLEDGE, CAROL)
    assert story.incident(victim).pending is not None
    story.look()
    press(story, APPROVE, BOB)
    assert story.is_gone(victim)


# How many at once

SECOND_AT_ONCE = """
[[approvals]]
remedy = "terminate"
more_than = 1
"""


def test_the_second_at_once_waits_and_the_first_does_not(story: Story) -> None:
    story.policy(SECOND_AT_ONCE)
    first, second = story.trouble(grouped=False, size=2)
    story.ask(ALICE, first)
    story.work()
    assert story.is_gone(first)
    assert story.state(first) is State.REPAIRING

    story.ask(ALICE, second)
    story.work()

    assert story.is_untouched(second)
    assert story.incident(second).pending is not None


def test_what_waits_counts_too(story: Story) -> None:
    story.policy(ONLY_BOB)
    first, second = story.trouble(grouped=False, size=2)
    story.ask(ALICE, first)
    story.work()
    story.policy(SECOND_AT_ONCE)

    story.ask(ALICE, second)
    story.work()

    assert story.is_untouched(second)


def test_a_request_that_nobody_approved_in_time_stands_in_nobodys_way(story: Story) -> None:
    victim, request = waiting(story)
    story.clock.go_on(timedelta(minutes=16))

    again = replace(request, id="1" * 20, user=BOB, at=story.clock())
    story.act(again)

    pending = story.incident(victim).pending
    assert pending is not None
    assert (pending.request, pending.by) == (again.id, BOB)


# What is not known

BY_UNIT = """
[[approvals]]
where = { unit = "ou-ab12-11112222" }
"""
BY_TAG = """
[[approvals]]
where = { account_tag = "stage=prod" }
"""
BY_GROUP = """
[[approvals]]
where = { group = "prod" }
"""


@pytest.mark.parametrize(("policy", "unread"), [(BY_UNIT, "units"), (BY_TAG, "tags")])
@pytest.mark.parametrize("is_unread", [True, False])
def test_what_nobody_has_read_of_an_account_may_ask_for_approval(
    story: Story, policy: str, unread: str, is_unread: bool
) -> None:
    account = Account(ACCOUNT, "Payments", unread=(unread,) if is_unread else ())
    story.hub.store.keep_accounts([account], now=story.clock())

    victim, _ = waiting(story, policy)

    assert (story.incident(victim).pending is not None) is is_unread
    assert story.is_gone(victim) is not is_unread


def test_a_group_that_nobody_has_read_may_ask_for_approval(story: Story) -> None:
    victim, _ = waiting(story, BY_GROUP)
    assert story.is_untouched(victim)
    assert story.incident(victim).pending is not None


def test_the_log_says_what_a_repair_was_held_to(story: Story) -> None:
    _, request = waiting(story)
    approval = press(story, APPROVE, BOB)

    (asked, *_), (approved,) = story.log(request), story.log(approval)
    assert asked.checks == (
        "the policy grants it; repairs are not stopped; no storm; waits for somebody who may approve it"
    )
    assert approved.checks.endswith("somebody else who may has approved it")


# What is on record, and who is told what


def test_what_was_refused_stays_refused_for_that_reason_when_act_dies_before_it_has_said_so(story: Story) -> None:
    story.policy(ANYBODY_ELSE)
    (victim,) = story.trouble(grouped=False)
    story.act(story.click(user=ALICE))
    story.look()
    approval = story.click(APPROVE, BOB)
    storm = story.storm()
    story.hub.fate.die("after save 1")
    with pytest.raises(Died):
        story.act(approval)
    story.hub.store.keep(replace(storm, closed=True))

    story.act(approval, 2)

    (told,) = story.whispers(BOB)
    assert "storm" in told
    assert story.outcome(approval) == f"refused: {told}"
    assert story.is_untouched(victim)


def test_an_approval_that_is_refused_leaves_its_reason_on_both_requests(story: Story) -> None:
    story.policy(ANYBODY_ELSE)
    (victim,) = story.trouble(grouped=False)
    story.act(story.click(user=ALICE))
    story.look()
    approval = story.click(APPROVE, BOB)
    story.storm()

    story.act(approval)

    (told,) = story.whispers(BOB)
    entries = {entry.what: entry for entry in story.log(approval)}
    refused, withdrawn = entries["refused: approve"], entries["Terminate: request withdrawn"]
    assert len(entries) == 2
    assert (refused.result, withdrawn.result) == (told, told)
    assert (refused.where, withdrawn.where) == (victim.instance, victim.host)
    assert (refused.at, refused.who, refused.quiet) == (withdrawn.at, BOB, True)
    assert (withdrawn.who, withdrawn.quiet, withdrawn.mentions) == (BOB, False, (ALICE,))
    claim = story.hub.store.claim(approval.id, story.clock())
    assert (claim.outcome, claim.untold, claim.at) == (f"refused: {told}", False, refused.at)


def test_who_declines_what_somebody_else_has_just_declined_is_told(story: Story) -> None:
    victim, _ = waiting(story)
    story.press(DECLINE, BOB)
    story.press(DECLINE, CAROL)

    story._act.attend(story.front.take_all())  # within one and the same second

    second = story.front.taken[-1]
    assert story.outcome(second) == "refused: That request is no longer waiting for an approval."
    assert story.whispers(CAROL) == ["That request is no longer waiting for an approval."]
    assert story.incident(victim).pending is None


@pytest.mark.parametrize("moment", ["after save 1", f"after {TERMINATION} 1", "after save 2"])
def test_what_was_approved_goes_on_with_all_that_was_asked_for(story: Story, moment: str) -> None:
    victim, request = waiting(story)
    approved_twice(story, moment)

    assert story.is_gone(victim)
    (done,) = [entry for entry in story.log(request) if entry.what == "Terminate done"]
    assert (done.who, done.reason, done.approved_by) == (ALICE, "it hangs", BOB)
    assert (done.where, done.channel) == (victim.host, request.channel)


def test_another_approval_does_not_go_on_with_what_a_crash_has_left(story: Story) -> None:
    victim, _ = waiting(story)
    story.press(APPROVE, BOB)
    (first,) = story.front.take_all()
    story.hub.fate.die("after save 1")
    with pytest.raises(Died):
        story.attend(first)

    second = press(story, APPROVE, CAROL)
    assert story.outcome(second).startswith(f"refused: <@{ALICE}> has asked for this already")
    assert story.is_untouched(victim)
    story.attend(first, 2)

    assert story.is_gone(victim)
    assert story.incident(victim).repair.approved_by == BOB  # type: ignore[union-attr]


def test_a_request_that_is_worked_off_with_an_approval_is_answered_once(story: Story) -> None:
    victim, request = waiting(story)

    approval = press(story, APPROVE, BOB)

    assert story.is_gone(victim)
    assert story.outcome(request) == "waits for approval"
    assert story.outcome(approval).startswith("Terminated ")


def test_what_waits_is_on_record_from_its_first_try_on(story: Story) -> None:
    victim, request = waiting(story)

    (asked,) = story.log(request)
    pending = story.incident(victim).pending
    assert pending is not None
    assert asked.at == pending.at == story.hub.store.claim(request.id, story.clock()).at
    assert (asked.what, asked.result, asked.where) == ("asked: Terminate, needs approval", "", victim.host)
    assert pending.remedy == "terminate"


def test_a_request_that_lapses_this_very_moment_stands_in_nobodys_way(story: Story) -> None:
    victim, request = waiting(story)
    pending = story.incident(victim).pending
    assert pending is not None
    story.clock.tick, story.clock.now = timedelta(), pending.expires - timedelta(seconds=1)

    again = replace(request, id="1" * 20, user=BOB, at=story.clock())
    story.act(again)  # a second later

    assert story.incident(victim).pending.request == again.id  # type: ignore[union-attr]


def test_who_may_not_approve_their_own_is_told_who_may(story: Story) -> None:
    waiting(story, ONLY_BOB)

    press(story, APPROVE, ALICE)

    assert story.whispers(ALICE) == [
        f"Somebody else has to approve what you have asked for yourself. Those who may: <@{BOB}>"
    ]


def test_an_approval_of_what_the_asker_may_no_longer_do_names_who_may(story: Story) -> None:
    waiting(story)
    story.policy(f'[[rights]]\nwho = ["{BOB}", "{CAROL}"]\nmay = "*"\n' + ANYBODY_ELSE)

    press(story, APPROVE, BOB)

    (told,) = story.whispers(BOB)
    assert told.endswith(f"may not do that here any more (terminate). Those who may: <@{BOB}>, <@{CAROL}>")


def test_an_approval_where_nobody_may_repair_any_more_tells_how_it_is_granted(story: Story) -> None:
    waiting(story)
    story.policy("", rights="")

    press(story, APPROVE, BOB)

    (told,) = story.whispers(BOB)
    assert told.startswith("Nobody may do that (")
    assert f'who = ["{BOB}"]' in told


def test_what_is_declined_is_on_record_from_its_first_try_on(story: Story) -> None:
    victim, _ = waiting(story)

    declined = press(story, DECLINE, BOB)

    (entry,) = story.log(declined)
    assert entry.at == story.hub.store.claim(declined.id, story.clock()).at
    assert (entry.what, entry.result, entry.where) == ("declined: Terminate", "", victim.host)
    assert story.state(victim) is State.OPEN


@pytest.mark.parametrize("user", [ALICE, BOB])
def test_what_waits_no_longer_is_declined_by_nobody(story: Story, user: str) -> None:
    waiting(story)
    story.clock.go_on(timedelta(minutes=15))

    declined = press(story, DECLINE, user)

    assert story.outcome(declined) == "refused: Nobody approved that in time. It can be asked for again."


def test_who_approved_stands_by_what_they_approved(story: Story) -> None:
    victim, request = waiting(story)

    approval = press(story, APPROVE, BOB)

    (approved,) = story.log(approval)
    repair = story.incident(victim).repair
    assert repair is not None
    assert (approved.approved_by, approved.at, approved.where, approved.result) == (BOB, repair.at, victim.host, "")
    assert (repair.approval, repair.request) == (approval.id, request.id)
    assert approved.checks == (
        "the policy grants it; repairs are not stopped; no storm; somebody else who may has approved it"
    )


# The Home


ACKNOWLEDGERS = f"""
[[rights]]
who = ["{ALICE}", "{CAROL}"]
may = ["terminate", "acknowledge"]
"""


@pytest.mark.parametrize(
    ("policy", "user", "sees"),
    [
        pytest.param(ANYBODY_ELSE, BOB, True, id="anybody else"),
        pytest.param(ANYBODY_ELSE, ALICE, False, id="who has asked"),
        pytest.param(ONLY_SRE, BOB, True, id="in the group that is named"),
        pytest.param(ONLY_BOB, CAROL, False, id="who is not named"),
        pytest.param(ACKNOWLEDGERS + ANYBODY_ELSE, CAROL, False, id="who has no right to approve"),
    ],
)
def test_the_home_shows_what_waits_to_those_who_may_approve_it(
    story: Story, policy: str, user: str, sees: bool
) -> None:
    victim, _ = waiting(story, policy)
    home = story.open_home(user)
    assert ("Waiting for your approval" in home) is sees
    assert victim.host in home
