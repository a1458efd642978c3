"""The context of a command: what the words mean, who may, what is muted, how it is logged.

What cannot be answered or done raises Declined, whose answer tells the person why.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chatops.commands import answers
from chatops.commands.answer_parts import Answer
from chatops.commands.exact_names import Unseen
from chatops.commands.known_names import KnownNames
from chatops.commands.message import CommandMessage
from chatops.commands.name_lookup import Answer as Meant
from chatops.commands.name_lookup import Candidates, Found, Nothing, find, find_one, guess, split
from chatops.commands.parse import Command, tidy, to_line
from chatops.rights import Refusal, Rights
from chatops.slack_users import Person, SlackUsers
from hub.incidents.acknowledgement import covered
from hub.incidents.audit import REFUSED, Entry
from hub.incidents.bulletin import Bulletin
from hub.incidents.hints import Hint, Question, Why
from hub.incidents.incident import Incident
from hub.incidents.mute import Mute, in_force
from hub.notify.routing import Routing
from hub.policy.matching import EVERYWHERE, Facts
from hub.policy.terms import ANY
from hub.policy.windows import InForce
from hub.queues import Queues
from hub.scopes.account import Account
from hub.scopes.scope import Scope
from hub.slack.client import SlackError
from hub.slack.permalinks import permalink
from hub.table.store import Store
from spoke.places import Cluster

log = logging.getLogger(__name__)

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
    queues: Queues
    looks_url: str
    regions: Sequence[str] = ()

    # What words mean

    def find(self, command: Command, words: str, mutes: Iterable[Mute] = ()) -> Scope | Unseen:
        """Find what words name exactly, `mutes` too. Raises Declined with what they may mean."""
        return self._meant(command, self._looked_up(find, words, mutes))

    def guess(self, command: Command, words: str) -> Scope | Unseen:
        """Find what words mean about which somebody only asks. Raises Declined with what they may mean."""
        return self._meant(command, self._looked_up(guess, words))

    def find_one(self, command: Command, words: str) -> Scope | Unseen | Nothing:
        """Find the one thing that words mean, or that nothing is called so. Raises Declined with what they may mean."""
        found = self._looked_up(find_one, words)
        return found if isinstance(found, Nothing) else self._meant(command, found)

    def split(self, command: Command) -> Command:
        """Part a target that runs on into what is named and the reason. Raises Declined with the ways there are."""
        parted = split(command.target, self._known(over=True))
        options = tuple(
            (label, replace(command, target=target, reason=tidy(reason))) for label, target, reason in parted.ways
        )
        if not parted.sure:
            raise Declined(answers.run_on(command, options), "ambiguous")
        return options[0][1]

    def unknown(self, command: Command, nothing: Nothing) -> Declined:
        """Tell that nothing known is called so."""
        return Declined(answers.unknown(self.command, command, nothing), "unknown")

    def _meant(self, command: Command, found: Meant) -> Scope | Unseen:
        match found:
            case Found(scope):
                return scope
            case Candidates():
                raise Declined(answers.ambiguous(command, self._likely(command, found)), "ambiguous")
            case Nothing():
                raise self.unknown(command, found)
        return found

    def _likely(self, command: Command, found: Candidates) -> Candidates:
        """Leave out what is well, for who acknowledges what is only called nearly so, if anything else may be meant."""
        if command.verb != "ack" or found.exact:
            return found
        troubled = {str(Scope.of(bulletin.cluster)) for bulletin in self.store.open_bulletins()}
        options = tuple(option for option in found.options if option[1] in troubled)
        return replace(found, options=options) if options else found

    def one_scope(self, asked: CommandMessage, command: Command, meant: Scope | Unseen) -> Scope:
        """Return the scope that is meant. Of an instance that only a look can find, ask for one; that raises Declined.

        The look answers the person, and offers the command again with what it has found.
        """
        if isinstance(meant, Scope):
            return meant
        self.ask_about(asked, command, meant)
        raise Declined(answers.looking(meant.cluster, meant.instance, here=asked.has_room), "looked at")

    def ask_about(self, asked: CommandMessage, command: Command, unseen: Unseen) -> None:
        """Ask for a look that tells the person how an instance is. Raises Declined if it cannot be."""
        rest = to_line(replace(command, target="x")).partition(" x")[2].strip()
        question = Question(unseen.instance, asked.user, asked.channel, asked.answers, command.verb, rest)
        hint = Hint(unseen.cluster, Why.REQUEST, questions=(question,))
        if self.queues.ask_looks(self.looks_url, [hint], asked.id):
            raise Declined(answers.refused("Nobody could be sent to look. Please try again."), "not asked")

    def troubled(self, bulletins: Iterable[Bulletin]) -> list[Incident]:
        """Read what is in trouble, as people see it: acknowledged, too, where its bulletin's row says so for all."""
        facts = {(each.cluster, each.episode.episode): each.episode.acknowledged for each in bulletins}
        return [
            each
            for incident in self.store.everything_open()
            for each in covered([incident], facts.get((incident.cluster, incident.episode)))
        ]

    def _looked_up(self, look_up: Callable[[str, KnownNames], Meant], words: str, mutes: Iterable[Mute] = ()) -> Meant:
        """Look words up. What is over may be much, so it is read only where nothing else is called so."""
        muted = [mute.scope for mute in mutes]
        found = look_up(words, self._known(muted))
        sure = isinstance(found, Found) or (isinstance(found, Candidates) and found.exact)
        return found if sure else look_up(words, self._known(muted, over=True))

    def _known(self, muted: Sequence[Scope] = (), *, over: bool = False) -> KnownNames:
        incidents = [*self.store.everything_open(), *(self.store.lately_over() if over else ())]
        clusters = {bulletin.cluster for bulletin in self.store.open_bulletins()} | {i.cluster for i in incidents}
        directory = list(self.rules.accounts.everyone().values())
        clusters |= set(self._seen_by_the_sweep({account.id for account in directory}))
        clusters |= {cluster for scope in muted if (cluster := scope.one_cluster)}
        aliases, regions = dict(self.rules.policy.aliases), tuple(self.regions)
        return KnownNames(directory, aliases, sorted(clusters), incidents, regions, muted)

    def _seen_by_the_sweep(self, accounts: Collection[str]) -> Iterator[Cluster]:
        """Name the clusters that the sweep has listed last, of accounts that are still there."""
        now = self.clock()
        for row in self.store.cluster_names():
            if row.expires > now and (not accounts or row.place[0] in accounts):
                yield from (Cluster(*row.place, name) for name in row.names)

    # Who may, and who they are

    def allow(
        self, asked: CommandMessage, at: datetime, verb: str, scopes: Sequence[Scope], words: str
    ) -> None:  # who, when, what, where
        """Raise Declined, and log it, unless the person may do that in all of these places, which they called so.

        `at` is when it was first tried: a refusal that comes twice is logged once.
        """
        self.allow_in(asked, at, verb, [self.facts(scope) for scope in scopes], words)

    def allow_in(  # who, when, what, where as the policy is asked
        self, asked: CommandMessage, at: datetime, verb: str, places: Sequence[Facts], words: str
    ) -> None:
        """Raise Declined, and log it, unless the person may do that in all of these places."""
        refusal = self.rights.refusal(verb, asked.user, places)
        if refusal or asked.refused:
            self.refuse(asked, at, verb, words, refusal or Refusal(asked.refused))

    def refuse(self, asked: CommandMessage, at: datetime, verb: str, words: str, refusal: Refusal) -> None:  # the same
        """Raise Declined for somebody who may not, and log it."""
        entry = self.entry(asked, at, f"{REFUSED}{verb}", words, refusal.sentence, "")
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
