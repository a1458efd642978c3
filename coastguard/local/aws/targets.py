"""EventBridge targets as AWS delivers to them: each one must let the rule in.

MiniStack asks neither a queue nor a function. What is refused here becomes a sentence in the record and goes to the
target's dead-letter queue, as on AWS, where such permission errors are not tried again.
"""

import json
from collections.abc import Mapping
from typing import Any

import ministack.app
from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, lambda_svc, sqs

from coastguard.local.aws.buses import hop
from coastguard.local.aws.delivery import EVENTS, NotDelivered, TargetCall
from coastguard.local.aws.naming import principal_name
from coastguard.local.aws.policies import identity_verdict, lets_service, role_by_arn, role_context
from coastguard.local.record import Record

SCHEDULER = "scheduler.amazonaws.com"
# What a rule or a schedule does to its target, by the target's service.
ACTIONS = {"lambda": "lambda:InvokeFunction", "sqs": "sqs:SendMessage"}


def install(record: Record) -> None:
    """Ask before each of MiniStack's deliveries."""
    ministacks_delivery = eventbridge._invoke_target  # noqa: SLF001 - asserted in symbols

    def invoke_target(
        target: Mapping[str, Any],
        event: Mapping[str, Any],
        rule: Mapping[str, Any],
        view: Any = None,  # noqa: ANN401 - MiniStack has no types
    ) -> None:
        delivery = TargetCall(target, event, str(rule["Arn"]), get_account_id(), get_region())
        try:
            if delivery.leaves:
                hop(delivery)
                return
            _ask(delivery)
        except NotDelivered as error:
            record.refuse(error.kind, str(error))
            _bury(delivery, str(error), record)
        else:
            ministacks_delivery(target, event, rule, view)

    eventbridge._invoke_target = invoke_target  # noqa: SLF001


def _ask(delivery: TargetCall) -> None:
    """Raise NotDelivered unless the target in the rule's own account and Region is there and lets the rule in."""
    action = ACTIONS.get(delivery.service)
    if action is None:
        return
    policy = _policy(delivery)
    if policy is None:
        raise NotDelivered("target", f"{delivery.sender} cannot reach {delivery.arn}: it does not exist.")
    if not ministack.app.AUTH:
        return
    if delivery.scheduled:
        _ask_schedules_role(delivery, action)
    elif not lets_service(policy, EVENTS, action, delivery.arn, delivery.rule):
        raise NotDelivered("target", f"{delivery.arn} does not let {delivery.sender} {action} as {EVENTS}.")


def _policy(delivery: TargetCall) -> Mapping[str, Any] | str | None:
    """Return the target's resource policy, {} if it has none, None if there is no such target."""
    if delivery.service == "lambda":
        found = lambda_svc.function_policy_for_arn(delivery.arn)
        return found[0] if found else None
    queue = sqs._queue_by_arn(delivery.arn)  # noqa: SLF001 - asserted in symbols
    return (queue["attributes"].get("Policy") or {}) if queue else None


def _ask_schedules_role(delivery: TargetCall, action: str) -> None:
    """Raise NotDelivered unless EventBridge Scheduler may use the role of the schedule, and the role the target."""
    role_arn = str(delivery.target.get("RoleArn", ""))
    role = role_by_arn(role_arn)
    if role is None or not lets_service(
        role["AssumeRolePolicyDocument"], SCHEDULER, "sts:AssumeRole", role_arn, delivery.rule
    ):
        raise NotDelivered("target", f"{principal_name(role_arn)} does not exist or does not trust {SCHEDULER}.")
    if identity_verdict(role, role_context(role, action, delivery.arn, delivery.region)).decision != "Allow":
        raise NotDelivered("target", f"{principal_name(role_arn)} may not {action} on {delivery.arn}.")


def _bury(delivery: TargetCall, reason: str, record: Record) -> None:
    """Send an undelivered event to the target's dead-letter queue, if it has one."""
    grave = (delivery.target.get("DeadLetterConfig") or {}).get("Arn")
    if not grave:
        return
    try:
        _ask(
            TargetCall(
                {**delivery.target, "Arn": grave}, delivery.event, delivery.rule, delivery.account, delivery.region
            )
        )
    except NotDelivered as error:
        record.refuse(error.kind, f"The dead-letter queue lost an event too: {error}")
        return
    event = eventbridge._pattern_event_view(delivery.event).event_with_detail()  # noqa: SLF001 - asserted in symbols
    eventbridge._dispatch_to_sqs(parse_arn(grave), json.dumps(event))  # noqa: SLF001
    causes = {"RULE_ARN": delivery.rule, "TARGET_ARN": delivery.arn, "ERROR_MESSAGE": reason}
    message = sqs._queue_by_arn(grave)["messages"][-1]  # noqa: SLF001
    message["message_attributes"] = {
        name: {"DataType": "String", "StringValue": value}
        for name, value in {**causes, "ERROR_CODE": "NO_PERMISSIONS"}.items()
    }
