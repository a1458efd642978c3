"""Why a policy says what it says: true of whatever policy and place, and open about what nobody knows."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.policy.explain import explain
from hub.policy.matching import EVERYWHERE, Facts, Match
from hub.policy.policy import Approval, Cap, Policy, Right, Route
from hub.policy.terms import ANY
from hub.policy.windows import Window
from hub.scopes.account import Account
from tests.hub.factories import ALICE, BOB, CLUSTER, NOON
from tests.hub.policy.policies import ACCOUNTS, POLICIES, UNITS
from tests.nightly import examples

KNOWN = Facts(CLUSTER, Account(ACCOUNTS[0], "Payments", UNITS[:1], (("team", "payments"),)), "prod", "warning")
UNREAD = Facts(CLUSTER, Account(ACCOUNTS[0]), ANY)
PLACES = st.sampled_from([KNOWN, UNREAD, EVERYWHERE, Facts(None, KNOWN.account, region="eu-west-1")])
UNIT = Match(unit=(UNITS[0],))


@settings(max_examples=examples(150), deadline=None)
@given(POLICIES, PLACES, st.datetimes(timezones=st.just(UTC), min_value=datetime(2020, 1, 1)))  # noqa: DTZ001 - so it asks
def test_what_is_explained_is_what_is_decided(policy: Policy, facts: Facts, now: datetime) -> None:
    lines = explain(policy, facts, now, ALICE, ["S0LEADS"])

    route, window = policy.route(facts), policy.window(facts, now)
    assert lines[0].startswith(
        f"Route: [[routes]] {policy.routes.index(route) + 1} " if route else "Route: none applies"
    )
    assert (" may do nothing here." in "".join(lines)) is not any(
        policy.may(verb, ALICE, ["S0LEADS"], facts)
        for verb in ("acknowledge", "mute", "stop", "approve", "audit", "terminate")
    )
    assert sum(": in force until" in line for line in lines) >= bool(window)
    assert any(": in force until" in line for line in lines) is bool(window)
    assert sum(" at most " in line for line in lines) == sum(
        bool(policy.caps_on(cap.remedies[0] if cap.remedies else "terminate", facts)) and cap.where.may_fit(facts)
        for cap in policy.caps
    )


@pytest.mark.parametrize(
    ("policy", "facts", "said"),
    [
        pytest.param(
            Policy(routes=(Route(UNIT, line=3),)),
            UNREAD,
            f"[[routes]] 1 in line 3 does not: nobody knows if it has unit {UNITS[0]}.",
            id="a route that may be meant",
        ),
        pytest.param(
            Policy(routes=(Route(Match(region=("us-east-1",), unit=(UNITS[0],)), line=3),)),
            UNREAD,
            "the region is eu-west-1, not us-east-1.",
            id="what does not fit comes before what nobody knows",
        ),
        pytest.param(
            Policy(routes=(Route(Match(group=("batch", "web"))),)),
            KNOWN,
            "the group is prod, not batch or web",
            id="or",
        ),
        pytest.param(
            Policy(routes=(Route(Match(account_tag=("a=b",))),)), KNOWN, "the account tag is team=payments", id="a tag"
        ),
        pytest.param(
            Policy(routes=(Route(),), remind_after=timedelta(hours=2)),
            KNOWN,
            "applies: the channel that the stack's parameters give; reminded after 2h.",
            id="a route without a channel",
        ),
        pytest.param(
            Policy(approvals=(Approval(UNIT, line=4),)),
            UNREAD,
            "needs the approval of anybody else within 15m (to be sure: not all is known that it asks for).",
            id="an approval that may be needed",
        ),
        pytest.param(
            Policy(approvals=(Approval(more_than_share=0.125),)),
            KNOWN,
            "every remedy with more than 12.5% of the cluster in trouble needs",
            id="a part of a percent",
        ),
        pytest.param(
            Policy(caps=(Cap(2, timedelta(hours=1), UNIT),)),
            UNREAD,
            "every remedy at most 2 in 1h (to be sure: not all is known that it asks for).",
            id="a cap that may be meant",
        ),
        pytest.param(
            Policy(rights=(Right((), ("repair",)),)), KNOWN, "nobody may use every remedy.", id="a right of nobody"
        ),
        pytest.param(
            Policy(windows=(Window((0, 6), time(2), timedelta(hours=2), "UTC"),)),
            KNOWN,
            "monday, sunday from 02:00 for 2h, UTC: not in force.",
            id="a window",
        ),
    ],
)
def test_reasons_name_what_there_is_and_what_nobody_knows(policy: Policy, facts: Facts, said: str) -> None:
    assert said in "\n".join(explain(policy, facts, NOON))


def test_a_person_is_told_in_which_right_each_thing_stands() -> None:
    policy = Policy(rights=(Right((BOB, "S0LEADS"), ("mute",), line=1), Right((ALICE,), ("*",), line=5)))

    lines = explain(policy, KNOWN, NOON, ALICE, ("S0LEADS",))

    assert f"  {ALICE} may mute here, as S0LEADS in [[rights]] 1 in line 1." in lines
    assert f"  {ALICE} may do everything here, as {ALICE} in [[rights]] 2 in line 5." in lines
