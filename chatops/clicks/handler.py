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
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chatops.clicks import requests
from chatops.clicks.caps import Caps, UsedUp
from chatops.clicks.requests import FRESH, Request
from chatops.rights import Refusal, Rights
from hub.incidents.audit import Entry
from hub.incidents.bulletin import Bulletin
from hub.incidents.hints import Hint, Why
from hub.incidents.incident import (
    Incident,
    Pending,
    Repair,
    State,
    acknowledge,
    await_approval,
    begin_repair,
    end_repair,
    pick,
    withdraw,
)
from hub.incidents.storm import lock
from hub.looks.lifecycle import Gone, Lifecycle
from hub.notify.routing import Routing
from hub.policy.matching import Facts
from hub.policy.policy import Approval
from hub.policy.repair_stop import RepairStop
from hub.queues import Queues
from hub.runtime.rate_limit import RateLimit
from hub.slack.blocks import context, mrkdwn, plain, section
from hub.slack.client import Rejected, Slack
from hub.slack.listing import EVENT_TYPE, Asked, parts, told
from hub.slack.mrkdwn import date, escape, mention, visible
from hub.sweeping.sweeper import CLUSTER_READS, RESOURCE_READS
from hub.table.clusters import Alongside
from hub.table.requests import Claim
from hub.table.store import Store
from hub.table.writes import Conflict
from hub.words import few
from spoke.accounts import Accounts, Role
from spoke.errors import Busy, NotDone, Refused
from spoke.registrations import Asking
from spoke.repairs import REMEDIES
from spoke.repairs.remedy import Outcome, Target

log = logging.getLogger(__name__)

# A member that is throttled or does not answer is tried so often before the repair is given up.
PATIENCE = 3

# So long a remedy may ask the Region's other clusters whether a host is well there.
_ASKS_SECONDS = 20.0

# Slack's clock and ours may differ by so much, and it takes a message a second in a channel.
_CLOCKS = timedelta(minutes=1)
_POST_SECONDS = 1.0

_OLD = "You asked for this more than 15 minutes ago, and nothing was done since. Please click again if it still helps."
_NAMED = 5
_ACKNOWLEDGED = "acknowledged"
_DECLINED = "declined"
_PICKED = "picked"
_WAITS = "waits for approval"
_REFUSED = "refused: "
_OVER = "This incident is over."
_STOPPED = "Repairs were stopped meanwhile, so nothing was done."
_STOPPED_AMID = "Repairs were stopped while this was under way: it does not go on, and part of it may be done."
_STALE = "This message no longer shows how things are; please use the cluster's newest message."


class NotAllowed(Exception):
    """A request that is refused; the text tells the person why, `who_may` are the ids of those who might.

    `how` tells how it is granted where nobody may, `about` is another request, which waits for an approval and is
    refused with this one.
    """

    def __init__(self, why: str, who_may: Sequence[str] = (), how: str = "", about: str = "") -> None:
        super().__init__(why)
        self.who_may = who_may
        self.how = how
        self.about = about


@dataclass(frozen=True, slots=True)
class ClickHandler:
    """Everything that acting works with."""

    store: Store
    lifecycle: Lifecycle
    accounts: Accounts
    remediator: str
    rights: Rights
    rules: Routing
    caps: Caps
    queues: Queues
    looks_url: str
    slack: Callable[[], Slack]
    team: str
    clock: Callable[[], datetime]
    count: Callable[[str, int], None]
    sleep: Callable[[float], None] = time.sleep
    ticks: Callable[[], float] = time.monotonic

    def execute(self, request: Request, tries: int) -> None:
        """Do what a request asks for. What it raises is worth another try."""
        claim = self.store.claim(request.id, self.clock())
        if claim.outcome:
            if claim.untold:
                self._tell_refusal(request, claim, NotAllowed(claim.outcome.removeprefix(_REFUSED)))
            return
        try:
            outcome = self._do(request, claim.at, tries)
        except NotAllowed as refusal:
            outcome = self._refuse(request, claim, refusal)
        else:
            self.store.finish(claim, outcome)
        self.count("requests", 1)
        log.info("request.done", extra={"request": request.id, "incident": request.incident, "outcome": outcome})

    def _do(self, request: Request, claimed: datetime, tries: int) -> str:
        """Do what is asked, or what a crash has left of it; `claimed` is the first try. Raises NotAllowed."""
        known = self.store.incident(request.cluster, request.instance)
        return (known and self._go_on(request, claimed, known, tries)) or self._begin(request, claimed, tries)

    def _go_on(self, request: Request, claimed: datetime, known: Incident, tries: int) -> str:
        """Go on with what this very request has begun before a crash; "" if it has begun nothing."""
        own = request.about if request.wish == requests.APPROVING else request.id
        begun = known.repair if known.repair and known.repair.request == own else None
        if begun and request.wish == requests.APPROVING:
            if begun.approval != request.id:
                raise NotAllowed(_taken(known))
            request = _approved(request, begun)
        if begun and begun.finished:
            # Done or failed once and for all: it is not tried again, only what came of it is still to be told.
            return self._end(request, known, begun)
        if begun:
            # It was allowed when it began, and half a repair is worse than a whole one: whatever has come meanwhile (a
            # storm, a new message, the incident's end), it is no longer refused but ended.
            self._ask_look(request, "begun")
            return self._carry_out(request, known, begun, tries, _STOPPED_AMID)
        done = self._done_before(request, claimed, known)
        if done:
            self._ask_look(request, "waits" if done == _WAITS else "begun")
        return done

    def _done_before(self, request: Request, claimed: datetime, known: Incident) -> str:
        """Say what this very request has come to before a crash, whatever the rules say by now; "" for nothing."""
        if known.id == request.incident:
            if known.pending and known.pending.request == request.id:
                return _WAITS  # whoever approves it is held to the rules
            if request.wish == requests.PICKING and known.picked_at == request.at:
                return _PICKED
            if _is_by(request, claimed, known):
                return _ACKNOWLEDGED
        return _DECLINED if request.wish == requests.DECLINING and self._has_declined(request, claimed) else ""

    def _has_declined(self, request: Request, claimed: datetime) -> bool:
        """Whether it is this very request that has declined, before a crash: an incident does not keep who did."""
        before = claimed - timedelta(seconds=1)
        entries = self.store.entries(request.cluster, f"log#{before.isoformat(timespec='milliseconds')}")
        return any(entry.request == request.id and entry.what.startswith(_DECLINED) for _, entry in entries)

    def _begin(self, request: Request, claimed: datetime, tries: int) -> str:  # noqa: PLR0911  # one return for each wish
        if self.clock() - request.at > FRESH:
            raise NotAllowed(_OLD)
        bulletin = self._check(request)
        facts = self.rules.facts(request.cluster, self.rules.group_of(bulletin))
        self._check_rights(request, facts)
        self._check_storm(request.wish, bulletin)
        if request.wish in REMEDIES:
            self._running()
        match request.wish:
            case requests.ACKNOWLEDGING:
                return self._acknowledge(request, claimed)
            case requests.APPROVING:
                return self._approve(request, bulletin, facts, tries)
            case requests.DECLINING:
                return self._decline(request, facts, claimed)
            case requests.PICKING:
                return self._pick(request)
            case requests.LISTING:
                return self._list(request, bulletin)
        approval = self.rules.policy.approval(request.wish, facts, self._at_once(request), _share(bulletin))
        if approval:
            return self._await_approval(request, approval, facts, claimed)
        return self._repair(request, facts, tries)

    def _acknowledge(self, request: Request, now: datetime) -> str:
        def change(incident: Incident) -> tuple[Incident, list[Entry]]:
            if incident.acknowledged_by == request.user:
                again = _entry(request, now, "acknowledged", incident, "again")
                return incident, [replace(again, quiet=True)]
            if incident.acknowledged_by and incident.acknowledged_at:
                who, when = mention(incident.acknowledged_by), date(incident.acknowledged_at)
                raise NotAllowed(f"{who} has acknowledged this already, {when}.")
            if incident.state is State.REPAIRING:
                raise NotAllowed(_taken(incident))
            return acknowledge(incident, request.user, now), [_entry(request, now, "acknowledged", incident, "")]

        self._change(request, change)
        return _ACKNOWLEDGED

    def _pick(self, request: Request) -> str:
        """Have the bulletin show the incident with its buttons, for everybody; it changes nothing else."""

        def change(incident: Incident) -> tuple[Incident, list[Entry]]:
            if incident.picked_at and incident.picked_at >= request.at:
                return incident, []
            where = incident.sighting.host or incident.instance
            return pick(incident, request.at), [_quiet_entry(request, self.clock(), "picked", where, "")]

        self._change(request, change)
        return _PICKED

    def _list(self, request: Request, bulletin: Bulletin) -> str:
        """Post the whole list into the bulletin's thread, from where an earlier try has come to."""
        known = self.store.known(request.cluster).incidents.values()
        live = [incident for incident in known if incident.unresolved and incident.episode == bulletin.episode]
        slack, thread = self.slack(), bulletin.thread or bulletin.ts
        since, until = request.at - _CLOCKS, self.clock() + _CLOCKS
        try:
            posts = slack.mine(bulletin.channel, since, until, EVENT_TYPE, thread)
            before = told(request.id, (post.payload for post in posts))
            for number, part in enumerate(parts(Asked(request.id, request.user, request.cluster), live, before)):
                if number:
                    self.sleep(_POST_SECONDS)
                slack.post(bulletin.channel, part.text, part.blocks, metadata=part.metadata, thread=thread)
        except Rejected as error:
            raise NotAllowed(f"Slack does not take the list: {error.word}.") from error
        self.store.log(request.cluster, _quiet_entry(request, request.at, "listed", request.cluster.name, ""))
        return "listed"

    def _await_approval(self, request: Request, approval: Approval, facts: Facts, at: datetime) -> str:
        """Have the repair wait, in its incident, for somebody who may say yes."""
        remedy = REMEDIES[request.wish]
        approvers = self.rules.policy.who_may_approve(approval, facts)
        checks = self._checked(request, facts, "waits for somebody who may approve it")
        pending = Pending(request.id, remedy.name, request.user, at, at + approval.expires, approvers, request.reason)

        def wait(incident: Incident) -> tuple[Incident, list[Entry]]:
            if incident.state is State.REPAIRING:
                raise NotAllowed(_taken(incident))
            waits = incident.pending is not None and self.clock() < incident.pending.expires
            if incident.pending and waits and incident.pending.request != request.id:
                who = mention(incident.pending.by)
                raise NotAllowed(f"{who} has asked for this already, and it waits for an approval.")
            entry = _entry(request, at, f"asked: {remedy.label}, needs approval", incident, "")
            return await_approval(incident, pending), [replace(entry, checks=checks)]

        self._change(request, wait, "waits")
        return _WAITS

    def _approve(self, request: Request, bulletin: Bulletin, facts: Facts, tries: int) -> str:
        """Do what somebody else has asked for. It is theirs: they stand in the member's CloudTrail."""
        known = self.store.incident(request.cluster, request.instance)
        pending = self._pending(request, known)
        if pending.by == request.user:
            raise NotAllowed("Somebody else has to approve what you have asked for yourself.", pending.approvers)
        self._check_approver(request, pending, bulletin, facts)
        asked = replace(request, id=pending.request, wish=pending.remedy, user=pending.by, reason=pending.reason)
        try:
            self._check_storm(pending.remedy, bulletin)
            # Who has asked may have lost the right meanwhile.
            self._check_rights(asked, facts)
            return self._repair(asked, facts, tries, request)
        except NotAllowed as refusal:
            # Decided is decided: what is refused now is not left for another approval.
            raise NotAllowed(str(refusal), refusal.who_may, refusal.how, pending.request) from refusal

    def _decline(self, request: Request, facts: Facts, claimed: datetime) -> str:
        """Say no to a repair that waits; who has asked for it may take it back."""

        def decline(incident: Incident) -> tuple[Incident, list[Entry]]:
            pending = self._pending(request, incident)
            if pending.by != request.user:
                self._check_approver(request, pending, None, facts)
            label = REMEDIES[pending.remedy].label
            return withdraw(incident), [_entry(request, claimed, f"{_DECLINED}: {label}", incident, "")]

        self._change(request, decline)
        return _DECLINED

    def _pending(self, request: Request, incident: Incident | None) -> Pending:
        """Return what waits. Raises NotAllowed unless it is this very request, and in time."""
        pending = incident.pending if incident and incident.unresolved else None
        if incident is None or pending is None or incident.id != request.incident or pending.request != request.about:
            raise NotAllowed("That request is no longer waiting for an approval.")
        if self.clock() >= pending.expires:
            raise NotAllowed("Nobody approved that in time. It can be asked for again.")
        return pending

    def _check_approver(self, request: Request, pending: Pending, bulletin: Bulletin | None, facts: Facts) -> None:
        share = _share(bulletin) if bulletin else None
        standing = self.rules.policy.approval(pending.remedy, facts, self._at_once(request), share)
        # What needed no second person any more, needs the one it was asked of.
        approval = standing or Approval(approvers=pending.approvers)
        refusal = self.rights.refusal_to_approve(approval, request.user, facts)
        if refusal:
            raise _not_allowed(refusal)

    def _at_once(self, request: Request) -> int:
        """Count the cluster's instances under repair, or waiting for an approval, with the one this is about."""
        known = self.store.known(request.cluster).incidents.values()
        others = [i for i in known if i.instance != request.instance and i.unresolved]
        return 1 + sum(i.state is State.REPAIRING or i.pending is not None for i in others)

    def _repair(self, request: Request, facts: Facts, tries: int, approval: Request | None = None) -> str:
        """Begin what was asked for, or what somebody else has approved by a request of their own, and carry it out."""
        remedy = REMEDIES[request.wish]
        repair = Repair(request.id, remedy.name, request.user, self.clock(), reason=request.reason)
        repair = replace(repair, hits_host=remedy.hits_host)
        if approval:
            repair = replace(repair, approved_by=approval.user, approval=approval.id)
        checks = self._checked(request, facts, "somebody else who may has approved it" if approval else "")

        def begin(incident: Incident) -> tuple[Incident, list[Entry]]:
            if incident.repair and incident.repair.request == request.id:
                raise Conflict("somebody else has the same message, and was quicker")
            if incident.state is State.REPAIRING:
                raise NotAllowed(_taken(incident))
            if approval:
                self._pending(approval, incident)
            what = f"approved: {remedy.label}" if approval else f"asked: {remedy.label}"
            entry = _entry(approval or request, repair.at, what, incident, "")
            return begin_repair(incident, repair), [replace(entry, approved_by=repair.approved_by, checks=checks)]

        def alongside() -> Alongside:
            try:
                return Alongside(self._running(), self.caps.used(request.id, request.wish, facts))
            except UsedUp as error:
                raise NotAllowed(str(error)) from error

        incident = self._change(request, begin, alongside=alongside)
        return self._carry_out(request, incident, repair, tries, _STOPPED)

    def _carry_out(self, request: Request, incident: Incident, begun: Repair, tries: int, stopped: str) -> str:
        """Do it in the member account, which is safe to do again; `stopped` is said if repairs are stopped by now."""
        remedy = REMEDIES[begun.remedy]
        role = Role(self.remediator, session_name=incident.id, source_identity=request.source_identity)
        member = self.accounts.member(request.cluster.account, request.cluster.region, role)
        target = Target(request.cluster, request.instance, incident.sighting.host)

        def go_ahead() -> None:
            if self.store.switch().stopped:
                raise NotDone(stopped)

        try:
            go_ahead()
            ended = _well(begun, remedy.run(member, target, self._asking(go_ahead)), self.clock())
        except (NotDone, Refused) as error:
            ended = replace(begun, finished=self.clock(), problem=str(error))
        except Busy as error:
            if tries < PATIENCE:
                raise
            problem = f"Given up after {tries} tries, and part of it may be done: {error}."
            ended = replace(begun, finished=self.clock(), problem=problem)
        return self._end(request, incident, ended)

    def _asking(self, go_ahead: Callable[[], None]) -> Asking:
        """Let a remedy ask around in the member account, at the sweep's pace and for so long, and us at last."""
        ends = self.ticks() + _ASKS_SECONDS
        return Asking(
            RateLimit(*CLUSTER_READS, self.ticks, self.sleep),
            RateLimit(*RESOURCE_READS, self.ticks, self.sleep),
            lambda: self.ticks() < ends,
            go_ahead,
        )

    def _end(self, request: Request, incident: Incident, repair: Repair) -> str:
        outcome = f"failed: {repair.problem}" if repair.problem else " ".join(repair.steps) or "done"
        label = REMEDIES[repair.remedy].label
        what = f"{label} failed" if repair.problem else f"{label} done"
        entry = _entry(request, repair.finished or repair.at, what, incident, outcome)
        entry = replace(entry, approved_by=repair.approved_by)
        try:
            self.lifecycle.change(
                request.cluster, request.instance, request.incident, lambda now: (end_repair(now, repair), [entry])
            )
        except Gone:
            # A look was quicker and has resolved the incident: only the log still wants to know.
            self.store.log(request.cluster, entry)
        self._ask_look(request, "ended")
        if repair.problem:
            self._tell(request, f"*{label}* failed", repair.problem)
        return outcome

    def _check(self, request: Request) -> Bulletin:
        """Refuse what must not even begin: another team, or a message that is not the cluster's running bulletin."""
        if request.team != self.team:
            raise NotAllowed("This app belongs to another workspace.")
        bulletin = self.store.bulletin(request.cluster)
        if bulletin is None or (bulletin.channel, bulletin.ts) != (request.channel, request.message):
            raise NotAllowed(_STALE)
        if bulletin.closed:
            raise NotAllowed(_OVER)
        return bulletin

    def _check_rights(self, request: Request, facts: Facts) -> None:
        """Refuse who may not do that there; what everybody may, every full member may."""
        verb = requests.verb(request.wish)
        refusal = self.rights.refusal(verb, request.user, [facts]) if verb else self.rights.stranger(request.user)
        if refusal:
            raise _not_allowed(refusal)
        if request.refused:
            raise NotAllowed(request.refused)

    def _running(self) -> RepairStop:
        """Read the switch; refuse if repairs are stopped."""
        switch = self.store.switch()
        if switch.stopped:
            when = f" {date(switch.at)}" if switch.at else ""
            raise NotAllowed(f"All repairs are stopped, by {mention(switch.stopped_by)}{when}.")
        return switch

    def _checked(self, request: Request, facts: Facts, approval: str) -> str:
        """Say for the log what a repair was held to; the remedy looks at the live state, and its result tells of it."""
        policy = self.rules.policy
        caps = len(policy.caps_on(request.wish, facts))
        held = [
            "the policy grants it",
            "repairs are not stopped",
            "no storm" if REMEDIES[request.wish].drastic else "",
            f"room under {caps} of the policy's caps" if caps and not approval.startswith("waits") else "",
            approval or "no approval is needed",
        ]
        return "; ".join(filter(None, held))

    def _check_storm(self, wish: str, bulletin: Bulletin) -> None:
        """Refuse what is drastic while a storm lasts."""
        if wish in REMEDIES and REMEDIES[wish].drastic:
            storm = self.store.storm(bulletin.channel, bulletin.cluster.region)
            if storm and not storm.closed:
                raise NotAllowed(lock(storm.region))

    def _change(
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
            raise NotAllowed(_OVER) from error
        self._ask_look(request, step)
        return changed

    def _refuse(self, request: Request, claim: Claim, refusal: NotAllowed) -> str:
        """Finish a request as refused, in one write with the log and what is taken back; then tell the person why."""
        outcome = f"{_REFUSED}{refusal}"
        entry = _quiet_entry(request, claim.at, f"refused: {request.wish}", request.instance, str(refusal))
        untold = replace(claim, untold=True)

        def take_back(incident: Incident) -> tuple[Incident, list[Entry]]:
            pending = incident.pending
            if pending is None or pending.request not in {request.id, refusal.about}:
                raise Gone(incident.id)
            what = f"{REMEDIES[pending.remedy].label}: request withdrawn"
            return withdraw(incident), [entry, _entry(request, claim.at, what, incident, str(refusal))]

        def alongside() -> Alongside:
            return Alongside(ended=replace(untold, outcome=outcome))

        try:
            self.lifecycle.change(request.cluster, request.instance, request.incident, take_back, alongside)
        except Gone:
            ended = self.store.finish(untold, outcome, request.cluster, entry)
        else:
            ended = replace(untold, outcome=outcome, version=claim.version + 1)
            self._ask_look(request, "refused")
        self.count("refusals", 1)
        self._tell_refusal(request, ended, refusal)
        return outcome

    def _tell_refusal(self, request: Request, claim: Claim, refusal: NotAllowed) -> None:
        """Tell the person why, and who may; once, unless a crash comes in between."""
        self._tell(request, str(refusal), who_may=refusal.who_may, how=refusal.how)
        self.store.finish(replace(claim, untold=False), claim.outcome)

    def _tell(self, request: Request, text: str, why: str = "", who_may: Sequence[str] = (), how: str = "") -> None:
        """Tell the person something in our words, `why` in words from outside, and who might do it, or `how` to."""
        blocks = [section(text), *([context(plain(visible(why)))] if why else []), *([section(how)] if how else [])]
        if who_may:
            blocks.append(context(mrkdwn(f"Those who may: {few([*map(mention, who_may)], _NAMED)}")))
        line = f"{text}: {escape(visible(why))}" if why else text
        try:
            self.slack().whisper(request.channel, request.user, line, blocks)
        except Rejected as error:
            # The person has left the channel, say. The log and the bulletin tell it all the same.
            log.warning("whisper.rejected", extra={"request": request.id, "error": str(error)})

    def _ask_look(self, request: Request, step: str) -> None:
        hint = Hint(request.cluster, Why.REQUEST)
        if self.queues.ask_looks(self.looks_url, [hint], f"{request.id} {step}"):
            # The sweep looks at every unresolved incident within a minute.
            log.warning("look.not_asked", extra={"request": request.id, "step": step})


def _approved(request: Request, begun: Repair) -> Request:
    """Make of an approval the request that it is about."""
    return replace(request, id=begun.request, wish=begun.remedy, user=begun.by, reason=begun.reason)


def _share(bulletin: Bulletin) -> float | None:
    """Tell which share of the cluster is in trouble; None: nobody knows."""
    return bulletin.tally.instances / bulletin.registered if bulletin.registered else None


def _not_allowed(refusal: Refusal) -> NotAllowed:
    return NotAllowed(refusal.sentence, refusal.who_may, refusal.how)


def _well(begun: Repair, outcome: Outcome, now: datetime) -> Repair:
    return replace(begun, finished=now, steps=outcome.steps, group=outcome.group or "")


def _is_by(request: Request, claimed: datetime, incident: Incident) -> bool:
    """Whether it is this very request that has acknowledged the incident, before a crash."""
    wished = request.wish == requests.ACKNOWLEDGING
    return wished and (incident.acknowledged_by, incident.acknowledged_at) == (request.user, claimed)


def _taken(incident: Incident) -> str:
    repair = incident.repair
    if repair is None:
        return _OVER
    return f"{mention(repair.by)} has asked for this already ({REMEDIES[repair.remedy].label}, {date(repair.at)})."


def _entry(request: Request, at: datetime, what: str, incident: Incident, result: str) -> Entry:
    where = incident.sighting.host or incident.instance
    person = request.source_identity
    entry = Entry(at, request.user, what, where, result, incident.id, request.id, person, reason=request.reason)
    return replace(entry, channel=request.channel)


def _quiet_entry(request: Request, at: datetime, what: str, where: str, result: str) -> Entry:
    """Log what is not worth a line in the thread."""
    person = request.source_identity
    entry = Entry(at, request.user, what, where, result, request.incident, request.id, person, quiet=True)
    return replace(entry, reason=request.reason, channel=request.channel)
