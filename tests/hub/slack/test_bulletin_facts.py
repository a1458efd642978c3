"""What a bulletin says of the place, of an instance, and of who is at work on it."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub.incidents.content import ROWS
from hub.incidents.incident import Incident, State
from hub.slack.button_values import ACKNOWLEDGE, MUTE, REPAIR
from tests.hub.factories import (
    ALICE,
    BOB,
    CLUSTER,
    NOON,
    finished,
    incident,
    instance_id,
    pending,
    repair,
    sighting,
)
from tests.hub.rendering import all_blocks, buttons, check_bulletin, drawn, texts, words
from tests.hub.slack.messages import ALIVE, TERMINATE


def test_one_instance_is_shown_with_all_its_facts() -> None:
    said = words(drawn(incident()))

    for fact in (
        "ECS agent disconnected on 1 instance",
        "`222233334444`",
        "`eu-west-1`",
        "`prod-payments`",
        "`i-00000000000000001`",
        "`eu-west-1a` · `m7g.xlarge`",
        "*Disconnected since*\n<!date^1795175580^",
        "6 running",
        ":white_check_mark: pass",
        "`1.86.0`",
        "*Why it matters:*",
    ):
        assert fact in said


@pytest.mark.parametrize("count", [1, 3, 30])
def test_account_region_and_cluster_stand_in_every_bulletin(count: int) -> None:
    message = drawn(*(incident(number) for number in range(1, count + 1)))

    said = json.dumps([message.blocks, message.attachments])
    for place in (CLUSTER.account, CLUSTER.region, CLUSTER.name):
        assert place in said
        assert place in message.text


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("count", [1, ROWS, 30])
def test_an_account_whose_name_is_known_is_called_by_it(count: int, state: State) -> None:
    crowd = [incident(number, state) for number in range(1, count + 1)]
    message, nameless = drawn(*crowd, account_name="Payments (prod)"), drawn(*crowd)

    check_bulletin(message)
    assert message.text.endswith(f"in {CLUSTER.region}, account `Payments (prod)` ({CLUSTER.account}).")
    if not 1 < count <= ROWS:
        assert f"`Payments (prod)` `{CLUSTER.account}` · `{CLUSTER.region}`" in words(message)
    assert message.digest != nameless.digest


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        pytest.param({"checks": "impaired"}, ":x: fail", id="checks fail"),
        pytest.param({"checks": None, "host_state": "pending"}, "`pending`", id="no checks: the host's state"),
        pytest.param({"checks": None, "host_state": None}, ":grey_question: unknown", id="nothing known"),
        pytest.param(
            {"checks": None, "host_state": None, "ping": "ConnectionLost"}, "SSM says `ConnectionLost`", id="ping"
        ),
        pytest.param({"checks": "something-new"}, "`something-new`", id="a result we do not know"),
        pytest.param({"zone": "", "instance_type": ""}, "*Zone · type*\nunknown", id="no zone"),
        pytest.param({"agent_version": ""}, "*Agent*\nunknown", id="no agent version"),
        pytest.param({"host": ""}, f"`{instance_id()}`", id="no host: the container instance"),
        pytest.param(
            {"unchecked": ("EC2 status: no answer",)}, "Could not be checked: EC2 status: no answer", id="blind"
        ),
    ],
)
def test_what_is_not_known_is_said(change: dict[str, Any], shown: str) -> None:
    assert shown in words(drawn(incident(sighting=sighting(**change))))


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        pytest.param(incident(state=State.ACKNOWLEDGED), f"Acknowledged by <@{ALICE}>", id="acknowledged"),
        pytest.param(incident(state=State.REPAIRING), f"Terminate asked by <@{ALICE}>", id="repairing"),
        pytest.param(incident(state=State.REPAIRING), ":hourglass_flowing_sand: AWS answers", id="waiting for AWS"),
        pytest.param(
            incident(state=State.REPAIRING, repair=finished()),
            "✓ Terminated it.",
            id="what was done",
        ),
        pytest.param(
            incident(state=State.REPAIRING, repair=finished()),
            "the replacement registers",
            id="waiting for the new one",
        ),
        pytest.param(incident(repair=finished(problem="It is protected.")), "It failed: It is protected.", id="failed"),
        pytest.param(incident(repair=repair(remedy="pray", by=BOB)), f"`pray` asked by <@{BOB}>", id="unknown remedy"),
        pytest.param(
            incident(state=State.RESOLVED, ending="terminated", replacement="i-new"), "→ `i-new`", id="replaced"
        ),
        pytest.param(incident(state=State.RESOLVED), "after 6 min", id="how long it lasted"),
        pytest.param(
            incident(state=State.REPAIRING, repair=repair(approved_by=BOB)),
            f"Terminate asked by <@{ALICE}>, approved by <@{BOB}> <!date^",
            id="approved",
        ),
        pytest.param(
            incident(state=State.RESOLVED, repair=finished(approved_by=BOB)),
            f"asked by <@{ALICE}>, approved by <@{BOB}>",
            id="approved, and over",
        ),
    ],
)
def test_who_is_at_work_and_what_came_of_it(shown: Incident, said: str) -> None:
    assert said in words(drawn(shown))


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(0), "after 0 s"),
        (timedelta(seconds=59), "after 59 s"),
        (timedelta(minutes=14, seconds=20), "after 14 min 20 s"),
        (timedelta(hours=3), "after 3 h"),
        (timedelta(days=2, hours=3, minutes=4), "after 2 d 3 h"),
    ],
)
def test_how_long_it_lasted_is_told_with_two_units(span: timedelta, said: str) -> None:
    over = incident(state=State.RESOLVED, since=NOON - span, resolved_at=NOON)

    assert f", {said}" in words(drawn(over)).splitlines()[-1] or f", {said}\n" in words(drawn(over)) + "\n"


def test_an_old_registration_of_a_host_that_is_well_is_called_so_and_can_be_removed() -> None:
    message = drawn(incident(sighting=sighting(others=(replace(ALIVE, cluster=CLUSTER),))))

    assert "Old registration of 1 instance whose host is well" in message.text
    said = words(message)
    assert "An old registration of a host that is well: 7 tasks run on `i-00000000000000001` as `ffffffff-" in said
    actions = {one["action_id"] for one in buttons(all_blocks(message))}
    assert actions == {ACKNOWLEDGE, MUTE, REPAIR + "remove-registration"}


# A host that is still being terminated


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "taken out of the cluster; its group is still terminating it"),
        ({"group": ""}, "taken out of the cluster; EC2 is still terminating it"),
        ({"held": True}, "still terminating it (the host has not ended yet: a lifecycle hook or managed draining may"),
        ({"held": True, "gone": NOON}, "the replacement registers"),
    ],
)
def test_a_host_that_has_left_the_cluster_but_not_ended_is_said_to_be_on_its_way(
    more: dict[str, Any], said: str
) -> None:
    ending = sighting(status="MISSING", host_state="running")
    message = drawn(incident(state=State.REPAIRING, repair=finished(**more), sighting=ending))

    assert said in words(message)
    assert "failed" not in words(message)


def test_its_replacement_is_named_as_soon_as_it_is_there() -> None:
    ending = sighting(status="MISSING", host_state="running")
    shown = incident(state=State.REPAIRING, repair=finished(held=True), sighting=ending, replacement="i-new")

    assert "its replacement is `i-new`" in words(drawn(shown))


@pytest.mark.parametrize(
    ("approvers", "said"),
    [
        (3, "<@U0LEAD001> or <@U0LEAD002> may approve it"),
        (4, "<@U0LEAD001> or <@U0LEAD002> or <@U0LEAD003> may approve it"),
        (5, "<@U0LEAD001> or <@U0LEAD002> or <@U0LEAD003> and 1 more may approve it"),
        (13, "<@U0LEAD001> or <@U0LEAD002> or <@U0LEAD003> and 9 more may approve it"),
    ],
)
def test_more_approvers_than_are_named_are_counted(approvers: int, said: str) -> None:
    message = drawn(incident(pending=pending(approvers=tuple(f"U0LEAD{n:03}" for n in range(1, approvers)))))

    assert said in words(message)


def test_a_reason_is_plain_text_and_there_need_be_none() -> None:
    message = drawn(incident(pending=pending(reason="<!channel> *now* `x`")))

    (shown,) = [one for one in texts(all_blocks(message)) if "*now*" in one["text"]]
    assert (shown["type"], shown["text"]) == ("plain_text", "<!channel> *now* `x`")
    check_bulletin(drawn(incident(pending=pending(reason="", approvers=(), remedy="pray"))))


MI = "mi-0123456789abcdef0"


@pytest.mark.parametrize(
    ("more", "said", "terminates"),
    [
        pytest.param({}, "", True, id="an instance of EC2"),
        pytest.param(
            {"host": MI, "ping": "ConnectionLost"}, "A machine of your own (ECS Anywhere)", False, id="Anywhere"
        ),
        pytest.param({"managed": True}, "whether auto repair is on, ECS did not tell", False, id="managed by AWS"),
        pytest.param({"managed": True, "auto_repair": True}, "and replaces it itself", False, id="repaired by AWS"),
        pytest.param({"managed": True, "auto_repair": False}, "nobody replaces it", False, id="repaired by nobody"),
        pytest.param({"os": "windows"}, "It runs Windows.", True, id="Windows"),
        pytest.param({"os": "bottlerocket"}, "It runs Bottlerocket, which has no systemctl", True, id="Bottlerocket"),
        pytest.param({"runtime_impaired": True}, "The container runtime is sick too", True, id="a sick runtime"),
    ],
)
def test_what_is_special_about_a_host_is_said_and_decides_what_can_be_done(
    more: dict[str, Any], said: str, terminates: bool
) -> None:
    message = drawn(incident(sighting=sighting(**more)))

    check_bulletin(message)
    assert said in words(message)
    assert (TERMINATE in {button["action_id"] for button in buttons(all_blocks(message))}) is terminates
    assert ACKNOWLEDGE in {button["action_id"] for button in buttons(all_blocks(message))}


def test_everything_special_about_a_host_is_said_together() -> None:
    seen = sighting(host=MI, os="windows", runtime_impaired=True, managed=True)
    message = drawn(incident(sighting=seen))

    check_bulletin(message)
    for remark in ("runtime is sick", "It runs Windows.", "ECS Anywhere", "ECS Managed Instances"):
        assert remark in words(message)


def test_once_it_is_over_nothing_special_is_said() -> None:
    seen = sighting(os="windows", runtime_impaired=True)

    said = words(drawn(incident(state=State.RESOLVED, sighting=seen)))

    assert "Windows" not in said
    assert "sick" not in said


def test_a_machine_of_ones_own_is_shown_with_its_ping() -> None:
    assert "SSM says `ConnectionLost`" in words(drawn(incident(sighting=sighting(host=MI, ping="ConnectionLost"))))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param({}, "*Flapping*\n3 drops, the last ", id="gone"),
        pytest.param({"calm_since": NOON}, "back since", id="back for now"),
    ],
)
def test_a_flapping_agent_is_shown_with_its_drops(more: dict[str, Any], said: str) -> None:
    drops = tuple(NOON - timedelta(minutes=minutes) for minutes in (50, 20, 7))
    message = drawn(incident(drops=drops, **more))

    check_bulletin(message)
    assert said in words(message)
    assert ("gone again" in words(message)) is not bool(more)
    assert "Disconnected since" not in words(message)
