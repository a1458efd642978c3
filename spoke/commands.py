"""Commands that Systems Manager runs on machines: what has become of one, and what it has found.

A look follows a command that act has begun. It may read the output of no other one: each is found by its id alone,
which nobody can guess, and the reader cannot list them.
"""

from dataclasses import dataclass

from botocore.exceptions import ClientError

from spoke.accounts import Member
from spoke.errors import Busy, Refused, reason
from spoke.findings import read

# Systems Manager shows a command some time after it has taken it.
_NOT_YET = "InvocationDoesNotExist"
_UNDER_WAY = "Pending"


@dataclass(frozen=True, slots=True)
class Asked:
    """What Systems Manager says of a command on a machine: its status, and the words of ours in its output."""

    status: str
    found: tuple[str, ...] = ()


def ask_course(member: Member, host: str, command: str) -> Asked | None:
    """Ask what has become of a command on a machine; None where Systems Manager does not tell: the next look asks."""
    try:
        answer = member.call("ssm", "get_command_invocation", CommandId=command, InstanceId=host)
    except (Refused, Busy):
        return None
    except ClientError as error:
        return Asked(_UNDER_WAY) if reason(error) == _NOT_YET else None
    return Asked(answer["Status"], read(answer.get("StandardOutputContent") or ""))
