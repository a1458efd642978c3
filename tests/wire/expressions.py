"""DynamoDB's expressions, as far as PynamoDB writes them: conditions and updates on whole attributes.

Each is parsed once, into functions of a row and the request's values. A word that is not understood raises Stray.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from tests.wire.wire import Failure, Stray

Value = Mapping[str, Any]  # {"S": "…"}, {"N": "1"}, …
Row = dict[str, Value]
Values = Mapping[str, Value]
Condition = Callable[[Mapping[str, Value], Values], bool]
Operand = Callable[[Mapping[str, Value], Values], Value | None]

_WORD = re.compile(r"\s*([#:]?[A-Za-z0-9_]+|<>|<=|>=|[()=<>,+\-.])")
_ORDERED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_CLAUSES = ("SET", "REMOVE", "ADD")


@dataclass(frozen=True, slots=True)
class Between:
    """What a key condition asks for: one partition, and a span of sort keys (None: open)."""

    partition: Value
    test: Callable[[str], bool]


@lru_cache(maxsize=1_000)
def condition(text: str, names: tuple[tuple[str, str], ...]) -> Condition:
    """Parse a ConditionExpression or FilterExpression."""
    words = _Words(text, dict(names))
    parsed = _or(words)
    words.end()
    return parsed


@lru_cache(maxsize=1_000)
def update(text: str, names: tuple[tuple[str, str], ...]) -> Callable[[Row, Values], None]:
    """Parse an UpdateExpression: a function that changes a row in place."""
    words = _Words(text, dict(names))
    steps: list[Callable[[Row, Values, Row], None]] = []
    while words.next:
        clause = words.take().upper()
        if clause not in _CLAUSES:
            raise Stray(f"{clause} in the update {text}")
        while True:
            steps.append({"SET": _set, "REMOVE": _remove, "ADD": _add}[clause](words))
            if words.next != ",":
                break
            words.take()

    def change(row: Row, values: Values) -> None:
        before = dict(row)  # every operand is read as it was before the update
        for step in steps:
            step(row, values, before)

    return change


@lru_cache(maxsize=1_000)
def keys(text: str, names: tuple[tuple[str, str], ...], hash_key: str, range_key: str) -> Callable[[Values], Between]:
    """Parse a KeyConditionExpression: the hash key's value, and a test of the range key's text."""
    words = _Words(text, dict(names))
    parts = _conjunction(words)
    words.end()

    def between(values: Values) -> Between:
        partition: list[Value] = []
        tests: list[Condition] = []
        for attributes, kind, test, value in parts:
            if attributes == {hash_key} and kind == "=":
                found = value({}, values)
                if found is None:
                    raise Stray(f"no hash key in {text}")
                partition.append(found)
            elif attributes == {range_key}:
                tests.append(test)
            else:
                raise Stray(f"the key condition {text}")
        if len(partition) != 1 or len(tests) > 1:
            raise Failure("ValidationException", "Query condition missed key schema element")
        return Between(partition[0], lambda sort: all(test({range_key: {"S": sort}}, values) for test in tests))

    return between


class _Words:
    """The words of an expression, one after another."""

    def __init__(self, text: str, names: Mapping[str, str]) -> None:
        self.text = text
        self._names = names
        self._words = list(self._cut(text))
        self.attributes: set[str] = set()

    def _cut(self, text: str) -> Iterator[str]:
        at = 0
        while at < len(text.rstrip()):
            found = _WORD.match(text, at)
            if not found:
                raise Stray(f"{text[at:]!r} in the expression {text}")
            yield found[1]
            at = found.end()

    @property
    def next(self) -> str:
        return self._words[0] if self._words else ""

    def is_next(self, word: str) -> bool:
        return self.next.upper() == word

    def take(self, *expected: str) -> str:
        if not self._words or (expected and self.next.upper() not in expected):
            raise Stray(f"{self.next!r} instead of {expected} in the expression {self.text}")
        return self._words.pop(0)

    def end(self) -> None:
        if self._words:
            raise Stray(f"{self.next!r} at the end of the expression {self.text}")

    def attribute(self) -> str:
        word = self.take()
        if not word.startswith("#") or self.next == ".":
            raise Stray(f"the path {word}{self.next} in {self.text}: whole attributes with #names only")
        if word not in self._names:
            raise Failure("ValidationException", f"unresolved attribute name {word}")
        self.attributes.add(self._names[word])
        return self._names[word]


def _or(words: _Words) -> Condition:
    parts = [_and(words)]
    while words.is_next("OR"):
        words.take()
        parts.append(_and(words))
    return parts[0] if len(parts) == 1 else lambda row, values: any(part(row, values) for part in parts)


def _and(words: _Words) -> Condition:
    parts = [_not(words)]
    while words.is_next("AND"):
        words.take()
        parts.append(_not(words))
    return parts[0] if len(parts) == 1 else lambda row, values: all(part(row, values) for part in parts)


def _not(words: _Words) -> Condition:
    if words.is_next("NOT"):
        words.take()
        part = _not(words)
        return lambda row, values: not part(row, values)
    if words.is_next("("):
        words.take()
        inner = _or(words)
        words.take(")")
        return inner
    return _test(words)[1]


def _conjunction(words: _Words) -> list[tuple[set[str], str, Condition, Operand]]:
    """The tests of a key condition: which attribute, which comparison, the test, and what it is compared with."""
    wrapped = words.is_next("(")
    if wrapped:
        words.take()
    parts: list[tuple[set[str], str, Condition, Operand]] = []
    while True:
        if words.is_next("("):
            parts += _conjunction(words)
        else:
            words.attributes = set()
            kind, test, value = _test(words)
            parts.append((set(words.attributes), kind, test, value))
        if not words.is_next("AND"):
            break
        words.take()
    if wrapped:
        words.take(")")
    return parts


def _nothing(_row: Mapping[str, Value], _values: Values) -> None:
    return None


def _test(words: _Words) -> tuple[str, Condition, Operand]:
    function = words.next.lower()
    if function in {"attribute_exists", "attribute_not_exists"}:
        words.take()
        words.take("(")
        name = words.attribute()
        words.take(")")
        wanted = function == "attribute_exists"
        return function, lambda row, _: (name in row) is wanted, _nothing
    if function == "begins_with":
        words.take()
        words.take("(")
        whole = _operand(words)
        words.take(",")
        start = _operand(words)
        words.take(")")
        return function, lambda row, values: _begins(whole(row, values), start(row, values)), _nothing
    left = _operand(words)
    kind = words.take("=", "<>", "<", "<=", ">", ">=", "BETWEEN").upper()
    right = _operand(words)
    if kind == "BETWEEN":
        words.take("AND")
        last = _operand(words)
        return (
            kind,
            lambda row, values: (
                _compare(">=", left(row, values), right(row, values))
                and _compare("<=", left(row, values), last(row, values))
            ),
            right,
        )
    return kind, lambda row, values: _compare(kind, left(row, values), right(row, values)), right


def _operand(words: _Words) -> Operand:
    if words.next.startswith(":"):
        word = words.take()
        return lambda _, values: _value(values, word)
    name = words.attribute()
    return lambda row, _: row.get(name)


def _value(values: Values, word: str) -> Value:
    if word not in values:
        raise Failure("ValidationException", f"unresolved attribute value {word}")
    return values[word]


def _begins(whole: Value | None, start: Value | None) -> bool:
    return bool(whole and start and "S" in whole and "S" in start and whole["S"].startswith(start["S"]))


def _compare(kind: str, left: Value | None, right: Value | None) -> bool:
    if left is None or right is None:
        return kind == "<>" and left is not right
    if kind in {"=", "<>"}:
        return (_plain(left) == _plain(right)) is (kind == "=")
    if left.keys() != right.keys() or not left.keys() <= {"S", "N"}:
        return False
    one, other = _plain(left)[1], _plain(right)[1]
    return bool(_ORDERED[kind](one, other))


def _plain(value: Value) -> tuple[str, Any]:
    """A value's type and itself; "1" and "1.0" are the same number, and texts are in the order of their bytes."""
    ((kind, inner),) = value.items()
    return kind, Decimal(inner) if kind == "N" else inner.encode() if kind == "S" else inner


def _set(words: _Words) -> Callable[[Row, Values, Row], None]:
    name = words.attribute()
    words.take("=")
    value = _sum(words)

    def assign(row: Row, values: Values, before: Row) -> None:
        found = value(before, values)
        if found is None:
            raise Failure("ValidationException", "The provided expression refers to an attribute that does not exist")
        row[name] = found

    return assign


def _sum(words: _Words) -> Operand:
    first = _or_else(words)
    if words.next not in {"+", "-"}:
        return first
    sign = 1 if words.take() == "+" else -1
    second = _or_else(words)

    def total(row: Mapping[str, Value], values: Values) -> Value | None:
        one, other = first(row, values), second(row, values)
        if one is None or other is None:
            return None
        return _numeral(_number(one) + sign * _number(other))

    return total


def _or_else(words: _Words) -> Operand:
    if words.next.lower() != "if_not_exists":
        return _operand(words)
    words.take()
    words.take("(")
    name = words.attribute()
    words.take(",")
    other = _operand(words)
    words.take(")")
    return lambda row, values: row[name] if name in row else other(row, values)


def _remove(words: _Words) -> Callable[[Row, Values, Row], None]:
    name = words.attribute()

    def remove(row: Row, _values: Values, _before: Row) -> None:
        row.pop(name, None)

    return remove


def _add(words: _Words) -> Callable[[Row, Values, Row], None]:
    name = words.attribute()
    value = _operand(words)

    def add(row: Row, values: Values, before: Row) -> None:
        more = value(before, values)
        if more is None or "N" not in more:
            raise Stray("ADD of something else than a number")
        row[name] = _numeral(_number(before.get(name, {"N": "0"})) + _number(more))

    return add


def _number(value: Value) -> Decimal:
    if "N" not in value:
        raise Failure("ValidationException", "An operand in the update expression has an incorrect data type")
    return Decimal(value["N"])


def _numeral(number: Decimal) -> Value:
    return {"N": f"{number.normalize():f}"}
