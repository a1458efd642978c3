"""Commands that change nothing: how things stand, what happened, why, and somebody's Home tab."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chatops.commands import answers, incident_answers, mute_answers
from chatops.commands.answer_parts import Answer, account_words
from chatops.commands.context import CommandContext, Declined
from chatops.commands.help_pages import help_text
from chatops.commands.home import Tab
from chatops.commands.message import CommandMessage
from chatops.commands.name_lookup import Nothing
from chatops.commands.parse import Command
from chatops.commands.reasons import looked, reasons
from hub.incidents.audit import Entry
from hub.incidents.bulletin import as_acknowledged
from hub.incidents.incident import Incident, Pending
from hub.incidents.incident_ids import INCIDENT_ID
from hub.incidents.mute import over
from hub.policy.policy import Approval
from hub.scopes.coverage import Coverage, Visit, coverage
from hub.scopes.scope import Scope
from hub.slack.client import SlackError
from hub.slack.mrkdwn import code, date
from hub.times import BadSpan, read_span
from spoke.places import Cluster

log = logging.getLogger(__name__)

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reads:
    """What these commands work with. `regions` are the members'."""

    known: CommandContext
    regions: Sequence[str]

    def tell(self, asked: CommandMessage, command: Command, at: datetime) -> Answer:  # noqa: PLR0911  # one return for each command
        """Answer a command that only asks, first tried `at` that time. Raises Declined."""
        now = self.known.clock()
        match command.verb:
            case "mutes":
                return self.mutes(now)
            case "status":
                return incident_answers.status(self._standing(now))
            case "incidents":
                return self._incidents(asked, command, now)
            case "show":
                return self._shown(asked, command, now)
            case "why":
                return self._why(asked, command, now)
            case "coverage":
                return self._covered()
            case "audit":
                return self._audited(asked, command, at, now)
        return answers.helped(self.known.command, help_text(command.argument))

    def mutes(self, now: datetime) -> Answer:
        """Show what is muted."""
        return mute_answers.all_mutes(self.known.in_force(now), now, self.known.names(), self.known.windows(now))

    def tab(self, user: str, now: datetime) -> Tab:
        """Gather what a person's Home tab shows."""
        store = self.known.store
        bulletins = store.open_bulletins()
        incidents = self.known.troubled(bulletins)
        mutes = [mute for mute in store.mutes() if not over(mute, now)]
        waiting = self._waiting_for(user, incidents)
        names, windows = self.known.names(), self.known.windows(now)
        granted = bool(self.known.rules.policy.rights)
        messages = self.known.messages(incidents, bulletins)
        return Tab(user, incidents, mutes, waiting, self._coverage(), names, windows, granted, messages)

    def _incidents(self, asked: CommandMessage, command: Command, now: datetime) -> Answer:
        bulletins = self.known.store.open_bulletins()
        everything = self.known.troubled(bulletins)
        scope = Scope()
        if command.target:
            scope = self.known.one_scope(asked, command, self.known.guess(command, command.target))
            everything = [i for i in everything if self.known.covers(scope, i)]
        silent = self.known.silent(everything, now, self.known.in_force(now))
        messages = self.known.messages(everything, bulletins)
        where = "" if scope == Scope() else code(scope.label)
        return incident_answers.open_incidents(
            self.known.command, everything, self.known.names(), silent, messages, where
        )

    def _shown(self, asked: CommandMessage, command: Command, now: datetime) -> Answer:
        cluster, instance = self._place(asked, command)
        known = self.known.store.known(cluster)
        mute = self.known.mute_of(cluster, known.bulletin, instance, now, self.known.in_force(now))
        incident = known.incidents.get(instance)
        if incident is None:
            lines = [looked(self._seen(cluster), now)]
            everything = [as_acknowledged(each, known.bulletin) for each in known.incidents.values()]
            return incident_answers.shown_cluster(cluster, everything, lines, self.known.names(), mute)
        incident = as_acknowledged(incident, known.bulletin)
        entries = [e for _, e in self.known.store.entries(cluster, "") if e.incident in {"", incident.id}]
        message = self.known.messages([incident], [known.bulletin] if known.bulletin else []).get(incident.id, "")
        return incident_answers.shown(incident, entries, self.known.names(), mute, message)

    def _why(self, asked: CommandMessage, command: Command, now: datetime) -> Answer:
        cluster, instance = self._place(asked, command)
        known = self.known.store.known(cluster)
        mute = self.known.mute_of(cluster, known.bulletin, instance, now, self.known.in_force(now))
        groups = self._groups(asked.user)
        user = asked.user if groups is not None else ""
        rules, muted, place = self.known.rules, mute is not None, self._seen(cluster)
        found = known.incidents.get(instance)
        incident = as_acknowledged(found, known.bulletin) if found else None
        lines = reasons(cluster, known, incident, place, rules, now, user, groups or (), muted=muted)
        title = f"Why: {code(cluster.name)} in {cluster.region}, account {code(cluster.account)}"
        return answers.explained(title, lines, mute)

    def _place(self, asked: CommandMessage, command: Command) -> tuple[Cluster, str]:
        """Find the cluster that `why` or `show` is about, and the container instance, "" if it is about none.

        Raises Declined, also for what only a look can tell, and for what has never been seen.
        """
        meant = self.known.find_one(command, command.argument)
        if isinstance(meant, Nothing):
            raise self._never_seen(command, meant)
        scope = self.known.one_scope(asked, command, meant)
        if scope.one_cluster is None:
            how = code(f"{self.known.command} incidents {scope.account or 'eu-west-1'}")
            said = f"Name a cluster, an instance or an incident. What is in trouble in many: {how}"
            raise Declined(answers.refused(said), "too wide")
        return scope.one_cluster, scope.instance

    def _never_seen(self, command: Command, nothing: Nothing) -> Declined:
        """Say what is known of the place of a cluster that is not, or that there is no such incident."""
        if INCIDENT_ID.fullmatch(command.argument.lower().strip(" .,;:!?`*_~")):
            return Declined(answers.no_incident(self.known.command, command.argument), "unknown")
        cluster = nothing.strange.one_cluster if nothing.strange else None
        if cluster is None:
            return self.known.unknown(command, nothing)
        place = looked(self._seen(cluster), self.known.clock())
        account = account_words(cluster.account, self.known.names())
        return Declined(answers.never_seen(cluster, account, place, command, nothing), "unknown")

    def _seen(self, cluster: Cluster) -> Visit | None:
        return self.known.store.places_seen().get((cluster.account, cluster.region))

    def _covered(self) -> Answer:
        found = self._coverage()
        return answers.covered(found.line, [("/".join(place), problem) for place, problem in found.blind])

    def _audited(self, asked: CommandMessage, command: Command, at: datetime, now: datetime) -> Answer:
        since = now - _DAY
        if command.span:
            person = self.known.person(asked.user)
            try:
                since = now - (read_span(command.span, now, person.zone, person.offset) - now)
            except BadSpan as error:
                raise Declined(answers.refused(str(error)), "no such time") from error
        meant = self.known.guess(command, command.target) if command.target else Scope()
        scope = meant if isinstance(meant, Scope) else Scope.of(meant.cluster)
        self.known.allow(asked, at, command.right, [scope], command.target or "everything")
        done = self.known.store.done_by_people(since, now + _DAY)
        entries = [entry for entry in done if self._is_about(entry, scope)]
        where = "" if scope == Scope() else f" in {code(scope.label)}"
        return incident_answers.audited(f"What people did since {date(since)}{where}", entries)

    def _is_about(self, entry: Entry, scope: Scope) -> bool:
        """Return whether somebody who asks about this place means this entry."""
        directory = self.known.rules.accounts.everyone()
        if entry.cluster:
            own = Scope.of(Cluster.from_key(entry.cluster))
        else:
            try:
                own = Scope.parse(entry.where)
            except ValueError:
                return scope == Scope()
        return scope.meets(own, directory)

    def _standing(self, now: datetime) -> incident_answers.Standing:
        store = self.known.store
        incidents, mutes = self.known.troubled(store.open_bulletins()), self.known.in_force(now)
        switch = store.switch()
        return incident_answers.Standing(
            counts=Counter(incident.state for incident in incidents),
            muted=len(self.known.silent(incidents, now, mutes)),
            mutes=len(mutes) + len(self.known.windows(now)),
            storms=sorted({storm.region for storm in store.open_storms()}),
            stopped_by=switch.stopped_by,
            stopped_at=switch.at,
            stopped_reason=switch.reason,
            granted=bool(self.known.rules.policy.rights),
        )

    def _coverage(self) -> Coverage:
        accounts = self.known.rules.accounts.everyone()
        return coverage(accounts, self.regions, self.known.store.places_seen(), self.known.clock())

    def _groups(self, user: str) -> frozenset[str] | None:
        """Return in which of the groups that have rights a person is, None if Slack does not tell."""
        named = frozenset(who for right in self.known.rules.policy.rights for who in right.who if who.startswith("S"))
        try:
            return self.known.people.groups(user, named)
        except SlackError as error:
            log.info("groups.unsure", extra={"error": str(error)})
            return None

    def _waiting_for(self, user: str, incidents: Iterable[Incident]) -> list[Incident]:
        """Find the repairs that a person may approve."""
        return [i for i in incidents if i.pending and i.pending.by != user and self._may_approve(user, i, i.pending)]

    def _may_approve(self, user: str, incident: Incident, pending: Pending) -> bool:
        facts = self.known.facts(Scope.of(incident.cluster))
        return not self.known.rights.refusal_to_approve(Approval(approvers=pending.approvers), user, facts)
