"""Requests: what a click asks for, as it travels from front to act. Pure; the only module that reads a click's body."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from hub.message import ACKNOWLEDGE, LIST, PICK, REPAIR, Subject
from spoke.places import Cluster
from spoke.repairs import REMEDIES

ACKNOWLEDGING = "acknowledge"
PICKING = "pick"
LISTING = "list"

# Two of them make a source identity, of which STS takes 64 characters.
_SLACK_ID = re.compile(r"[A-Za-z0-9]{2,28}")


class BadRequest(ValueError):
    """A click or message that we have not made, or made in another release."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants what done about which incident.

    `wish` is "acknowledge", "pick", "list" or the name of a remedy. A list is about a whole cluster: it names neither
    instance nor incident.
    """

    id: str
    wish: str
    cluster: Cluster
    instance: str
    incident: str
    user: str
    team: str
    channel: str
    message: str
    at: datetime

    @property
    def source_identity(self) -> str:
        """The person, as the member account's CloudTrail shall name them."""
        return f"slack-{self.team}-{self.user}"


def from_click(body: Mapping[str, Any], action: Mapping[str, Any], at: datetime) -> Request:
    """Read a click on one of our buttons, or a choice from our menu. Raises BadRequest.

    The same click read twice is the same request.
    """
    try:
        cluster, instance, incident = _subject(action)
        return Request(
            id=hashlib.sha256(f"{body['trigger_id']} {action['action_id']}".encode()).hexdigest()[:20],
            wish=_wish(action["action_id"]),
            cluster=cluster,
            instance=instance,
            incident=incident,
            user=_slack_id(body["user"]["id"]),
            team=_slack_id(body["team"]["id"]),
            channel=_slack_id(body["container"]["channel_id"]),
            message=str(body["container"]["message_ts"]),
            at=at,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadRequest(f"not a click on a button of ours: {type(error).__name__}") from error


def to_message(request: Request) -> str:
    """Write a request for acts.fifo."""
    fields = asdict(request) | {"cluster": request.cluster.key, "at": request.at.timestamp()}
    return json.dumps(fields, separators=(",", ":"))


def from_message(text: str) -> Request:
    """Read a message of acts.fifo. Raises BadRequest."""
    try:
        fields = json.loads(text)
        fields["cluster"] = Cluster.from_key(fields["cluster"])
        fields["at"] = datetime.fromtimestamp(fields["at"], UTC)
        if fields["wish"] not in {ACKNOWLEDGING, PICKING, LISTING, *REMEDIES}:
            raise BadRequest("unknown wish")
        return Request(**fields)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError, RecursionError) as error:
        raise BadRequest(f"not a request: {error}") from error


def _slack_id(text: str) -> str:
    if not _SLACK_ID.fullmatch(text):
        raise ValueError("not an id of Slack's")
    return text


def _subject(action: Mapping[str, Any]) -> tuple[Cluster, str, str]:
    """Read what an action is about: the cluster, and of it the instance and the incident."""
    if action["action_id"] == LIST:
        return Cluster.from_key(action["value"]), "", ""
    if action["action_id"].startswith(PICK):
        subject = Subject.picked(action["action_id"], action["selected_option"]["value"])
    else:
        subject = Subject.parse(action["value"])
    return subject.cluster, subject.instance, subject.incident


def _wish(action_id: str) -> str:
    if action_id.startswith(PICK):
        return PICKING
    wishes = {ACKNOWLEDGE: ACKNOWLEDGING, LIST: LISTING} | {REPAIR + name: name for name in REMEDIES}
    return wishes[action_id]
