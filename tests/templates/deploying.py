"""What CloudFormation would make of a template: parameters filled in, conditions decided, references followed.

Only the functions that the templates use; any other is an error, so nothing is silently left unread.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.templates.reading import Template

_ARNS = {
    "DynamoDB::Table": "arn:aws:dynamodb:{here}:table/{name}",
    "Events::EventBus": "arn:aws:events:{here}:event-bus/{name}",
    "Events::Rule": "arn:aws:events:{here}:rule/{bus}{name}",
    "IAM::Role": "arn:aws:iam::{account}:role{path}{name}",
    "Lambda::Function": "arn:aws:lambda:{here}:function:{name}",
    "Logs::LogGroup": "arn:aws:logs:{here}:log-group:{name}",
    "SecretsManager::Secret": "arn:aws:secretsmanager:{here}:secret:{name}-a1b2c3",
    "SQS::Queue": "arn:aws:sqs:{here}:{name}",
}
_NO_VALUE = object()
_VARIABLE = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class Resource:
    """One resource with everything filled in. `name` is what its Ref gives, `arn` what its ARN would be."""

    logical_id: str
    type: str
    properties: dict[str, Any]
    name: str
    arn: str


class Stack:
    """A template deployed in thought, with these parameters, in this account and Region."""

    def __init__(self, template: Template, parameters: Mapping[str, str], account: str, region: str) -> None:
        self.template = template
        self.account = account
        self.region = region
        declared = template.get("Parameters", {})
        if unknown := sorted(set(parameters) - set(declared)):
            raise ValueError(f"The template has no parameters {', '.join(unknown)}.")
        given = {name: str(parameters.get(name, shape.get("Default", ""))) for name, shape in declared.items()}
        self.parameters: dict[str, Any] = {
            name: value.split(",") if declared[name]["Type"] == "CommaDelimitedList" else value
            for name, value in given.items()
        }

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """Every resource that is made, by its logical id."""
        return {
            logical_id: Resource(
                logical_id,
                raw["Type"],
                self._resolve(raw.get("Properties", {})),
                str(self._resolve({"Ref": logical_id})),
                self._arn(logical_id),
            )
            for logical_id, raw in self.template["Resources"].items()
            if "Condition" not in raw or self._holds(self.template["Conditions"][raw["Condition"]])
        }

    @cached_property
    def outputs(self) -> dict[str, str]:
        """Every output's value."""
        return {name: str(self._resolve(raw["Value"])) for name, raw in self.template.get("Outputs", {}).items()}

    def of_type(self, kind: str) -> Iterator[Resource]:
        """Yield the resources of a type, like "SQS::Queue"."""
        return (resource for resource in self.resources.values() if resource.type == f"AWS::{kind}")

    def named(self, kind: str, name: str) -> Resource:
        """Return the one resource of a type that has this name."""
        found = [resource for resource in self.of_type(kind) if resource.name.rpartition("/")[2] == name]
        if len(found) != 1:
            raise LookupError(f"There are {len(found)} resources of type AWS::{kind} named {name}, not one.")
        return found[0]

    def _resolve(self, node: Any) -> Any:
        if isinstance(node, list):
            return [value for item in node if (value := self._resolve(item)) is not _NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (function, argument), *_ = node.items()
            if function == "Ref":
                return self._ref(argument)
            if function.startswith("Fn::"):
                return self._call(function, argument)
        return {key: value for key, item in node.items() if (value := self._resolve(item)) is not _NO_VALUE}

    def _call(self, function: str, argument: Any) -> Any:
        match function:
            case "Fn::Sub":
                return self._sub(argument)
            case "Fn::GetAtt":
                return self._attribute(*argument)
            case "Fn::If":
                name, yes, no = argument
                return self._resolve(yes if self._holds(self.template["Conditions"][name]) else no)
            case "Fn::Select":
                index, items = argument
                return self._resolve(items)[int(index)]
            case "Fn::Join":
                separator, items = argument
                return str(separator).join(self._resolve(items))
            case "Fn::Split":
                separator, text = argument
                return str(self._resolve(text)).split(separator)
        raise NotImplementedError(f"The templates use {function}, which deploying in thought does not know yet.")

    def _holds(self, condition: Any) -> bool:
        match condition:
            case {"Fn::Not": [inner]}:
                return not self._holds(inner)
            case {"Fn::Equals": [left, right]}:
                return str(self._resolve(left)) == str(self._resolve(right))
        raise NotImplementedError(f"The templates use the condition {condition}, which is not known yet.")

    def _sub(self, argument: Any) -> str:
        text, own = argument if isinstance(argument, list) else (argument, {})

        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in own:
                return str(self._resolve(own[name]))
            logical_id, _, attribute = name.partition(".")
            return str(self._attribute(logical_id, attribute) if attribute else self._ref(name))

        return _VARIABLE.sub(value, text)

    def _ref(self, name: str) -> Any:
        pseudo = {
            "AWS::AccountId": self.account,
            "AWS::NoValue": _NO_VALUE,
            "AWS::Partition": "aws",
            "AWS::Region": self.region,
            "AWS::URLSuffix": "amazonaws.com",
        }
        if name in pseudo:
            return pseudo[name]
        if name in self.parameters:
            return self.parameters[name]
        kind, named = self._kind(name), self._given_name(name)
        match kind:
            case "SQS::Queue":
                return f"https://sqs.{self.region}.amazonaws.com/{self.account}/{named}"
            case "SecretsManager::Secret":
                return self._arn(name)
            case "CloudFormation::StackSet":
                return f"{named}:11112222-3333-4444-5555-666677778888"
        return named

    def _attribute(self, logical_id: str, attribute: str) -> str:
        match self._kind(logical_id), attribute:
            case ("Logs::LogGroup", "Arn"):
                return f"{self._arn(logical_id)}:*"
            case (_, "Arn") | ("SecretsManager::Secret", "Id"):
                return self._arn(logical_id)
            case ("SQS::Queue", "QueueName"):
                return self._given_name(logical_id)
        raise NotImplementedError(f"The templates use {logical_id}.{attribute}, which is not known yet.")

    def _kind(self, logical_id: str) -> str:
        kind: str = self.template["Resources"][logical_id]["Type"]
        return kind.removeprefix("AWS::")

    def _given_name(self, logical_id: str) -> str:
        properties = self.template["Resources"][logical_id].get("Properties", {})
        names = (f"{self._kind(logical_id).rpartition('::')[2]}Name", "Name", "LogGroupName")
        name = next((properties[key] for key in names if key in properties), logical_id)
        return str(self._resolve(name))

    def _arn(self, logical_id: str) -> str:
        """Return the resource's ARN, "" for a kind whose ARN nothing asks for."""
        properties = self.template["Resources"][logical_id].get("Properties", {})
        form = _ARNS.get(self._kind(logical_id), "")
        return form.format(
            here=f"{self.region}:{self.account}",
            account=self.account,
            name=self._given_name(logical_id),
            path=self._resolve(properties.get("Path", "/")),
            bus=f"{self._resolve(properties['EventBusName'])}/" if "EventBusName" in properties else "",
        )
