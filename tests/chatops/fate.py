"""Crashes: acting dies once, just before or just after a step, as a function does that runs out of time or memory."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.model import OperationModel

from hub.incidents.audit import Entry
from hub.incidents.bulletin import Bulletin
from hub.incidents.hints import Chore, Hint
from hub.incidents.incident import Incident
from hub.incidents.mute import Mute
from hub.policy.repair_stop import RepairStop
from hub.queues import Queues
from hub.slack.client import Slack
from hub.table.clusters import Alongside
from hub.table.requests import Claim
from hub.table.store import Store
from spoke.places import Cluster
from tests.patience import PATIENCE_SECONDS


class Died(Exception):
    """The function is no more. The queue will bring its message again."""


class Fate:
    """What will happen when a step is taken: "before save 2" dies before the second save."""

    def __init__(self) -> None:
        self.moment = ""
        self._taken: Counter[str] = Counter()

    def die(self, moment: str) -> None:
        """Choose the moment, counting steps from now on."""
        self.moment = moment
        self._taken.clear()

    def before(self, step: str) -> None:
        self._taken[step] += 1
        self._pass(f"before {step} {self._taken[step]}")

    def after(self, step: str) -> None:
        self._pass(f"after {step} {self._taken[step]}")

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.before(name)
        yield
        self.after(name)

    def _pass(self, moment: str) -> None:
        if moment == self.moment:
            self.moment = ""
            raise Died(moment)


class MortalStore(Store):
    """The table, in the hands of a function that may die."""

    def __init__(self, table: str, region: str, fate: Fate) -> None:
        super().__init__(table, region, opens_in_pages=True)
        self._fate = fate

    def claim(self, request: str, now: datetime) -> Claim:
        with self._fate.step("claim"):
            return super().claim(request, now)

    def save(
        self,
        incidents: Sequence[Incident],
        bulletin: Bulletin | None = None,
        entries: Iterable[Entry] = (),
        alongside: Alongside | None = None,
        **read: Any,
    ) -> Bulletin | None:
        with self._fate.step("save"):
            return super().save(incidents, bulletin, entries, alongside, **read)

    def log(self, cluster: Cluster | None, entry: Entry) -> None:
        with self._fate.step("log"):
            super().log(cluster, entry)

    def finish(self, claim: Claim, outcome: str, cluster: Cluster | None = None, entry: Entry | None = None) -> Claim:
        with self._fate.step("finish"):
            return super().finish(claim, outcome, cluster, entry)

    def keep_mute(self, mute: Mute, changed: datetime | None = None) -> Mute:
        with self._fate.step("mute"):
            return super().keep_mute(mute, changed)

    def turn(self, switch: RepairStop) -> None:
        with self._fate.step("turn"):
            super().turn(switch)


class MortalQueues(Queues):
    """The queues, likewise."""

    def __init__(self, sqs: Any, fate: Fate) -> None:
        super().__init__(sqs)
        self._fate = fate

    def ask_looks(self, url: str, hints: Iterable[Hint | Chore], token: str) -> set[str]:
        with self._fate.step("ask"):
            return super().ask_looks(url, hints, token)


class MortalSlack(Slack):
    """Slack, likewise."""

    def __init__(self, token: str, api_url: str, fate: Fate) -> None:
        super().__init__(token, api_url, PATIENCE_SECONDS)
        self._fate = fate

    def whisper(self, channel: str, user: str, text: str, blocks: Sequence[Mapping[str, Any]]) -> None:
        with self._fate.step("whisper"):
            super().whisper(channel, user, text, blocks)

    def respond(self, url: str, text: str, blocks: Sequence[Mapping[str, Any]], *, aloud: bool = False) -> None:
        with self._fate.step("respond"):
            super().respond(url, text, blocks, aloud=aloud)

    def publish(self, user: str, view: Mapping[str, Any]) -> None:
        with self._fate.step("publish"):
            super().publish(user, view)

    def post(self, channel: str, *parts: Any, **more: Any) -> str:
        with self._fate.step("post"):
            return super().post(channel, *parts, **more)


Answer = tuple[AWSResponse, dict[str, Any]]


class Trail:
    """What was called in AWS, by IAM action ("ec2:DescribeInstances"): the record, what fails, and when to die."""

    def __init__(self, fate: Fate) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._fate = fate
        self._answers: dict[str, Callable[[], Answer | None]] = {}

    def of(self, action: str) -> list[dict[str, Any]]:
        """The arguments of an action's calls; those in JSON are left out."""
        return [arguments for called, arguments in self.calls if called == action]

    def fail(self, action: str, code: str, status: int = 400) -> None:
        """Let AWS answer with an error until further notice."""
        error = {"Error": {"Code": code, "Message": "token=very-secret"}}
        self.answer(action, error | {"ResponseMetadata": {"HTTPStatusCode": status}}, status)

    def answer(self, action: str, body: dict[str, Any], status: int = 200) -> None:
        """Let AWS answer something of ours until further notice."""
        self._answers[action] = lambda: (AWSResponse("", status, {}, None), body)

    def mend(self) -> None:
        self._answers.clear()

    def before_call(self, model: OperationModel, params: Mapping[str, Any], **_: object) -> Answer | None:
        """Handle botocore's event before a request is sent."""
        action = f"{model.service_model.signing_name}:{model.name}"
        body = params["body"]
        self.calls.append((action, dict(body) if isinstance(body, dict) else {}))
        self._fate.before(action)
        return self._answers.get(action, lambda: None)()

    def after_call(self, model: OperationModel, **_: object) -> None:
        """Handle botocore's event after the answer has come."""
        self._fate.after(f"{model.service_model.signing_name}:{model.name}")
