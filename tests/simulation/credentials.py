"""Session policies in a simulation: a credential can do what it was signed in for, and nothing else."""

import json
import re
from typing import Any

from tests.wire.payloads import Host
from tests.wire.wire import Call, Failure

_KEY = re.compile(rb"<AccessKeyId>(\w+)</AccessKeyId>")
_PREFIXES = {"auto-scaling": "autoscaling"}


class Credentials:
    """What each session may, as its sign-in has said; one without a policy may all that its role may."""

    def __init__(self) -> None:
        self._policies: dict[str, list[dict[str, Any]]] = {}

    def issued(self, call: Call, answer: bytes) -> None:
        """Remember what a sign-in was narrowed to."""
        found = _KEY.search(answer)
        if found and "Policy" in call.fields:
            self._policies[found[1].decode()] = json.loads(call.fields["Policy"])["Statement"]

    def check(self, call: Call, host: Host | None) -> None:
        """Refuse what a session was not signed in for; `host` is the one that the call names."""
        if call.key not in self._policies:
            return
        action = f"{_PREFIXES.get(call.service, call.service)}:{call.operation}"
        for resource in _resources(call, host):
            statements = self._policies[call.key]
            if not any(action in each["Action"] and resource in {*each["Resource"]} for each in statements):
                raise Failure("AccessDeniedException", f"the session policy allows no {action} on {resource}", 403)


def _resources(call: Call, host: Host | None) -> list[str]:
    """What the call touches, as AWS's service authorization reference has it; what only reads is not narrowed."""
    here = f"{call.region}:{call.account}"
    match call.operation:
        case "DeregisterContainerInstance" | "UpdateContainerInstancesState":
            return [f"arn:aws:ecs:{here}:cluster/{call.fields['cluster'].rsplit('/', 1)[-1]}"]
        case "TerminateInstanceInAutoScalingGroup":
            group = host.group if host else ""
            return [f"arn:aws:autoscaling:{here}:autoScalingGroup:*:autoScalingGroupName/{group}"]
        case "TerminateInstances" | "RebootInstances":
            return [f"arn:aws:ec2:{here}:instance/{each}" for each in call.listed("InstanceId")]
        case "SendCommand":
            hosts = [f"arn:aws:ec2:{here}:instance/{each}" for each in call.fields["InstanceIds"]]
            return [f"arn:aws:ssm:{here}:document/{call.fields['DocumentName']}", *hosts]
    return ["*"]
