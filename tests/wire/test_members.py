"""The member accounts on the wire, as spoke sees them."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from spoke.accounts import Accounts, Member, Role
from spoke.errors import Busy, ClusterGone, Refused
from spoke.places import Cluster
from spoke.sightings import look
from spoke.states import GONE, MISSING
from tests.wire.faults import Fault, Kind
from tests.wire.members import Members, Place
from tests.wire.meter import Meter
from tests.wire.payloads import Machine
from tests.wire.wire import Stray, Wire

PLACE = Place("222233334444", "eu-west-1", "prod-payments")
CLUSTER = Cluster(*PLACE)
_roles = count(1)


@pytest.fixture(scope="session")
def shared_accounts(wired: tuple[Wire, Any]) -> Accounts:
    wire, session = wired
    with wire.hung():
        return Accounts(session)


@pytest.fixture
def members(wire: Wire) -> Members:
    members = Members()
    members.hang(wire)
    return members


@pytest.fixture
def member(shared_accounts: Accounts, members: Members) -> Member:  # noqa: ARG001 - they must be there to sign in to
    return shared_accounts.member(PLACE.account, PLACE.region, Role("coastguard-reader", f"look-{next(_roles)}"))


@pytest.fixture
def machine(members: Members) -> Machine:
    return members.grow(PLACE, 3)[0]


def test_a_look_sees_a_machine_as_it_is(member: Member, machine: Machine) -> None:
    machine.unplug(datetime(2026, 11, 20, 11, 58, tzinfo=UTC))
    machine.host.checks = "impaired"
    seen = look(member, CLUSTER, [machine.id])[machine.id]
    assert (seen.connected, seen.status, seen.version) == (False, "ACTIVE", machine.version)
    assert (seen.host, seen.host_state, seen.checks) == (machine.host.name, "running", "impaired")
    assert (seen.zone, seen.agent_version, seen.running_tasks) == (machine.host.zone, "1.86.0", 6)
    assert seen.since == datetime(2026, 11, 20, 11, 58, tzinfo=UTC)


def test_a_deregistered_instance_is_missing(members: Members, member: Member, machine: Machine) -> None:
    members.deregister(machine)
    assert look(member, CLUSTER, [machine.id])[machine.id].status == MISSING


def test_a_host_that_ec2_has_forgotten_is_gone(members: Members, member: Member, machine: Machine) -> None:
    machine.unplug()
    members.forget_host(machine)
    assert look(member, CLUSTER, [machine.id])[machine.id].host_state == "gone"


def test_an_anywhere_host_is_asked_of_ssm(members: Members, member: Member) -> None:
    (machine,) = members.grow(PLACE, 1, name="mi-0123456789abcdef0", ping="ConnectionLost")
    machine.unplug()
    assert look(member, CLUSTER, [machine.id])[machine.id].ping == "ConnectionLost"


def test_a_cluster_that_is_deleted_is_gone(members: Members, member: Member, machine: Machine) -> None:
    members.lose(PLACE)
    with pytest.raises(ClusterGone):
        look(member, CLUSTER, [machine.id])


def test_clusters_and_the_disconnected_in_them_are_listed_in_pages(members: Members, member: Member) -> None:
    for machine in members.grow(PLACE, 250)[:120]:
        machine.unplug()
    clusters = [arn for page in member.pages("ecs", "list_clusters") for arn in page["clusterArns"]]
    query = {"cluster": PLACE.cluster, "filter": "agentConnected == false"}
    pages = [page["containerInstanceArns"] for page in member.pages("ecs", "list_container_instances", **query)]
    assert clusters == [CLUSTER.arn]
    assert [len(page) for page in pages] == [100, 20]


def test_a_clusters_tags_are_told_to_who_asks_for_them(members: Members, member: Member, machine: Machine) -> None:
    members.tag(PLACE, coastguard="on")
    answer = member.call("ecs", "describe_clusters", clusters=[machine.cluster, "nowhere"], include=["TAGS"])
    assert answer["clusters"][0]["tags"] == [{"key": "coastguard", "value": "on"}]
    assert answer["failures"][0]["reason"] == "MISSING"


def test_hosts_of_a_group_are_found(members: Members, member: Member) -> None:
    grouped, _ = members.grow(PLACE, 1, group="payments-asg"), members.grow(PLACE, 2)
    hosts = [machine.host.name for machine in members.machines()]
    found = member.call("autoscaling", "describe_auto_scaling_instances", InstanceIds=hosts)["AutoScalingInstances"]
    filters = [{"Name": "tag:aws:autoscaling:groupName", "Values": ["payments-asg"]}]
    described = member.call("ec2", "describe_instances", Filters=filters)["Reservations"]
    assert [each["InstanceId"] for each in found] == [grouped[0].host.name]
    assert [each["Instances"][0]["InstanceId"] for each in described] == [grouped[0].host.name]


def test_faults_strike_the_account_they_are_ordered_for(wire: Wire, member: Member, machine: Machine) -> None:
    wire.faults.order(Fault("ecs:*", Kind.REFUSED, "999988887777"))
    assert look(member, CLUSTER, [machine.id])
    wire.faults.order(Fault("ecs:DescribeContainerInstances", Kind.REFUSED, PLACE.account))
    with pytest.raises(Refused):
        look(member, CLUSTER, [machine.id])


def test_a_role_can_be_refused(wire: Wire, member: Member, machine: Machine) -> None:
    wire.faults.order(Fault("sts:AssumeRole", Kind.REFUSED, PLACE.account))
    with pytest.raises(Refused):
        look(member, CLUSTER, [machine.id])


@pytest.mark.parametrize("kind", [Kind.THROTTLED, Kind.BROKEN, Kind.SILENT])
def test_an_aws_that_does_not_answer_is_busy(
    wire: Wire, member: Member, machine: Machine, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    wire.faults.order(Fault("ecs:*", kind))
    with pytest.raises(Busy):
        look(member, CLUSTER, [machine.id])


@pytest.mark.parametrize(
    ("service", "operation", "fields"),
    [
        ("ecs", "list_services", {"cluster": "prod-payments"}),
        ("ecs", "list_container_instances", {"cluster": "prod-payments", "filter": "runningTasksCount > 3"}),
        ("ecs", "describe_clusters", {"clusters": ["prod-payments"], "include": ["SETTINGS"]}),
        ("ec2", "describe_instances", {"DryRun": True}),
        ("s3", "list_buckets", {}),
    ],
    ids=["an operation", "a filter", "an include", "a parameter", "a service"],
)
@pytest.mark.usefixtures("machine")
def test_what_they_do_not_know_is_loud(member: Member, service: str, operation: str, fields: dict[str, Any]) -> None:
    with pytest.raises(Stray):
        member.call(service, operation, **fields)


def test_they_answer_nobody_who_has_not_signed_in(session: Any, members: Members) -> None:
    members.grow(PLACE, 1)
    with pytest.raises(Stray):
        session.client("ecs").list_clusters()


def unplugged(members: Members, number: int) -> list[Machine]:
    machines = members.grow(PLACE, number)
    for machine in machines:
        machine.connected = False
    return machines


@pytest.mark.parametrize(
    ("lost", "others", "calls"),
    [
        pytest.param(200, 0, 2, id="few: by their ids, a hundred a call"),
        pytest.param(1_000, 0, 1, id="as many as a page holds"),
        pytest.param(1_000, 900, 2, id="among others: two pages"),
        pytest.param(450, 1_240, 2, id="the last page would hold few: by their ids"),
        pytest.param(300, 9_000, 1 + 3, id="few among many: a page shows it, and then by their ids"),
    ],
)
def test_the_hosts_of_many_are_listed_where_that_takes_fewer_calls(
    wire: Wire, members: Members, member: Member, lost: int, others: int, calls: int
) -> None:
    # Half of the others come first, half of them afterwards: nobody knows in which order EC2 lists.
    members.grow(PLACE, others // 2)
    gone = unplugged(members, lost)
    members.grow(PLACE, others // 2)
    gone[0].host.checks, gone[-1].host.checks = "impaired", "insufficient-data"
    wire.meter = meter = Meter()

    seen = look(member, CLUSTER, [machine.id for machine in gone])

    assert {machine.id: seen[machine.id].checks for machine in gone} == {m.id: m.host.checks for m in gone}
    assert {sighting.host_state for sighting in seen.values()} == {"running"}
    assert meter.calls["ec2:DescribeInstanceStatus"] == calls


def test_one_of_many_that_ec2_has_forgotten_is_gone_and_the_others_are_not(members: Members, member: Member) -> None:
    gone = unplugged(members, 450)
    members.forget_host(gone[7])

    seen = look(member, CLUSTER, [machine.id for machine in gone])

    assert [m.id for m in gone if seen[m.id].host_state == GONE] == [gone[7].id]
    assert {seen[m.id].host_state for m in gone if m is not gone[7]} == {"running"}


@pytest.mark.parametrize("kind", [Kind.REFUSED, Kind.THROTTLED, Kind.SILENT])
def test_where_ec2_does_not_answer_nobodys_checks_are_made_up(
    wire: Wire, members: Members, member: Member, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    gone = unplugged(members, 450)
    wire.faults.order(Fault("ec2:*", kind))

    seen = look(member, CLUSTER, [machine.id for machine in gone])

    assert {(sighting.checks, sighting.host_state, sighting.connected) for sighting in seen.values()} == {
        (None, None, False)
    }
    assert all("EC2 status" in why for sighting in seen.values() for why in sighting.unchecked)
    assert all(sighting.unchecked for sighting in seen.values())


def test_a_hundred_at_once_is_the_most(member: Member, machine: Machine) -> None:
    with pytest.raises(ClientError, match="at most 100"):
        member.call("ecs", "describe_container_instances", cluster=machine.cluster, containerInstances=["x"] * 101)


def test_a_session_that_aws_does_not_know_for_once_is_no_news(wire: Wire, shared_accounts: Accounts) -> None:
    members = Members(forget=True)
    members.hang(wire)
    machine = members.grow(PLACE, 1)[0]
    machine.unplug()
    role = Role("coastguard-reader", f"look-{next(_roles)}")
    seen = look(shared_accounts.member(PLACE.account, PLACE.region, role), CLUSTER, [machine.id])[machine.id]

    assert (seen.connected, seen.host_state, seen.unchecked) == (False, "running", ())
    assert {service for _, service in members._forgotten} == {"ecs", "ec2"}
