"""The click handler: a request becomes a deed, once, or is refused with the reason. Fails closed.

    claim (conditional) ─▶ begin (one transaction) ─▶ stopped? ─▶ repair in the member account ─▶ end ─▶ finish
        │ finished before      │ stale, taken, over      │            │ NotDone, Refused
        ▼                      ▼                         ▼            ▼               ask for a look at each step
      nothing               refused, told             said in the bulletin

What begins is written on condition of the incident's version (and so of the approval it waited for), of the switch, and
of what is left of caps. What is refused is finished in the same write, which takes back what waits for an approval: it
is not done after all when its message comes once more.

A crash leaves the claim unfinished; the redelivered message goes on from what it finds. Repairs are safe to run again
and are bound to one instance, so going on can never hit another one.

This module claims, goes on after a crash, and refuses. Beside it in chatops.clicks, checks says what is refused, wishes
does what is asked for, and repair what is asked of a member account.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chatops.clicks import requests
from chatops.clicks.caps import Caps
from chatops.clicks.changes import Changes
from chatops.clicks.checks import Checks, NotAllowed, taken
from chatops.clicks.entries import entry_of, quiet_entry_of
from chatops.clicks.repair import STOPPED_AMID, Repairs
from chatops.clicks.replies import reply
from chatops.clicks.requests import Request
from chatops.clicks.wishes import ACKNOWLEDGED, DECLINED, PICKED, WAITS, Wishes
from chatops.rights import Rights
from hub.incidents.audit import REFUSED, WITHDRAWN, Entry
from hub.incidents.incident import Incident, Repair, withdraw
from hub.looks.lifecycle import Gone, Lifecycle
from hub.notify.routing import Routing
from hub.table.clusters import Alongside
from hub.table.requests import Claim
from hub.wiring import Hub
from spoke.accounts import Accounts
from spoke.repairs import REMEDIES

log = logging.getLogger(__name__)


@dataclass(slots=True)
class ClickHandler:
    """Everything that acting works with."""

    hub: Hub
    lifecycle: Lifecycle
    accounts: Accounts
    remediator: str
    rights: Rights
    rules: Routing
    caps: Caps
    team: str
    ticks: Callable[[], float] = time.monotonic
    _changes: Changes = field(init=False)
    _repairs: Repairs = field(init=False)
    _wishes: Wishes = field(init=False)

    def __post_init__(self) -> None:
        """Put together what requests are checked and done with."""
        checks = Checks(self.hub.table, self.rights, self.rules, self.team, self.hub.clock)
        self._changes = Changes(self.lifecycle, self.hub.queues, self.hub.addresses.looks)
        self._repairs = Repairs(
            store=self.hub.table,
            checks=checks,
            changes=self._changes,
            caps=self.caps,
            accounts=self.accounts,
            remediator=self.remediator,
            slack=self.hub.slack,
            clock=self.hub.clock,
            sleep=self.hub.sleep,
            ticks=self.ticks,
        )
        self._wishes = Wishes(
            store=self.hub.table,
            rules=self.rules,
            checks=checks,
            changes=self._changes,
            repairs=self._repairs,
            slack=self.hub.slack,
            clock=self.hub.clock,
            sleep=self.hub.sleep,
        )

    def execute(self, request: Request, tries: int) -> None:
        """Do what a request asks for. What it raises is worth another try."""
        claim = self.hub.table.claim(request.id, self.hub.clock())
        if claim.outcome:
            if claim.untold:
                self._tell_refusal(request, claim, NotAllowed(claim.outcome.removeprefix(REFUSED)))
            return
        try:
            outcome = self._do(request, claim.at, tries)
        except NotAllowed as refusal:
            outcome = self._refuse(request, claim, refusal)
        else:
            self.hub.table.finish(claim, outcome)
        self.hub.count("requests", 1)
        log.info("request.done", extra={"outcome": outcome})

    def _do(self, request: Request, claimed: datetime, tries: int) -> str:
        """Do what is asked, or what a crash has left of it; `claimed` is the first try. Raises NotAllowed."""
        known = self.hub.table.incident(request.cluster, request.instance)
        return (known and self._go_on(request, claimed, known, tries)) or self._wishes.grant(request, claimed, tries)

    def _go_on(self, request: Request, claimed: datetime, known: Incident, tries: int) -> str:
        """Go on with what this very request has begun before a crash; "" if it has begun nothing."""
        own = request.about if request.wish == requests.APPROVING else request.id
        begun = known.repair if known.repair and known.repair.request == own else None
        if begun and request.wish == requests.APPROVING:
            if begun.approval != request.id:
                raise taken(known)
            request = _approved(request, begun)
        if begun and begun.finished:
            # Done or failed once and for all: it is not tried again, only what came of it is still to be told.
            return self._repairs.end(request, known, begun)
        if begun:
            # It was allowed when it began, and half a repair is worse than a whole one: whatever has come meanwhile (a
            # storm, a new message, the incident's end), it is no longer refused but ended.
            self._changes.ask_look(request, "begun")
            return self._repairs.carry_out(request, known, begun, tries, STOPPED_AMID)
        done = self._done_before(request, claimed, known)
        if done:
            self._changes.ask_look(request, "waits" if done == WAITS else "begun")
        return done

    def _done_before(self, request: Request, claimed: datetime, known: Incident) -> str:
        """Say what this very request has come to before a crash, whatever the rules say by now; "" for nothing."""
        if known.id == request.incident:
            if known.pending and known.pending.request == request.id:
                return WAITS  # whoever approves it is held to the rules
            if request.wish == requests.PICKING and known.picked_at == request.at:
                return PICKED
            if _is_by(request, claimed, known):
                return ACKNOWLEDGED
        return DECLINED if request.wish == requests.DECLINING and self._has_declined(request, claimed) else ""

    def _has_declined(self, request: Request, claimed: datetime) -> bool:
        """Whether it is this very request that has declined, before a crash: an incident does not keep who did."""
        before = claimed - timedelta(seconds=1)
        entries = self.hub.table.entries(request.cluster, f"log#{before.isoformat(timespec='milliseconds')}")
        return any(entry.request == request.id and entry.what.startswith(DECLINED) for _, entry in entries)

    def _refuse(self, request: Request, claim: Claim, refusal: NotAllowed) -> str:
        """Finish a request as refused, in one write with the log and what is taken back; then tell the person why."""
        outcome = f"{REFUSED}{refusal}"
        entry = quiet_entry_of(request, claim.at, f"{REFUSED}{request.wish}", request.instance, str(refusal))
        untold = replace(claim, untold=True)

        def take_back(incident: Incident) -> tuple[Incident, list[Entry]]:
            pending = incident.pending
            if pending is None or pending.request not in {request.id, refusal.about}:
                raise Gone(incident.id)
            what = f"{REMEDIES[pending.remedy].label}: {WITHDRAWN}"
            withdrawn = entry_of(request, claim.at, what, incident, str(refusal))
            return withdraw(incident), [entry, replace(withdrawn, mentions=(pending.by,))]

        def alongside() -> Alongside:
            return Alongside(ended=replace(untold, outcome=outcome))

        try:
            self.lifecycle.change(request.cluster, request.instance, request.incident, take_back, alongside)
        except Gone:
            ended = self.hub.table.finish(untold, outcome, request.cluster, entry)
        else:
            ended = replace(untold, outcome=outcome, version=claim.version + 1)
            self._changes.ask_look(request, "refused")
        self.hub.count("refusals", 1)
        self._tell_refusal(request, ended, refusal)
        return outcome

    def _tell_refusal(self, request: Request, claim: Claim, refusal: NotAllowed) -> None:
        """Tell the person why, and who may; once, unless a crash comes in between."""
        reply(self.hub.slack(), request, str(refusal), who_may=refusal.who_may, how=refusal.how)
        self.hub.table.finish(replace(claim, untold=False), claim.outcome)


def _approved(request: Request, begun: Repair) -> Request:
    """Make of an approval the request that it is about."""
    return replace(request, id=begun.request, wish=begun.remedy, user=begun.by, reason=begun.reason)


def _is_by(request: Request, claimed: datetime, incident: Incident) -> bool:
    """Whether it is this very request that has acknowledged the incident, before a crash."""
    wished = request.wish == requests.ACKNOWLEDGING
    return wished and (incident.acknowledged_by, incident.acknowledged_at) == (request.user, claimed)
