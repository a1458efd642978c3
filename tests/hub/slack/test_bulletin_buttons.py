"""Which buttons a bulletin has, and what they ask first."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.incidents.acknowledgement import Acknowledgement
from hub.incidents.content import ROWS, compose
from hub.incidents.incident import Incident, State
from hub.incidents.mute import Mute
from hub.incidents.storm import lock
from hub.scopes.scope import Scope
from hub.slack.bulletin_buttons import mute_buttons
from hub.slack.bulletin_message import render
from hub.slack.button_values import ACKNOWLEDGE, ACKNOWLEDGE_ALL, APPROVE, DECLINE, LIST, MUTE, PICK, REPAIR, Subject
from spoke.repairs import REMEDIES
from tests.hub.factories import (
    ALICE,
    BOB,
    CLUSTER,
    NOON,
    bulletin,
    finished,
    incident,
    muted,
    pending,
    sighting,
)
from tests.hub.rendering import all_blocks, buttons, check_bulletin, drawn, words
from tests.hub.slack.messages import ALIVE, RESTART, TERMINATE, longest, subjects


@pytest.mark.parametrize(
    ("shown", "actions"),
    [
        pytest.param(incident(), [ACKNOWLEDGE, RESTART, TERMINATE, MUTE], id="open"),
        pytest.param(incident(state=State.ACKNOWLEDGED), [RESTART, TERMINATE, MUTE], id="acknowledged"),
        pytest.param(incident(state=State.REPAIRING), [MUTE], id="repairing"),
        pytest.param(incident(state=State.RESOLVED), [], id="resolved"),
        pytest.param(
            incident(repair=finished(problem="no")), [ACKNOWLEDGE, RESTART, TERMINATE, MUTE], id="repair failed"
        ),
        pytest.param(
            incident(state=State.ACKNOWLEDGED, repair=finished(problem="no")),
            [RESTART, TERMINATE, MUTE],
            id="taken, repair failed",
        ),
        pytest.param(
            incident(repair=finished(problem="no", remedy="restart-agent")),
            [ACKNOWLEDGE, TERMINATE, RESTART, MUTE],
            id="a restart has not helped",
        ),
        pytest.param(
            incident(sighting=sighting(checks="impaired")),
            [ACKNOWLEDGE, TERMINATE, RESTART, MUTE],
            id="the host is in trouble itself",
        ),
        pytest.param(
            incident(sighting=sighting(reached=False)), [ACKNOWLEDGE, TERMINATE, MUTE], id="no command reaches it"
        ),
        pytest.param(
            incident(sighting=sighting(os="bottlerocket")), [ACKNOWLEDGE, TERMINATE, MUTE], id="no service to restart"
        ),
        pytest.param(
            incident(sighting=sighting(host="mi-0123456789abcdef0")), [ACKNOWLEDGE, RESTART, MUTE], id="ECS Anywhere"
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
        RESTART: ROWS,
        TERMINATE: ROWS,
        ACKNOWLEDGE_ALL: 1,
        MUTE: 1,
    }
    assert len(subjects(message)) == ROWS
    check_bulletin(message)


OPEN, TAKEN, OVER = incident(1), incident(2, State.ACKNOWLEDGED), incident(2, State.RESOLVED)


@pytest.mark.parametrize(
    ("shown", "offered"),
    [
        pytest.param([OPEN], False, id="one, which has a button of its own"),
        pytest.param([OPEN, OVER], False, id="one is left"),
        pytest.param([OPEN, TAKEN], True, id="one that nobody has taken on"),
        pytest.param([TAKEN, incident(3, State.ACKNOWLEDGED)], False, id="all are acknowledged"),
        pytest.param([TAKEN, incident(3, State.REPAIRING)], False, id="somebody is at all of them"),
        pytest.param([incident(number) for number in range(1, 12)], True, id="many"),
        pytest.param([incident(number, State.ACKNOWLEDGED) for number in range(1, 12)], False, id="many, all taken"),
        pytest.param([incident(1, State.RESOLVED), OVER], False, id="all is over"),
    ],
)
def test_all_can_be_acknowledged_at_once_as_long_as_one_is_left(shown: list[Incident], offered: bool) -> None:
    message = drawn(*shown)

    values = [one["value"] for one in buttons(all_blocks(message)) if one["action_id"] == ACKNOWLEDGE_ALL]
    assert values == [f"bulletin:{bulletin().id}"] * offered
    check_bulletin(message)


def test_what_is_acknowledged_as_a_whole_shows_it_for_each() -> None:
    fact = Acknowledgement(BOB, NOON - timedelta(minutes=1))
    message = drawn(incident(1), incident(2), acknowledged=fact)

    assert words(message).count(f"Acknowledged by <@{BOB}>") == 2
    assert "*Acknowledged: ECS agent disconnected on 2 instances*" in words(message)
    assert {one["action_id"] for one in buttons(all_blocks(message))} == {RESTART, TERMINATE, MUTE}


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
    others = (ALIVE,) if remedy == "remove-registration" else ()
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
    if not REMEDIES[remedy].title:
        assert "confirm" not in button
        return
    asked = button["confirm"]
    assert set(asked) >= {"title", "text", "confirm", "deny"}
    assert len(asked["text"]["text"]) <= 300
    assert in_ec2.host in asked["text"]["text"]
    assert f"tasks: {tasks} running" in asked["text"]["text"]


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


# A repair that waits for somebody's approval


@pytest.mark.parametrize("count", [1, ROWS, ROWS + 1])
def test_who_may_approve_has_two_buttons_in_place_of_remedies(count: int) -> None:
    crowd = [incident(number, pending=pending(), picked_at=NOON) for number in range(1, count + 1)]
    message = drawn(*crowd)

    check_bulletin(message)
    found = buttons(all_blocks(message))
    whole = {ACKNOWLEDGE_ALL, MUTE, LIST, f"{PICK}{CLUSTER.key}"}
    assert {one["action_id"] for one in found} - whole == {ACKNOWLEDGE, APPROVE, DECLINE}
    for one in found:
        if one["action_id"] in {APPROVE, DECLINE}:
            assert Subject.parse(one["value"]).incident in {shown.id for shown in crowd}
            assert one["value"].endswith(" r-1")
    assert f"Terminate asked by <@{ALICE}>; <@{BOB}> or <!subteam^S0LEADS01> may approve it until" in words(message)
    assert "it hangs" in words(message)


def test_a_storm_does_not_lock_what_somebody_else_may_approve() -> None:
    shown = bulletin()
    message = render(compose(shown.episode, [incident(pending=pending())], lock(CLUSTER.region)), shown.episode)

    assert {APPROVE, DECLINE} <= {button["action_id"] for button in buttons(all_blocks(message))}


ORDINARY_OWNERS = ("S0OWNERS1", "U0OWNER002")


@pytest.mark.parametrize("mute", [None, muted(f"cluster:{CLUSTER.key}", reason="deploy of the new AMI")])
def test_five_ordinary_instances_have_their_buttons_also_when_muted(mute: Mute | None) -> None:
    made = bulletin(owners=ORDINARY_OWNERS, account_name="Payments (prod)")
    message = render(compose(made.episode, list(map(incident, range(1, ROWS + 1))), "", mute), made.episode)

    check_bulletin(message)
    assert len(subjects(message)) == ROWS
    assert "no room" not in words(message)


@pytest.mark.parametrize("state", State)
def test_while_a_storm_lasts_terminate_is_locked_and_says_so(state: State) -> None:
    shown = bulletin()
    message = render(compose(shown.episode, [incident(state=state)], lock(CLUSTER.region)), shown.episode)

    check_bulletin(message)
    assert TERMINATE not in {button["action_id"] for button in buttons(all_blocks(message))}
    assert ("Terminate is locked" in words(message)) is (state is not State.RESOLVED)


def test_a_muted_bulletins_button_names_the_mute_that_it_ends() -> None:
    """Several mutes may be of one place: by the place alone, whoever presses it would only be asked which."""
    made = bulletin()
    mute = Mute(Scope.of(CLUSTER), NOON + timedelta(hours=1), ALICE, "deploy", NOON, id="mute-0123456789")

    (button,) = mute_buttons(compose(made.episode, [incident()], mute=mute))

    assert (button["text"]["text"], button["value"]) == ("Unmute", f"cluster:{CLUSTER.key}#mute-0123456789")
