"""What a look finds, on moto; what moto cannot give (refusals, throttles) comes through botocore's event hooks."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ConnectTimeoutError

from coastguard.local.fleet import moto_gaps, systems_manager
from spoke.accounts import Member
from spoke.errors import Busy, ClusterGone, Refused
from spoke.places import Cluster
from spoke.sighting import Sighting
from spoke.sightings import READER_PERMISSIONS, forgotten, look
from spoke.states import GONE, MISSING
from tests.spoke.fleet import ACCOUNT, REGION, Faults, Fleet

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def look_at(member: Member, cluster: Cluster, instance: str) -> Sighting:
    return look(member, cluster, [instance])[instance]


def test_a_connected_instance_is_seen_as_ecs_has_it(fleet: Fleet, member: Member) -> None:
    cluster = fleet.cluster()
    (host,) = fleet.hosts()
    instance = fleet.register(cluster, host)
    known = fleet.known(cluster, instance)
    known.version = 7
    known.running_tasks_count = 3
    known.tags = [{"key": "team", "value": "payments"}]
    known.version_info = {"agentVersion": "1.86.0"}

    assert look_at(member, cluster, instance) == Sighting(
        instance=instance,
        status="ACTIVE",
        connected=True,
        version=7,
        host=host,
        zone="eu-west-1a",
        instance_type="m7g.large",
        os="linux",
        agent_version="1.86.0",
        ami="ami-12345678",
        running_tasks=3,
    )


def test_a_quiet_instance_is_seen_with_its_host(fleet: Fleet, member: Member) -> None:
    cluster = fleet.cluster()
    instance, host = fleet.quiet(cluster)

    seen = look_at(member, cluster, instance)

    assert (seen.connected, seen.host, seen.host_state, seen.checks, seen.managed, seen.unchecked) == (
        False,
        host,
        "running",
        "ok",
        False,
        (),
    )


@pytest.mark.parametrize(
    ("operation", "state", "checks"),
    [
        pytest.param("stop_instances", "stopped", None, id="stopped"),
        pytest.param("terminate_instances", "terminated", None, id="terminated"),
        pytest.param("reboot_instances", "running", "ok", id="rebooted"),
    ],
)
def test_what_became_of_the_host_is_seen(
    fleet: Fleet, member: Member, operation: str, state: str, checks: str | None
) -> None:
    cluster = fleet.cluster()
    instance, host = fleet.quiet(cluster)
    fleet.member.call("ec2", operation, InstanceIds=[host])

    seen = look_at(member, cluster, instance)

    assert (seen.host_state, seen.checks) == (state, checks)


@pytest.mark.parametrize("checks", ["impaired", "initializing", "insufficient-data"])
def test_the_worse_of_the_two_checks_is_told(fleet: Fleet, member: Member, checks: str) -> None:
    cluster = fleet.cluster()
    instance, host = fleet.quiet(cluster)
    fleet.ec2(host).checks = checks

    assert look_at(member, cluster, instance).checks == checks


def test_a_host_that_ec2_forgot_is_gone_and_does_not_hide_the_others(fleet: Fleet, member: Member) -> None:
    cluster = fleet.cluster()
    lost, _ = fleet.quiet(cluster)
    kept, host = fleet.quiet(cluster)
    fleet.known(cluster, lost).ec2_instance_id = "i-0123456789abcdef0"
    fleet.ec2(host).checks = "impaired"

    seen = look(member, cluster, [lost, kept])

    assert seen[lost].host_state == GONE
    assert (seen[kept].host_state, seen[kept].checks) == ("running", "impaired")


def test_hosts_that_are_all_forgotten_are_all_gone(fleet: Fleet, member: Member) -> None:
    cluster = fleet.cluster()
    instance, _ = fleet.quiet(cluster)
    fleet.known(cluster, instance).ec2_instance_id = "i-0123456789abcdef0"

    assert look_at(member, cluster, instance).host_state == GONE


def test_a_host_that_aws_manages_is_recognised(fleet: Fleet, member: Member) -> None:
    cluster = fleet.cluster()
    instance, host = fleet.quiet(cluster)
    fleet.ec2(host).operator = {"Managed": True, "Principal": "ecs.amazonaws.com"}

    assert look_at(member, cluster, instance).managed


def test_a_machine_outside_of_ec2_is_asked_about_in_systems_manager(fleet: Fleet, member: Member) -> None:
    cluster = fleet.cluster()
    instance, _ = fleet.quiet(cluster)
    fleet.known(cluster, instance).ec2_instance_id = "mi-0123456789abcdef0"
    systems_manager.PINGS["mi-0123456789abcdef0"] = "ConnectionLost"

    seen = look_at(member, cluster, instance)

    assert (seen.host, seen.host_state, seen.ping) == ("mi-0123456789abcdef0", None, "ConnectionLost")


def test_a_machine_that_systems_manager_does_not_know_is_unchecked(
    fleet: Fleet, faults: Faults, member: Member
) -> None:
    cluster = fleet.cluster()
    instance, _ = fleet.quiet(cluster)
    fleet.known(cluster, instance).ec2_instance_id = "mi-0123456789abcdef0"
    faults.answer("ssm:DescribeInstanceInformation", {"InstanceInformationList": []})

    seen = look_at(member, cluster, instance)

    assert (seen.ping, seen.unchecked) == (None, ("SSM ping: no answer",))


def test_a_host_of_which_ec2_tells_the_state_but_no_checks_is_unchecked(
    fleet: Fleet, faults: Faults, member: Member
) -> None:
    """One unknown host spoils the first answer; what the second one leaves out must not look well."""
    cluster = fleet.cluster()
    lost, _ = fleet.quiet(cluster)
    kept, _ = fleet.quiet(cluster)
    fleet.known(cluster, lost).ec2_instance_id = "i-0123456789abcdef0"
    refused = faults.refusal("InvalidInstanceID.NotFound")
    faults.answers("ec2:DescribeInstanceStatus", [refused, {"InstanceStatuses": []}])

    seen = look(member, cluster, [lost, kept])

    assert (seen[lost].host_state, seen[lost].unchecked) == (GONE, ())
    assert (seen[kept].host_state, seen[kept].checks) == ("running", None)
    assert seen[kept].unchecked == ("EC2 status: no answer",)


@pytest.mark.parametrize("status", ["DRAINING", "DEREGISTERING", "ACTIVE"])
@pytest.mark.parametrize("state", ["stopped", "terminated"])
def test_the_host_of_a_known_trouble_is_asked_about_whatever_ecs_says(
    fleet: Fleet, member: Member, status: str, state: str
) -> None:
    cluster = fleet.cluster()
    instance, host = fleet.quiet(cluster)
    fleet.known(cluster, instance).status = status
    fleet.member.call(
        "ec2", {"stopped": "stop_instances", "terminated": "terminate_instances"}[state], InstanceIds=[host]
    )

    seen = look(member, cluster, [instance], hosts_of={instance: host})[instance]

    assert (seen.status, seen.host, seen.host_state) == (status, host, state)


def test_the_host_of_an_instance_that_ecs_has_forgotten_is_asked_about_if_it_is_known(
    fleet: Fleet, member: Member
) -> None:
    cluster = fleet.cluster()
    (host,) = fleet.hosts()
    lost = "0" * 32

    assert look(member, cluster, [lost])[lost] == Sighting(lost, MISSING)
    seen = look(member, cluster, [lost], hosts_of={lost: host})[lost]
    assert (seen.status, seen.host, seen.host_state) == (MISSING, host, "running")
    assert forgotten(member, cluster, {lost: host}) == {lost: seen}


def test_a_known_trouble_that_is_over_costs_nothing_more(fleet: Fleet, faults: Faults, member: Member) -> None:
    cluster = fleet.cluster()
    (host,) = fleet.hosts()
    instance = fleet.register(cluster, host)
    faults.clear()

    look(member, cluster, [instance], hosts_of={instance: host})

    assert faults.called == {"ecs:DescribeContainerInstances"}


@pytest.mark.parametrize(
    ("told", "repaired"), [({"p": "ENABLED"}, True), ({"p": "DISABLED"}, False), ({}, None), ({"p": "PERHAPS"}, None)]
)
def test_whether_aws_repairs_what_it_manages_is_asked_of_its_capacity_provider(
    fleet: Fleet, faults: Faults, member: Member, told: dict[str, str], repaired: bool | None
) -> None:
    cluster = fleet.cluster()
    instance, host = fleet.quiet(cluster)
    fleet.ec2(host).operator = {"Managed": True, "Principal": "ecs.amazonaws.com"}
    fleet.known(cluster, instance).capacity_provider_name = "p"
    moto_gaps.AUTO_REPAIR.clear()
    moto_gaps.AUTO_REPAIR.update(told)

    assert look_at(member, cluster, instance).auto_repair is repaired

    faults.fail("ecs:DescribeCapacityProviders", "AccessDeniedException")
    refused = look_at(member, cluster, instance)
    assert (refused.auto_repair, refused.managed, refused.unchecked) == (None, True, ())


def test_more_than_a_page_of_capacity_providers_is_read(fleet: Fleet, faults: Faults, member: Member) -> None:
    cluster = fleet.cluster()
    quiet = [fleet.quiet(cluster) for _ in range(12)]
    moto_gaps.AUTO_REPAIR.clear()
    for number, (instance, host) in enumerate(quiet):
        fleet.ec2(host).operator = {"Managed": True}
        fleet.known(cluster, instance).capacity_provider_name = f"p-{number}"
        moto_gaps.AUTO_REPAIR[f"p-{number}"] = "ENABLED"

    seen = look(member, cluster, [instance for instance, _ in quiet])

    assert {sighting.auto_repair for sighting in seen.values()} == {True}
    assert faults.calls["ecs:DescribeCapacityProviders"] == 2


def test_auto_scaling_is_asked_about_those_that_are_named(fleet: Fleet, faults: Faults, member: Member) -> None:
    cluster = fleet.cluster()
    (one, two), (alone,) = fleet.group("web", 2), fleet.hosts()
    quiet = [fleet.quiet(cluster, host)[0] for host in (one, two, alone)]
    connected = fleet.register(cluster, alone)

    seen = look(member, cluster, [*quiet, connected], grouped=[quiet[0], quiet[2], connected])

    assert [seen[instance].lifecycle for instance in (*quiet, connected)] == ["InService", "", "", ""]
    assert faults.calls["autoscaling:DescribeAutoScalingInstances"] == 1


def test_auto_scaling_is_not_asked_about_nobody_or_machines_outside_of_ec2(
    fleet: Fleet, faults: Faults, member: Member
) -> None:
    cluster = fleet.cluster()
    instance, _ = fleet.quiet(cluster)
    fleet.known(cluster, instance).ec2_instance_id = "mi-0123456789abcdef0"

    look(member, cluster, [instance], grouped=[instance])
    look(member, cluster, [instance])

    assert faults.calls["autoscaling:DescribeAutoScalingInstances"] == 0


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling", "ValidationError"])
def test_an_auto_scaling_that_does_not_tell_leaves_nothing_unchecked(
    fleet: Fleet, faults: Faults, member: Member, code: str
) -> None:
    """Nobody needs it to alert."""
    cluster = fleet.cluster()
    instance, _ = fleet.quiet(cluster, fleet.group("web", 1)[0])
    faults.fail("autoscaling:DescribeAutoScalingInstances", code)

    seen = look(member, cluster, [instance], grouped=[instance])[instance]

    assert (seen.lifecycle, seen.unchecked, seen.host_state) == ("", (), "running")


def test_ecs_tells_since_when_the_agent_is_gone(fleet: Fleet, member: Member) -> None:
    cluster = fleet.cluster()
    instance, _ = fleet.quiet(cluster)
    fleet.unplug(cluster, instance, since=NOON)

    seen = look_at(member, cluster, instance)

    assert seen.since == NOON
    assert seen.since.utcoffset() == timedelta(0)


def test_a_sick_container_runtime_is_seen_while_the_agent_is_connected(fleet: Fleet, member: Member) -> None:
    cluster = fleet.cluster()
    instance = fleet.register(cluster, fleet.hosts()[0])
    fleet.known(cluster, instance).runtime_status = "IMPAIRED"

    seen = look_at(member, cluster, instance)

    assert (seen.runtime_impaired, seen.connected, seen.since) == (True, True, None)


@pytest.mark.parametrize(
    ("attributes", "os"),
    [
        pytest.param({"ecs.os-type": "linux"}, "linux", id="linux"),
        pytest.param({"ecs.os-type": "windows"}, "windows", id="windows"),
        pytest.param({"ecs.os-type": "linux", "bottlerocket.variant": "aws-ecs-2"}, "bottlerocket", id="bottlerocket"),
        pytest.param({}, "", id="unknown"),
    ],
)
def test_the_operating_system_is_told(fleet: Fleet, member: Member, attributes: dict[str, str], os: str) -> None:
    cluster = fleet.cluster()
    instance = fleet.register(cluster, fleet.hosts()[0])
    fleet.known(cluster, instance).attributes = attributes

    assert look_at(member, cluster, instance).os == os


def test_a_draining_instance_is_told_as_such(fleet: Fleet, member: Member) -> None:
    cluster = fleet.cluster()
    instance, _ = fleet.quiet(cluster)
    fleet.known(cluster, instance).status = "DRAINING"

    assert look_at(member, cluster, instance).status == "DRAINING"


def test_an_instance_that_ecs_does_not_know_is_missing(fleet: Fleet, member: Member) -> None:
    cluster = fleet.cluster()

    assert look_at(member, cluster, "0" * 32) == Sighting("0" * 32, MISSING)


def test_nothing_is_asked_when_nothing_is_to_be_seen(fleet: Fleet, member: Member) -> None:
    assert look(member, fleet.cluster(), []) == {}


def test_more_than_a_hundred_are_seen_in_full(fleet: Fleet, member: Member) -> None:
    cluster = fleet.cluster()
    quiet = dict(fleet.quiet(cluster, host) for host in fleet.hosts(101))

    seen = look(member, cluster, [*quiet, "f" * 32])

    assert len(seen) == 102
    assert {instance: seen[instance].host for instance in quiet} == quiet
    assert {seen[instance].host_state for instance in quiet} == {"running"}


@pytest.mark.usefixtures("aws")
def test_a_cluster_that_is_gone_says_so(member: Member) -> None:
    with pytest.raises(ClusterGone, match=r"^ecs:DescribeContainerInstances found no such cluster in 222233334444/"):
        look(member, Cluster(ACCOUNT, REGION, "deleted"), ["0" * 32])


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        pytest.param("ThrottlingException", 400, Busy, id="throttled"),
        pytest.param("ServerException", 500, Busy, id="failing"),
        pytest.param("AccessDeniedException", 400, Refused, id="refused"),
    ],
)
def test_a_look_fails_when_ecs_cannot_be_read(
    fleet: Fleet, faults: Faults, member: Member, code: str, status: int, error: type[Exception]
) -> None:
    cluster = fleet.cluster()
    faults.fail("ecs:DescribeContainerInstances", code, status)

    with pytest.raises(error, match=f"in 222233334444/eu-west-1: {code}$"):
        look(member, cluster, ["0" * 32])


@pytest.mark.parametrize(
    ("code", "phrase"),
    [
        pytest.param("UnauthorizedOperation", "EC2 status: access denied", id="refused"),
        pytest.param("RequestLimitExceeded", "EC2 status: no answer", id="throttled"),
        pytest.param("InvalidParameterCombination", "EC2 status: InvalidParameterCombination", id="unforeseen"),
    ],
)
def test_what_ec2_does_not_tell_is_left_unchecked(
    fleet: Fleet, faults: Faults, member: Member, code: str, phrase: str
) -> None:
    cluster = fleet.cluster()
    instance, host = fleet.quiet(cluster)
    faults.fail("ec2:DescribeInstanceStatus", code)

    seen = look_at(member, cluster, instance)

    assert (seen.connected, seen.host, seen.host_state, seen.unchecked) == (False, host, None, (phrase,))


def test_a_silent_ec2_is_left_unchecked(fleet: Fleet, faults: Faults, member: Member) -> None:
    cluster = fleet.cluster()
    instance, _ = fleet.quiet(cluster)
    faults.interrupt("ec2:DescribeInstanceStatus", ConnectTimeoutError(endpoint_url="https://ec2"))

    assert look_at(member, cluster, instance).unchecked == ("EC2 status: no answer",)


def test_what_systems_manager_does_not_tell_is_left_unchecked(fleet: Fleet, faults: Faults, member: Member) -> None:
    cluster = fleet.cluster()
    instance, _ = fleet.quiet(cluster)
    fleet.known(cluster, instance).ec2_instance_id = "mi-0123456789abcdef0"
    faults.fail("ssm:DescribeInstanceInformation", "AccessDeniedException")

    seen = look_at(member, cluster, instance)

    assert (seen.ping, seen.unchecked) == (None, ("SSM ping: access denied",))


def test_only_quiet_active_instances_cost_a_call_to_ec2(fleet: Fleet, faults: Faults, member: Member) -> None:
    cluster = fleet.cluster()
    (host,) = fleet.hosts()
    connected = fleet.register(cluster, host)
    draining, _ = fleet.quiet(cluster, host)
    fleet.known(cluster, draining).status = "DRAINING"
    faults.fail("ec2:DescribeInstanceStatus", "UnauthorizedOperation")

    seen = look(member, cluster, [connected, draining])

    assert [seen[connected].unchecked, seen[draining].unchecked] == [(), ()]


def test_a_cluster_of_another_account_is_not_looked_at(member: Member) -> None:
    with pytest.raises(ValueError, match="333344445555/eu-west-1 cannot be reached through 222233334444/eu-west-1"):
        look(member, Cluster("333344445555", REGION, "prod-payments"), ["0" * 32])


def test_a_look_calls_only_what_it_declares(fleet: Fleet, faults: Faults, member: Member) -> None:
    cluster = fleet.cluster()
    lost, _ = fleet.quiet(cluster)
    away, _ = fleet.quiet(cluster)
    theirs, _ = fleet.quiet(cluster)
    fleet.known(cluster, lost).ec2_instance_id = "i-0123456789abcdef0"
    fleet.known(cluster, away).ec2_instance_id = "mi-0123456789abcdef0"

    fleet.ec2(fleet.known(cluster, theirs).ec2_instance_id).operator = {"Managed": True}
    fleet.known(cluster, theirs).capacity_provider_name = "managed"

    look(member, cluster, [lost, away, theirs], grouped=[lost, away])

    sweeping = {"ecs:DescribeClusters", "ecs:ListClusters", "ecs:ListContainerInstances", "sqs:GetQueueAttributes"}
    following = {"ssm:GetCommandInvocation"}
    assert faults.called == set(READER_PERMISSIONS) - sweeping - following
