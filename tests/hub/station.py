"""A hub at work: events go in, time passes, looks are made; what comes out stands in the table and in Slack.

The entry points' functions are called as Lambda's event source mappings would call them, one after another.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hub.incidents.bulletin import Bulletin
from hub.incidents.incident import Incident
from hub.incidents.mute import Mute, mute_id
from hub.looks.batch import Batch
from hub.looks.ingestion import Ingestion
from hub.looks.lifecycle import Lifecycle
from hub.looks.reconciler import Reconciler, assemble
from hub.policy.source import PolicySource
from hub.policy.terms import Terms
from hub.queues import Queues, answer, records
from hub.scopes.scope import Scope
from hub.slack.client import Slack
from hub.sweeping import organization, sweeper
from hub.sweeping.sweeper import Sweeper
from hub.table.store import Store
from hub.wiring import Addresses, Hub
from spoke.accounts import Accounts, Role
from spoke.places import Cluster
from tests.hub.factories import ALICE, TERMS, Json, bent, event
from tests.hub.faults import Faults
from tests.hub.mortals import Died
from tests.hub.slack_side import SlackSide
from tests.hub.stack import Mail
from tests.hub.timing import Clock
from tests.spoke.fleet import REGION
from tests.wire.fleet import Fleet
from tests.wire.organization import Organization
from tests.wire.parameters import Parameters

_POLICY = "/coastguard/policy"


@dataclass
class Station:
    clock: Clock
    mail: Mail
    queues: Queues
    store: Store
    accounts: Accounts
    reader: Role
    slack: SlackSide
    fleet: Fleet
    faults: Faults
    client: Callable[[], Slack]
    organization: Organization
    parameters: Parameters
    client_of: Callable[[str], Any]
    terms: Terms = TERMS
    policy_place: str = ""
    regions: tuple[str, ...] = (REGION,)
    counted: Counter[str] = field(default_factory=Counter)
    slowness: float = 1.0
    swept_at: datetime | None = None
    sources: dict[str, PolicySource] = field(default_factory=dict)

    @property
    def policy(self) -> PolicySource:
        """What all functions read the policy by: each of them knows it for a minute."""
        return self.sources.setdefault(self.policy_place, PolicySource(self.policy_place, self.client_of, self.clock))

    @property
    def lifecycle(self) -> Lifecycle:
        return Lifecycle(self.store)

    @property
    def reconciler(self) -> Reconciler:
        """A function's; the next one remembers nothing of what this one has seen."""
        hub = Hub(
            table=self.store,
            queues=self.queues,
            addresses=Addresses(looks=self.mail.looks, delay=self.mail.delay),
            slack=self.client,
            clock=self.clock,
            count=self.count,
            sleep=self.sleep,
        )
        return assemble(
            hub,
            accounts=self.accounts,
            reader=self.reader,
            terms=self.terms,
            policy=self.policy,
            connect=self.client_of,
        )

    @property
    def sorter(self) -> Ingestion:
        mail = self.mail
        return Ingestion(self.queues, mail.looks, mail.delay, mail.dead, self.terms, self.clock, self.count)

    @property
    def sweeper(self) -> Sweeper:
        return sweeper.assemble(
            store=self.store,
            queues=self.queues,
            looks_url=self.mail.looks,
            accounts=self.accounts,
            reader=self.reader,
            organization=organization.Organization(self.client_of("organizations"), self.clock, lambda: None),
            regions=self.regions,
            terms=self.terms,
            policy=self.policy,
            patience=timedelta(seconds=25),
            clock=self.clock,
            ticks=self.clock.seconds,
            sleep=self.sleep,
            count=self.count,
        )

    def sleep(self, seconds: float) -> None:
        """Wait; where a function's work takes longer than it seems, so many times as long."""
        self.clock.forward(seconds=seconds * self.slowness)

    def count(self, name: str, number: int) -> None:
        self.counted[name] += number

    def govern(self, policy: str) -> None:
        """Put a policy where the functions find it; one that was read before is known for another minute."""
        self.policy_place = f"ssm:{_POLICY}"
        self.parameters.put(_POLICY, policy)

    def mute(
        self, scope: str, *, by: str = ALICE, reason: str = "the new AMI", channel: str = "", **span: float
    ) -> Mute:
        """Somebody mutes that, for an hour unless a span is given."""
        now = self.clock()
        until, name = now + timedelta(**(span or {"hours": 1})), mute_id(f"{by} {scope} {now} {reason}")
        return self.store.keep_mute(Mute(Scope.parse(scope), until, by, reason, now, channel=channel, id=name), now)

    def unmute(self, scope: str) -> None:
        """Somebody ends it early."""
        (mute,) = [mute for mute in self.store.mutes() if str(mute.scope) == scope]
        self.store.keep_mute(replace(mute, ended_at=self.clock()), self.clock())

    # What happens in the member account

    def quiet(self, cluster: Cluster, host: str | None = None) -> tuple[str, str]:
        """A container instance whose agent goes quiet now, of which ECS tells; its id and its host."""
        instance, at = self.fleet.quiet(cluster, host)
        self.fleet.known(cluster, instance).version = 10
        self.tell(cluster, instance)
        return instance, at

    def disconnect(self, cluster: Cluster, instance: str) -> None:
        self.fleet.unplug(cluster, instance)
        self.fleet.known(cluster, instance).version += 1
        self.tell(cluster, instance)

    def reconnect(self, cluster: Cluster, instance: str) -> None:
        """ECS tells of that as well, but the rule does not let it through."""
        known = self.fleet.known(cluster, instance)
        known.connected = True
        known.version += 1

    def tell(
        self,
        cluster: Cluster,
        instance: str,
        *,
        version: int | None = None,
        times: int = 1,
        at: datetime | None = None,
    ) -> None:
        """The event that ECS sends when an agent is gone; EventBridge may deliver it more than once."""
        now = at or self.clock()
        detail = {
            "clusterArn": cluster.arn,
            "containerInstanceArn": cluster.arn.replace(":cluster/", ":container-instance/") + f"/{instance}",
            "ec2InstanceId": self.fleet.known(cluster, instance).host.name,
            "version": version or self.fleet.known(cluster, instance).version,
        }
        envelope = bent(event("state-change"), detail, time=f"{now:%Y-%m-%dT%H:%M:%SZ}")
        for _ in range(times):
            self.mail.sqs.send_message(QueueUrl=self.mail.delay, MessageBody=envelope)

    # What the hub does

    def wait(self, **span: float) -> None:
        """Let time pass, and the hub do what is due meanwhile."""
        until = self.clock() + timedelta(**span)
        self.deliver()
        while (due := self._next_due()) and due <= until:
            self.clock.forward(seconds=max((due - self.clock()).total_seconds(), 0) + 0.001)
            self.deliver()
        self.clock.forward(seconds=max((until - self.clock()).total_seconds(), 0))

    def deliver(self) -> None:
        """Hand over everything that is due, as long as there is anything."""
        while self.ingest() + self.look():
            pass

    def ingest(self) -> int:
        return self._invoke(self.mail.delay, lambda batch: self.sorter.sort(records(batch)), most=1_000)

    def look(self) -> int:
        looks = Batch(self.reconciler)

        def look(batch: Json) -> list[str]:
            return self.queues.work_off(self.mail.looks, records(batch), looks.attend, looks.prepare)

        return self._invoke(self.mail.looks, look)

    def sweep(self) -> None:
        """Look at whatever is unfinished; not twice at a moment: SQS would take that for the same question."""
        if self.clock() == self.swept_at:
            self.clock.forward(seconds=1)
        self.swept_at = self.clock()
        self.sweeper.unfinished()
        self.deliver()

    def visit(self) -> None:
        """Visit every member Region."""
        self.sweeper.visit(everywhere=True)
        self.deliver()

    def _invoke(self, url: str, function: Callable[[Json], list[str]], most: int = 10) -> int:
        batch = self.mail.receive(url, most)
        if batch["Records"]:
            with suppress(Died):
                self.mail.done(url, batch, answer(function(batch)))
        return len(batch["Records"])

    def _next_due(self) -> datetime | None:
        """When the next message will be due, of those that wait or are in flight."""
        due = [moment for url in (self.mail.delay, self.mail.looks) if (moment := self.mail.next_due(url)) is not None]
        return datetime.fromtimestamp(min(due), self.clock().tzinfo) if due else None

    # What came of it

    def incidents(self, cluster: Cluster) -> dict[str, Incident]:
        return self.store.known(cluster).incidents

    def bulletin(self, cluster: Cluster) -> Bulletin:
        kept = self.store.bulletin(cluster)
        assert kept is not None
        return kept

    def messages(self) -> list[Json]:
        """What was said in the channel itself, oldest first; replies that the channel shows too are none of it."""
        return [message for message in self.slack.messages() if message["thread_ts"] is None]

    def only_message(self) -> Json:
        (message,) = self.messages()
        return message

    def states(self) -> list[str]:
        """How the channel's messages say that things stand, oldest first."""
        return [message["metadata"]["event_payload"]["state"] for message in self.messages()]

    def finished(self) -> bool:
        """Whether there is nothing that the sweep would look at."""
        return not self.store.open_bulletins() and not self.store.clusters_in_trouble()

    def at_rest(self) -> bool:
        """Whether nothing lies in any queue, not even in those for dead letters."""
        mail = self.mail
        return not any(mail.waiting(url) for url in (mail.delay, mail.dead, mail.looks, mail.looks_dead))
