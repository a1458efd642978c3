"""Words for numbers and lists, as every message writes them. Pure."""

from collections.abc import Sequence


def few(names: Sequence[str], most: int, between: str = ", ") -> str:
    """Name the first of several, and say how many are left out; the names must be harmless already."""
    more = len(names) - most
    return between.join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def plural(number: int, noun: str, several: str = "") -> str:
    """Count something: 1 incident, 1,200 incidents; `several` is the plural where it is not made with an s."""
    return f"{number:,} {noun if number == 1 else several or f'{noun}s'}"
