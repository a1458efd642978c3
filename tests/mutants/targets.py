"""Which tests belong to which module, and which mutants are known to survive them: targets.toml and survivors.toml."""

import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, order=True)
class Survivor:
    """A mutant by what it changes where: numbers of lines move, what stands there does so more seldom."""

    module: str
    function: str
    old: str
    new: str


def targets() -> dict[str, list[str]]:
    """Return the tests of each module whose mutants are played, by its path."""
    tests: dict[str, list[str]] = tomllib.loads((_HERE / "targets.toml").read_text("utf-8"))
    return tests


def listed() -> dict[Survivor, str]:
    """Return the mutants that no test can tell from the module itself, with the reasons."""
    modules = tomllib.loads((_HERE / "survivors.toml").read_text("utf-8"))
    return {
        Survivor(module, each["function"], each["old"], each["new"]): each["reason"]
        for module, several in modules.items()
        for each in several
    }


def judge(
    modules: list[str], survived: list[Survivor], known: dict[Survivor, str]
) -> tuple[list[Survivor], list[Survivor]]:
    """Return who has survived and is not listed, and who is listed and was killed or is gone; of these modules only."""
    unlisted = [each for each in survived if each not in known]
    gone = [each for each in known if each.module in modules and each not in Counter(survived)]
    return unlisted, gone
