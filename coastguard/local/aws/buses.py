"""Buses of other accounts and Regions: one hop, if everybody who must agree to it does.

MiniStack drops such events. Here four things are evaluated: the target names a role, the role lets EventBridge use it
for this rule, the role's policies allow events:PutEvents on the bus, and the bus, if it is another account's, lets that
role in.
"""

from typing import Any

import ministack.app
from ministack.core import iam_evaluator
from ministack.core.arn import parse_arn
from ministack.core.responses import request_scope
from ministack.services import eventbridge

from coastguard.local.aws.delivery import EVENTS, NotDelivered, TargetCall
from coastguard.local.aws.naming import principal_name
from coastguard.local.aws.policies import Role, identity_verdict, lets_service, role_by_arn, role_context

# Marks an event that came over an account or Region boundary: AWS lets it make no second hop.
HOPPED = "_CoastguardHopped"
PUT = "events:PutEvents"


def hop(delivery: TargetCall) -> None:
    """Bring an event to its bus, with the sender's account, Region, time and id. Raises NotDelivered."""
    sender, arn = delivery.sender, delivery.arn
    bus = parse_arn(arn)
    if bus.service != "events" or not bus.resource.startswith("event-bus/"):
        raise NotDelivered("target", f"{sender} cannot reach {arn}: only a bus may be in another account or Region.")
    if delivery.event.get(HOPPED):
        raise NotDelivered("target", f"{sender} may not send on to {arn}: the event has made its one hop already.")
    if any(delivery.target.get(key) for key in ("Input", "InputPath", "InputTransformer")):
        raise NotDelivered("target", f"{sender} may not change the event for {arn}: a bus takes it as it is.")
    if ministack.app.AUTH:
        _check(delivery, bus)
    forwarded = {**delivery.event, "EventBusName": bus.resource.partition("/")[2], HOPPED: True}
    with request_scope(bus.account_id, bus.region):
        eventbridge._dispatch_event(forwarded)  # noqa: SLF001 - asserted in symbols
        eventbridge._archive_event(forwarded)  # noqa: SLF001


def _check(delivery: TargetCall, bus: Any) -> None:  # noqa: ANN401 - MiniStack has no types
    sender, arn = delivery.sender, delivery.arn
    role_arn = delivery.target.get("RoleArn")
    if not role_arn:
        raise NotDelivered("target", f"{sender} may not send to {arn}: its target names no RoleArn.")
    role = role_by_arn(role_arn)
    if role is None:
        raise NotDelivered("target", f"{sender} may not send to {arn}: there is no {role_arn}.")
    if not lets_service(role["AssumeRolePolicyDocument"], EVENTS, "sts:AssumeRole", role_arn, delivery.rule):
        raise NotDelivered("target", f"{principal_name(role_arn)} does not trust {EVENTS} for {sender}.")
    _check_put(delivery, role, bus)


def _check_put(delivery: TargetCall, role: Role, bus: Any) -> None:  # noqa: ANN401 - MiniStack has no types
    who, arn, name = principal_name(role["Arn"]), delivery.arn, bus.resource.partition("/")[2]
    # What these two keys carry is a set: one value for each entry of a PutEvents call.
    source, detail_type = delivery.event.get("Source", ""), delivery.event.get("DetailType", "")
    context = role_context(
        role, PUT, arn, delivery.region, **{"events:source": [source], "events:detail-type": [detail_type]}
    )
    identity = identity_verdict(role, context)
    if identity.decision != "Allow":
        raise NotDelivered("target", f"{who} may not {PUT} on {arn}.")
    with request_scope(bus.account_id, bus.region):
        exists = name == "default" or name in eventbridge._event_buses  # noqa: SLF001 - asserted in symbols
        policy = eventbridge._event_bus_policies.get(name)  # noqa: SLF001
    if not exists:
        raise NotDelivered("bus", f"{who} cannot reach {arn}: there is no such bus.")
    verdict = iam_evaluator.combine_resource_policy(identity, context, policy, bus.account_id)
    if verdict.decision != "Allow":
        raise NotDelivered("bus", f"The policy of {arn} does not let {who} put {detail_type!r} of {source}.")
