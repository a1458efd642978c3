"""Slack's rules for elements that hold a value, beyond its published types. The schema already holds."""

from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation

from coastguard.local.slack.content import Json
from coastguard.local.slack.problems import Path, Problem

MAX_LENGTH = 3000
MOMENT_DIGITS = 10


def of_element(path: Path, element: Json) -> Iterator[Problem]:
    """What an element breaks by how it begins or by what it allows."""
    yield from _first_choices(path, element)
    match element["type"]:
        case "plain_text_input":
            yield from _lengths(path, element)
        case "number_input":
            yield from _numbers(path, element)
        case "datetimepicker" if "initial_date_time" in element:
            moment = element["initial_date_time"]
            if not isinstance(moment, int) or len(str(moment)) != MOMENT_DIGITS:
                yield Problem((*path, "initial_date_time"), "whole seconds since 1970, ten digits")


def of_focus(placed: Iterable[tuple[Path, Json]]) -> Iterator[Problem]:
    """Of all elements of a view, one may have the focus."""
    wanting = [path for path, element in placed if element.get("focus_on_load")]
    for path in wanting[1:]:
        yield Problem((*path, "focus_on_load"), "another element has it already")


def _first_choices(path: Path, element: Json) -> Iterator[Problem]:
    options = [
        *element.get("options", ()),
        *(option for group in element.get("option_groups", ()) for option in group["options"]),
    ]
    if "initial_option" in element and options and element["initial_option"] not in options:
        yield Problem((*path, "initial_option"), "not one of the options")
    for number, option in enumerate(element.get("initial_options", ())):
        if options and option not in options:
            yield Problem((*path, "initial_options", number), "not one of the options")


def _lengths(path: Path, element: Json) -> Iterator[Problem]:
    least, most = element.get("min_length", 0), element.get("max_length", MAX_LENGTH)
    if not 0 <= least <= MAX_LENGTH:
        yield Problem((*path, "min_length"), f"0 to {MAX_LENGTH}")
    if not 1 <= most <= MAX_LENGTH:
        yield Problem((*path, "max_length"), f"1 to {MAX_LENGTH}")
    if least > most:
        yield Problem((*path, "min_length"), "more than max_length")
    if len(element.get("initial_value", "")) > most:
        yield Problem((*path, "initial_value"), "longer than max_length")


def _numbers(path: Path, element: Json) -> Iterator[Problem]:
    numbers = {}
    for name in ("min_value", "max_value", "initial_value"):
        if name in element:
            try:
                numbers[name] = Decimal(element[name])
            except InvalidOperation:
                yield Problem((*path, name), "not a number")
    if "min_value" in numbers and "max_value" in numbers and numbers["min_value"] > numbers["max_value"]:
        yield Problem((*path, "min_value"), "more than max_value")
