"""The machines under container instances: what EC2 and Systems Manager say of them.

Whoever asks here wants to know more about an instance that is in trouble anyway. So a refusal, a throttle or silence is
no error: it is a host about which something stays unchecked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from spoke.accounts import Member
from spoke.errors import Busy, Refused, reason

GONE = "gone"
"""State of a host that EC2 does not know: it was terminated more than about an hour ago."""

GROUP_TAG = "aws:autoscaling:groupName"
"""The EC2 tag that every member of an Auto Scaling group carries."""

EC2_A_CALL = 100
SSM_A_CALL = 50
GROUPS_A_CALL = 50

_WORST_FIRST = ("impaired", "insufficient-data", "initializing", "ok")


@dataclass(frozen=True, slots=True)
class Host:
    """A machine: an EC2 instance ("i-…") or one of ECS Anywhere ("mi-…"). None means that it is not known."""

    state: str | None = None  # EC2's name for it, or GONE
    checks: str | None = (
        None  # the worst of system and instance check: "ok", "initializing", "insufficient-data", "impaired"
    )
    ping: str | None = None  # Systems Manager's PingStatus: "Online", "ConnectionLost", "Inactive"
    managed: bool = False  # run by AWS (ECS Managed Instances)
    group: str | None = None  # its Auto Scaling group
    launched: datetime | None = None
    unchecked: str = ""  # what could not be asked, and why


def ask_ec2(member: Member, ids: Sequence[str]) -> dict[str, Host]:
    """Return state, checks and whether AWS manages it, by host id, for at most 100 EC2 instances."""
    try:
        found = _known_to_ec2(member, ids)
    except (Refused, Busy, ClientError) as error:
        return dict.fromkeys(ids, Host(unchecked=f"EC2 status: {_why(error)}"))
    return dict.fromkeys(ids, Host(unchecked="EC2 status: no answer")) | found


def ask_ssm(member: Member, ids: Sequence[str]) -> dict[str, Host]:
    """Return the ping status by host id, for at most 50 machines of ECS Anywhere."""
    try:
        answer = member.call(
            "ssm",
            "describe_instance_information",
            Filters=[{"Key": "InstanceIds", "Values": ids}],
            MaxResults=SSM_A_CALL,
        )
    except (Refused, Busy, ClientError) as error:
        return dict.fromkeys(ids, Host(unchecked=f"SSM ping: {_why(error)}"))
    return {raw["InstanceId"]: Host(ping=raw.get("PingStatus")) for raw in answer["InstanceInformationList"]}


def ask_auto_scaling(member: Member, ids: Sequence[str]) -> dict[str, str]:
    """Return Auto Scaling's lifecycle state by host id, of those of at most 50 EC2 instances that are in a group.

    Nobody needs it to alert: where Auto Scaling does not answer, the state stays unknown.
    """
    if not ids:
        return {}
    try:
        answer = member.call("autoscaling", "describe_auto_scaling_instances", InstanceIds=list(ids)[:GROUPS_A_CALL])
    except (Refused, Busy, ClientError):
        return {}
    return {raw["InstanceId"]: raw["LifecycleState"] for raw in answer["AutoScalingInstances"]}


def described(answers: Iterable[Mapping[str, Any]]) -> dict[str, Host]:
    """Read answers of ec2:DescribeInstances: hosts by id, without checks."""
    return {
        raw["InstanceId"]: Host(
            state=raw["State"]["Name"],
            managed=_managed(raw),
            group={tag["Key"]: tag["Value"] for tag in raw.get("Tags", ())}.get(GROUP_TAG),
            launched=raw.get("LaunchTime"),
        )
        for answer in answers
        for reservation in answer["Reservations"]
        for raw in reservation["Instances"]
    }


def _known_to_ec2(member: Member, ids: Sequence[str]) -> dict[str, Host]:
    try:
        return _checked(member, ids)
    except ClientError as error:
        if reason(error) != "InvalidInstanceID.NotFound":
            raise
    # One unknown id spoils the whole call; a filter leaves unknown ids out, but knows of no checks.
    filters = [{"Name": "instance-id", "Values": ids}]
    known = described(member.pages("ec2", "describe_instances", Filters=filters, IncludeManagedResources=True))
    checked = _checked(member, sorted(known)) if known else {}
    return dict.fromkeys(ids, Host(GONE)) | known | checked


def _checked(member: Member, ids: Sequence[str]) -> dict[str, Host]:
    """DescribeInstanceStatus tells little, and is read fast (spoke.models)."""
    answer = member.call(
        "ec2",
        "describe_instance_status",
        InstanceIds=ids,
        IncludeAllInstances=True,
        # An account may hide what AWS manages. A hidden instance must not look like one that is gone.
        IncludeManagedResources=True,
    )
    return {
        raw["InstanceId"]: Host(raw["InstanceState"], _worst(raw), managed=raw["Managed"] == "true")
        for raw in answer["InstanceStatuses"]
    }


def _worst(raw: Mapping[str, str | None]) -> str | None:
    results = {raw["SystemStatus"], raw["InstanceStatus"]}
    return next((result for result in _WORST_FIRST if result in results), None)


def _managed(raw: Mapping[str, Any]) -> bool:
    return bool(raw.get("Operator", {}).get("Managed", False))


def _why(error: Refused | Busy | ClientError) -> str:
    if isinstance(error, Refused):
        return "access denied"
    return "no answer" if isinstance(error, Busy) else reason(error)
