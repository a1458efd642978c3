"""Events of AWS services: how ECS describes a container instance, and how an event gets onto a default bus."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import eventbridge

from coastguard.local.fleet.state import Instance

STATE_CHANGE = "ECS Container Instance State Change"


@dataclass(frozen=True, slots=True)
class Event:
    """An event before EventBridge gives it an id and a time."""

    account: str
    region: str
    source: str
    detail_type: str
    detail: Mapping[str, Any]
    resources: Sequence[str]


def state_change(account: str, region: str, instance: Instance, at: datetime) -> Event:
    """Return the event ECS sends when anything about a container instance changes."""
    arn = instance.container_instance_arn
    detail = {
        "agentConnected": instance.agent_connected,
        "attributes": [{"name": name, "value": value} for name, value in instance.attributes.items()],
        "clusterArn": f"arn:aws:ecs:{region}:{account}:cluster/{instance.cluster_name}",
        "containerInstanceArn": arn,
        "ec2InstanceId": instance.ec2_instance_id,
        "registeredAt": instance.registered_at.isoformat(timespec="milliseconds") + "Z",
        "registeredResources": instance.registered_resources,
        "remainingResources": instance.remaining_resources,
        "runningTasksCount": instance.running_tasks_count,
        "pendingTasksCount": instance.pending_tasks_count,
        "status": instance.status,
        "version": instance.version,
        "versionInfo": instance.version_info,
        "updatedAt": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "accountType": "aws",
    }
    return Event(account, region, "aws.ecs", STATE_CHANGE, detail, (arn,))


def emit(event: Event) -> None:
    """Put an event on its account's default bus, as the service it names; ValueError if EventBridge does not take it.

    Only for MiniStack's own thread: EventBridge's rules are read without locks.
    """
    entry = {
        "Source": event.source,
        "DetailType": event.detail_type,
        "Detail": json.dumps(event.detail),
        "Resources": list(event.resources),
    }
    with request_scope(event.account, event.region):
        _, _, body = eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)  # noqa: SLF001 - asserted in symbols
    answer = json.loads(body)
    if answer["FailedEntryCount"]:
        raise ValueError(f"EventBridge does not take the event: {answer['Entries'][0]['ErrorMessage']}")
