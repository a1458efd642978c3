"""Putting hosts and container instances into moto, so that they look like a fleet that has been running for a while."""

from datetime import UTC, datetime, timedelta
from typing import Any

from moto.autoscaling.models import ASG_NAME_TAG, FakeAutoScalingGroup, InstanceState, autoscaling_backends
from moto.ec2.models import ec2_backends
from moto.ecs.models import ecs_backends

from coastguard.local.fleet.moto_lock import MOTO
from coastguard.local.fleet.state import Host, Instance
from coastguard.local.layout.plan import DOCKER_VERSION, IMAGE, UPTIME_HOURS, ZONES, ClusterPlan


def build_cluster(account: str, region: str, plan: ClusterPlan, now: datetime) -> None:
    """Make one cluster with its Auto Scaling group, hosts and container instances."""
    with MOTO:
        ecs_backends[account][region].create_cluster(plan.name)
        _create_group(account, region, plan)
        born = (now - timedelta(hours=UPTIME_HOURS)).astimezone(UTC).replace(tzinfo=None)
        launched = _launch(account, region, plan)
        _join_group(account, region, plan, launched)
        for number, host in enumerate(launched):
            host.launch_time = born - timedelta(minutes=2)
            instance = register(account, region, plan, host.id)
            instance.registered_at = born
            instance.running_tasks_count = plan.tasks(number)
            instance.version = 100 + 3 * number


def register(account: str, region: str, plan: ClusterPlan, host: str) -> Instance:
    """Register a host in its cluster as an agent of today does, and return moto's container instance."""
    with MOTO:
        instance: Instance = ecs_backends[account][region].register_container_instance(plan.name, host)
        instance.version_info = {
            "agentVersion": plan.agent_version,
            "agentHash": "9c4a1f7e",
            "dockerVersion": DOCKER_VERSION,
        }
        instance.attributes["ecs.os-family"] = "AL2023"
        return instance


def place_replacement(plan: ClusterPlan, group: FakeAutoScalingGroup, host: Host, region: str) -> None:
    """Move a host that the group has just launched to the group's emptiest zone, where AWS would have launched it."""
    with MOTO:
        others = [state.instance.placement.zone for state in group.instance_states if state.instance.id != host.id]
        host.placement.zone = min((f"{region}{zone}" for zone in ZONES), key=others.count)
        host.instance_type = plan.instance_type(len(others))
        host.region_name = region


def _create_group(account: str, region: str, plan: ClusterPlan) -> None:
    backend = autoscaling_backends[account][region]
    backend.create_launch_configuration(
        name=f"{plan.group}-launch",
        image_id=IMAGE,
        key_name="",
        kernel_id="",
        ramdisk_id="",
        security_groups=[],
        user_data=None,
        instance_type=plan.instance_type(0),
        instance_monitoring=False,
        instance_profile_name=None,
        spot_price=None,
        ebs_optimized=False,
        associate_public_ip_address=False,
        block_device_mappings=[],
    )
    tag: dict[str, Any] = {"Key": "cluster", "Value": plan.name, "PropagateAtLaunch": True}
    backend.create_auto_scaling_group(
        name=plan.group,
        availability_zones=[f"{region}{zone}" for zone in ZONES],
        desired_capacity=0,
        min_size=0,
        max_size=2 * plan.size,
        launch_config_name=f"{plan.group}-launch",
        launch_template={},
        vpc_zone_identifier=None,
        default_cooldown=None,
        health_check_period=None,
        health_check_type=None,
        load_balancers=[],
        target_group_arns=[],
        placement_group=None,
        termination_policies=[],
        tags=[tag],
    )


def _launch(account: str, region: str, plan: ClusterPlan) -> list[Host]:
    """Launch the hosts, each in its zone: the group itself would put all of them in one."""
    alike: dict[tuple[str, str], list[int]] = {}
    for number in range(plan.size):
        alike.setdefault((plan.zone(region, number), plan.instance_type(number)), []).append(number)
    launched: dict[int, Host] = {}
    # One call for all that are alike: moto goes through every earlier call for each host it is asked about.
    for (zone, instance_type), numbers in alike.items():
        reservation = ec2_backends[account][region].run_instances(
            IMAGE,
            len(numbers),
            None,
            [],
            region_name=region,
            instance_type=instance_type,
            is_instance_type_default=False,
            placement=zone,
            tags={"instance": {"cluster": plan.name}},
        )
        launched |= dict(zip(numbers, reservation.instances, strict=True))
    return [launched[number] for number in range(plan.size)]


def _join_group(account: str, region: str, plan: ClusterPlan, launched: list[Host]) -> None:
    """Give hosts to their group. moto's own AttachInstances looks for each of them among all."""
    group = autoscaling_backends[account][region].autoscaling_groups[plan.group]
    group.desired_capacity = len(launched)
    for host in launched:
        group.instance_states.append(InstanceState(host, autoscaling_group=group))
        ec2_backends[account][region].create_tags([host.id], {ASG_NAME_TAG: group.name})
