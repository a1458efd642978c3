"""Wishes: what each kind of click does, once it is allowed.

What begins is written on condition of the incident's version, and so of the approval it waited for.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chatops.clicks import requests
from chatops.clicks.changes import Changes
from chatops.clicks.checks import Checks, NotAllowed, share_of, taken
from chatops.clicks.entries import entry_of, quiet_entry_of
from chatops.clicks.repair import Repairs
from chatops.clicks.requests import Request
from hub.incidents.acknowledgement import Acknowledgement, covered
from hub.incidents.audit import Entry
from hub.incidents.bulletin import Bulletin
from hub.incidents.incident import Incident, Pending, State, acknowledge, await_approval, pick, withdraw
from hub.notify.routing import Routing
from hub.policy.matching import Facts
from hub.policy.policy import Approval, Cap
from hub.slack.client import Rejected, Slack
from hub.slack.listing import EVENT_TYPE, Asked, parts, told
from hub.slack.mrkdwn import date, mention
from hub.table.store import Store
from hub.times import span_words
from spoke.repairs import REMEDIES

ACKNOWLEDGED = "acknowledged"
DECLINED = "declined"
PICKED = "picked"
WAITS = "waits for approval"
LISTS = Cap(most=3, per=timedelta(minutes=10))
"""How many lists a person may ask for in a time: one of 1,000 instances is four posts, of which Slack takes one a
second."""

# Slack's clock and ours may differ by so much, and it takes a message a second in a channel.
_CLOCKS = timedelta(minutes=1)
_POST_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """Everything that granting a wish works with. What is refused raises NotAllowed."""

    store: Store
    rules: Routing
    checks: Checks
    changes: Changes
    repairs: Repairs
    slack: Callable[[], Slack]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep

    def grant(self, request: Request, claimed: datetime, tries: int) -> str:  # noqa: PLR0911  # one return for each wish
        """Check a request and do what it asks for; `claimed` is when it was first tried. Return what came of it."""
        self.checks.is_fresh(request)
        bulletin = self.checks.bulletin(request)
        facts = self.rules.facts(request.cluster, self.rules.group_of(bulletin))
        self.checks.may(request, facts)
        self.checks.no_storm(request.wish, bulletin)
        if request.wish in REMEDIES:
            self.checks.running()
        match request.wish:
            case requests.ACKNOWLEDGING:
                return self._acknowledge(request, claimed, bulletin.episode.acknowledged)
            case requests.APPROVING:
                return self._approve(request, bulletin, facts, tries)
            case requests.DECLINING:
                return self._decline(request, facts, claimed)
            case requests.PICKING:
                return self._pick(request)
            case requests.LISTING:
                return self._list(request, bulletin)
        at_once = self.checks.at_once(request)
        approval = self.rules.policy.approval(request.wish, facts, at_once, share_of(bulletin))
        if approval:
            return self._await_approval(request, approval, facts, claimed)
        return self.repairs.begin(request, facts, tries)

    def _acknowledge(self, request: Request, now: datetime, fact: Acknowledgement | None) -> str:
        def change(incident: Incident) -> tuple[Incident, list[Entry]]:
            if fact and not incident.acknowledged_by and fact.by != request.user and fact.covers(incident):
                raise NotAllowed(f"{mention(fact.by)} has acknowledged this already, {date(fact.at)}.")
            if incident.acknowledged_by == request.user:
                again = entry_of(request, now, "acknowledged", incident, "again")
                return incident, [replace(again, quiet=True)]
            if incident.acknowledged_by and incident.acknowledged_at:
                who, when = mention(incident.acknowledged_by), date(incident.acknowledged_at)
                raise NotAllowed(f"{who} has acknowledged this already, {when}.")
            if incident.state is State.REPAIRING:
                raise taken(incident)
            return acknowledge(incident, request.user, now), [entry_of(request, now, "acknowledged", incident, "")]

        self.changes.change(request, change)
        return ACKNOWLEDGED

    def _pick(self, request: Request) -> str:
        """Have the bulletin show the incident with its buttons, for everybody; it changes nothing else."""

        def change(incident: Incident) -> tuple[Incident, list[Entry]]:
            if incident.picked_at and incident.picked_at >= request.at:
                return incident, []
            where = incident.sighting.host or incident.instance
            return pick(incident, request.at), [quiet_entry_of(request, self.clock(), "picked", where, "")]

        self.changes.change(request, change)
        return PICKED

    def _list(self, request: Request, bulletin: Bulletin) -> str:
        """Post the whole list into the bulletin's thread, from where an earlier try has come to."""
        self._spend_list(request)
        known = self.store.known(request.cluster).incidents.values()
        episode = bulletin.episode
        mine = covered((i for i in known if i.episode == episode.episode), episode.acknowledged)
        live = [incident for incident in mine if incident.unresolved]
        slack, thread = self.slack(), bulletin.slack.thread or bulletin.slack.handle
        since, until = request.at - _CLOCKS, self.clock() + _CLOCKS
        try:
            posts = slack.mine(bulletin.slack.place, since, until, EVENT_TYPE, thread)
            before = told(request.id, (post.payload for post in posts))
            for number, part in enumerate(parts(Asked(request.id, request.user, request.cluster), live, before)):
                if number:
                    self.sleep(_POST_SECONDS)
                slack.post(bulletin.slack.place, part.text, part.blocks, metadata=part.metadata, thread=thread)
        except Rejected as error:
            raise NotAllowed(f"Slack does not take the list: {error.word}.") from error
        self.store.log(request.cluster, quiet_entry_of(request, request.at, "listed", request.cluster.name, ""))
        return "listed"

    def _spend_list(self, request: Request) -> None:
        """Count a list among those that the person has asked for, once however often it is tried."""
        now, name = self.clock(), f"lists of {request.user}"
        ledger = self.store.ledger(name).lately(LISTS, now)
        if request.id in ledger.used:
            return
        if free := ledger.free_at(LISTS):
            raise NotAllowed(
                f"You have asked for {LISTS.most} lists in {span_words(LISTS.per)}, which fill the channel's threads."
                f" You can ask for another one {date(free)}."
            )
        self.store.keep_ledger(name, ledger.having(request.id, now), now + LISTS.per)

    def _await_approval(self, request: Request, approval: Approval, facts: Facts, at: datetime) -> str:
        """Have the repair wait, in its incident, for somebody who may say yes."""
        remedy = REMEDIES[request.wish]
        approvers = self.rules.policy.who_may_approve(approval, facts)
        passed = self.checks.passed(request, facts, "waits for somebody who may approve it")
        pending = Pending(request.id, remedy.name, request.user, at, at + approval.expires, approvers, request.reason)

        def wait(incident: Incident) -> tuple[Incident, list[Entry]]:
            if incident.state is State.REPAIRING:
                raise taken(incident)
            waits = incident.pending is not None and self.clock() < incident.pending.expires
            if incident.pending and waits and incident.pending.request != request.id:
                who = mention(incident.pending.by)
                raise NotAllowed(f"{who} has asked for this already, and it waits for an approval.")
            entry = entry_of(request, at, f"asked: {remedy.label}, needs approval", incident, "")
            # An edit tells nobody, and an approval does not wait for ever.
            heard = replace(entry, checks=passed, aloud=True, mentions=_others(approvers, request.user))
            return await_approval(incident, pending), [heard]

        self.changes.change(request, wait, "waits")
        return WAITS

    def _approve(self, request: Request, bulletin: Bulletin, facts: Facts, tries: int) -> str:
        """Do what somebody else has asked for. It is theirs: they stand in the member's CloudTrail."""
        known = self.store.incident(request.cluster, request.instance)
        pending = self.checks.pending(request, known)
        if pending.by == request.user:
            raise NotAllowed("Somebody else has to approve what you have asked for yourself.", pending.approvers)
        self.checks.may_approve(request, pending, bulletin, facts)
        asked = replace(request, id=pending.request, wish=pending.remedy, user=pending.by, reason=pending.reason)
        try:
            self.checks.no_storm(pending.remedy, bulletin)
            # Who has asked may have lost the right meanwhile.
            self.checks.still_may(asked, facts)
            return self.repairs.begin(asked, facts, tries, request)
        except NotAllowed as refusal:
            # Decided is decided: what is refused now is not left for another approval.
            raise NotAllowed(str(refusal), refusal.who_may, refusal.how, pending.request) from refusal

    def _decline(self, request: Request, facts: Facts, claimed: datetime) -> str:
        """Say no to a repair that waits; who has asked for it may take it back."""

        def decline(incident: Incident) -> tuple[Incident, list[Entry]]:
            pending = self.checks.pending(request, incident)
            if pending.by != request.user:
                self.checks.may_approve(request, pending, None, facts)
            label = REMEDIES[pending.remedy].label
            entry = entry_of(request, claimed, f"{DECLINED}: {label}", incident, "")
            return withdraw(incident), [replace(entry, mentions=_others((pending.by,), request.user))]

        self.changes.change(request, decline)
        return DECLINED


def _others(who: Sequence[str], user: str) -> tuple[str, ...]:
    """Name whom something concerns besides who has done it."""
    return tuple(each for each in who if each != user)
