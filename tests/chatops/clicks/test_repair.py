"""Repairs: somebody clicks Terminate, and one host goes."""

import json
from dataclasses import replace

import pytest

from hub.incidents.hints import Hint, Why
from hub.incidents.incident import State
from hub.slack.button_values import ACKNOWLEDGE
from hub.sweeping.sweeper import CLUSTER_READS, RESOURCE_READS
from hub.table.writes import Conflict
from spoke.repairs import REMEDIES
from tests.chatops.factories import ALICE, BOB
from tests.chatops.story import GROUP, REMEDIATOR, Story
from tests.spoke.fleet import ACCOUNT


def test_the_host_goes_and_the_incident_says_how(story: Story) -> None:
    (victim,) = story.trouble()
    request = story.click()
    before = story.fleet.hosts_of(GROUP)

    story.act(request)

    assert story.is_gone(victim)
    assert story.terminations() == 1
    after = story.fleet.hosts_of(GROUP)
    assert len(after) == len(before) == 2
    assert set(before) - set(after) == {victim.host}
    incident = story.incident(victim)
    assert incident.state is State.REPAIRING  # until a look finds the replacement
    repair = incident.repair
    assert repair is not None
    assert (repair.request, repair.remedy, repair.by) == (request.id, "terminate", ALICE)
    assert repair.finished is not None
    assert repair.finished > repair.at
    assert (repair.group, repair.problem) == (GROUP, "")
    assert repair.steps == (
        f"Terminated {victim.host} in Auto Scaling group {GROUP}, which replaces it.",
        f"Took {victim.instance} out of prod-payments, so that ECS starts its tasks elsewhere.",
    )
    assert story.outcome(request) == " ".join(repair.steps)


def test_who_did_it_stands_in_the_log_and_in_the_member_account(story: Story) -> None:
    (victim,) = story.trouble()
    request = story.click(user=BOB)
    story.hub.trail.calls.clear()

    story.act(request)

    incident = story.incident(victim)
    asked, done = story.log(request)
    assert (asked.what, asked.result) == ("asked: Terminate", "")
    assert (done.what, done.result) == ("Terminate done", story.outcome(request))
    assert asked.at < done.at
    for entry in (asked, done):
        assert (entry.who, entry.where, entry.quiet) == (BOB, victim.host, False)
        assert (entry.incident, entry.request) == (incident.id, request.id)
        assert entry.source_identity == f"slack-T0COAST01-{BOB}"
    sessions = story.hub.trail.of("sts:AssumeRole")
    for session in sessions:
        assert session["RoleArn"] == f"arn:aws:iam::{ACCOUNT}:role/{REMEDIATOR}"
        assert session["RoleSessionName"] == incident.id
        assert session["SourceIdentity"] == f"slack-T0COAST01-{BOB}"
    acts = [json.loads(session["Policy"])["Statement"][0] for session in sessions]
    assert acts[0]["Action"] == list(REMEDIES["terminate"].reads)
    assert [(act["Action"], act["Resource"][0].rpartition("/")[2]) for act in acts[1:]] == [
        (["autoscaling:TerminateInstanceInAutoScalingGroup"], GROUP),
        (["ecs:DeregisterContainerInstance"], story.cluster.name),
    ]


def test_a_second_person_does_not_act_in_the_name_of_the_first(story: Story) -> None:
    first, second = story.trouble(size=2)
    story.hub.trail.calls.clear()

    story.act(story.click(user=ALICE, victim=first))
    story.act(story.click(user=BOB, victim=second))

    people = [call["SourceIdentity"] for call in story.hub.trail.of("sts:AssumeRole")]
    assert list(dict.fromkeys(people)) == [f"slack-T0COAST01-{ALICE}", f"slack-T0COAST01-{BOB}"]
    assert people == sorted(people)


def test_looks_are_asked_for_and_nobody_is_told_anything_beside_the_bulletin(story: Story) -> None:
    story.trouble()
    story.act(story.click())
    assert story.looks_asked() == [Hint(story.cluster, Why.REQUEST)] * 2  # when it begins and when it ends
    assert story.whispers(ALICE) == story.whispers(BOB) == []


def test_only_a_look_resolves(story: Story) -> None:
    (victim,) = story.trouble()
    before = set(story.fleet.hosts_of(GROUP))
    story.act(story.click())
    assert story.state(victim) is State.REPAIRING
    story.look()
    assert story.state(victim) is State.REPAIRING
    assert "the replacement registers" in story.message()

    (newcomer,) = set(story.fleet.hosts_of(GROUP)) - before
    story.fleet.register(story.cluster, newcomer)
    story.look()

    assert story.state(victim) is State.RESOLVED
    assert story.incident(victim).replacement == newcomer
    assert f"`{newcomer}`" in story.message()
    told = " ".join(story.thread())
    assert [told.count(f"*{what}*") for what in ("asked: Terminate", "Terminate done", "resolved")] == [1, 1, 1]


def test_outside_of_a_group_the_host_goes_and_nothing_is_awaited(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)

    story.act(story.click())

    assert story.is_gone(victim)
    repair = story.incident(victim).repair
    assert repair is not None
    assert (repair.group, repair.problem) == ("", "")
    story.look()
    assert story.state(victim) is State.RESOLVED


def test_of_several_instances_the_one_that_was_clicked_goes(story: Story) -> None:
    first, second, third = story.trouble(size=3)

    story.act(story.click(victim=second))

    assert story.is_gone(second)
    assert story.is_untouched(first)
    assert story.is_untouched(third)
    assert (story.state(first), story.state(third)) == (State.OPEN, State.OPEN)


def test_an_acknowledged_incident_can_be_repaired_by_somebody_else(story: Story) -> None:
    (victim,) = story.trouble()
    story.act(story.click(ACKNOWLEDGE, user=ALICE))
    story.look()

    story.act(story.click(user=BOB))

    incident = story.incident(victim)
    assert story.is_gone(victim)
    assert incident.repair is not None
    assert (incident.acknowledged_by, incident.repair.by) == (ALICE, BOB)


# Once ----------------------------------------------------------------------------------------------------------------


def test_two_people_click_and_one_host_goes_once(story: Story) -> None:
    (victim,) = story.trouble()
    first, second = story.click(user=ALICE), story.click(user=BOB)

    story.act(first)
    story.act(second)

    assert story.terminations() == 1
    repair = story.incident(victim).repair
    assert repair is not None
    assert repair.by == ALICE
    (told,) = story.whispers(BOB)
    assert told.startswith(f"<@{ALICE}> has asked for this already (Terminate, <!date^")
    assert story.whispers(ALICE) == []
    (refused,) = story.log(second)
    assert (refused.who, refused.what, refused.result) == (BOB, "refused: terminate", told)
    assert refused.quiet  # it is in the log, the thread is spared
    assert story.outcome(second) == f"refused: {told}"
    assert story.counts["refusals"] == 1


def test_somebody_who_clicks_twice_is_refused_the_second_time(story: Story) -> None:
    (victim,) = story.trouble()
    clicks = [story.click(), story.click()]

    for request in clicks:
        story.act(request)

    assert story.is_gone(victim)
    assert story.terminations() == 1
    assert len(story.whispers(ALICE)) == 1


def test_two_people_click_on_two_instances_and_both_go(story: Story) -> None:
    victims = story.trouble(size=2)
    clicks = [story.click(user=user, victim=victim) for user, victim in zip((ALICE, BOB), victims, strict=True)]

    for request in clicks:
        story.act(request)

    assert all(map(story.is_gone, victims))
    assert story.terminations() == 2


def test_a_request_that_comes_again_when_all_is_done_does_nothing(story: Story) -> None:
    (victim,) = story.trouble()
    request = story.click()
    story.act(request)
    before = story.incident(victim), story.log(request), story.looks_asked()

    for tries in (2, 3):
        story.act(request, tries)

    assert story.terminations() == 1
    assert (story.incident(victim), story.log(request)) == before[:2]
    assert story.looks_asked() == []
    assert story.counts["requests"] == 1


def test_a_refused_request_that_comes_again_stays_refused(story: Story) -> None:
    (victim,) = story.trouble()
    refused = story.click(user=BOB)
    story.act(story.click(user=ALICE))
    story.act(refused)

    story.act(refused, 2)

    assert len(story.whispers(BOB)) == 1
    assert len(story.log(refused)) == 1
    assert story.terminations() == 1
    assert story.is_gone(victim)


def test_of_two_who_have_the_same_message_the_slower_one_leaves_it(story: Story) -> None:
    story.trouble()
    request = story.click()
    story.act(request)

    with pytest.raises(Conflict, match="somebody else has the same message"):
        story.acting._repairs.begin(request, story.acting.rules.facts(story.cluster), 1)

    assert story.terminations() == 1


# What is kept of it --------------------------------------------------------------------------------------------------


def test_a_repair_keeps_what_it_was_held_to_why_it_was_asked_for_and_that_it_hits_the_host(story: Story) -> None:
    (victim,) = story.trouble()
    request = story.click(reason="it hangs")

    story.act(request)

    repair = story.incident(victim).repair
    assert repair is not None
    assert (repair.reason, repair.hits_host) == ("it hangs", True)
    assert (repair.approved_by, repair.approval) == ("", "")
    asked, done = story.log(request)
    assert asked.checks == "the policy grants it; repairs are not stopped; no storm; no approval is needed"
    assert (asked.at, done.at) == (repair.at, repair.finished)
    assert [(each.reason, each.approved_by) for each in (asked, done)] == [("it hangs", "")] * 2


def test_what_leaves_the_host_alone_does_not_hit_it(story: Story) -> None:
    (victim,) = story.trouble()
    request = replace(story.click(), wish="remove-registration")

    story.act(request)

    repair = story.incident(victim).repair
    assert repair is not None
    assert (repair.remedy, repair.hits_host) == ("remove-registration", False)


def test_a_repair_that_tells_of_no_step_is_done_all_the_same(story: Story) -> None:
    (victim,) = story.trouble()
    request = story.click()
    story.act(request)
    known = story.incident(victim)
    assert known.repair is not None

    assert story.acting._repairs.end(request, known, replace(known.repair, steps=())) == "done"


BY_PLACE = """
[[rights]]
who = ["U0ALICE01"]
may = "terminate"
where = { cluster = "prod-*" }

[[caps]]
remedy = "terminate"
most = MOST
per = "1h"
where = { cluster = "prod-*" }
"""


def test_what_is_counted_under_a_cap_is_the_request_and_the_log_tells_of_the_cap(story: Story) -> None:
    story.policy(BY_PLACE.replace("MOST", "1"))
    (victim,) = story.trouble(grouped=False)
    request = story.click()

    story.act(request)

    assert story.is_gone(victim)
    (row,) = story.hub.store._row.query("ledger")
    assert [*row.data["used"]] == [request.id]
    assert "; room under 1 of the policy's caps; " in story.log(request)[0].checks


def test_where_the_policy_allows_none_the_person_is_told_so(story: Story) -> None:
    story.policy(BY_PLACE.replace("MOST", "0"))
    (victim,) = story.trouble(grouped=False)

    story.act(story.click())

    assert story.is_untouched(victim)
    assert story.whispers() == ["The policy allows no such repairs here."]


# Asking around -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "done"), [(19.9, True), (20.0, False)])
def test_a_repair_asks_around_for_twenty_seconds(story: Story, seconds: float, done: bool) -> None:
    story.fleet.cluster("prod-search")
    (victim,) = story.trouble()
    request = story.click()
    now = 0.0

    def take_time() -> None:
        nonlocal now
        now = seconds

    story.hub.trail._answers["ecs:ListContainerInstances"] = take_time
    story.acting = replace(story.acting, ticks=lambda: now)

    story.act(request)

    assert story.is_gone(victim) is done
    assert ("only 1 of 2 clusters could be asked" in story.outcome(request)) is not done


def test_a_repair_asks_at_the_sweeps_pace(story: Story) -> None:
    slept: list[float] = []
    repairs = replace(story.acting._repairs, ticks=lambda: sum(slept), sleep=slept.append)
    asking = repairs._asking(lambda: None, lambda: None, tried=False)

    for pace, (burst, a_second) in ((asking.of_clusters, CLUSTER_READS), (asking.in_clusters, RESOURCE_READS)):
        slept.clear()
        for _ in range(burst + 10):
            pace()
        assert sum(slept) == pytest.approx(10 / a_second)


def test_who_asks_around_waits_as_all_of_act_does(story: Story) -> None:
    story.acting = replace(story.acting, ticks=story.clock.seconds)
    asking = story.acting._repairs._asking(lambda: None, lambda: None, tried=False)
    burst, a_second = RESOURCE_READS
    began = story.clock.seconds()

    for _ in range(burst + 10):
        asking.in_clusters()

    assert story.clock.seconds() - began == pytest.approx(10 / a_second, abs=0.2)
