from collections.abc import Callable

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from coastguard.local.layout.layouts import DEMO
from tests.local_world.embedded_aws import EmbeddedAws, Json, wait_for

Watched = Callable[[], list[Json]]

PAYMENTS, SEARCH, MEDIA, SHOP = (member.id for member in DEMO.organization.members)
IRELAND, VIRGINIA = DEMO.regions
STATE_CHANGE = "ECS Container Instance State Change"


@pytest.fixture(scope="module")
def watched(aws: EmbeddedAws) -> Watched:
    """Every state change of search in Ireland, in the order it was sent."""
    pattern = {"source": ["aws.ecs"], "detail-type": [STATE_CHANGE]}
    everybody = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**everybody, "Resource": "*"}]}
    target = {"Id": "queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}
    resources = {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "seen"}},
        "Policy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": policy},
        },
        "Rule": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": pattern, "Targets": [target]}},
    }
    assert aws.deploy("watch", resources, SEARCH, IRELAND) == "CREATE_COMPLETE"
    return lambda: aws.drain("seen", SEARCH, IRELAND)


def search_instances(aws: EmbeddedAws) -> list[Json]:
    found: list[Json] = aws.instances(SEARCH, IRELAND, "prod-search")
    return found


def plug(aws: EmbeddedAws, *, connected: bool, **which: object) -> int:
    asked = {"account": SEARCH, "region": IRELAND, "connected": connected, **which}
    changed: int = aws.post("agents", **asked)["changed"]
    return changed


def test_the_fleet_stands_when_the_world_starts(aws: EmbeddedAws) -> None:
    fleet = aws.get("fleet")
    assert [account["alias"] for account in fleet["accounts"]] == ["payments", "search", "media", "shop"]
    sizes = {
        (account["alias"], region["name"], cluster["name"]): len(cluster["instances"])
        for account in fleet["accounts"]
        for region in account["regions"]
        for cluster in region["clusters"]
    }
    assert sizes == {
        (alias, region, cluster): size
        for region in DEMO.regions
        for alias, cluster, size in [
            ("payments", "prod-payments", 6),
            ("payments", "staging-payments", 3),
            ("search", "prod-search", 6),
            ("media", "prod-media", 6),
            *(("shop", plan.name, 2) for plan in DEMO.clusters[SHOP]),
        ]
    }
    instances = aws.instances(MEDIA, VIRGINIA, "prod-media")
    assert {instance["zone"] for instance in instances} == {"us-east-1a", "us-east-1b", "us-east-1c"}
    assert {instance["group"] for instance in instances} == {"media-prod-asg"}
    assert all(instance["connected"] and instance["since"] is None for instance in instances)


def test_an_unplugged_agent_is_announced_as_ecs_announces_it(aws: EmbeddedAws, watched: Watched) -> None:
    first = search_instances(aws)[0]
    watched()
    before = aws.get("revision")["revision"]
    assert plug(aws, connected=False, instances=[first["id"]]) == 1
    assert plug(aws, connected=False, instances=[first["id"]]) == 0
    (event,) = watched()
    detail = event["detail"]
    assert (event["account"], event["region"], event["source"]) == (SEARCH, IRELAND, "aws.ecs")
    assert event["resources"] == [detail["containerInstanceArn"]]
    assert detail["containerInstanceArn"].endswith(f":container-instance/prod-search/{first['id']}")
    assert (detail["agentConnected"], detail["status"]) == (False, "ACTIVE")
    assert detail["clusterArn"] == f"arn:aws:ecs:{IRELAND}:{SEARCH}:cluster/prod-search"
    assert (detail["ec2InstanceId"], detail["versionInfo"]["agentVersion"]) == (first["host"], "1.98.0")
    assert aws.get("revision")["revision"] > before
    plug(aws, connected=True)
    (back,) = watched()
    assert back["detail"]["agentConnected"] is True
    assert back["detail"]["version"] == detail["version"] + 1


def test_a_host_whose_agent_loses_its_data_is_registered_twice(aws: EmbeddedAws) -> None:
    place, here = {"account": PAYMENTS, "region": IRELAND}, (PAYMENTS, IRELAND, "prod-payments")
    old = aws.instances(*here)[0]

    new = aws.post("registrations", **place, instance=old["id"])["instance"]

    both = {found["id"]: found for found in aws.instances(*here) if found["host"] == old["host"]}
    assert {found: both[found]["connected"] for found in both} == {old["id"]: False, new: True}
    assert (both[old["id"]]["tasks"], both[new]["tasks"]) == (0, old["tasks"])
    ecs = aws.client("ecs", PAYMENTS)
    named = ecs.list_container_instances(cluster="prod-payments", filter=f"ec2InstanceId in [{old['host']}]")
    assert {arn.rsplit("/", 1)[1] for arn in named["containerInstanceArns"]} == both.keys()

    aws.post("agents", **place, connected=True)
    lost = {found["id"] for found in aws.instances(*here) if not found["connected"]}
    assert lost == {old["id"]}  # no agent answers for it any more
    ecs.deregister_container_instance(cluster="prod-payments", containerInstance=old["id"], force=True)
    assert len(aws.instances(*here)) == 6


def test_ecs_tells_the_same_as_the_event(aws: EmbeddedAws) -> None:
    ecs = aws.client("ecs", SEARCH)
    lost = search_instances(aws)[1]
    plug(aws, connected=False, instances=[lost["id"]])
    (arn,) = ecs.list_container_instances(cluster="prod-search", filter="agentConnected == false")[
        "containerInstanceArns"
    ]
    described = ecs.describe_container_instances(
        cluster="prod-search", containerInstances=[arn], include=["CONTAINER_INSTANCE_HEALTH"]
    )["containerInstances"][0]
    assert (described["ec2InstanceId"], described["agentConnected"]) == (lost["host"], False)
    connectivity = next(d for d in described["healthStatus"]["details"] if d["type"] == "AGENT_CONNECTIVITY")
    assert connectivity["status"] == "IMPAIRED"
    since = next(instance["since"] for instance in search_instances(aws) if instance["id"] == lost["id"])
    assert abs(connectivity["lastStatusChange"].timestamp() - since) < 1
    plug(aws, connected=True)


def test_a_zone_is_unplugged_at_once(aws: EmbeddedAws) -> None:
    assert plug(aws, connected=False, cluster="prod-search", zone="eu-west-1b") == 2
    assert {i["zone"] for i in search_instances(aws) if not i["connected"]} == {"eu-west-1b"}
    assert plug(aws, connected=True) == 2


def test_a_terminated_instance_of_a_group_is_replaced_by_one_that_registers(aws: EmbeddedAws, watched: Watched) -> None:
    before = {instance["id"] for instance in search_instances(aws)}
    lost = search_instances(aws)[2]
    plug(aws, connected=False, instances=[lost["id"]])
    watched()
    aws.client("autoscaling", SEARCH).terminate_instance_in_auto_scaling_group(
        InstanceId=lost["host"], ShouldDecrementDesiredCapacity=False
    )
    assert {i["id"]: i["host_state"] for i in search_instances(aws)}[lost["id"]] in {"shutting-down", "terminated"}
    wait_for(lambda: len(search_instances(aws)) == 7)
    (replacement,) = [i for i in search_instances(aws) if i["id"] not in before]
    assert (replacement["connected"], replacement["group"]) == (True, "search-prod-asg")
    assert replacement["zone"] == lost["zone"]
    (event,) = (event for event in watched() if event["detail"]["agentConnected"])
    assert event["detail"]["ec2InstanceId"] == replacement["host"]
    ecs = aws.client("ecs", SEARCH)
    gone = {"cluster": "prod-search", "containerInstance": lost["id"], "force": True}
    assert ecs.deregister_container_instance(**gone)["containerInstance"]["ec2InstanceId"] == lost["host"]
    (event,) = watched()
    assert (event["detail"]["status"], event["detail"]["agentConnected"]) == ("INACTIVE", False)
    hosts = aws.client("ec2", SEARCH).describe_instances(InstanceIds=[lost["host"]])["Reservations"][0]["Instances"]
    wait_for(lambda: hosts[0]["State"]["Name"] in {"shutting-down", "terminated"})


def test_a_connected_instance_that_is_scaled_in_leaves_ecs_by_itself(aws: EmbeddedAws, watched: Watched) -> None:
    leaving = search_instances(aws)[3]
    watched()
    before = len(search_instances(aws))
    aws.post("hosts", account=SEARCH, region=IRELAND, instance=leaving["id"], action="terminate")
    wait_for(lambda: len(search_instances(aws)) == before - 1)
    told = [(event["detail"]["agentConnected"], event["detail"]["status"]) for event in watched()]
    assert told == [(False, "ACTIVE"), (False, "INACTIVE")]


def test_a_stopped_host_stays_active_without_its_agent_until_it_is_started(aws: EmbeddedAws, watched: Watched) -> None:
    stopped = search_instances(aws)[4]
    host = {"account": SEARCH, "region": IRELAND, "instance": stopped["host"]}

    def now() -> Json:
        return next(instance for instance in search_instances(aws) if instance["id"] == stopped["id"])

    watched()
    aws.post("hosts", **host, action="stop")
    assert (now()["host_state"], now()["status"], now()["connected"]) == ("stopped", "ACTIVE", False)
    assert plug(aws, connected=True) == 0
    aws.post("hosts", **host, action="start")
    wait_for(lambda: now()["connected"])
    assert [event["detail"]["agentConnected"] for event in watched()] == [False, True]


def test_a_protected_host_is_not_terminated(aws: EmbeddedAws) -> None:
    host = {"account": SEARCH, "region": IRELAND, "instance": search_instances(aws)[0]["host"]}
    assert aws.post("hosts", **host, action="protect") == {}
    assert "does not terminate" in aws.post("hosts", **host, action="terminate")["error"]
    assert search_instances(aws)[0]["host_state"] == "running"


def test_draining_is_announced(aws: EmbeddedAws, watched: Watched) -> None:
    draining = search_instances(aws)[0]["id"]
    watched()
    ecs = aws.client("ecs", SEARCH)
    ecs.update_container_instances_state(cluster="prod-search", containerInstances=[draining], status="DRAINING")
    assert [event["detail"]["status"] for event in watched()] == ["DRAINING"]


def test_a_silent_region_takes_calls_and_does_not_answer_until_it_does(aws: EmbeddedAws) -> None:
    def listed(region: str) -> list[str]:
        keys = {"aws_access_key_id": SEARCH, "aws_secret_access_key": "test"}
        once = Config(read_timeout=1, retries={"total_max_attempts": 1})
        ecs = boto3.client("ecs", region_name=region, endpoint_url=aws.url, config=once, **keys)
        return list(ecs.list_clusters()["clusterArns"])

    aws.post("silence", account=SEARCH, region=VIRGINIA, silent=True)
    with pytest.raises(ReadTimeoutError):
        listed(VIRGINIA)
    assert listed(IRELAND)

    aws.post("silence", account=SEARCH, region=VIRGINIA, silent=False)
    assert listed(VIRGINIA)


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        ("registrations", {"account": SEARCH, "region": IRELAND, "instance": "x"}, "There is no container instance x"),
        ("agents", {"account": SEARCH}, "region is missing."),
        ("nothing", {}, "There is no POST /_world/nothing."),
        (
            "hosts",
            {"account": SEARCH, "region": IRELAND, "instance": "i-1", "action": "stop"},
            f"There is no instance i-1 in {SEARCH}/{IRELAND}.",
        ),
        ("hosts", {"account": SEARCH, "region": IRELAND, "instance": "i-1", "action": "eat"}, "no action eat"),
    ],
    ids=["unknown registration", "incomplete", "unknown path", "unknown host", "unknown action"],
)
def test_the_control_plane_says_what_it_cannot_do(aws: EmbeddedAws, path: str, body: Json, error: str) -> None:
    assert error in aws.post(path, **body)["error"]
