"""Checks: what a request is held to, one by one, at their edges; what a refusal leads to is told by the stories."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chatops.clicks.checks import OVER, NotAllowed, share_of, taken
from chatops.clicks.requests import FRESH, Request
from hub.incidents.breakdown import Breakdown
from hub.incidents.incident import Incident, Pending, Repair, State
from hub.incidents.storm import Storm, lock
from hub.policy.repair_stop import RepairStop
from hub.slack.mrkdwn import date
from tests.chatops.clicks.desk import HERE, Desk
from tests.chatops.factories import ALICE, BOB, CAROL, CHANNEL, CLUSTER, NOW, bulletin, incident, request
from tests.chatops.policies import EVERYBODY

INSTANT = timedelta(microseconds=1)
LATE = NOW + timedelta(minutes=15)
WAITS = Pending("r-1", "terminate", ALICE, NOW, LATE, (BOB,), "it hangs")
LAPSED = "Nobody approved that in time. It can be asked for again."
NOT_WAITING = "That request is no longer waiting for an approval."
APPROVING = request(wish="approve", about="r-1", user=CAROL)


def refusal(check: Callable[..., object], *about: object) -> str:
    """Why it is refused, "" if it is not."""
    try:
        check(*about)
    except NotAllowed as refused:
        return str(refused)
    return ""


@pytest.mark.parametrize(("ago", "fresh"), [(FRESH, True), (FRESH + INSTANT, False)])
def test_how_old_a_click_may_be(desk: Desk, ago: timedelta, fresh: bool) -> None:
    assert (refusal(desk.checks.is_fresh, request(at=NOW - ago)) == "") is fresh


# What waits for an approval


@pytest.mark.parametrize(
    ("known", "now", "why"),
    [
        pytest.param(incident(pending=WAITS), LATE - INSTANT, "", id="it waits"),
        pytest.param(incident(pending=WAITS), LATE, LAPSED, id="too late"),
        pytest.param(None, NOW, NOT_WAITING, id="no incident"),
        pytest.param(incident(), NOW, NOT_WAITING, id="nothing waits"),
        pytest.param(incident(pending=WAITS, id="inc-2"), NOW, NOT_WAITING, id="another incident"),
        pytest.param(incident(pending=replace(WAITS, request="r-2")), NOW, NOT_WAITING, id="another request"),
        pytest.param(incident(pending=WAITS, state=State.RESOLVED), NOW, NOT_WAITING, id="the incident is over"),
    ],
)
def test_whether_a_request_waits(desk: Desk, known: Incident | None, now: datetime, why: str) -> None:
    desk.clock.now = now

    assert refusal(desk.checks.pending, APPROVING, known) == why


def test_what_waits_is_told(desk: Desk) -> None:
    assert desk.checks.pending(APPROVING, incident(pending=WAITS)) == WAITS


# How many at once

REPAIRING = {"state": State.REPAIRING, "repair": Repair("r-2", "terminate", BOB, NOW)}


@pytest.mark.parametrize(
    ("known", "count"),
    [
        pytest.param([{}], 1, id="alone"),
        pytest.param([{"pending": WAITS}], 1, id="it waits itself"),
        pytest.param([REPAIRING], 1, id="it is under repair itself"),
        pytest.param([{}, {}], 1, id="another one is open"),
        pytest.param([{}, REPAIRING], 2, id="another one is under repair"),
        pytest.param([{}, {"pending": WAITS}], 2, id="another one waits"),
        pytest.param([{}, REPAIRING, {"pending": WAITS}, {}], 3, id="two others"),
        pytest.param([{}, {"pending": WAITS, "state": State.RESOLVED}], 1, id="another one is over"),
    ],
)
def test_how_many_are_under_repair_at_once(desk: Desk, known: list[dict[str, object]], count: int) -> None:
    own = request()
    instances = [own.instance, *(f"{number:032x}" for number in range(1, len(known)))]
    desk.store.save([incident(instance=where, **each) for where, each in zip(instances, known, strict=True)])

    assert desk.checks.at_once(own) == count


# Which share of the cluster


@pytest.mark.parametrize(("registered", "share"), [(10, 0.4), (0, None)])
def test_which_share_of_a_cluster_is_in_trouble(registered: int, share: float | None) -> None:
    assert share_of(bulletin(tally=Breakdown(4), registered=registered)) == share


BY_SHARE = f"""
[[approvals]]
remedy = "terminate"
more_than = "30%"
approvers = ["{BOB}"]

[[approvals]]
remedy = "terminate"
where = {{ cluster = "prod-*" }}
approvers = ["{CAROL}"]
"""


@pytest.mark.parametrize(
    ("registered", "approver"),
    [pytest.param(10, BOB, id="a large one"), pytest.param(20, CAROL, id="a small one"), pytest.param(0, BOB, id="?")],
)
def test_who_may_approve_goes_by_the_share(desk: Desk, registered: int, approver: str) -> None:
    desk.ssm.text = EVERYBODY + BY_SHARE
    shown = bulletin(tally=Breakdown(4), registered=registered)

    whys = {
        user: refusal(desk.checks.may_approve, request(wish="approve", user=user), WAITS, shown, HERE)
        for user in (BOB, CAROL)
    }

    assert whys == {BOB: "", CAROL: ""} | {({BOB, CAROL} - {approver}).pop(): "You may not approve that."}


def test_who_may_decline_is_asked_as_if_all_of_the_cluster_were_in_trouble(desk: Desk) -> None:
    desk.ssm.text = EVERYBODY + BY_SHARE
    declined = request(wish="decline", user=CAROL)

    with pytest.raises(NotAllowed) as refused:
        desk.checks.may_approve(declined, WAITS, None, HERE)

    assert refused.value.who_may == (BOB,)
    assert (refused.value.how, refused.value.about) == ("", "")


# The switch


@pytest.mark.parametrize(
    ("stopped", "why"),
    [
        pytest.param(RepairStop(), "", id="never stopped"),
        pytest.param(RepairStop(BOB, NOW), f"All repairs are stopped, by <@{BOB}> {date(NOW)}.", id="stopped"),
        pytest.param(RepairStop(BOB), f"All repairs are stopped, by <@{BOB}>.", id="nobody knows when"),
    ],
)
def test_nothing_is_repaired_while_repairs_are_stopped(desk: Desk, stopped: RepairStop, why: str) -> None:
    desk.store.turn(stopped)

    assert refusal(desk.checks.running) == why


def test_whether_repairs_were_stopped_is_told_as_it_was_read(desk: Desk) -> None:
    desk.store.turn(RepairStop("", NOW, "all is well"))

    assert desk.checks.running() == desk.store.switch()


# What the log says of it


CAPS = "[[caps]]\nmost = 5\nper = '1d'\n[[caps]]\nremedy = 'terminate'\nmost = 1\nper = '1h'\n"


@pytest.mark.parametrize(
    ("wish", "policy", "approval", "said"),
    [
        ("terminate", "", "", "no storm; no approval is needed"),
        ("remove-registration", "", "", "no approval is needed"),
        ("terminate", CAPS, "", "no storm; room under 2 of the policy's caps; no approval is needed"),
        ("remove-registration", CAPS, "", "room under 1 of the policy's caps; no approval is needed"),
        ("terminate", CAPS, "waits for somebody", "no storm; waits for somebody"),
        ("terminate", CAPS, "Bob approves", "no storm; room under 2 of the policy's caps; Bob approves"),
    ],
)
def test_the_log_says_what_was_checked(desk: Desk, wish: str, policy: str, approval: str, said: str) -> None:
    desk.ssm.text = EVERYBODY + policy

    assert desk.checks.passed(request(wish=wish), HERE, approval) == (
        f"the policy grants it; repairs are not stopped; {said}"
    )


# What somebody else is having done


def test_who_was_quicker_is_named() -> None:
    repaired = incident(state=State.REPAIRING, repair=Repair("r-2", "terminate", BOB, NOW))

    assert str(taken(repaired)) == f"<@{BOB}> has asked for this already (Terminate, {date(NOW)})."


def test_a_repair_that_nobody_has_noted_is_over() -> None:
    assert str(taken(incident(state=State.REPAIRING))) == OVER


# The message that was clicked


SHOWN = {"handle": "1772443800.000100"}
STALE = "This message no longer shows how things are; please use the cluster's newest message."


@pytest.mark.parametrize(
    ("shown", "asked", "why"),
    [
        pytest.param(SHOWN, {}, "", id="the newest"),
        pytest.param(None, {}, STALE, id="the cluster has none"),
        pytest.param(SHOWN | {"handle": "1772443999.000100"}, {}, STALE, id="an older one"),
        pytest.param(SHOWN, {"channel": "C0ELSEWHERE"}, STALE, id="of another channel"),
        pytest.param(SHOWN | {"closed": True}, {}, OVER, id="its episode is over"),
        pytest.param(SHOWN, {"team": "T0ELSEWHERE"}, "This app belongs to another workspace.", id="another workspace"),
    ],
)
def test_whose_message_may_be_clicked(
    desk: Desk, shown: dict[str, object] | None, asked: dict[str, object], why: str
) -> None:
    kept = desk.store.keep(bulletin(**shown)) if shown else None

    assert refusal(desk.checks.bulletin, request(**asked)) == why
    assert why or desk.checks.bulletin(request()) == kept


# Storms


@pytest.mark.parametrize(
    ("wish", "storm", "locked"),
    [
        pytest.param("terminate", {}, True, id="drastic"),
        pytest.param("remove-registration", {}, False, id="not drastic"),
        pytest.param("acknowledge", {}, False, id="no remedy"),
        pytest.param("terminate", {"closed": True}, False, id="it is over"),
        pytest.param("terminate", {"region": "us-east-1"}, False, id="in another Region"),
        pytest.param("terminate", {"channel": "C0ELSEWHERE"}, False, id="in another channel"),
        pytest.param("terminate", None, False, id="no storm"),
    ],
)
def test_what_a_storm_locks(desk: Desk, wish: str, storm: dict[str, Any] | None, locked: bool) -> None:
    if storm is not None:
        desk.store.keep(replace(Storm(CHANNEL, CLUSTER.region, "st-1", NOW, NOW), **storm))

    assert refusal(desk.checks.no_storm, wish, bulletin()) == (lock(CLUSTER.region) if locked else "")


# Who may


def test_where_nobody_may_it_is_told_how_it_is_granted(desk: Desk) -> None:
    desk.ssm.text = ""

    with pytest.raises(NotAllowed) as refused:
        desk.checks.may(request(), HERE)

    assert refused.value.who_may == ()
    assert "[[rights]]" in refused.value.how


def test_who_may_approve_is_told_by_the_rights_of_the_place(desk: Desk) -> None:
    desk.ssm.text = f"""
[[rights]]
who = ["{BOB}"]
may = "approve"
where = {{ cluster = "prod-*" }}

[[approvals]]
remedy = "terminate"
"""

    with pytest.raises(NotAllowed, match="You may not approve that") as refused:
        desk.checks.may_approve(request(wish="approve", user=CAROL), WAITS, bulletin(), HERE)

    assert refused.value.who_may == (BOB,)
    assert refusal(desk.checks.may_approve, request(wish="approve", user=BOB), WAITS, bulletin(), HERE) == ""


def test_where_the_policy_asks_for_nobody_any_more_whom_it_was_put_to_has_to_agree(desk: Desk) -> None:
    def why(user: str) -> str:
        return refusal(desk.checks.may_approve, request(wish="approve", user=user), WAITS, bulletin(), HERE)

    assert (why(BOB), why(CAROL)) == ("", "You may not approve that.")


def test_who_may_do_what_is_asked_of_whoever_clicked(desk: Desk) -> None:
    desk.ssm.text = f'[[rights]]\nwho = ["{BOB}"]\nmay = "*"\n'

    def why(**about: object) -> str:
        asked: Request = request(**about)
        return refusal(desk.checks.may, asked, HERE)

    assert why(user=BOB) == ""
    assert why(user=ALICE) == "You may not do that here (terminate)."
    assert why(user=ALICE, wish="pick") == ""
    assert why(user=BOB, refused="The front has said no.") == "The front has said no."


def test_whoever_approves_hears_that_it_is_the_other_who_may_not_any_more(desk: Desk) -> None:
    desk.ssm.text = f'[[rights]]\nwho = ["{BOB}"]\nmay = "*"\n'

    assert refusal(desk.checks.still_may, request(user=BOB), HERE) == ""
    with pytest.raises(NotAllowed) as refused:
        desk.checks.still_may(request(user=ALICE), HERE)

    assert str(refused.value) == f"<@{ALICE}>, who has asked for this, may not do that here any more (terminate)."
    assert refused.value.who_may == (BOB,)
