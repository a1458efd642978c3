"""What a rehearsal is: a story, and the world it needs."""

from collections.abc import Callable
from dataclasses import dataclass

from coastguard.local.layout.layouts import DEMO, Layout
from coastguard.local.members import Members
from coastguard.local.rehearsals.stage import Stage


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story. `play` raises BrokenError at the first promise that is not kept; the reckoning comes after it.

    `layout` is how the fleet begins, `grace` the grace period in seconds, `before` what happens in the members before
    Coastguard is deployed, `longer_grace` the stack's parameter of that name, `policy` what the story adds to the
    local world's policy.
    """

    about: str
    play: Callable[[Stage], None]
    layout: Layout = DEMO
    grace: int = 10
    before: Callable[[Members], None] | None = None
    longer_grace: str = ""
    policy: str = ""
