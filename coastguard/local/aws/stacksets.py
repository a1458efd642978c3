"""The CloudFormation type AWS::CloudFormation::StackSet: one stack in each account and Region.

The instances are real stacks of MiniStack's, made by the same CreateStack, UpdateStack and DeleteStack that people use.
As many accounts of a Region as FailureTolerancePercentage allows, rounded down, may fail without failing the whole;
those stay as they were, OUTDATED as AWS calls it, and the next operation tries again. AutoDeployment, ManagedExecution
and the order between StackSets are accepted and have nothing to do here: nobody joins the organization while it runs.
"""

import asyncio
import html
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import ministack.app
from ministack.core.responses import request_scope
from ministack.services import cloudformation
from ministack.services.cloudformation import provisioners, stacks

from coastguard.local.layout.organization import Organization
from coastguard.local.record import Record

TYPE = "AWS::CloudFormation::StackSet"
LONGEST_SECONDS = 60.0
SECONDS_BETWEEN_WORDS = 1.0
NOTHING_TO_DO = "No updates are to be performed"

Created = tuple[str, dict[str, str]]
Place = tuple[str, str]


def install(organization: Organization, record: Record, tell: Callable[[str], None]) -> None:
    """Give MiniStack's CloudFormation this type; it waits for other stacks, so it needs a thread of its own."""
    stacksets = StackSets(organization, record, tell)
    provisioners._RESOURCE_HANDLERS[TYPE] = {  # noqa: SLF001 - asserted in symbols
        "create": stacksets.create,
        "update": stacksets.update,
        "delete": stacksets.delete,
    }
    ministacks_choice = stacks._runs_on_worker_thread  # noqa: SLF001

    def runs_on_worker_thread(resource_type: str) -> bool:
        return resource_type == TYPE or bool(ministacks_choice(resource_type))

    stacks._runs_on_worker_thread = runs_on_worker_thread  # noqa: SLF001


class StackSets:
    """The type's handlers. `tell` is called with how far a StackSet has come that takes longer than a moment."""

    def __init__(self, organization: Organization, record: Record, tell: Callable[[str], None]) -> None:
        self._organization = organization
        self._record = record
        self._tell = tell

    def create(self, _logical_id: str, properties: Mapping[str, Any], _stack_name: str) -> Created:
        """Create a stack in each place."""
        instances = self._instances(properties)
        try:
            self._bring_in_line(properties, instances)
        except ValueError:
            for place in instances:
                _apply("DeleteStack", place, {"StackName": _instance_name(properties)})
            raise
        stackset_id = f"{properties['StackSetName']}:{uuid.uuid4()}"
        return stackset_id, {"StackSetId": stackset_id}

    def update(self, physical_id: str, old: Mapping[str, Any], new: Mapping[str, Any], _stack_name: str) -> Created:
        """Bring the stacks in line with the new properties: create, update or delete in each place."""
        before, after = self._instances(old), self._instances(new)
        self._bring_in_line(new, after)
        for place in before.keys() - after.keys():
            _apply("DeleteStack", place, {"StackName": _instance_name(old)})
        return physical_id, {"StackSetId": physical_id}

    def _bring_in_line(self, properties: Mapping[str, Any], instances: Mapping[Place, dict[str, str]]) -> None:
        """Create or update the stack in each place. ValueError once more have failed than may."""
        name = _instance_name(properties)
        failed: Counter[str] = Counter()
        accounts = Counter(region for _, region in instances)
        percentage = int((properties.get("OperationPreferences") or {}).get("FailureTolerancePercentage", 0))
        for place in self._paced(properties, instances):
            stands = _stands(place, name)
            try:
                _apply("UpdateStack" if stands else "CreateStack", place, _stack_request(properties, instances[place]))
            except ValueError as error:
                region = place[1]
                failed[region] += 1
                if failed[region] > accounts[region] * percentage // 100:
                    raise
                if not stands:
                    _apply("DeleteStack", place, {"StackName": name})
                self._record.refuse("stack", f"OUTDATED: {error}")

    def delete(self, _physical_id: str, properties: Mapping[str, Any]) -> None:
        """Delete the stack in each place."""
        for place in self._paced(properties, self._instances(properties)):
            _apply("DeleteStack", place, {"StackName": _instance_name(properties)})

    def _paced(self, properties: Mapping[str, Any], places: Collection[Place]) -> Iterator[Place]:
        """Yield the places, and tell now and then how many are done."""
        told = time.monotonic()
        for done, place in enumerate(places):
            if time.monotonic() - told >= SECONDS_BETWEEN_WORDS:
                told = time.monotonic()
                self._tell(f"{properties['StackSetName']}: {done} of {len(places)} stacks ready")
            yield place

    def _instances(self, properties: Mapping[str, Any]) -> dict[Place, dict[str, str]]:
        """Return each account and Region that gets a stack, with that stack's parameters."""
        shared = _parameters(properties.get("Parameters"))
        return {
            (account, region): {**shared, **_parameters(group.get("ParameterOverrides"))}
            for group in properties.get("StackInstancesGroup", [])
            for account in self._accounts(group["DeploymentTargets"])
            for region in group["Regions"]
        }

    def _accounts(self, targets: Mapping[str, Any]) -> Iterator[str]:
        """Yield the accounts a group names, directly or by their organizational units."""
        units = [self._organization.accounts_under(unit) for unit in targets.get("OrganizationalUnitIds") or ()]
        named = targets.get("Accounts") or ()
        if not units:
            yield from named
            return
        reached = dict.fromkeys(account for unit in units for account in unit)
        match targets.get("AccountFilterType", "NONE"):
            case "NONE":
                yield from reached
            case "INTERSECTION":
                yield from (account for account in reached if account in named)
            case "DIFFERENCE":
                yield from (account for account in reached if account not in named)
            case "UNION":
                yield from dict.fromkeys([*reached, *named])


def _parameters(listed: list[Mapping[str, Any]] | None) -> dict[str, str]:
    return {parameter["ParameterKey"]: str(parameter["ParameterValue"]) for parameter in listed or ()}


def _instance_name(properties: Mapping[str, Any]) -> str:
    return f"StackSet-{properties['StackSetName']}"


def _stack_request(properties: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, str]:
    template = {key: str(properties[key]) for key in ("TemplateBody", "TemplateURL") if properties.get(key)}
    request = {"StackName": _instance_name(properties), **template}
    for number, capability in enumerate(properties.get("Capabilities") or (), 1):
        request[f"Capabilities.member.{number}"] = capability
    for number, (key, value) in enumerate(parameters.items(), 1):
        request[f"Parameters.member.{number}.ParameterKey"] = key
        request[f"Parameters.member.{number}.ParameterValue"] = value
    return request


def _apply(action: str, place: Place, request: Mapping[str, str]) -> None:
    """Carry out one action on one stack instance and wait for its end; ValueError tells why it failed."""
    account, region = place
    with request_scope(account, region):
        status, _, body = asyncio.run_coroutine_threadsafe(
            cloudformation.handle_request("POST", "/", {}, urlencode({"Action": action, **request}).encode(), {}),
            ministack.app._MAIN_LOOP,  # noqa: SLF001 - asserted in symbols
        ).result()
        if status >= 400:
            if NOTHING_TO_DO in body.decode():
                return
            message = re.search("<Message>(.*?)</Message>", body.decode(), re.DOTALL)
            reason = html.unescape(message[1]) if message else body.decode()
            raise ValueError(f"{action} of {request['StackName']} in {account}/{region}: {reason}")
        _wait(action, place, request["StackName"])


def _wait(action: str, place: Place, name: str) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while (stack := cloudformation._stacks.get(name)) and _goes_on(action, stack["StackStatus"]):  # noqa: SLF001 - asserted in symbols
        if time.monotonic() > deadline:
            raise ValueError(f"{action} of {name} in {'/'.join(place)} took longer than {LONGEST_SECONDS:.0f} seconds.")
        time.sleep(0.01)
    if stack and stack["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE"}:
        raise ValueError(f"{action} of {name} in {'/'.join(place)} ended in {stack['StackStatus']}: {_reason(stack)}")


def _stands(place: Place, name: str) -> bool:
    with request_scope(*place):
        stack = cloudformation._stacks.get(name)  # noqa: SLF001 - asserted in symbols
        return bool(stack) and stack["StackStatus"] != "DELETE_COMPLETE"


def _goes_on(action: str, status: str) -> bool:
    """Whether a stack has not come to the end of the action; a deletion is answered before the status tells of it."""
    return status.endswith("_IN_PROGRESS") or (action == "DeleteStack" and not status.startswith("DELETE_"))


def _reason(stack: Mapping[str, Any]) -> str:
    """Return the reason of the first resource that failed, which tells more than that of the whole stack."""
    events = cloudformation._stack_events.get(stack["StackId"]) or ()  # noqa: SLF001 - asserted in symbols
    failed = (event["ResourceStatusReason"] for event in events if event["ResourceStatus"].endswith("_FAILED"))
    return str(next(failed, stack.get("StackStatusReason", "")))
