"""What the fleet of the local world answers beyond moto."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.ecs.models import ecs_backends

from coastguard.checkout import ROOT
from coastguard.local.fleet import moto_gaps, systems_manager


@pytest.fixture
def session(hub: boto3.Session) -> Iterator[boto3.Session]:
    moto_gaps.fill()
    systems_manager.PINGS.clear()
    with mock_aws():
        yield hub


@pytest.fixture
def ecs(session: boto3.Session) -> Any:
    client = session.client("ecs")
    client.create_cluster(clusterName="prod")
    return client


def register(session: boto3.Session, ecs: Any) -> tuple[str, str]:
    answer = session.client("ec2").run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1)
    host = answer["Instances"][0]["InstanceId"]
    registered = ecs.register_container_instance(
        cluster="prod", instanceIdentityDocument=json.dumps({"instanceId": host})
    )
    return registered["containerInstance"]["containerInstanceArn"], host


def known(arn: str) -> Any:
    return ecs_backends["123456789012"]["eu-west-1"].container_instances["prod"][arn.rsplit("/", maxsplit=1)[-1]]


def test_an_instance_shows_what_the_fleet_set(session: boto3.Session, ecs: Any) -> None:
    arn, _ = register(session, ecs)
    since = datetime(2026, 11, 20, 12, tzinfo=UTC)
    instance = known(arn)
    instance.agent_connected = False
    instance.disconnected_since = since
    instance.version = 9
    instance.tags = [{"key": "team", "value": "payments"}]

    answer = ecs.describe_container_instances(
        cluster="prod", containerInstances=[arn], include=["TAGS", "CONTAINER_INSTANCE_HEALTH"]
    )

    (shown,) = answer["containerInstances"]
    (connectivity,) = (c for c in shown["healthStatus"]["details"] if c["type"] == "AGENT_CONNECTIVITY")
    assert (shown["agentConnected"], shown["version"], shown["tags"]) == (False, 9, instance.tags)
    assert (connectivity["status"], connectivity["lastStatusChange"]) == ("IMPAIRED", since.timestamp())
    assert connectivity["statusReason"] == "Agent disconnected since 2026-11-20T12:00:00Z"
    assert shown["healthStatus"]["overallStatus"] == "IMPAIRED"


def test_tags_and_health_are_shown_only_when_asked_for(session: boto3.Session, ecs: Any) -> None:
    arn, _ = register(session, ecs)

    (shown,) = ecs.describe_container_instances(cluster="prod", containerInstances=[arn])["containerInstances"]

    assert {"tags", "healthStatus"}.isdisjoint(shown)


def test_instances_are_listed_by_agent_by_host_and_by_page(session: boto3.Session, ecs: Any) -> None:
    (quiet, host), (well, _) = register(session, ecs), register(session, ecs)
    known(quiet).agent_connected = False

    def listed(query: str) -> list[str]:
        arns: list[str] = ecs.list_container_instances(cluster="prod", filter=query)["containerInstanceArns"]
        return arns

    assert listed("agentConnected == false") == [quiet]
    assert listed("agentConnected==true") == [well]
    assert listed(f"ec2InstanceId == {host}") == [quiet]
    assert listed(f"ec2InstanceId in ['{host}', i-0123456789abcdef0]") == [quiet]
    pages = ecs.get_paginator("list_container_instances").paginate(cluster="prod", PaginationConfig={"PageSize": 1})
    assert [page["containerInstanceArns"] for page in pages] == [[arn] for arn in sorted([quiet, well])]


def test_clusters_come_by_pages_with_what_is_registered_in_them(session: boto3.Session, ecs: Any) -> None:
    arn, _ = register(session, ecs)
    register(session, ecs)
    names = [f"c-{number:03d}" for number in range(101)]
    for name in names:
        ecs.create_cluster(clusterName=name, tags=[{"key": "team", "value": name}])
    ecs.delete_cluster(cluster="c-100")
    ecs.deregister_container_instance(cluster="prod", containerInstance=arn, force=True)

    pages = [page["clusterArns"] for page in ecs.get_paginator("list_clusters").paginate()]
    described = ecs.describe_clusters(clusters=["prod", "c-007"], include=["TAGS"])["clusters"]

    assert [len(page) for page in pages] == [100, 1]
    assert [arn.rpartition("/")[2] for page in pages for arn in page] == [*names[:100], "prod"]
    assert [cluster["registeredContainerInstancesCount"] for cluster in described] == [1, 0]
    assert described[1]["tags"] == [{"key": "team", "value": "c-007"}]
    assert "tags" not in ecs.describe_clusters(clusters=["c-007"])["clusters"][0]


def test_members_of_groups_are_told_fifty_at_most(session: boto3.Session) -> None:
    autoscaling = session.client("autoscaling")
    autoscaling.create_launch_configuration(
        LaunchConfigurationName="l", ImageId="ami-12345678", InstanceType="t3.large"
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="g",
        LaunchConfigurationName="l",
        MinSize=0,
        MaxSize=60,
        DesiredCapacity=51,
        AvailabilityZones=["eu-west-1a"],
    )
    pages = [
        [member["InstanceId"] for member in page["AutoScalingInstances"]]
        for page in autoscaling.get_paginator("describe_auto_scaling_instances").paginate()
    ]
    hosts = [host for page in pages for host in page]
    (told,) = autoscaling.describe_auto_scaling_instances(InstanceIds=[hosts[7], "i-0123456789abcdef0"])[
        "AutoScalingInstances"
    ]

    assert [len(page) for page in pages] == [50, 1]
    assert len(set(hosts)) == 51
    assert (told["InstanceId"], told["AutoScalingGroupName"], told["LifecycleState"]) == (hosts[7], "g", "InService")
    with pytest.raises(ClientError, match="ValidationError"):
        autoscaling.describe_auto_scaling_instances(InstanceIds=hosts)


def test_systems_manager_tells_who_can_take_commands(session: boto3.Session, ecs: Any) -> None:
    _, host = register(session, ecs)
    arn, _ = register(session, ecs)
    known(arn).ec2_instance_id = "mi-0123456789abcdef0"
    systems_manager.PINGS["mi-0123456789abcdef0"] = "ConnectionLost"

    pages = list(
        session.client("ssm")
        .get_paginator("describe_instance_information")
        .paginate(Filters=[{"Key": "InstanceIds", "Values": [host, "mi-0123456789abcdef0", "mi-unknown"]}])
    )

    assert pages[0]["InstanceInformationList"] == []
    assert {raw["InstanceId"]: raw["PingStatus"] for page in pages for raw in page["InstanceInformationList"]} == {
        host: "Online",
        "mi-0123456789abcdef0": "ConnectionLost",
    }


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("list_container_instances", {"cluster": "none"}, "ClusterNotFoundException"),
        ("describe_container_instances", {"cluster": "none", "containerInstances": ["x"]}, "ClusterNotFoundException"),
        (
            "describe_container_instances",
            {"cluster": "prod", "containerInstances": ["x"] * 101},
            "InvalidParameterException",
        ),
        ("list_container_instances", {"cluster": "prod", "filter": "moon == full"}, "InvalidParameterException"),
        ("describe_clusters", {"clusters": ["prod"] * 101}, "InvalidParameterException"),
        ("list_clusters", {"maxResults": 101}, "InvalidParameterException"),
        (
            "deregister_container_instance",
            {"cluster": "prod", "containerInstance": "x", "force": True},
            "InvalidParameterException",
        ),
    ],
    ids=[
        "list without cluster",
        "describe without cluster",
        "101",
        "odd filter",
        "101 clusters",
        "too large a page",
        "unknown instance",
    ],
)
def test_what_aws_refuses_is_refused(ecs: Any, operation: str, params: dict[str, object], code: str) -> None:
    with pytest.raises(ClientError, match=code):
        getattr(ecs, operation)(**params)


def test_an_unknown_instance_of_an_empty_cluster_is_missing(ecs: Any) -> None:
    answer = ecs.describe_container_instances(cluster="prod", containerInstances=["0" * 32])

    assert [failure["reason"] for failure in answer["failures"]] == ["MISSING"]


OTHER_MOTO = """
from moto.ecs.responses import EC2ContainerServiceResponse
from coastguard.local.fleet import moto_gaps
EC2ContainerServiceResponse.list_clusters = lambda self, everything: None
del EC2ContainerServiceResponse.ecs_backend
moto_gaps.fill()
"""


def test_another_moto_is_not_patched_and_what_has_changed_of_it_is_named() -> None:
    done = subprocess.run([sys.executable, "-c", OTHER_MOTO], cwd=ROOT, capture_output=True, text=True, check=False)

    of_ecs = "moto.ecs.responses.EC2ContainerServiceResponse"
    look_at = "look at coastguard.local.fleet.moto_gaps again"
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"coastguard.local.symbols.SymbolChanged: {of_ecs}.ecs_backend is gone: {look_at}; "
        f"{of_ecs}.list_clusters has changed: {look_at}; or install what requirements/local.txt pins."
    )
