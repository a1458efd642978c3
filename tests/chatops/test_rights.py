"""Rights: who may do what where, by the policy, user groups and ids; checked in front and in act, failing closed."""

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chatops.rights import Rights
from chatops.slack_users import USERS_KEPT, SlackUsers
from coastguard.local.slack.directory import FOREIGNER, GUEST, TEAM, UserGroup
from coastguard.local.slack.faults import Fault
from coastguard.local.slack.workspace import BOT_TOKEN, Workspace
from hub.incidents.hints import Hint, Why
from hub.incidents.incident import State
from hub.policy.matching import EVERYWHERE, Facts
from hub.policy.policy import START, Approval
from hub.policy.source import PolicySource
from hub.scopes.account import Account
from hub.slack.button_values import ACKNOWLEDGE, MUTE
from hub.slack.client import Slack
from tests.chatops.factories import ALICE, BOB, CAROL, CLUSTER, TERMINATE, Clock
from tests.chatops.policies import PAYMENTS, PLATFORM, SRE, Ssm
from tests.chatops.story import Story
from tests.hub.factories import altered
from tests.patience import PATIENCE_SECONDS
from tests.spoke.fleet import ACCOUNT

HERE = Facts(CLUSTER, Account(CLUSTER.account, "Payments"))
ELSEWHERE = Facts(None, Account("333344445555", "Search"))
NO_MUTE = ":no_entry: You may not do that here (mute)."
UNSURE = "Slack did not say who you are, so nothing was done. Please try again in a moment."
STRANGER = "Only full members of this workspace may do that: no guests, no bots, nobody of another workspace."
UNREAD = "The policy cannot be read, so nothing is changed until it can: the operators have been told."


def granting(who: str, may: str = "*", where: str = "") -> str:
    narrowed = f"where = {where}\n" if where else ""
    return f'[[rights]]\nwho = "{who}"\nmay = "{may}"\n{narrowed}'


class House:
    """Rights over a policy and the served workspace."""

    def __init__(self, workspace: Workspace, api: str, clock: Clock) -> None:
        self.workspace, self.clock, self.ssm = workspace, clock, Ssm()
        self.people = SlackUsers(lambda: Slack(BOT_TOKEN, api, PATIENCE_SECONDS), TEAM.id, clock)
        self.rights = Rights(PolicySource("ssm:/coastguard/policy", lambda _: self.ssm, clock), self.people)

    def rule(self, text: str | None) -> None:
        self.ssm.put(text)
        self.clock.go_on(timedelta(minutes=1, seconds=1))

    def why_not(self, user: str, verb: str = "terminate", place: Facts = HERE) -> str:
        refusal = self.rights.refusal(verb, user, [place])
        return refusal.sentence if refusal else ""


@pytest.fixture
def house(workspace: Workspace, slack: str, clock: Clock) -> House:
    return House(workspace, slack, clock)


# Who may


@pytest.mark.parametrize("policy", ["", "[[caps]]\nmost = 1\nper = '1h'\n"], ids=["none", "one without rights"])
def test_without_rights_full_members_hold_back_and_nobody_repairs(house: House, policy: str) -> None:
    house.rule(policy)

    for verb in ("acknowledge", "mute", "stop", "audit"):
        assert [house.why_not(user, verb, EVERYWHERE) for user in (ALICE, BOB, CAROL)] == ["", "", ""]
        assert house.rights.somewhere(verb, ALICE) is None
    for verb in ("terminate", START, "approve"):
        refusals = [house.rights.refusal(verb, BOB, [HERE]), house.rights.somewhere(verb, BOB)]
        refusals += [house.rights.refusal_to_approve(Approval(approvers=(BOB,)), BOB, HERE)]
        for refusal in filter(None, refusals):
            assert refusal.sentence.startswith("Nobody may do that (")
            assert refusal.who_may == ()
        assert None not in refusals


def test_who_is_told_how_a_right_is_granted_can_copy_it(house: House) -> None:
    house.rule("")
    refusal = house.rights.refusal("terminate", BOB, [HERE])
    assert refusal is not None
    house.rule(refusal.how.split("```")[1])

    assert house.why_not(BOB) == ""
    assert "docs/policy.md" in refusal.how
    assert "## Rights" in Path("docs/policy.md").read_text()


def test_no_place_at_all_is_not_every_place(house: House) -> None:
    house.rule(granting(ALICE))
    assert house.rights.refusal("mute", ALICE, []) is not None


@pytest.mark.parametrize("stranger", [GUEST.id, FOREIGNER.id])
@pytest.mark.parametrize("policy", ["", granting(GUEST.id), granting(FOREIGNER.id)])
def test_guests_and_people_of_other_workspaces_may_nothing_whatever_the_policy_says(
    house: House, stranger: str, policy: str
) -> None:
    house.rule(policy)
    assert house.why_not(stranger) == STRANGER
    for refusal in (house.rights.somewhere("acknowledge", stranger), house.rights.stranger(stranger)):
        assert refusal is not None
        assert refusal.sentence == STRANGER


@pytest.mark.parametrize("flag", ["is_bot", "deleted", "is_restricted", "is_ultra_restricted", "is_stranger"])
def test_a_bot_or_somebody_who_has_left_is_no_full_member(house: House, flag: str) -> None:
    class Told(Slack):
        def user(self, user: str) -> dict[str, object]:
            return {"id": user, "team_id": TEAM.id, flag: True}

    house.people.slack = lambda: Told(BOT_TOKEN, "http://127.0.0.1:1/api/")
    assert house.why_not(ALICE) == STRANGER


SOMEBODY = f"<@{BOB}>, who has asked for this,"


def test_what_others_may_not_any_more_is_not_said_as_if_it_were_about_whoever_hears_it(house: House) -> None:
    house.rule(granting(CAROL))

    def told(user: str) -> str:
        refusal = house.rights.refusal("terminate", user, [HERE])
        assert refusal is not None
        others = refusal.about(SOMEBODY)
        assert (others.who_may, others.how) == (refusal.who_may, refusal.how)
        return others.sentence

    assert told(BOB) == f"{SOMEBODY} may not do that here any more (terminate)."
    assert told(GUEST.id) == f"{SOMEBODY} is no full member of this workspace any more."
    house.clock.now += timedelta(minutes=6)  # what was known of people is asked for anew
    house.workspace.faults.order(Fault("users.info", "server_error"))
    assert told(BOB) == f"{SOMEBODY} cannot be looked up in Slack now, so nothing was done."
    house.rule("")
    assert told(BOB).startswith("Nobody may do that (terminate)")


def test_with_rights_only_what_is_granted_is_allowed_where_it_is(house: House) -> None:
    house.rule(granting(SRE, "repair", '{ account = "222233334444" }') + granting(CAROL, "acknowledge"))

    assert [house.why_not(user) for user in (ALICE, BOB)] == ["", ""]
    assert house.why_not(CAROL) == "You may not do that here (terminate)."
    assert house.why_not(CAROL, "acknowledge") == ""
    assert house.why_not(BOB, "terminate", ELSEWHERE) == "You may not do that here (terminate)."
    assert house.why_not(BOB, "acknowledge") == "You may not do that here (acknowledge)."
    refusal = house.rights.refusal("terminate", CAROL, [HERE])
    assert refusal is not None
    assert refusal.who_may == (SRE,)


def test_of_several_places_all_must_be_allowed(house: House) -> None:
    house.rule(granting(BOB, "mute", '{ account = "222233334444" }'))
    assert house.rights.refusal("mute", BOB, [HERE]) is None
    assert house.rights.refusal("mute", BOB, [HERE, ELSEWHERE]) is not None
    assert house.rights.refusal("mute", BOB, [EVERYWHERE]) is not None


def test_who_is_named_in_one_right_still_has_those_of_their_groups(house: House) -> None:
    house.rule(granting(BOB, "acknowledge") + granting(SRE, "terminate"))
    assert house.why_not(BOB, "acknowledge") == ""
    assert house.why_not(BOB, "terminate") == ""


def test_who_may_something_nowhere_is_known_at_once(house: House) -> None:
    house.rule(granting(PLATFORM, "mute", '{ account = "999988887777" }'))
    assert house.rights.somewhere("mute", ALICE) is None
    refusal = house.rights.somewhere("mute", BOB)
    assert refusal is not None
    assert (refusal.sentence, refusal.who_may) == ("You may not do that (mute).", (PLATFORM,))


# What is remembered


def test_people_and_groups_are_read_once_in_five_minutes(house: House) -> None:
    house.rule(granting(SRE))
    assert house.why_not(BOB) == ""
    house.workspace.user_groups[SRE] = UserGroup(SRE, "sre", "Site reliability", (CAROL,))
    house.clock.go_on(USERS_KEPT - timedelta(seconds=1))
    assert house.why_not(BOB) == ""

    house.clock.go_on(timedelta(seconds=1))

    assert house.why_not(BOB) != ""
    assert house.why_not(CAROL) == ""


def test_somebody_who_becomes_a_guest_is_one_within_five_minutes(house: House) -> None:
    assert house.why_not(BOB) == ""
    house.workspace.people[BOB] = replace(house.workspace.people[BOB], is_guest=True)
    house.clock.go_on(USERS_KEPT)
    assert house.why_not(BOB) == STRANGER


def test_front_does_not_ask_for_groups_without_end_before_it_answers(house: House, slack: str) -> None:
    groups = [f"S0GROUP{number:03}" for number in range(40)]
    house.rule("".join(map(granting, groups)))
    asked = 0

    def slowly() -> Slack:
        nonlocal asked
        asked += 1
        house.clock.go_on(timedelta(seconds=0.2))
        return Slack(BOT_TOKEN, slack, PATIENCE_SECONDS)

    people = SlackUsers(slowly, TEAM.id, house.clock, timedelta(seconds=0.5))
    rights = Rights(house.rights.source, people)

    assert rights.somewhere("mute", BOB) is None  # nobody knows: act will say
    assert asked == 1 + 3  # the person, and groups


def test_groups_are_asked_for_only_where_they_are_named(house: House) -> None:
    house.rule(granting(BOB) + granting(SRE, "acknowledge"))
    house.workspace.faults.order(Fault("usergroups.users.list", "server_error", times=99))
    assert house.why_not(BOB) == ""
    assert house.why_not(CAROL, "acknowledge") == UNSURE


# What cannot be read is a no


@pytest.mark.parametrize("bad", ["[[rights", None], ids=["a bad one", "taken away"])
def test_who_may_have_missed_a_policy_holds_back_and_repairs_nothing(house: House, bad: str | None) -> None:
    """A stop must not wait for a policy that nobody can read; a repair has to."""
    house.rule(granting(BOB))
    assert (house.why_not(BOB), house.why_not(BOB, "stop", EVERYWHERE)) == ("", "")
    house.clock.go_on(timedelta(hours=1))

    house.rule(bad)

    for verb in ("stop", "mute", "acknowledge"):
        assert (house.why_not(BOB, verb, EVERYWHERE), house.rights.somewhere(verb, BOB)) == ("", None)
    assert [house.why_not(BOB, verb) for verb in ("terminate", START)] == [UNREAD, UNREAD]
    refusal = house.rights.refusal_to_approve(Approval(approvers=(BOB,)), BOB, HERE)
    assert refusal is not None
    assert refusal.sentence == UNREAD
    assert house.why_not(CAROL, "stop", EVERYWHERE) != ""


@pytest.mark.parametrize("kind", ["server_error", "ratelimit", "lost_answer"])
@pytest.mark.parametrize("method", ["users.info", "usergroups.users.list"])
def test_what_slack_does_not_say_is_a_no_that_says_so(house: House, method: str, kind: str) -> None:
    house.rule(granting(SRE))
    house.workspace.faults.order(Fault(method, kind))
    assert house.why_not(BOB) == UNSURE
    assert house.why_not(BOB) == ""  # and it is asked again the next time


@pytest.mark.parametrize("word", ["plan_upgrade_required", "paid_teams_only"])
def test_a_plan_without_user_groups_lets_in_those_who_are_named_and_says_why_not_the_others(
    house: House, word: str
) -> None:
    house.rule(granting(SRE) + granting(CAROL))
    house.workspace.no_user_groups = word
    assert house.why_not(CAROL) == ""
    assert "This workspace's plan has no user groups" in house.why_not(BOB)


@pytest.mark.parametrize("group", ["S0FORMER01", "S0NOSUCH01"])
def test_a_group_that_is_no_more_grants_nothing_and_takes_nothing(house: House, group: str) -> None:
    house.rule(granting(group) + granting(SRE))
    assert house.why_not(CAROL) == "You may not do that here (terminate)."
    assert house.why_not(BOB) == ""


def test_a_policy_that_nobody_can_read_lets_nobody_do_anything(house: House) -> None:
    house.rule(None)
    house.rights = Rights(PolicySource("ssm:/coastguard/policy", lambda _: house.ssm, house.clock), house.people)
    assert house.why_not(ALICE) == UNREAD
    somewhere = house.rights.somewhere("mute", ALICE)
    assert somewhere is not None
    assert somewhere.sentence == UNREAD


def test_a_bad_policy_leaves_the_last_good_one_in_force(house: House) -> None:
    house.rule(granting(SRE))
    assert house.why_not(BOB) == ""
    house.rule("this is no TOML")
    assert house.why_not(BOB) == ""
    assert house.why_not(CAROL) != ""


# The whole way


def test_who_may_not_sees_no_modal_and_is_told_who_may_and_it_is_logged(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    story.policy(granting(SRE, "terminate"))

    assert story.press(TERMINATE, CAROL).error is None
    assert story.modal(CAROL) is None
    story.work()

    (told,) = story.whispers(CAROL)
    assert told == f"You may not do that here (terminate). Those who may: <!subteam^{SRE}>"
    assert story.is_untouched(victim)
    (entry,) = story.done_by_people()
    assert (entry.who, entry.what, entry.result) == (
        CAROL,
        "refused: terminate",
        "You may not do that here (terminate).",
    )
    assert story.counts["refusals"] == 1
    story.ask(BOB)
    story.work()
    assert story.is_gone(victim)


def test_who_may_not_mute_sees_no_modal_either(story: Story) -> None:
    story.trouble(grouped=False)
    story.policy(granting(SRE, "mute"))

    story.press(MUTE, CAROL)
    story.type("mute all", CAROL)
    assert story.modal(CAROL) is None
    story.work()

    assert [told.partition(" Those")[0] for told in story.whispers(CAROL)] == [NO_MUTE] * 2
    assert story.mutes() == []
    assert [entry.what for entry in story.done_by_people()] == ["refused: mute"] * 2


def test_who_may_elsewhere_only_is_asked_in_a_modal_and_refused_by_act(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    story.policy(granting(CAROL, "terminate", '{ account = "999988887777" }'))
    request = story.ask(CAROL)
    assert request.refused == ""

    story.work()

    assert story.is_untouched(victim)
    assert story.whispers(CAROL)[0].startswith("You may not do that here (terminate).")


def test_what_front_has_refused_act_does_not_allow(story: Story) -> None:
    """Its own reading may be older: in doubt it is a no."""
    (victim,) = story.trouble(grouped=False)
    story.act(replace(story.click(), refused="You may not do that (terminate)."))
    assert story.is_untouched(victim)
    assert story.whispers()[0].startswith("You may not do that (terminate).")


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("mute payments 1h deploy", "mute"),
        ("unmute payments", "mute"),
        ("stop it went wrong", "stop"),
        ("start", "stop"),
        ("audit", "audit"),
    ],
)
def test_what_is_said_is_checked_in_front_and_what_that_refuses_act_does_not_allow(
    story: Story, line: str, right: str
) -> None:
    story.know()
    story.policy(granting(SRE))
    story.say("mute payments 1h new AMI", BOB)
    story.type(line, CAROL)
    assert story.front.said[-1].refused == f"You may not do that ({right})."

    story.policy(granting(CAROL))
    story.work()

    assert story.whispers(CAROL) == [f":no_entry: You may not do that ({right})."]
    logged = "start" if line == "start" else right
    assert [entry.what for entry in story.done_by_people()] == ["muted", f"refused: {logged}"]


def test_whoever_may_no_longer_mute_is_refused_though_a_modal_has_asked(story: Story) -> None:
    story.know()
    story.policy(granting(CAROL))
    story.type("mute payments", CAROL)
    assert story.front.said == []
    story.policy(granting(SRE))
    story.submit(CAROL, span="1h", reason="new AMI")
    assert story.front.said[-1].refused == "You may not do that (mute)."
    story.work()
    assert story.mutes() == []


def test_what_everybody_may_say_is_refused_to_nobody_in_front(story: Story) -> None:
    story.policy(granting(SRE))
    story.say("status", CAROL)
    assert story.front.said[-1].refused == ""
    assert story.counts["refusals"] == 0


@pytest.mark.parametrize("stranger", [GUEST.id, FOREIGNER.id])
@pytest.mark.parametrize("action", [TERMINATE, ACKNOWLEDGE])
def test_a_stranger_who_clicks_is_refused_whatever_payload_says_of_the_team(
    story: Story, stranger: str, action: str
) -> None:
    (victim,) = story.trouble(grouped=False)

    assert story.press(action, stranger).error is None
    assert story.front.taken[-1].team == TEAM.id
    story.work()

    assert story.modal(stranger) is None
    assert story.state(victim) is State.OPEN
    assert story.is_untouched(victim)
    assert story.whispers(stranger)[0].startswith(STRANGER)


def test_a_stranger_picks_and_lists_nothing(story: Story) -> None:
    (victim, *_) = story.trouble(grouped=False, size=7)
    story.act(replace(story.pick(victim), user=GUEST.id))
    assert story.incident(victim).picked_at is None
    assert story.whispers(GUEST.id)[0].startswith(STRANGER)


def test_while_slack_does_not_say_who_clicks_nothing_is_done(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    request = story.ask(ALICE)
    story.begin_anew()
    story.workspace.faults.order(Fault("users.info", "server_error", times=5))

    story.work()

    assert story.is_untouched(victim)
    assert story.whispers()[0].startswith(UNSURE)
    assert story.outcome(request) == f"refused: {UNSURE}"


def test_while_the_policy_cannot_be_read_nothing_is_done_though_alerts_go_on(story: Story) -> None:
    story.ssm.put(None)
    (victim,) = story.trouble(grouped=False)
    assert victim.host in story.message()

    story.press(TERMINATE)
    story.work()
    assert story.say("mute all 2h x") == [f":no_entry: {UNREAD}"]
    assert story.say("stop") == [f":no_entry: {UNREAD}"]

    assert story.modal() is None
    assert story.is_untouched(victim)
    assert story.whispers()[0].startswith(UNREAD)
    assert story.mutes() == []


def test_a_mute_needs_the_right_for_all_that_it_mutes(story: Story) -> None:
    story.trouble(grouped=False)
    story.know(Account("333344445555", "Search"))
    story.policy(granting(CAROL, "mute", f'{{ account = "{ACCOUNT}" }}'))

    assert story.say("mute payments 1h x", CAROL) == []
    assert story.say("mute search 1h x", CAROL)[0].startswith(":no_entry: You may not do that here (mute).")
    assert story.say("mute all 1h x", CAROL)[0].startswith(":no_entry: You may not do that here (mute).")
    assert story.say("mute eu-west-1 1h x", CAROL)[0].startswith(":no_entry: You may not do that here (mute).")
    assert [str(mute.scope) for mute in story.mutes()] == [f"account:{ACCOUNT}"]
    assert story.say("unmute payments", BOB)[0].startswith(":no_entry: You may not do that here (mute).")
    assert story.mutes()[0].ended_at is None


def test_a_right_in_a_unit_is_one_to_mute_it(story: Story) -> None:
    story.know(units=("ou-ab12-34cd56ef",))
    story.policy(granting(CAROL, "mute", '{ unit = "ou-ab12-34cd56ef" }'))
    assert story.say("mute ou-ab12-34cd56ef 1h x", CAROL) == []
    assert len(story.mutes()) == 1


def test_a_right_for_a_group_of_clusters_holds_for_those_that_are_known_to_be_in_it(story: Story) -> None:
    (_,) = story.trouble(grouped=False)
    story.policy(granting(CAROL, "mute", '{ group = "batch" }'))
    assert story.say(f"mute {story.cluster.name} 1h x", CAROL) != []
    story.hub.store.keep(altered(story.bulletin(), group="batch"))
    assert story.say(f"mute {story.cluster.name} 1h x", CAROL) == []
    assert story.looks_asked() == [Hint(story.cluster, Why.REQUEST)]


def test_the_audit_is_read_by_those_who_may(story: Story) -> None:
    story.policy(granting(PAYMENTS, "audit"))
    assert story.say("audit", BOB)[0].startswith(":no_entry: You may not do that here (audit).")
    assert "entr" in story.say("audit", CAROL)[0]


# What is said to whom, word for word


@pytest.mark.parametrize(
    ("verb", "who", "right"),
    [("terminate", BOB, "terminate"), (START, CAROL, "start"), ("approve", ALICE, "approve")],
)
def test_what_nobody_may_is_named_with_the_example_for_whoever_asked(
    house: House, verb: str, who: str, right: str
) -> None:
    house.rule("")
    refusals = [house.rights.refusal(verb, who, [HERE]), house.rights.somewhere(verb, who)]
    if verb == "approve":
        refusals.append(house.rights.refusal_to_approve(Approval(approvers=(who,)), who, HERE))

    for refusal in refusals:
        assert refusal is not None
        assert refusal.sentence.startswith(f"Nobody may do that ({right}):")
        assert f'who = ["{who}"]' in refusal.how


def test_no_place_at_all_is_named_as_the_reason(house: House) -> None:
    house.rule(granting(ALICE))
    refusal = house.rights.refusal("mute", ALICE, [])
    assert refusal is not None
    assert refusal.sentence == "It is not known where that would be done, so nothing was done."


def why_no_approval(house: House, approval: Approval, user: str, place: Facts = HERE) -> str:
    refusal = house.rights.refusal_to_approve(approval, user, place)
    return refusal.sentence if refusal else ""


def test_who_is_named_or_is_in_a_group_that_is_may_approve_and_the_others_hear_who_may(house: House) -> None:
    house.rule(granting(ALICE, "repair"))

    assert why_no_approval(house, Approval(approvers=(CAROL,)), CAROL) == ""
    assert why_no_approval(house, Approval(approvers=(SRE,)), BOB) == ""
    refusal = house.rights.refusal_to_approve(Approval(approvers=(SRE, ALICE)), CAROL, HERE)
    assert refusal is not None
    assert (refusal.sentence, refusal.who_may, refusal.how) == ("You may not approve that.", (SRE, ALICE), "")


def test_where_nobody_is_named_the_right_to_approve_counts_in_that_place(house: House) -> None:
    house.rule(granting(CAROL, "approve", '{ account = "222233334444" }') + granting(SRE, "approve"))
    here = Facts(CLUSTER, Account(CLUSTER.account, "Payments"))

    assert why_no_approval(house, Approval(), CAROL, here) == ""
    assert why_no_approval(house, Approval(), BOB, ELSEWHERE) == ""
    assert why_no_approval(house, Approval(), CAROL, ELSEWHERE) == "You may not approve that."
    refusal = house.rights.refusal_to_approve(Approval(), CAROL, ELSEWHERE)
    assert refusal is not None
    assert refusal.who_may == (SRE,)


def needing(*approvers: str, remedy: str = "terminate", more: str = "") -> str:
    named = f"approvers = [{', '.join(map(repr, approvers))}]\n" if approvers else ""
    return f'[[approvals]]\nremedy = "{remedy}"\n{named}{more}'


SIX = [f"S0GROUP{number:03}" for number in range(6)]
FORESEEN = {
    "nothing is said of it": (granting(ALICE), ""),
    "another remedy": (needing(SRE, remedy="deregister"), ""),
    "another account": (needing(SRE, more='where = { account = "333344445555" }\n'), ""),
    "surely": (needing(SRE), f"It waits until <!subteam^{SRE}> has approved it."),
    "for more at once": (
        needing(SRE, more="more_than = 1\n"),
        f"It may have to wait until <!subteam^{SRE}> has approved it.",
    ),
    "in a unit, which is not known yet": (
        needing(CAROL, more='where = { unit = "ou-ab12-33334444" }\n'),
        f"It may have to wait until <@{CAROL}> has approved it.",
    ),
    "in this cluster": (
        needing(SRE, more=f'where = {{ cluster = "{CLUSTER.name}" }}\n'),
        f"It waits until <!subteam^{SRE}> has approved it.",
    ),
    "in a group, which is not known yet": (
        needing(SRE, more='where = { group = "checkout" }\n'),
        f"It may have to wait until <!subteam^{SRE}> has approved it.",
    ),
    "whoever may approve there": (
        needing()
        + granting(CAROL, "approve", '{ cluster = "prod-*" }')
        + granting(BOB, "approve", '{ cluster = "x" }'),
        f"It waits until <@{CAROL}> has approved it.",
    ),
    "whoever may approve": (
        needing() + granting(CAROL, "approve") + granting(SRE, "approve"),
        f"It waits until <@{CAROL}> or <!subteam^{SRE}> has approved it.",
    ),
    "nobody named": (needing() + granting(ALICE, "repair"), "It waits until somebody else has approved it."),
    "many": (
        needing(*SIX),
        f"It waits until {' or '.join(f'<!subteam^{group}>' for group in SIX[:5])} and 1 more has approved it.",
    ),
}


@pytest.mark.parametrize(("policy", "says"), FORESEEN.values(), ids=FORESEEN)
def test_what_is_said_beforehand_of_an_approval(house: House, policy: str, says: str) -> None:
    house.rule(policy)
    assert house.rights.foreseen("terminate", CLUSTER) == says


def test_nothing_is_said_beforehand_of_approvals_while_nobody_can_read_the_policy(house: House) -> None:
    house.rule(None)
    house.rights = Rights(PolicySource("ssm:/coastguard/policy", lambda _: house.ssm, house.clock), house.people)
    assert house.rights.foreseen("terminate", CLUSTER) == ""


@pytest.mark.parametrize("stranger", [GUEST.id, FOREIGNER.id])
def test_a_stranger_approves_nothing_though_named(house: House, stranger: str) -> None:
    house.rule(granting(ALICE))
    assert why_no_approval(house, Approval(approvers=(stranger,)), stranger) == STRANGER


def test_while_slack_does_not_say_who_somebody_is_they_are_told_so_whatever_they_ask(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    house.rule(granting(SRE))
    house.workspace.faults.order(Fault("users.info", "server_error", times=99))

    stranger = house.rights.stranger(BOB)
    assert stranger is not None
    assert stranger.sentence == UNSURE
    assert why_no_approval(house, Approval(approvers=(BOB,)), BOB) == UNSURE
    # Front lets them through, and act, which can wait, finds out.
    assert house.rights.somewhere("terminate", BOB) is None
    unsure = [record for record in caplog.records if record.getMessage() == "rights.unsure"]
    assert [record.levelname for record in unsure] == ["WARNING", "WARNING", "INFO"]
    assert {vars(record)["error"] for record in unsure} == {"users_info: internal_error"}


def test_a_full_member_is_no_stranger(house: House) -> None:
    assert house.rights.stranger(BOB) is None


def test_who_may_somewhere_is_told_by_group_or_by_name_and_who_may_nowhere_hears_who_may(house: House) -> None:
    house.rule(granting(CAROL, "mute") + granting(ALICE, "terminate") + granting(SRE, "terminate"))

    assert house.rights.somewhere("terminate", ALICE) is None
    assert house.rights.somewhere("terminate", BOB) is None
    assert house.rights.somewhere(START, CAROL) is not None
    refusal = house.rights.somewhere("terminate", CAROL)
    assert refusal is not None
    assert (refusal.sentence, refusal.who_may) == ("You may not do that (terminate).", tuple(sorted((ALICE, SRE))))
