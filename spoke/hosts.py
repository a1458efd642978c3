"""The machines under container instances: what EC2 and Systems Manager say of them.

Whoever asks here wants to know more about an instance that is in trouble anyway. So a refusal, a throttle or silence is
no error: it is a host about which something stays unchecked.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from spoke.accounts import Member
from spoke.errors import Busy, ClusterGone, Refused, reason
from spoke.places import Cluster
from spoke.states import ANSWERS, GONE, worst

log = logging.getLogger(__name__)

GROUP_TAG = "aws:autoscaling:groupName"
"""The EC2 tag that every member of an Auto Scaling group carries."""

EC2_A_CALL = 100
# EC2 lists what an account has by so many a page, but takes no ids for that.
_EC2_A_PAGE = 1_000
SSM_A_CALL = 50
GROUPS_A_CALL = 50
PROVIDERS_A_CALL = 100

AUTO_REPAIR: Mapping[str, bool] = {"ENABLED": True, "DISABLED": False}
"""What capacity providers of Managed Instances say of auto repair: whether ECS replaces sick hosts by itself."""

_NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class Host:
    """A machine: an EC2 instance ("i-…") or one of ECS Anywhere ("mi-…"). None means that it is not known."""

    state: str | None = None  # EC2's name for it, or GONE
    checks: str | None = None  # the worst of system and instance check, a word of states.CHECKS
    ping: str | None = None  # Systems Manager's ping status, a word of states.ANSWERS
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
    return dict.fromkeys(ids, Host(unchecked=f"EC2 status: {_NO_ANSWER}")) | found


def list_ec2(member: Member, ids: Collection[str]) -> dict[str, Host]:
    """Return what `ask_ec2` does, of as many hosts as are found sooner by listing all that the account has.

    That ends with the first page that has brought no more than a call with ids would have, or when one such call can
    bring the rest. Whoever is left out is still to be asked about: also where EC2 does not answer, which that will say.
    """
    found: dict[str, Host] = {}
    try:
        for page in _statuses(member, MaxResults=_EC2_A_PAGE):
            before = len(found)
            found |= {name: host for name, host in page.items() if name in ids}
            if min(len(found) - before, len(ids) - len(found)) <= EC2_A_CALL:
                break
    except (Refused, Busy, ClientError) as error:
        log.info("hosts.unlisted", extra={"error": str(error)})
    return found


def ask_ssm(member: Member, ids: Sequence[str]) -> dict[str, Host]:
    """Return the ping status by host id, for at most 50 machines of ECS Anywhere."""
    try:
        found = pings(member, ids)
    except (Refused, Busy, ClientError) as error:
        return dict.fromkeys(ids, Host(unchecked=f"SSM ping: {_why(error)}"))
    return {
        name: Host(ping=ping) if (ping := found.get(name)) else Host(unchecked=f"SSM ping: {_NO_ANSWER}")
        for name in ids
    }


def ask_reach(member: Member, ids: Sequence[str]) -> dict[str, bool]:
    """Say by host id whether Systems Manager reaches each of at most 50 machines.

    Nobody needs it to alert: where Systems Manager does not answer, it stays unknown.
    """
    try:
        found = pings(member, ids)
    except (Refused, Busy, ClientError):
        return {}
    return {name: ANSWERS.get(found.get(name, ""), False) for name in ids}


def pings(member: Member, ids: Sequence[str]) -> dict[str, str]:
    """Return Systems Manager's ping status by host id, of those of at most 50 machines that it knows.

    Raises Refused or Busy; any other ClientError as it is.
    """
    filters = [{"Key": "InstanceIds", "Values": ids}]
    # The first page may be empty and name a next one.
    pages = member.pages("ssm", "describe_instance_information", Filters=filters, MaxResults=SSM_A_CALL)
    told = {raw["InstanceId"]: raw.get("PingStatus") for page in pages for raw in page["InstanceInformationList"]}
    return {name: ping for name, ping in told.items() if ping}


def ask_auto_scaling(member: Member, ids: Sequence[str]) -> dict[str, str]:
    """Return Auto Scaling's lifecycle state by host id, of those of at most 50 EC2 instances that are in a group.

    Nobody needs it to alert: where Auto Scaling does not answer, the state stays unknown.
    """
    if not ids:
        return {}
    try:
        return lifecycles(member, list(ids)[:GROUPS_A_CALL])
    except (Refused, Busy, ClientError):
        return {}


def lifecycles(member: Member, ids: Sequence[str]) -> dict[str, str]:
    """Return what `ask_auto_scaling` does, but raise what keeps an answer from coming."""
    pages = member.pages("autoscaling", "describe_auto_scaling_instances", InstanceIds=ids)
    return {raw["InstanceId"]: raw["LifecycleState"] for page in pages for raw in page["AutoScalingInstances"]}


def ask_auto_repair(member: Member, cluster: Cluster, providers: Iterable[str]) -> dict[str, bool]:
    """Say by capacity provider of Managed Instances whether ECS replaces hosts that are sick.

    One about which ECS tells nothing is left out: then nobody knows.
    """
    names = sorted(set(providers))[:PROVIDERS_A_CALL]
    more: dict[str, str] = {}
    found: dict[str, bool] = {}
    while names:
        try:
            answer = member.call(
                "ecs", "describe_capacity_providers", cluster=cluster.name, capacityProviders=names, **more
            )
        except (Refused, Busy, ClusterGone, ClientError):
            break
        for raw in answer["capacityProviders"]:
            repairs = raw.get("managedInstancesProvider", {}).get("autoRepairConfiguration", {}).get("actionsStatus")
            found |= {raw["name"]: AUTO_REPAIR[repairs]} if repairs in AUTO_REPAIR else {}
        more = {"nextToken": answer["nextToken"]} if answer.get("nextToken") else {}
        if not more:
            break
    return found


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
    untold = {name: replace(host, unchecked=f"EC2 status: {_NO_ANSWER}") for name, host in known.items()}
    return dict.fromkeys(ids, Host(GONE)) | untold | checked


def _checked(member: Member, ids: Sequence[str]) -> dict[str, Host]:
    return {name: host for page in _statuses(member, InstanceIds=ids) for name, host in page.items()}


def _statuses(member: Member, **asked: object) -> Iterator[dict[str, Host]]:
    """DescribeInstanceStatus tells little, and is read fast (spoke.models)."""
    pages = member.pages(
        "ec2",
        "describe_instance_status",
        IncludeAllInstances=True,
        # An account may hide what AWS manages. A hidden instance must not look like one that is gone.
        IncludeManagedResources=True,
        **asked,
    )
    for page in pages:
        yield {
            raw["InstanceId"]: Host(
                raw["InstanceState"],
                worst(raw["SystemStatus"], raw["InstanceStatus"]),
                managed=raw["Managed"] == "true",
            )
            for raw in page["InstanceStatuses"]
        }


def _managed(raw: Mapping[str, Any]) -> bool:
    return bool(raw.get("Operator", {}).get("Managed", False))


def _why(error: Refused | Busy | ClientError) -> str:
    if isinstance(error, Refused):
        return "access denied"
    return _NO_ANSWER if isinstance(error, Busy) else reason(error)
