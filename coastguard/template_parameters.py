"""What a template takes as parameters, as it says itself: what CloudFormation would refuse is found before it is asked.

CloudFormation checks a stack's parameters only when all else of a deployment is done, and names one mistake at a time.
"""

import re
from collections.abc import Iterator, Mapping
from math import inf
from pathlib import Path
from typing import Any

import yaml

_NUMBER = r"-?[0-9]+([.][0-9]+)?"


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags, none of which a parameter has: what they stand before is left out."""


_Loader.add_multi_constructor("!", lambda _loader, _tag, _node: None)


def parameters(template: Path) -> dict[str, dict[str, Any]]:
    """Return the parameters that a template declares, by name."""
    declared: dict[str, dict[str, Any]] = yaml.load(template.read_text("utf-8"), _Loader)["Parameters"]  # noqa: S506  # built on the safe loader
    return declared


def misfits(template: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Return the remedy of each value that the template does not take, in its own words, by the parameter's name."""
    declared = parameters(template)
    return {
        name: str(declared[name].get("ConstraintDescription", "The template does not take it."))
        for name, value in given.items()
        if not all(_fits(declared[name], part) for part in _parts(declared[name], value))
    }


def _parts(declared: Mapping[str, Any], value: str) -> Iterator[str]:
    """Take a list apart: CloudFormation leaves out blanks around its commas, and checks each part."""
    if declared["Type"] == "CommaDelimitedList":
        yield from map(str.strip, value.split(","))
    else:
        yield value


def _fits(declared: Mapping[str, Any], value: str) -> bool:
    is_number = declared["Type"] == "Number"
    pattern = _NUMBER if is_number else declared.get("AllowedPattern", ".*")
    return (
        re.fullmatch(pattern, value, re.ASCII | re.DOTALL) is not None
        and len(value) <= declared.get("MaxLength", len(value))
        and value in map(str, declared.get("AllowedValues", [value]))
        and (not is_number or declared.get("MinValue", -inf) <= float(value) <= declared.get("MaxValue", inf))
    )
