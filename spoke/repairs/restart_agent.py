"""Restart the agent: Systems Manager runs the fixed steps of our own document on the host, and no other ones.

The document (stacksets/spoke-rules.yaml) restarts the service of the ECS agent and nothing else: Docker it only asks
whether it answers. Containers run on meanwhile. That takes longer than a function may wait, so this begins it and looks
follow it: the agent's connection is the proof, not the command's exit code.

    tried before?                                 ──▶ find its command by its comment, which is the request's id
    look at the live state                        ──▶ NotDone unless it is still what the person saw
    sign in for this document on this host alone
    is the host well under another registration?  ──▶ NotDone if so, or if nobody can tell
    write down that it is about to be done        ──▶ whoever comes after a crash does not do it again
    send the command, once

A command that nobody knows whether Systems Manager has taken is never sent again: it may have been done.
"""

from datetime import timedelta

from botocore.exceptions import ClientError

from spoke.accounts import Member
from spoke.errors import Busy, ClusterGone, NotDone, Refused, explained, unanswered
from spoke.hosts import pings
from spoke.registrations import Asking
from spoke.repairs.remedy import LINUX, WINDOWS, Needs, Outcome, Remedy, Target
from spoke.repairs.steps import arn, container_instance, host_of, is_out, spare_the_well
from spoke.session_policy import Allowed
from spoke.states import ANSWERS

DOCUMENT = "coastguard-restart-agent"
"""The document's name, in every member Region."""

# Until the command has been carried out and the agent is connected. No figure is published; a minute is what is usual.
PATIENCE = timedelta(minutes=5)
# What is not begun on the host by then is not begun any more: a machine may come back days later.
_BEGUN_WITHIN_SECONDS = 60
_LISTED = 50


def run(member: Member, target: Target, asking: Asking) -> Outcome:
    """Have the agent on the target's host restarted. Raises NotDone, or Busy when AWS does not answer now."""
    member.require(target.cluster.account, target.cluster.region)
    if asking.tried:
        return _what_was_sent(member, target)
    try:
        _look_before(member, target)
        return _send(member, target, asking)
    except (Refused, ClusterGone, ClientError) as error:
        raise NotDone(f"Nothing was done: {explained(error)}.") from error


def _look_before(member: Member, target: Target) -> None:
    if is_out(container_instance(member, target)):
        raise NotDone(f"ECS no longer knows {target.instance}: there is no agent to restart for it.")
    if target.host.startswith("i-") and (state := host_of(member, target).state) != "running":
        raise NotDone(f"{target.host} is {state} now: no wonder that its agent is gone.")
    ping = pings(member, [target.host]).get(target.host)
    if not ANSWERS.get(ping or ""):
        said = f"calls it {ping}" if ping else "does not know it"
        raise NotDone(f"Systems Manager cannot reach {target.host} (it {said}), so nothing can be restarted there.")


def _send(member: Member, target: Target, asking: Asking) -> Outcome:
    machine = arn(target, "ec2", f"instance/{target.host}")
    if not target.host.startswith("i-"):
        machine = arn(target, "ssm", f"managed-instance/{target.host}")
    narrowed = member.narrowed(Allowed(("ssm:SendCommand",), (arn(target, "ssm", f"document/{DOCUMENT}"), machine)))
    narrowed.sign_in()
    spare_the_well(member, target, asking)
    asking.go_ahead()
    asking.once()
    try:
        answer = narrowed.once(
            "ssm",
            "send_command",
            DocumentName=DOCUMENT,
            InstanceIds=[target.host],
            Comment=target.request,
            TimeoutSeconds=_BEGUN_WITHIN_SECONDS,
        )
    except Busy as error:
        if unanswered(error):
            return _what_was_sent(member, target)
        raise NotDone(f"Nothing was done: {explained(error)}. Try again in a minute.") from error
    return _sent(target, answer["Command"]["CommandId"])


def _what_was_sent(member: Member, target: Target) -> Outcome:
    """Find the command that was sent for this request, if Systems Manager has taken it."""
    filters = [{"key": "DocumentName", "value": DOCUMENT}]
    try:
        pages = member.pages("ssm", "list_commands", InstanceId=target.host, Filters=filters, MaxResults=_LISTED)
        for page in pages:
            for command in page["Commands"]:
                if command.get("Comment") == target.request:
                    return _sent(target, command["CommandId"])
    except (Refused, ClientError) as error:
        return _may_be_done(target, f"its commands cannot be listed: {explained(error)}")
    return _may_be_done(target, "it lists no such command")


def _sent(target: Target, command: str) -> Outcome:
    return Outcome((f"Had Systems Manager restart the agent on {target.host}.",), command=command)


def _may_be_done(target: Target, why: str) -> Outcome:
    step = f"May have had the agent on {target.host} restarted: Systems Manager gave no answer, and {why}."
    return Outcome((step, "It is not tried again; whether the agent comes back will show."))


REMEDY = Remedy(
    name="restart-agent",
    label="Restart agent",
    style="",
    title="",
    confirm="",
    drastic=False,
    hits_host=True,
    ends_host=False,
    needs=Needs(anywhere=True, commands=True, systems=frozenset({LINUX, WINDOWS})),
    reads=(
        "ec2:DescribeInstances",
        "ecs:DescribeContainerInstances",
        "ecs:ListClusters",
        "ecs:ListContainerInstances",
        "ssm:DescribeInstanceInformation",
        "ssm:ListCommands",
    ),
    acts=("ssm:SendCommand",),
    run=run,
    called="agent restarted",
    patience=PATIENCE,
    otherwise="What may help next: terminate it.",
)
