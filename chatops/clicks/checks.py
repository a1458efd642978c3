"""Checks: what a request is held to before anything is done. They only read, and refuse with the reason."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chatops.clicks import requests
from chatops.clicks.requests import FRESH, Request
from chatops.rights import Refusal, Rights
from hub.incidents.bulletin import Bulletin
from hub.incidents.delivery import Delivery
from hub.incidents.incident import Incident, Pending, State
from hub.incidents.storm import lock
from hub.notify.routing import Routing
from hub.policy.matching import Facts
from hub.policy.policy import Approval
from hub.policy.repair_stop import RepairStop
from hub.slack.client import same_channel
from hub.slack.mrkdwn import date, mention
from hub.table.store import Store
from spoke.repairs import REMEDIES

OVER = "This incident is over."
_OLD = "You asked for this more than 15 minutes ago, and nothing was done since. Please click again if it still helps."
STALE = "This message no longer shows how things are; please use the cluster's newest message."


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
class Checks:
    """Everything that checking works with. What is refused raises NotAllowed."""

    store: Store
    rights: Rights
    rules: Routing
    team: str
    clock: Callable[[], datetime]

    def is_fresh(self, request: Request) -> None:
        """Refuse what somebody asked for so long ago that it may not help any more."""
        if self.clock() - request.at > FRESH:
            raise NotAllowed(_OLD)

    def bulletin(self, request: Request) -> Bulletin:
        """Refuse what must not even begin: another team, or a message that is not the cluster's running bulletin."""
        if request.team != self.team:
            raise NotAllowed("This app belongs to another workspace.")
        bulletin = self.store.bulletin(request.cluster)
        if bulletin is None or not _stands_at(bulletin.slack, request):
            raise NotAllowed(STALE)
        if bulletin.episode.closed:
            raise NotAllowed(OVER)
        return bulletin

    def may(self, request: Request, facts: Facts) -> None:
        """Refuse who may not do that there; what everybody may, every full member may."""
        verb = requests.verb(request.wish)
        refusal = self.rights.refusal(verb, request.user, [facts]) if verb else self.rights.stranger(request.user)
        if refusal:
            raise _not_allowed(refusal)
        if request.refused:
            raise NotAllowed(request.refused)

    def still_may(self, asked: Request, facts: Facts) -> None:
        """Refuse what somebody may not have done any more; the sentence is for others too, and names them."""
        refusal = self.rights.refusal(requests.verb(asked.wish), asked.user, [facts])
        if refusal:
            raise _not_allowed(refusal.about(f"{mention(asked.user)}, who has asked for this,"))

    def no_storm(self, wish: str, bulletin: Bulletin) -> None:
        """Refuse what is drastic while a storm lasts."""
        if wish in REMEDIES and REMEDIES[wish].drastic:
            storm = self.store.storm(bulletin.slack.address, bulletin.cluster.region)
            if storm and not storm.closed:
                raise NotAllowed(lock(storm.region))

    def running(self) -> RepairStop:
        """Read the switch; refuse if repairs are stopped."""
        switch = self.store.switch()
        if switch.stopped:
            when = f" {date(switch.at)}" if switch.at else ""
            raise NotAllowed(f"All repairs are stopped, by {mention(switch.stopped_by)}{when}.")
        return switch

    def pending(self, request: Request, incident: Incident | None) -> Pending:
        """Return what waits. Raises NotAllowed unless it is this very request, and in time."""
        pending = incident.pending if incident and incident.unresolved else None
        if incident is None or pending is None or incident.id != request.incident or pending.request != request.about:
            raise NotAllowed("That request is no longer waiting for an approval.")
        if self.clock() >= pending.expires:
            raise NotAllowed("Nobody approved that in time. It can be asked for again.")
        return pending

    def may_approve(self, request: Request, pending: Pending, bulletin: Bulletin | None, facts: Facts) -> None:
        """Refuse who may not agree to what waits, or withdraw it."""
        share = share_of(bulletin) if bulletin else None
        standing = self.rules.policy.approval(pending.remedy, facts, self.at_once(request), share)
        # Even if the policy asks for no second person by now, whom the request was put to has to agree.
        approval = standing or Approval(approvers=pending.approvers)
        refusal = self.rights.refusal_to_approve(approval, request.user, facts)
        if refusal:
            raise _not_allowed(refusal)

    def at_once(self, request: Request) -> int:
        """Count the cluster's instances under repair, or waiting for an approval, with the one this is about."""
        known = self.store.known(request.cluster).incidents.values()
        others = [i for i in known if i.instance != request.instance and i.unresolved]
        return 1 + sum(i.state is State.REPAIRING or i.pending is not None for i in others)

    def passed(self, request: Request, facts: Facts, approval: str) -> str:
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


def _stands_at(there: Delivery, request: Request) -> bool:
    """Whether a message is the one of a click: under the channel's id of today too, where that was another one."""
    known = any(same_channel(channel, request.channel) for channel in (there.address, there.place))
    return known and there.handle == request.message


def share_of(bulletin: Bulletin) -> float | None:
    """Return which share of the cluster is in trouble; None: nobody knows."""
    episode = bulletin.episode
    return episode.tally.instances / episode.registered if episode.registered else None


def taken(incident: Incident) -> NotAllowed:
    """Refuse what somebody else is having done already."""
    repair = incident.repair
    if repair is None:
        return NotAllowed(OVER)
    label = REMEDIES[repair.remedy].label
    return NotAllowed(f"{mention(repair.by)} has asked for this already ({label}, {date(repair.at)}).")


def _not_allowed(refusal: Refusal) -> NotAllowed:
    return NotAllowed(refusal.sentence, refusal.who_may, refusal.how)
