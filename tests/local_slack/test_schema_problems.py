from typing import Any

import pytest
from jsonschema import Draft7Validator

from coastguard.local.slack.schema_problems import problems


def told(schema: dict[str, Any], instance: object) -> list[str]:
    return [str(problem) for problem in problems(Draft7Validator(schema), instance, ("here",))]


@pytest.mark.parametrize("limits", [(2, 5), (5, 2)], ids=str)
def test_of_several_limits_the_tightest_is_told(limits: tuple[int, int]) -> None:
    schema = {"allOf": [{"maxLength": limit} for limit in limits]}
    assert told(schema, "too long") == ["here: 8 characters, at most 2"]


@pytest.mark.parametrize(
    ("instance", "problem"),
    [
        ({"type": "a", "size": "big"}, "here.size: must be number, is 'big'"),
        ({"type": "b"}, "here: missing name, colour"),
        ({"type": "c"}, "here: 'c' cannot stand here"),
        ("a", "here: 'a' is not possible here"),
    ],
    ids=str,
)
def test_of_several_shapes_the_one_that_was_meant_is_told(instance: object, problem: str) -> None:
    first = {"type": "object", "properties": {"type": {"const": "a"}, "size": {"type": "number"}}}
    second = {"type": "object", "properties": {"type": {"enum": ["b"]}}, "required": ["name", "colour"]}
    assert told({"anyOf": [first, second]}, instance) == [problem]


def test_a_huge_value_is_told_in_few_words() -> None:
    [problem] = told({"type": "string"}, {"x" * 5000: list(range(5000))})
    assert len(problem) < 120
