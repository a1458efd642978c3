"""What Slack tells the app when somebody clicks, commands, submits or opens its Home, and the signature under it."""

import hashlib
import hmac
import json
import secrets
from typing import NamedTuple
from urllib.parse import urlencode

from coastguard.local.slack.content import Json
from coastguard.local.slack.conversation import Conversation
from coastguard.local.slack.directory import BOT, IN_TEAM, ORGANIZATION, TEAM, Channel, Installation, Person
from coastguard.local.slack.inputs import Values
from coastguard.local.slack.messages import Message
from coastguard.local.slack.shapes import wired
from coastguard.local.slack.use import Found


class Handles(NamedTuple):
    """What the app may answer with, beside its HTTP answer."""

    trigger_id: str
    response_url: str


class Click(NamedTuple):
    """An element in a message, used: `chosen` is what the element's kind adds to the action."""

    person: Person
    conversation: Conversation
    message: Message
    found: Found
    chosen: Json
    ts: str


class ViewPress(NamedTuple):
    """An element in a modal or Home, used; `values` is what the view holds by then."""

    person: Person
    view: Json
    found: Found
    chosen: Json
    values: Values
    ts: str


class Command(NamedTuple):
    """A slash command as it was typed."""

    person: Person
    channel: Channel
    command: str
    text: str


def block_actions(click: Click, handles: Handles, installed: Installation = IN_TEAM) -> bytes:
    """The body of a block_actions request: a form with the payload as JSON."""
    channel, element = click.conversation.channel, click.found.element
    action = {"type": element["type"], "action_id": element["action_id"], "block_id": click.found.block_id}
    payload: Json = _interaction("block_actions", click.person, installed) | {
        "container": _container(click),
        "trigger_id": handles.trigger_id,
        "channel": {"id": channel.id, "name": channel.name},
        "state": {"values": {}},
        "response_url": handles.response_url,
        "actions": [action | click.chosen | {"action_ts": click.ts}],
    }
    if click.message.only_for is None:
        payload["message"] = wired(click.message, click.conversation)
    return _form(payload)


def view_actions(press: ViewPress, trigger_id: str, installed: Installation = IN_TEAM) -> bytes:
    """The body of a block_actions request from a modal or Home: no channel, no message, no response URL."""
    element, view = press.found.element, press.view
    action = {"type": element["type"], "action_id": element["action_id"], "block_id": press.found.block_id}
    return _form(
        _interaction("block_actions", press.person, installed)
        | {
            "container": {"type": "view", "view_id": view["id"]},
            "trigger_id": trigger_id,
            "view": filled(view, press.values) | _view_of(installed),
            "actions": [action | press.chosen | {"action_ts": press.ts}],
        }
    )


def view_submission(
    person: Person, view: Json, values: Values, trigger_id: str, installed: Installation = IN_TEAM
) -> bytes:
    """The body of a view_submission request."""
    return _form(
        _interaction("view_submission", person, installed)
        | {"trigger_id": trigger_id, "view": filled(view, values) | _view_of(installed), "response_urls": []}
    )


def view_closed(person: Person, view: Json, *, is_cleared: bool, installed: Installation = IN_TEAM) -> bytes:
    """The body of a view_closed request, which says nothing of what was filled in."""
    closed = view | _view_of(installed)
    return _form(_interaction("view_closed", person, installed) | {"view": closed, "is_cleared": is_cleared})


def app_home_opened(person: Person, home: Json | None, ts: str, installed: Installation = IN_TEAM) -> bytes:
    """The body of an app_home_opened event in its envelope: JSON, with the Home as it was published last."""
    event: Json = {
        "type": "app_home_opened",
        "user": person.id,
        "channel": person.home,
        "tab": "home",
        "event_ts": ts,
    }
    if home is not None:
        event["view"] = home | _view_of(installed)
    envelope: Json = {
        "token": "none",
        "team_id": TEAM.id,
        "api_app_id": BOT.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(float(ts)),
        "authorizations": [
            {
                "enterprise_id": ORGANIZATION.id if installed.of_organization else None,
                "team_id": None if installed.everywhere else TEAM.id,
                "user_id": BOT.user_id,
                "is_bot": True,
                "is_enterprise_install": installed.everywhere,
            }
        ],
        "is_ext_shared_channel": False,
    } | ({"enterprise_id": ORGANIZATION.id} if installed.of_organization else {})
    return json.dumps(envelope).encode()


def filled(view: Json, values: Values) -> Json:
    """A view with what was filled in."""
    return view | {"state": {"values": values}}


def slash_command(command: Command, handles: Handles, installed: Installation = IN_TEAM) -> bytes:
    """The body of a slash command's request: plain form fields."""
    organization = {"enterprise_id": ORGANIZATION.id, "enterprise_name": ORGANIZATION.name}
    # Who is only in another workspace of the organization types it there.
    team = command.person.team if command.person.is_foreign else TEAM
    fields = {
        "team_id": team.id,
        "team_domain": team.domain,
        "channel_id": command.channel.id,
        "channel_name": "directmessage" if command.channel.is_direct else command.channel.name,
        "user_id": command.person.id,
        "user_name": command.person.handle,
        "command": command.command,
        "text": command.text,
        "api_app_id": BOT.app_id,
        "is_enterprise_install": str(installed.everywhere).lower(),
        **(organization if installed.of_organization else {}),
        "response_url": handles.response_url,
        "trigger_id": handles.trigger_id,
    }
    return urlencode(fields).encode()


def signed_headers(secret: str, now: float, body: bytes) -> dict[str, str]:
    """Slack's headers for a form that is sent now: version 0 of its request signing."""
    timestamp = str(int(now))
    signature = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={signature}",
    }


def _interaction(kind: str, person: Person, installed: Installation) -> Json:
    """What all interaction payloads begin with. `team` is the app's, also for people of another workspace.

    Seen in https://github.com/slackapi/java-slack-sdk/issues/1041. An app that is installed in a whole organization
    gets none; `team_id` of the user is the workspace that Slack counts them to, wherever they click:
    https://github.com/slackapi/bolt-js/issues/1875.
    """
    team: Json = {"id": TEAM.id, "domain": TEAM.domain}
    if installed.of_organization:
        team |= {"enterprise_id": ORGANIZATION.id, "enterprise_name": ORGANIZATION.name}
    return {
        "type": kind,
        "user": {"id": person.id, "username": person.handle, "name": person.handle, "team_id": person.team.id},
        "api_app_id": BOT.app_id,
        "team": None if installed.everywhere else team,
        "enterprise": {"id": ORGANIZATION.id, "name": ORGANIZATION.name} if installed.of_organization else None,
        "is_enterprise_install": installed.everywhere,
    }


def _view_of(installed: Installation) -> Json:
    """Of an app that is installed in a whole organization, a view names that instead of a team."""
    return {"team_id": ORGANIZATION.id, "app_installed_team_id": ORGANIZATION.id} if installed.everywhere else {}


def _form(payload: Json) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


def _container(click: Click) -> Json:
    container: Json = {
        "type": "message",
        "message_ts": click.message.ts,
        "channel_id": click.conversation.channel.id,
        "is_ephemeral": click.message.only_for is not None,
    }
    if click.message.thread_ts is not None:
        container["thread_ts"] = click.message.thread_ts
    if click.found.attachment is not None:
        return container | {
            "type": "message_attachment",
            "attachment_id": click.found.attachment,
            "is_app_unfurl": False,
        }
    return container
