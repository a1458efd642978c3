"""What is done in the member accounts on the wire: hosts are terminated, registrations taken out, commands sent.

By itself AWS is done with all of it at once, and an Auto Scaling group has its next host launched; who knows better
says so in `end`.
"""

from functools import cached_property

from spoke.repairs.restart_agent import DOCUMENT
from tests.wire import payloads
from tests.wire.commands import Commands
from tests.wire.members import Members
from tests.wire.payloads import Host
from tests.wire.reading import READS, Answer, Region, all_known, cluster_of, last
from tests.wire.wire import Call, Failure, Wire

# What Auto Scaling terminates for somebody who asks; of anything else it says ValidationError.
_TERMINABLE = {"InService", "Standby", "Pending", "Pending:Wait", "Terminating:Retained"}


class Acting(Members):
    """Member accounts whose hosts and registrations may be ended."""

    @cached_property
    def commands(self) -> Commands:
        """What Systems Manager was told."""
        return Commands(DOCUMENT)

    def hang(self, wire: Wire) -> None:
        super().hang(wire)
        acts: dict[str, dict[str, Answer]] = {
            "ecs": {"DeregisterContainerInstance": self._deregister},
            "ec2": {"TerminateInstances": self._terminate},
            "auto-scaling": {"TerminateInstanceInAutoScalingGroup": self._terminate_in_group},
            "ssm": self.commands.acts,
        }
        wire.services |= {service: self.in_member({**READS[service], **more}) for service, more in acts.items()}

    def end(self, call: Call, host: Host) -> None:  # noqa: ARG002 - by whom, for who wants to know
        """Do as somebody has asked."""
        self.terminate(host)

    def terminate(self, host: Host) -> None:
        """End a host; its Auto Scaling group, if it has one, launches another."""
        if host.state == "terminated":
            return
        host.state = "terminated"
        if host.group and host.lifecycle:
            host.lifecycle = ""
            self.launch(host.account, host.region, group=host.group, launched=self.here())

    def _terminate(self, call: Call, region: Region) -> bytes:
        call.only("InstanceId")
        all_known(call.listed("InstanceId"), region)
        hosts = [region.hosts[name] for name in call.listed("InstanceId")]
        for host in hosts:
            if host.protected:
                raise Failure("OperationNotPermitted", f"The instance '{host.name}' may not be terminated.")
        before = [host.state for host in hosts]
        for host in hosts:
            self.end(call, host)
        return payloads.terminated(hosts, before)

    def _terminate_in_group(self, call: Call, region: Region) -> bytes:
        call.only("InstanceId", "ShouldDecrementDesiredCapacity")
        host = region.hosts.get(call.fields["InstanceId"])
        if host is None or not host.group or not host.lifecycle:
            raise Failure("ValidationError", "Instance Id not found - No managed instance found for instance ID")
        if host.lifecycle not in _TERMINABLE and not host.lifecycle.startswith("Terminating"):
            raise Failure("ValidationError", f"The instance {host.name} is not in InService or Standby.")
        self.end(call, host)
        return payloads.TERMINATED_IN_GROUP

    def _deregister(self, call: Call, region: Region) -> bytes:
        call.only("cluster", "containerInstance", "force")
        registered, name = cluster_of(call, region), last(call.fields["containerInstance"])
        if name not in registered:
            raise Failure("InvalidParameterException", "The referenced container instance was not found.")
        machine = registered[name]
        if machine.running_tasks and not call.fields.get("force"):
            raise Failure("InvalidParameterException", "Found running tasks on the instance.")
        self.deregister(machine)
        return b'{"containerInstance":{"status":"INACTIVE"}}'
