"""What a bulletin looks like in Slack: always taken, never too long, with the right buttons."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.incidents.bulletin import CHOICES, ROWS, compose
from hub.incidents.incident import Incident, State
from hub.incidents.mute import Mute
from hub.incidents.storm import lock
from hub.slack.bulletin_message import (
    ACKNOWLEDGE,
    APPROVE,
    DECLINE,
    LIST,
    MUTE,
    PICK,
    REPAIR,
    UNMUTE,
    Message,
    Subject,
    channel_lost,
    note,
    notes,
    reminder,
    render,
)
from spoke.places import Cluster
from spoke.repairs import REMEDIES
from spoke.sighting import Registration
from tests.hub.factories import (
    ALICE,
    BOB,
    CLUSTER,
    EPISODE,
    GRACE,
    LONGEST,
    NOON,
    bulletin,
    entry,
    finished,
    incident,
    instance_id,
    muted,
    pending,
    repair,
    sighting,
)
from tests.hub.rendering import all_blocks, buttons, check, check_bulletin, drawn, length, texts, words

TERMINATE = REPAIR + "terminate"
ALIVE = Registration(LONGEST, "ffffffff-ffff-ffff-ffff-ffffffffffff", connected=True, status="ACTIVE", running_tasks=7)
LONG_STEPS = (
    f"Terminated i-0123456789abcdef0 in Auto Scaling group {'g' * 255}, which replaces it.",
    f"Took {instance_id()} out of {'c' * 255}, so that ECS starts its tasks elsewhere.",
)


def longest(number: int, state: State, *, failed: bool) -> Incident:
    """An incident all of whose parts are as long as AWS makes them."""
    seen = sighting(
        number,
        instance=f"ffffffff-ffff-ffff-ffff-{number:012x}",
        host=f"mi-{number:017x}",
        zone="ap-southeast-1-bkk-1a",
        instance_type="m7gd-flex.metal-48xl",
        agent_version="1.100.100",
        running_tasks=9_999,
        checks="insufficient-data",
        unchecked=("EC2 status: access denied", "SSM ping: RequestLimitExceeded"),
    )
    done = repair(request="r" * 20, finished=NOON, steps=LONG_STEPS, group="g" * 255)
    parts: dict[State, dict[str, object]] = {
        State.OPEN: {},
        State.ACKNOWLEDGED: {},
        State.REPAIRING: {"repair": done},
        State.RESOLVED: {"repair": done, "ending": "terminated", "replacement": "i-0123456789abcdef0"},
    }
    trouble = {"repair": repair(finished=NOON, problem="It would not. " * 50)} if failed else {}
    return incident(number, state, cluster=LONGEST, sighting=seen, instance=seen.instance, **(parts[state] | trouble))


def subjects(message: Message) -> set[str]:
    """The instances that have a button."""
    values = [button["value"] for button in buttons(all_blocks(message)) if button["action_id"] not in {MUTE, UNMUTE}]
    return {Subject.parse(value).instance for value in values}


@pytest.mark.parametrize("failed", [False, True], ids=["", "repair failed"])
@pytest.mark.parametrize("count", [1, 2, ROWS, ROWS + 1, 1_000])
@pytest.mark.parametrize("state", State)
def test_slack_takes_every_bulletin_with_the_longest_legal_names(state: State, count: int, failed: bool) -> None:
    crowd = [longest(number, state, failed=failed) for number in range(1, count + 1)]
    message = drawn(*crowd, account_name="&" * 50, group="&" * 256)

    check_bulletin(message)
    assert length(message) < 10_000


@pytest.mark.parametrize("count", [1, ROWS, ROWS + 1, 1_000])
@pytest.mark.parametrize("state", State)
def test_slack_takes_every_bulletin(state: State, count: int) -> None:
    message = drawn(*(incident(number, state) for number in range(1, count + 1)))

    check_bulletin(message)
    assert length(message) < 10_000


@given(st.lists(st.tuples(st.sampled_from(State), st.booleans(), st.booleans()), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_slack_takes_every_mixture(kinds: list[tuple[State, bool, bool]]) -> None:
    def made(number: int, state: State, failed: bool, long: bool) -> Incident:
        if long:
            return longest(number, state, failed=failed)
        return incident(number, state, cluster=LONGEST, **({"repair": finished(problem="no")} if failed else {}))

    message = drawn(*(made(number, *kind) for number, kind in enumerate(kinds, 1)))

    check_bulletin(message)
    assert length(message) < 10_000


def test_beyond_a_row_each_a_bulletin_is_of_constant_size() -> None:
    sizes = {
        count: length(drawn(*(incident(number) for number in range(1, count + 1)))) for count in (30, 100, 1_000, 5_000)
    }

    assert max(sizes.values()) - min(sizes.values()) < 50


def test_many_zones_do_not_make_it_longer() -> None:
    message = drawn(*(incident(n, sighting=sighting(n, zone=f"eu-west-1{chr(97 + n % 26)}")) for n in range(1, 200)))

    assert words(message).count("eu-west-1") < 30 + CHOICES
    check_bulletin(message)


def test_a_bulletin_with_no_incident_of_its_episode_is_still_a_message() -> None:
    forgotten = drawn(incident(episode="ep-before"))

    check_bulletin(forgotten)
    assert "Instances" not in str(forgotten.attachments)
    assert "prod-payments" in str(forgotten.attachments)


# What it says


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
def test_what_is_not_known_is_said(change: dict[str, object], shown: str) -> None:
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


@pytest.mark.parametrize(
    ("state", "emoji", "color"),
    [
        (State.OPEN, ":red_circle:", "#D93025"),
        (State.ACKNOWLEDGED, ":large_yellow_circle:", "#E8A317"),
        (State.REPAIRING, ":large_blue_circle:", "#1D7AFC"),
        (State.RESOLVED, ":large_green_circle:", "#2EB67D"),
    ],
)
def test_emoji_color_and_metadata_say_the_same(state: State, emoji: str, color: str) -> None:
    message = drawn(incident(state=state))

    (attachment,) = message.attachments
    assert message.blocks[0]["text"]["text"].startswith(emoji)
    assert attachment["color"] == color
    assert message.metadata == {
        "event_type": "coastguard_bulletin",
        "event_payload": {"bulletin": f"{CLUSTER.key}#{EPISODE}", "state": str(state)},
    }


@pytest.mark.parametrize("state", State)
def test_the_text_is_a_sentence_for_notifications_and_screen_readers(state: State) -> None:
    message = drawn(incident(state=state))

    assert message.text[0].isupper()
    assert message.text.endswith(f"`{CLUSTER.name}` in {CLUSTER.region}, account {CLUSTER.account}.")
    assert message.attachments[0]["fallback"] == message.text


# Its buttons


@pytest.mark.parametrize(
    ("shown", "actions"),
    [
        pytest.param(incident(), [ACKNOWLEDGE, TERMINATE, MUTE], id="open"),
        pytest.param(incident(state=State.ACKNOWLEDGED), [TERMINATE, MUTE], id="acknowledged"),
        pytest.param(incident(state=State.REPAIRING), [MUTE], id="repairing"),
        pytest.param(incident(state=State.RESOLVED), [], id="resolved"),
        pytest.param(incident(repair=finished(problem="no")), [ACKNOWLEDGE, TERMINATE, MUTE], id="repair failed"),
        pytest.param(
            incident(state=State.ACKNOWLEDGED, repair=finished(problem="no")),
            [TERMINATE, MUTE],
            id="taken, repair failed",
        ),
    ],
)
def test_each_state_has_its_buttons(shown: Incident, actions: list[str]) -> None:
    drawn_buttons = buttons(all_blocks(drawn(shown)))

    assert [button["action_id"] for button in drawn_buttons] == actions
    for button in drawn_buttons:
        if button["action_id"] == MUTE:
            assert button["value"] == CLUSTER.key
            continue
        subject = Subject.parse(button["value"])
        assert (subject.cluster, subject.instance, subject.incident) == (CLUSTER, shown.instance, shown.id)


def test_five_instances_of_an_ordinary_name_all_have_their_buttons() -> None:
    message = drawn(*map(incident, range(1, ROWS + 1)), owners=("S0OWNERS1", ALICE))

    assert Counter(button["action_id"] for button in buttons(all_blocks(message))) == {
        ACKNOWLEDGE: ROWS,
        TERMINATE: ROWS,
        MUTE: 1,
    }
    assert len(subjects(message)) == ROWS
    check_bulletin(message)


def test_when_there_is_no_room_who_is_gone_longest_has_buttons_and_the_others_are_promised_some() -> None:
    crowd = [longest(number, State.OPEN, failed=True) for number in range(1, ROWS + 1)]

    message = drawn(*crowd)

    served = subjects(message)
    assert served == {one.instance for one in crowd[: len(served)]}
    assert 1 <= len(served) < ROWS
    assert "no room for more buttons" in words(message)
    for one in crowd:
        assert one.sighting.host in words(message)


@pytest.mark.parametrize("remedy", REMEDIES)
@pytest.mark.parametrize("tasks", [0, 1, 99_999])
def test_a_repair_asks_first_by_a_modal_or_in_words_that_slack_takes(remedy: str, tasks: int) -> None:
    shown = longest(1, State.OPEN, failed=False)
    others = {"terminate": (), "remove-registration": (ALIVE,)}[remedy]
    in_ec2 = replace(shown.sighting, running_tasks=tasks, host=f"i-{1:017x}", others=others)
    message = drawn(replace(shown, sighting=in_ec2))

    (button,) = (b for b in buttons(all_blocks(message)) if b["action_id"] == REPAIR + remedy)
    if REMEDIES[remedy].drastic:
        subject, host, told = button["value"].split(" ", 2)
        assert (Subject.parse(subject).instance, host) == (shown.instance, in_ec2.host)
        assert Subject.parse(button["value"]) == Subject.parse(subject)
        assert told == f"{tasks} running"
        assert button["text"]["text"].endswith("…")
        assert "confirm" not in button
        return
    asked = button["confirm"]
    assert set(asked) >= {"title", "text", "confirm", "deny"}
    assert len(asked["text"]["text"]) <= 300
    assert in_ec2.host in asked["text"]["text"]
    assert f"tasks: {tasks} running" in asked["text"]["text"]


# A host that is registered more than once


@pytest.mark.parametrize("count", [1, ROWS, ROWS + 1, 1_000])
@pytest.mark.parametrize("state", State)
def test_slack_takes_every_bulletin_of_old_registrations(state: State, count: int) -> None:
    crowd = [longest(number, state, failed=False) for number in range(1, count + 1)]
    ghosts = [replace(one, sighting=replace(one.sighting, host=f"i-{1:017x}", others=(ALIVE,))) for one in crowd]

    check_bulletin(drawn(*ghosts, account_name="&" * 50, group="&" * 256))


def test_an_old_registration_of_a_host_that_is_well_is_called_so_and_can_be_removed() -> None:
    message = drawn(incident(sighting=sighting(others=(replace(ALIVE, cluster=CLUSTER),))))

    assert "Old registration of 1 instance whose host is well" in message.text
    said = words(message)
    assert "An old registration of a host that is well: 7 tasks run on `i-00000000000000001` as `ffffffff-" in said
    actions = {one["action_id"] for one in buttons(all_blocks(message))}
    assert actions == {ACKNOWLEDGE, MUTE, REPAIR + "remove-registration"}


def test_nothing_drastic_is_offered_before_a_look_has_asked_and_the_message_says_so() -> None:
    unasked = drawn(incident(sighting=sighting(others=None)))
    asked = drawn(incident(sighting=sighting(others=())))

    assert TERMINATE not in {one["action_id"] for one in buttons(all_blocks(unasked))}
    assert ":lock: Terminate once a look has seen whether the host is registered elsewhere, and well" in words(unasked)
    assert TERMINATE in {one["action_id"] for one in buttons(all_blocks(asked))}
    assert ":lock:" not in words(asked)


@pytest.mark.parametrize("state", [State.REPAIRING, State.RESOLVED])
def test_where_nothing_is_offered_anyway_nothing_is_said_to_wait(state: State) -> None:
    assert ":lock:" not in words(drawn(incident(state=state, sighting=sighting(others=None))))


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
    more: dict[str, object], said: str
) -> None:
    ending = sighting(status="MISSING", host_state="running")
    message = drawn(incident(state=State.REPAIRING, repair=finished(**more), sighting=ending))

    assert said in words(message)
    assert "failed" not in words(message)


def test_its_replacement_is_named_as_soon_as_it_is_there() -> None:
    ending = sighting(status="MISSING", host_state="running")
    shown = incident(state=State.REPAIRING, repair=finished(held=True), sighting=ending, replacement="i-new")

    assert "its replacement is `i-new`" in words(drawn(shown))


# A repair that waits for somebody's approval


@pytest.mark.parametrize("count", [1, ROWS, ROWS + 1])
def test_who_may_approve_has_two_buttons_in_place_of_remedies(count: int) -> None:
    crowd = [incident(number, pending=pending(), picked_at=NOON) for number in range(1, count + 1)]
    message = drawn(*crowd)

    check_bulletin(message)
    found = buttons(all_blocks(message))
    assert {one["action_id"] for one in found} - {MUTE, LIST, f"{PICK}{CLUSTER.key}"} == {ACKNOWLEDGE, APPROVE, DECLINE}
    for one in found:
        if one["action_id"] in {APPROVE, DECLINE}:
            assert Subject.parse(one["value"]).incident in {shown.id for shown in crowd}
            assert one["value"].endswith(" r-1")
    assert f"Terminate asked by <@{ALICE}>; <@{BOB}> or <!subteam^S0LEADS01> may approve it until" in words(message)
    assert "it hangs" in words(message)


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


def test_a_storm_does_not_lock_what_somebody_else_may_approve() -> None:
    shown = bulletin()
    message = render(compose(shown, [incident(pending=pending())], lock(CLUSTER.region)), shown)

    assert {APPROVE, DECLINE} <= {button["action_id"] for button in buttons(all_blocks(message))}


# Mutes, owners, reminders, lost channels


def silenced(*incidents: Incident, mute: Mute, **more: object) -> Message:
    made = bulletin(**({"cluster": incidents[0].cluster} | more))
    return render(compose(made, incidents, "", mute), made)


@pytest.mark.parametrize("count", [1, ROWS, ROWS + 1])
def test_a_muted_bulletin_is_grey_and_says_by_whom_and_why(count: int) -> None:
    message = silenced(*map(incident, range(1, count + 1)), mute=muted(f"account:{CLUSTER.account}"))

    check_bulletin(message)
    assert message.text.startswith("Muted: ECS agent disconnected")
    assert message.blocks[0]["text"]["text"].startswith(":no_bell:")
    assert message.attachments[0]["color"] == "#8D8D8D"
    assert message.metadata["event_payload"]["state"] == "muted"
    assert f"`account {CLUSTER.account}` is muted by <@{ALICE}> until <!date^" in words(message)
    assert "the new AMI" in words(message)
    (unmute,) = [one for one in buttons(all_blocks(message)) if one["action_id"] == UNMUTE]
    assert unmute["value"] == f"account:{CLUSTER.account}"
    assert MUTE not in {one["action_id"] for one in buttons(all_blocks(message))}


def test_once_it_is_over_no_mute_matters() -> None:
    over = incident(state=State.RESOLVED)

    assert silenced(over, mute=muted()).digest == drawn(over).digest


@pytest.mark.parametrize("state", State)
def test_owners_are_mentioned_in_the_messages_own_blocks_while_it_lasts(state: State) -> None:
    message = drawn(incident(state=state), owners=("S0OWNERS1", ALICE))

    check_bulletin(message)
    assert ("<!subteam^S0OWNERS1>" in json.dumps(message.blocks)) is (state is not State.RESOLVED)
    assert "S0OWNERS1" not in json.dumps(message.attachments)


def test_more_owners_than_people_read_are_not_all_mentioned() -> None:
    shown = bulletin(owners=tuple(f"U0OWNER{number:03}" for number in range(50)))
    content = compose(shown, [incident()])

    assert json.dumps(render(content, shown).blocks).count("<@U0OWNER") == 20
    assert reminder(content, timedelta(minutes=30))[0].count("<@U0OWNER") == 20


def test_a_reminder_says_what_how_long_and_whom() -> None:
    shown = bulletin(owners=("S0OWNERS1",))
    text, blocks = reminder(compose(shown, [incident()]), timedelta(minutes=30))

    check(text, blocks)
    assert text == (
        "<!subteam^S0OWNERS1> Nobody has acknowledged this for 30 min: ECS agent disconnected on 1 instance,"
        f" `{CLUSTER.name}`"
    )
    text, blocks = reminder(compose(bulletin(), [incident()]), timedelta(minutes=30))
    check(text, blocks)
    assert text.startswith("Nobody")


@pytest.mark.parametrize("operators", [(), ("S0OPERATE", BOB)])
def test_operators_are_told_what_slack_says_and_what_to_do(operators: tuple[str, ...]) -> None:
    text, blocks = channel_lost("C0LOST", "is_archived", operators)

    check(text, blocks)
    assert text.startswith("<!subteam^S0OPERATE> <@U0BOB0002> Channel `C0LOST`" if operators else "Channel `C0LOST`")
    assert "`is_archived`" in text


ORDINARY_OWNERS = ("S0OWNERS1", "U0OWNER002")


@pytest.mark.parametrize("mute", [None, muted(f"cluster:{CLUSTER.key}", reason="deploy of the new AMI")])
def test_five_ordinary_instances_have_their_buttons_also_when_muted(mute: Mute | None) -> None:
    made = bulletin(owners=ORDINARY_OWNERS, account_name="Payments (prod)")
    message = render(compose(made, list(map(incident, range(1, ROWS + 1))), "", mute), made)

    check_bulletin(message)
    assert len(subjects(message)) == ROWS
    assert "no room" not in words(message)


@pytest.mark.parametrize("failed", [False, True], ids=["", "repair failed"])
@pytest.mark.parametrize("waits", [False, True], ids=["", "waiting for approval"])
@pytest.mark.parametrize("count", [1, 2, ROWS, ROWS + 1, 1_000])
@pytest.mark.parametrize("state", State)
def test_slack_takes_the_longest_names_also_when_muted_and_owned(
    state: State, count: int, *, waits: bool, failed: bool
) -> None:
    asked = pending(reason="r" * 3_000, approvers=("S" + "0" * 10,) * 50) if waits else None
    crowd = [replace(longest(n, state, failed=failed), pending=asked) for n in range(1, count + 1)]
    mute = muted(f"instance:{LONGEST.key}/{instance_id()}", reason="r" * 3_000)
    message = silenced(*crowd, mute=mute, account_name="&" * 50, group="&" * 256, owners=("S" + "0" * 10,) * 50)

    check_bulletin(message)
    assert length(message) < 10_000
    if state is not State.RESOLVED:
        assert UNMUTE in {button["action_id"] for button in buttons(all_blocks(message))}


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
    more: dict[str, object], said: str, terminates: bool
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


@pytest.mark.parametrize("state", State)
def test_while_a_storm_lasts_terminate_is_locked_and_says_so(state: State) -> None:
    shown = bulletin()
    message = render(compose(shown, [incident(state=state)], lock(CLUSTER.region)), shown)

    check_bulletin(message)
    assert TERMINATE not in {button["action_id"] for button in buttons(all_blocks(message))}
    assert ("Terminate is locked" in words(message)) is (state is not State.RESOLVED)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param({}, "*Flapping*\n3 drops, the last ", id="gone"),
        pytest.param({"calm_since": NOON}, "back since", id="back for now"),
    ],
)
def test_a_flapping_agent_is_shown_with_its_drops(more: dict[str, object], said: str) -> None:
    drops = tuple(NOON - timedelta(minutes=minutes) for minutes in (50, 20, 7))
    message = drawn(incident(drops=drops, **more))

    check_bulletin(message)
    assert said in words(message)
    assert ("gone again" in words(message)) is not bool(more)
    assert "Disconnected since" not in words(message)


# Its ids


def test_the_same_content_has_the_same_digest_whatever_the_order() -> None:
    two = [incident(1), incident(2)]

    assert drawn(*two).digest == drawn(*reversed(two)).digest
    assert drawn(*two, ts="", shown="x", version=9).digest == drawn(*two).digest


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(incident(state=State.ACKNOWLEDGED), id="state"),
        pytest.param(incident(state=State.ACKNOWLEDGED, acknowledged_by=BOB), id="person"),
        pytest.param(incident(sighting=sighting(running_tasks=5)), id="tasks"),
        pytest.param(incident(sighting=sighting(unchecked=("EC2",))), id="unchecked"),
        pytest.param(incident(since=NOON - GRACE), id="since"),
        pytest.param(incident(id="inc-other"), id="incident: the buttons are about another one"),
        pytest.param(incident(repair=finished(problem="no")), id="repair"),
    ],
)
def test_whatever_is_shown_changes_the_digest(changed: Incident) -> None:
    digests = {drawn(shown).digest for shown in (incident(), incident(state=State.ACKNOWLEDGED), changed)}

    assert len(digests) == (2 if changed.state is State.ACKNOWLEDGED and changed.acknowledged_by == ALICE else 3)


def test_what_is_not_shown_does_not_change_the_digest() -> None:
    unseen = incident(version=9, sighting=sighting(version=99))

    assert drawn(unseen).digest == drawn(incident()).digest


@pytest.mark.parametrize("count", [1, ROWS, ROWS + 1])
def test_block_ids_are_unique_and_new_with_every_change(count: int) -> None:
    before = drawn(*(incident(number) for number in range(1, count + 1)))
    after = drawn(*(incident(number, State.ACKNOWLEDGED) for number in range(1, count + 1)))

    ids = [[block["block_id"] for block in all_blocks(message)] for message in (before, after)]
    assert len(set(ids[0])) == len(ids[0])
    assert set(ids[0]).isdisjoint(ids[1])
    assert max(map(len, ids[0])) <= 255


@given(
    st.builds(
        Cluster,
        st.from_regex(r"[0-9]{12}", fullmatch=True),
        st.sampled_from(["eu-west-1", "us-gov-west-1", "cn-north-1"]),
        st.from_regex(r"[A-Za-z0-9_-]{1,255}", fullmatch=True),
    ),
    st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
    st.from_regex(r"inc-[0-9a-f]{10}", fullmatch=True),
)
@settings(max_examples=40, deadline=None)
def test_a_subject_that_is_written_and_read_is_the_same(cluster: Cluster, instance: str, name: str) -> None:
    subject = Subject(cluster, instance, name)

    assert Subject.parse(str(subject)) == subject
    assert len(str(subject)) <= 2_000


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param("terminate", id="one word"),
        pytest.param(f"{instance_id()}/inc-0123456789", id="no cluster"),
        pytest.param(f"2222/eu-west-1/prod/{instance_id()}/inc-0123456789", id="no account"),
        pytest.param(f"222233334444/prod/{instance_id()}/inc-0123456789", id="no Region"),
        pytest.param(f"222233334444/eu-west-1/prod payments/{instance_id()}/inc-0123456789", id="no cluster's name"),
        pytest.param(f"x/222233334444/eu-west-1/prod/{instance_id()}/inc-0123456789", id="something before it"),
        pytest.param("222233334444/eu-west-1/prod/i-1/inc-0123456789", id="no instance"),
        pytest.param(f"222233334444/eu-west-1/prod/{instance_id()}/", id="no incident"),
        pytest.param(f"222233334444/eu-west-1/prod/{instance_id()}/inc-0123456789/", id="something after it"),
        pytest.param(f"222233334444/eu-west-1/prod/{instance_id()}/<!channel>", id="a broadcast"),
        pytest.param(f"arn:aws:ecs:eu-west-1:222233334444:container-instance/{instance_id()}", id="an ARN"),
    ],
)
def test_a_subject_we_have_not_written_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Subject.parse(value)


# Its thread


@pytest.mark.parametrize(
    ("written", "text"),
    [
        pytest.param(entry(), f"<@{ALICE}> *acknowledged* `i-0b7c9d1e2f3a4b5c6`", id="somebody"),
        pytest.param(
            entry("resolved", who="", result="reconnected"), "*resolved* `i-0b7c9d1e2f3a4b5c6`", id="Coastguard"
        ),
        pytest.param(entry("began", where=""), f"<@{ALICE}> *began*", id="about nothing in particular"),
    ],
)
def test_a_note_says_who_did_what_where(written: object, text: str) -> None:
    said, blocks = note(written)  # type: ignore[arg-type]  # an entry

    assert said == text
    check(said, blocks)


def test_a_note_tells_what_came_of_it() -> None:
    _, blocks = note(entry("Terminate done", result="Terminated it; Took it out."))

    assert blocks[1]["elements"][0]["text"] == "Terminated it; Took it out."


def test_a_note_tells_why_in_the_words_of_whoever_asked() -> None:
    text, blocks = note(entry("Terminate done", result="Terminated it.", reason="<!channel> *now* `x`"))

    check(text, blocks)
    assert [(one["type"], one["text"]) for one in blocks[1]["elements"]] == [
        ("plain_text", "Terminated it."),
        ("plain_text", "Reason: <!channel> *now* `x`"),
    ]
    assert [one["text"] for one in note(entry(reason="it hangs"))[1][1]["elements"]] == ["Reason: it hangs"]
    assert len(note(entry())[1]) == 1


def test_a_backlog_of_long_notes_is_as_few_posts_as_slack_takes() -> None:
    backlog = [entry(f"step {number}", result="x" * 900, reason="y" * 500) for number in range(20)]
    backlog[-1] = replace(backlog[-1], aloud=True)

    posts = notes(backlog)

    for text, blocks, _ in posts:
        check(text, blocks)
    assert 1 < len(posts) < len(backlog)
    assert [line for text, _, _ in posts for line in text.split("\n")] == [note(each)[0] for each in backlog]
    assert [aloud for _, _, aloud in posts] == [False] * (len(posts) - 1) + [True]
    assert len(notes([entry(f"step {number}") for number in range(20)])) == 1
    assert notes([]) == []


def test_a_note_about_five_hosts_and_more_names_them_all() -> None:
    hosts = ", ".join(f"mi-{number:017x}" for number in range(5)) + " and 995 more"

    assert hosts in note(entry(where=hosts))[0]
