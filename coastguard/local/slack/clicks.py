"""What people do: click, choose, command, write. The app is told as Slack would tell it, and its answer is shown."""

import re
from dataclasses import dataclass, replace

from coastguard.local.slack import payloads
from coastguard.local.slack.calling import conversation_of, handles, person_of, tell
from coastguard.local.slack.content import Content
from coastguard.local.slack.delivery import AppAnswer
from coastguard.local.slack.directory import SLACKBOT
from coastguard.local.slack.errors import Refused, SlackError
from coastguard.local.slack.payloads import Click, Command
from coastguard.local.slack.responses import show_answer
from coastguard.local.slack.tickets import Origin
from coastguard.local.slack.use import find, used
from coastguard.local.slack.workspace import Workspace

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


async def click(workspace: Workspace, address: str, press: Press) -> AppAnswer:
    """Uses an element of a message; `address` is where this workspace is reached. Raises Refused."""
    with workspace.lock:
        person = person_of(workspace, press.user)
        conversation = conversation_of(workspace, press.channel, person)
        message = workspace.seen(conversation, press.ts, person.id)
        if message is None:
            raise Refused("That message is no longer there.")
        found = find(message, press.action_id, press.block_id)
        if found is None:
            raise Refused(f"The message shows no {press.action_id!r} any more.")
        clicked = Click(person, conversation, message, found, used(found.element, press.value), workspace.next_ts())
        origin = Origin(person.id, conversation.channel.id, message.ts)
        body = payloads.block_actions(clicked, handles(workspace, address, origin), workspace.installed)
    return await _sent(workspace, origin, body)


async def command(workspace: Workspace, address: str, typed: Typed) -> AppAnswer:
    """Gives a slash command; the person is told of a failure in Slack's words. Raises Refused."""
    if not _COMMAND.fullmatch(typed.command):
        raise Refused(f"{typed.command!r} is not a command: those look like /ecs.")
    with workspace.lock:
        person = person_of(workspace, typed.user)
        conversation = conversation_of(workspace, typed.channel, person)
        if person.is_foreign and not (person.teams and workspace.installed.everywhere):
            # Commands belong to the workspace in which the app is installed.
            raise Refused(f"{person.name} is of another workspace, where nobody has installed {typed.command}.")
        if conversation.channel.archived:
            raise Refused(f"#{conversation.channel.name} is archived: nobody can write there.")
        origin = Origin(person.id, conversation.channel.id)
        given = Command(person, conversation.channel, typed.command, typed.text)
        body = payloads.slash_command(given, handles(workspace, address, origin), workspace.installed)
    delivery = await _sent(workspace, origin, body)
    if delivery.error:
        with workspace.changing():
            told = Content(f'{typed.command} failed with the error "{delivery.error}"')
            workspace.whisper(conversation, person.id, SLACKBOT, told)
    return delivery


def say(workspace: Workspace, *, user: str, channel: str, text: str, thread_ts: str | None = None) -> str:
    """Somebody writes in a channel or thread; the message's ts. Raises Refused."""
    with workspace.changing():
        person = person_of(workspace, user)
        conversation = conversation_of(workspace, channel, person)
        if conversation.channel.archived:
            raise Refused(f"#{conversation.channel.name} is archived: nobody can write there.")
        try:
            return workspace.add(conversation, person.id, Content(text), thread_ts).ts
        except SlackError:
            raise Refused("That thread is no longer there.") from None


async def _sent(workspace: Workspace, origin: Origin, body: bytes) -> AppAnswer:
    delivery = await tell(workspace, body)
    if not delivery.error:
        try:
            show_answer(workspace, origin, delivery)
        except SlackError as error:
            return replace(delivery, error=error.code, problems=error.problems)
    return delivery
