"""jsonschema's findings as short sentences that point at the place."""

import reprlib
from collections.abc import Iterable, Iterator
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from coastguard.local.slack.problems import Path, Problem

# So many possible values are worth naming in a sentence.
NAMED_VALUES = 6


def problems(validator: Draft7Validator, instance: object, at: Path) -> list[Problem]:
    """What the schema does not allow in `instance`, which stands at `at`; one problem per place and kind."""
    found: dict[tuple[Path, str], ValidationError] = {}
    for error in _meant(validator.iter_errors(instance)):
        key = (tuple(error.absolute_path), str(error.validator))
        # Where several limits hold, the tightest is the one worth telling.
        if key not in found or _limit(error) < _limit(found[key]):
            found[key] = error
    return [Problem(at + path, _reason(error)) for (path, _), error in found.items()]


def _meant(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """The errors themselves; for an anyOf those of the branch that the instance was meant to be."""
    for error in errors:
        if error.validator != "anyOf":
            yield error
            continue
        branches: dict[str | int, list[ValidationError]] = {}
        for inner in error.context:
            branches.setdefault(inner.relative_schema_path[0], []).append(inner)
        likely = [branch for branch in branches.values() if not any(map(_wrong_type, branch))]
        if likely:
            best = min(likely, key=len)
            yield from _meant(best)
        else:
            yield error


def _wrong_type(error: ValidationError) -> bool:
    """Whether the instance names another type than this branch of an anyOf is about."""
    return list(error.relative_path) == ["type"] or (error.validator == "type" and not error.relative_path)


def _limit(error: ValidationError) -> int:
    return error.validator_value if isinstance(error.validator_value, int) else 0


def _reason(error: ValidationError) -> str:
    # jsonschema types these as "anything, or not set yet"; in an error they are set.
    value: Any = error.instance
    rule: Any = error.validator_value
    schema: Any = error.schema
    shown = reprlib.repr(value)
    match error.validator:
        case "maxLength":
            reason = f"{len(value)} characters, at most {rule}"
        case "minLength":
            reason = "must not be empty"
        case "maxItems":
            reason = f"{len(value)} entries, at most {rule}"
        case "required":
            reason = f"missing {', '.join(name for name in rule if name not in value)}"
        case "additionalProperties":
            reason = f"unknown {', '.join(reprlib.repr(name) for name in value if name not in schema['properties'])}"
        case "type":
            reason = f"must be {' or '.join(rule) if isinstance(rule, list) else rule}, is {shown}"
        case "const":
            reason = f"must be {rule}, is {shown}"
        case "enum" if len(rule) <= NAMED_VALUES:
            reason = f"must be one of {', '.join(rule)}, is {shown}"
        case "anyOf" if isinstance(value, dict) and "type" in value:
            reason = f"{reprlib.repr(value['type'])} cannot stand here"
        case _:
            reason = f"{shown} is not possible here"
    return reason
