"""Every Region that botocore knows, wherever a Region, a partition, an ARN or a host name is written."""

import re
from collections.abc import Iterator

import botocore.session
import pytest

from hub.incidents.content import compose
from hub.incidents.hint_messages import from_message
from hub.incidents.hints import StormHint
from hub.policy import values
from hub.slack.bulletin_message import render
from spoke.partitions import partition_of, partitions
from spoke.places import BadPlace, Cluster, ContainerInstance, check_region, partition
from tests.hub.factories import bulletin, incident
from tests.templates.reading import FILES, read

SESSION = botocore.session.Session()
INSTANCE = "5a15ed3287fa4dad8cfed1f3581a4a14"
ACCOUNT = "222233334444"


def regions() -> Iterator[tuple[str, str]]:
    """The Regions, each with its partition. What is called a Region and is none has an endpoint, but no ECS."""
    for name in SESSION.get_available_partitions():
        for service in ("ec2", "ecs"):
            yield from ((region, name) for region in SESSION.get_available_regions(service, name))


REGIONS = sorted(set(regions()))


def test_botocore_knows_regions_of_every_partition() -> None:
    assert {name for _, name in REGIONS} == {one.name for one in partitions()}
    assert ("eusc-de-east-1", "aws-eusc") in REGIONS
    assert len(REGIONS) > 40


@pytest.mark.parametrize(("region", "name"), REGIONS)
def test_a_region_is_in_its_partition(region: str, name: str) -> None:
    check_region(region)
    found = partition_of(region)
    assert found is not None
    assert (found.name, partition(region)) == (name, name)
    assert SESSION.get_partition_for_region(region) == name
    sts = SESSION.create_client("sts", region, aws_access_key_id="none", aws_secret_access_key="none")
    assert sts.meta.endpoint_url.endswith(f".{found.dns_suffix}")


@pytest.mark.parametrize(("region", "name"), REGIONS)
def test_what_names_a_region_is_read(region: str, name: str) -> None:
    arn = f"arn:{name}:ecs:{region}:{ACCOUNT}:cluster/prod"
    assert Cluster.from_arn(arn).arn == arn
    instance = ContainerInstance.from_arn(f"arn:{name}:ecs:{region}:{ACCOUNT}:container-instance/prod/{INSTANCE}")
    assert instance.region == region
    topic = f"arn:{name}:sns:{region}:{ACCOUNT}:pager"
    assert values.topic(topic) == topic
    assert values.region(region) == region
    assert from_message(f'{{"storm": "T0COAST01/{region}"}}') == StormHint("T0COAST01", region)


@pytest.mark.parametrize("name", FILES)
def test_each_template_takes_every_region(name: str) -> None:
    shapes = {
        parameter: shape["AllowedPattern"]
        for parameter, shape in read(name)["Parameters"].items()
        if parameter.endswith(("Region", "Regions"))
    }
    assert shapes
    everything = [region for region, _ in REGIONS]
    refused = [(parameter, one) for parameter, form in shapes.items() for one in everything if not re.search(form, one)]
    assert refused == []


def test_the_hub_takes_several_regions_at_once() -> None:
    form = read("hub")["Parameters"]["Regions"]["AllowedPattern"]
    assert re.search(form, ", ".join(region for region, _ in REGIONS))


@pytest.mark.parametrize(("region", "name"), REGIONS)
def test_each_template_takes_the_arns_of_every_partition(region: str, name: str) -> None:
    arns = {
        "PermissionsBoundaryArn": f"arn:{name}:iam::{ACCOUNT}:policy/boundary",
        "KmsKeyArn": f"arn:{name}:kms:{region}:{ACCOUNT}:key/1234abcd",
        "AlarmTopicArn": f"arn:{name}:sns:{region}:{ACCOUNT}:alarms",
    }
    for template in FILES:
        for parameter, shape in read(template)["Parameters"].items():
            if parameter in arns:
                assert re.search(shape["AllowedPattern"], arns[parameter]), (template, parameter)


def words_about(region: str) -> str:
    cluster = Cluster(ACCOUNT, region, "prod")
    shown = bulletin(cluster=cluster)
    return str(render(compose(shown.episode, [incident(cluster=cluster)]), shown.episode))


@pytest.mark.parametrize(
    ("region", "address"),
    [
        ("eu-west-1", "https://eu-west-1.console.aws.amazon.com/ecs/"),
        ("us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/ecs/"),
        ("cn-north-1", "https://cn-north-1.console.amazonaws.cn/ecs/"),
        ("eusc-de-east-1", "https://eusc-de-east-1.console.amazonaws-eusc.eu/ecs/"),
    ],
)
def test_a_link_leads_to_the_partitions_console(region: str, address: str) -> None:
    assert f"<{address}v2/clusters/prod/infrastructure?region={region}|ECS console>" in words_about(region)


def test_where_no_console_is_known_there_is_no_link() -> None:
    words = words_about("us-iso-east-1")
    assert "us-iso-east-1" in words
    assert "https://" not in words


@pytest.mark.parametrize("region", ["us-east-99", "mx-north-1", "us-gov-south-1", "eusc-de-west-2"])
def test_a_region_that_is_newer_than_the_data_is_known_by_its_partitions_pattern(region: str) -> None:
    assert region not in {known for known, _ in REGIONS}
    check_region(region)
    assert partition(region) == SESSION.get_partition_for_region(region)


@pytest.mark.parametrize(
    "region",
    ["", "aws-global", "nowhere", "xx-east-1", "us-east-1\n", "us-gov-east-1-1", f"us-{'e' * 30}-1", "us-éast-1"],
)
def test_what_can_be_no_region_is_refused(region: str) -> None:
    assert partition_of(region) is None
    with pytest.raises(BadPlace):
        check_region(region)
