"""Caps: no remedy is begun more often than the policy allows, and what is begun counts once."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chatops.clicks.caps import UsedUp
from chatops.clicks.requests import Request
from hub.incidents.incident import State
from hub.looks.lifecycle import Lifecycle
from hub.policy.ledger import Ledger
from hub.policy.matching import Match
from hub.policy.policy import Cap
from hub.slack.button_values import APPROVE
from hub.slack.mrkdwn import date
from hub.table.clusters import Alongside
from hub.table.store import Store
from hub.table.writes import Conflict
from tests.chatops.clicks.desk import HERE, Desk
from tests.chatops.factories import ALICE, BOB, incident
from tests.chatops.fate import Died
from tests.chatops.policies import EVERYBODY
from tests.chatops.story import Story

NOON = datetime.fromisoformat("2026-11-24T12:00:00+00:00")
ONE_AN_HOUR = """
[[caps]]
remedy = "terminate"
most = 1
per = "1h"
"""


def used_up(story: Story, policy: str = ONE_AN_HOUR) -> tuple[Request, str]:
    """Two are in trouble; the first is terminated, then somebody asks for the second: that request, and the answer."""
    story.policy(policy)
    first, second = story.trouble(grouped=False, size=2)
    story.act(story.click(victim=first))
    assert story.is_gone(first)
    request = story.click(victim=second, user=BOB)
    story.act(request)
    return request, " ".join(story.whispers(BOB))


def test_one_more_is_refused_with_when_there_is_room_again(story: Story) -> None:
    request, told = used_up(story)

    assert story.terminations() == 1
    (row,) = story.hub.store._row.query("ledger")
    (begun,) = [datetime.fromisoformat(at) for at in row.data["used"].values()]
    again = date(begun + timedelta(hours=1))
    assert told == f"The policy allows 1 such repair in 1h here, and they are used up. There is room again {again}."
    (entry,) = story.log(request)
    assert (entry.who, entry.what) == (BOB, "refused: terminate")
    assert story.outcome(request) == f"refused: {told}"
    assert row.expires == int((begun + timedelta(hours=1)).timestamp())


def test_when_its_time_is_over_there_is_room_again(story: Story) -> None:
    request, _ = used_up(story)
    story.clock.go_on(timedelta(hours=1))

    story.act(replace(request, id="0" * 20, at=story.clock()))

    assert story.terminations() == 2


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(ONE_AN_HOUR + 'where = { cluster = "other-*" }', id="other clusters"),
        pytest.param(ONE_AN_HOUR.replace("1\n", "2\n"), id="two"),
        pytest.param("", id="none"),
    ],
)
def test_what_no_cap_is_meant_for_is_done(story: Story, policy: str) -> None:
    used_up(story, policy)

    assert story.terminations() == 2
    assert story.whispers(BOB) == []


def test_all_caps_hold_and_one_that_is_refused_counts_nowhere(story: Story) -> None:
    used_up(story, "[[caps]]\nmost = 5\nper = '1d'\n" + ONE_AN_HOUR)

    assert story.terminations() == 1
    assert [len(row.data["used"]) for row in story.hub.store._row.query("ledger")] == [1, 1]


def test_none_at_all(story: Story) -> None:
    story.policy(ONE_AN_HOUR.replace("1\n", "0\n"))
    (victim,) = story.trouble(grouped=False)

    story.act(story.click(victim=victim))

    assert story.is_untouched(victim)
    assert story.whispers() == ["The policy allows no such repairs here."]


@pytest.mark.parametrize("moment", ["before save 1", "after save 1"])
def test_who_dies_counts_once(story: Story, moment: str) -> None:
    story.policy(ONE_AN_HOUR)
    (victim,) = story.trouble(grouped=False)
    request = story.click(victim=victim)
    story.hub.fate.die(moment)
    with pytest.raises(Died):
        story.act(request)

    story.begin_anew()
    story.act(request, 2)

    assert story.is_gone(victim)
    (row,) = story.hub.store._row.query("ledger")
    assert [*row.data["used"]] == [request.id]


def test_what_waits_for_an_approval_counts_when_it_is_approved(story: Story) -> None:
    story.policy(ONE_AN_HOUR + "[[approvals]]\nremedy = 'terminate'\n")
    (victim,) = story.trouble(grouped=False)
    request = story.ask(ALICE)
    story.work()
    story.look()
    assert list(story.hub.store._row.query("ledger")) == []

    assert story.press(APPROVE, BOB).error is None
    story.work()

    assert story.is_gone(victim)
    (row,) = story.hub.store._row.query("ledger")
    assert [*row.data["used"]] == [request.id]


def test_a_click_that_comes_too_late_uses_up_nothing(story: Story) -> None:
    story.policy(ONE_AN_HOUR.replace("1\n", "2\n"))
    (victim,) = story.trouble(grouped=False)
    first, second = story.click(victim=victim), story.click(victim=victim, user=BOB)
    story.act(first)

    story.act(second)

    assert story.state(victim) is not State.OPEN
    assert "has asked for this already" in " ".join(story.whispers(BOB))
    (row,) = story.hub.store._row.query("ledger")
    assert [*row.data["used"]] == [first.id]


class Raced(Store):
    """A table in which others count under a cap, so many times, just after this caller has read of it."""

    cap, others = "", 0

    def ledger(self, name: str) -> Ledger:
        read = super().ledger(name)
        if self.others and name == self.cap:
            self.others -= 1
            about = incident(instance=f"other{self.others}", id=f"inc-{self.others}")
            self.save([about], alongside=Alongside(used={name: (read.having(about.id, NOON), NOON)}))
        return read


def raced(story: Story, cap: Cap, others: int) -> Raced:
    """Act in a table where others count."""
    store = Raced(story.hub.store._table, "eu-west-1")
    store.cap, store.others = cap.id, others
    caps = replace(story.acting.caps, store=store, clock=lambda: NOON)
    hub = replace(story.acting.hub, table=store)
    story.acting = replace(story.acting, hub=hub, lifecycle=Lifecycle(store), caps=caps)
    return store


@pytest.mark.parametrize(("others", "said"), [(1, ""), (2, "used up"), (3, "used up")])
def test_several_at_once_are_counted_one_after_the_other(story: Story, others: int, said: str) -> None:
    story.policy(ONE_AN_HOUR.replace("1\n", "2\n"))
    (victim,) = story.trouble(grouped=False)
    store = raced(story, _only_cap(story), others)
    request = story.click(victim=victim)

    story.act(request)

    assert said in " ".join(story.whispers())
    assert bool(said) is (request.id not in store.ledger(_only_cap(story).id).used)
    assert story.is_gone(victim) is not bool(said)


def test_what_one_cap_refuses_counts_under_no_other(story: Story) -> None:
    """The last room under one of two is taken by others at the very moment: the other must not count it for that."""
    story.policy("[[caps]]\nmost = 5\nper = '1d'\n" + ONE_AN_HOUR)
    (victim,) = story.trouble(grouped=False)
    first, second = story.acting.rules.policy.caps
    store = raced(story, second, 1)

    story.act(story.click(victim=victim))

    assert story.is_untouched(victim)
    assert "used up" in " ".join(story.whispers())
    assert store.ledger(first.id).used == {}


def test_who_never_comes_to_count_tries_again_later(story: Story) -> None:
    story.policy(ONE_AN_HOUR.replace("1\n", "9\n"))
    (victim,) = story.trouble(grouped=False)
    raced(story, _only_cap(story), 5)
    request = story.click(victim=victim)

    with pytest.raises(Conflict):
        story.act(request)

    assert story.is_untouched(victim)
    assert story.outcome(request) == ""
    story.act(request, 2)
    assert story.is_gone(victim)


def test_caps_that_differ_by_their_number_only_have_one_ledger(story: Story) -> None:
    """A transaction takes each row once."""
    story.policy(ONE_AN_HOUR + ONE_AN_HOUR.replace("1\n", "2\n"))
    (victim,) = story.trouble(grouped=False)

    story.act(story.click(victim=victim))

    assert story.is_gone(victim)


def test_more_caps_than_can_be_counted_at_once_allow_nothing(story: Story) -> None:
    story.policy("".join(f"[[caps]]\nmost = 5\nper = '{hours}h'\n" for hours in range(1, 92)))
    (victim,) = story.trouble(grouped=False)

    story.act(story.click(victim=victim))

    assert story.is_untouched(victim)
    assert "More than 90 of the policy's caps" in " ".join(story.whispers())


def _only_cap(story: Story) -> Cap:
    (cap,) = story.acting.rules.policy.caps
    return cap


def test_a_cap_is_another_one_in_another_place_but_not_with_another_number() -> None:
    cap = Cap(2, timedelta(hours=1), remedies=("terminate",))

    assert cap.id == replace(cap, most=3, line=7).id
    others = [
        replace(cap, per=timedelta(hours=2)),
        replace(cap, remedies=()),
        replace(cap, where=Match(cluster=("a",))),
    ]
    assert len({cap.id, *(other.id for other in others)}) == 4


def test_a_ledger_forgets_what_no_longer_counts() -> None:
    cap = Cap(2, timedelta(hours=1))
    ledger = Ledger({"a": NOON, "b": NOON + timedelta(minutes=10)})

    assert ledger.free_at(cap) == NOON + timedelta(hours=1)
    assert ledger.free_at(replace(cap, most=1)) == NOON + timedelta(hours=1, minutes=10)
    assert ledger.free_at(replace(cap, most=3)) is None
    assert [*ledger.lately(cap, NOON + timedelta(hours=1)).used] == ["b"]
    assert ledger.having("a", NOON + timedelta(days=1)).used == ledger.used


TWO = "[[caps]]\nmost = 5\nper = '1d'\n" + ONE_AN_HOUR


def test_what_counts_under_one_cap_already_is_still_counted_under_the_others(desk: Desk) -> None:
    desk.ssm.text = EVERYBODY + TWO
    desk.clock.now = NOON
    first, second = desk.rules.policy.caps
    counted = desk.store.ledger(first.id).having("r-1", NOON)
    desk.store.save([incident()], alongside=Alongside(used={first.id: (counted, NOON + first.per)}))

    used = desk.caps.used("r-1", "terminate", HERE)

    assert {name: (ledger.used, until) for name, (ledger, until) in used.items()} == {
        second.id: ({"r-1": NOON}, NOON + second.per)
    }


@pytest.mark.parametrize(("most", "said"), [(1, "1 such repair in 1h"), (2, "2 such repairs in 1h")])
def test_it_is_said_how_many_are_allowed(desk: Desk, most: int, said: str) -> None:
    desk.ssm.text = EVERYBODY + ONE_AN_HOUR.replace("1\n", f"{most}\n")
    desk.clock.now = NOON
    (cap,) = desk.rules.policy.caps
    ledger = desk.store.ledger(cap.id)
    for number in range(most):
        ledger = ledger.having(f"r-{number}", NOON)
    desk.store.save([incident()], alongside=Alongside(used={cap.id: (ledger, NOON + cap.per)}))

    with pytest.raises(UsedUp) as refused:
        desk.caps.used("another", "terminate", HERE)

    assert str(refused.value) == (
        f"The policy allows {said} here, and they are used up. There is room again {date(NOON + cap.per)}."
    )


def test_ninety_caps_can_be_counted(desk: Desk) -> None:
    desk.ssm.text = EVERYBODY + "".join(f"[[caps]]\nmost = 5\nper = '{hours}h'\n" for hours in range(1, 91))

    assert len(desk.caps.used("r-1", "terminate", HERE)) == 90
