"""Rehearsals: stories played in the local world without a browser. A new one is a module and a line in SCENARIOS."""

from collections.abc import Callable

from coastguard.local.rehearsals import one_agent
from coastguard.local.rehearsals.stage import Stage

SCENARIOS: dict[str, tuple[str, Callable[[Stage], None]]] = {
    "one-agent": (one_agent.ABOUT, one_agent.play),
}
