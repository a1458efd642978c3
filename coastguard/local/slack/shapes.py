"""What is kept, as others see it: messages on Slack's wire, the workspace's state on the page."""

from typing import Any

from coastguard.local.slack.content import Json
from coastguard.local.slack.conversation import Conversation
from coastguard.local.slack.directory import BOT, SLACKBOT, TEAM, Person
from coastguard.local.slack.messages import Message


def wired(message: Message, conversation: Conversation, *, with_metadata: bool = False) -> Json:
    """The message as the Web API and the interaction payloads give it."""
    shape: Json = {"type": "message", "ts": message.ts, "user": message.author, "text": message.text, "team": TEAM.id}
    if message.author == BOT.user_id:
        shape |= {"bot_id": BOT.bot_id, "app_id": BOT.app_id, "bot_profile": _bot_profile()}
    if message.deleted:
        shape |= {"subtype": "tombstone", "hidden": True}
    if message.broadcast:
        shape |= {"subtype": "thread_broadcast"}
    if message.blocks:
        shape["blocks"] = list(message.blocks)
    if message.attachments:
        shape["attachments"] = [_wired_attachment(attachment) for attachment in message.attachments]
    if message.edited:
        shape["edited"] = {"user": message.author, "ts": message.edited}
    if with_metadata and message.metadata:
        shape["metadata"] = message.metadata
    return shape | _thread(message, conversation)


def state_of(message: Message, conversation: Conversation, people: dict[str, Person]) -> Json:
    """The message as the page shows it, its replies inside."""
    replies = conversation.replies(message.ts)
    return _seen(message, people) | {
        "metadata": message.metadata,
        "edited": {"ts": message.edited} if message.edited else None,
        "deleted": message.deleted,
        "reply_count": len(replies),
        "replies": [state_of(reply, conversation, people) for reply in replies],
    }


def ephemeral_state(message: Message, channel: str, people: dict[str, Person]) -> Json:
    """A message that one person alone sees, as the page shows it to that `user`."""
    seen = _seen(message, people)
    return seen | {"channel": channel, "user": message.only_for}


def _seen(message: Message, people: dict[str, Person]) -> Json:
    return _author(message.author, people) | {
        "ts": message.ts,
        "thread_ts": message.thread_ts,
        "text": message.text,
        "blocks": list(message.blocks),
        "attachments": list(message.attachments),
    }


def _author(author: str, people: dict[str, Person]) -> Json:
    if author == BOT.user_id:
        return {"bot_id": BOT.bot_id, "username": BOT.name}
    if author == SLACKBOT:
        return {"user": SLACKBOT, "username": "Slackbot"}
    return {"user": author, "username": people[author].name}


def _wired_attachment(attachment: Json) -> Json:
    """Slack gives colours back without their `#`, and a fallback where the app gave none."""
    shape: Json = {"fallback": "[no preview available]"} | attachment
    if "color" in attachment:
        shape["color"] = attachment["color"].lstrip("#")
    return shape


def _thread(message: Message, conversation: Conversation) -> Json:
    if message.thread_ts is not None:
        return {"thread_ts": message.thread_ts}
    replies = conversation.replies(message.ts)
    if not replies:
        return {}
    authors = list(dict.fromkeys(reply.author for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": authors,
        "reply_users_count": len(authors),
        "latest_reply": replies[-1].ts,
    }


def _bot_profile() -> dict[str, Any]:
    return {"id": BOT.bot_id, "app_id": BOT.app_id, "name": BOT.name, "team_id": TEAM.id, "deleted": False}
