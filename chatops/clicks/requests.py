"""Requests: what a click asks for, as it travels from front to act. Pure; the only module that reads a click's body."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import fields as fields_of
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.slack.button_values import ACKNOWLEDGE, APPROVE, DECLINE, LIST, PICK, REPAIR, Subject
from spoke.places import Cluster
from spoke.repairs import REMEDIES

# What was asked longer ago is not begun any more: an outage is over, or somebody has moved dead letters back.
FRESH = timedelta(minutes=15)
ACKNOWLEDGING = "acknowledge"
PICKING = "pick"
LISTING = "list"
REASON = "reason"
"""The block of a modal in which a person gives their reason."""
APPROVING = "approve"
DECLINING = "decline"

_WISHES = {ACKNOWLEDGE: ACKNOWLEDGING, LIST: LISTING, APPROVE: APPROVING, DECLINE: DECLINING}
_LONGEST_REASON = 500

# Two of them make a source identity, of which STS takes 64 characters.
_REQUEST_ID = re.compile(r"[0-9a-f]{20}")
_SLACK_ID = re.compile(r"[A-Za-z0-9]{2,28}")


class BadRequest(ValueError):
    """A click or message that we have not made, or made in another release."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants what done about which incident.

    `wish` is "acknowledge", "pick", "list", "approve", "decline" or the name of a remedy. A list is about a whole
    cluster: it names neither instance nor incident. `about` is the request that is approved or declined, `reason` what
    the person gives for it. `refused` is why front knows that they may not.
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
    about: str = ""
    reason: str = ""
    refused: str = ""

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
            user=slack_id(body["user"]["id"]),
            team=slack_id(team_of(body)),
            channel=slack_id(body["container"]["channel_id"]),
            message=str(body["container"]["message_ts"]),
            at=at,
            about=_about(action),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadRequest(f"not a click on a button of ours: {type(error).__name__}") from error


def team_of(body: Mapping[str, Any]) -> str:
    """Name the team that an interaction, an event or a command comes from; raises what a strange body raises.

    An app that is installed in a whole Enterprise Grid organization is told no team of an interaction, but whose the
    person is.
    """
    team = body["team"] if "team" in body else body["team_id"]
    team = team or body.get("team_id") or body["user"]["team_id"]
    return str(team["id"]) if isinstance(team, Mapping) else str(team)


def verb(wish: str) -> str:
    """Name what the policy calls a wish, "" for what everybody may. Who may approve is for each approval to say."""
    return {ACKNOWLEDGING: "acknowledge"}.get(wish, wish if wish in REMEDIES else "")


def from_view(body: Mapping[str, Any], at: datetime) -> Request:
    """Read a modal that asked before a repair, as it was submitted. Raises BadRequest.

    The modal carries the click that opened it. The same modal submitted twice is the same request.
    """
    try:
        view = body["view"]
        clicked = json.loads(view["private_metadata"])
        asked = from_click(
            {**body, "trigger_id": view_id(view), "container": clicked["container"]}, clicked["action"], at
        )
        return replace(asked, reason=typed(view, REASON)[:_LONGEST_REASON])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise BadRequest(f"not a modal of ours: {type(error).__name__}") from error


def view_id(view: Mapping[str, Any]) -> str:
    """Return a view's id, by which a submission that comes twice is known. Raises BadRequest."""
    try:
        return slack_id(view["id"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadRequest("a view without an id") from error


def typed(view: Mapping[str, Any], block: str) -> str:
    """Return what was typed or chosen in a view's block, "" for nothing. Raises KeyError, TypeError, AttributeError."""
    (state,) = view["state"]["values"][block].values()
    if "selected_option" in state:
        return str((state["selected_option"] or {}).get("value", ""))
    return str(state.get("value") or "").strip()


def to_message(request: Request) -> str:
    """Write a request for acts.fifo."""
    # Flat as it is, dataclasses.asdict would only cost a click's time.
    fields = {each.name: getattr(request, each.name) for each in fields_of(request)}
    fields |= {"cluster": request.cluster.key, "at": request.at.timestamp()}
    return json.dumps(fields, separators=(",", ":"))


def from_message(text: str) -> Request:
    """Read a message of acts.fifo. Raises BadRequest."""
    try:
        fields = json.loads(text)
        fields["cluster"] = Cluster.from_key(fields["cluster"])
        fields["at"] = datetime.fromtimestamp(fields["at"], UTC)
        if fields["wish"] not in {PICKING, *_WISHES.values(), *REMEDIES}:
            raise BadRequest("unknown wish")
        return Request(**fields)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError, RecursionError) as error:
        raise BadRequest(f"not a request: {error}") from error


def slack_id(text: str) -> str:
    """Return an id of Slack's; raises ValueError for what cannot be one."""
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
    return (_WISHES | {REPAIR + name: name for name in REMEDIES})[action_id]


def _about(action: Mapping[str, Any]) -> str:
    if action["action_id"] not in {APPROVE, DECLINE}:
        return ""
    about = str(action["value"].split(" ")[1])
    if not _REQUEST_ID.fullmatch(about):
        raise ValueError("not a request's id")
    return about
