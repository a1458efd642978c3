"""What of MiniStack and moto is patched or used here is held to how it was when that was written.

`symbols.json` has the versions, and by module of ours each symbol with its digest. Whoever moves a pin sees at the next
start which symbols have changed and which of our modules to look at again, instead of a world in which some rule of AWS
is silently no longer kept. Once each has been looked at, coastguard.local.record_symbols records them anew.
"""

import hashlib
import importlib
import inspect
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import Any

RECORD = Path(__file__).with_suffix(".json")

_GONE = object()


class SymbolChanged(Exception):
    """An installed package is not the one that our code reaches into."""


def check(record: Path = RECORD, *places: str) -> None:
    """Raise SymbolChanged that names what is not as it was recorded, of all places or of these, and who reaches in."""
    recorded = json.loads(record.read_text("utf-8"))
    changed = [
        f"{package} is {version(package)}, not {pin}"
        for package, pin in recorded["versions"].items()
        if version(package) != pin
    ]
    for place in places or recorded["symbols"]:
        for symbol, before in recorded["symbols"][place].items():
            if (now := digest(symbol)) != before:
                changed.append(f"{symbol} {'has changed' if now else 'is gone'}: look at {place} again")
    if changed:
        raise SymbolChanged("; ".join([*changed, "or install what requirements/local.txt pins"]) + ".")


def record(packages: Sequence[str], places: Mapping[str, Sequence[str]]) -> str:
    """Return the record of some symbols, by who reaches into them, as they are now."""
    found = {place: {symbol: digest(symbol) for symbol in sorted(set(places[place]))} for place in sorted(places)}
    versions = {package: version(package) for package in packages}
    return json.dumps({"versions": versions, "symbols": found}, indent=1) + "\n"


def digest(symbol: str) -> str:
    """Return a digest of a function's source, its signature included; the kind of anything else; "" of what is gone.

    A class is taken for its `__init__`: that is how it is called.
    """
    thing = find(symbol)
    if isinstance(thing, property):
        thing = thing.fget
    if isinstance(thing, MethodType):
        thing = thing.__func__
    if isinstance(thing, type) and isinstance(vars(thing).get("__init__"), FunctionType):
        thing = vars(thing)["__init__"]
    if isinstance(thing, FunctionType):
        try:
            return hashlib.sha256(inspect.getsource(thing).encode()).hexdigest()[:12]
        except OSError:  # a dataclass's has no source: it is what the fields make it
            return f"({', '.join(inspect.signature(thing).parameters)})"
    return "" if thing is _GONE else type(thing).__name__


def find(symbol: str) -> object:
    """Import the longest part of a name that is a module, and take the rest from it."""
    parts = symbol.split(".")
    thing: Any = importlib.import_module(parts[0])
    for number, part in enumerate(parts[1:], 2):
        if isinstance(thing, ModuleType) and not hasattr(thing, part):
            try:
                importlib.import_module(".".join(parts[:number]))
            except ModuleNotFoundError:
                return _GONE
        thing = getattr(thing, part, _GONE)
        if thing is _GONE:
            break
    return thing
