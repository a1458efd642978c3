"""What a policy says of a place: who hears, who may, who has to agree, and how often."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.policy.matching import EVERYWHERE, Facts, Match
from hub.policy.policy import ACTIONS, OPEN, START, Approval, Cap, Policy, Right, Route, written
from hub.policy.terms import ANY
from hub.policy.windows import Window
from hub.scopes.account import Account
from spoke.places import Cluster
from tests.hub.factories import ALICE, BOB, CLUSTER
from tests.hub.policy.places import FACTS, PAYMENTS, UNIT, UNREAD
from tests.hub.policy.policies import POLICIES
from tests.nightly import examples

TEAM, LEADS = "S0PAYMENTS", "S0LEADS"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


# Routes


def routes(*several: Route) -> Policy:
    return Policy(routes=several)


BATCH = Route(Match(cluster=("batch-*",)), "C0BATCH01", remind_after=2 * HOUR)
PROD = Route(Match(cluster=("prod-*",)), "C0PROD001", environment="prod")
REST = Route(channel="C0REST001", environment="test")


@pytest.mark.parametrize(
    ("policy", "channel"),
    [
        pytest.param(routes(), None, id="none"),
        pytest.param(routes(BATCH), None, id="none that fits"),
        pytest.param(routes(BATCH, PROD, REST), "C0PROD001", id="the first that fits"),
        pytest.param(routes(REST, PROD), "C0REST001", id="the order counts"),
    ],
)
def test_the_first_route_that_fits_is_taken(policy: Policy, channel: str | None) -> None:
    route = policy.route(FACTS)

    assert (route.channel if route else None) == channel


def test_an_alert_of_an_account_that_nobody_could_read_goes_where_it_surely_belongs() -> None:
    policy = routes(Route(Match(unit=(UNIT,)), "C0UNIT001"), REST)

    assert policy.route(UNREAD) == REST


@pytest.mark.parametrize(
    ("policy", "after"),
    [
        pytest.param(Policy(), None, id="nobody is reminded unless the policy says so"),
        pytest.param(Policy(remind_after=HOUR), HOUR, id="as the policy says"),
        pytest.param(Policy(routes=(PROD,), remind_after=HOUR), HOUR, id="the route says nothing"),
        pytest.param(Policy(routes=(replace(PROD, remind_after=MINUTE),), remind_after=HOUR), MINUTE, id="the route"),
        pytest.param(Policy(routes=(BATCH,), remind_after=HOUR), HOUR, id="another route"),
    ],
)
def test_when_an_incident_is_said_again(policy: Policy, after: timedelta | None) -> None:
    assert policy.reminds_after(FACTS) == after


# What can be said of an approval beforehand

MIXED = (replace(BATCH, where=Match(unit=(UNIT,))), REST)  # an account that nobody could read: either of both


@pytest.mark.parametrize(
    ("approval", "policy", "facts", "surely"),
    [
        pytest.param(Approval(), Policy(), FACTS, True, id="of everything"),
        pytest.param(Approval(remedies=("terminate",)), Policy(), FACTS, True, id="of this remedy"),
        pytest.param(Approval(more_than=1), Policy(), FACTS, False, id="of two at once"),
        pytest.param(Approval(more_than_share=0.0), Policy(), FACTS, False, id="of a share"),
        pytest.param(Approval(more_than=1, more_than_share=0.5), Policy(), FACTS, False, id="of both"),
        pytest.param(
            Approval(where=Match(unit=(UNIT,))), Policy(), UNREAD, False, id="where nobody knows whether it is"
        ),
        pytest.param(Approval(environments=("test",)), routes(REST), FACTS, True, id="in its environment"),
        pytest.param(
            Approval(environments=("test", "prod")), routes(REST), FACTS, True, id="in one of its environments"
        ),
        pytest.param(
            Approval(environments=("test",)), routes(*MIXED), UNREAD, False, id="in what may be its environment"
        ),
    ],
)
def test_whether_a_repair_will_surely_need_an_approval(
    approval: Approval, policy: Policy, facts: Facts, surely: bool
) -> None:
    assert replace(policy, approvals=(approval,)).foreseen("terminate", facts) == (approval, surely)


@pytest.mark.parametrize("approval", [Approval(remedies=("deregister",)), Approval(environments=("prod",))])
def test_what_needs_no_approval_is_not_said_to_need_one(approval: Approval) -> None:
    assert replace(routes(REST), approvals=(approval,)).foreseen("terminate", FACTS) is None


@pytest.mark.parametrize(
    ("policy", "facts", "environments"),
    [
        pytest.param(routes(), FACTS, ("",), id="no route"),
        pytest.param(routes(BATCH, PROD, REST), FACTS, ("prod",), id="that of the route"),
        pytest.param(routes(BATCH), FACTS, ("",), id="none that fits"),
        pytest.param(
            routes(Route(Match(unit=(UNIT,)), environment="prod"), REST, BATCH),
            UNREAD,
            ("prod", "test"),
            id="several, of an account that nobody could read",
        ),
        pytest.param(
            routes(Route(Match(unit=(UNIT,)), environment="prod")), UNREAD, ("prod", ""), id="one or none of them"
        ),
    ],
)
def test_which_environments_a_place_can_be_of(policy: Policy, facts: Facts, environments: tuple[str, ...]) -> None:
    assert policy.environments(facts) == environments


# Rights


def may(policy: Policy, verb: str, user: str = ALICE, groups: tuple[str, ...] = (), facts: Facts = FACTS) -> bool:
    return policy.may(verb, user, groups, facts)


@pytest.mark.parametrize("policy", [Policy(), Policy(caps=(Cap(1, timedelta(hours=1)),))], ids=["none", "other things"])
def test_without_any_right_everybody_may_hold_back_and_nobody_may_repair(policy: Policy) -> None:
    allowed = {verb for verb in (*ACTIONS, START, "terminate", "drain") if may(policy, verb)}

    assert allowed == {"acknowledge", "mute", "stop", "audit"}
    assert policy.who_may("acknowledge", FACTS) == ()


def test_without_any_right_nobody_may_approve_whom_an_approval_names_either() -> None:
    approval = Approval(approvers=(ALICE,))
    assert not Policy(approvals=(approval,)).may_approve(approval, ALICE, (), FACTS)


@pytest.mark.parametrize(("granted", "starts"), [("stop", True), ("*", True), ("repair", False), ("mute", False)])
def test_who_may_stop_repairs_may_start_them(granted: str, *, starts: bool) -> None:
    assert may(Policy(rights=(Right((ALICE,), (granted,)),)), START) is starts


@pytest.mark.parametrize(
    ("granted", "allowed"),
    [
        pytest.param(("mute",), {"mute"}, id="an action"),
        pytest.param(("terminate",), {"terminate"}, id="a remedy"),
        pytest.param(("repair",), {"terminate", "drain"}, id="every remedy"),
        pytest.param(("mute", "drain"), {"mute", "drain"}, id="several"),
        pytest.param(("*",), {*ACTIONS, "terminate", "drain"}, id="everything"),
    ],
)
def test_with_a_right_only_what_is_granted_is_allowed(granted: tuple[str, ...], allowed: set[str]) -> None:
    policy = Policy(rights=(Right((ALICE,), granted),))

    assert {verb for verb in (*ACTIONS, "terminate", "drain") if may(policy, verb)} == allowed
    assert not any(may(policy, verb, BOB) for verb in (*ACTIONS, "terminate", "drain"))


@pytest.mark.parametrize(
    ("user", "groups", "facts", "allowed"),
    [
        pytest.param(ALICE, (), FACTS, True, id="by name"),
        pytest.param(BOB, (TEAM,), FACTS, True, id="by group"),
        pytest.param(BOB, (LEADS,), FACTS, False, id="another group"),
        pytest.param(BOB, (), FACTS, False, id="in no group"),
        pytest.param("", (), FACTS, False, id="nobody"),
        pytest.param(ALICE, (), replace(FACTS, cluster=replace(CLUSTER, name="test")), False, id="another cluster"),
        pytest.param(ALICE, (), Facts(None, PAYMENTS), False, id="the whole account of that cluster"),
        pytest.param(ALICE, (), EVERYWHERE, False, id="the whole organization"),
    ],
)
def test_a_right_is_somebodys_and_somewheres(user: str, groups: tuple[str, ...], facts: Facts, allowed: bool) -> None:
    policy = Policy(rights=(Right((ALICE, TEAM), ("mute",), Match(cluster=("prod-*",))),))

    assert may(policy, "mute", user, groups, facts) is allowed


def test_a_right_in_a_unit_is_none_in_an_account_that_nobody_could_read() -> None:
    policy = Policy(rights=(Right((ALICE,), ("terminate",), Match(unit=(UNIT,))),))

    assert (may(policy, "terminate"), may(policy, "terminate", facts=UNREAD)) == (True, False)


def test_who_may_is_named_once_in_the_policys_order() -> None:
    policy = Policy(
        rights=(
            Right((TEAM, ALICE), ("mute", "terminate")),
            Right((BOB,), ("mute",), Match(region=("us-east-1",))),
            Right((LEADS, TEAM), ("*",)),
        )
    )

    assert policy.who_may("mute", FACTS) == (TEAM, ALICE, LEADS)
    assert policy.who_may("stop", FACTS) == (LEADS, TEAM)


@settings(max_examples=examples(60), deadline=None)
@given(POLICIES, st.sampled_from([*ACTIONS, "terminate"]), st.sampled_from([ALICE, BOB, TEAM]))
def test_who_may_and_may_agree(policy: Policy, verb: str, who: str) -> None:
    assert may(policy, verb, who) is (who in policy.who_may(verb, FACTS) if policy.rights else verb in OPEN)


# Approvals


@pytest.mark.parametrize(
    ("approval", "needed"),
    [
        pytest.param(Approval(), True, id="of everything"),
        pytest.param(Approval(remedies=("terminate",)), True, id="of the remedy"),
        pytest.param(Approval(remedies=("drain",)), False, id="of another remedy"),
        pytest.param(Approval(environments=("prod",)), True, id="of the environment"),
        pytest.param(Approval(environments=("test",)), False, id="of another environment"),
        pytest.param(Approval(Match(cluster=("prod-*",))), True, id="in the place"),
        pytest.param(Approval(Match(cluster=("test-*",))), False, id="in another place"),
        pytest.param(Approval(more_than=2), True, id="for more than two, of three"),
        pytest.param(Approval(more_than=3), False, id="for more than three, of three"),
        pytest.param(Approval(more_than_share=0.29), True, id="for more than 29 percent, of 30"),
        pytest.param(Approval(more_than_share=0.3), False, id="for more than 30 percent, of 30"),
    ],
)
def test_what_needs_an_approval(approval: Approval, needed: bool) -> None:
    policy = Policy(routes=(PROD,), approvals=(approval,))

    assert policy.approval("terminate", FACTS, 3, 0.3) == (approval if needed else None)


def test_the_first_approval_that_fits_is_needed() -> None:
    large, any_size = Approval(more_than=5, approvers=(LEADS,)), Approval(approvers=(TEAM,))
    policy = Policy(approvals=(large, any_size))

    assert policy.approval("terminate", FACTS, 6, 0.1) == large
    assert policy.approval("terminate", FACTS, 5, 0.1) == any_size


@pytest.mark.parametrize(
    ("approval", "facts", "share"),
    [
        pytest.param(Approval(more_than_share=0.9), FACTS, None, id="nobody knows the cluster's size"),
        pytest.param(Approval(Match(unit=(UNIT,))), UNREAD, 0.1, id="nobody knows the account's units"),
        pytest.param(Approval(Match(group=("prod",))), replace(FACTS, group=ANY), 0.1, id="nobody knows the group"),
        pytest.param(Approval(environments=("test",)), UNREAD, 0.1, id="nobody knows the environment"),
    ],
)
def test_what_nobody_knows_needs_the_approval(approval: Approval, facts: Facts, share: float | None) -> None:
    policy = Policy(routes=(Route(Match(unit=(UNIT,)), environment="test"), PROD), approvals=(approval,))

    assert policy.approval("terminate", facts, 1, share) == approval


OTHERS = Right((BOB,), ("mute",))


@pytest.mark.parametrize(
    ("rights", "approvers", "user", "groups", "allowed", "named"),
    [
        pytest.param((OTHERS,), (LEADS,), ALICE, (LEADS,), True, (LEADS,), id="one of the group that is named"),
        pytest.param((OTHERS,), (LEADS, ALICE), ALICE, (), True, (LEADS, ALICE), id="named by id"),
        pytest.param((OTHERS,), (LEADS,), ALICE, (TEAM,), False, (LEADS,), id="not named"),
        pytest.param((Right((ALICE,), ("*",)),), (LEADS,), ALICE, (), False, (LEADS,), id="a right is not enough"),
        pytest.param((Right((ALICE,), ("approve",)),), (), ALICE, (), True, (ALICE,), id="nobody named, a right"),
        pytest.param((Right((ALICE,), ("mute",)),), (), ALICE, (), False, (), id="nobody named, another right"),
        pytest.param((), (), ALICE, (), False, (), id="nobody named, no rights at all"),
    ],
)
def test_who_may_approve(
    rights: tuple[Right, ...],
    approvers: tuple[str, ...],
    user: str,
    groups: tuple[str, ...],
    allowed: bool,
    named: tuple[str, ...],
) -> None:
    policy, approval = Policy(rights=rights), Approval(approvers=approvers)

    assert policy.may_approve(approval, user, groups, FACTS) is allowed
    assert policy.who_may_approve(approval, FACTS) == named


# Caps


def test_all_caps_on_a_remedy_apply_also_where_not_all_is_known() -> None:
    every, drains, unit = Cap(9, HOUR), Cap(1, HOUR, remedies=("drain",)), Cap(2, HOUR, Match(unit=(UNIT,)))
    elsewhere = Cap(3, HOUR, Match(region=("us-east-1",)), ("terminate",))
    policy = Policy(caps=(every, drains, unit, elsewhere))

    assert policy.caps_on("terminate", FACTS) == policy.caps_on("terminate", UNREAD) == (every, unit)
    assert policy.caps_on("drain", FACTS) == (every, drains, unit)


# Words


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "0m"), (5, "5m"), (60, "1h"), (90, "1h30m"), (1440, "1d"), (1501, "1d1h1m")]
)
def test_times_are_written_as_a_policy_does(minutes: int, said: str) -> None:
    assert written(minutes * MINUTE) == said


def test_a_policy_of_one_cluster_says_nothing_of_another_of_that_name() -> None:
    policy = Policy(routes=(Route(Match(account=(PAYMENTS.id,), cluster=(CLUSTER.name,)), "C0PAYMENTS"),))
    twin = Cluster("333344445555", CLUSTER.region, CLUSTER.name)

    assert policy.route(Facts(twin, Account(twin.account, "Search"))) is None


TAGGED = Match(account_tag=("team=payments",))


@pytest.mark.parametrize(
    ("policy", "asks"),
    [
        pytest.param(Policy(), False, id="nothing"),
        pytest.param(Policy(routes=(Route(Match(account=("222233334444",))),)), False, id="a route by account"),
        pytest.param(Policy(routes=(Route(), Route(TAGGED))), True, id="a route"),
        pytest.param(Policy(rights=(Right(("U0ALICE01",), ("*",), TAGGED),)), True, id="a right"),
        pytest.param(Policy(approvals=(Approval(TAGGED),)), True, id="an approval"),
        pytest.param(Policy(caps=(Cap(1, timedelta(hours=1), TAGGED),)), True, id="a cap"),
        pytest.param(Policy(windows=(Window((0,), time(), timedelta(hours=1), "UTC", TAGGED),)), True, id="a window"),
    ],
)
def test_whether_accounts_tags_matter_is_told_of_every_part(policy: Policy, *, asks: bool) -> None:
    assert policy.asks_account_tags is asks


def test_who_may_approve_where_nobody_is_named_is_said_for_that_place() -> None:
    policy = Policy(rights=(Right((ALICE,), ("approve",), Match(cluster=("prod-*",))), Right((BOB,), ("repair",))))
    elsewhere = replace(FACTS, cluster=replace(CLUSTER, name="test"))
    anybody = Approval()

    assert (policy.who_may_approve(anybody, FACTS), policy.who_may_approve(anybody, elsewhere)) == ((ALICE,), ())
    assert policy.may_approve(anybody, ALICE, (), FACTS)
    assert not policy.may_approve(anybody, ALICE, (), elsewhere)
