"""The methods of the Web API that the app uses, each a function of the workspace and the call's arguments.

They return what Slack answers beside "ok", or raise SlackError.
"""

from collections.abc import Callable
from functools import partial

from coastguard.local.slack.arguments import Arguments
from coastguard.local.slack.content import Content, Json
from coastguard.local.slack.conversation import Conversation
from coastguard.local.slack.directory import BOT, ORGANIZATION, TEAM
from coastguard.local.slack.directory_methods import (
    conversations_info,
    usergroups_list,
    usergroups_users_list,
    users_info,
    users_list,
)
from coastguard.local.slack.errors import SlackError
from coastguard.local.slack.messages import Message
from coastguard.local.slack.paging import DEFAULT_LIMIT, Page, Window, newest_first, oldest_first, window
from coastguard.local.slack.shapes import wired
from coastguard.local.slack.view_methods import views_open, views_publish, views_push, views_update
from coastguard.local.slack.workspace import Workspace

Method = Callable[[Workspace, Arguments], Json]


def auth_test(workspace: Workspace, _arguments: Arguments) -> Json:
    """Who the token belongs to."""
    return {
        "url": f"https://{TEAM.domain}.slack.com/",
        "team": TEAM.name,
        "user": BOT.name.lower(),
        "team_id": TEAM.id,
        "user_id": BOT.user_id,
        "bot_id": BOT.bot_id,
        "is_enterprise_install": workspace.installed.everywhere,
    } | ({"enterprise_id": ORGANIZATION.id} if workspace.installed.of_organization else {})


def chat_post_message(workspace: Workspace, arguments: Arguments) -> Json:
    """A new message by the bot."""
    channel, content = arguments.text("channel"), _checked(workspace, arguments)
    thread_ts, broadcast = arguments.optional_text("thread_ts"), arguments.flag("reply_broadcast")
    with workspace.changing():
        conversation = _open_to_bot(workspace, _posted_to(workspace, channel))
        message = workspace.add(conversation, BOT.user_id, content, thread_ts, broadcast=broadcast)
        return {"channel": conversation.channel.id, "ts": message.ts, "message": wired(message, conversation)}


def chat_post_ephemeral(workspace: Workspace, arguments: Arguments) -> Json:
    """Something that one person alone sees."""
    channel, user, content = arguments.text("channel"), arguments.text("user"), _checked(workspace, arguments)
    thread_ts = arguments.optional_text("thread_ts")
    with workspace.changing():
        conversation = _open_to_bot(workspace, channel)
        person = workspace.people.get(user)
        if person is None or not conversation.channel.is_open_to(person):
            raise SlackError("user_not_in_channel")
        return {"message_ts": workspace.whisper(conversation, user, BOT.user_id, content, thread_ts).ts}


def chat_update(workspace: Workspace, arguments: Arguments) -> Json:
    """A new version of one of the bot's messages."""
    channel, ts, content = arguments.text("channel"), arguments.text("ts"), _checked(workspace, arguments)
    with workspace.changing():
        conversation = _known_to_bot(workspace, channel)
        if conversation.channel.archived:
            raise SlackError("is_inactive")
        message = _own(conversation, ts, "cant_update_message").edited_to(content, workspace.next_ts())
        conversation.put(message)
        shown = wired(message, conversation)
        return {"channel": conversation.channel.id, "ts": ts, "text": message.text, "message": shown}


def chat_delete(workspace: Workspace, arguments: Arguments) -> Json:
    """Takes one of the bot's messages away."""
    channel, ts = arguments.text("channel"), arguments.text("ts")
    with workspace.changing():
        conversation = _known_to_bot(workspace, channel)
        conversation.remove(_own(conversation, ts, "cant_delete_message"))
        return {"channel": conversation.channel.id, "ts": ts}


def conversations_history(workspace: Workspace, arguments: Arguments) -> Json:
    """What a channel shows, newest first."""
    channel, wanted = arguments.text("channel"), _window(arguments)
    with workspace.lock:
        conversation = _known_to_bot(workspace, channel)
        return _paged(newest_first(conversation.shown(), wanted), conversation, arguments) | {"pin_count": 0}


def conversations_replies(workspace: Workspace, arguments: Arguments) -> Json:
    """A thread, from the message it started from."""
    channel, ts, wanted = arguments.text("channel"), arguments.text("ts"), _window(arguments)
    with workspace.lock:
        conversation = _known_to_bot(workspace, channel)
        return _paged(oldest_first(conversation.thread(ts), wanted), conversation, arguments)


METHODS: dict[str, Method] = {
    "auth.test": auth_test,
    "chat.delete": chat_delete,
    "chat.postEphemeral": chat_post_ephemeral,
    "chat.postMessage": chat_post_message,
    "chat.update": chat_update,
    "conversations.history": conversations_history,
    "conversations.info": conversations_info,
    "conversations.replies": conversations_replies,
    "usergroups.list": usergroups_list,
    "usergroups.users.list": usergroups_users_list,
    "users.info": users_info,
    "users.list": users_list,
    "views.open": views_open,
    "views.publish": views_publish,
    "views.push": views_push,
    "views.update": views_update,
}

# Of each method, the scopes of which the app needs one; of those that are not here it needs none.
SCOPES = {
    "chat.delete": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.history": ("channels:history", "groups:history"),
    "conversations.info": ("channels:read", "groups:read"),
    "conversations.replies": ("channels:history", "groups:history"),
    "usergroups.list": ("usergroups:read",),
    "usergroups.users.list": ("usergroups:read",),
    "users.info": ("users:read",),
    "users.list": ("users:read",),
}


def _checked(workspace: Workspace, arguments: Arguments) -> Content:
    """The content of a message that Slack would show. Raises SlackError."""
    content = arguments.content()
    if content.is_empty:
        raise SlackError("no_text")
    workspace.strict.check_message(content)
    return content


def _posted_to(workspace: Workspace, channel: str) -> str:
    """The channel that a post to this id gets into: of a person, their direct messages with the app. Raises SlackError.

    A private channel that was made one to be shared is still found by its old id, and the answer tells the new one.
    """
    if channel not in workspace.people:
        return workspace.moved(channel)
    if not workspace.messages_tab:
        raise SlackError("messages_tab_disabled")
    return workspace.direct(channel).channel.id


def _known_to_bot(workspace: Workspace, channel: str) -> Conversation:
    """A channel that the bot was invited to; of private ones it was not it knows nothing. Raises SlackError."""
    conversation = workspace.conversation(channel)
    if conversation is None or (conversation.channel.private and not conversation.channel.bot_is_member):
        raise SlackError("channel_not_found")
    if not conversation.channel.bot_is_member:
        raise SlackError("not_in_channel")
    return conversation


def _open_to_bot(workspace: Workspace, channel: str) -> Conversation:
    """A channel that the bot can write to. Raises SlackError."""
    conversation = _known_to_bot(workspace, channel)
    if conversation.channel.archived:
        raise SlackError("is_archived")
    return conversation


def _own(conversation: Conversation, ts: str, error: str) -> Message:
    """A message that the bot wrote itself. Raises SlackError."""
    message = conversation.get(ts)
    if message is None:
        raise SlackError("message_not_found")
    if message.author != BOT.user_id:
        raise SlackError(error)
    return message


def _window(arguments: Arguments) -> Window:
    return window(
        arguments.optional_text("oldest") or "",
        arguments.optional_text("latest") or "",
        arguments.number("limit", DEFAULT_LIMIT),
        arguments.optional_text("cursor") or "",
        inclusive=arguments.flag("inclusive"),
    )


def _paged(page: Page, conversation: Conversation, arguments: Arguments) -> Json:
    shown = partial(wired, conversation=conversation, with_metadata=arguments.flag("include_all_metadata"))
    return {
        "messages": [shown(message) for message in page.messages],
        "has_more": bool(page.next_cursor),
        "response_metadata": {"next_cursor": page.next_cursor},
    }
