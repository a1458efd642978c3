from collections.abc import Callable

import pytest

from spoke.places import BadPlace, Cluster, ContainerInstance, partition

DASHED = "5a15ed32-87fa-4dad-8cfe-d1f3581a4a14"
PLAIN = "5a15ed3287fa4dad8cfed1f3581a4a14"


@pytest.mark.parametrize(
    ("arn", "cluster"),
    [
        pytest.param(
            "arn:aws:ecs:eu-west-1:222233334444:cluster/prod-payments",
            Cluster("222233334444", "eu-west-1", "prod-payments"),
            id="aws",
        ),
        pytest.param(
            "arn:aws-cn:ecs:cn-northwest-1:222233334444:cluster/Prod_1",
            Cluster("222233334444", "cn-northwest-1", "Prod_1"),
            id="china",
        ),
        pytest.param(
            "arn:aws-us-gov:ecs:us-gov-east-1:222233334444:cluster/x",
            Cluster("222233334444", "us-gov-east-1", "x"),
            id="govcloud",
        ),
    ],
)
def test_a_cluster_is_read_from_its_arn_and_written_back(arn: str, cluster: Cluster) -> None:
    assert Cluster.from_arn(arn) == cluster
    assert cluster.arn == arn


def test_a_cluster_is_read_from_its_key_and_written_back() -> None:
    cluster = Cluster("222233334444", "eu-west-1", "prod-payments")

    assert cluster.key == "222233334444/eu-west-1/prod-payments"
    assert Cluster.from_key(cluster.key) == cluster


def test_clusters_sort_by_account_region_and_name() -> None:
    keys = ["111111111111/eu-west-1/b", "111111111111/us-east-1/a", "222222222222/eu-west-1/a"]

    assert [cluster.key for cluster in sorted(map(Cluster.from_key, reversed(keys)))] == keys


@pytest.mark.parametrize("instance", [PLAIN, DASHED], ids=["plain", "dashed"])
@pytest.mark.parametrize("form", ["", "prod-payments/", "somebody-elses-cluster/"], ids=["old", "new", "other cluster"])
def test_a_container_instance_is_read_from_both_forms_of_its_arn(form: str, instance: str) -> None:
    read = ContainerInstance.from_arn(f"arn:aws:ecs:eu-west-1:222233334444:container-instance/{form}{instance}")

    assert read == ContainerInstance("222233334444", "eu-west-1", instance)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        pytest.param(Cluster.from_arn, "", id="nothing"),
        pytest.param(Cluster.from_arn, "prod-payments", id="a name"),
        pytest.param(Cluster.from_arn, "arn:aws:ecs:eu-west-1:222233334444:service/prod-payments", id="a service"),
        pytest.param(Cluster.from_arn, "arn:aws:ecs:eu-west-1:222233334444:cluster/a/b", id="a name with a slash"),
        pytest.param(Cluster.from_arn, "arn:aws:ecs:eu-west-1:222233334444:cluster/<!channel>", id="a mention"),
        pytest.param(Cluster.from_arn, "arn:aws:ecs:eu-west-1:222233334444:cluster/a\n", id="a line end"),
        pytest.param(Cluster.from_arn, f"arn:aws:ecs:eu-west-1:222233334444:cluster/{'x' * 256}", id="a long name"),
        pytest.param(Cluster.from_arn, "arn:aws:ecs:eu-west-1:22223333444:cluster/a", id="11 digits"),
        pytest.param(Cluster.from_arn, "arn:aws:ecs:eu-west-1:２２２２３３３３４４４４:cluster/a", id="foreign digits"),  # noqa: RUF001 - on purpose
        pytest.param(Cluster.from_arn, "arn:aws:ecs:nowhere:222233334444:cluster/a", id="no Region"),
        pytest.param(Cluster.from_arn, f"arn:aws:ecs:eu-{'w' * 21}-1:222233334444:cluster/a", id="a long Region"),
        pytest.param(Cluster.from_arn, "arn:aws:ecs:cn-north-1:222233334444:cluster/a", id="another partition"),
        pytest.param(
            Cluster.from_arn, "arn:aws:ecs:us-iso-east-1:222233334444:cluster/a", id="a partition not the Region's"
        ),
        pytest.param(Cluster.from_key, "222233334444/eu-west-1", id="a short key"),
        pytest.param(Cluster.from_key, "222233334444/eu-west-1/a/b", id="a long key"),
        pytest.param(Cluster.from_key, "eu-west-1/222233334444/a", id="a key the wrong way round"),
        pytest.param(
            ContainerInstance.from_arn,
            f"arn:aws:ecs:eu-west-1:222233334444:container-instance/a/b/{PLAIN}",
            id="too many parts",
        ),
        pytest.param(
            ContainerInstance.from_arn, "arn:aws:ecs:eu-west-1:222233334444:container-instance/a/short", id="no id"
        ),
        pytest.param(ContainerInstance.from_arn, f"arn:aws:ecs:eu-west-1:222233334444:task/{PLAIN}", id="a task"),
    ],
)
def test_what_names_no_place_is_refused(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(BadPlace):
        read(text)


def test_a_refusal_quotes_only_the_beginning_of_what_it_refuses() -> None:
    with pytest.raises(BadPlace, match=r"^'x{100}…' is not the ARN of an ECS cluster$"):
        Cluster.from_arn("x" * 1_000_000)


@pytest.mark.parametrize(
    ("region", "name"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-west-2", "aws")],
)
def test_a_region_tells_its_partition(region: str, name: str) -> None:
    assert partition(region) == name
