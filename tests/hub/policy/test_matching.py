"""Which places a part of the policy is meant for."""

from dataclasses import replace

import pytest

from hub.policy.matching import EVERYWHERE, Facts, Match
from hub.policy.terms import ANY
from hub.scopes.account import Account
from tests.hub.policy.places import FACTS, INNER, PAYMENTS, UNIT, UNREAD


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


@pytest.mark.parametrize(
    ("unread", "where"),
    [
        pytest.param("units", Match(unit=("ou-ab12-00000000",)), id="units"),
        pytest.param("tags", Match(account_tag=("other",)), id="tags"),
    ],
)
def test_what_nobody_has_read_yet_of_a_known_account_is_not_known(unread: str, where: Match) -> None:
    read = replace(FACTS, account=replace(PAYMENTS, unread=()))
    still = replace(FACTS, account=replace(PAYMENTS, units=(), tags=(), unread=(unread,)))

    assert not where.may_fit(read)
    assert (where.fits(still), where.may_fit(still)) == (False, True)
