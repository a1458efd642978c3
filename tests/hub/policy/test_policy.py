"""What a policy says of a place: who hears, who may, who has to agree, how often, and when not to speak."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.policy.policy import (
    ACTIONS,
    EVERYWHERE,
    OPEN,
    START,
    Approval,
    Cap,
    Facts,
    InForce,
    Match,
    Policy,
    Right,
    Route,
    Window,
    written,
)
from hub.policy.terms import ANY
from hub.scopes.account import Account
from spoke.places import Cluster
from tests.hub.factories import ALICE, BOB, CLUSTER
from tests.hub.policy.policies import POLICIES

UNIT, INNER = "ou-ab12-34cd56ef", "ou-ab12-78ab90cd"
PAYMENTS = Account(CLUSTER.account, "Payments", (UNIT, INNER), (("team", "payments"), ("cost=a", "b")))
FACTS = Facts(CLUSTER, PAYMENTS, "prod", "warning")
UNREAD = Facts(CLUSTER, Account(CLUSTER.account))
TEAM, LEADS = "S0PAYMENTS", "S0LEADS"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


# Which places something is meant for


@pytest.mark.parametrize(
    ("where", "fits"),
    [
        pytest.param(Match(), True, id="nothing asked: everything"),
        pytest.param(Match(account=(PAYMENTS.id,)), True, id="account by id"),
        pytest.param(Match(account=("PAYMENTS",)), True, id="account by name, written otherwise"),
        pytest.param(Match(account=("Pay",)), False, id="a part of a name"),
        pytest.param(Match(account=("333344445555", PAYMENTS.id)), True, id="one of several accounts"),
        pytest.param(Match(account=("333344445555",)), False, id="another account"),
        pytest.param(Match(unit=(UNIT,)), True, id="an outer unit"),
        pytest.param(Match(unit=(INNER,)), True, id="the inner unit"),
        pytest.param(Match(unit=("ou-ab12-00000000",)), False, id="another unit"),
        pytest.param(Match(account_tag=("team",)), True, id="any value of a tag"),
        pytest.param(Match(account_tag=("team=payments",)), True, id="a tag with its value"),
        pytest.param(Match(account_tag=("cost=a=b",)), True, id="a tag with = in its key"),
        pytest.param(Match(account_tag=("team=search",)), False, id="a tag with another value"),
        pytest.param(Match(account_tag=("Team",)), False, id="a tag written otherwise"),
        pytest.param(Match(region=("us-east-1", "eu-west-1")), True, id="one of several Regions"),
        pytest.param(Match(region=("us-east-1",)), False, id="another Region"),
        pytest.param(Match(cluster=("prod-*",)), True, id="cluster by pattern"),
        pytest.param(Match(cluster=("prod",)), False, id="the beginning of a cluster's name"),
        pytest.param(Match(cluster=("PROD-*",)), False, id="a pattern written otherwise"),
        pytest.param(Match(group=("batch", "prod")), True, id="one of several groups"),
        pytest.param(Match(group=("batch",)), False, id="another group"),
        pytest.param(Match(severity=("warning",)), True, id="severity"),
        pytest.param(Match(severity=("critical",)), False, id="another severity"),
        pytest.param(Match(account=("payments",), cluster=("prod-*",), region=("eu-west-1",)), True, id="all keys"),
        pytest.param(Match(account=("payments",), cluster=("prod-*",), region=("us-east-1",)), False, id="all but one"),
    ],
)
def test_where_everything_is_known_a_match_fits_or_does_not(where: Match, fits: bool) -> None:
    assert where.fits(FACTS) is where.may_fit(FACTS) is fits


@pytest.mark.parametrize(
    ("where", "facts"),
    [
        pytest.param(Match(account=("Payments",)), UNREAD, id="the name of an account that nobody could read"),
        pytest.param(Match(unit=(UNIT,)), UNREAD, id="its units"),
        pytest.param(Match(account_tag=("team",)), UNREAD, id="its tags"),
        pytest.param(Match(group=("prod",)), replace(FACTS, group=ANY), id="a group that nobody could read"),
        pytest.param(Match(severity=("critical",)), replace(FACTS, severity=""), id="a severity not told"),
        pytest.param(Match(cluster=("prod-*",)), Facts(None, PAYMENTS), id="a cluster of a whole account"),
        pytest.param(Match(group=("prod",)), Facts(None, PAYMENTS), id="a group of a whole account"),
        pytest.param(Match(region=("eu-west-1",)), Facts(None, PAYMENTS), id="a Region of a whole account"),
        pytest.param(Match(account=(PAYMENTS.id,)), EVERYWHERE, id="an account of the organization"),
        pytest.param(Match(account=(PAYMENTS.id,)), Facts(None, Account("", "", (UNIT,))), id="an account of a unit"),
    ],
)
def test_what_nobody_knows_fits_possibly_and_not_surely(where: Match, facts: Facts) -> None:
    assert (where.fits(facts), where.may_fit(facts)) == (False, True)


@pytest.mark.parametrize(
    ("where", "facts"),
    [
        pytest.param(Match(), EVERYWHERE, id="everything"),
        pytest.param(Match(unit=(UNIT,)), Facts(None, Account("", "", (UNIT,))), id="a unit"),
        pytest.param(Match(account=("Payments",)), Facts(None, PAYMENTS), id="an account"),
        pytest.param(Match(region=("eu-west-1",)), Facts(None, PAYMENTS, region="eu-west-1"), id="a Region"),
        pytest.param(Match(account=(PAYMENTS.id,)), UNREAD, id="an account that nobody could read, by id"),
    ],
)
def test_a_whole_place_is_fitted_by_what_is_meant_for_all_of_it(where: Match, facts: Facts) -> None:
    assert where.fits(facts)


def test_the_id_of_another_account_does_not_fit_one_that_nobody_could_read() -> None:
    assert not Match(account=("333344445555",)).may_fit(UNREAD)


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


@settings(max_examples=60, deadline=None)
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


# Windows

DAILY = tuple(range(7))
PARIS = "Europe/Paris"
NIGHT = Window(DAILY, time(2), 2 * HOUR, PARIS)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "now", "until"),
    [
        pytest.param(NIGHT, "2026-11-24T00:59:59", None, id="a second too early"),
        pytest.param(NIGHT, "2026-11-24T01:00", "2026-11-24T03:00", id="from its first moment"),
        pytest.param(NIGHT, "2026-11-24T02:59:59", "2026-11-24T03:00", id="to its last second"),
        pytest.param(NIGHT, "2026-11-24T03:00", None, id="not at its end"),
        pytest.param(NIGHT, "2026-07-01T00:30", "2026-07-01T02:00", id="in summer by summer's time"),
        pytest.param(
            replace(NIGHT, start=time(23), length=3 * HOUR), "2026-11-24T00:59", "2026-11-24T01:00", id="past midnight"
        ),
        pytest.param(
            replace(NIGHT, days=(0,), start=time(23), length=3 * HOUR),
            "2026-11-24T00:30",  # Tuesday there, begun on Monday
            "2026-11-24T01:00",
            id="begun on its day",
        ),
        pytest.param(
            replace(NIGHT, days=(1,), start=time(23), length=3 * HOUR), "2026-11-24T00:30", None, id="not on its day"
        ),
        pytest.param(
            replace(NIGHT, days=(1,), start=time(0, 30), length=HOUR),
            "2026-11-23T23:45",  # Monday in UTC, Tuesday in Paris
            "2026-11-24T00:30",
            id="days are those of its zone",
        ),
        pytest.param(
            replace(NIGHT, days=(5,), length=timedelta(days=3)), "2026-11-24T00:30", "2026-11-24T01:00", id="for days"
        ),
        # 29 March 2026, clocks in Paris go from 02:00 to 03:00 at 01:00 UTC
        pytest.param(NIGHT, "2026-03-29T00:59", None, id="spring: not before its start that is skipped"),
        pytest.param(NIGHT, "2026-03-29T01:00", "2026-03-29T03:00", id="spring: at what would be its start"),
        pytest.param(
            replace(NIGHT, start=time(1, 30)), "2026-03-29T02:29", "2026-03-29T02:30", id="spring: two hours that pass"
        ),
        # 25 October 2026, clocks in Paris go from 03:00 to 02:00 at 01:00 UTC
        pytest.param(NIGHT, "2026-10-24T23:59", None, id="autumn: not before the first of two"),
        pytest.param(NIGHT, "2026-10-25T00:00", "2026-10-25T02:00", id="autumn: at the first of two"),
        pytest.param(NIGHT, "2026-10-25T02:30", None, id="autumn: the second of two begins nothing"),
        pytest.param(
            Window(DAILY, time(2), HOUR, "Australia/Lord_Howe"),
            "2026-10-03T15:45",  # half an hour is skipped at 15:30 UTC, 02:00 there
            "2026-10-03T16:30",
            id="clocks that skip half an hour",
        ),
    ],
)
def test_when_a_window_is_in_force(window: Window, now: str, until: str | None) -> None:
    found = Policy(windows=(window,)).window(FACTS, utc(now))

    assert (found.until if found else None) == (utc(until) if until else None)


@settings(max_examples=200, deadline=None)
@given(
    st.builds(
        Window,
        days=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
        start=st.times().map(lambda at: time(at.hour, at.minute)),
        length=st.integers(5, 3 * 1440).map(lambda minutes: minutes * MINUTE),
        zone=st.sampled_from(["UTC", PARIS, "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]),
    ),
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - it takes none
)
def test_a_window_holds_now_lasts_its_length_and_begins_on_its_day(window: Window, now: datetime) -> None:
    span = window.span(now)
    if span is None:
        # Looked for the slow way: no start within its length ago.
        zone = ZoneInfo(window.zone)
        days = {now.astimezone(zone).date() - timedelta(days=back) for back in range(-1, 6)}
        starts = [datetime.combine(d, window.start, zone).astimezone(UTC) for d in days if d.weekday() in window.days]
        assert not [start for start in starts if start <= now < start + window.length]
        return

    begins, ends = (moment.astimezone(UTC) for moment in span)
    assert begins <= now < ends
    assert ends - begins == window.length
    skipped = span[0].replace(tzinfo=None) - datetime.combine(span[0].date(), window.start)
    assert span[0].weekday() in window.days
    assert skipped in {timedelta(), 30 * MINUTE, HOUR}


def test_of_several_windows_the_one_that_ends_last_is_in_force() -> None:
    long = replace(NIGHT, start=time(1), length=6 * HOUR, reason="patch night")
    policy = Policy(windows=(NIGHT, long, replace(NIGHT, where=Match(cluster=("test",)), length=20 * HOUR)))

    found = policy.window(FACTS, utc("2026-11-24T01:30"))

    assert found == InForce(long, utc("2026-11-24T00:00"), utc("2026-11-24T06:00"))


def test_a_window_of_a_unit_does_not_silence_an_account_that_nobody_could_read() -> None:
    policy = Policy(windows=(replace(NIGHT, where=Match(unit=(UNIT,))),))
    now = utc("2026-11-24T01:30")

    assert policy.window(FACTS, now)
    assert policy.window(UNREAD, now) is None


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
