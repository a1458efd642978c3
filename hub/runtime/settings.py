"""What a function is told by its environment, read once and checked whole.

Each entry point names its settings as a frozen dataclass of strings and integers; a field `table` is read from
`COASTGUARD_TABLE`. Fields with a default are optional.
"""

import dataclasses
import typing
from collections.abc import Mapping

_T = typing.TypeVar("_T")

PREFIX = "COASTGUARD_"


class BadSettings(Exception):
    """The environment lacks settings or holds wrong ones; the text names all of them and the remedy."""


def read(kind: type[_T], environ: Mapping[str, str]) -> _T:
    """Fill the dataclass `kind` from `environ`, or raise BadSettings that names everything wrong at once."""
    types = typing.get_type_hints(kind)
    values: dict[str, object] = {}
    wrong: list[str] = []
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]  # every settings class is a dataclass
        name = PREFIX + field.name.upper()
        text = environ.get(name, "").strip()
        if text and types[field.name] is int:
            if text.isdecimal():
                values[field.name] = int(text)
            else:
                wrong.append(f"{name} must be a whole number, not {text!r}")
        elif text:
            values[field.name] = text
        elif field.default is dataclasses.MISSING:
            wrong.append(f"{name} is missing")
    if wrong:
        raise BadSettings(
            f"{'; '.join(wrong)}. The stack's template stacksets/hub.yaml sets them: deploy it again with "
            "`coastguard deploy`, or set them in the function's environment."
        )
    return kind(**values)
