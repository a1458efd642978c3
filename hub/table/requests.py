"""Requests: a click or a command is claimed once, and what came of it is kept. The stop of all repairs beside them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.incidents.audit import Entry
from hub.policy.repair_stop import RepairStop
from hub.table.log import entry_row
from hub.table.rows import Draft, Rows, draft
from hub.table.writes import Conflict
from spoke.places import Cluster

REQUEST_KEPT = timedelta(days=30)
# Whoever stops all repairs is not turned away by repairs that begin just then: some 25 seconds.
_TRIES_TO_STOP = 50


@dataclass(frozen=True, slots=True)
class Claim:
    """A request's row: since when it is worked on and what came of it. An empty outcome: it is not finished.

    `untold` says that it was refused, and that the person has not been told so yet.
    """

    request: str
    at: datetime
    outcome: str = ""
    version: int = 0
    untold: bool = False


def claim_row(claim: Claim) -> Draft:
    """Draft the row of a request."""
    row = draft(f"request#{claim.request}", "request", claim, claim.version)
    row.expires = int((claim.at + REQUEST_KEPT).timestamp())
    return row


def stop_row(switch: RepairStop) -> Draft:
    """Draft the row that says whether repairs are stopped."""
    return draft("switch", "repairs", switch, switch.version)


class Requests(Rows):
    """Requests, and whether repairs are stopped."""

    def claim(self, request: str, now: datetime) -> Claim:
        """Take a request on: the first caller gets a new claim, any later one the claim as it stands."""
        claim = Claim(request, now)
        try:
            row = claim_row(claim)
            self._put(row, self._row.pk.does_not_exist())
        except Conflict:
            standing = self._get(f"request#{request}", "request")
            if standing is None:
                raise
            return self._read(standing, Claim)
        return replace(claim, version=1)

    def finish(self, claim: Claim, outcome: str, cluster: Cluster | None = None, entry: Entry | None = None) -> Claim:
        """Record what came of a request, and with it a log entry about a cluster or none in particular; raise Conflict.

        Returns the claim as written.
        """
        ended = replace(claim, outcome=outcome)
        row = claim_row(ended)
        if entry:
            self._write([row, entry_row(cluster, entry)])
        else:
            self._put(row, self._unchanged(row))
        return replace(ended, version=claim.version + 1)

    def switch(self) -> RepairStop:
        """Read whether repairs are stopped."""
        row = self._get("switch", "repairs")
        return self._read(row, RepairStop) if row else RepairStop()

    def turn(self, switch: RepairStop) -> None:
        """Stop repairs, or let them go on; raise Conflict. It waits out whoever begins a repair at the same time."""
        row = stop_row(switch)
        self._put(row, self._unchanged(row), _TRIES_TO_STOP)
