"""The context of a command: what the words mean, who may, what is muted, how it is logged.

What cannot be answered or done raises Declined, whose answer tells the person why.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chatops.commands import answers
from chatops.commands.answer_parts import Answer
from chatops.commands.message import CommandMessage
from chatops.commands.name_lookup import Candidates, Found, KnownNames, Nothing, find, find_one
from chatops.commands.parse import Command
from chatops.rights import Refusal, Rights
from chatops.slack_users import Person, SlackUsers
from hub.incidents.audit import Entry
from hub.incidents.bulletin import Bulletin
from hub.incidents.incident import Incident
from hub.incidents.mute import Mute, in_force
from hub.notify.routing import Routing
from hub.policy.matching import EVERYWHERE, Facts
from hub.policy.terms import ANY
from hub.policy.windows import InForce
from hub.scopes.account import Account
from hub.scopes.scope import Scope
from hub.slack.client import SlackError
from hub.slack.permalinks import permalink
from hub.table.store import Store
from spoke.places import Cluster

log = logging.getLogger(__name__)

# An incident that is over is found by what was done about it so lately.
_LOOKED_BACK = timedelta(days=3)

OLD = "You said that more than 15 minutes ago, and nothing was done since. Please say it again if it still helps."


class Declined(Exception):
    """What is refused or cannot be done; `answer` tells the person why."""

    def __init__(self, answer: Answer, outcome: str) -> None:
        super().__init__(outcome)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class CommandContext:
    """The table, the rules and the people. `command` is what the slash command is called."""

    store: Store
    rules: Routing
    rights: Rights
    people: SlackUsers
    command: str
    clock: Callable[[], datetime]
    count: Callable[[str, int], None]

    # What words mean

    def find(self, command: Command, words: str, mutes: Iterable[Mute] = ()) -> Scope:
        """Find what words mean, `mutes` too. Raises Declined with what they may mean."""
        return self._meant(command, words, find(words, self._known(mutes)))

    def find_one(self, command: Command, words: str) -> Scope:
        """Find the one thing that words mean; a pattern may mean several. Raises Declined with what they may mean."""
        return self._meant(command, words, find_one(words, self._known()))

    def _meant(self, command: Command, words: str, found: Found | Candidates | Nothing) -> Scope:
        match found:
            case Found(scope):
                return scope
            case Candidates():
                raise Declined(answers.ambiguous(command, found), "ambiguous")
            case Nothing():
                raise Declined(answers.unknown(self.command, words, found), "unknown")

    def incident(self, wanted: str, now: datetime) -> Incident:
        """Find an incident by its id, or the instance's; one that is over if somebody has done something about it."""
        for incident in self.store.everything_open():
            if wanted in {incident.id, incident.instance, incident.sighting.host}:
                return incident
        done = self.store.done_by_people(now - _LOOKED_BACK, now)
        clusters = {entry.cluster for entry in done if entry.incident == wanted and entry.cluster}
        for cluster in sorted(clusters):
            for incident in self.store.known(Cluster.from_key(cluster)).incidents.values():
                if incident.id == wanted:
                    return incident
        raise Declined(answers.no_incident(self.command, wanted), "unknown")

    def _known(self, mutes: Iterable[Mute] = ()) -> KnownNames:
        troubled = list(self.store.everything_open())
        clusters = {bulletin.cluster for bulletin in self.store.open_bulletins()} | {i.cluster for i in troubled}
        clusters |= {cluster for mute in mutes if (cluster := mute.scope.one_cluster)}
        directory = list(self.rules.accounts.everyone().values())
        return KnownNames(directory, dict(self.rules.policy.aliases), sorted(clusters), troubled)

    # Who may, and who they are

    def allow(
        self, asked: CommandMessage, at: datetime, verb: str, scopes: Sequence[Scope], words: str
    ) -> None:  # who, when, what, where
        """Raise Declined, and log it, unless the person may do that in all of these places, which they called so.

        `at` is when it was first tried: a refusal that comes twice is logged once.
        """
        refusal = self.rights.refusal(verb, asked.user, [self.facts(scope) for scope in scopes])
        if refusal or asked.refused:
            self.refuse(asked, at, verb, words, refusal or Refusal(asked.refused))

    def refuse(self, asked: CommandMessage, at: datetime, verb: str, words: str, refusal: Refusal) -> None:  # the same
        """Raise Declined for somebody who may not, and log it."""
        entry = self.entry(asked, at, f"refused: {verb}", words, refusal.sentence, "")
        self.store.log(None, replace(entry, quiet=True))
        self.count("refusals", 1)
        raise Declined(answers.refused(refusal.sentence, may=refusal.who_may, how=refusal.how), "refused")

    def person(self, user: str) -> Person:
        """Return a person, with their time zone. Raises Declined."""
        try:
            return self.people.person(user)
        except SlackError as error:
            raise Declined(
                answers.refused("Slack did not tell your time zone. Please try again."), "no zone"
            ) from error

    def facts(self, scope: Scope) -> Facts:
        """Gather what the policy is asked about. What is not known of a place does not fit a right.

        A pattern is taken for every place that it may fit: nobody knows which clusters will be called so.
        """
        if cluster := scope.one_cluster:
            return self.rules.facts(cluster, self.rules.group_of(self.store.bulletin(cluster)))
        if scope.account:
            return Facts(None, self.rules.accounts.of(scope.account), region=scope.region)
        if scope.unit:
            return Facts(None, Account("", units=(scope.unit,)))
        return replace(EVERYWHERE, region=scope.region)

    def channels(self, scopes: Collection[Scope]) -> list[str]:
        """Name the channels where people hear of these places: where bulletins of theirs stand, or would."""
        directory = self.rules.accounts.everyone()
        standing = [
            bulletin.slack.address
            for bulletin in self.store.open_bulletins()
            if any(scope.meets(Scope.of(bulletin.cluster), directory) for scope in scopes)
        ]
        routed = [channel for scope in scopes for channel in self.rules.channels(self._heard(scope))]
        return list(dict.fromkeys([*routed, *standing]))

    def _heard(self, scope: Scope) -> Facts:
        """Gather what routes are asked about; of more than one cluster nobody knows the groups."""
        facts = self.facts(scope)
        return facts if facts.cluster else replace(facts, group=ANY)

    # What is muted

    def in_force(self, now: datetime) -> list[Mute]:
        """Read the mutes that are in force."""
        return [mute for mute in self.store.mutes() if mute.on(now)]

    def windows(self, now: datetime, scope: Scope | None = None) -> list[InForce]:
        """Name the policy's maintenance windows that are in force; of those that may be about a scope, if there is one.

        Whether one is about a whole account or a pattern nobody can tell: it is named all the same.
        """
        found = self.rules.policy.in_force(now)
        if not found or scope is None:
            return found
        facts = self.facts(scope)
        return [each for each in found if each.window.where.may_fit(facts)]

    def mute_of(  # whom, and what is known of it
        self, cluster: Cluster, bulletin: Bulletin | None, instance: str, now: datetime, mutes: Sequence[Mute]
    ) -> Mute | None:
        """Say under which mute a cluster is, or an instance of it: one of these, or a maintenance window."""
        account = self.rules.accounts.of(cluster.account)
        window = self.rules.window(cluster, account, now, self.rules.group_of(bulletin))
        return in_force([*mutes, *([window] if window else [])], cluster, account, now, instance)

    def silent(self, incidents: Collection[Incident], now: datetime, mutes: Sequence[Mute]) -> set[str]:
        """Name the incidents that are muted, by one of these mutes or a maintenance window."""
        bulletins = {b.cluster: b for b in self.store.open_bulletins()} if incidents and self.windows(now) else {}
        return {i.id for i in incidents if self.mute_of(i.cluster, bulletins.get(i.cluster), i.instance, now, mutes)}

    def messages(self, incidents: Iterable[Incident], bulletins: Iterable[Bulletin]) -> dict[str, str]:
        """Return the addresses of the messages that tell of these incidents, by their ids, as far as there are any."""
        told = {(each.cluster, each.episode.episode): each.slack for each in bulletins if each.slack.handle}
        mine = {i.id: told[i.cluster, i.episode] for i in incidents if (i.cluster, i.episode) in told}
        home = self.people.home() if mine else ""
        found = {incident: permalink(home, slack) for incident, slack in mine.items()}
        return {incident: address for incident, address in found.items() if address}

    def covers(self, scope: Scope, incident: Incident) -> bool:
        """Return whether an incident is within a scope."""
        account = self.rules.accounts.of(incident.cluster.account)
        return scope.covers(incident.cluster, account, incident.instance)

    # Names, and the log

    def names(self) -> dict[str, str]:
        """Return the accounts' names by id."""
        return {account.id: account.name for account in self.rules.accounts.everyone().values()}

    def entry(self, asked: CommandMessage, at: datetime, what: str, where: str, result: str, reason: str) -> Entry:  # noqa: PLR0913  # an entry's parts
        """Make an entry of the audit log."""
        return Entry(at, asked.user, what, where, result, request=asked.id, reason=reason, channel=asked.channel)
