"""What happens to hosts without anybody of Coastguard's doing: a scale-in, a nightly stop, a protection."""

from collections.abc import Callable

from moto.autoscaling.models import autoscaling_backends
from moto.core.exceptions import ServiceException
from moto.ec2.models import ec2_backends

from coastguard.local.fleet.moto_lock import MOTO
from coastguard.local.fleet.state import Host, hosts, instances


def act(account: str, region: str, named: str, action: str) -> None:
    """Do one of ACTIONS to a host, named by its own id or by that of its container instance.

    ValueError tells what cannot be done. The fleet has to catch up afterwards.
    """
    if action not in ACTIONS:
        raise ValueError(f"There is no action {action}: the actions are {', '.join(ACTIONS)}.")
    with MOTO:
        container = next((instance for instance in instances(account, region) if instance.id == named), None)
        wanted = container.ec2_instance_id if container else named
        host = hosts(account, region).get(wanted)
        if host is None:
            raise ValueError(f"There is no instance {named} in {account}/{region}.")
        try:
            ACTIONS[action](account, region, host)
        except ServiceException as error:
            raise ValueError(f"EC2 does not {action} {host.id}: {error.message}") from error


def _terminate(account: str, region: str, host: Host) -> None:
    """Scale in: a member of a group goes and is not replaced."""
    if getattr(host, "autoscaling_group", None) and not host.disable_api_termination:
        autoscaling_backends[account][region].terminate_instance(host.id, should_decrement=True)
    else:
        ec2_backends[account][region].terminate_instances([host.id])


def _stop(account: str, region: str, host: Host) -> None:
    ec2_backends[account][region].stop_instances([host.id])


def _start(account: str, region: str, host: Host) -> None:
    ec2_backends[account][region].start_instances([host.id])


def _protect(_account: str, _region: str, host: Host) -> None:
    host.disable_api_termination = True


ACTIONS: dict[str, Callable[[str, str, Host], None]] = {
    "terminate": _terminate,
    "stop": _stop,
    "start": _start,
    "protect": _protect,
}
