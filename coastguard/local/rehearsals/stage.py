"""The stage: what a rehearsal can see and do in the world, and what it says when the world does not follow."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from coastguard.local.slack.directory import CHANNELS
from coastguard.local.world import World
from spoke.places import Cluster

_T = TypeVar("_T")

CHANNEL = CHANNELS[0].id
ALICE, BOB = "U0ALICE01", "U0BOB0002"
_POLL_SECONDS = 0.1
_CLICK_SECONDS = 10
_CAUSES = 3

Json = dict[str, Any]


class BrokenError(Exception):
    """The world did not do what Coastguard promises; the text says what was expected and why it did not come."""


@dataclass(slots=True)
class Stage:
    """A world with a timeline. `tell` prints a line of it: seconds since the beginning, and what happened."""

    world: World
    tell: Callable[[float, str], None]
    begun: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """Put a line on the timeline."""
        self.tell(time.monotonic() - self.begun, text)

    def wait(self, expected: str, look: Callable[[], _T | None], seconds: float) -> _T:
        """Wait until `look` finds something; raises BrokenError that names the likely cause."""
        deadline = time.monotonic() + seconds
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > deadline:
                raise BrokenError(f"expected within {seconds:.0f} s: {expected}. {self.causes()}")
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
        sqs = self.world.aws.client("sqs")
        for output in ("DelayDeadQueueUrl", "LooksDeadQueueUrl", "ActsDeadQueueUrl"):
            url = self.world.outputs[output]
            counted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
            yield url.rsplit("/", 1)[-1], int(counted["Attributes"]["ApproximateNumberOfMessages"])

    # The fleet

    def instances(self, cluster: Cluster) -> list[Json]:
        """Show a cluster's container instances."""
        return [
            instance
            for account in self.world.fleet()["accounts"]
            for region in account["regions"]
            for found in region["clusters"]
            for instance in found["instances"]
            if (account["id"], region["name"], found["name"]) == (cluster.account, cluster.region, cluster.name)
        ]

    def plug(self, cluster: Cluster, instances: list[str], *, connected: bool) -> None:
        """Unplug agents, or plug them in again."""
        where = {"account": cluster.account, "region": cluster.region, "cluster": cluster.name}
        self.world.aws.ask("agents", {**where, "instances": instances, "connected": connected})

    # Slack

    def messages(self) -> list[Json]:
        """Show the channel."""
        channels: list[Json] = self.world.workspace.state()["channels"]
        return [message for channel in channels if channel["id"] == CHANNEL for message in channel["messages"]]

    def bulletins(self, cluster: Cluster) -> list[Json]:
        """Show the channel's messages about a cluster."""
        return [message for message in self.messages() if subject(message).startswith(f"{cluster.key}#")]

    def click(self, user: str, message: Json, action: str) -> None:
        """Click a button as somebody. Raises BrokenError if the app does not answer as it must."""
        body = {"user": user, "channel": CHANNEL, "ts": message["ts"], "action_id": action}
        request = urllib.request.Request(f"{self.world.url}/slack/click", json.dumps(body).encode())  # noqa: S310  # 127.0.0.1
        try:
            with urllib.request.urlopen(request, timeout=_CLICK_SECONDS) as answer:  # noqa: S310  # 127.0.0.1
                said = json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise BrokenError(f"the click on {action} was not possible: {json.load(error)['error']}") from error
        if said["status"] == 401:
            raise BrokenError(
                f"the app answered the click on {action} with 401: it does not accept Slack's signature. The signing "
                f"secret in {self.world.outputs['SecretArn']} is not the Slack app's. {self.causes()}"
            )
        if said["error"]:
            raise BrokenError(f"the app did not answer the click on {action}: {said['error']}. {self.causes()}")
        self.say(f"click on {action} answered with {said['status']} after {said['milliseconds']} ms")


def subject(message: Json) -> str:
    """Tell which bulletin a message is, "" if none."""
    return str(((message.get("metadata") or {}).get("event_payload") or {}).get("bulletin", ""))


def state(message: Json) -> str:
    """Tell how a bulletin's episode stands."""
    return str(message["metadata"]["event_payload"]["state"])


def words(message: Json) -> str:
    """Return everything a message says, as one text."""
    return json.dumps([message["text"], message["blocks"], message["attachments"]], ensure_ascii=False)
