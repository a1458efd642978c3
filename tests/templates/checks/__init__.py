"""Everything that no emulator examines: each check takes the world and returns the faults it finds.

A check is proven by `breaks`: there is at least one way of breaking a template that this very check notices.
"""

from collections.abc import Callable

from tests.templates.checks import events, functions, hub_roles, member_roles, organization, queues, shapes
from tests.templates.world import World

Check = Callable[[World], list[str]]

CHECKS: tuple[Check, ...] = (
    *queues.CHECKS,
    *functions.CHECKS,
    *hub_roles.CHECKS,
    *member_roles.CHECKS,
    *events.CHECKS,
    *shapes.CHECKS,
    *organization.CHECKS,
)
