"""The stage: what a rehearsal can see and do in the world, and what it says when the world does not follow."""

import json
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from coastguard.local.members import Members
from coastguard.local.rehearsals.table import Kept, Where, read
from coastguard.local.slack.directory import CHANNELS
from coastguard.local.slack.faults import ANY_METHOD, Fault
from coastguard.local.world import World
from hub.slack.button_values import REPAIR
from spoke.places import Cluster

_T = TypeVar("_T")

CHANNEL = CHANNELS[0].id
ALICE, BOB, CAROL = "U0ALICE01", "U0BOB0002", "U0CAROL03"
COMMAND = "/ecs"
TERMINATE = f"{REPAIR}terminate"
_PROOF_LETTERS = 4
_POLL_SECONDS = 0.1
_CLICK_SECONDS = 10
_CAUSES = 3
# How often a long wait says how far it is, and a story that waits for the sweep has it run.
_PROGRESS_SECONDS = 10
_SWEEP_SECONDS = 3
_FOREVER = 1_000_000
_ROLES = "coastguard-"
_LAMBDAS = {"sqs:ReceiveMessage", "sqs:DeleteMessage"}
_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)

Json = dict[str, Any]


class BrokenError(Exception):
    """The world did not do what Coastguard promises; the text says what was expected and why it did not come."""


@dataclass(slots=True)
class Stage:
    """A world with a timeline. `tell` prints a line of it: seconds since the beginning, and what happened.

    A story puts into `flapping` what it made drop so often that this is trouble, however short each time was: the key
    of the cluster, and the container instance.
    """

    world: World
    tell: Callable[[float, str], None]
    begun: float = field(default_factory=time.monotonic)
    flapping: set[Where] = field(default_factory=set)

    @property
    def members(self) -> Members:
        """The member accounts, to let things happen in them."""
        return Members(self.world.aws)

    def say(self, text: str) -> None:
        """Put a line on the timeline."""
        self.tell(time.monotonic() - self.begun, text)

    def wait(
        self,
        expected: str,
        look: Callable[[], _T | None],
        seconds: float,
        *,
        far: Callable[[], str] | None = None,
        sweeping: bool = False,
    ) -> _T:
        """Wait until `look` finds something; raises BrokenError that names the likely cause.

        `far` says now and then how far a long wait has come. With `sweeping`, the sweep runs meanwhile: a cluster
        is looked at once a minute at most, however often one asks.
        """
        begun = spoken = time.monotonic()
        swept = 0.0
        while True:
            found = look()
            if found:
                return found
            now = time.monotonic()
            if now - begun > seconds:
                raise BrokenError(f"expected within {seconds:.0f} s: {expected}. {self.causes()}")
            if sweeping and now - swept >= _SWEEP_SECONDS:
                swept = now
                self.sweep()
            if now - spoken >= _PROGRESS_SECONDS:
                spoken = now
                self.say(f"  waiting for {expected}{f': {far()}' if far else ''}")
            time.sleep(_POLL_SECONDS)

    def causes(self) -> str:
        """Say what the world has seen refused, or where messages lie that nobody could handle."""
        refusals = [str(refusal["text"]) for refusal in self.world.aws.ask("refusals")["refusals"]]
        causes = list(dict.fromkeys(refusals))[:_CAUSES]
        causes += [f"{name} holds {number} messages" for name, number in self._dead_letters() if number]
        return (
            f"Cause: {'; '.join(causes)}" if causes else "Nothing was refused and no dead-letter queue holds anything."
        )

    def _dead_letters(self) -> Iterator[tuple[str, int]]:
        for output in ("DelayDeadQueueUrl", "LooksDeadQueueUrl", "ActsDeadQueueUrl"):
            url = self.world.outputs[output]
            yield url.rsplit("/", 1)[-1], self._counted(url)["ApproximateNumberOfMessages"]

    def _counted(self, url: str) -> dict[str, int]:
        counted = self.world.aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=list(_COUNTS))
        return {name: int(counted["Attributes"][name]) for name in _COUNTS}

    # The hub

    def sweep(self, *, everywhere: bool = False) -> None:
        """Sweep now instead of waiting for the minute: over what is unfinished, or everywhere.

        Raises BrokenError if the function fails.
        """
        answer = self.world.aws.client("lambda").invoke(
            FunctionName=self.world.outputs["SweepFunctionName"],
            Payload=json.dumps({"sweep": "all"} if everywhere else {}),
        )
        told = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise BrokenError(f"the sweep failed: {told}. {self.causes()}")

    def kept(self) -> Kept:
        """Show what Coastguard keeps."""
        return read(self.world)

    def waiting(self) -> int:
        """Count the messages on their way: in the delay queue and among the looks, in flight or not yet due."""
        return sum(
            sum(self._counted(self.world.outputs[output]).values()) for output in ("DelayQueueUrl", "LooksQueueUrl")
        )

    def settle(self, seconds: float) -> None:
        """Wait until every event that has happened so far has been seen to the end."""
        # What has just happened in a member is on its way to the hub's queue for a moment.
        time.sleep(1)
        self.wait("empty queues", lambda: not self.waiting(), seconds, far=lambda: f"{self.waiting()} messages")

    def calls(self, action: str, account: str) -> list[Json]:
        """Show the calls of an action that were allowed in an account."""
        calls: list[Json] = self.world.aws.ask(f"calls?action={action}")["calls"]
        return [call for call in calls if call["account"] == account and call["allowed"]]

    def counted(self) -> dict[str, int]:
        """Count the calls to AWS that Coastguard's roles have made so far, by action; the most frequent first.

        What Lambda does by itself is not among them.
        """
        numbers: list[Json] = self.world.aws.ask("numbers")["numbers"]
        counted: Counter[str] = Counter()
        for each in numbers:
            if each["role"].startswith(_ROLES) and each["action"] not in _LAMBDAS:
                counted[each["action"]] += each["calls"]
        return dict(counted.most_common())

    def dead_events(self) -> list[Json]:
        """Take what lies in the dead-letter queue of the events, each with its `reason`."""
        sqs, url = self.world.aws.client("sqs"), self.world.outputs["DelayDeadQueueUrl"]
        taken: list[Json] = []
        while messages := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=600
        ).get("Messages"):
            taken += [
                {"body": message["Body"], "reason": message["MessageAttributes"]["reason"]["StringValue"]}
                for message in messages
            ]
        return taken

    # Slack

    def messages(self) -> list[Json]:
        """Show the channels, each message with the `channel` that it stands in."""
        channels: list[Json] = self.world.workspace.state()["channels"]
        return [message | {"channel": channel["id"]} for channel in channels for message in channel["messages"]]

    def everything_said(self) -> list[Json]:
        """Show every message of every channel, the replies in its thread after it."""
        channels: list[Json] = self.world.workspace.state()["channels"]
        messages = [message for channel in channels for message in channel["messages"]]
        return [said for message in messages for said in (message, *message["replies"]) if not said["deleted"]]

    def bulletins(self, cluster: Cluster) -> list[Json]:
        """Show the messages about a cluster, whatever channel they stand in."""
        return [message for message in self.messages() if subject(message).startswith(f"{cluster.key}#")]

    def lose_one(self, cluster: Cluster, seconds: float, ill: str = "") -> tuple[str, Json]:
        """Unplug an agent for good; return its host and the bulletin, which comes so soon after the grace period.

        `ill` is what is wrong with the host, a word of coastguard.local.fleet.illness.
        """
        victim, *_ = self.members.instances(cluster)
        self.members.plug(cluster, [victim["id"]], connected=False, ill=ill)
        self.say(f"unplugged the agent of {victim['host']} in {cluster.key}")
        bulletin = self.wait(
            f"a bulletin about {victim['host']}",
            lambda: next((m for m in self.bulletins(cluster) if victim["host"] in words(m)), None),
            self.world.plan.grace + seconds,
        )
        self.say(f"bulletin in {bulletin['channel']}: {bulletin['text']}")
        return str(victim["host"]), bulletin

    def break_slack(self, *first: Fault) -> None:
        """Let Slack answer every call with an error, and do nothing; `first` are the troubles before that."""
        with self.world.workspace.lock:
            for fault in (*first, Fault(ANY_METHOD, "server_error", times=_FOREVER)):
                self.world.workspace.faults.order(fault)

    def mend_slack(self) -> None:
        """Let Slack be well again."""
        with self.world.workspace.lock:
            self.world.workspace.faults.clear()

    def limit_slack(self) -> None:
        """Switch on Slack's true rate limits: a message a second in a channel, say."""
        with self.world.workspace.lock:
            self.world.workspace.budgets.on = True

    def click(self, user: str, message: Json, action: str) -> None:
        """Click a button as somebody. Raises BrokenError if the app does not answer as it must."""
        body = {"user": user, "channel": message["channel"], "ts": message["ts"], "action_id": action}
        self._use(f"click on {action}", "click", body)

    def command(self, user: str, text: str, channel: str = CHANNEL) -> None:
        """Type the slash command with something behind it. Raises BrokenError as `click` does."""
        body = {"user": user, "channel": channel, "command": COMMAND, "text": text}
        self._use(f"{COMMAND} {text}", "command", body)

    def fill(self, user: str, **typed: str) -> None:
        """Fill in the modal that somebody has open, by the names of its inputs, and submit it.

        Raises BrokenError if there is none, or if the app finds something wrong with what was filled in.
        """
        view = next((v["view"] for v in self.world.workspace.state()["views"] if v["user"] == user), None)
        if view is None:
            raise BrokenError(f"no modal was opened for {user}. {self.causes()}")
        inputs = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
        values = {name: {inputs[name]["action_id"]: text} for name, text in typed.items()}
        said = self._use(
            f"modal {view['callback_id']}", "views/submit", {"user": user, "view": view["id"], "values": values}
        )
        if said["errors"]:
            raise BrokenError(f"the app does not take what was filled in: {said['errors']}")

    def terminate(self, user: str, message: Json, host: str, reason: str) -> None:
        """Click Terminate and fill in the modal that asks before it."""
        self.click(user, message, TERMINATE)
        self.fill(user, proof=host[-_PROOF_LETTERS:], reason=reason)

    def told(self, user: str) -> list[Json]:
        """Show what only this person was told, the newest last."""
        ephemerals: list[Json] = self.world.workspace.state()["ephemerals"]
        return [note for note in ephemerals if note["user"] == user]

    def _use(self, what: str, path: str, body: Json) -> Json:
        """Do something in Slack as somebody, and see that the app has answered."""
        request = urllib.request.Request(f"{self.world.url}/slack/{path}", json.dumps(body).encode())  # noqa: S310  # 127.0.0.1
        try:
            with urllib.request.urlopen(request, timeout=_CLICK_SECONDS) as answer:  # noqa: S310  # 127.0.0.1
                said: Json = json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise BrokenError(f"{what} was not possible: {json.load(error)['error']}") from error
        if said["status"] == 401:
            raise BrokenError(
                f"the app answered {what} with 401: it does not accept Slack's signature. The signing "
                f"secret in {self.world.outputs['SecretArn']} is not the Slack app's. {self.causes()}"
            )
        if said["error"]:
            raise BrokenError(f"the app did not answer {what}: {said['error']}. {self.causes()}")
        self.say(f"{what} answered with {said['status']} after {said['milliseconds']} ms")
        return said


def subject(message: Json) -> str:
    """Tell which bulletin a message is, "" if none."""
    return str(((message.get("metadata") or {}).get("event_payload") or {}).get("bulletin", ""))


def state(message: Json) -> str:
    """Tell how a bulletin's episode stands."""
    return str(message["metadata"]["event_payload"]["state"])


def words(message: Json) -> str:
    """Return everything a message says, as one text."""
    return json.dumps([message["text"], message["blocks"], message["attachments"]], ensure_ascii=False)
