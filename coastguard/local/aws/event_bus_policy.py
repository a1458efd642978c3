"""The CloudFormation type AWS::Events::EventBusPolicy: one statement of a bus's resource policy."""

from collections.abc import Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners

TYPE = "AWS::Events::EventBusPolicy"

Created = tuple[str, dict[str, str]]


def install() -> None:
    """Give MiniStack's CloudFormation this type."""
    provisioners._RESOURCE_HANDLERS[TYPE] = {  # noqa: SLF001 - asserted in symbols
        "create": create,
        "update": update,
        "delete": delete,
    }


def create(_logical_id: str, properties: Mapping[str, Any], _stack_name: str) -> Created:
    """Put the statement on the bus, in the place of one with the same id."""
    bus, statement_id = _place(properties)
    statements = _statements(bus)
    others = [statement for statement in statements if statement.get("Sid") != statement_id]
    statements[:] = [*others, {**_statement(bus, properties), "Sid": statement_id}]
    return f"{bus}|{statement_id}", {}


def update(physical_id: str, _old: Mapping[str, Any], new: Mapping[str, Any], stack_name: str) -> Created:
    """Change the statement; another bus or id means another statement."""
    if physical_id != "|".join(_place(new)):
        delete(physical_id, new)
    return create("", new, stack_name)


def delete(physical_id: str, _properties: Mapping[str, Any]) -> None:
    """Take the statement off the bus."""
    bus, _, statement_id = physical_id.partition("|")
    statements = _statements(bus)
    statements[:] = [statement for statement in statements if statement.get("Sid") != statement_id]


def _place(properties: Mapping[str, Any]) -> tuple[str, str]:
    return str(properties.get("EventBusName", "default")).rpartition("/")[2], str(properties["StatementId"])


def _statements(bus: str) -> list[dict[str, Any]]:
    if bus != "default" and bus not in eventbridge._event_buses:  # noqa: SLF001 - asserted in symbols
        raise ValueError(f"Event bus {bus} does not exist.")
    policy = eventbridge._event_bus_policies.get(bus)  # noqa: SLF001
    if policy is None:
        policy = {"Version": "2012-10-17", "Statement": []}
        eventbridge._event_bus_policies[bus] = policy  # noqa: SLF001
    statements: list[dict[str, Any]] = policy["Statement"]
    return statements


def _statement(bus: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the statement as the policy language has it; the older Action, Principal and Condition count too."""
    if properties.get("Statement"):
        return dict(properties["Statement"])
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": properties.get("Principal", "*"),
        "Action": properties.get("Action", "events:PutEvents"),
        "Resource": f"arn:aws:events:{get_region()}:{get_account_id()}:event-bus/{bus}",
    }
    if condition := properties.get("Condition"):
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return statement
