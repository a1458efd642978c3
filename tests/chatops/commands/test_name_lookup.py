"""What the words of a command name: found, ambiguous, or nothing and what comes nearest."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatops.commands.name_lookup import Candidates, Found, KnownNames, Nothing, accounts, find, find_one, label
from hub.scopes.account import Account
from hub.scopes.scope import Scope
from spoke.places import Cluster
from tests.hub.factories import LONGEST, incident, instance_id, sighting
from tests.hub.foreign_words import HOSTILE

UNIT = "ou-ab12-11112222"
PAYMENTS = Account("222233334444", "Payments Production", units=(UNIT,))
STAGING = Account("333344445555", "Payments Staging")
SEARCH = Account("444455556666", "search")
UNREAD = Account("555566667777")
DIRECTORY = (PAYMENTS, STAGING, SEARCH)
ALIASES = {"pay": PAYMENTS.id, "Batch": SEARCH.id, "old": "666677778888"}
WEB, WEB_THERE = Cluster(PAYMENTS.id, "eu-west-1", "prod-web"), Cluster(STAGING.id, "us-east-1", "prod-web")
API, BATCH = Cluster(PAYMENTS.id, "eu-west-1", "prod-api"), Cluster(UNREAD.id, "eu-west-1", "Batch")
CLUSTERS = (WEB, WEB_THERE, API, BATCH)
LOST = incident(3, cluster=WEB)
KNOWN = KnownNames(DIRECTORY, ALIASES, CLUSTERS, (LOST,))


def found(text: str) -> Found:
    return Found(Scope.parse(text))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("222233334444", [PAYMENTS]),
        ("Payments Production", [PAYMENTS]),
        ("pay", [PAYMENTS]),
        ("PAY", [PAYMENTS]),
        ("batch", [SEARCH]),
        ("Search", [SEARCH]),
        ("payments production", [PAYMENTS]),
        ("payments", [PAYMENTS, STAGING]),
        ("paym", [PAYMENTS, STAGING]),
        ("staging", [STAGING]),
        ("earc", [SEARCH]),
        ("22223333444", []),
        ("nothing", []),
        ("", []),
    ],
)
def test_accounts_are_found_by_id_name_and_alias(words: str, found: list[Account]) -> None:
    assert accounts(words, DIRECTORY, ALIASES) == found


def test_an_id_wins_over_a_name_and_a_name_over_an_alias() -> None:
    named = [Account("222233334444", "pay"), Account("333344445555", "222233334444"), Account("444455556666", "x")]

    assert accounts("222233334444", named, {"222233334444": "444455556666"}) == [named[0]]
    assert accounts("pay", named, {"pay": "333344445555"}) == [named[0]]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        pytest.param("all", found("organization"), id="all"),
        pytest.param("Everything", found("organization"), id="everything"),
        pytest.param("organization", found("organization"), id="organization"),
        pytest.param("*", found("organization"), id="a pattern of all"),
        pytest.param("222233334444", found("account:222233334444"), id="account's id"),
        pytest.param("pay", found("account:222233334444"), id="alias"),
        pytest.param("old", found("account:666677778888"), id="alias of an account that nobody could read up"),
        pytest.param("555566667777", found("account:555566667777"), id="account that is known by a cluster only"),
        pytest.param("staging", found("account:333344445555"), id="a part of a name"),
        pytest.param("prod-api", found(f"cluster:{API.key}"), id="cluster"),
        pytest.param(WEB.key, found(f"cluster:{WEB.key}"), id="cluster's key"),
        pytest.param("pay/eu-west-1/prod-web", found(f"cluster:{WEB.key}"), id="cluster of a named account"),
        pytest.param("api", found(f"cluster:{API.key}"), id="a part of a cluster's name"),
        pytest.param("eu-west-1", found("region:*/eu-west-1"), id="Region"),
        pytest.param("*/eu-west-1", found("region:*/eu-west-1"), id="Region of all accounts"),
        pytest.param("pay/eu-west-1", found("region:222233334444/eu-west-1"), id="Region of an account"),
        pytest.param(UNIT, found(f"unit:{UNIT}"), id="unit"),
        pytest.param(LOST.id, found(f"instance:{WEB.key}/{instance_id(3)}"), id="incident"),
        pytest.param(LOST.instance, found(f"instance:{WEB.key}/{instance_id(3)}"), id="container instance"),
        pytest.param(LOST.sighting.host, found(f"instance:{WEB.key}/{instance_id(3)}"), id="host"),
        pytest.param("pay/eu-west-1/well", found("cluster:222233334444/eu-west-1/well"), id="a cluster that is well"),
        pytest.param("cluster:999988887777/eu-west-1/gone", found("cluster:999988887777/eu-west-1/gone"), id="scope"),
        pytest.param("prod-*", found("cluster:*/*/prod-*"), id="pattern"),
        pytest.param("new-*", found("cluster:*/*/new-*"), id="pattern of what is not there yet"),
        pytest.param("*/prod-*", found("cluster:*/*/prod-*"), id="pattern of all accounts"),
        pytest.param("*/*/prod-?", found("cluster:*/*/prod-?"), id="pattern of all accounts and Regions"),
        pytest.param("*/eu-west-1/prod-*", found("cluster:*/eu-west-1/prod-*"), id="pattern of a Region"),
        pytest.param("pay/prod-*", found("cluster:222233334444/*/prod-*"), id="pattern of an account"),
        pytest.param("pay/*/prod-*", found("cluster:222233334444/*/prod-*"), id="pattern of an account's Regions"),
        pytest.param(
            "payments production/eu-west-1/prod-*",
            found("cluster:222233334444/eu-west-1/prod-*"),
            id="pattern and more",
        ),
        pytest.param("pay/eu-west-1/*", found("region:222233334444/eu-west-1"), id="all clusters of a Region"),
        pytest.param("*/eu-west-1/*", found("region:*/eu-west-1"), id="all clusters of a Region everywhere"),
        pytest.param("pay/*", found("account:222233334444"), id="all clusters of an account"),
        pytest.param("*/eu-west-1/prod-web", found(f"cluster:{WEB.key}"), id="a name in a Region, known once"),
    ],
)
def test_what_is_meant_is_found(words: str, meant: Found) -> None:
    assert find(words, KNOWN) == meant


@pytest.mark.parametrize(
    ("words", "options"),
    [
        pytest.param(
            "prod-web",
            [
                ("prod-web · eu-west-1 · 222233334444 Payments Production", f"cluster:{WEB.key}"),
                ("prod-web · us-east-1 · 333344445555 Payments Staging", f"cluster:{WEB_THERE.key}"),
            ],
            id="two clusters",
        ),
        pytest.param(
            "payments",
            [
                ("Account Payments Production · 222233334444", "account:222233334444"),
                ("Account Payments Staging · 333344445555", "account:333344445555"),
            ],
            id="two accounts",
        ),
        pytest.param(
            "Batch",
            [
                ("Account search · 444455556666", "account:444455556666"),
                ("Batch · eu-west-1 · 555566667777", f"cluster:{BATCH.key}"),
            ],
            id="an account and a cluster",
        ),
        pytest.param(
            "payments/eu-west-1",
            [
                ("Region eu-west-1 in account 222233334444", "region:222233334444/eu-west-1"),
                ("Region eu-west-1 in account 333344445555", "region:333344445555/eu-west-1"),
            ],
            id="a Region of two accounts",
        ),
        pytest.param(
            "payments/prod-*",
            [
                ("Clusters prod-* · 222233334444 Payments Production", "cluster:222233334444/*/prod-*"),
                ("Clusters prod-* · 333344445555 Payments Staging", "cluster:333344445555/*/prod-*"),
            ],
            id="a pattern of two accounts",
        ),
        pytest.param(
            "*/*/prod-web",
            [
                ("prod-web · eu-west-1 · 222233334444 Payments Production", f"cluster:{WEB.key}"),
                ("prod-web · us-east-1 · 333344445555 Payments Staging", f"cluster:{WEB_THERE.key}"),
            ],
            id="a name that is no pattern, anywhere",
        ),
    ],
)
def test_what_may_be_several_things_is_not_guessed(words: str, options: Sequence[tuple[str, str]]) -> None:
    answer = find(words, KNOWN)

    assert isinstance(answer, Candidates)
    assert sorted(answer.options) == sorted(options)
    assert answer.more == 0


def test_what_fits_exactly_wins_over_what_fits_nearly() -> None:
    """The alias of an account, and a cluster, differ in upper and lower case only."""
    known = replace(KNOWN, clusters=[replace(BATCH, name="batch")])

    assert find("batch", known) == found(f"cluster:{UNREAD.id}/eu-west-1/batch")
    assert find("Batch", known) == found("account:444455556666")


def test_what_is_exactly_a_region_is_one_unless_a_cluster_is_called_so_too() -> None:
    similar = (Cluster(PAYMENTS.id, "eu-west-1", "EU-WEST-1"), Cluster(PAYMENTS.id, "eu-west-1", "my-eu-west-1"))
    same = Cluster(PAYMENTS.id, "eu-west-1", "eu-west-1")

    assert find("eu-west-1", KnownNames(DIRECTORY, clusters=similar)) == found("region:*/eu-west-1")
    assert isinstance(find("eu-west-1", KnownNames(DIRECTORY, clusters=(*similar, same))), Candidates)


def test_of_many_candidates_ten_are_told_and_how_many_more_there_are() -> None:
    many = tuple(Cluster(f"{number:012d}", "eu-west-1", "web") for number in range(400))

    answer = find("web", KnownNames(clusters=many))

    assert isinstance(answer, Candidates)
    assert (len(answer.options), answer.more) == (10, 390)


@pytest.mark.parametrize(
    ("words", "clusters"),
    [
        ("prod-*", [WEB, API, WEB_THERE]),
        ("prod-a??", [API]),
        ("pay/eu-west-1/*-web", [WEB]),
        ("PROD-*", []),
        ("new-*", []),
    ],
)
def test_who_asks_about_one_thing_gets_the_known_ones_that_a_pattern_fits(words: str, clusters: list[Cluster]) -> None:
    answer = find_one(words, KNOWN)

    match clusters:
        case []:
            assert isinstance(answer, Nothing)
        case [cluster]:
            assert answer == Found(Scope.of(cluster))
        case _:
            assert isinstance(answer, Candidates)
            assert {scope for _, scope in answer.options} == {str(Scope.of(cluster)) for cluster in clusters}


def test_what_is_no_pattern_is_one_thing_already() -> None:
    assert find_one("pay", KNOWN) == find("pay", KNOWN) == found("account:222233334444")


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        ("prod-wbe", ("prod-web",)),
        ("serach", ("search",)),
        ("222233334445", ("222233334444",)),
        ("paymnets production", ("Payments Production",)),
        ("xyzzy", ()),
        ("", ()),
        ("/eu-west-1", ()),
        ("xyzzy/eu-west-1", ()),
        ("pay/", ("pay",)),
        ("ou-ab12-99999999", ()),
        ("i-", ()),
        ("a/b/c/d", ()),
        ("[xyzzy]*", ()),
        ("xyzzy/prod-*", ()),
        ("pay/eu-*/prod-*", ()),
    ],
)
def test_what_nothing_is_called_is_told_with_what_comes_nearest(words: str, nearest: tuple[str, ...]) -> None:
    answer = find(words, KNOWN)

    assert isinstance(answer, Nothing)
    assert answer.nearest[:1] == nearest


def test_an_id_that_is_not_of_the_organization_is_not_found() -> None:
    assert isinstance(find("999988887777", KNOWN), Nothing)


def test_while_nobody_can_read_the_organization_up_an_id_is_taken_for_what_it_is() -> None:
    assert find("999988887777", KnownNames()) == found("account:999988887777")


@given(st.text() | st.sampled_from(list(HOSTILE.values())) | st.text(alphabet="*?[]!-ab/", max_size=60))
def test_whatever_is_typed_there_is_an_answer(words: str) -> None:
    answer = find(words, KNOWN)

    match answer:
        case Found():
            assert Scope.parse(str(answer.scope)) == answer.scope
        case Candidates():
            assert 1 < len(answer.options) <= 10
        case Nothing():
            assert len(answer.nearest) <= 3


@given(
    st.sampled_from([*(c.key for c in CLUSTERS), *(a.id for a in DIRECTORY), UNIT, "all", LOST.id, "prod-*", "pay/p?"])
)
def test_what_is_found_is_found_again_by_its_scope(words: str) -> None:
    answer = find(words, KNOWN)

    assert isinstance(answer, Found)
    assert find(str(answer.scope), KNOWN) == answer


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    "scope",
    [
        Scope(account=LONGEST.account),
        Scope.of(LONGEST),
        Scope.of(LONGEST, "0" * 36),
        Scope(account=LONGEST.account, region=LONGEST.region, cluster="c" * 254 + "*"),
    ],
)
def test_a_label_fits_a_button_and_tells_the_account(scope: Scope, name: str) -> None:
    lost = incident(1, cluster=LONGEST, instance="0" * 36, sighting=sighting(host=name[:19].strip()))

    words = label(scope, KnownNames([Account(LONGEST.account, name)], troubled=[lost]))

    assert len(words) <= 75
    assert LONGEST.account in words
    assert words.isprintable()
