"""Ways of breaking the templates, each with the check that has to notice."""

from tests.templates.breaking import Break
from tests.templates.breaks import events, functions, hub_roles, member_roles, organization, queues, shapes

BREAKS: tuple[Break, ...] = (
    *queues.BREAKS,
    *functions.BREAKS,
    *hub_roles.BREAKS,
    *member_roles.BREAKS,
    *events.BREAKS,
    *shapes.BREAKS,
    *organization.BREAKS,
)
