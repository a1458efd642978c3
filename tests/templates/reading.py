"""The CloudFormation templates as data: YAML with its short tags written out as functions."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "stacksets"
FILES = {
    "hub": FOLDER / "hub.yaml",
    "roles": FOLDER / "spoke-roles.yaml",
    "rules": FOLDER / "spoke-rules.yaml",
    "organization": FOLDER / "organization.yaml",
}

Template = dict[str, Any]


class CloudFormationLoader(yaml.SafeLoader):
    """YAML in which `!Ref x` reads as {"Ref": "x"} and `!Sub x` as {"Fn::Sub": "x"}."""


def _function(loader: CloudFormationLoader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if tag in {"Ref", "Condition"}:
        return {tag: value}
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{tag}": value}


CloudFormationLoader.add_multi_constructor("!", _function)


@cache
def read(name: str) -> Template:
    """Return one of the four templates, read once because that takes its time: to be copied before it is changed."""
    template: Template = yaml.load(FILES[name].read_text(), CloudFormationLoader)  # noqa: S506 - built on the safe loader
    return template


def read_all() -> dict[str, Template]:
    """Return the four templates by their short names."""
    return {name: read(name) for name in FILES}
