"""Event source mappings of SQS queues as Lambda has them.

The function's role must be able to read the queue, and the batching window gathers messages, more than ten of them if
the mapping says so. MiniStack reads any queue, at once and ten at a time.
"""

import time
from collections.abc import Mapping
from typing import Any

import ministack.app
from ministack.core.responses import get_region
from ministack.services import lambda_svc, sqs

from coastguard.local.aws.naming import principal_name
from coastguard.local.aws.policies import identity_verdict, role_by_arn, role_context
from coastguard.local.record import Record

NEEDED = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")

Messages = list[dict[str, Any]]


class Mappings:
    """What the mappings wait for. MiniStack reads all of them on one thread."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._ministacks_read = sqs._receive_messages_for_esm  # noqa: SLF001 - asserted in symbols
        self._gathering_since: dict[str, float] = {}
        self._refused: set[str] = set()

    def install(self) -> None:
        """Read in MiniStack's place."""
        sqs._receive_messages_for_esm = self._read  # noqa: SLF001 - asserted in symbols

    def _read(self, queue_url: str, most: int) -> Messages:
        queue = sqs._queues[queue_url]  # noqa: SLF001 - asserted in symbols
        mapping = _mapping_of(queue["attributes"]["QueueArn"])
        if mapping is None or not self._may_read(mapping):
            return []
        now = time.time()
        waiting = sum(message["visible_at"] <= now for message in list(queue["messages"]))
        window = float(mapping.get("MaximumBatchingWindowInSeconds") or 0)
        since = self._gathering_since.setdefault(queue_url, now) if waiting else now
        if waiting < most and now - since < window:
            return []
        self._gathering_since.pop(queue_url, None)
        batch: Messages = []
        while len(batch) < most and (more := self._ministacks_read(queue_url, most - len(batch))):
            batch += more
        return batch

    def _may_read(self, mapping: Mapping[str, Any]) -> bool:
        if not ministack.app.AUTH:
            return True
        _, config, _ = lambda_svc._get_func_record_for_ref(mapping["FunctionArn"])  # noqa: SLF001 - asserted in symbols
        queue_arn, role_arn = mapping["EventSourceArn"], config["Role"]
        role = role_by_arn(role_arn)
        missing = [action for action in NEEDED if role is None or not _allows(role, action, queue_arn)]
        if not missing:
            self._refused.discard(queue_arn)
            return True
        if queue_arn not in self._refused:
            self._refused.add(queue_arn)
            reason = f"{principal_name(role_arn)} may not {', '.join(missing)} on {queue_arn}"
            self._record.refuse("iam", f"{reason}, so the function {config['FunctionName']} gets no messages.")
        return False


def _mapping_of(queue_arn: str) -> Mapping[str, Any] | None:
    """Return the enabled mapping that reads a queue."""
    mappings = list(lambda_svc._esms.values())  # noqa: SLF001 - asserted in symbols
    return next(
        (found for found in mappings if found["EventSourceArn"] == queue_arn and found.get("Enabled", True)), None
    )


def _allows(role: Mapping[str, Any], action: str, resource: str) -> bool:
    verdict = identity_verdict(role, role_context(role, action, resource, get_region()))
    return bool(verdict.decision == "Allow")
