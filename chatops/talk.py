"""Talk: what people say is done or answered, once. Fails closed.

The answer goes to the person alone, or to the channel if it changes something for all.

    claim ─▶ read the line ─▶ find what it names ─▶ may they? ─▶ write, log ─▶ ask for looks ─▶ answer
                 │ nothing, or several things     │ no, logged
                 ▼                                ▼
               told, with buttons               told who may
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chatops import answers
from chatops.answers import Answer
from chatops.asks import HOME, Ask
from chatops.commands import Command, Mistake, parse
from chatops.finding import Candidates, Found, Known, Nothing, find
from chatops.home import Tab, draw
from chatops.manual import help_text
from chatops.people import People
from chatops.reasons import reasons
from chatops.rights import Rights
from hub.audit import Entry
from hub.coverage import Coverage, coverage
from hub.hints import REQUEST, Hint, MuteHint
from hub.incident import INCIDENT_ID, Incident
from hub.mrkdwn import code, date, mention
from hub.mutes import Mute, in_force, over, overlapping
from hub.policy import EVERYWHERE, Facts
from hub.queues import Queues
from hub.rules import Rules
from hub.scope import Scope
from hub.slack import Slack, SlackError
from hub.store import Store
from hub.switch import Switch
from hub.times import BadSpan, read_span
from spoke.places import Cluster

log = logging.getLogger(__name__)

_DAY = timedelta(days=1)
_LOOKED_BACK = timedelta(days=3)
_MOST_LOOKS = 500
_AUDITED = 200


class NotDone(Exception):
    """What is refused or cannot be done; `answer` tells the person why."""

    def __init__(self, answer: Answer, outcome: str) -> None:
        super().__init__(outcome)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Talk:
    """Everything that answering works with. `command` is what the slash command is called, `regions` the members'."""

    store: Store
    rules: Rules
    rights: Rights
    people: People
    slack: Callable[[], Slack]
    queues: Queues
    looks_url: str
    regions: Sequence[str]
    command: str
    clock: Callable[[], datetime]
    count: Callable[[str, int], None]

    def hear(self, asked: Ask) -> None:
        """Do what somebody says, once. What it raises is worth another try."""
        claim = self.store.claim(asked.id, self.clock())
        if claim.outcome:
            return
        if asked.line == HOME:
            self.show_home(asked.user)
            self.store.finish(claim, "shown")
            return
        outcome, aloud = "answered", False
        try:
            answer, aloud = self._do(asked, claim.at)
        except NotDone as refused:
            answer, outcome = refused.answer, str(refused)
        self._say(asked, answer, aloud=aloud)
        if not asked.channel:
            self.show_home(asked.user)
        self.store.finish(claim, outcome)
        self.count("commands", 1)
        log.info("ask.done", extra={"ask": asked.id, "user": asked.user, "outcome": outcome})

    def show_home(self, user: str) -> None:
        """Draw a person's Home tab."""
        now = self.clock()
        incidents = list(self.store.everything_open())
        mutes = [mute for mute in self.store.mutes() if not over(mute, now)]
        tab = Tab(user, incidents, mutes, self._waiting_for(user, incidents), self._coverage(), self._names())
        self.slack().publish(user, draw(tab, self.command, now))

    def _do(self, asked: Ask, at: datetime) -> tuple[Answer, bool]:
        """Return the answer, and whether everybody should see it."""
        command = parse(asked.line)
        if isinstance(command, Mistake):
            return answers.mistaken(self.command, command), False
        if command.missing:
            if command.target:
                self._allow(asked, command.verb, self._find(command, command.target).scopes, command.target)
            raise NotDone(answers.helped(self.command, help_text(command.verb)), "incomplete")
        match command.verb:
            case "mute":
                return self._mute(asked, command, at), True
            case "unmute":
                return self._unmute(asked, command, at), True
            case "stop" | "start":
                return self._turn(asked, command, at), True
        return self._told(asked, command), False

    def _told(self, asked: Ask, command: Command) -> Answer:
        """Answer what only asks."""
        now = self.clock()
        tell: dict[str, Callable[[], Answer]] = {
            "mutes": lambda: answers.all_mutes(self._in_force(now), now, self._names()),
            "status": lambda: answers.status(self._standing(now)),
            "incidents": lambda: self._incidents(command, now),
            "show": lambda: self._shown(command, now),
            "why": lambda: self._why(asked, command, now),
            "coverage": self._covered,
            "audit": lambda: self._audited(asked, command, now),
            "help": lambda: answers.helped(self.command, help_text(command.argument)),
        }
        return tell[command.verb]()

    # What changes something

    def _mute(self, asked: Ask, command: Command, at: datetime) -> Answer:
        found = self._find(command, command.target)
        self._allow(asked, "mute", found.scopes, command.target)
        try:
            until = read_span(command.span, at, self._zone(asked.user))
        except BadSpan as error:
            raise NotDone(answers.refused(str(error)), "no such time") from error
        mutes = self.store.mutes()
        wanted = [
            Mute(scope, until, asked.user, command.reason, since=at, channel=asked.channel) for scope in found.scopes
        ]
        done = [self._keep(mute, mutes) for mute in wanted]
        for mute in done:
            self._log(asked, at, "muted", mute.scope, f"until {until:%Y-%m-%d %H:%M} UTC", command.reason)
        self._look_at(found.scopes, asked.id)
        directory = self.rules.accounts.everyone()
        others = {m.id: m for mute in done for m in overlapping(mutes, mute.scope, at, directory)}
        return answers.muted(done, list(others.values()), at, self._names())

    def _unmute(self, asked: Ask, command: Command, at: datetime) -> Answer:
        mutes = [mute for mute in self.store.mutes() if not over(mute, at) or mute.ended_at == at]
        found = self._find(command, command.target, mutes)
        ended = [mute for mute in mutes if mute.scope in found.scopes]
        if not ended:
            hint = f"What is muted: {code(f'{self.command} mutes')}"
            raise NotDone(answers.refused(f"{code(command.target)} itself is not muted. {hint}"), "not muted")
        self._allow(asked, "mute", [mute.scope for mute in ended], command.target)
        for mute in ended:
            if mute.ended_at is None:
                self.store.keep_mute(replace(mute, ended_at=at))
            self._log(asked, at, "unmuted", mute.scope, "", "")
        self._look_at([mute.scope for mute in ended], asked.id)
        hints = [MuteHint(str(mute.scope)) for mute in ended]
        self.queues.ask_looks(self.looks_url, hints, asked.id)
        what = code(ended[0].scope.label) if len(ended) == 1 else f"{len(ended):,} places"
        return answers.done(f"{mention(asked.user)} has unmuted {what}. What is still broken there is said now.")

    def _turn(self, asked: Ask, command: Command, at: datetime) -> Answer:
        self._allow(asked, "stop", [Scope()], "all repairs")
        stop = command.verb == "stop"
        before = self.store.switch()
        if before.stopped == stop and before.at != at:
            who = f" by {mention(before.stopped_by)} {date(before.at)}" if before.stopped and before.at else ""
            raise NotDone(
                answers.refused(f"Repairs are {f'stopped already{who}' if stop else 'not stopped'}."), "no change"
            )
        switch = Switch(asked.user if stop else "", at, command.reason, before.version)
        if before.at != at:
            self.store.turn(switch)
        self._log(asked, at, "stopped all repairs" if stop else "started repairs again", Scope(), "", command.reason)
        if stop:
            return answers.done(
                f"{mention(asked.user)} has stopped all repairs, everywhere. Alerts go on.", command.reason
            )
        return answers.done(f"{mention(asked.user)} has started repairs again.", command.reason)

    def _keep(self, mute: Mute, mutes: Sequence[Mute]) -> Mute:
        before = next((each for each in mutes if each.scope == mute.scope), None)
        if before and (before.since, before.by) == (mute.since, mute.by):
            return before  # this very ask has written it, before a crash
        return self.store.keep_mute(replace(mute, version=before.version if before else 0))

    # What only tells

    def _incidents(self, command: Command, now: datetime) -> Answer:
        incidents = list(self.store.everything_open())
        if command.target:
            found = self._find(command, command.target)
            incidents = [i for i in incidents if any(self._covers(scope, i) for scope in found.scopes)]
        return answers.open_incidents(self.command, incidents, self._names(), self._silent(incidents, now))

    def _shown(self, command: Command, now: datetime) -> Answer:
        incident = self._incident(command, now)
        entries = [entry for _, entry in self.store.entries(incident.cluster, "")]
        mine = [entry for entry in entries if entry.incident in {"", incident.id}]
        return answers.shown(incident, mine, self._names(), self._mute_of(incident, now))

    def _why(self, asked: Ask, command: Command, now: datetime) -> Answer:
        """Tell of an incident, an instance in trouble or a cluster why it is spoken of, or not."""
        cluster, incident = self._place(command, now)
        known_of = self.store.known(cluster)
        mute = in_force(self._in_force(now), cluster, self.rules.accounts.of(cluster.account), now)
        place = self.store.places_seen().get((cluster.account, cluster.region))
        groups = self._groups(asked.user)
        user = asked.user if groups is not None else ""
        lines = reasons(cluster, known_of, incident, mute, place, self.rules, now, user, groups or ())
        return answers.explained(
            f"Why: {code(cluster.name)} in {cluster.region}, account {code(cluster.account)}", lines
        )

    def _place(self, command: Command, now: datetime) -> tuple[Cluster, Incident | None]:
        """Find the cluster that `why` is about, and the incident if it is about one."""
        if INCIDENT_ID.fullmatch(command.argument):
            incident = self._incident(command, now)
            return incident.cluster, incident
        scope = self._find(command, command.argument).scopes[0]
        if not scope.cluster:
            raise NotDone(answers.refused("Name a cluster, an instance or an incident."), "too wide")
        cluster = Cluster(scope.account, scope.region, scope.cluster)
        return cluster, self.store.incident(cluster, scope.instance) if scope.instance else None

    def _covered(self) -> Answer:
        found = self._coverage()
        return answers.covered(found.line, [("/".join(place), problem) for place, problem in found.blind])

    def _audited(self, asked: Ask, command: Command, now: datetime) -> Answer:
        since = now - _DAY
        if command.span:
            try:
                since = now - (read_span(command.span, now, self._zone(asked.user)) - now)
            except BadSpan as error:
                raise NotDone(answers.refused(str(error)), "no such time") from error
        scopes = self._find(command, command.target).scopes if command.target else (Scope(),)
        self._allow(asked, "audit", scopes, command.target or "everything")
        entries = [entry for entry in self.store.deeds(since, now + _DAY) if _is_about(entry, scopes)]
        return answers.audited(f"What people did since {date(since)}", entries[-_AUDITED:])

    def _standing(self, now: datetime) -> answers.Standing:
        incidents = list(self.store.everything_open())
        switch = self.store.switch()
        return answers.Standing(
            counts=Counter(incident.state for incident in incidents),
            muted=len(self._silent(incidents, now)),
            mutes=len(self._in_force(now)),
            storms=sorted({storm.region for storm in self.store.open_storms()}),
            stopped_by=switch.stopped_by,
            stopped_at=switch.at,
            stopped_reason=switch.reason,
        )

    def _coverage(self) -> Coverage:
        accounts = self.rules.accounts.everyone()
        return coverage(accounts, self.regions, self.store.places_seen(), self.clock())

    # What all of them need

    def _find(self, command: Command, words: str, mutes: Iterable[Mute] = ()) -> Found:
        """Find what words mean. Raises NotDone with what they may mean."""
        bulletins = self.store.open_bulletins()
        troubled = list(self.store.everything_open())
        clusters = {b.cluster for b in bulletins} | {i.cluster for i in troubled}
        clusters |= {Cluster(m.scope.account, m.scope.region, m.scope.cluster) for m in mutes if m.scope.cluster}
        directory = list(self.rules.accounts.everyone().values())
        known = Known(directory, dict(self.rules.policy.aliases), sorted(clusters), troubled)
        match find(words, known):
            case Found() as found:
                return found
            case Candidates() as candidates:
                raise NotDone(answers.ambiguous(command, candidates), "ambiguous")
            case Nothing() as nothing:
                raise NotDone(answers.unknown(self.command, words, nothing), "unknown")

    def _incident(self, command: Command, now: datetime) -> Incident:
        """Find an incident by its id, one that is over too if somebody did something about it lately."""
        wanted = command.argument
        for incident in self.store.everything_open():
            if wanted in {incident.id, incident.instance, incident.sighting.host}:
                return incident
        clusters = {e.cluster for e in self.store.deeds(now - _LOOKED_BACK, now) if e.incident == wanted and e.cluster}
        for cluster in clusters:
            for incident in self.store.known(Cluster.from_key(cluster)).incidents.values():
                if incident.id == wanted:
                    return incident
        raise NotDone(answers.unknown(self.command, wanted, Nothing()), "unknown")

    def _allow(self, asked: Ask, verb: str, scopes: Sequence[Scope], words: str) -> None:
        """Raise NotDone, and log it, unless the person may."""
        refusal = self.rights.refusal(verb, asked.user, [self._facts(scope) for scope in scopes])
        if refusal:
            entry = self._entry(asked, self.clock(), f"refused: {verb}", words, refusal.sentence, "")
            self.store.log(None, replace(entry, quiet=True))
            self.count("refusals", 1)
            raise NotDone(answers.refused(refusal.sentence, may=refusal.who_may), "refused")

    def _facts(self, scope: Scope) -> Facts:
        if scope.cluster:
            return self.rules.facts(Cluster(scope.account, scope.region, scope.cluster))
        if scope.account:
            return Facts(None, self.rules.accounts.of(scope.account), region=scope.region)
        return replace(EVERYWHERE, region=scope.region)

    def _waiting_for(self, user: str, incidents: Iterable[Incident]) -> list[Incident]:
        """Find the repairs that a person may approve."""
        waiting = [i for i in incidents if i.pending and i.pending.by != user]
        named = frozenset(who for i in waiting if i.pending for who in i.pending.approvers)
        try:
            mine = {user, *self.people.groups(user, frozenset(who for who in named if who.startswith("S")))}
        except SlackError as error:
            log.info("groups.unsure", extra={"error": str(error)})
            mine = {user}
        return [i for i in waiting if i.pending and (not i.pending.approvers or mine & set(i.pending.approvers))]

    def _groups(self, user: str) -> frozenset[str] | None:
        """Tell in which of the groups that have rights a person is, None if Slack does not tell."""
        named = frozenset(who for right in self.rules.policy.rights for who in right.who if who.startswith("S"))
        try:
            return self.people.groups(user, named)
        except SlackError as error:
            log.info("groups.unsure", extra={"error": str(error)})
            return None

    def _silent(self, incidents: Iterable[Incident], now: datetime) -> set[str]:
        return {incident.id for incident in incidents if self._mute_of(incident, now)}

    def _mute_of(self, incident: Incident, now: datetime) -> Mute | None:
        account = self.rules.accounts.of(incident.cluster.account)
        window = self.rules.window(incident.cluster, account, now)
        everything = [*self._in_force(now), *([window] if window else [])]
        return in_force(everything, incident.cluster, account, now, incident.instance)

    def _in_force(self, now: datetime) -> list[Mute]:
        return [mute for mute in self.store.mutes() if mute.on(now)]

    def _covers(self, scope: Scope, incident: Incident) -> bool:
        account = self.rules.accounts.of(incident.cluster.account)
        return scope.covers(incident.cluster, account, incident.instance)

    def _look_at(self, scopes: Sequence[Scope], token: str) -> None:
        """Have what stands in Slack about these places brought in line; the sweep sees to what is left out."""
        clusters = {i.cluster for i in self.store.everything_open() if any(self._covers(scope, i) for scope in scopes)}
        hints = [Hint(cluster, REQUEST) for cluster in sorted(clusters)[:_MOST_LOOKS]]
        if self.queues.ask_looks(self.looks_url, hints, token):
            log.warning("look.not_asked", extra={"ask": token})

    def _log(  # noqa: PLR0913  # an entry's parts
        self, asked: Ask, at: datetime, what: str, scope: Scope, result: str, reason: str
    ) -> None:
        cluster = Cluster(scope.account, scope.region, scope.cluster) if scope.cluster else None
        self.store.log(cluster, replace(self._entry(asked, at, what, str(scope), result, reason), quiet=True))

    def _entry(self, asked: Ask, at: datetime, what: str, where: str, result: str, reason: str) -> Entry:  # noqa: PLR0913  # an entry's parts
        return Entry(at, asked.user, what, where, result, request=asked.id, reason=reason)

    def _names(self) -> dict[str, str]:
        return {account.id: account.name for account in self.rules.accounts.everyone().values()}

    def _zone(self, user: str) -> str:
        try:
            return self.people.person(user).zone
        except SlackError as error:
            raise NotDone(answers.refused("Slack did not tell your time zone. Please try again."), "no zone") from error

    def _say(self, asked: Ask, answer: Answer, *, aloud: bool) -> None:
        """Answer where somebody asked: by the response URL, or else in the channel, or else in no place but Home."""
        text, blocks = answer
        try:
            if asked.answers:
                self.slack().respond(asked.answers, text, blocks, aloud=aloud)
            elif asked.channel and aloud:
                self.slack().post(asked.channel, text, blocks)
            elif asked.channel:
                self.slack().whisper(asked.channel, asked.user, text, blocks)
        except SlackError as error:
            # It is done, and said in the audit log: once more would not be better.
            log.warning("answer.unsaid", extra={"ask": asked.id, "error": str(error)})


def _is_about(entry: Entry, scopes: Sequence[Scope]) -> bool:
    if any(scope == Scope() for scope in scopes):
        return True
    account = entry.cluster.split("/")[0] if entry.cluster else ""
    return any(scope.account and (scope.account == account or scope.account in entry.where) for scope in scopes)
