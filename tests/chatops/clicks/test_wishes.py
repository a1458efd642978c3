"""Wishes: what each kind of click writes down, and who is told what if it is refused."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chatops.clicks.wishes import LISTS
from coastguard.local.slack.directory import GUEST
from hub.incidents.acknowledgement import Acknowledgement, Extent
from hub.incidents.incident import pick
from hub.slack.button_values import ACKNOWLEDGE, APPROVE, DECLINE, LIST
from hub.slack.mrkdwn import date
from spoke.errors import Busy
from tests.chatops.factories import ALICE, BOB, CAROL
from tests.chatops.story import Story
from tests.hub.factories import altered

MANY = 6
FEW_OF_THE_CLUSTER = """
[[approvals]]
more_than = "50%"
"""


# Who may


def test_a_guest_acknowledges_nothing(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)

    story.act(story.click(ACKNOWLEDGE, user=GUEST.id))

    assert story.incident(victim).acknowledged_by == ""
    assert "Only full members" in story.whispers(GUEST.id)[0]


@pytest.mark.parametrize(("group", "heeded"), [("batch", False), ("prod", True)])
def test_a_right_for_a_group_is_one_in_its_clusters(story: Story, group: str, heeded: bool) -> None:
    (victim,) = story.trouble(grouped=False)
    kept = story.hub.store.bulletin(story.incident(victim).cluster)
    assert kept
    story.hub.store.keep(replace(kept, episode=replace(kept.episode, group=group)))
    story.policy(f'[[rights]]\nwho = ["{ALICE}"]\nmay = "acknowledge"\nwhere = {{ group = "prod" }}\n')

    story.act(story.click(ACKNOWLEDGE, user=ALICE))

    assert (story.incident(victim).acknowledged_by == ALICE) is heeded


def test_while_a_storm_lasts_nothing_drastic_is_begun_and_all_else_is(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    drastic, harmless = story.click(), story.click(ACKNOWLEDGE)
    story.storm()

    story.act(drastic)
    story.act(harmless)

    assert "storm" in story.whispers()[0]
    assert story.is_untouched(victim)
    assert story.incident(victim).repair is None
    assert story.incident(victim).acknowledged_by == ALICE


# Acknowledging


def test_an_acknowledgement_of_nobody_knows_when_is_taken_over(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    story.hub.store.save([replace(story.incident(victim), acknowledged_by=BOB)])

    story.act(story.click(ACKNOWLEDGE, user=ALICE))

    incident = story.incident(victim)
    assert incident.acknowledged_by == ALICE
    assert incident.acknowledged_at is not None


def test_who_acknowledges_twice_is_on_record_with_both(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    first, second = story.click(ACKNOWLEDGE), story.click(ACKNOWLEDGE)
    story.act(first)

    story.act(second)

    once, again = *story.log(first), *story.log(second)
    assert (again.where, again.incident) == (once.where, once.incident) == (victim.host, story.incident(victim).id)
    assert again.at > once.at
    assert (once.result, once.quiet) == ("", False)
    assert (again.result, again.quiet) == ("again", True)


def taken_on(story: Story, by: str, ago: timedelta = timedelta()) -> Acknowledgement:
    """Somebody has acknowledged all that the bulletin shows."""
    fact = Acknowledgement(by, story.clock() - ago, Extent(1))
    story.hub.store.keep(altered(story.bulletin(), acknowledged=fact))
    return fact


def test_what_was_taken_on_as_a_whole_needs_nobody_else(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    late = story.click(ACKNOWLEDGE, user=BOB)
    fact = taken_on(story, ALICE)

    story.act(late)

    (told,) = story.whispers(BOB)
    assert told == f"<@{ALICE}> has acknowledged this already, {date(fact.at)}."
    assert story.outcome(late) == f"refused: {told}"
    assert story.incident(victim).acknowledged_by == ""


@pytest.mark.parametrize(
    ("by", "ago"),
    [
        pytest.param(BOB, timedelta(), id="their own"),
        pytest.param(ALICE, timedelta(hours=1), id="it came up since"),
    ],
)
def test_one_of_a_whole_can_be_taken_on_by_who_has_the_whole_and_what_came_up_since_by_anybody(
    story: Story, by: str, ago: timedelta
) -> None:
    (victim,) = story.trouble(grouped=False)
    click = story.click(ACKNOWLEDGE, user=BOB)
    taken_on(story, by, ago)

    story.act(click)

    assert story.whispers(BOB) == []
    assert story.incident(victim).acknowledged_by == BOB


def test_who_has_taken_on_one_stands_before_who_has_taken_on_the_whole(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    mine, late = story.click(ACKNOWLEDGE, user=ALICE), story.click(ACKNOWLEDGE, user=CAROL)
    story.act(story.click(ACKNOWLEDGE, user=ALICE))
    taken_on(story, BOB)

    story.act(mine)
    story.act(late)

    assert story.whispers(ALICE) == []
    (told,) = story.whispers(CAROL)
    assert told.startswith(f"<@{ALICE}> has acknowledged this already, ")
    assert story.incident(victim).acknowledged_by == ALICE


# Picking


def test_of_two_choices_at_the_same_moment_one_is_made(story: Story) -> None:
    victim, *_ = story.trouble(grouped=False, size=MANY)
    mine = story.pick(victim)
    story.hub.store.save([pick(story.incident(victim), mine.at)])
    theirs = replace(mine, id="0" * 20, user=BOB)

    assert story.acting._wishes.grant(theirs, story.clock(), 1) == "picked"

    assert story.log(theirs) == []
    assert story.incident(victim).picked_at == mine.at


def test_who_chooses_what_was_chosen_since_changes_nothing(story: Story) -> None:
    victim, *_ = story.trouble(grouped=False, size=MANY)
    early, late = story.pick(victim), story.pick(victim, BOB)
    story.act(late)

    story.act(early)

    assert story.incident(victim).picked_at == late.at
    assert story.log(early) == []


def test_a_choice_of_a_machine_outside_of_ec2_is_recorded_by_its_instance(story: Story) -> None:
    victim, *_ = story.trouble(grouped=False, size=MANY)
    known = story.incident(victim)
    story.hub.store.save([replace(known, sighting=replace(known.sighting, host=""))])
    request = story.pick(victim)

    story.act(request)

    (entry,) = story.log(request)
    assert (entry.where, entry.result, entry.at >= request.at) == (victim.instance, "", True)


# Listing


def test_what_belongs_to_another_episode_is_not_listed(story: Story) -> None:
    victims = story.trouble(grouped=False, size=MANY)
    story.look()
    story.hub.store.save([replace(story.incident(victims[0]), episode="ep-before")])
    request = story.click(LIST)

    story.act(request)

    (said,) = story.thread()
    assert victims[0].host not in said
    assert all(victim.host in said for victim in victims[1:])
    (entry,) = story.log(request)
    assert (entry.at, entry.result, entry.quiet) == (request.at, "", True)


def test_what_was_taken_on_as_a_whole_is_listed_as_acknowledged(story: Story) -> None:
    story.trouble(grouped=False, size=MANY)
    request = story.click(LIST)
    taken_on(story, BOB)

    story.act(request)

    (said,) = story.thread()
    assert said.count(" acked\n") == MANY
    assert " open" not in said


# Approvals


def test_a_small_share_of_the_cluster_needs_nobody_else(story: Story) -> None:
    story.policy(FEW_OF_THE_CLUSTER)
    for host in story.fleet.hosts(3):
        story.fleet.register(story.cluster, host)
    (victim,) = story.trouble(grouped=False)
    request = story.click()

    story.act(request)

    assert story.is_gone(victim)
    assert story.log(request)[0].checks.endswith("no approval is needed")


def test_a_large_share_of_the_cluster_needs_somebody_else(story: Story) -> None:
    story.policy(FEW_OF_THE_CLUSTER)
    story.fleet.register(story.cluster, story.fleet.hosts()[0])
    (victim, _) = story.trouble(grouped=False, size=2)
    request = story.click(victim=victim)

    story.act(request)

    assert story.outcome(request) == "waits for approval"
    assert story.is_untouched(victim)


def test_what_aws_has_no_time_for_is_worth_another_try(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    request = story.click()
    story.hub.trail.fail("sts:AssumeRole", "ThrottlingException")

    with pytest.raises(Busy):
        story.act(request, 1)
    story.hub.trail.mend()
    story.act(request, 2)

    assert story.is_gone(victim)


def test_an_approval_for_which_aws_has_no_time_is_worth_another_try(story: Story) -> None:
    story.policy("[[approvals]]\nremedy = 'terminate'\n")
    (victim,) = story.trouble(grouped=False)
    story.act(story.click())
    story.look()
    approval = story.click(APPROVE, BOB)
    story.hub.trail.fail("sts:AssumeRole", "ThrottlingException")

    with pytest.raises(Busy):
        story.act(approval, 1)
    story.hub.trail.mend()
    story.act(approval, 2)

    assert story.is_gone(victim)


BY_PLACE = """
[[rights]]
who = ["U0ALICE01", "U0BOB0002", "U0CAROL03"]
may = "*"
where = { cluster = "prod-*" }

[[approvals]]
remedy = "terminate"
where = { cluster = "prod-*" }

[[caps]]
remedy = "terminate"
most = 5
per = "1h"
where = { cluster = "prod-*" }
"""


@pytest.mark.parametrize(("answer", "gone"), [(APPROVE, True), (DECLINE, False)])
def test_rights_approvals_and_caps_are_those_of_the_place(story: Story, answer: str, gone: bool) -> None:
    story.policy(BY_PLACE)
    (victim,) = story.trouble(grouped=False)
    request = story.click(user=ALICE)
    story.act(request)
    story.look()
    pending = story.incident(victim).pending
    assert pending is not None
    assert set(pending.approvers) == {ALICE, BOB, CAROL}
    assert story.log(request)[0].checks.endswith("no storm; waits for somebody who may approve it")

    answered = story.click(answer, BOB)
    story.act(answered)

    assert story.whispers(BOB) == []
    assert story.is_gone(victim) is gone
    assert story.incident(victim).pending is None


def test_a_persons_lists_are_remembered_for_as_long_as_they_count(story: Story) -> None:
    story.trouble(grouped=False, size=MANY)

    story.act(story.click(LIST))

    (row,) = story.hub.store._row.query("ledger")
    (listed,) = [datetime.fromisoformat(at) for at in row.data["used"].values()]
    assert row.expires == int((listed + LISTS.per).timestamp())


# Approvals


def test_who_asks_for_an_approval_of_what_is_repaired_already_is_told_by_whom(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    late = story.click(user=BOB)
    story.act(story.click(user=ALICE))
    story.policy(FEW_OF_THE_CLUSTER.replace('more_than = "50%"', 'remedy = "terminate"'))

    story.act(late)

    assert story.whispers(BOB)[0].startswith(f"<@{ALICE}> has asked for this already (Terminate, ")
    assert story.incident(victim).pending is None


def test_who_may_approve_depends_on_the_share_as_it_is_now(story: Story) -> None:
    large = '[[approvals]]\nmore_than = "50%"\napprovers = ["{}"]\n'
    story.policy(large.format(BOB))
    story.fleet.register(story.cluster, story.fleet.hosts()[0])
    (victim, _) = story.trouble(grouped=False, size=2)
    story.act(story.click(victim=victim))
    story.look()
    story.policy(large.format(CAROL))

    story.act(story.click(APPROVE, BOB, victim))

    assert story.whispers(BOB)[0].startswith("You may not approve that.")
    assert story.is_untouched(victim)
