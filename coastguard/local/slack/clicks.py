"""What people do: click, choose, command, write. The app is told as Slack would tell it, and its answer is shown."""

import re
from dataclasses import dataclass, replace

from coastguard.local.slack import payloads
from coastguard.local.slack.content import Content
from coastguard.local.slack.conversation import Conversation
from coastguard.local.slack.delivery import Delivery, deliver
from coastguard.local.slack.directory import SLACKBOT, Person
from coastguard.local.slack.errors import Refused, SlackError
from coastguard.local.slack.payloads import Click, Command, Handles
from coastguard.local.slack.responses import show_answer
from coastguard.local.slack.tickets import Origin
from coastguard.local.slack.use import find, used
from coastguard.local.slack.workspace import SIGNING_SECRET, Workspace

# Where response URLs live, below the workspace's own address.
HOOKS = "/slack/hooks"

_COMMAND = re.compile(r"/[a-z0-9_-]{1,31}")


@dataclass(frozen=True, slots=True)
class Press:
    """An element to use: `block_id` where a message repeats the action, `value` to choose from a menu."""

    user: str
    channel: str
    ts: str
    action_id: str
    block_id: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """A slash command to give."""

    user: str
    channel: str
    command: str
    text: str = ""


async def click(workspace: Workspace, address: str, press: Press) -> Delivery:
    """Uses an element of a message; `address` is where this workspace is reached. Raises Refused."""
    with workspace.lock:
        person, conversation = _person(workspace, press.user), _conversation(workspace, press.channel)
        message = workspace.seen(conversation, press.ts, person.id)
        if message is None:
            raise Refused("That message is no longer there.")
        found = find(message, press.action_id, press.block_id)
        if found is None:
            raise Refused(f"The message shows no {press.action_id!r} any more.")
        clicked = Click(person, conversation, message, found, used(found.element, press.value), workspace.next_ts())
        origin = Origin(person.id, conversation.channel.id, message.ts)
        body = payloads.block_actions(clicked, _handles(workspace, address, origin))
    return await _sent(workspace, origin, body)


async def command(workspace: Workspace, address: str, typed: Typed) -> Delivery:
    """Gives a slash command; the person is told of a failure in Slack's words. Raises Refused."""
    if not _COMMAND.fullmatch(typed.command):
        raise Refused(f"{typed.command!r} is not a command: those look like /ecs.")
    with workspace.lock:
        person, conversation = _person(workspace, typed.user), _conversation(workspace, typed.channel)
        origin = Origin(person.id, conversation.channel.id)
        given = Command(person, conversation.channel, typed.command, typed.text)
        body = payloads.slash_command(given, _handles(workspace, address, origin))
    delivery = await _sent(workspace, origin, body)
    if delivery.error:
        with workspace.changing():
            told = Content(f'{typed.command} failed with the error "{delivery.error}"')
            workspace.whisper(conversation, person.id, SLACKBOT, told)
    return delivery


def say(workspace: Workspace, *, user: str, channel: str, text: str, thread_ts: str | None = None) -> str:
    """Somebody writes in a channel or thread; the message's ts. Raises Refused."""
    with workspace.changing():
        conversation = _conversation(workspace, channel)
        try:
            return workspace.add(conversation, _person(workspace, user).id, Content(text), thread_ts).ts
        except SlackError:
            raise Refused("That thread is no longer there.") from None


async def _sent(workspace: Workspace, origin: Origin, body: bytes) -> Delivery:
    """Tells the app, and shows its answer; an answer that cannot be shown counts as a failure."""
    headers = payloads.signed_headers(SIGNING_SECRET, workspace.clock(), body)
    delivery = await deliver(workspace.request_url, headers, body)
    if delivery.error is None:
        try:
            show_answer(workspace, origin, delivery)
        except SlackError as error:
            return replace(delivery, error=error.code)
    return delivery


def _handles(workspace: Workspace, address: str, origin: Origin) -> Handles:
    if not workspace.request_url:
        raise Refused("The app has no request URL yet: nothing is deployed that could hear this.")
    trigger_id, hook = workspace.tickets.hand_out(origin, workspace.clock())
    return Handles(trigger_id, f"{address.rstrip('/')}{HOOKS}/{hook}")


def _person(workspace: Workspace, user: str) -> Person:
    if user not in workspace.people:
        raise Refused(f"Nobody here is {user!r}; there are {', '.join(workspace.people)}.")
    return workspace.people[user]


def _conversation(workspace: Workspace, channel: str) -> Conversation:
    conversation = workspace.conversation(channel)
    if conversation is None:
        raise Refused(f"There is no channel {channel!r}.")
    return conversation
