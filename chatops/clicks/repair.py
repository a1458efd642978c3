"""Repair: what was allowed is begun in one write, carried out in the member account, and ended.

Repairs are safe to run again and are bound to one instance, so going on after a crash can never hit another one. What
cannot be done twice is written down right before it is done (`tried_at`): whoever comes after a crash only looks what
has become of it. What goes on by itself after that is followed by looks.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chatops.clicks.caps import Caps, UsedUp
from chatops.clicks.changes import Changes
from chatops.clicks.checks import Checks, NotAllowed, taken
from chatops.clicks.entries import entry_of
from chatops.clicks.replies import reply
from chatops.clicks.requests import Request
from hub.incidents.audit import Entry
from hub.incidents.incident import Incident, Repair, State, begin_repair, end_repair
from hub.looks.lifecycle import Gone
from hub.policy.matching import Facts
from hub.runtime.rate_limit import RateLimit
from hub.slack.client import Slack
from hub.sweeping.sweeper import CLUSTER_READS, RESOURCE_READS
from hub.table.clusters import Alongside
from hub.table.store import Store
from hub.table.writes import Conflict
from spoke.accounts import Accounts, Role
from spoke.errors import Busy, NotDone, Refused
from spoke.registrations import Asking
from spoke.repairs import REMEDIES
from spoke.repairs.remedy import Outcome, Remedy, Target
from spoke.session_policy import Allowed, session_policy

# A member that is throttled or does not answer is tried so often before the repair is given up.
PATIENCE = 3
# So long a remedy may ask the Region's other clusters whether a host is well there.
_ASKS_SECONDS = 20.0
STOPPED = "Repairs were stopped meanwhile, so nothing was done."
STOPPED_AMID = "Repairs were stopped while this was under way: it does not go on, and part of it may be done."


@dataclass(frozen=True, slots=True)
class Repairs:
    """Everything that repairing works with."""

    store: Store
    checks: Checks
    changes: Changes
    caps: Caps
    accounts: Accounts
    remediator: str
    slack: Callable[[], Slack]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    ticks: Callable[[], float]

    def begin(self, request: Request, facts: Facts, tries: int, approval: Request | None = None) -> str:
        """Begin what was asked for, or what somebody else has approved by a request of their own, and carry it out."""
        remedy = REMEDIES[request.wish]
        repair = Repair(request.id, remedy.name, request.user, self.clock(), reason=request.reason)
        repair = replace(
            repair, hits_host=remedy.ends_host, called=remedy.called, **self._until(remedy, request, repair.at)
        )
        if approval:
            repair = replace(repair, approved_by=approval.user, approval=approval.id)
        passed = self.checks.passed(request, facts, "somebody else who may has approved it" if approval else "")

        def begin(incident: Incident) -> tuple[Incident, list[Entry]]:
            if incident.repair and incident.repair.request == request.id:
                raise Conflict("somebody else has the same message, and was quicker")
            if incident.state is State.REPAIRING:
                raise taken(incident)
            if approval:
                self.checks.pending(approval, incident)
            what = f"approved: {remedy.label}" if approval else f"asked: {remedy.label}"
            entry = entry_of(approval or request, repair.at, what, incident, "")
            hears = (request.user,) if approval else ()  # whoever has asked for it
            told = replace(entry, approved_by=repair.approved_by, checks=passed, mentions=hears)
            return begin_repair(incident, repair), [told]

        def alongside() -> Alongside:
            try:
                return Alongside(self.checks.running(), self.caps.used(request.id, request.wish, facts))
            except UsedUp as error:
                raise NotAllowed(str(error)) from error

        incident = self.changes.change(request, begin, alongside=alongside)
        return self.carry_out(request, incident, repair, tries, STOPPED)

    def carry_out(self, request: Request, incident: Incident, begun: Repair, tries: int, stopped: str) -> str:
        """Do it in the member account, which is safe to do again; `stopped` is said if repairs are stopped by now."""
        remedy = REMEDIES[begun.remedy]
        role = Role(
            self.remediator,
            session_name=incident.id,
            source_identity=request.source_identity,
            policy=session_policy([Allowed(remedy.reads)]),
        )
        member = self.accounts.member(request.cluster.account, request.cluster.region, role)
        target = Target(request.cluster, request.instance, incident.sighting.host, request.id)

        def go_ahead() -> None:
            if self.store.switch().stopped:
                raise NotDone(stopped)

        try:
            if begun.tried_at is None:
                go_ahead()
            asking = self._asking(go_ahead, lambda: self._try_once(request, begun), tried=begun.tried_at is not None)
            ended = _well(begun, remedy.run(member, target, asking), self.clock())
        except (NotDone, Refused) as error:
            ended = replace(begun, finished=self.clock(), problem=str(error))
        except Busy as error:
            if tries < PATIENCE:
                raise
            problem = f"Given up after {tries} tries, and part of it may be done: {error}."
            ended = replace(begun, finished=self.clock(), problem=problem)
        return self.end(request, incident, ended)

    def _until(self, remedy: Remedy, request: Request, at: datetime) -> dict[str, Any]:
        """Say by when a remedy has to help, how long the agent has to stay, and what is suggested if it does not."""
        if remedy.patience is None:
            return {}
        policy = self.checks.rules.policy
        # An agent may be gone for the grace period, and nobody is told: so that is as long as it may have to stay.
        steady = min(policy.steady, self.checks.rules.terms.grace_of(request.cluster))
        return {
            "by_then": at + (policy.patience or remedy.patience),
            "steady_seconds": steady.total_seconds(),
            "otherwise": remedy.otherwise,
        }

    def _try_once(self, request: Request, begun: Repair) -> None:
        """Write down that what cannot be done twice is about to be done. Raises NotDone, and Conflict if it may be."""

        def tried(now: Incident) -> tuple[Incident, list[Entry]]:
            if now.repair is None or now.repair.request != begun.request or now.repair.finished:
                raise NotDone("Nothing was done: it took too long, and was given up meanwhile.")
            if now.repair.tried_at:
                raise Conflict("somebody else has the same message, and was quicker")
            return replace(now, repair=replace(now.repair, tried_at=self.clock())), []

        try:
            self.changes.lifecycle.change(request.cluster, request.instance, request.incident, tried)
        except Gone as error:
            raise NotDone("Nothing was done: the trouble is over.") from error

    def _asking(self, go_ahead: Callable[[], None], once: Callable[[], None], *, tried: bool) -> Asking:
        """Let a remedy ask the Region's other clusters at the sweep's pace and for a while, and us before it acts."""
        ends = self.ticks() + _ASKS_SECONDS
        return Asking(
            RateLimit(*CLUSTER_READS, self.ticks, self.sleep),
            RateLimit(*RESOURCE_READS, self.ticks, self.sleep),
            lambda: self.ticks() < ends,
            go_ahead,
            once,
            tried,
        )

    def end(self, request: Request, incident: Incident, repair: Repair) -> str:
        """Write what came of a repair into its incident and the log; tell the person if it failed."""
        outcome = f"failed: {repair.problem}" if repair.problem else " ".join(repair.steps) or "done"
        label = REMEDIES[repair.remedy].label
        done = "begun" if repair.by_then else "done"
        what = f"{label} failed" if repair.problem else f"{label} {done}"
        entry = entry_of(request, repair.finished or repair.at, what, incident, outcome)
        entry = replace(entry, approved_by=repair.approved_by)
        try:
            self.changes.lifecycle.change(
                request.cluster,
                request.instance,
                request.incident,
                lambda now: (end_repair(now, _with_what_looks_saw(repair, now)), [entry]),
            )
        except Gone:
            # A look was quicker and has resolved the incident: only the log still wants to know.
            self.store.log(request.cluster, entry)
        self.changes.ask_look(request, "ended")
        if repair.problem:
            reply(self.slack(), request, f"*{label}* failed", why=repair.problem)
        return outcome


def _well(begun: Repair, outcome: Outcome, now: datetime) -> Repair:
    return replace(begun, finished=now, steps=outcome.steps, group=outcome.group or "", command=outcome.command)


def _with_what_looks_saw(repair: Repair, now: Incident) -> Repair:
    """Keep what has come to be known of a repair while it was carried out."""
    if now.repair is None or now.repair.request != repair.request:
        return repair
    return replace(repair, tried_at=now.repair.tried_at, well_since=now.repair.well_since)
