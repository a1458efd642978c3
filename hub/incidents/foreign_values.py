"""Foreign values: what is believed of one value of a message that somebody else has written. Pure."""

import re
from collections.abc import Iterable
from typing import TypeGuard

_HOST = re.compile(r"m?i-[0-9a-f]{8,32}")


def is_whole(number: object) -> TypeGuard[int]:
    """Whether this is a count that SQS takes: JSON's numbers have up to 4,300 digits."""
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**63


def named(parts: Iterable[object]) -> list[str]:
    """Quote foreign values. What is no text goes by its type: JSON reads what nests too deep for Python to write."""
    return [part[:100] if isinstance(part, str) else type(part).__name__ for part in parts]


def host_id(name: object) -> str:
    """Return the id of an EC2 host or of a machine that SSM manages, "" for anything else."""
    return name if isinstance(name, str) and _HOST.fullmatch(name) else ""
