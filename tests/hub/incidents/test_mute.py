"""Mutes: which is in force, which meet, when their author is told, when they are over."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.incidents.mute import (
    LONG,
    MUTE_ID,
    WARNING,
    Mute,
    ends_soon,
    in_force,
    mute_id,
    over,
    overlapping,
    still_muting,
    unkeyed,
)
from hub.scopes.account import Account
from hub.scopes.scope import Scope
from spoke.places import Cluster
from tests.hub.factories import ALICE, BOB, CLUSTER, ELSEWHERE, NOON, instance_id
from tests.hub.scopes.scopes import UNITS, accounts, clusters, instances, scopes

HOUR = timedelta(hours=1)
ACCOUNT = Account("222233334444", "Payments", units=(UNITS[0],))


def mute(of: str = "account:222233334444", **more: object) -> Mute:
    usual = Mute(Scope.parse(of), NOON + HOUR, ALICE, "deploy", NOON - HOUR)
    return replace(usual, **more)  # type: ignore[arg-type]  # any field of a mute


any_mute = st.builds(
    Mute,
    scopes,
    st.integers(-3, 3).map(lambda hours: NOON + hours * HOUR),
    st.sampled_from([ALICE, BOB, ""]),
    st.just("deploy"),
    st.integers(-3, 3).map(lambda hours: NOON + hours * HOUR),
    st.sampled_from([None, NOON]),
    id=st.sampled_from(["", "mute-0123456789", "mute-abcdef0123"]),
)


def test_what_a_mute_covers_is_muted_while_it_lasts() -> None:
    assert in_force([mute()], CLUSTER, ACCOUNT, NOON) == mute()


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"until": NOON}, id="it ends now"),
        pytest.param({"since": NOON + timedelta(seconds=1)}, id="it has not begun"),
        pytest.param({"ended_at": NOON - timedelta(minutes=1)}, id="somebody has ended it"),
        pytest.param({"scope": Scope.of(ELSEWHERE)}, id="it is of something else"),
        pytest.param({"scope": Scope.of(CLUSTER, instance_id())}, id="it is of one instance only"),
    ],
)
def test_otherwise_nothing_is_muted(changed: dict[str, Any]) -> None:
    assert in_force([mute(**changed)], CLUSTER, ACCOUNT, NOON) is None


def test_a_mute_begins_in_the_moment_that_it_says() -> None:
    assert in_force([mute(since=NOON)], CLUSTER, ACCOUNT, NOON)


def test_of_several_mutes_the_one_that_lasts_longest_counts() -> None:
    long = mute(f"cluster:{CLUSTER.key}", until=NOON + 2 * HOUR)

    assert in_force([mute(), long, mute("organization")], CLUSTER, ACCOUNT, NOON) == long


def test_an_instance_is_muted_alone() -> None:
    only = mute(f"instance:{CLUSTER.key}/{instance_id()}")

    assert in_force([only], CLUSTER, ACCOUNT, NOON, instance_id()) == only
    assert in_force([only], CLUSTER, ACCOUNT, NOON, instance_id(2)) is None


@given(st.lists(any_mute, max_size=6, unique_by=lambda mute: mute.key), clusters, accounts, instances)
def test_what_is_in_force_covers_the_place_and_nothing_that_does_lasts_longer(
    mutes: list[Mute], cluster: Cluster, account: Account, instance: str
) -> None:
    found = in_force(mutes, cluster, account, NOON, instance)

    fit = [each for each in mutes if each.on(NOON) and each.scope.covers(cluster, account, instance)]
    assert (found in fit) is bool(fit)
    assert found is None or found.until == max(each.until for each in fit)
    assert found == in_force(reversed(mutes), cluster, account, NOON, instance)


# Which meet


def test_mutes_that_meet_are_shown_widest_first() -> None:
    texts = (f"cluster:{CLUSTER.key}", "organization", f"unit:{UNITS[0]}", "account:333344445555")

    found = overlapping(map(mute, texts), mute("account:222233334444"), NOON, {ACCOUNT.id: ACCOUNT})

    assert [each.scope.kind for each in found] == ["organization", "unit", "cluster"]


@pytest.mark.parametrize(
    ("other", "meets"),
    [
        pytest.param(mute(), False, id="itself"),
        pytest.param(mute(id="mute-0123456789", by=BOB), True, id="somebody else's of the same scope"),
        pytest.param(mute(by=""), True, id="a maintenance window of the same scope"),
        pytest.param(mute("organization", until=NOON), False, id="over"),
        pytest.param(mute("organization", ended_at=NOON), False, id="ended"),
        pytest.param(mute("organization", since=NOON + HOUR, until=NOON + 2 * HOUR), True, id="to come"),
    ],
)
def test_what_counts_as_another_mute_that_meets_it(other: Mute, meets: bool) -> None:
    found = overlapping([other], mute(), NOON, {})

    assert found == ([other] if meets else [])


# When its author is told


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        pytest.param({}, True, id="an hour is left"),
        pytest.param({"until": NOON + WARNING + timedelta(seconds=1)}, False, id="more than an hour is left"),
        pytest.param({"since": NOON - LONG, "until": NOON + timedelta(seconds=1)}, True, id="a second is left"),
        pytest.param({"until": NOON}, False, id="it is over"),
        pytest.param({"ended_at": NOON - HOUR}, False, id="somebody has ended it"),
        pytest.param({"warned_at": NOON - HOUR}, False, id="its author knows"),
        pytest.param({"since": NOON + WARNING - LONG + timedelta(seconds=1)}, False, id="it is a short one"),
        pytest.param({"by": ""}, False, id="a maintenance window has no author"),
    ],
)
def test_an_hour_before_a_long_mute_ends_its_author_is_told(changed: dict[str, object], told: bool) -> None:
    long = mute(since=NOON + WARNING - LONG, until=NOON + WARNING)

    assert ends_soon(replace(long, **changed), NOON) is told  # type: ignore[arg-type]  # any field of a mute


@pytest.mark.parametrize(
    ("changed", "ended"),
    [
        pytest.param({}, False, id="it lasts"),
        pytest.param({"until": NOON}, True, id="it ends now"),
        pytest.param({"since": NOON + HOUR}, False, id="it has not begun"),
        pytest.param({"ended_at": NOON}, True, id="somebody has ended it"),
    ],
)
def test_when_a_mute_is_over(changed: dict[str, Any], ended: bool) -> None:
    assert over(mute(**changed), NOON) is ended


# Its row


def test_a_mute_goes_by_its_scope_and_its_id_and_one_of_an_earlier_release_by_its_scope() -> None:
    assert mute().key == "account:222233334444"
    assert mute(id="mute-0123456789").key == "account:222233334444#mute-0123456789"


@given(any_mute.filter(lambda mute: bool(mute.by)))
def test_a_key_is_read_as_what_it_was_made_of(mute: Mute) -> None:
    assert unkeyed(mute.key) == (str(mute.scope), mute.id)


@pytest.mark.parametrize("text", ["", "#", "payments", "payments#prod", "#mute-012345678", "mute-0123456789"])
def test_what_names_no_mute_is_left_as_it_is(text: str) -> None:
    assert unkeyed(text) == (text, "")


def test_the_same_request_is_the_same_mute() -> None:
    assert mute_id("one") == mute_id("one") != mute_id("two")
    assert MUTE_ID.fullmatch(mute_id("one"))


def test_a_maintenance_window_does_not_take_the_place_of_what_somebody_has_muted() -> None:
    assert mute(by="").key != mute().key
    assert mute(by="").key == mute(by="", until=NOON).key


# What goes on when one of several ends


@pytest.mark.parametrize(
    ("own", "other", "goes_on"),
    [
        pytest.param("account:222233334444", {}, True, id="somebody else's of the same scope"),
        pytest.param("account:222233334444", {"until": NOON}, False, id="which is over too"),
        pytest.param("account:222233334444", {"scope": Scope()}, True, id="everything"),
        pytest.param("region:222233334444/eu-west-1", {}, True, id="the Region's account"),
        pytest.param("cluster:222233334444/*/prod-*", {}, True, id="the pattern's account"),
        pytest.param(f"cluster:{CLUSTER.key}", {}, True, id="the cluster's account"),
        pytest.param(f"cluster:{CLUSTER.key}", {"scope": Scope(unit=UNITS[0])}, True, id="the cluster's unit"),
        pytest.param(f"cluster:{CLUSTER.key}", {"scope": Scope.of(CLUSTER, instance_id())}, False, id="an instance"),
        pytest.param(f"instance:{CLUSTER.key}/{instance_id()}", {}, True, id="the instance's account"),
        pytest.param("account:222233334444", {"scope": Scope.of(CLUSTER)}, False, id="a part of it"),
        pytest.param("organization", {}, False, id="an account of it all"),
        pytest.param("account:333344445555", {}, False, id="another account"),
    ],
)
def test_a_place_stays_muted_by_what_covers_all_of_it(own: str, other: dict[str, Any], goes_on: bool) -> None:
    ended = mute(own, id="mute-0123456789", until=NOON)
    beside = mute(by=BOB, **other)

    assert still_muting([ended, beside], ended, ACCOUNT, NOON) == (beside if goes_on else None)
