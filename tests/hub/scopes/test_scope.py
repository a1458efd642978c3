"""Scopes: how they are written, what they cover, which are wider, which have something in common."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.scopes.account import Account
from hub.scopes.scope import Scope
from spoke.places import Cluster
from tests.hub.factories import CLUSTER, ELSEWHERE, LONGEST, instance_id
from tests.hub.scopes.scopes import UNITS, accounts, clusters, directories, instances, scopes

ACCOUNT = Account("222233334444", "Payments", units=UNITS[:2])
EACH_KIND = [
    pytest.param("organization", "organization", "the whole organization", id="organization"),
    pytest.param("region:*/eu-west-1", "region", "eu-west-1 in all accounts", id="Region of all accounts"),
    pytest.param("cluster:*/*/prod-*", "clusters", "clusters prod-* in all accounts", id="pattern everywhere"),
    pytest.param(
        "cluster:*/eu-west-1/prod-*", "clusters", "clusters prod-* in eu-west-1, all accounts", id="pattern in a Region"
    ),
    pytest.param(f"unit:{UNITS[0]}", "unit", "organizational unit ou-ab12-11112222", id="unit"),
    pytest.param("account:222233334444", "account", "account 222233334444", id="account"),
    pytest.param("region:222233334444/eu-west-1", "region", "eu-west-1 in account 222233334444", id="Region"),
    pytest.param(
        "cluster:222233334444/*/prod-*",
        "clusters",
        "clusters prod-* in account 222233334444",
        id="pattern in an account",
    ),
    pytest.param(
        "cluster:222233334444/eu-west-1/prod-?ayments",
        "clusters",
        "clusters prod-?ayments in eu-west-1, account 222233334444",
        id="pattern in one place",
    ),
    pytest.param(
        f"cluster:{CLUSTER.key}", "cluster", "cluster prod-payments in eu-west-1, account 222233334444", id="cluster"
    ),
    pytest.param(
        f"instance:{CLUSTER.key}/{instance_id()}",
        "instance",
        f"instance {instance_id()} of cluster prod-payments in eu-west-1, account 222233334444",
        id="instance",
    ),
]


@pytest.mark.parametrize(("text", "kind", "label"), EACH_KIND)
def test_each_kind_is_read_written_and_told_to_people(text: str, kind: str, label: str) -> None:
    scope = Scope.parse(text)

    assert str(scope) == text
    assert scope.kind == kind
    assert scope.label == label


@pytest.mark.parametrize(("text", "kind", "label"), EACH_KIND)
def test_each_kind_covers_what_is_in_it(text: str, kind: str, label: str) -> None:  # noqa: ARG001  # the same table
    assert Scope.parse(text).covers(CLUSTER, ACCOUNT, instance_id())


@pytest.mark.parametrize(("text", "kind", "label"), EACH_KIND[1:])
def test_each_kind_but_the_widest_leaves_out_what_is_elsewhere(text: str, kind: str, label: str) -> None:  # noqa: ARG001
    assert not Scope.parse(text).covers(ELSEWHERE, Account("333344445555"), instance_id())


def test_the_kinds_are_sorted_widest_first() -> None:
    widths = [Scope.parse(str(case.values[0])).width for case in EACH_KIND]

    assert widths == list(reversed(range(len(EACH_KIND))))


@pytest.mark.parametrize(
    ("scope", "cluster", "instance", "covered"),
    [
        pytest.param("region:222233334444/eu-west-1", LONGEST, "", False, id="another Region"),
        pytest.param("region:*/us-east-1", ELSEWHERE, "", True, id="a Region of any account"),
        pytest.param(
            f"cluster:{CLUSTER.key}", Cluster("222233334444", "eu-west-1", "prod-payment"), "", False, id="similar"
        ),
        pytest.param("cluster:222233334444/*/PROD-*", CLUSTER, "", False, id="a pattern in upper case"),
        pytest.param("cluster:222233334444/*/prod-?", CLUSTER, "", False, id="more than one character"),
        pytest.param("cluster:*/us-east-1/*", CLUSTER, "", False, id="a pattern of another Region"),
        pytest.param("cluster:*/*/*search*", ELSEWHERE, instance_id(), True, id="an instance of a cluster that fits"),
        pytest.param(f"instance:{CLUSTER.key}/{instance_id()}", CLUSTER, "", False, id="not the cluster"),
        pytest.param(f"instance:{CLUSTER.key}/{instance_id()}", CLUSTER, instance_id(2), False, id="another instance"),
    ],
)
def test_what_is_not_quite_in_it_is_not_covered(scope: str, cluster: Cluster, instance: str, covered: bool) -> None:
    assert Scope.parse(scope).covers(cluster, Account(cluster.account), instance) is covered


def test_a_unit_covers_the_accounts_of_the_units_below_it() -> None:
    assert Scope(unit=UNITS[0]).covers(CLUSTER, ACCOUNT)
    assert Scope(unit=UNITS[1]).covers(CLUSTER, ACCOUNT)
    assert not Scope(unit=UNITS[2]).covers(CLUSTER, ACCOUNT)


def test_no_unit_covers_an_account_that_nobody_could_read_up() -> None:
    assert not Scope(unit=UNITS[0]).covers(CLUSTER, Account(CLUSTER.account))


@given(scopes)
def test_a_scope_that_is_written_and_read_is_the_same(scope: Scope) -> None:
    assert Scope.parse(str(scope)) == scope


@given(st.text() | scopes.map(str).flatmap(lambda text: st.integers(0, len(text)).map(lambda n: text[:n])))
def test_what_is_read_is_written_the_same(text: str) -> None:
    try:
        scope = Scope.parse(text)
    except ValueError:
        return
    assert str(scope) == text


@given(scopes, scopes, clusters, accounts, instances | st.just(""))
def test_a_scope_covers_what_any_of_its_parts_covers(
    scope: Scope, part: Scope, cluster: Cluster, account: Account, instance: str
) -> None:
    """Whoever leaves a part of a scope out makes it wider."""
    inside = (part.unit, part.account, part.region, part.cluster, part.instance)
    around = (scope.unit, scope.account, scope.region, scope.cluster, scope.instance)
    if all(wide in {"", narrow} for wide, narrow in zip(around, inside, strict=True)):
        assert scope.width >= part.width
        assert scope.covers(cluster, account, instance) or not part.covers(cluster, account, instance)


@given(scopes, scopes, directories, clusters, instances)
def test_two_scopes_meet_if_something_is_covered_by_both(
    one: Scope, other: Scope, directory: dict[str, Account], cluster: Cluster, instance: str
) -> None:
    account = directory.get(cluster.account, Account(cluster.account))
    if one.covers(cluster, account, instance) and other.covers(cluster, account, instance):
        assert one.meets(other, directory)
    assert one.meets(other, directory) == other.meets(one, directory)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        pytest.param("account:222233334444", "account:333344445555", False, id="two accounts"),
        pytest.param("account:222233334444", "region:*/eu-west-1", True, id="an account and a Region of all"),
        pytest.param("region:*/us-east-1", f"cluster:{CLUSTER.key}", False, id="a cluster of another Region"),
        pytest.param(f"unit:{UNITS[0]}", "account:222233334444", True, id="an account of the unit"),
        pytest.param(f"unit:{UNITS[2]}", "account:222233334444", False, id="an account of another unit"),
        pytest.param(f"unit:{UNITS[0]}", "account:999988887777", False, id="an account that nobody knows"),
        pytest.param(f"unit:{UNITS[0]}", f"unit:{UNITS[1]}", True, id="a unit in a unit"),
        pytest.param(f"unit:{UNITS[0]}", f"unit:{UNITS[2]}", False, id="two units"),
        pytest.param(f"unit:{UNITS[2]}", f"unit:{UNITS[2]}", True, id="the same unit"),
        pytest.param(f"unit:{UNITS[2]}", "region:*/eu-west-1", True, id="a unit and a Region"),
        pytest.param("organization", f"unit:{UNITS[2]}", True, id="everything"),
        pytest.param("cluster:*/*/prod-*", f"cluster:{CLUSTER.key}", True, id="a pattern and a cluster that fits"),
        pytest.param("cluster:*/*/test-*", f"cluster:{CLUSTER.key}", False, id="a pattern and one that does not"),
        pytest.param("cluster:*/*/prod-*", f"instance:{CLUSTER.key}/{instance_id()}", True, id="pattern, instance"),
        pytest.param("cluster:*/*/prod-*", "cluster:222233334444/*/prod-web-*", True, id="a pattern in a pattern"),
        pytest.param("cluster:*/*/prod-*", "cluster:*/*/*-web", True, id="patterns that some name may fit"),
        pytest.param("cluster:*/*/prod-*", "cluster:*/*/test-*", False, id="patterns of two beginnings"),
        pytest.param("cluster:*/us-east-1/prod-*", "region:*/eu-west-1", False, id="a pattern of another Region"),
        pytest.param("cluster:222233334444/*/prod-*", f"unit:{UNITS[0]}", True, id="a pattern of the unit's account"),
    ],
)
def test_whether_two_scopes_have_something_in_common(one: str, other: str, meet: bool) -> None:
    assert Scope.parse(one).meets(Scope.parse(other), {ACCOUNT.id: ACCOUNT}) is meet


@pytest.mark.parametrize(
    "text",
    [
        "",
        "all",
        "Organization",
        "organization:",
        "account:",
        "account:2222",
        "account:222233334444\n",
        "account:222233334444/eu-west-1",
        "unit:",
        "unit:r-ab12",
        "unit:ou-AB12-11112222",
        "region:eu-west-1",
        "region:/eu-west-1",
        "region:*/",
        "region:*/nowhere",
        "region:222233334444/eu-west-1/prod",
        "cluster:prod",
        "cluster:222233334444/eu-west-1",
        "cluster:222233334444//prod",
        "cluster:222233334444/eu-west-1/prod/",
        "cluster:*/eu-west-1/prod",
        "cluster:222233334444/*/prod",
        "cluster:*/*/prod",
        "cluster:*/*/prod-[ab]*",
        "cluster:*/eu-*/prod-*",
        "cluster:2222*/*/prod-*",
        "cluster:*//prod-*",
        "cluster:prod-*",
        "cluster:*/*/prod *",
        f"cluster:*/*/{'x' * 255}*",
        f"instance:222233334444/eu-west-1/prod-*/{instance_id()}",
        "cluster:222233334444/eu-west-1/prod payments",
        f"instance:{CLUSTER.key}",
        f"instance:{CLUSTER.key}/",
        f"instance:{CLUSTER.key}/i-1",
        "instance:222233334444/eu-west-1//" + "0" * 32,
        "x" * 100_000,
    ],
)
def test_what_is_no_scope_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no scope") as refused:
        Scope.parse(text)

    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    "parts",
    [
        {"cluster": "prod"},
        {"account": "222233334444", "cluster": "prod"},
        {"region": "eu-west-1", "cluster": "prod"},
        {"unit": UNITS[0], "account": "222233334444"},
        {"instance": "0" * 32},
        {"unit": UNITS[0], "cluster": "prod-*"},
        {"account": "222233334444", "region": "eu-west-1", "cluster": "prod-*", "instance": "0" * 32},
    ],
)
def test_parts_that_do_not_go_together_make_no_scope(parts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="a scope is not made of"):
        Scope(**parts)


def test_the_scope_of_a_cluster_and_of_its_instance() -> None:
    assert str(Scope.of(CLUSTER)) == f"cluster:{CLUSTER.key}"
    assert str(Scope.of(CLUSTER, instance_id())) == f"instance:{CLUSTER.key}/{instance_id()}"


@pytest.mark.parametrize(("text", "kind", "label"), EACH_KIND)
def test_only_a_cluster_and_its_instances_are_of_one_cluster(text: str, kind: str, label: str) -> None:  # noqa: ARG001
    assert Scope.parse(text).one_cluster == (CLUSTER if kind in {"cluster", "instance"} else None)
