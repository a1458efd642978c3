"""What is wrong in a message or view: the place, and a few words."""

from typing import NamedTuple

Path = tuple[str | int, ...]


class Problem(NamedTuple):
    """Reads as `blocks[2].elements[0].text.text: 90 characters, at most 75`."""

    path: Path
    reason: str

    def __str__(self) -> str:
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path).lstrip(".")
        return f"{place}: {self.reason}" if place else self.reason
