"""A story: agents have gone quiet, the channel has its bulletin, and somebody clicks.

The table is the template's, the members are moto's, Slack is served on 127.0.0.1; looks and acting are the real ones.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple

import boto3
from botocore.loaders import Loader

from chatops.execution import Execution
from chatops.requests import Request, from_click
from coastguard.local.slack.clicks import Press
from coastguard.local.slack.directory import TEAM
from coastguard.local.slack.workspace import BOT_TOKEN, Workspace
from hub.audit import Entry
from hub.bulletin import Bulletin
from hub.desk import Desk
from hub.hints import REQUEST, Drop, Hint, from_message
from hub.incident import Incident, State
from hub.lookout import assemble
from hub.message import Subject
from hub.outlets import Outlets
from hub.policy_source import PolicySource
from hub.queues import Queues
from hub.slack import Slack
from hub.storm import Storm
from hub.terms import Terms
from spoke.accounts import Accounts, Role
from spoke.hosts import GROUP_TAG
from spoke.places import Cluster
from tests.chatops.factories import ALICE, CHANNEL, TERMINATE, Clock, Ears, payload_of
from tests.chatops.fate import Fate, MortalQueues, MortalSlack, MortalStore, Trail
from tests.spoke.fleet import Fleet
from tests.templates.reading import read

GROUP = "web"
REMEDIATOR = "coastguard/coastguard-remediator"
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
        self.store = MortalStore(resource("Table")["TableName"], session.region_name, self.fate)

    def _watch(self, events: Any) -> None:
        events.register("before-call.*.*", self.trail.before_call)
        events.register("after-call.*.*", self.trail.after_call)

    def deploy(self) -> dict[str, str]:
        """Make the table and the queues as the template has them; returns the queues' URLs."""
        self.fate.die("never")
        self.trail.mend()
        wanted = ("TableName", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        self.dynamodb.create_table(**{name: resource("Table")[name] for name in wanted})
        urls = {name: self.make_queue(name) for name in ("DelayQueue", "LooksQueue")}
        self.trail.calls.clear()
        return urls

    def make_queue(self, name: str) -> str:
        """Make a queue as the template has it; returns its URL."""
        properties = resource(name)
        wanted = ("FifoQueue", "DeduplicationScope", "FifoThroughputLimit", "VisibilityTimeout")
        attributes = {name: str(properties[name]) for name in wanted if name in properties}
        if "FifoQueue" in attributes:
            attributes["FifoQueue"] = "true"
        answer = self.sqs.create_queue(QueueName=properties["QueueName"], Attributes=attributes)
        return str(answer["QueueUrl"])

    def make_secret(self, value: Mapping[str, str]) -> str:
        """Put the Slack app's secret into Secrets Manager; returns its ARN."""
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
    counts: Counter[str] = field(default_factory=Counter)
    grouped: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.desk = Desk(self.hub.store)
        self.acting = Execution(
            store=self.hub.store,
            desk=self.desk,
            accounts=self.hub.accounts,
            remediator=REMEDIATOR,
            queues=self.hub.queues,
            looks_url=self.urls["LooksQueue"],
            slack=lambda: MortalSlack(BOT_TOKEN, self.slack, self.hub.fate),
            team=TEAM.id,
            clock=self.clock,
            count=self._count,
            sleep=lambda seconds: self.clock.go_on(timedelta(seconds=seconds)),
        )
        self._lookout = assemble(
            accounts=self.hub.accounts,
            reader=Role("coastguard-reader", f"coastguard-look-{next(_looks)}"),  # each moto knows its own sessions
            store=self.hub.store,
            slack=lambda: Slack(BOT_TOKEN, self.slack),
            terms=Terms(timedelta(minutes=2), CHANNEL),
            policy=PolicySource("", boto3.client, self.clock),
            outlets=Outlets(boto3.client, self._count),
            queues=Queues(self.hub.sqs),
            looks_url=self.urls["LooksQueue"],
            delay_url=self.urls["DelayQueue"],
            clock=self.clock,
            sleep=lambda seconds: self.clock.go_on(timedelta(seconds=seconds)),
            count=self._count,
        )

    # What happens

    def trouble(self, *, grouped: bool = True, size: int = 1) -> list[Victim]:
        """Agents go quiet, in an Auto Scaling group of twice as many or on hosts of nobody's, and it is reported."""
        hosts = self.fleet.group(GROUP, 2 * size)[:size] if grouped else self.fleet.hosts(size)
        self.grouped += hosts if grouped else []
        victims = [Victim(*self.fleet.quiet(self.cluster, host)) for host in hosts]
        self.report(*victims)
        return victims

    def report(self, *victims: Victim) -> None:
        """The hub learns that these agents went five minutes ago, and looks."""
        gone = self.clock() - timedelta(minutes=5)
        self._lookout.look(Hint(self.cluster, "state change", tuple(Drop(v.instance, gone, 1) for v in victims)), 1)

    def look(self) -> None:
        """The look that a click asks for."""
        self._lookout.look(Hint(self.cluster, REQUEST), 1)

    def click(self, action: str = TERMINATE, user: str = ALICE, victim: Victim | None = None) -> Request:
        """Somebody presses a button of the bulletin as it stands in the channel."""
        block = self._block(victim, action) if victim else None
        return self._read(Press(user, CHANNEL, self.bulletin().ts, action, block))

    def pick(self, victim: Victim, user: str = ALICE) -> Request:
        """Somebody chooses an instance from the bulletin's menu."""
        action, value = Subject(self.cluster, victim.instance, self.incident(victim).id).picking
        return self._read(Press(user, CHANNEL, self.bulletin().ts, action, value=value))

    def _read(self, press: Press) -> Request:
        payload = payload_of(self.ears.click(self.workspace, press))
        return from_click(payload, payload["actions"][0], self.clock())

    def act(self, request: Request, tries: int = 1) -> None:
        """The queue delivers a request, for the first time or again; every delivery a few seconds later."""
        self.clock.go_on(timedelta(seconds=1))
        self.acting.execute(request, tries)

    def storm(self, region: str = "") -> Storm:
        """A storm breaks out in the channel, in the cluster's Region or another."""
        now = self.clock()
        return self.hub.store.keep(Storm(CHANNEL, region or self.cluster.region, "st-1", now, now))

    def restore_tags(self) -> None:
        """AWS shows the tags of a terminated host for a while; moto takes them away at once."""
        for host in self.grouped:
            self.fleet.ec2(host).add_tag(GROUP_TAG, GROUP)

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

    def message(self) -> str:
        """What the bulletin says in the channel."""
        (message,) = self.workspace.state()["channels"][0]["messages"]
        return " ".join(_words([*message["blocks"], *message["attachments"]]))

    def thread(self) -> list[str]:
        (message,) = self.workspace.state()["channels"][0]["messages"]
        return [" ".join(_words(reply["blocks"])) for reply in message["replies"]]

    def looks_asked(self) -> list[Hint]:
        """Takes what waits in looks.fifo."""
        answer = self.hub.sqs.receive_message(QueueUrl=self.urls["LooksQueue"], MaxNumberOfMessages=10)
        hints = [from_message(message["Body"]) for message in answer.get("Messages", [])]
        return [hint for hint in hints if hint]

    def terminations(self) -> int:
        """How often anything was terminated, as the members' CloudTrail would tell."""
        return len([action for action, _ in self.hub.trail.calls if "TerminateInstance" in action])

    def is_gone(self, victim: Victim) -> bool:
        """Whether the host is terminated and ECS has forgotten the container instance."""
        host = self.fleet.ec2(victim.host)
        return host.state == "terminated" and victim.instance not in self.fleet.registered(self.cluster)

    def is_untouched(self, victim: Victim) -> bool:
        host = self.fleet.ec2(victim.host)
        return host.state == "running" and victim.instance in self.fleet.registered(self.cluster)

    def _block(self, victim: Victim, action: str) -> str:
        """The row of buttons that is about this victim: a bulletin repeats its buttons."""
        (message,) = self.workspace.state()["channels"][0]["messages"]
        for attachment in message["attachments"]:
            for block in attachment["blocks"]:
                for element in block.get("elements", ()):
                    if element.get("action_id") == action and victim.instance in element["value"]:
                        return str(block["block_id"])
        raise AssertionError(f"the bulletin shows no {action} for {victim.host}")

    def _count(self, name: str, number: int) -> None:
        self.counts[name] += number


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
