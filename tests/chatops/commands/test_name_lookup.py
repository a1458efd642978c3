"""What the words of a command name: found, ambiguous, or nothing and what comes nearest."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatops.commands.exact_names import Unseen
from chatops.commands.known_names import KnownNames, label
from chatops.commands.name_lookup import Answer, Candidates, Found, Nothing, find, find_one, guess, split
from hub.incidents.incident import State
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
OVER = incident(4, cluster=API, state=State.RESOLVED)
REGIONS = ("eu-west-1", "us-east-1")
KNOWN = KnownNames(DIRECTORY, ALIASES, CLUSTERS, (LOST, OVER), REGIONS)


def found(text: str) -> Found:
    return Found(Scope.parse(text))


def offered(answer: Answer) -> list[str]:
    """What the buttons of an answer stand for."""
    match answer:
        case Candidates():
            return [words for _, words in answer.options]
        case Nothing():
            return [words for _, words in answer.nearest]
    return []


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
        pytest.param("PAY", found("account:222233334444"), id="alias in upper case"),
        pytest.param("payments production", found("account:222233334444"), id="name in lower case"),
        pytest.param("PROD-API", found(f"cluster:{API.key}"), id="cluster in upper case"),
        pytest.param("EU-WEST-1", found("region:*/eu-west-1"), id="Region in upper case"),
        pytest.param(UNIT.upper(), found(f"unit:{UNIT}"), id="unit in upper case"),
        pytest.param("pay/prod-web", found(f"cluster:{WEB.key}"), id="cluster behind its account"),
        pytest.param("us-east-1/prod-web", found(f"cluster:{WEB_THERE.key}"), id="cluster behind its Region"),
        pytest.param("Pay / EU-WEST-1 / Prod-Web", found(f"cluster:{WEB.key}"), id="blanks around slashes"),
        pytest.param("2222-3333-4444", found("account:222233334444"), id="account's id as AWS shows it"),
        pytest.param("2222 3333 4444/eu-west-1", found("region:222233334444/eu-west-1"), id="the same with blanks"),
        pytest.param("*Payments Production*", found("account:222233334444"), id="bold"),
        pytest.param("***prod-api***", found(f"cluster:{API.key}"), id="bold, and italic"),
        pytest.param("_~pay~_", found("account:222233334444"), id="italic and struck"),
        pytest.param("`prod-api`.", found(f"cluster:{API.key}"), id="code and a full stop"),
        pytest.param("prod\u2011api,", found(f"cluster:{API.key}"), id="a hyphen that does not break"),
        pytest.param("prod-api -", found(f"cluster:{API.key}"), id="a dash behind it"),
        pytest.param("pay prod-web", found(f"cluster:{WEB.key}"), id="a blank for a slash"),
        pytest.param("pay eu-west-1 prod-web", found(f"cluster:{WEB.key}"), id="blanks for slashes"),
        pytest.param(WEB.arn, found(f"cluster:{WEB.key}"), id="cluster's ARN"),
        pytest.param(
            f"arn:aws:ecs:eu-west-1:{PAYMENTS.id}:container-instance/prod-web/{LOST.instance}",
            found(f"instance:{WEB.key}/{instance_id(3)}"),
            id="container instance's ARN",
        ),
        pytest.param(f"prod-web/{LOST.sighting.host}", found(f"instance:{WEB.key}/{instance_id(3)}"), id="its host"),
        pytest.param(f"{WEB.key} {LOST.instance}", found(f"instance:{WEB.key}/{instance_id(3)}"), id="with a blank"),
        pytest.param(OVER.id.upper(), found(f"instance:{API.key}/{instance_id(4)}"), id="incident that is over"),
        pytest.param("prod-api", found(f"cluster:{API.key}"), id="cluster"),
        pytest.param(WEB.key, found(f"cluster:{WEB.key}"), id="cluster's key"),
        pytest.param("pay/eu-west-1/prod-web", found(f"cluster:{WEB.key}"), id="cluster of a named account"),
        pytest.param("eu-west-1", found("region:*/eu-west-1"), id="Region"),
        pytest.param("*/eu-west-1", found("region:*/eu-west-1"), id="Region of all accounts"),
        pytest.param("pay/eu-west-1", found("region:222233334444/eu-west-1"), id="Region of an account"),
        pytest.param(UNIT, found(f"unit:{UNIT}"), id="unit"),
        pytest.param(LOST.id, found(f"instance:{WEB.key}/{instance_id(3)}"), id="incident"),
        pytest.param(LOST.instance, found(f"instance:{WEB.key}/{instance_id(3)}"), id="container instance"),
        pytest.param(LOST.sighting.host, found(f"instance:{WEB.key}/{instance_id(3)}"), id="host"),
        pytest.param("cluster:999988887777/eu-west-1/gone", found("cluster:999988887777/eu-west-1/gone"), id="scope"),
        pytest.param("prod-*", found("cluster:*/*/prod-*"), id="pattern"),
        pytest.param("*/prod-*", found("cluster:*/*/prod-*"), id="pattern of all accounts"),
        pytest.param("*/*/prod-?pi", found("cluster:*/*/prod-?pi"), id="pattern of all accounts and Regions"),
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
            "Batch",
            [
                ("Account search · 444455556666", "account:444455556666"),
                ("Batch · eu-west-1 · 555566667777", f"cluster:{BATCH.key}"),
            ],
            id="an account and a cluster",
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


@pytest.mark.parametrize(
    ("words", "options"),
    [
        pytest.param("api", [f"cluster:{API.key}"], id="a part of one name"),
        pytest.param("staging", ["account:333344445555"], id="a part of an account's name"),
        pytest.param("payments", ["account:222233334444", "account:333344445555"], id="the beginning of two"),
        pytest.param("*prod-a*", [f"cluster:{API.key}", "cluster:*/*/*prod-a*"], id="bold, or a pattern"),
        pytest.param("production/prod-w", [f"cluster:{WEB.key}"], id="behind a part of an account's name"),
        pytest.param("payments/us-east-1", [f"region:{a.id}/us-east-1" for a in (PAYMENTS, STAGING)], id="Region"),
        pytest.param(LOST.id[:9], [f"instance:{WEB.key}/{instance_id(3)}"], id="the beginning of an id"),
    ],
)
def test_what_is_not_called_exactly_so_is_a_candidate_even_if_it_is_alone(words: str, options: list[str]) -> None:
    answer = find(words, KNOWN)

    assert offered(answer) == options
    assert not (isinstance(answer, Candidates) and answer.exact)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        pytest.param("api", found(f"cluster:{API.key}"), id="a part of one name"),
        pytest.param("prod-api?", found(f"cluster:{API.key}"), id="a question mark"),
        pytest.param("api?", found(f"cluster:{API.key}"), id="a part of a name, and a question mark"),
        pytest.param("search", found("account:444455556666"), id="exactly"),
        pytest.param(f"api/{LOST.sighting.host}", Nothing(instance=False), id="an instance of half a name"),
    ],
)
def test_who_only_asks_is_answered_about_the_one_that_there_is(words: str, meant: Answer) -> None:
    answer = guess(words, KNOWN)

    assert answer == meant or (isinstance(meant, Nothing) and isinstance(answer, Nothing))


def test_who_only_asks_is_asked_back_where_there_are_several() -> None:
    assert isinstance(guess("payments", KNOWN), Candidates)
    assert isinstance(guess("prod-web", KNOWN), Candidates)


@pytest.mark.parametrize(
    "words", [f"prod-api/{'i-0123456789abcdef0'}", f"pay/eu-west-1/prod-api {'I-0123456789ABCDEF0'}"]
)
def test_an_instance_of_a_known_cluster_that_nobody_knows_is_unseen(words: str) -> None:
    assert find(words, KNOWN) == Unseen(API, "i-0123456789abcdef0")


def test_an_instance_in_one_of_two_clusters_is_asked_about() -> None:
    answer = find("prod-web/i-0123456789abcdef0", KNOWN)

    assert offered(answer) == [f"{WEB.key}/i-0123456789abcdef0", f"{WEB_THERE.key}/i-0123456789abcdef0"]
    assert [find(words, KNOWN) for words in offered(answer)] == [
        Unseen(WEB, "i-0123456789abcdef0"),
        Unseen(WEB_THERE, "i-0123456789abcdef0"),
    ]


def test_an_instance_without_its_cluster_may_be_in_each_of_a_few() -> None:
    answer = find("i-0123456789abcdef0", KNOWN)

    assert isinstance(answer, Nothing)
    assert answer.instance
    assert offered(answer) == [f"{cluster.key}/i-0123456789abcdef0" for cluster in CLUSTERS]
    many = replace(KNOWN, clusters=[replace(WEB, name=f"c-{number}") for number in range(11)])
    assert find("i-0123456789abcdef0", many) == Nothing(instance=True)


@pytest.mark.parametrize(
    ("words", "strange"),
    [
        ("pay/eu-west-1/new", "cluster:222233334444/eu-west-1/new"),
        ("new-*", "cluster:*/*/new-*"),
        ("pay/new-*", "cluster:222233334444/*/new-*"),
        ("PROD-*", "cluster:*/*/PROD-*"),
        ("pay/eu-west-9/prod-web", None),
        ("eu-west-9", None),
        ("new", None),
        ("999988887777/eu-west-1/prod-web", None),
    ],
)
def test_what_is_well_formed_but_unknown_is_found_by_nobody(words: str, strange: str | None) -> None:
    answer = find(words, KNOWN)

    assert isinstance(answer, Nothing)
    assert answer.strange == (strange and Scope.parse(strange))


@pytest.mark.parametrize(
    ("words", "sure", "ways"),
    [
        pytest.param("pay deploy of it", True, [("pay", "deploy of it")], id="a name and a reason"),
        pytest.param("Payments Production moves", True, [("Payments Production", "moves")], id="a name of two words"),
        pytest.param("prod-api", True, [("prod-api", "")], id="a name alone"),
        pytest.param("prd-api deploys", True, [("prd-api", "deploys")], id="no name at all"),
        pytest.param(
            "all prod-a", False, [("all", "prod-a"), (f"cluster:{API.key}", "")], id="everything, and then half a name"
        ),
        pytest.param(
            "search prod-api x", False, [("search", "prod-api x"), (f"cluster:{API.key}", "x")], id="two names"
        ),
        pytest.param("pay prod-api", True, [("pay prod-api", "")], id="an account and a cluster of it"),
        pytest.param(
            "search staging", False, [("search", "staging"), ("account:777788889999", "")], id="may be a longer name"
        ),
    ],
)
def test_a_name_and_a_reason_that_run_on_are_parted_if_there_is_one_way(
    words: str, sure: bool, ways: list[tuple[str, str]]
) -> None:
    longer = replace(KNOWN, directory=[*DIRECTORY, Account("777788889999", "Search Staging EU")])

    parted = split(words, longer)

    assert parted.sure is sure
    assert [(name, reason) for _, name, reason in parted.ways] == ways


def test_who_ends_something_is_offered_what_is_begun() -> None:
    muted = Scope.of(API)

    assert offered(find("prod", replace(KNOWN, muted=[muted]))) == [str(muted)]
    assert offered(find("earc", replace(KNOWN, muted=[muted]))) == ["account:444455556666"]
    assert find("eu-north-1", replace(KNOWN, muted=[Scope(region="eu-north-1")])) == found("region:*/eu-north-1")
    assert find("999988887777", replace(KNOWN, muted=[Scope(account="999988887777")])) == found("account:999988887777")
    assert find("gone-*", replace(KNOWN, muted=[Scope(cluster="gone-*")])) == found("cluster:*/*/gone-*")


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
    assert find("my-eu-west-1", KnownNames(DIRECTORY, clusters=similar)) == found(f"cluster:{similar[1].key}")


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
        ("prod-wbe", f"cluster:{WEB.key}"),
        ("pay/prod-wbe", f"cluster:{WEB.key}"),
        ("serach", "account:444455556666"),
        ("222233334445", "account:222233334444"),
        ("paymnets production", "account:222233334444"),
        ("eu-west-9", "region:*/eu-west-1"),
        ("pay/eu-west-9", "region:222233334444/eu-west-1"),
        ("PROD-?PI", "cluster:*/*/prod-?pi"),
        ("xyzzy", ""),
        ("", ""),
        ("ou-ab12-99999999", ""),
        ("i-", ""),
        ("a/b/c/d", ""),
        ("[xyzzy]*", ""),
    ],
)
def test_what_nothing_is_called_is_told_with_what_comes_nearest(words: str, nearest: str) -> None:
    answer = find(words, KNOWN)

    assert isinstance(answer, Nothing)
    assert offered(answer)[:1] == ([nearest] if nearest else [])


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
            assert (1 if answer.exact else 0) < len(answer.options) <= 10
        case Nothing():
            assert len(answer.nearest) <= 3


@given(
    st.sampled_from([*(c.key for c in CLUSTERS), *(a.id for a in DIRECTORY), UNIT, "all", LOST.id, "prod-*", "pay/p*i"])
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

    words = label(scope, KnownNames([Account(LONGEST.account, name)], incidents=[lost]))

    assert len(words) <= 75
    assert LONGEST.account in words
    assert words.isprintable()
