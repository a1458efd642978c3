"""What Slack tells the app when somebody clicks or commands, and the signature under it."""

import hashlib
import hmac
import json
from typing import NamedTuple
from urllib.parse import urlencode

from coastguard.local.slack.content import Json
from coastguard.local.slack.conversation import Conversation
from coastguard.local.slack.directory import BOT, TEAM, Channel, Person
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


class Command(NamedTuple):
    """A slash command as it was typed."""

    person: Person
    channel: Channel
    command: str
    text: str


def block_actions(click: Click, handles: Handles) -> bytes:
    """The body of a block_actions request: a form with the payload as JSON."""
    channel, element = click.conversation.channel, click.found.element
    action = {"type": element["type"], "action_id": element["action_id"], "block_id": click.found.block_id}
    payload: Json = {
        "type": "block_actions",
        "user": {
            "id": click.person.id,
            "username": click.person.handle,
            "name": click.person.handle,
            "team_id": TEAM.id,
        },
        "api_app_id": BOT.app_id,
        "container": _container(click),
        "trigger_id": handles.trigger_id,
        "team": {"id": TEAM.id, "domain": TEAM.domain},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": channel.id, "name": channel.name},
        "state": {"values": {}},
        "response_url": handles.response_url,
        "actions": [action | click.chosen | {"action_ts": click.ts}],
    }
    if click.message.only_for is None:
        payload["message"] = wired(click.message, click.conversation)
    return urlencode({"payload": json.dumps(payload)}).encode()


def slash_command(command: Command, handles: Handles) -> bytes:
    """The body of a slash command's request: plain form fields."""
    fields = {
        "team_id": TEAM.id,
        "team_domain": TEAM.domain,
        "channel_id": command.channel.id,
        "channel_name": command.channel.name,
        "user_id": command.person.id,
        "user_name": command.person.handle,
        "command": command.command,
        "text": command.text,
        "api_app_id": BOT.app_id,
        "is_enterprise_install": "false",
        "response_url": handles.response_url,
        "trigger_id": handles.trigger_id,
    }
    return urlencode(fields).encode()


def signed_headers(secret: str, now: float, body: bytes) -> dict[str, str]:
    """Slack's headers for a body that is sent now: version 0 of its request signing."""
    timestamp = str(int(now))
    signature = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={signature}",
    }


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
