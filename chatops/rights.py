"""Rights: may this person do that there? Fails closed: what cannot be read is a no that says so."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chatops.slack_users import SlackUsers
from hub.policy.matching import Facts
from hub.policy.policy import OPEN, Approval, Policy, right_to
from hub.policy.source import PolicySource
from hub.policy.terms import ANY
from hub.scopes.account import Account
from hub.slack.client import Rejected, SlackError
from hub.slack.mrkdwn import mention
from hub.words import few
from spoke.places import Cluster

log = logging.getLogger(__name__)

_NAMED = 5
_NO_GROUPS = {"paid_teams_only", "plan_upgrade_required"}
_UNREAD_POLICY = "The policy cannot be read, so nothing is changed until it can: the operators have been told."
_STRANGER = "Only full members of this workspace may do that: no guests, no bots, nobody of another workspace."
_UNSURE = "Slack did not say who you are, so nothing was done. Please try again in a moment."
_NO_PLAN = "This workspace's plan has no user groups, but the policy grants that to some: name people's ids instead."


_STRANGER_BY_NOW = "{who} is no full member of this workspace any more."
_UNSURE_OF = "{who} cannot be looked up in Slack now, so nothing was done."
_LOST = "{{who}} may not do that here any more ({right})."
_NOWHERE = "It is not known where that would be done, so nothing was done."
_NOBODY = (
    "Nobody may do that ({verb}): without [[rights]] in a policy there is no repair, no approval and no start."
    " Everybody may acknowledge, mute and stop."
)
_GRANT = """How a policy grants it: docs/policy.md, *Rights*. For example, after which only what is granted is allowed:
```
[[rights]]
who = ["{user}"]
may = ["repair", "approve", "stop", "mute", "acknowledge"]
```"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody may not: a sentence of ours, the ids of those who may, and how it is granted if nobody may.

    `of_others` is the sentence for somebody else, with {who} in it; "" if it is the same for everybody.
    """

    sentence: str
    who_may: tuple[str, ...] = ()
    how: str = ""
    of_others: str = ""

    def about(self, who: str) -> "Refusal":
        """Return it as somebody else is told it, who must not take it for theirs."""
        return replace(self, sentence=self.of_others.format(who=who)) if self.of_others else self


@dataclass(frozen=True, slots=True)
class Rights:
    """Reads the policy and people, and says no or nothing."""

    source: PolicySource
    people: SlackUsers

    def refusal(self, verb: str, user: str, places: Sequence[Facts]) -> Refusal | None:
        """Say why a person may not do something in all of these places; None: they may."""
        policy = self._policy(verb)
        if policy is None:
            return Refusal(_UNREAD_POLICY)
        if not places:
            return Refusal(_NOWHERE)
        for facts in places:
            # For each place anew: whoever is named for one may be in a group that is named for another.
            who_may = policy.who_may(verb, facts)
            try:
                groups = self._who(user, frozenset(who_may))
            except SlackError as error:
                return _unsure(error)
            if groups is None:
                return Refusal(_STRANGER, of_others=_STRANGER_BY_NOW)
            if not policy.may(verb, user, groups, facts):
                refused = _not_granted(policy, verb, user, f"You may not do that here ({right_to(verb)}).", who_may)
                return replace(refused, of_others=_LOST.format(right=right_to(verb)) if policy.rights else "")
        return None

    def refusal_to_approve(self, approval: Approval, user: str, facts: Facts) -> Refusal | None:
        """Say why a person may not agree to a repair; None: they may."""
        policy = self.source.certain
        if policy is None:
            return Refusal(_UNREAD_POLICY)
        who_may = policy.who_may_approve(approval, facts)
        try:
            groups = self._who(user, frozenset(who_may))
        except SlackError as error:
            return _unsure(error)
        if groups is None:
            return Refusal(_STRANGER)
        if not policy.may_approve(approval, user, groups, facts):
            return _not_granted(policy, "approve", user, "You may not approve that.", who_may)
        return None

    def foreseen(self, remedy: str, cluster: Cluster) -> str:
        """Say in a sentence that a repair will have to be approved, or may have to be; "" if it need not be."""
        policy = self.source.policy
        facts = Facts(cluster, Account(cluster.account), ANY)
        found = policy.foreseen(remedy, facts) if policy else None
        if policy is None or found is None:
            return ""
        approval, surely = found
        who = few([*map(mention, policy.who_may_approve(approval, facts))], _NAMED, " or ") or "somebody else"
        return f"{'It waits until' if surely else 'It may have to wait until'} {who} has approved it."

    def stranger(self, user: str) -> Refusal | None:
        """Say no to whoever is no full member of the workspace."""
        try:
            return None if self.people.person(user).member else Refusal(_STRANGER)
        except SlackError as error:
            return _unsure(error)

    def somewhere(self, verb: str, user: str) -> Refusal | None:
        """Say no to a person who may do something nowhere at all; where exactly they may, act finds out."""
        policy = self._policy(verb)
        if policy is None:
            return Refusal(_UNREAD_POLICY)
        granting = [right for right in policy.rights if right.grants(verb)]
        named = frozenset(who for right in granting for who in right.who)
        try:
            groups = self._who(user, named)
        except SlackError as error:
            log.info("rights.unsure", extra={"error": str(error)})
            return None
        if groups is None:
            return Refusal(_STRANGER)
        granted = not named.isdisjoint({user, *groups}) if policy.rights else verb in OPEN
        return (
            None
            if granted
            else _not_granted(policy, verb, user, f"You may not do that ({right_to(verb)}).", sorted(named))
        )

    def _policy(self, verb: str) -> Policy | None:
        """Return what something is held to. What only holds back, like a stop, must not wait for a newer policy."""
        return self.source.policy if verb in OPEN else self.source.certain

    def _who(self, user: str, named: frozenset[str]) -> frozenset[str] | None:
        """Return in which of the named user groups a person is, None for nobody who may do anything."""
        if not self.people.person(user).member:
            return None
        if user in named:
            return frozenset()
        return self.people.groups(user, frozenset(who for who in named if who.startswith("S")))


def _not_granted(policy: Policy, verb: str, user: str, sentence: str, who_may: Sequence[str]) -> Refusal:
    """Refuse what somebody else may do; or what nobody may, and then tell how it is granted."""
    if policy.rights:
        return Refusal(sentence, tuple(who_may))
    return Refusal(_NOBODY.format(verb=verb), how=_GRANT.format(user=user))


def _unsure(error: SlackError) -> Refusal:
    log.warning("rights.unsure", extra={"error": str(error)})
    if isinstance(error, Rejected) and error.word in _NO_GROUPS:
        return Refusal(_NO_PLAN)
    return Refusal(_UNSURE, of_others=_UNSURE_OF)
