"""A member account of moto's, seen from inside: what tests make, break and look up there."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.model import OperationModel
from moto.ec2.models import ec2_backends
from moto.ecs.models import ecs_backends
from moto.ssm.models import ssm_backends

from spoke.accounts import Member
from spoke.discovery import UNDELIVERED_QUEUE
from spoke.places import Cluster
from spoke.registrations import Asking

ASKING = Asking(lambda: None, lambda: None, lambda: True, lambda: None, lambda: None)
"""Act's way of asking around, at once and with all the time in the world."""

ACCOUNT = "222233334444"
REGION = "eu-west-1"


@dataclass(frozen=True)
class Fleet:
    member: Member

    def cluster(self, name: str = "prod-payments") -> Cluster:
        self.member.call("ecs", "create_cluster", clusterName=name)
        return Cluster(self.member.account, self.member.region, name)

    def undelivered(self, events: int) -> None:
        """Events that EventBridge could not hand to the hub, in the queue that lies there for them."""
        url = self.member.call("sqs", "create_queue", QueueName=UNDELIVERED_QUEUE)["QueueUrl"]
        for number in range(events):
            self.member.call("sqs", "send_message", QueueUrl=url, MessageBody=str(number))

    def hosts(self, count: int = 1) -> list[str]:
        answer = self.member.call(
            "ec2", "run_instances", ImageId="ami-12345678", InstanceType="m7g.large", MinCount=count, MaxCount=count
        )
        return [raw["InstanceId"] for raw in answer["Instances"]]

    def group(self, name: str, size: int) -> list[str]:
        """An Auto Scaling group of that many hosts."""
        self.member.call(
            "autoscaling",
            "create_launch_configuration",
            LaunchConfigurationName=name,
            ImageId="ami-12345678",
            InstanceType="m7g.large",
        )
        self.member.call(
            "autoscaling",
            "create_auto_scaling_group",
            AutoScalingGroupName=name,
            LaunchConfigurationName=name,
            MinSize=size,
            MaxSize=size,
            DesiredCapacity=size,
            AvailabilityZones=[f"{self.member.region}a"],
        )
        return self.hosts_of(name)

    def hosts_of(self, group: str) -> list[str]:
        answer = self.member.call("autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=[group])
        return [raw["InstanceId"] for raw in answer["AutoScalingGroups"][0]["Instances"]]

    def register(self, cluster: Cluster, host: str) -> str:
        document = json.dumps({"instanceId": host})
        answer = self.member.call(
            "ecs", "register_container_instance", cluster=cluster.name, instanceIdentityDocument=document
        )
        return str(answer["containerInstance"]["containerInstanceArn"].rsplit("/", maxsplit=1)[-1])

    def unplug(self, cluster: Cluster, instance: str, since: datetime | None = None) -> None:
        known = self.known(cluster, instance)
        known.agent_connected = False
        known.disconnected_since = since

    def quiet(self, cluster: Cluster, host: str | None = None) -> tuple[str, str]:
        """A registered container instance without its agent, and its host."""
        at = host or self.hosts()[0]
        instance = self.register(cluster, at)
        self.unplug(cluster, instance)
        return instance, at

    def ghost(self, cluster: Cluster, host: str | None = None, alive_in: Cluster | None = None) -> tuple[str, str, str]:
        """An old registration without an agent, its host, and the registration under which the host is well."""
        old, at = self.quiet(cluster, host)
        alive = self.register(alive_in or cluster, at)
        self.known(alive_in or cluster, alive).running_tasks_count = 7
        return old, at, alive

    def known(self, cluster: Cluster, instance: str) -> Any:
        return self._ecs().container_instances[cluster.name][instance]

    def registered(self, cluster: Cluster) -> set[str]:
        return set(self._ecs().container_instances.get(cluster.name, {}))

    def ec2(self, host: str) -> Any:
        return ec2_backends[self.member.account][self.member.region].get_instance(host)

    def commands(self) -> list[Any]:
        """What Systems Manager has taken, the oldest first."""
        return list(ssm_backends[self.member.account][self.member.region]._commands)

    def lose(self, cluster: Cluster) -> None:
        del self._ecs().clusters[cluster.name]

    def protect(self, host: str) -> None:
        self.member.call("ec2", "modify_instance_attribute", InstanceId=host, DisableApiTermination={"Value": True})

    def _ecs(self) -> Any:
        return ecs_backends[self.member.account][self.member.region]


Answer = tuple[AWSResponse, dict[str, Any]]


class Faults:
    """What goes wrong on the way to AWS, by IAM action ("ec2:DescribeInstances"), and which actions were called."""

    def __init__(self) -> None:
        self.called: set[str] = set()
        self.calls: Counter[str] = Counter()
        self._faults: dict[str, Callable[[], Answer | None]] = {}
        self._where: dict[str, str] = {}

    def __call__(self, model: OperationModel, params: Mapping[str, Any], **_: object) -> Answer | None:
        """Stand in for AWS as a handler of botocore's before-call event; None sends the request."""
        action = f"{model.service_model.signing_name}:{model.name}"
        self.called.add(action)
        self.calls[action] += 1
        if self._where.get(action, "") not in str(params["body"]):
            return None
        return self._faults.get(action, lambda: None)()

    def clear(self) -> None:
        self.called.clear()
        self.calls.clear()
        self.mend()

    def fail(self, action: str, code: str, status: int = 400, *, where: str = "") -> None:
        """Let AWS answer with an error, to each call or to those in whose parameters a word stands."""
        self._where[action] = where
        self._faults[action] = lambda: (
            AWSResponse("", status, {}, None),
            {
                "Error": {"Code": code, "Message": "User: arn:aws:sts::… is not authorized, token=very-secret"},
                "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "f00dfeed"},
            },
        )

    def answer(self, action: str, answer: dict[str, Any]) -> None:
        """Let AWS answer so."""
        self.answers(action, [answer])

    def answers(self, action: str, answers: list[dict[str, Any]]) -> None:
        """Let AWS answer so, one after another, and the last one for ever."""
        left = list(answers)

        def answer() -> Answer:
            body = left.pop(0) if len(left) > 1 else left[0]
            return AWSResponse("", 400 if "Error" in body else 200, {}, None), body

        self._where[action] = ""
        self._faults[action] = answer

    @staticmethod
    def refusal(code: str) -> dict[str, Any]:
        """Such an answer that says no."""
        return {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 400}}

    def interrupt(self, action: str, error: Exception, *, where: str = "") -> None:
        """Let the call end in an exception, before anything is sent."""
        self._where[action] = where

        def end() -> None:
            raise error

        self._faults[action] = end

    def before(self, action: str, meanwhile: Callable[[], None]) -> None:
        """Let something happen just before the call."""
        self._faults[action] = meanwhile

    def mend(self) -> None:
        self._faults.clear()
        self._where.clear()
