"""Changes: what a click changes about an incident, and the look that shows it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from chatops.clicks.checks import OVER, NotAllowed
from chatops.clicks.requests import Request
from hub.incidents.audit import Entry
from hub.incidents.hints import Hint, Why
from hub.incidents.incident import Incident
from hub.looks.lifecycle import Gone, Lifecycle
from hub.queues import Queues
from hub.table.clusters import Alongside

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that changing an incident works with."""

    lifecycle: Lifecycle
    queues: Queues
    looks_url: str

    def change(
        self,
        request: Request,
        change: Callable[[Incident], tuple[Incident, list[Entry]]],
        step: str = "begun",
        alongside: Callable[[], Alongside | None] = lambda: None,
    ) -> Incident:
        """Change the incident a request is about and ask for a look, which will show it: once for each step."""
        try:
            changed = self.lifecycle.change(request.cluster, request.instance, request.incident, change, alongside)
        except Gone as error:
            raise NotAllowed(OVER) from error
        self.ask_look(request, step)
        return changed

    def ask_look(self, request: Request, step: str) -> None:
        """Have the cluster looked at; a request asks once for each step."""
        hint = Hint(request.cluster, Why.REQUEST)
        if self.queues.ask_looks(self.looks_url, [hint], f"{request.id} {step}"):
            # The sweep looks at every unresolved incident within a minute.
            log.warning("look.not_asked", extra={"step": step})
