"""A bulletin of more instances than have a row each: its share of the cluster, and the ways to get at each of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub.incidents.content import CHOICES, ROWS, compose
from hub.incidents.incident import Incident, State
from hub.incidents.storm import lock
from hub.slack.bulletin_message import render
from hub.slack.button_values import ACKNOWLEDGE, ACKNOWLEDGE_ALL, LIST, MUTE, PICK, Subject
from hub.slack.message import Message
from spoke.places import Cluster
from tests.hub.factories import (
    ALICE,
    BOB,
    CLUSTER,
    NOON,
    Json,
    bulletin,
    finished,
    incident,
    instance_id,
    sighting,
)
from tests.hub.foreign_words import HOSTILE, everywhere
from tests.hub.rendering import all_blocks, buttons, check_bulletin, drawn, length, tricks, words
from tests.hub.slack.messages import RESTART, TERMINATE, longest

CAROL = "U0CAROL03"
# The longest name whose cluster fits an action id.
LONG = Cluster(CLUSTER.account, CLUSTER.region, "c" * (255 - len(PICK) - len("222233334444/eu-west-1/")))
TOO_LONG = replace(LONG, name=LONG.name + "c")


def many(count: int = 12, state: State = State.OPEN, **more: Any) -> list[Incident]:
    """So many incidents, each a second younger than the one before."""
    return [incident(n, state, since=NOON - timedelta(hours=1) + timedelta(seconds=n), **more) for n in range(count)]


def picked(incidents: Sequence[Incident], number: int, at: int = 1, **more: object) -> list[Incident]:
    """The same after somebody has picked that one, so many seconds past noon."""
    seen = replace(incidents[number], picked_at=NOON + timedelta(seconds=at), **more)  # type: ignore[arg-type]
    return [*incidents[:number], seen, *incidents[number + 1 :]]


def menu(message: Message) -> Json:
    (found,) = (part for part in buttons(all_blocks(message)) if part["type"] == "static_select")
    return found


def actions(message: Message) -> list[str]:
    return [part["action_id"] for part in buttons(all_blocks(message))]


def ordinary(message: Message) -> list[str]:
    """The actions about one instance."""
    whole = {ACKNOWLEDGE_ALL, LIST, MUTE}
    return [action for action in actions(message) if action not in whole and not action.startswith(PICK)]


# Share


@pytest.mark.parametrize(
    ("count", "registered", "said"),
    [
        pytest.param(37, 40, "*Share of the cluster*\n37 of 40 instances (92 %)", id="most"),
        pytest.param(40, 40, "40 of 40 instances (100 %)", id="all"),
        pytest.param(1_999, 2_000, "1,999 of 2,000 instances (99 %)", id="all but one is not all"),
        pytest.param(6, 1_000, "6 of 1,000 instances (under 1 %)", id="few"),
        pytest.param(37, 0, "*Instances*\n37", id="nobody could tell"),
        pytest.param(37, 36, "*Instances*\n37", id="some have left the cluster"),
    ],
)
def test_a_share_is_told_if_it_is_known(count: int, registered: int, said: str) -> None:
    message = drawn(*many(count), registered=registered)

    assert said in words(message)
    check_bulletin(message)


@pytest.mark.parametrize(("count", "state"), [(ROWS, State.OPEN), (ROWS + 1, State.RESOLVED)])
def test_no_share_is_told_of_few_or_of_what_is_over(count: int, state: State) -> None:
    assert "Share" not in words(drawn(*many(count, state), registered=40))


# Picking one


def test_those_who_are_gone_longest_can_be_picked() -> None:
    crowd = many(1_000)

    offered = menu(drawn(*reversed(crowd)))

    assert offered["action_id"] == f"{PICK}{CLUSTER.key}"
    assert [option["value"] for option in offered["options"]] == [f"{i.instance}/{i.id}" for i in crowd[:CHOICES]]
    assert offered["options"][3]["text"]["text"] == f"{crowd[3].sighting.host} · eu-west-1a"


def test_what_a_menu_offers_is_read_as_the_incident_it_is_about() -> None:
    crowd = many()
    offered = menu(drawn(*crowd))

    read = [Subject.picked(offered["action_id"], option["value"]) for option in offered["options"]]

    assert read == [Subject(CLUSTER, each.instance, each.id) for each in crowd]


@pytest.mark.parametrize("count", [1, ROWS])
def test_few_need_no_menu_and_no_list(count: int) -> None:
    assert set(actions(drawn(*many(count)))) - {ACKNOWLEDGE_ALL} == {ACKNOWLEDGE, RESTART, TERMINATE, MUTE}


def test_what_is_over_has_nothing_to_pick_or_list() -> None:
    assert actions(drawn(*many(12, State.RESOLVED))) == []


def test_who_is_picked_is_shown_with_facts_and_buttons_above_the_list() -> None:
    crowd = picked(many(), 11)
    message = drawn(*crowd)

    assert ordinary(message) == [ACKNOWLEDGE, RESTART, TERMINATE]
    assert {Subject.parse(part["value"]).instance for part in buttons(all_blocks(message))[:3]} == {crowd[11].instance}
    said = words(message)
    assert said.index(f"*Instance*\n`{crowd[11].sighting.host}`") < said.index("*Longest gone*")
    assert "*EC2 status*" in said
    assert ordinary(drawn(*many())) == []
    check_bulletin(message)


def test_of_several_the_one_that_was_picked_last_is_shown() -> None:
    crowd = picked(picked(many(), 3, at=9), 7, at=5)

    content = compose(bulletin().episode, crowd)

    assert content.picked == crowd[3]


def test_when_that_one_is_over_no_earlier_choice_comes_back() -> None:
    over = many(1, State.RESOLVED)[0]
    crowd = picked(picked([*many(12)[1:], over], 11, at=9), 3, at=5)

    assert compose(bulletin().episode, crowd).picked is None
    assert ordinary(drawn(*crowd)) == []


def test_what_was_picked_while_they_were_many_does_not_matter_once_they_are_few() -> None:
    crowd = picked(many(ROWS), 2)

    assert compose(bulletin().episode, crowd).picked is None
    assert ordinary(drawn(*crowd)) == [ACKNOWLEDGE, RESTART, TERMINATE] * ROWS


@pytest.mark.parametrize(
    ("more", "left"),
    [
        pytest.param({"sighting": sighting(5, managed=True)}, [ACKNOWLEDGE], id="a remedy that does not fit"),
        pytest.param(
            {"sighting": sighting(5, host="mi-0123456789abcdef0")}, [ACKNOWLEDGE, RESTART], id="a machine of their own"
        ),
        pytest.param({"acknowledged_by": ALICE, "acknowledged_at": NOON}, [RESTART, TERMINATE], id="acknowledged"),
        pytest.param({"state": State.REPAIRING, "repair": finished()}, [], id="in repair"),
    ],
)
def test_the_picked_one_has_the_buttons_that_a_row_would_have(more: dict[str, Any], left: list[str]) -> None:
    assert ordinary(drawn(*picked(many(), 5, **more))) == left


def test_a_storm_locks_the_picked_one_as_it_locks_rows() -> None:
    made = bulletin()

    message = render(compose(made.episode, picked(many(), 5), lock("eu-west-1")), made.episode)

    assert ordinary(message) == [ACKNOWLEDGE, RESTART]
    assert ":lock: Terminate is locked" in words(message)


def test_a_cluster_whose_name_fits_no_menu_refers_to_the_console() -> None:
    fits, too_long = (drawn(*many(12, cluster=cluster)) for cluster in (LONG, TOO_LONG))

    assert len(menu(fits)["action_id"]) == 255
    assert actions(too_long) == [ACKNOWLEDGE_ALL, LIST, MUTE]
    assert "use the ECS console" in words(too_long)
    assert "use the ECS console" not in words(fits)
    for message in (fits, too_long):
        check_bulletin(message)


@pytest.mark.parametrize(
    ("action", "value"),
    [
        pytest.param(f"{PICK}{CLUSTER.key}", "", id="nothing"),
        pytest.param(f"{PICK}{CLUSTER.key}", instance_id(), id="no incident"),
        pytest.param(f"{PICK}{CLUSTER.key}", f"prod/{instance_id()}/inc-0123456789", id="a cluster in the value"),
        pytest.param(f"{PICK}222233334444/eu-west-1", f"prod/{instance_id()}/inc-0123456789", id="half of each"),
        pytest.param(f"{PICK}{CLUSTER.key}", f"{instance_id()}/inc-0123456789/", id="something after it"),
        pytest.param(f"{PICK}{CLUSTER.key}", f"i-1/{'inc-0123456789'}", id="no instance"),
        pytest.param(PICK, f"{instance_id()}/inc-0123456789", id="no cluster"),
        pytest.param(ACKNOWLEDGE, f"{instance_id()}/inc-0123456789", id="no menu"),
    ],
)
def test_a_choice_that_we_have_not_offered_is_refused(action: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Subject.picked(action, value)


# What is over


def over(minutes: int, **more: object) -> Incident:
    """One that was in trouble for so long, and is back."""
    usual: dict[str, Any] = {"since": NOON - timedelta(minutes=minutes), "resolved_at": NOON}
    return incident(minutes, State.RESOLVED, **(usual | more))


def test_of_many_that_are_over_those_that_took_longest_are_named_with_their_time() -> None:
    quick = over(50, resolved_at=NOON - timedelta(minutes=49))
    crowd = [quick, *map(over, range(1, 12))]

    message = drawn(*crowd)

    (listed,) = [line for line in words(message).split("\n\n") if "*Longest in trouble*" in line]
    lines = listed[listed.index("*Longest in trouble*") :].splitlines()
    assert lines[1] == f"`{crowd[-1].sighting.host}` `eu-west-1a` after 11 min, `reconnected`"
    assert [line.split(" after ")[1].split(",")[0] for line in lines[1:11]] == [f"{n} min" for n in range(11, 1, -1)]
    assert lines[11] == "and 2 more"
    assert "Longest gone" not in words(message)
    check_bulletin(message)


def test_of_many_that_are_over_it_is_told_who_helped() -> None:
    crowd = [*map(over, range(1, 6)), over(6, acknowledged_by=ALICE, acknowledged_at=NOON)]
    crowd += [over(n, repair=finished(by=CAROL, approved_by=BOB), acknowledged_by=CAROL) for n in (7, 8)]

    assert f"\nHelped: <@{CAROL}>, <@{BOB}>, <@{ALICE}>\n" in words(drawn(*crowd)) + "\n"


@pytest.mark.parametrize(
    ("helpers", "said"), [(5, "<@U0HELP004>"), (6, "<@U0HELP004> and 1 more"), (60, "and 55 more")]
)
def test_of_many_who_helped_five_are_named(helpers: int, said: str) -> None:
    message = drawn(*(over(60 - n, acknowledged_by=f"U0HELP{n % helpers:03}") for n in range(60)))

    (line,) = [line for line in words(message).splitlines() if line.startswith("Helped: ")]
    assert line.count("<@") == 5
    assert line.endswith(said)


def test_where_nobody_helped_nobody_is_named() -> None:
    assert "Helped" not in words(drawn(*many(12, State.RESOLVED)))
    assert "Helped" not in words(drawn(*many(12, acknowledged_by=ALICE)))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_over_shows_foreign_words_as_words(text: str) -> None:
    people: dict[str, Any] = {"acknowledged_by": text, "repair": finished(by=text, approved_by=text)}
    message = drawn(*(replace(everywhere(text, n), state=State.RESOLVED, **people) for n in range(60)))

    check_bulletin(message)
    assert tricks(all_blocks(message), message.text) == []
    assert length(message) < 10_000


# Size and digest


@pytest.mark.product
@pytest.mark.parametrize("picks", [True, False], ids=["picked", "nobody picked"])
@pytest.mark.parametrize("cluster", [LONG, TOO_LONG], ids=["longest", "too long"])
@pytest.mark.parametrize("failed", [False, True], ids=["", "repair failed"])
@pytest.mark.parametrize("state", State)
def test_a_thousand_of_the_longest_names_fit(state: State, cluster: Cluster, *, failed: bool, picks: bool) -> None:
    crowd = [replace(longest(number, state, failed=failed), cluster=cluster) for number in range(1_000)]
    message = drawn(*(picked(crowd, 500) if picks else crowd), registered=1_000, group="g" * 256)

    check_bulletin(message)
    assert length(message) < 10_000
    if cluster is LONG and state is not State.RESOLVED:
        assert len(menu(message)["options"]) >= 5


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_menu_shows_foreign_words_as_words(text: str) -> None:
    crowd = picked([everywhere(text, number) for number in range(1_000)], 999)
    message = drawn(*crowd, registered=1_000)

    check_bulletin(message)
    assert tricks(all_blocks(message), message.text) == []
    assert length(message) < 10_000
    offered = [part for part in buttons(all_blocks(message)) if part["type"] == "static_select"]
    assert offered or "use the ECS console" in words(message)
    assert all(option["text"]["text"].strip() for part in offered for option in part["options"])


def test_a_look_that_finds_nothing_new_draws_the_same() -> None:
    crowd = picked(many(), 5)
    again = [replace(each, version=9, sighting=replace(each.sighting, version=99)) for each in crowd]

    assert drawn(*again, registered=40).digest == drawn(*crowd, registered=40).digest


@pytest.mark.parametrize(
    ("incidents", "registered"),
    [(picked(many(), 5), 40), (picked(picked(many(), 5), 6, at=2), 40), (many(), 41)],
    ids=["picked", "another one picked", "the cluster has grown"],
)
def test_what_is_shown_changes_the_digest_and_the_ids_of_blocks(incidents: list[Incident], registered: int) -> None:
    before, after = drawn(*many(), registered=40), drawn(*incidents, registered=registered)

    assert before.digest != after.digest
    ids = [{block["block_id"] for block in all_blocks(message)} for message in (before, after)]
    assert ids[0].isdisjoint(ids[1])
