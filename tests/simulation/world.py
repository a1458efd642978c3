"""The world: the whole hub and act between SQS, DynamoDB, member accounts and Slack, one function at a time.

Whatever a function remembers between its runs (tags, storms, sign-ins) it remembers here too, until it dies.
"""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextvars import Context
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from random import Random
from typing import Any
from urllib.parse import parse_qs

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chatops import acting, modals
from chatops.acting import Act
from chatops.clicks.requests import Request, from_click, from_view, to_message
from chatops.commands import message as asks
from chatops.commands.message import CommandMessage
from chatops.commands.parse import Command, to_line
from coastguard.local.aws import lineage
from coastguard.local.slack import payloads
from coastguard.local.slack.conversation import Conversation
from coastguard.local.slack.directory import CHANNELS, TEAM, Channel
from coastguard.local.slack.faults import Fault as SlackFault
from coastguard.local.slack.inputs import values_of
from coastguard.local.slack.messages import Message
from coastguard.local.slack.payloads import Click, Handles
from coastguard.local.slack.tickets import Origin
from coastguard.local.slack.use import Found, used
from coastguard.local.slack.workspace import BOT_TOKEN, Workspace
from hub.fifo import send_in_order
from hub.incidents.hint_messages import to_message as to_hint
from hub.incidents.hints import Hint, Why
from hub.looks.batch import Batch
from hub.looks.ingestion import Ingestion
from hub.looks.reconciler import Reconciler, assemble
from hub.policy.repair_stop import RepairStop
from hub.policy.source import PolicySource
from hub.policy.terms import Terms
from hub.queues import NotYet, Queues, Record, group_id, records
from hub.runtime.rate_limit import RateLimit
from hub.slack.button_values import ACKNOWLEDGE_ALL, MUTE, REPAIR, UNMUTE
from hub.slack.client import Slack
from hub.sweeping import sweeper
from hub.sweeping.account_sync import PACE
from hub.sweeping.organization import Organization
from hub.sweeping.sweeper import Sweeper
from hub.table.writes import Conflict
from hub.wiring import Addresses, Hub
from spoke.accounts import Role
from spoke.deadline import within
from spoke.errors import Busy
from spoke.places import Cluster
from spoke.repairs import REMEDIES
from tests.chatops.policies import Ssm
from tests.chatops.story import filled
from tests.hub.factories import ALICE, BOB, CHANNEL, GRACE, bent, event
from tests.hub.stack import create_table, queue
from tests.simulation.fate import Died, Turn
from tests.simulation.fleet import ACCOUNTS, REGION, Fleet
from tests.simulation.policies import POLICIES, Policy
from tests.simulation.post import Office, Post
from tests.simulation.slack_line import API
from tests.simulation.stage import Stage
from tests.simulation.strikes import HUB, Striking
from tests.simulation.tables import Ledger
from tests.wire import payloads as wire_payloads
from tests.wire.faults import Fault
from tests.wire.members import Place
from tests.wire.payloads import Machine
from tests.wire.wire import Json

# A private channel of long ago: if it is made one to be shared, it gets another id.
SECOND = Channel("G0SECOND1", "second", private=True)
PEOPLE = {"Alice": ALICE, "Bob": BOB}
# Clusters of this name have a longer grace, and those of this tag's value a channel of their own.
PATIENT, PATIENT_GRACE = "patient", timedelta(minutes=10)
READER, REMEDIATOR = "coastguard/coastguard-reader", "coastguard/coastguard-remediator"
# For so long a function may spare a member that has not answered.
_REMEMBERED = timedelta(seconds=65)
_INGEST, _LOOK, _ACT = 1_000, 10, 1
_SECONDS = {"ingest": 60, "look": 60, "act": 60, "sweep": 55, "visit": 55}


@dataclass
class Button:
    """A button as somebody's Slack shows it, or showed it."""

    conversation: Conversation
    message: Message
    found: Found


@dataclass
class Asked:
    """A click that has come in. `sure` unless SQS left it open whether it did; `host` is what the button was about."""

    request: Request
    host: str
    sure: bool


@dataclass
class Said:
    """A command that has come in, and how it was meant."""

    asked: CommandMessage
    command: Command
    sure: bool


@dataclass
class World:
    stage: Stage
    seed: int = 7
    clusters: tuple[str, ...] = ("web", "db", "c3", "c4", "c5", PATIENT)
    machines: int = 2
    groups: tuple[str, ...] = ("web",)
    rotates: bool = False

    def __post_init__(self) -> None:
        stage = self.stage
        stage.forget()
        self.clock, self.fate, self.line = stage.clock, stage.fate, stage.line
        stage.wire.faults = Striking(self.seed, struck=self.struck)
        self.strikes: list[tuple[datetime, str]] = []
        self.workspace = Workspace(self.clock.seconds, channels=(*CHANNELS, SECOND))
        self.workspace.strict = stage.strict
        self.workspace.budgets.on = True
        self.line.begin(self.workspace, lambda: self.struck("slack"))
        self.fleet = Fleet(self.clock)
        self.fleet.struck = self.struck
        self.fleet.hang(stage.wire)
        self.fleet.build(list(self.clusters), self.machines, self.groups)
        self.met: Counter[str] = Counter()
        self.ledger = Ledger(self.clock, self.fate.give_way, self._conflict)
        self.ledger.hang(stage.wire)
        now = self.clock.seconds
        self.delay_dead, self.looks_dead, self.acts_dead = (
            queue(Post, name, now) for name in ("DelayDeadQueue", "LooksDeadQueue", "ActsDeadQueue")
        )
        self.delay = queue(Post, "DelayQueue", now, self.delay_dead)
        self.looks = queue(Post, "LooksQueue", now, self.looks_dead)
        self.acts = queue(Post, "ActsQueue", now, self.acts_dead)
        self.office = Office(self.delay, self.delay_dead, self.looks, self.looks_dead, self.acts, self.acts_dead)
        self.office.struck = lambda: self.struck("sqs")
        self.office.hang(stage.wire)
        self.terms = Terms(
            GRACE,
            CHANNEL,
            longer=((f"*/{PATIENT}", PATIENT_GRACE),),
            groups=frozenset("*"),
            channels=(("two", SECOND.id),),
        )
        self.reconcilers: dict[int, Reconciler] = {}
        self.actings: dict[int, Act] = {}
        self.policy = Ssm(POLICIES["usual"].text)
        self.policies: list[tuple[datetime, Policy]] = [(self.clock(), POLICIES["usual"])]
        self.sent: list[str] = []
        self.poison: list[str] = []
        self.asked: list[Asked] = []
        self.said: list[Said] = []
        self.snapshots: list[Button] = []
        self.failures: list[str] = []
        self.counted: Counter[str] = Counter()
        self.chains: Counter[str] = Counter()
        self.guarded, self.dropped = False, 0
        self._chance = Random(self.seed)  # noqa: S311 - to be the same each time is the point
        create_table(stage.dynamodb)
        self.fate.begun = self.fate.done = lambda _: None

    # Functions

    def ingest(self, turn: Turn | None = None) -> int:
        def sort(number: int, batch: Json) -> list[str]:
            self.counted["events"] += _events(record["body"] for record in batch["Records"])
            env = self.stage.environments[number]
            urls = self.looks.url, self.delay.url, self.delay_dead.url
            return Ingestion(Queues(env.sqs), *urls, self.terms, env.clock, self.count).sort(records(batch))

        return self._invoke("ingest", self.delay, _INGEST, sort, turn)

    @property
    def events_waiting(self) -> int:
        """How many events of members wait for the end of their grace, which nobody but them is to blame for."""
        return _events(self.delay.bodies())

    def look(self, turn: Turn | None = None) -> int:
        def look(number: int, batch: Json) -> list[str]:
            reconciler = self._lookout(number)
            looks = Batch(reconciler)
            return reconciler.hub.queues.work_off(
                self.looks.url, records(batch), self._noted("look", looks.attend), looks.prepare
            )

        return self._invoke("look", self.looks, _LOOK, look, turn)

    def look_at(self, hint: Hint, turn: Turn | None = None) -> None:
        """A look at a cluster though another one may be under way, which took longer than SQS holds a group."""
        self._run("look", lambda number: self._lookout(number).look(hint, 1), turn)

    def act(self, turn: Turn | None = None) -> int:
        def act(number: int, batch: Json) -> list[str]:
            self.counted["requests"] += len(batch["Records"])
            acts = self._acting(number)
            return acts.hub.queues.work_off(self.acts.url, records(batch), self._noted("act", acts.attend))

        return self._invoke("act", self.acts, _ACT, act, turn)

    def sweep(self, turn: Turn | None = None) -> None:
        self._run("sweep", lambda number: self._rounds(number).unfinished(), turn)

    def visit(self, turn: Turn | None = None, *, everywhere: bool = True) -> None:
        self._run("visit", lambda number: self._rounds(number).visit(everywhere=everywhere), turn)

    def _free(self) -> int:
        """The number of an environment in which nothing runs: any one of them if it `rotates`, as Lambda has it."""
        busy = {run.environment for run in self.fate.alive}
        free = [number for number in range(len(self.stage.environments)) if number not in busy]
        return self._chance.choice(free) if self.rotates else free[0]

    def _lookout(self, number: int) -> Reconciler:
        env = self.stage.environments[number]
        if number not in self.reconcilers:
            self.reconcilers[number] = assemble(
                self._hub(number),
                accounts=env.accounts,
                reader=Role(READER, "coastguard-look"),
                terms=self.terms,
                policy=self._source(env.clock),
                connect=boto3.client,
            )
        return self.reconcilers[number]

    def _acting(self, number: int) -> Act:
        env = self.stage.environments[number]
        if number not in self.actings:
            self.actings[number] = acting.assemble(
                self._hub(number),
                accounts=env.accounts,
                remediator=REMEDIATOR,
                team=TEAM.id,
                terms=self.terms,
                policy=self._source(env.clock),
                regions=[REGION],
                command="/ecs",
            )
        return self.actings[number]

    def _hub(self, number: int) -> Hub:
        env = self.stage.environments[number]
        return Hub(
            table=env.store,
            queues=Queues(env.sqs),
            addresses=Addresses(looks=self.looks.url, delay=self.delay.url, acts=self.acts.url),
            slack=self._slack,
            clock=env.clock,
            count=self.count,
            sleep=self.fate.sleep,
        )

    def _source(self, clock: Callable[[], datetime]) -> PolicySource:
        return PolicySource("ssm:/coastguard/policy", lambda _: self.policy, clock)

    def _rounds(self, number: int) -> Sweeper:
        env = self.stage.environments[number]
        pace = RateLimit(*PACE, self.clock.seconds, self.fate.sleep)
        rounds = sweeper.assemble(
            store=env.store,
            queues=Queues(env.sqs),
            looks_url=self.looks.url,
            accounts=env.accounts,
            reader=Role(READER, "coastguard-sweep"),
            organization=Organization(env.organizations, env.clock, pace),
            regions=(REGION,),
            terms=self.terms,
            policy=self._source(env.clock),
            patience=timedelta(seconds=25),
            clock=env.clock,
            ticks=self.clock.seconds,
            sleep=self.fate.sleep,
            count=self.count,
        )
        # Accounts have tags in all stories, whatever policy is in force.
        return replace(rounds, by_account_tag=lambda: True)

    @staticmethod
    def _slack() -> Slack:
        return Slack(BOT_TOKEN, API)

    def count(self, name: str, number: int) -> None:
        self.counted[name] += number

    def _invoke(
        self, name: str, queue: Post, most: int, function: Callable[[int, Json], list[str]], turn: Turn | None
    ) -> int:
        batch = queue.receive(most)
        if batch["Records"]:
            chain = lineage.invocation(f"coastguard-{name}", batch["Records"])
            self.chains[name] = max(self.chains[name], chain.number)
            if self.guarded and chain.number > lineage.MOST_INVOCATIONS:
                self.dropped += 1  # as Lambda does: the batch comes back when its visibility is over
                return len(batch["Records"])

            def run(number: int) -> None:
                failed = function(number, batch)
                queue.settle(batch, failed)
                if failed and not queue.fifo:
                    struck = self.fate.running[-1].struck
                    self._failed(f"{name} gave back {len(failed)} of {len(batch['Records'])}", struck)

            self._run(name, run, turn, chain.trace)
            queue.count_tries(batch)
        return len(batch["Records"])

    def _noted(self, name: str, attend: Callable[[list[Record]], None]) -> Callable[[list[Record]], None]:
        """The same work, whose failures are noted. A group that is given back without one was cut off by its batch."""

        def work(waiting: list[Record]) -> None:
            run = self.fate.running[-1]
            run.overtaken = run.overtaken or len(self.fate.alive) > 1
            try:
                attend(waiting)
            except NotYet:
                raise
            except Exception as error:
                group = waiting[0].group
                # What has struck another account is no excuse.
                struck = [what for what in run.struck if what in HUB]
                struck += [account for account in ACCOUNTS.values() if self.struck_lately(account, _REMEMBERED)]
                struck = [what for what in struck if what in HUB or group.startswith(what)]
                # Whose time is used up, by others that ran meanwhile too, has to give back what is left.
                late = isinstance(error, Busy) and "no time left" in str(error) and (run.struck or run.overtaken)
                if not (late or (isinstance(error, Conflict) and run.overtaken)):
                    self._failed(f"{name} of {group} raised {type(error).__name__}: {error}", struck)
                raise

        return work

    def _run(self, name: str, function: Callable[[int], None], turn: Turn | None, trace: str = "") -> None:
        """As Lambda runs a function: one that dies or raises has done nothing as far as its queue knows.

        What a schedule runs has no `trace` yet, and begins a new chain.
        """
        number = self._free()
        self.fleet.go_on()
        trace = trace or lineage.invocation(f"coastguard-{name}", ()).trace
        with self.fate.runs(name, _SECONDS[name], turn, number, trace) as run:

            def left() -> float:
                return (run.began + run.limit - self.clock()).total_seconds()

            def in_time() -> None:
                with within(left):
                    function(number)

            try:
                Context().run(in_time)  # one function knows nothing of another
            except Died:
                self.reconcilers.pop(number, None)
                self.actings.pop(number, None)
                self.stage.environments[number].forget()
            except Exception as error:
                logging.getLogger(__name__).exception("invocation.failed")
                if not (isinstance(error, Conflict) and run.overtaken):
                    self._failed(f"{name} raised {type(error).__name__}: {error}", run.struck)

    def _failed(self, what: str, struck: Sequence[str]) -> None:
        """A function has failed. Nothing does that without a cause: something must have struck it."""
        if not struck:
            self.failures.append(what)

    def _conflict(self, what: str) -> None:
        self.met[what] += 1
        if what == "conflict of transactions":
            self.struck("dynamodb")

    def struck(self, what: str) -> None:
        """Something has struck a call: a fault of a member account (its id), or of a part of the hub (of HUB)."""
        self.strikes.append((self.clock(), what))
        if self.fate.running:
            self.fate.running[-1].struck.append(what)

    def struck_lately(self, what: str, span: timedelta) -> bool:
        """Whether something has struck it since then."""
        since = self.clock() - span
        return any(what == each for at, each in takewhile(lambda strike: strike[0] >= since, reversed(self.strikes)))

    # Events

    def minute(self) -> None:
        """A minute as the hub's schedule has it."""
        self.sweep()
        self.visit(everywhere=False)
        self.wait(60)

    def days(self, number: int) -> None:
        """Days pass; the hub sweeps now and then, which is as good as always.

        For so long neither SQS refuses nor a service of AWS fails: the few looks of these days stand for thousands, of
        which some would come through.
        """
        self.office.places = frozenset()
        self.stage.wire.faults.mend()
        for _ in range(4 * number):
            self.wait(6 * 3600)
            self.sweep()
            self.visit()
            self.wait(30)

    def expire(self) -> int:
        """DynamoDB deletes the rows whose time is over; how many."""
        expired = self.ledger.forget(self.clock.seconds())
        self.fate.done("dynamodb:DeleteItem")
        return expired

    def tell(self, machine: Machine, how: str = "event") -> None:
        """EventBridge tells of the machine as it is now: by a state change or a health change."""
        now = self.clock()
        if how == "health":
            arn = f"arn:aws:ecs:{machine.region}:{machine.account}:cluster/{machine.cluster}"
            detail = {"clusterArn": arn, "containerInstanceArn": machine.arn, "ec2InstanceId": machine.host.name}
            body = bent(
                event("health-change-agent-gone"),
                detail,
                time=f"{now:%Y-%m-%dT%H:%M:%SZ}",
                account=machine.account,
                region=machine.region,
            )
        else:
            body = wire_payloads.event(machine, now)
        self.sent.append(body)
        self.mail(body)

    def mail(self, body: str, delay: float | None = None) -> None:
        self.delay.send(body, delay=delay)

    def ask_look(self, label: str) -> None:
        """Somebody asks for a look at one cluster, as a round does for all that are in trouble."""
        cluster = self.cluster(label)
        token = f"asked {self.clock.seconds()}"
        self.looks.send(to_hint(Hint(cluster, Why.SWEEP)), group=group_id(cluster), token=token)

    # People

    def buttons(self) -> list[Button]:
        """Every button that Slack shows, oldest message first."""
        found: list[Button] = []
        for channel in (CHANNEL, SECOND.id):
            conversation = self.workspace.conversation(self.workspace.moved(channel))
            assert conversation is not None
            for message in conversation._messages.values():
                if not message.deleted:
                    found += [Button(conversation, message, each) for each in _elements(message)]
        return found

    def click(self, person: str, button: Button) -> None:
        """Somebody presses a button, and fills in the modal if one asks; the front puts it on acts.fifo."""
        if button not in self.snapshots:
            self.snapshots = [*self.snapshots[-30:], button]
        workspace = self.workspace
        origin = Origin(PEOPLE[person], button.conversation.channel.id, button.message.ts)
        handles = Handles(workspace.tickets.hand_out(origin, workspace.clock())[0], "http://127.0.0.1/hook")
        chosen = used(button.found.element, None)
        who = workspace.people[PEOPLE[person]]
        clicked = Click(who, button.conversation, button.message, button.found, chosen, workspace.next_ts())
        payload = _payload(payloads.block_actions(clicked, handles))
        action = payload["actions"][0]
        remedy = REMEDIES.get(action["action_id"].removeprefix(REPAIR))
        if action["action_id"] == MUTE:
            self.say(person, Command("mute", f"cluster:{action['value']}", span="20m", reason="a deploy"), handles)
        elif action["action_id"] == ACKNOWLEDGE_ALL:
            self.say(person, Command("ack", action["value"]), handles)
        elif action["action_id"] == UNMUTE:
            self.say(person, Command("unmute", action["value"]), handles)
        elif remedy and remedy.drastic:
            view = workspace.views.open(who.id, modals.repair_view(remedy, payload, action))
            host = json.loads(view["private_metadata"])["action"]["value"].split(" ")[1]
            values = values_of(view["blocks"], filled(proof=host[-4:], reason="it hangs"))
            self.enqueue(
                from_view(_payload(payloads.view_submission(who, view, values, handles.trigger_id)), self.clock())
            )
        else:
            self.enqueue(from_click(payload, action, self.clock()))

    def say(self, person: str, command: Command, handles: Handles | None = None) -> None:
        """Somebody gives a command; the front puts it on acts.fifo."""
        workspace = self.workspace
        origin = Origin(PEOPLE[person], CHANNEL)
        trigger = (handles or Handles(workspace.tickets.hand_out(origin, workspace.clock())[0], "")).trigger_id
        body = {"user_id": PEOPLE[person], "team_id": TEAM.id, "channel_id": CHANNEL, "trigger_id": trigger}
        asked = asks.ask(body, to_line(command), self.clock())
        said = Said(asked, command, sure=True)
        try:
            send_in_order(self.front, self.acts.url, asked.group, asks.to_message(asked), asked.id)
        except (ClientError, BotoCoreError):
            said.sure = False
        self.said.append(said)

    def said_again(self, said: Said) -> None:
        """The very same words, after SQS has forgotten that it had them."""
        token = f"{said.asked.id} {self.clock.seconds()}"
        self.acts.send(asks.to_message(said.asked), group=said.asked.group, token=token)

    def enqueue(self, request: Request) -> None:
        truth = self.fleet.truths.get(request.instance)
        asked = Asked(request, truth.machine.host.name if truth else "", sure=True)
        try:
            send_in_order(self.front, self.acts.url, group_id(request.cluster), to_message(request), request.id)
        except (ClientError, BotoCoreError):
            asked.sure = False  # Slack shows the person that it did not work
        self.asked.append(asked)

    @property
    def front(self) -> Any:  # botocore's clients have no types
        """What the front sends with."""
        return self.stage.environments[0].sqs

    def acts_again(self, asked: Asked) -> None:
        """The very same request, after SQS has forgotten that it had it."""
        request = asked.request
        self.acts.send(to_message(request), group=request.cluster.key, token=f"{request.id} {self.clock.seconds()}")

    def policy_changes(self, name: str) -> None:
        """Somebody writes another policy, or what is none: then the last good one stays in force."""
        policy = POLICIES[name]
        self.policy.put(policy.text)
        self.policies.append((self.clock(), policy if policy.good else self.policies[-1][1]))

    def in_force(self, since: datetime, until: datetime) -> list[Policy]:
        """Every policy that was in force at some time between."""
        before = [policy for at, policy in self.policies if at <= since][-1:]
        return before + [policy for at, policy in self.policies if since < at <= until]

    def turn_switch(self, *, stop: bool) -> None:
        """Another act has just stopped all repairs, or let them go on."""
        with self.fate.aside():
            store = self.stage.environments[0].store
            before = store.switch()
            store.turn(RepairStop(ALICE if stop else "", self.clock(), "a deploy", before.version))
        self.fate.done("dynamodb:PutItem")

    def slack_fault(self, method: str, kind: str, **more: Any) -> None:
        self.workspace.faults.order(SlackFault(method, kind, **more))

    # Time

    def forward(self, seconds: float) -> None:
        self.clock.forward(seconds=seconds)
        self.fleet.go_on()

    def next_due(self, *queues: Post) -> datetime | None:
        due = [moment for queue in queues if (moment := queue.next_due()) is not None]
        return datetime.fromtimestamp(min(due), UTC) if due else None

    def leap(self, longest: float, *queues: Post) -> bool:
        """Let the time pass until something is due in these queues, if that is not too far away."""
        due = self.next_due(*queues)
        left = (due - self.clock()).total_seconds() if due else None
        if left is None or left > longest:
            return False
        if left >= 0:
            self.forward(left + 0.001)
        return True

    def wait(self, seconds: float) -> None:
        """Let time pass, and the hub do what is due meanwhile."""
        until = self.clock() + timedelta(seconds=seconds)
        self.deliver()
        while (left := (until - self.clock()).total_seconds()) > 0 and self.leap(
            left, self.delay, self.looks, self.acts
        ):
            self.deliver()
        left = (until - self.clock()).total_seconds()
        if left > 0:
            self.forward(left)

    def deliver(self) -> None:
        """Hand over everything that is due, as long as there is anything."""
        for _ in range(2_000):
            if not self.ingest() + self.act() + self.look():
                return
        raise AssertionError("the hub never comes to rest")

    # What goes wrong

    def order(self, *faults: Fault) -> None:
        self.stage.wire.faults.order(*faults)

    @property
    def has_trouble(self) -> bool:
        """Whether anything is ordered to go wrong."""
        hub = self.office.places or self.ledger.lag or self.workspace.faults._waiting
        return bool(self.stage.wire.faults._on or hub or self.line.ails or self.fleet.without_role)

    @property
    def converted(self) -> bool:
        """Whether the second channel has its other id."""
        return self.workspace.moved(SECOND.id) != SECOND.id

    def convert(self) -> None:
        """Somebody makes the second channel one to be shared."""
        with self.workspace.changing():
            self.workspace.convert(SECOND.id)

    def heal(self) -> None:
        self.heal_aws()
        self.heal_slack()

    def heal_aws(self) -> None:
        self.stage.wire.faults.mend()
        self.office.places = frozenset()
        self.ledger.lag = timedelta()
        for environment in self.stage.environments:
            environment.skew = timedelta()
        for account in ACCOUNTS.values():
            self.fleet.back(account)

    def heal_slack(self) -> None:
        self.workspace.faults.clear()
        self.line.heal()

    # Names

    def cluster(self, label: str) -> Cluster:
        account, name = label.split("/")[:2]
        return Cluster(ACCOUNTS[account], REGION, name)

    def label(self, cluster: Cluster) -> str:
        (letter,) = [letter for letter, account in ACCOUNTS.items() if account == cluster.account]
        return f"{letter}/{cluster.name}"

    def labels(self) -> list[str]:
        return [f"{letter}/{name}" for letter in ACCOUNTS for name in self.clusters]

    def machine(self, label: str) -> Machine:
        return self.fleet.machine(label)

    def place(self, label: str) -> Place:
        return self.fleet.place(label)


def _payload(body: bytes) -> Json:
    payload: Json = json.loads(parse_qs(body.decode())["payload"][0])
    return payload


def _elements(message: Message) -> list[Found]:
    return [
        Found(element, block["block_id"], attachment["id"])
        for attachment in message.attachments
        for block in attachment.get("blocks", ())
        if block["type"] == "actions"
        for element in block["elements"]
        if element["type"] == "button"
    ]


def _events(bodies: Iterable[str]) -> int:
    """Count the messages that EventBridge has sent."""
    return sum('"detail-type"' in body for body in bodies)
