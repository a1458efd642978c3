"""Systems Manager as far as moto leaves it out: which machines it reaches, and commands that take their time.

moto's commands have always succeeded, with nothing to say. Here a command is Pending until its machine takes it up, and
says what `RUNS` has it say; one that no machine takes up in time is TimedOut. As on AWS, it is some moments until a
command that was just sent is known (GetCommandInvocation), and a first page may be empty and name a next one.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ecs.models import ecs_backends
from moto.ssm.exceptions import InvalidDocument, InvalidFilterKey, SSMException, ValidationException
from moto.ssm.models import Command
from moto.ssm.responses import SimpleSystemManagerResponse

PINGS: dict[str, str] = {}
"""PingStatus by host id: "Online" (which is what one has that is not named), "ConnectionLost" or "Inactive".

"" is one that Systems Manager does not know: its agent has never come up there.
"""

DOCUMENTS: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
"""The content of each document by its name, by account and Region."""

Run = Callable[[str, str, Command, Mapping[str, Any]], None]
RUNS: list[Run] = []
"""What hears of a command that was sent: its account and Region, the command, and the document's content."""

_MOST_PINGS = 50
_MOST_COMMANDS = 50
_COMMENT = 100
_LEAST_TIMEOUT = 30
_OUTPUT = 24_000


class Ssm(SimpleSystemManagerResponse):
    """What moto's class is given: the methods are lifted onto it, so `super()` has no place in them."""

    def describe_instance_information(self) -> ActionResult:
        """Moto does not have it. AWS's first page may be empty and name a next one: here it always is."""
        if not self._get_param("NextToken"):
            return ActionResult({"InstanceInformationList": [], "NextToken": "0"})
        hosts = sorted(known_hosts(self.current_account, self.region))
        for condition in self._get_param("Filters") or ():
            if condition["Key"] != "InstanceIds":
                raise InvalidFilterKey(f"The local world cannot filter by {condition['Key']}")
            hosts = [host for host in hosts if host in condition["Values"]]
        page, token = _page(hosts, self._get_param("NextToken"), self._get_param("MaxResults") or _MOST_PINGS)
        return ActionResult({"InstanceInformationList": [_ping(host) for host in page], "NextToken": token})

    def send_command(self) -> ActionResult:
        """Moto takes any document and any machine, and has run the command before it answers."""
        place = self.current_account, self.region
        content = DOCUMENTS.get(place, {}).get(self._get_param("DocumentName") or "")
        if content is None:
            raise InvalidDocument("Document with name " + str(self._get_param("DocumentName")) + " does not exist.")
        comment, seconds = self._get_param("Comment") or "", self._get_param("TimeoutSeconds") or 3600
        if len(comment) > _COMMENT or seconds < _LEAST_TIMEOUT:
            raise ValidationException(f"Comment has at most {_COMMENT}, TimeoutSeconds at least {_LEAST_TIMEOUT}.")
        if self._get_param("Parameters"):
            raise SSMException("InvalidParameters", "The document takes no parameters.")
        machines = list(self._get_param("InstanceIds") or ())
        if not machines or not set(machines) <= known_hosts(*place):
            raise SSMException("InvalidInstanceId", f"Instances {machines} not in a valid state for account {place[0]}")
        command = self.ssm_backend.send_command(
            comment, self._get_param("DocumentName"), seconds, machines.copy(), "", "", None, "", "", "", {}, "", []
        )
        # Without targets, moto means every machine.
        command.instance_ids = list(machines)
        command.invocations = [one for one in command.invocations if one["InstanceId"] in machines]
        command.status = "Pending"
        for invocation in command.invocations:
            invocation |= {"Status": "Pending", "StatusDetails": "Pending", "ResponseCode": -1, "Asked": 0}
        for run in RUNS:
            run(*place, command, content)
        return ActionResult({"Command": command.response_object()})

    def list_commands(self) -> ActionResult:
        """Moto has neither filters nor pages."""
        commands = self.ssm_backend.list_commands(self._get_param("CommandId"), self._get_param("InstanceId"))
        for condition in self._get_param("Filters") or ():
            if condition["key"] != "DocumentName":
                raise InvalidFilterKey(f"The local world cannot filter by {condition['key']}")
            commands = [command for command in commands if command.document_name == condition["value"]]
        newest = [command.command_id for command in reversed(commands)]
        page, token = _page(newest, self._get_param("NextToken"), self._get_param("MaxResults") or _MOST_COMMANDS)
        shown = {command.command_id: command for command in commands}
        return ActionResult({"Commands": [shown[one].response_object() for one in page], "NextToken": token})

    def get_command_invocation(self) -> ActionResult:
        """Moto knows a command at once, and never lets one go undelivered."""
        command = self.ssm_backend.get_command_by_id(self._get_param("CommandId"))
        invocation = command.get_invocation(self._get_param("InstanceId"), None)
        invocation["Asked"] += 1
        if invocation["Asked"] == 1:
            raise SSMException("InvocationDoesNotExist", "")
        if invocation["Status"] == "Pending" and datetime.now(UTC) > _aware(command.expires_after):
            end(command, "TimedOut", -1, "", "DeliveryTimedOut")
        return ActionResult({name: value for name, value in invocation.items() if name != "Asked"})


def known_hosts(account: str, region: str) -> set[str]:
    """Name the hosts that Systems Manager knows: running instances, and the machines of ECS Anywhere."""
    running = {instance.id for instance in ec2_backends[account][region].all_running_instances()}
    clusters = ecs_backends[account][region].container_instances.values()
    machines = {
        instance.ec2_instance_id
        for cluster in clusters
        for instance in cluster.values()
        if instance.ec2_instance_id.startswith("mi-")
    }
    return {host for host in running | machines if PINGS.get(host, "Online")}


def begin(command: Command) -> None:
    """Let a machine take a command up."""
    _tell(command, "InProgress", "InProgress", -1, "")


def end(command: Command, status: str, code: int, output: str, details: str = "") -> None:
    """Let a command end on its machine, with what it has printed."""
    _tell(command, status, details or status, code, output[:_OUTPUT])


def _tell(command: Command, status: str, details: str, code: int, output: str) -> None:
    command.status = status
    for invocation in command.invocations:
        invocation |= {
            "Status": status,
            "StatusDetails": details,
            "ResponseCode": code,
            "StandardOutputContent": output,
        }


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _ping(host: str) -> dict[str, Any]:
    return {
        "InstanceId": host,
        "PingStatus": PINGS.get(host, "Online"),
        "PlatformType": "Linux",
        "ResourceType": "ManagedInstance" if host.startswith("mi-") else "EC2Instance",
    }


def _page(rows: list[str], token: str | None, size: int) -> tuple[list[str], str | None]:
    start = int(token or 0)
    end = start + size
    return rows[start:end], str(end) if end < len(rows) else None
