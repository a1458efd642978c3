"""What the app says in reply to a click or command: in its HTTP answer, or later through the response URL."""

from dataclasses import dataclass

from coastguard.local.slack.arguments import Arguments, parsed
from coastguard.local.slack.content import Content, Json
from coastguard.local.slack.conversation import Conversation
from coastguard.local.slack.delivery import AppAnswer
from coastguard.local.slack.directory import BOT
from coastguard.local.slack.errors import SlackError
from coastguard.local.slack.tickets import Origin
from coastguard.local.slack.workspace import Workspace

RESPONSE_TYPES = ("ephemeral", "in_channel")
SHOWN_PARTS = ("text", "blocks", "attachments")


@dataclass(frozen=True, slots=True)
class Reply:
    """A message to whoever clicked or commanded, or in place of what they clicked."""

    content: Content
    response_type: str | None = None
    replace_original: bool = False
    delete_original: bool = False
    thread_ts: str | None = None


def reply_from(workspace: Workspace, values: Json) -> Reply:
    """The reply in a JSON body, checked as any message. Raises SlackError."""
    arguments = Arguments(values)
    reply = Reply(
        content=arguments.content(),
        response_type=arguments.optional_text("response_type"),
        replace_original=arguments.flag("replace_original"),
        delete_original=arguments.flag("delete_original"),
        thread_ts=arguments.optional_text("thread_ts"),
    )
    if reply.response_type not in (None, *RESPONSE_TYPES):
        raise SlackError("invalid_arguments", [f"response_type: one of {', '.join(RESPONSE_TYPES)}"])
    if reply.content.is_empty and not reply.delete_original:
        raise SlackError("no_text")
    workspace.strict.check_message(reply.content)
    return reply


def respond(workspace: Workspace, hook: str, values: Json) -> None:
    """Uses a response URL. Raises SlackError; a reply that breaks Slack's rules does not count as a use."""
    reply = reply_from(workspace, values)
    with workspace.changing():
        show(workspace, workspace.tickets.use_hook(hook, workspace.clock()), reply)


def show_answer(workspace: Workspace, origin: Origin, delivery: AppAnswer) -> None:
    """Shows what the app's HTTP answer says: for one person, unless it says otherwise. Raises SlackError.

    A command may be answered in plain text or JSON. Of a click's answer only JSON that names its response_type counts;
    what is sure to be seen after a click comes through the response URL.
    """
    values = _values(delivery)
    if any(values.get(part) for part in SHOWN_PARTS) and (origin.ts is None or "response_type" in values):
        reply = reply_from(workspace, values)
        with workspace.changing():
            show(workspace, origin, reply)


def _values(delivery: AppAnswer) -> Json:
    if not delivery.content_type.startswith("application/json"):
        return {"text": delivery.body.decode(errors="replace").strip()}
    values = parsed(delivery.body, "invalid_json") if delivery.body.strip() else {}
    if not isinstance(values, dict):
        raise SlackError("json_not_object")
    return values


def show(workspace: Workspace, origin: Origin, reply: Reply) -> None:
    """Puts a reply where it belongs. Raises SlackError."""
    conversation = workspace.conversation(workspace.moved(origin.channel))
    if conversation is None:
        raise SlackError("channel_not_found")
    if origin.ts is not None and (reply.replace_original or reply.delete_original):
        _change_original(workspace, conversation, origin.ts, origin.user, reply)
    elif reply.response_type == "in_channel":
        workspace.add(conversation, BOT.user_id, reply.content, reply.thread_ts)
    else:
        workspace.whisper(conversation, origin.user, BOT.user_id, reply.content, reply.thread_ts)


def _change_original(workspace: Workspace, conversation: Conversation, ts: str, user: str, reply: Reply) -> None:
    message = workspace.seen(conversation, ts, user)
    if message is None:
        raise SlackError("message_not_found")
    if reply.delete_original:
        workspace.remove(conversation, message)
    else:
        workspace.put(conversation, message.replaced_by(reply.content, workspace.next_ts()))
