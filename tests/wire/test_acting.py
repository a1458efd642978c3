"""The members on the wire answer as moto's do: the same things happen, the same is asked, and the same comes back."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from coastguard.local.fleet import moto_gaps, systems_manager
from spoke.accounts import Accounts, Member, Role
from spoke.discovery import MONITORING_TAG
from spoke.errors import SpokeError
from spoke.hosts import GROUP_TAG
from spoke.models import LeanLoader
from spoke.places import Cluster
from tests.nightly import examples
from tests.signed_in import HUB_REGION
from tests.spoke import fleet as moto_fleet
from tests.spoke.fleet import ACCOUNT, REGION
from tests.wire import fleet as wire_fleet
from tests.wire.acting import Acting
from tests.wire.wire import Wire

Step = tuple[Any, ...]
SINCE = datetime(2026, 11, 20, 11, 58, tzinfo=UTC)
CLUSTERS = ("prod-payments", "prod-search")
_roles = count(1)


# A member account from inside, on either side


@dataclass
class Side(ABC):
    """What has been made so far; steps name it by the order in which it was made."""

    fleet: Any
    member: Member
    hosts: list[str] = field(default_factory=list)
    instances: list[tuple[Cluster, str]] = field(default_factory=list)
    lost: set[int] = field(default_factory=set)

    def play(self, step: Step) -> object:
        what, *words = step
        answer = getattr(self, f"_{what}")(*words)
        # Who takes the place of a host that has ended.
        self.hosts += [host for host in self.fleet.hosts_of("web") if host not in self.hosts]
        return self._without_names(answer)

    def _without_names(self, answer: object) -> object:
        match answer:
            case str():
                for number, host in enumerate(self.hosts):
                    answer = answer.replace(host, f"host {number}")
                for number, (_, instance) in enumerate(self.instances):
                    answer = answer.replace(instance, f"instance {number}")
                return answer
            case dict():
                return {self._without_names(key): self._without_names(value) for key, value in answer.items()}
            case list() | tuple():
                return [self._without_names(each) for each in answer]
        return answer

    # What happens

    def _group(self) -> None:
        self.fleet.group("web", 2)

    def _launch(self) -> None:
        self.hosts += self.fleet.hosts()

    def _register(self, cluster: int, nth: int) -> None:
        if self.hosts and self._there(cluster):
            place = Cluster(ACCOUNT, REGION, CLUSTERS[cluster])
            self.instances.append((place, self.fleet.register(place, self.hosts[nth % len(self.hosts)])))

    def _cluster(self, cluster: int) -> None:
        if not self._there(cluster) and cluster not in self.lost:
            self.fleet.cluster(CLUSTERS[cluster])

    def _lose(self, cluster: int) -> None:
        if self._there(cluster):
            self.lost.add(cluster)  # moto would remember what was in it
            self.fleet.lose(Cluster(ACCOUNT, REGION, CLUSTERS[cluster]))
            self.instances = [each for each in self.instances if each[0].name != CLUSTERS[cluster]]

    def _tag(self, cluster: int, value: str) -> None:
        if self._there(cluster):
            self.tag(Cluster(ACCOUNT, REGION, CLUSTERS[cluster]), value)

    def _become(self, nth: int, facts: dict[str, Any]) -> None:
        there = [each for each in self.instances if each[1] in self.fleet.registered(each[0])]
        if there:
            self.become(*there[nth % len(there)], **facts)

    def _host(self, nth: int, what: str) -> None:
        if self.hosts:
            self.change(self.hosts[nth % len(self.hosts)], what)

    # What the hub asks, as far as it reads the answers

    def _look(self, cluster: int) -> object:
        named = [instance for place, instance in self.instances if place.name == CLUSTERS[cluster]]
        wanted = [*named, "00000000000000000000000000000000"]
        answer = self._called(
            "ecs",
            "describe_container_instances",
            cluster=CLUSTERS[cluster],
            containerInstances=wanted,
            include=["CONTAINER_INSTANCE_HEALTH"],
        )
        if isinstance(answer, str):
            return answer
        seen = {raw["containerInstanceArn"]: _seen(raw) for raw in answer["containerInstances"]}
        return seen, [(failure["arn"].rsplit("/", 1)[-1], failure["reason"]) for failure in answer["failures"]]

    def _list(self, cluster: int, query: str) -> object:
        filters = {"filter": query.format(hosts=", ".join(self.hosts[:2]))} if query else {}
        answer = self._called("ecs", "list_container_instances", cluster=CLUSTERS[cluster], **filters)
        return answer if isinstance(answer, str) else dict.fromkeys(answer["containerInstanceArns"])  # in any order

    def _list_clusters(self) -> object:
        return self._called("ecs", "list_clusters")["clusterArns"]

    def _describe_clusters(self) -> object:
        answer = self._called("ecs", "describe_clusters", clusters=list(CLUSTERS), include=["TAGS"])
        there = {raw["clusterName"]: raw for raw in answer["clusters"] if raw["status"] == "ACTIVE"}
        return {
            name: (
                raw["registeredContainerInstancesCount"],
                [(tag["key"], tag["value"]) for tag in raw.get("tags", ())],
            )
            for name, raw in there.items()
        }

    def _statuses(self, nth: int, stranger: bool) -> object:
        asked = [*self._some(nth), *(["i-0123456789abcdef0"] if stranger else [])]
        more = {"IncludeAllInstances": True, "IncludeManagedResources": True}
        answer = self._called("ec2", "describe_instance_status", InstanceIds=asked, **more) if asked else ""
        if isinstance(answer, str):
            return answer
        return {
            raw["InstanceId"]: (raw["InstanceState"], raw["InstanceStatus"], raw["Managed"] == "true")
            for raw in answer["InstanceStatuses"]
        }

    def _hosts_of(self, grouped: bool) -> object:
        group = [
            {"Name": f"tag:{GROUP_TAG}", "Values": ["web"]},
            {"Name": "instance-state-name", "Values": ["running"]},
        ]
        names = [{"Name": "instance-id", "Values": [*self.hosts, "i-0123456789abcdef0"]}]
        answer = self._called(
            "ec2", "describe_instances", Filters=group if grouped else names, IncludeManagedResources=True
        )
        hosts = [raw for reservation in answer["Reservations"] for raw in reservation["Instances"]]
        return {raw["InstanceId"]: _host(raw) for raw in hosts}

    def _in_groups(self) -> object:
        answer = self._called("autoscaling", "describe_auto_scaling_instances", InstanceIds=self.hosts)
        return (
            {raw["InstanceId"]: raw["LifecycleState"] for raw in answer["AutoScalingInstances"]} if self.hosts else {}
        )

    def _pings(self) -> object:
        filters = [{"Key": "InstanceIds", "Values": [*self.hosts, "mi-0123456789abcdef0"]}]
        pages = self.member.pages("ssm", "describe_instance_information", Filters=filters, MaxResults=50)
        return {raw["InstanceId"]: raw["PingStatus"] for page in pages for raw in page["InstanceInformationList"]}

    # What the hub does

    def _protection(self, nth: int) -> object:
        for host in self._some(nth):
            answer = self._called(
                "ec2", "describe_instance_attribute", InstanceId=host, Attribute="disableApiTermination"
            )
            return answer["DisableApiTermination"]["Value"]
        return None

    def _terminate(self, nth: int) -> object:
        for host in self._some(nth):
            answer = self._called("ec2", "terminate_instances", InstanceIds=[host])
            if isinstance(answer, str):
                return answer
            return [(raw["InstanceId"], raw["PreviousState"]["Name"]) for raw in answer["TerminatingInstances"]]
        return None

    def _replace(self) -> object:
        for host in self.fleet.hosts_of("web")[:1]:
            answer = self._called(
                "autoscaling",
                "terminate_instance_in_auto_scaling_group",
                InstanceId=host,
                ShouldDecrementDesiredCapacity=False,
            )
            return answer if isinstance(answer, str) else host
        return None

    def _deregister(self, nth: int, force: bool) -> object:
        if not self.instances:
            return None
        cluster, instance = self.instances[nth % len(self.instances)]
        answer = self._called(
            "ecs", "deregister_container_instance", cluster=cluster.name, containerInstance=instance, force=force
        )
        return answer if isinstance(answer, str) else "done"

    def _called(self, service: str, operation: str, **params: object) -> Any:
        """What is answered, or the error's code."""
        try:
            return self.member.call(service, operation, **params)
        except SpokeError as error:
            return type(error).__name__
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    def _some(self, nth: int) -> list[str]:
        return [self.hosts[nth % len(self.hosts)]] if self.hosts else []

    def _there(self, cluster: int) -> bool:
        arns = self.member.call("ecs", "list_clusters")["clusterArns"]
        return any(arn.endswith(f"/{CLUSTERS[cluster]}") for arn in arns)

    # What either side does in its own way

    @abstractmethod
    def tag(self, cluster: Cluster, value: str) -> None:
        """Give a cluster's monitoring tag a value."""

    @abstractmethod
    def become(self, cluster: Cluster, instance: str, **facts: Any) -> None:
        """Let a container instance be so, in the words of the wire's Machine."""

    @abstractmethod
    def change(self, host: str, what: str) -> None:
        """Let something befall a host. Of one in a group, AWS does not say what its protection is worth."""


class OnTheWire(Side):
    fleet: wire_fleet.Fleet

    def tag(self, cluster: Cluster, value: str) -> None:
        self.fleet.tag(cluster, value)

    def become(self, cluster: Cluster, instance: str, **facts: Any) -> None:
        known = self.fleet.known(cluster, instance)
        for name, value in facts.items():
            setattr(known, name, value)

    def change(self, host: str, what: str) -> None:
        known = self.fleet.host(host)
        match what:
            case "impaired":
                known.checks = "impaired"
            case "protected" if not known.group:
                known.protected = True
            case "managed":
                known.managed = True
            case "stopped" if known.state == "running" and not known.group:
                known.state = "stopped"
            case "running" if known.state == "stopped":
                known.state = "running"


class OnMoto(Side):
    fleet: moto_fleet.Fleet

    def tag(self, cluster: Cluster, value: str) -> None:
        pairs = [{"key": MONITORING_TAG, "value": value}]
        self.fleet.member.call("ecs", "tag_resource", resourceArn=cluster.arn, tags=pairs)

    def become(self, cluster: Cluster, instance: str, **facts: Any) -> None:
        known = self.fleet.known(cluster, instance)
        for name, value in facts.items():
            setattr(known, _MOTOS[name], value)

    def change(self, host: str, what: str) -> None:
        known = self.fleet.ec2(host)
        match what:
            case "impaired":
                known.checks = "impaired"
            case "protected" if host not in self.fleet.hosts_of("web"):
                self.fleet.protect(host)
            case "managed":
                known.operator = {"Managed": True, "Principal": "ecs.amazonaws.com"}
            case "stopped" if known.state == "running" and host not in self.fleet.hosts_of("web"):
                self.fleet.member.call("ec2", "stop_instances", InstanceIds=[host])
            case "running" if known.state == "stopped":
                self.fleet.member.call("ec2", "start_instances", InstanceIds=[host])


_MOTOS = {
    "connected": "agent_connected",
    "since": "disconnected_since",
    "status": "status",
    "version": "version",
    "runtime": "runtime_status",
    "running_tasks": "running_tasks_count",
}


def _seen(raw: dict[str, Any]) -> object:
    """What spoke reads of a container instance."""
    health = {check["type"]: check for check in raw["healthStatus"]["details"]}
    lost = health["AGENT_CONNECTIVITY"]
    return (
        [raw["ec2InstanceId"], raw["status"], raw["agentConnected"], raw["version"], raw["runningTasksCount"]],
        [(kind, check["status"]) for kind, check in sorted(health.items())],
        lost["lastStatusChange"] if lost["status"] == "IMPAIRED" else None,
    )


def _host(raw: dict[str, Any]) -> object:
    """What spoke reads of an EC2 instance. AWS shows the tags of a host that has ended for a while, moto does not."""
    group = {tag["Key"]: tag["Value"] for tag in raw.get("Tags", ())}.get(GROUP_TAG)
    ended = raw["State"]["Name"] == "terminated"
    return raw["State"]["Name"], raw.get("Operator", {}).get("Managed", False), None if ended else group


# Stories

clusters = st.integers(0, len(CLUSTERS) - 1)
nths = st.integers(0, 5)
facts = st.sampled_from(
    [
        {"connected": False},
        {"connected": False, "since": SINCE},
        {"connected": True, "since": None},
        {"status": "DRAINING"},
        {"version": 7},
        {"runtime": "IMPAIRED"},
        {"running_tasks": 3},
    ]
)
queries = st.sampled_from(["", "agentConnected == false", "agentConnected == true", "ec2InstanceId in [{hosts}]"])
happenings = st.one_of(
    st.just(("launch",)),
    st.tuples(st.just("cluster"), clusters),
    st.tuples(st.just("register"), clusters, nths),
    st.tuples(st.just("register"), clusters, nths),
    st.tuples(st.just("lose"), clusters),
    st.tuples(st.just("tag"), clusters, st.sampled_from(["prod", ""])),
    st.tuples(st.just("become"), nths, facts),
    st.tuples(st.just("host"), nths, st.sampled_from(["impaired", "protected", "managed", "stopped", "running"])),
)
questions = st.one_of(
    st.tuples(st.just("look"), clusters),
    st.tuples(st.just("list"), clusters, queries),
    st.sampled_from([("list_clusters",), ("describe_clusters",), ("in_groups",), ("pings",)]),
    st.tuples(st.just("statuses"), nths, st.booleans()),
    st.tuples(st.just("hosts_of"), st.booleans()),
    st.tuples(st.just("protection"), nths),
)
deeds = st.one_of(
    st.tuples(st.just("terminate"), nths),
    st.just(("replace",)),
    st.tuples(st.just("deregister"), nths, st.booleans()),
)
BEGINNING: list[Step] = [("group",), ("cluster", 0), ("launch",), ("register", 0, 0), ("register", 0, 2)]
EVERYTHING: list[Step] = [
    ("list_clusters",),
    ("describe_clusters",),
    ("hosts_of", False),
    ("hosts_of", True),
    ("in_groups",),
    ("look", 0),
    ("look", 1),
]


@pytest.fixture(scope="session")
def reached(wired: tuple[Wire, Any]) -> Accounts:
    """The member accounts of the wire."""
    wire, session = wired
    with wire.hung():
        return Accounts(session)


@pytest.fixture(scope="session")
def reached_on_moto(environment: None) -> Accounts:  # noqa: ARG001 - it reads the environment
    """The member accounts of moto under mock_aws, and of nobody elsewhere."""
    return Accounts(boto3.Session(region_name=HUB_REGION), LeanLoader())


@given(story=st.lists(st.one_of(happenings, questions, deeds), min_size=5, max_size=20))
@settings(
    max_examples=examples(60),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_they_answer_every_story_as_moto_does(
    wire: Wire, reached: Accounts, reached_on_moto: Accounts, story: list[Step]
) -> None:
    steps = [*BEGINNING, *story, *EVERYTHING]
    members = Acting()
    members.hang(wire)
    ours = OnTheWire(wire_fleet.Fleet(members), _entered(reached))
    moto_gaps.fill()
    systems_manager.PINGS.clear()
    with mock_aws():  # and not with the wire under it: moto answers for every client
        member = _entered(reached_on_moto)
        theirs = OnMoto(moto_fleet.Fleet(member), member)
        wanted = [theirs.play(step) for step in steps]

    assert list(zip(steps, map(ours.play, steps), strict=True)) == list(zip(steps, wanted, strict=True))


def _entered(accounts: Accounts) -> Member:
    """Sign in anew: each story has members of its own."""
    return accounts.member(ACCOUNT, REGION, Role("coastguard-reader", f"story-{next(_roles)}"))
