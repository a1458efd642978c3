"""What always holds, checked while things happen, and what holds in the end. The rules are the design's, section 6."""

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from coastguard.local.slack.messages import Message
from hub.chain import MOST_HOPS
from hub.incidents.audit import Entry
from hub.incidents.bulletin import Bulletin
from hub.incidents.condition import Condition
from hub.incidents.content import compose
from hub.incidents.delivery import SLACK, Delivery
from hub.incidents.episode import Episode
from hub.incidents.hints import StormHint
from hub.incidents.incident import FLAP_WINDOW, FLAPS, Incident, Repair, State
from hub.incidents.mute import Mute, in_force, over
from hub.incidents.storm import Storm, count, lock
from hub.looks.cluster_tags import TAGS_KEPT
from hub.notify.muting import MUTES_KEPT as KEPT_MUTES
from hub.policy.repair_stop import RepairStop
from hub.queues import group_id
from hub.scopes.account import Account
from hub.slack.bulletin_message import render
from hub.slack.storm_message import render_storm
from hub.table.bulletins import DELIVERY, EPISODE, read_bulletin
from hub.table.incident_rows import Page, read_page
from hub.table.mutes import read_mute
from hub.table.requests import Claim
from hub.table.rows import cluster_pk, codec
from spoke.places import Cluster
from tests.hub.factories import GRACE
from tests.simulation.fleet import QUIET
from tests.simulation.policies import REMINDERS, REMINDS
from tests.simulation.slack_line import once_shared
from tests.simulation.tables import Change, Key
from tests.simulation.world import PATIENT, PATIENT_GRACE, World
from tests.wire.expressions import Row
from tests.wire.members import Place

_T = TypeVar("_T")
# EventBridge's times are whole seconds, a call takes its time, and clocks differ.
_ROUNDING = timedelta(seconds=5)
_WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:TransactWriteItems", "dynamodb:DeleteItem"}
_KINDS: dict[str, type] = {"instance": Incident, "log": Entry, "request": Claim}
_LAST_WORD_COUNTS = {"absent", "account", "mutes", "names", "seen"}
# How soon an alert is posted, and an end is said, once Slack, the hub and the member are well.
_POSTED, _CLOSED = timedelta(minutes=2), timedelta(minutes=5)
# What two functions' clocks may differ by.
_SKEW = timedelta(seconds=2)
# A function has read the policy within a minute, and then works for its time.
_OLDEST_POLICY = timedelta(minutes=2, seconds=10)
# That a cluster is no longer opted in is known so late.
_OLDEST_TAGS = TAGS_KEPT + timedelta(minutes=2)
# A function's whole time. A look may have read the mutes some seconds before it began.
_A_RUN = timedelta(seconds=65)
_UNAWARE = KEPT_MUTES + _A_RUN


class Broken(AssertionError):
    """A promise that was not kept."""


class Watcher:
    """Looks at every row that is written, by whom, and at all there is after every step."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.incidents: dict[tuple[str, str], Incident] = {}
        self.bulletins: dict[Cluster, Bulletin] = {}
        self.deliveries: dict[str, Delivery] = {}
        self.storms: dict[tuple[str, str], Storm] = {}
        self.claims: dict[str, Claim] = {}
        self.entries: dict[tuple[str, str], Entry] = {}
        self.known: dict[str, Incident] = {}
        self.mutes: dict[str, Mute] = {}
        self.switch = RepairStop()
        self.begun: dict[str, datetime] = {}
        self.terminated: list[datetime] = []
        self._muted_at: dict[str, datetime] = {}
        self._shown_before: set[str] = set()
        self.broken: list[str] = []
        self.most: Counter[str] = Counter()
        self._held_at: dict[str, datetime] = {}
        world.fate.done = self._done

    # While things happen

    def _done(self, effect: str) -> None:
        if effect in _WRITES:
            for change in self.world.ledger.changes():
                self._see(change)
        if effect == "slack:chat.postMessage":
            self._see_posts()

    def _see_posts(self) -> None:
        """What has been muted for long is not begun to be said."""
        now = self.world.clock()
        for name, message in self.messages():
            if message.ts in self._shown_before:
                continue
            self._shown_before.add(message.ts)
            key = name.partition("#")[0]
            if key.count("/") != 2 or _state(message) == "resolved":
                continue  # a storm's own message, or an end, which no mute swallows
            cluster = Cluster.from_key(key)
            # Not since it was asked for: the table may have been out of reach.
            long = [mute for key, mute in self.mutes.items() if now - self._muted_at[key] > _UNAWARE]
            mute = in_force(long, cluster, Account(cluster.account), now + _SKEW)
            if mute and (self.world.fate.function == "look"):
                self.broken.append(f"{self.world.label(cluster)} was posted, though {mute.scope} is muted")

    def muted(self) -> list[Mute]:
        """The mutes that are in force."""
        now = self.world.clock()
        return [mute for mute in self.mutes.values() if mute.on(now)]

    def _see(self, change: Change) -> None:  # noqa: C901, PLR0912  # a case for each kind of row
        kind = "storm" if change.key[0].startswith("storm#") else change.key[1].split("#", 1)[0]
        kind = change.key[0] if change.key[0] in {"mute", "switch"} else kind
        if change.after is None:
            self._gone(change, kind)
            return
        if kind != "log" and "version" in change.after:
            before = int(change.before["version"]["N"]) if change.before else 0
            one_writer = {"absent", "account", "mutes", "names", "seen"}  # or the last one's word counts
            free = change.key[0].startswith("budget#") or change.key[0] in one_writer
            if int(change.after["version"]["N"]) != before + 1 and not free:
                self.broken.append(f"{change.key} was written over what somebody else had written")
        if kind == EPISODE:
            version = int(change.after["version"]["N"])
            told = read_bulletin(json.loads(change.after["data"]["S"]), version)
            before_it = self.bulletins.get(told.cluster)
            if before_it and before_it.episode.episode == told.episode.episode:
                self._see_what_is_said_again(before_it.episode, told.episode)
            self.bulletins[told.cluster] = told
        elif change.key[1] == f"{DELIVERY}{SLACK}":
            self.deliveries[change.key[0]] = self._read(change.after, Delivery)
        elif kind == "storm":
            storm = self._read(change.after, Storm)
            known = self.storms.get(change.key)
            if known and known.id == storm.id and not known.closed:
                self._see_growth(known.id, known, storm)
            self.storms[change.key] = storm
        elif kind == "switch":
            self.switch = self._read(change.after, RepairStop)
        elif kind == "mute":
            self._see_mute(change.key[1], read_mute(json.loads(change.after["data"]["S"]), 0))
        elif kind == "incidents":
            self._see_page(change)
        elif kind in _KINDS:
            value: object = self._read(change.after, _KINDS[kind])
            match value:
                case Incident():
                    self._see_incident(change.key, value)
                case Entry():
                    if change.before is not None and change.before["data"] != change.after["data"]:
                        self.broken.append(f"the log entry {change.key[1]} was changed")
                    self.entries[change.key] = value
                case Claim():
                    self.claims[value.request] = value

    def _see_what_is_said_again(self, before: Episode, after: Episode) -> None:
        """Growth is told once, and reminders keep their times."""
        self._see_growth(before.id, before, after)
        said, now = after.said_again_at, self.world.clock()
        if said is None or said == before.said_again_at:
            return
        heard = max(at for at in (before.opened_at, before.heard_at, said - timedelta(days=30)) if at)
        last = max(before.said_again_at or heard, heard)
        if said - last < REMINDS - _SKEW:
            self.broken.append(f"{before.id} is reminded of {said - last} after it was heard of")
        fact = before.acknowledged
        mine = [i for i in self.incidents.values() if i.cluster == before.cluster and i.state is State.OPEN]
        waits = [i for i in mine if not (fact and i.opened_at <= fact.at)]
        if not any(self._falls_due(max(i.opened_at, heard), last, now) for i in waits):
            self.broken.append(f"{before.id} is reminded of though nobody's time has come")

    @staticmethod
    def _falls_due(began: datetime, last: datetime, now: datetime) -> bool:
        """Whether one of the times falls between the last reminder and now: after half an hour, and ever later ones."""
        gap, at = REMINDS, began + REMINDS
        while at <= now + _SKEW:
            if at > last - _SKEW:
                return at - began <= timedelta(days=7)
            gap = min(2 * gap, timedelta(hours=24))
            at += gap
        return False

    def _see_growth(self, name: str, before: Episode | Storm, after: Episode | Storm) -> None:
        """What is told to have grown was acknowledged, is more than was told, and was not told a moment ago."""
        if after.grown is None or (after.grown_at, after.grown) == (before.grown_at, before.grown):
            return
        self.world.met["growth is told"] += 1
        known = before.acknowledged
        if isinstance(before, Episode):
            each = [i for i in self.known.values() if i.episode == before.episode and i.acknowledged_at]
            mine = [i for i in each if i.cluster == before.cluster]
        else:
            mine = []
        if known is None and not mine:
            self.broken.append(f"{name} is told to have grown, and nobody has acknowledged it")
        if before.grown_at and after.grown_at and after.grown_at - before.grown_at < timedelta(minutes=5) - _SKEW:
            self.broken.append(f"{name} is told to have grown twice within {after.grown_at - before.grown_at}")
        again = known is not None and before.grown_at is not None and known.at > before.grown_at
        again = again or any(
            before.grown_at and i.acknowledged_at and i.acknowledged_at > before.grown_at for i in mine
        )
        more = after.grown.instances > (before.grown.instances if before.grown else 0)
        new = set(after.grown.zones) - set(before.grown.zones if before.grown else ())
        if before.grown and not again and not (more or new):
            self.broken.append(f"{name} is told twice of the same growth: {before.grown}, {after.grown}")

    def _see_mute(self, name: str, mute: Mute) -> None:
        before = self.mutes.get(name)
        if before is None:
            self._muted_at[name] = self.world.clock()
        elif _wanted(before) != _wanted(mute):
            self.broken.append(f"{before.by}'s mute of {before.scope} became {mute.by}'s, until {mute.until}")
        elif mute.ended_at and not before.ended_at and not self._meant(mute, mute.ended_at):
            self.broken.append(f"{mute.by}'s mute of {mute.scope} was ended by {mute.ended_by}, who had not named it")
        self.mutes[name] = mute

    def _meant(self, mute: Mute, at: datetime) -> bool:
        """Whether who ended a mute has named it, or its place while nothing else there was muted by itself."""
        who = [said for said in self.world.said if (said.asked.user, said.command.verb) == (mute.ended_by, "unmute")]
        if any(said.command.target in {mute.key, mute.id} for said in who):
            return True
        beside = [each for each in self.mutes.values() if each.scope == mute.scope and each.key != mute.key]
        return bool(who) and not any(each.on(at) for each in beside)

    def _gone(self, change: Change, kind: str) -> None:
        """Only what has expired may vanish, and no incident of which its bulletin has still something to say."""
        expires = (change.before or {}).get("expires")
        if expires is None or float(expires["N"]) >= self.world.clock().timestamp():
            self.broken.append(f"the row {change.key} has vanished")
        if kind == "instance":
            self._forgotten(change.key)
        elif kind == "incidents":
            for instance in _page(change.key, change.before).incidents:
                self._forgotten(_row(change.key, instance))
        elif kind == "mute":
            self.mutes.pop(change.key[1])

    def _forgotten(self, key: Key) -> None:
        incident = self.incidents.pop(key)
        told = self.bulletins.get(incident.cluster)
        if told and not told.episode.closed and told.episode.episode == incident.episode:
            self.broken.append(f"{incident.id} is forgotten, though its bulletin is open")

    def _see_page(self, change: Change) -> None:
        """See each incident of a page that has changed, and that nothing has left it but what has expired."""
        before, after = (_page(change.key, row).incidents for row in (change.before, change.after))
        for instance, incident in after.items():
            earlier = before.get(instance)
            if earlier is None and _row(change.key, instance) in self.incidents:
                self.broken.append(f"{incident.id} is kept in a page, and in a row, too")
            if earlier != incident:
                if incident.version != (earlier.version if earlier else 0) + 1:
                    self.broken.append(f"{incident.id} was written over what somebody else had written")
                self._see_incident(_row(change.key, instance), incident)
        for instance in before.keys() - after.keys():
            expires = before[instance].expires
            if expires is None or expires > self.world.clock() + _SKEW:
                self.broken.append(f"{before[instance].id} has left its page")
            self._forgotten(_row(change.key, instance))

    def _see_incident(self, key: Key, incident: Incident) -> None:
        before = self.incidents.get(key)
        self.incidents[key] = incident
        self.known[incident.id] = incident
        truth = self.world.fleet.truths.get(incident.instance)
        home = Cluster(truth.machine.account, truth.machine.region, truth.machine.cluster) if truth else None
        if home != incident.cluster:
            self.broken.append(f"{incident.instance} of {home} has an incident in {incident.cluster}")
            return
        if incident.unresolved and (before is None or not before.unresolved):
            self._opened(incident)
        ended = incident.ending == Condition.TERMINATED and not incident.unresolved and before and before.unresolved
        if ended and truth and truth.machine.host.state not in {"shutting-down", "terminated", "gone"}:
            self.broken.append(f"{self._name(incident)} is said to be terminated, and is {truth.machine.host.state}")
        if incident.repair and incident.repair.request not in self.begun:
            self._begins(incident, incident.repair)
        if not incident.unresolved and before and before.unresolved and self.world.fate.function != "look":
            self.broken.append(f"{self.world.fate.function} has resolved {incident.id}: only a look may")

    def _begins(self, incident: Incident, repair: Repair) -> None:
        """A repair begins: by somebody who may, and no more often than the policy allows."""
        now = self.world.clock()
        self.begun[repair.request] = now
        policies = self.world.in_force(now - _OLDEST_POLICY, now)
        if not any(repair.by in policy.may for policy in policies):
            self.broken.append(f"{repair.by} has {self._name(incident)} repaired, and may not")
        if self.switch.stopped:
            self.broken.append(f"a repair of {self._name(incident)} begins after {self.switch.stopped_by} said stop")
        if repair.remedy != "terminate":
            return  # the policies limit terminations alone
        self.terminated.append(now)
        lately = sum(at > now - timedelta(hours=1) for at in self.terminated)
        caps = [policy.most for policy in self.world.in_force(now - timedelta(hours=1), now)]
        if None not in caps and lately > max(most for most in caps if most is not None):
            self.broken.append(f"{lately} terminations within an hour, the policy allows {caps}")

    def _opened(self, incident: Incident) -> None:
        """No false alarm: the agent is out, and has been for the grace; or nobody could look whether it is."""
        world, now = self.world, self.world.clock()
        truth = world.fleet.truths[incident.instance]
        machine, place = truth.machine, Place(incident.cluster.account, incident.cluster.region, incident.cluster.name)
        if incident.sighting.connected is None:
            # Another function in the midst of this one used up its time, as on Lambda none does.
            late = "no time left" in str(incident.sighting.unchecked) and world.fate.running[-1].overtaken
            if not (late or world.struck_lately(machine.account, _A_RUN)):
                self.broken.append(f"{self._name(incident)} was announced unchecked, but it could be read")
            return
        grace = PATIENT_GRACE if incident.cluster.name == PATIENT else GRACE
        since = truth.gone_since
        out = since is not None and now - since >= grace - _ROUNDING
        # What the hub calls flapping is in trouble, however long it has been gone this time. How long nobody can tell
        # where waits come up to a grace too late, and anew with each try of a look that Slack refuses.
        restless = len([drop for drop in truth.drops if now - drop < FLAP_WINDOW]) >= FLAPS
        if not (out or (restless and since)):
            gone = f"gone for {(now - since).total_seconds():.0f} s" if since else "there"
            self.broken.append(f"false alarm: the agent of {self._name(incident)} was {gone}")
        if not world.fleet.watched_lately(place, _OLDEST_TAGS):
            self.broken.append(f"false alarm: {self._name(incident)} is in a cluster that is not watched")
        unread = incident.sighting.unchecked and world.struck_lately(machine.account, _A_RUN)
        if machine.status != "ACTIVE" or (machine.host.state != "running" and not unread):
            self.broken.append(f"false alarm: {self._name(incident)} is {machine.status}, {machine.host.state}")

    def _name(self, incident: Incident) -> str:
        return f"{self.world.label(incident.cluster)} {incident.instance[-4:]}"

    def _read(self, row: Row, kind: type[_T]) -> _T:
        value: Any = codec().structure(json.loads(row["data"]["S"]), kind)
        version = int(row["version"]["N"])
        return replace(value, version=version) if hasattr(value, "version") else value  # type: ignore[no-any-return]

    # After every step

    def check(self) -> None:
        """Raise Broken if a promise was not kept so far."""
        world = self.world
        broken = self.broken + world.failures + [f"Slack refused {refused}" for refused in world.line.refused]
        broken += [*self._doubles(), *self._writes(), *self._commands(), *self._ends(), *self._left()]
        broken += [f"a chain has invoked {n} {many} times" for n, many in world.chains.items() if many > MOST_HOPS]
        if broken:
            raise Broken("\n".join(broken))

    def _doubles(self) -> Iterator[str]:
        """One episode, one message, except while a doubt is marked."""
        doubted = {record.id for record in self._records() if record.slack.doubt_since}
        for name, number in Counter(name for name, _ in self.messages()).items():
            if number > 1 and name not in doubted:
                yield f"{name} has {number} messages, and nobody doubts it"

    def _records(self) -> list[Bulletin | Storm]:
        return [*self.bulletins.values(), *self.storms.values()]

    def messages(self) -> list[tuple[str, Message]]:
        """Every message about a cluster or a storm that Slack shows, by what it is about.

        Without those that nobody can change any more: their channel is lost, or Slack takes no more edits of them.
        """
        line = self.world.line
        on_record = {(once_shared(record.slack.address), record.slack.handle) for record in self._records()}
        found = []
        for its_id, conversation in self.world.workspace._conversations.items():
            channel = once_shared(its_id)
            for message in conversation._messages.values():
                payload = (message.metadata or {}).get("event_payload", {})
                name = payload.get("bulletin") or payload.get("storm")
                left = channel in line.given_up and self._has_moved(name, channel)
                sealed = (channel, message.ts) in line.sealed.keys() - on_record
                if name and not message.deleted and not left and not sealed:
                    found.append((name, message))
        return found

    def _has_moved(self, name: str | None, channel: str) -> bool:
        """Whether what was said in a lost channel goes on, or has ended, in another one."""
        moved = any(b.id == name and channel in map(once_shared, b.slack.lost) for b in self.bulletins.values())
        return moved or name not in {record.id for record in self._records()}

    def said(self) -> list[tuple[str, str]]:
        """What the messages are about, and the state that they show."""
        return [(name, _state(message)) for name, message in self.messages()]

    def _writes(self) -> Iterator[str]:
        """Nothing is done without a click, of the host that was clicked on, once for each, and not after a refusal."""
        clicked: dict[tuple[str, str, str], list[str]] = {}
        for asked in self.world.asked:
            request = asked.request
            if request.wish == "terminate":
                key = (asked.host, request.incident, request.source_identity)
                clicked.setdefault(key, []).append(request.id)
        done = Counter((t.host, t.session, t.person) for t in self.world.fleet.terminations)
        for deed, number in done.items():
            if number > len(clicked.get(deed, ())):
                yield f"{deed} was terminated {number} times, asked for {len(clicked.get(deed, ()))} times"
            elif all(self._refused(request) for request in clicked[deed]):
                yield f"{deed} was terminated although it was refused"
            elif self._needs_approval(deed[0], clicked[deed]) and not self._is_approved(clicked[deed], deed[2]):
                yield f"{deed} was terminated though nobody else had approved it"

    def _commands(self) -> Iterator[str]:
        """A command is sent for a click, on the host that was clicked on, in that person's name, and never again."""
        clicks = {asked.request.id: asked for asked in self.world.asked if asked.request.wish == "restart-agent"}
        commands = self.world.fleet.systems_manager.commands
        for command in commands:
            asked = clicks.get(command.comment)
            if asked is None or asked.host != command.host or asked.request.source_identity != command.person:
                yield f"{command} was sent, and nobody has asked for it"
            elif self._refused(asked.request.id) or asked.request.id not in self.begun:
                yield f"{command} was sent, and was refused or never begun"
        for request, number in Counter(command.comment for command in commands).items():
            if number > 1:
                yield f"{number} commands were sent for {request}"

    def _ends(self) -> Iterator[str]:
        """No host is ended twice, nor one that is well."""
        for termination in self.world.fleet.terminations:
            if termination.well:
                yield f"{termination.host} was terminated, and is well under another registration"
        for host, number in Counter(t.host for t in self.world.fleet.terminations).items():
            if number > 1:
                yield f"{host} was terminated {number} times"

    def _left(self) -> Iterator[str]:
        """A refusal leaves nothing that somebody could approve later, and has begun nothing."""
        for incident in self.incidents.values():
            for left in (incident.pending, incident.repair):
                if left and self._refused(left.request):
                    yield f"{left.remedy} by {left.by} was refused, and stands in {incident.id}"

    def _needs_approval(self, host: str, requests: Sequence[str]) -> bool:
        """Whether every policy that may have been in force wanted somebody to agree when one of these was begun."""
        account = next(machine.account for machine in self.world.fleet.on_the_same(host))
        began = [self.begun[request] for request in requests if request in self.begun]
        policies = [policy for at in began for policy in self.world.in_force(at - _OLDEST_POLICY, at)]
        return all(account in policy.approved_in for policy in policies)

    def _is_approved(self, requests: list[str], person: str) -> bool:
        """Whether somebody else has approved one of a person's requests."""
        approvals = [a.request for a in self.world.asked if a.request.wish == "approve" and a.request.about in requests]
        return any(each.source_identity != person and not self._refused(each.id) for each in approvals)

    def _refused(self, request: str) -> bool:
        return request in self.claims and self.claims[request].outcome.startswith("refused")

    # In time

    def late(self, healed: timedelta) -> Iterator[str]:
        """What is not said though all has been well for so long: alerts within two minutes, ends within five.

        Nobody looks at what a function has died over until its time with the queue is over.
        """
        now = self.world.clock()
        self._held_at |= dict.fromkeys(self.world.looks.held(), now)

        def free(place: Cluster | StormHint, span: timedelta) -> bool:
            held_at = self._held_at.get(group_id(place))
            return healed >= span and (held_at is None or now - held_at > span + timedelta(minutes=1))

        for bulletin in self.bulletins.values():
            mine = [i for i in self.incidents.values() if i.cluster == bulletin.cluster and i.unresolved]
            waits = bulletin.episode.muted or (
                bulletin.episode.opened_at and now - bulletin.episode.opened_at < _POSTED
            )
            # What was left to a storm, the storm's group posts.
            storm = StormHint(bulletin.slack.address, bulletin.cluster.region)
            heard = free(bulletin.cluster, _POSTED) and (
                free(storm, _POSTED) or not (bulletin.slack.aside or bulletin.slack.thread)
            )
            if heard and mine and not (bulletin.episode.closed or bulletin.slack.handle or waits):
                yield f"the alert of {self.world.label(bulletin.cluster)} is not posted"
        for incident in self.incidents.values():
            machine = self.world.fleet.truths[incident.instance].machine
            lasts = incident.flapping or incident.repair or self.world.fleet.out(machine, _OLDEST_TAGS)
            if free(incident.cluster, _CLOSED) and incident.unresolved and not lasts:
                yield f"the incident of {self._name(incident)}, which is well, is not over"

    def spoken_of(self) -> set[Cluster]:
        """The clusters that are in trouble, or have to be told of."""
        troubled = {i.cluster for i in self.incidents.values() if i.unresolved}
        return troubled | {b.cluster for b in self.bulletins.values() if not b.episode.closed}

    def busy(self, clusters: set[Cluster], spent: Counter[str], came: Counter[str]) -> Iterator[str]:
        """What a minute has cost; each of the clusters that were spoken of in it may have wanted some of it.

        So may each event that came in, though its agent is back: what comes seconds later is another look. And what
        somebody wants, a mute of everything say, is seen to in each of them.
        """
        world, many, minute = self.world, len(clusters), timedelta(minutes=1)
        now = world.clock()
        told = sum(over(m, now) and (m.told_at is None or now - m.told_at <= minute) for m in self.mutes.values())
        ours = len(world.delay) + len(world.looks) + len(world.acts) - world.events_waiting
        measured = {**spent, "messages in queues": ours}
        self.most |= {name: max(self.most[name], number) for name, number in measured.items()}
        allowed = {
            "looks a minute": 20 + 7 * many + came["events"] + came["requests"] * max(many, 1),
            # Slack takes a message a second in a channel: where many are heard of at once, or many mutes are over, each
            # is refused some times.
            "429 a minute": max(60, 5 * (many + told)),
            "replies a minute": 4 + 3 * many,
            "messages in queues": 400,
        }
        for name, number in measured.items():
            if number > allowed[name]:
                yield f"{name}: {number} with {many} clusters spoken of, {allowed[name]} are allowed"

    # In the end

    def unkept(self) -> list[str]:
        """What is not as it should be once everything has come to rest."""
        everything = (
            *(self._truth, self._shown, self._storms, self._requests, self._words, self._mutes, self._mail),
            *(self._growth, self._reminders),
        )
        return [problem for look in everything for problem in look()]

    def _truth(self) -> Iterator[str]:
        broken = {(Cluster(m.account, m.region, m.cluster), m.id) for m in self.world.fleet.broken()}
        for incident in self.incidents.values():
            machine = self.world.fleet.truths[incident.instance].machine
            here = (incident.cluster, incident.instance)
            if incident.unresolved and machine.host.lifecycle in QUIET and not incident.repair:
                yield f"{self._name(incident)} is {machine.host.lifecycle} and has the incident {incident.id}"
            ending = incident.repair and machine.host.lifecycle == "Terminating:Wait"  # a hook holds it up for hours
            if incident.unresolved and here not in broken and not (ending or self.world.fleet.out(machine)):
                yield f"{self._name(incident)} is well and has the incident {incident.id}, {incident.state}"
        unresolved = {(i.cluster, i.instance) for i in self.incidents.values() if i.unresolved}
        for cluster, instance in sorted(broken - unresolved):
            how = self.world.fleet.truths[instance].machine.host.lifecycle
            yield f"{self.world.label(cluster)} {instance[-4:]} ({how}) is broken and has no incident"

    def _shown(self) -> Iterator[str]:  # noqa: C901, PLR0912  # one pass over all messages
        """Each cluster's bulletin shows the newest state, in one message; older ones are closed and green."""
        shown: dict[str, list[Message]] = {}
        for name, message in self.messages():
            shown.setdefault(name, []).append(message)
        for bulletin in self.bulletins.values():
            label = self.world.label(bulletin.cluster)
            mine = [i for i in self.incidents.values() if i.cluster == bulletin.cluster]
            live = [i for i in mine if i.unresolved]
            if any(i.episode != bulletin.episode.episode for i in live):
                yield f"{label} has an incident of an episode that is over"
            if bulletin.episode.closed != (not live):
                state = "closed" if bulletin.episode.closed else "open"
                yield f"{label}: {len(live)} are in trouble, its bulletin is {state}"
            told = self.deliveries.get(cluster_pk(bulletin.cluster))
            # The earlier release, for which the episode's row tells it, knows no second id of a channel.
            if told is None or replace(told, at="") != bulletin.slack:
                yield f"{label}: what Slack has is not what the episode's row says"
            if bulletin.slack.doubt_since:
                yield f"{label}: the bulletin is in doubt"
            if not bulletin.slack.handle and bulletin.episode.closed:
                continue  # over before anybody was told of it by name
            messages = shown.pop(bulletin.id, [])
            if len(messages) != 1 or messages[0].ts != bulletin.slack.handle:
                yield f"{label}: {len(messages)} messages, {bulletin.slack.handle or 'none'} is on record"
                continue
            storm = self._storm_of(bulletin)
            locked = lock(storm.region) if storm and not storm.closed else ""
            newest = render(compose(bulletin.episode, mine, locked if live else ""), bulletin.episode).digest
            if not bulletin.episode.closed and bulletin.slack.shown != newest:
                yield f"{label}: the record says that Slack shows {bulletin.slack.shown}, the newest is {newest}"
            if _digest(messages[0]) != bulletin.slack.shown:
                yield f"{label}: Slack shows {_digest(messages[0])}, the record says {bulletin.slack.shown}"
            if (_state(messages[0]) == "resolved") != bulletin.episode.closed:
                yield f"{label}: its message is {_state(messages[0])}"
        storms = {storm.id for storm in self.storms.values()}
        for name, messages in shown.items():
            if name not in storms and any(_state(message) != "resolved" for message in messages):
                yield f"a message of {name} is left over, {_state(messages[0])}"
            if len(messages) > 1:
                yield f"{name} has {len(messages)} messages"

    def _growth(self) -> Iterator[str]:
        """Whatever has come to twice as many, or into another zone, since it was acknowledged, was told."""
        for bulletin in self.bulletins.values():
            episode, storm = bulletin.episode, self._storm_of(bulletin)
            fact = episode.acknowledged
            if fact is None or episode.closed or episode.muted or not bulletin.slack.handle:
                continue
            if storm and not storm.closed:
                continue
            live = [i for i in self.incidents.values() if i.cluster == bulletin.cluster and i.unresolved]
            later = max([fact.at, *(i.acknowledged_at for i in live if i.acknowledged_at)])
            told = episode.grown if episode.grown_at and episode.grown_at >= later else None
            if told is None and later > fact.at:
                continue  # somebody has acknowledged one of them since: what was then is not known any more
            before = told or fact.extent
            zones = {i.sighting.zone for i in live if i.sighting.zone} - set(before.zones)
            twice = len(live) >= max(2 * before.instances, before.instances + 2)
            if zones or twice:
                label = self.world.label(bulletin.cluster)
                yield f"{label} has grown from {before} to {len(live)}, and nobody was told"

    def _reminders(self) -> Iterator[str]:
        """Whoever waits for somebody to acknowledge it has been reminded of at the last of its times."""
        now = self.world.clock()
        policies = self.world.in_force(now - timedelta(hours=2), now)
        if not all(policy.text and policy.good and REMINDERS in policy.text for policy in policies):
            return
        for bulletin in self.bulletins.values():
            episode = bulletin.episode
            if episode.closed or episode.muted or not bulletin.slack.handle or bulletin.slack.thread:
                continue
            heard = max(at for at in (episode.opened_at, episode.heard_at) if at)
            fact, last = episode.acknowledged, episode.said_again_at
            for incident in self.incidents.values():
                mine = incident.cluster == bulletin.cluster and incident.state is State.OPEN
                if not mine or (fact and incident.opened_at <= fact.at):
                    continue
                began = max(incident.opened_at, heard)
                # What was said a moment before its time is said again half an hour later.
                missed = began + REMINDS < now - REMINDS - timedelta(minutes=15)
                if missed and (last is None or last < began + REMINDS - timedelta(minutes=1)):
                    yield f"{self._name(incident)} waits since {began}, and nobody was reminded of it"

    def _storm_of(self, bulletin: Bulletin) -> Storm | None:
        if not bulletin.episode.storm:
            return None
        return self.storms.get((f"storm#{bulletin.slack.address}", bulletin.cluster.region))

    def _storms(self) -> Iterator[str]:
        for storm in self.storms.values():
            if storm.closed and not storm.ts and once_shared(storm.channel) in self.world.line.given_up:
                continue  # its channel was lost
            messages: list[Message | None] = [m for name, m in self.messages() if name == storm.id]
            (message,) = messages or [None]
            if message is None or message.ts != storm.ts:
                yield f"the storm {storm.id} has no message of its own"
                continue
            if _digest(message) != storm.shown or (_state(message) == "resolved") != storm.closed:
                yield f"the storm's message is {_state(message)}, closed: {storm.closed}"
            members = [
                b
                for b in self.bulletins.values()
                if not b.episode.closed and b.slack.address == storm.channel and b.cluster.region == storm.region
            ]
            if not storm.closed and render_storm(storm, count(members)).digest != storm.shown:
                yield "the storm's message is not the newest"
            if not storm.closed and len(members) <= 10:
                yield f"the storm goes on with {len(members)} clusters"

    def _requests(self) -> Iterator[str]:
        dead = [json.loads(body)["id"] for body in self.world.acts_dead.bodies()]
        logged = {entry.request for entry in self.entries.values() if entry.request}
        for asked in self.world.asked:
            request = asked.request
            claim = self.claims.get(request.id)
            if claim is None and not asked.sure:
                continue
            if (claim is None or not claim.outcome) and request.id not in dead:
                yield f"the request {request.wish} by {request.user} has no outcome"
            elif request.id not in logged and request.id not in dead:
                yield f"the request {request.wish} by {request.user} ({claim and claim.outcome}) is not in the log"

    def _words(self) -> Iterator[str]:
        """What somebody has said has come to something, and what was done for it is in the log."""
        dead = {json.loads(body)["id"] for body in self.world.acts_dead.bodies()}
        logged = {entry.request for entry in self.entries.values() if entry.request}
        for said in self.world.said:
            claim, line = self.claims.get(said.asked.id), said.asked.line
            if said.asked.id in dead or (claim is None and not said.sure):
                continue
            if claim is None or not claim.outcome:
                yield f"{line!r} by {said.asked.user} has come to nothing"
            elif claim.outcome == "answered" and said.asked.id not in logged:
                yield f"{line!r} by {said.asked.user} is not in the log"

    def _mutes(self) -> Iterator[str]:
        """Nothing is muted any more, and of each mute it was said that it is over."""
        for mute in self.mutes.values():
            if mute.on(self.world.clock()):
                yield f"{mute.scope} is still muted"
            elif not mute.told_at:
                yield f"nobody was told that {mute.scope} is no longer muted"

    def _mail(self) -> Iterator[str]:
        world = self.world
        for queue in (world.delay, world.looks, world.acts):
            if len(queue):
                yield f"{len(queue)} messages lie in {queue.name}: {queue.bodies()[0][:300]}"
            for body in queue.lost():
                yield f"a dead letter without a cause, from {queue.name}: {body[:200]}"
        kept = Counter(world.delay_dead.bodies())
        for body in (Counter(world.poison) - kept).elements():
            yield f"poison that nobody kept: {body[:200]}"
        parked = kept - Counter(message.body for message in world.delay.dead)
        for body in set(parked) - set(world.poison):
            yield f"parked though it is no poison: {body[:200]}"


def _wanted(mute: Mute) -> tuple[object, ...]:
    """What its author wanted, which nobody may change."""
    return mute.scope, mute.by, mute.reason, mute.since, mute.until, mute.id


def _digest(message: Message) -> str:
    """What the message's blocks are named after: the digest of what they show."""
    return str(message.blocks[0]["block_id"]).rsplit(".", 1)[-1]


def _row(page: Key, instance: str) -> Key:
    """The key that an incident of a page would have in a row."""
    return page[0], f"instance#{instance}"


def _page(key: Key, row: Row | None) -> Page:
    if row is None:
        return Page(0, 0, {})
    return read_page(key[1], int(row["version"]["N"]), b64decode(row["packed"]["B"]))


def _state(message: Message) -> str:
    return str((message.metadata or {})["event_payload"]["state"])
