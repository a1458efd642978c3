"""A story: agents have gone quiet, the channel has its bulletin, and somebody clicks.

The table is the template's, AWS is on the wire, Slack is served on 127.0.0.1; looks and acting are the real ones.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple

import boto3
from botocore.loaders import Loader
from slack_sdk import WebClient

from chatops import acting
from chatops import modals as views
from chatops.clicks.requests import Request, from_click, from_view
from coastguard.local.slack import clicks, modals
from coastguard.local.slack.clicks import Press, Typed
from coastguard.local.slack.delivery import AppAnswer
from coastguard.local.slack.directory import TEAM
from coastguard.local.slack.modals import Outcome, Pressed, Submitted
from coastguard.local.slack.workspace import BOT_TOKEN, Workspace
from hub import wiring
from hub.incidents.audit import Entry
from hub.incidents.bulletin import Bulletin
from hub.incidents.hint_messages import from_message
from hub.incidents.hints import Chore, Drop, Hint, Why
from hub.incidents.incident import Incident, State
from hub.incidents.mute import Mute
from hub.incidents.storm import Storm
from hub.looks.lifecycle import Lifecycle
from hub.looks.reconciler import assemble
from hub.policy.source import POLICY_KEPT, PolicySource
from hub.policy.terms import Terms
from hub.queues import Queues, Record
from hub.scopes.account import Account
from hub.slack.button_values import REPAIR, Subject
from hub.slack.client import Slack
from hub.table.accounts import NAMES_KEPT, NamesRow
from hub.wiring import Addresses
from spoke.accounts import Accounts, Role
from spoke.places import Cluster
from spoke.repairs import REMEDIES
from tests.chatops.factories import ALICE, CHANNEL, TERMINATE, Clock, Ears, payload_of
from tests.chatops.fate import Fate, MortalQueues, MortalSlack, MortalStore, Trail
from tests.chatops.fronts import Doorway, Front
from tests.chatops.policies import EVERYBODY, Ssm
from tests.hub.stack import create_table, queue
from tests.patience import PATIENCE_SECONDS
from tests.spoke.fleet import ACCOUNT, REGION
from tests.templates.reading import read
from tests.wire.fleet import Fleet
from tests.wire.parameters import Parameters
from tests.wire.queues import Queue
from tests.wire.sqs import Sqs
from tests.wire.table import Tables
from tests.wire.wire import Wire

GROUP = "web"
REMEDIATOR = "coastguard/coastguard-remediator"
COMMAND = "/ecs"
_looks = count(1)


class Victim(NamedTuple):
    """A container instance whose agent is gone, and its host."""

    instance: str
    host: str


class Hub:
    """The hub account's clients. They take longer to make than most stories take to tell, so one set serves all."""

    def __init__(self, session: boto3.Session, loader: Loader) -> None:
        self.fate = Fate()
        self.trail = Trail(self.fate)
        self._session = session
        self._watch(session.events)  # before any client is made: it copies them
        self.accounts = Accounts(session, loader)
        self._watch(self.accounts.events)
        self.sqs = session.client("sqs")
        self.dynamodb = session.client("dynamodb")
        self.queues = MortalQueues(self.sqs, self.fate)
        self.made: dict[str, Queue] = {}
        self.store = MortalStore(resource("Table")["TableName"], session.region_name, self.fate)

    def _watch(self, events: Any) -> None:
        events.register("before-call.*.*", self.trail.before_call)
        events.register("after-call.*.*", self.trail.after_call)

    def deploy(self, wire: Wire, now: Callable[[], float]) -> dict[str, str]:
        """Make the table and the queues as the template has them; returns the queues' URLs."""
        self.fate.die("never")
        self.trail.mend()
        self._now = now
        self.service = Sqs()
        self.service.hang(wire)
        self.parameters = Parameters()
        self.parameters.hang(wire)
        Tables().hang(wire)
        create_table(self.dynamodb)
        urls = {name: self.make_queue(name).url for name in ("DelayQueue", "LooksQueue")}
        self.trail.calls.clear()
        return urls

    def make_queue(self, name: str) -> Queue:
        """Make a queue as the template has it."""
        made = queue(Queue, name, self._now)
        self.service.make(made)
        self.made[name] = made
        return made

    def make_policy(self, text: str = EVERYBODY) -> str:
        """Put a policy into Systems Manager; returns its place."""
        self.parameters.put("/coastguard/policy", text)
        return "ssm:/coastguard/policy"

    def make_secret(self, value: Mapping[str, str]) -> str:
        """Put the Slack app's secret into moto's Secrets Manager; returns its ARN."""
        answer = self._session.client("secretsmanager").create_secret(Name="slack", SecretString=json.dumps(value))
        return str(answer["ARN"])


def resource(name: str) -> Mapping[str, Any]:
    """The properties of a resource of the hub's template."""
    properties: Mapping[str, Any] = read("hub")["Resources"][name]["Properties"]
    return properties


@dataclass
class Story:
    """What there is, what happens, and what came of it."""

    hub: Hub
    urls: Mapping[str, str]
    fleet: Fleet
    cluster: Cluster
    clock: Clock
    workspace: Workspace
    slack: str
    ears: Ears
    doorway: Doorway
    ssm: Ssm = field(default_factory=Ssm)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.lifecycle = Lifecycle(self.hub.store)
        self.front = Front(self.clock, api=self.slack, ssm=self.ssm)
        self.doorway.answer = self.front.answer
        terms = Terms(timedelta(minutes=2), CHANNEL)
        self.begin_anew()
        self._lookout = assemble(
            self._wired(lambda: Slack(BOT_TOKEN, self.slack, PATIENCE_SECONDS), Queues(self.hub.sqs)),
            accounts=self.hub.accounts,
            reader=Role("coastguard-reader", f"coastguard-look-{next(_looks)}"),  # each has members of its own
            terms=terms,
            policy=PolicySource("ssm:/coastguard/policy", lambda _: self.ssm, self.clock),
            connect=boto3.client,
        )

    def begin_anew(self) -> None:
        """A new execution environment of act, which remembers nothing."""
        self._act = acting.assemble(
            self._wired(self._slack, self.hub.queues),
            accounts=self.hub.accounts,
            remediator=REMEDIATOR,
            team=TEAM.id,
            terms=Terms(timedelta(minutes=2), CHANNEL),
            policy=PolicySource("ssm:/coastguard/policy", lambda _: self.ssm, self.clock),
            regions=[REGION],
            command=COMMAND,
        )
        self.acting, self.commands = self._act.clicks, self._act.commands

    def _wired(self, slack: Callable[[], Slack], queues: Queues) -> wiring.Hub:
        """What a function works with."""
        return wiring.Hub(
            table=self.hub.store,
            queues=queues,
            addresses=Addresses(looks=self.urls["LooksQueue"], delay=self.urls["DelayQueue"]),
            slack=slack,
            clock=self.clock,
            count=self._count,
            sleep=lambda seconds: self.clock.go_on(timedelta(seconds=seconds)),
        )

    def _slack(self) -> Slack:
        return MortalSlack(BOT_TOKEN, self.slack, self.hub.fate)

    # What is so before anything happens

    def policy(self, text: str | None, rights: str = EVERYBODY) -> None:
        """Somebody changes the policy, and a minute later it is in force; None: there is none to be read.

        One that is not about rights leaves everybody theirs.
        """
        self.ssm.put(text if text is None or "[[rights]]" in text else rights + text)
        self.clock.go_on(POLICY_KEPT + timedelta(seconds=1))

    def know(self, *others: Account, name: str = "Payments", units: tuple[str, ...] = ()) -> None:
        """The organization has told what its accounts are called."""
        own = Account(ACCOUNT, name, units)
        self.hub.store.keep_accounts([own, *others], now=self.clock())

    def list_clusters(self, *clusters: Cluster) -> None:
        """The sweep has listed these, and no others, in their Regions."""
        by_place: dict[tuple[str, str], list[str]] = {}
        for cluster in sorted(clusters):
            by_place.setdefault((cluster.account, cluster.region), []).append(cluster.name)
        for place, names in by_place.items():
            row = NamesRow(place, 0, tuple(names), self.clock() + NAMES_KEPT)
            self.hub.store.keep_cluster_names(row)

    # What happens

    def trouble(self, *, grouped: bool = True, size: int = 1) -> list[Victim]:
        """Agents go quiet, in an Auto Scaling group of twice as many or on hosts of nobody's, and it is reported."""
        hosts = self.fleet.group(GROUP, 2 * size)[:size] if grouped else self.fleet.hosts(size)
        victims = [Victim(*self.fleet.quiet(self.cluster, host)) for host in hosts]
        self.report(*victims)
        return victims

    def report(self, *victims: Victim) -> None:
        """The hub learns that these agents went five minutes ago, and looks."""
        gone = self.clock() - timedelta(minutes=5)
        self._lookout.look(Hint(self.cluster, Why.STATE_CHANGE, tuple(Drop(v.instance, gone, 1) for v in victims)), 1)

    def look(self) -> None:
        """The look that a click asks for."""
        self._lookout.look(Hint(self.cluster, Why.REQUEST), 1)

    def look_as_asked(self) -> None:
        """The looks that somebody has asked for, with the questions that they bring."""
        for hint in self.looks_asked():
            if isinstance(hint, Hint):
                self._lookout.look(hint, 1)

    def click(
        self, action: str = TERMINATE, user: str = ALICE, victim: Victim | None = None, reason: str = "it hangs"
    ) -> Request:
        """Somebody presses a button of the bulletin as it stands in the channel; before a drastic one, they are asked.

        What they ask for does not go into the queue but to whoever tells the story.
        """
        block = self._block(victim, action) if victim else None
        payload = payload_of(
            self.ears.click(self.workspace, Press(user, CHANNEL, self.bulletin().slack.handle, action, block))
        )
        remedy = REMEDIES.get(action.removeprefix(REPAIR))
        if remedy is None or not remedy.drastic:
            return from_click(payload, payload["actions"][0], self.clock())
        view = views.repair_view(remedy, payload, payload["actions"][0])
        slack = WebClient(BOT_TOKEN, base_url=self.slack)
        opened = slack.views_open(trigger_id=payload["trigger_id"], view=view)["view"]
        host = json.loads(opened["private_metadata"])["action"]["value"].split(" ")[1]
        body = self.ears.submit(self.workspace, Submitted(user, opened["id"], filled(proof=host[-4:], reason=reason)))
        return from_view(payload_of(body), self.clock())

    def pick(self, victim: Victim, user: str = ALICE) -> Request:
        """Somebody chooses an instance from the bulletin's menu."""
        action, value = Subject(self.cluster, victim.instance, self.incident(victim).id).picking
        return self._read(Press(user, CHANNEL, self.bulletin().slack.handle, action, value=value))

    def _read(self, press: Press) -> Request:
        payload = payload_of(self.ears.click(self.workspace, press))
        return from_click(payload, payload["actions"][0], self.clock())

    def act(self, request: Request, tries: int = 1) -> None:
        """The queue delivers a request, for the first time or again; every delivery a few seconds later."""
        self.clock.go_on(timedelta(seconds=1))
        self.acting.execute(request, tries)

    # What happens by way of the front: Slack tells it, it answers, and what it takes on is worked off

    def press(  # who presses what, and where
        self,
        action: str,
        user: str = ALICE,
        victim: Victim | None = None,
        ts: str = "",
        value: str | None = None,
        channel: str = CHANNEL,
    ) -> AppAnswer:
        """Somebody uses an element of the bulletin, or of another message."""
        block = self._block(victim, action) if victim else None
        self.workspace.request_url = self.doorway.url
        press = Press(user, channel, ts or self.bulletin().slack.handle, action, block, value)
        return asyncio.run(clicks.click(self.workspace, self._address, press))

    def type(self, text: str, user: str = ALICE, channel: str = CHANNEL) -> AppAnswer:
        """Somebody types it behind the slash command."""
        self.workspace.request_url = self.doorway.url
        return asyncio.run(clicks.command(self.workspace, self._address, Typed(user, channel, COMMAND, text)))

    def say(self, text: str, user: str = ALICE, channel: str = CHANNEL) -> list[str]:
        """Somebody types it, and it is worked off; what that person has been told alone meanwhile."""
        before = len(self.whispers(user))
        assert self.type(text, user, channel).error is None
        self.work()
        return self.whispers(user)[before:]

    def open_home(self, user: str = ALICE) -> str:
        """Somebody opens the Home tab; what they read there once it is drawn."""
        self.ask_for_home(user)
        self.work()
        return self.home(user)

    def ask_for_home(self, user: str = ALICE) -> None:
        """Somebody opens the Home tab, and nothing of that is worked off yet."""
        self.workspace.request_url = self.doorway.url
        assert asyncio.run(modals.open_home(self.workspace, user)).error is None

    def press_in_home(self, user: str, action: str, block: str | None = None) -> AppAnswer:
        self.workspace.request_url = self.doorway.url
        home = self.workspace.views.home(user)
        assert home is not None
        return asyncio.run(modals.press(self.workspace, self._address, Pressed(user, home["id"], action, block)))

    def modal(self, user: str = ALICE) -> Mapping[str, Any] | None:
        """The modal that somebody has before them."""
        return self.workspace.views.top(user)

    def submit(self, user: str = ALICE, **typed: str) -> Outcome:
        """Somebody fills it in and sends it."""
        self.workspace.request_url = self.doorway.url
        view = self.modal(user)
        assert view is not None
        submitted = Submitted(user, view["id"], filled(**typed))
        return asyncio.run(modals.submit(self.workspace, self._address, submitted))

    def ask(self, user: str = ALICE, victim: Victim | None = None, reason: str = "it hangs") -> Request:
        """Somebody wants an instance terminated, by button and modal; what went into the queue."""
        assert self.press(TERMINATE, user, victim).error is None
        view = self.modal(user)
        assert view is not None
        host = json.loads(view["private_metadata"])["action"]["value"].split(" ")[1]
        outcome = self.submit(user, proof=host[-4:], reason=reason)
        assert (outcome.delivery.error, outcome.errors) == (None, {})
        return self.front.taken[-1]

    def work(self, tries: int = 1) -> list[Record]:
        """Act works off what the front has taken on; every message a second later. Returns the messages."""
        sent = self.front.take_all()
        for record in sent:
            self.clock.go_on(timedelta(seconds=1))
            self.attend(record, tries)
        return sent

    def attend(self, record: Record, tries: int = 1) -> None:
        """The queue delivers a message, for the first time or again."""
        self._act.attend([Record(record.id, record.body, record.group, record.receipt, tries)])

    @property
    def _address(self) -> str:
        return self.slack.removesuffix("/api/")

    def storm(self, region: str = "") -> Storm:
        """A storm breaks out in the channel, in the cluster's Region or another."""
        now = self.clock()
        return self.hub.store.keep(Storm(CHANNEL, region or self.cluster.region, "st-1", now, now))

    def lose_channel(self) -> None:
        """Somebody archives the channel."""
        conversation = self.workspace.conversation(CHANNEL)
        assert conversation is not None
        conversation.channel = replace(conversation.channel, archived=True)

    # What came of it

    def incident(self, victim: Victim) -> Incident:
        found = self.hub.store.incident(self.cluster, victim.instance)
        assert found is not None
        return found

    def bulletin(self) -> Bulletin:
        found = self.hub.store.bulletin(self.cluster)
        assert found is not None
        return found

    def state(self, victim: Victim) -> State:
        return self.incident(victim).state

    def outcome(self, request: Request) -> str:
        """What the request's row says; empty while it is not finished."""
        row = self.hub.store._get(f"request#{request.id}", "request")
        return str(row.data["outcome"]) if row else ""

    def log(self, request: Request) -> list[Entry]:
        """What the audit log says of a request."""
        return [entry for _, entry in self.hub.store.entries(request.cluster, "log#") if entry.request == request.id]

    def whispers(self, user: str = ALICE) -> list[str]:
        """What that person alone was told, as they read it."""
        told = [message for message in self.workspace.state()["ephemerals"] if message["user"] == user]
        return [" ".join(_words(message["blocks"])) for message in told]

    def written(self, user: str = ALICE) -> list[str]:
        """What the app has written to somebody in a direct message."""
        return self.aloud(self.workspace.direct(user).channel.id)

    def aloud(self, channel: str = CHANNEL) -> list[str]:
        """What was said for all in a channel, beside bulletins, by answers to commands."""
        (messages,) = [each["messages"] for each in self.workspace.state()["channels"] if each["id"] == channel]
        return [" ".join(_words(message["blocks"])) for message in messages if not message["attachments"]]

    def home(self, user: str = ALICE) -> str:
        """What somebody reads in their Home tab."""
        view = self.workspace.views.home(user)
        return " ".join(_words(view["blocks"])) if view else ""

    def buttons(self, user: str = ALICE) -> list[tuple[str, str, str]]:
        """The buttons of what that person was told last, alone: the message's ts, action id and label."""
        told = [message for message in self.workspace.state()["ephemerals"] if message["user"] == user]
        return [
            (told[-1]["ts"], element["action_id"], element["text"]["text"])
            for block in told[-1]["blocks"]
            for element in [*block.get("elements", ()), *([block["accessory"]] if "accessory" in block else [])]
            if element["type"] == "button"
        ]

    def mutes(self) -> list[Mute]:
        return self.hub.store.mutes()

    def done_by_people(self) -> list[Entry]:
        """All that people did, as the audit log has it."""
        now = self.clock()
        return list(self.hub.store.done_by_people(now - timedelta(days=2), now + timedelta(days=1)))

    def message(self) -> str:
        """What the bulletin says in the channel."""
        message = self._shown()
        return " ".join(_words([*message["blocks"], *message["attachments"]]))

    def thread(self) -> list[str]:
        return [" ".join(_words(reply["blocks"])) for reply in self._shown()["replies"]]

    def _shown(self) -> Mapping[str, Any]:
        messages: Sequence[Mapping[str, Any]] = self.workspace.state()["channels"][0]["messages"]
        (message,) = [message for message in messages if message["attachments"]]
        return message

    def looks_asked(self) -> list[Hint | Chore]:
        """Takes what waits in looks.fifo."""
        looks = self.hub.made["LooksQueue"]
        batch = looks.receive(10)
        looks.settle(batch, failed=[])
        hints = [from_message(record["body"]) for record in batch["Records"]]
        return [hint for hint in hints if hint]

    def terminations(self) -> int:
        """How often anything was terminated, as the members' CloudTrail would tell."""
        return len([action for action, _ in self.hub.trail.calls if "TerminateInstance" in action])

    def is_gone(self, victim: Victim) -> bool:
        """Whether the host is terminated and ECS has forgotten the container instance."""
        host = self.fleet.host(victim.host)
        return host.state == "terminated" and victim.instance not in self.fleet.registered(self.cluster)

    def is_untouched(self, victim: Victim) -> bool:
        host = self.fleet.host(victim.host)
        return host.state == "running" and victim.instance in self.fleet.registered(self.cluster)

    def _block(self, victim: Victim, action: str) -> str:
        """The row of buttons that is about this victim: a bulletin repeats its buttons."""
        for attachment in self._shown()["attachments"]:
            for block in attachment["blocks"]:
                for element in block.get("elements", ()):
                    if element.get("action_id") == action and victim.instance in element["value"]:
                        return str(block["block_id"])
        raise AssertionError(f"the bulletin shows no {action} for {victim.host}")

    def _count(self, name: str, number: int) -> None:
        self.counts[name] += number


def filled(**typed: str) -> dict[str, dict[str, Any]]:
    """What is filled into a modal of ours, by block."""
    return {block: {"span" if block == "span" else "typed": text} for block, text in typed.items()}


def _words(value: object) -> list[str]:
    """Every text that blocks show, in their order."""
    match value:
        case {"text": str(text)}:
            return [text]
        case dict():
            return [text for part in value.values() for text in _words(part)]
        case list() | tuple():
            return [text for part in value for text in _words(part)]
    return []
