"""One channel's messages and threads, oldest first."""

from coastguard.local.slack.directory import SLACKBOT, Channel
from coastguard.local.slack.errors import SlackError
from coastguard.local.slack.messages import Message


class Conversation:
    """A channel, which may change, with what was said in it. Knows no clock, no lock and no app."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._messages: dict[str, Message] = {}
        self._replies: dict[str, dict[str, Message]] = {}

    def get(self, ts: str) -> Message | None:
        """The message of that ts, unless it was deleted."""
        message = self._messages.get(ts)
        return None if message is None or message.deleted else message

    def thread_of(self, ts: str) -> str:
        """The ts of the thread that the message belongs to or could start. Raises SlackError thread_not_found."""
        message = self._messages.get(ts)
        if message is None:
            raise SlackError("thread_not_found")
        return message.thread_ts or message.ts

    def thread(self, ts: str) -> list[Message]:
        """A whole thread, the message it started from first. Raises SlackError thread_not_found."""
        root = self.thread_of(ts)
        return [self._messages[root], *self.replies(root)]

    def put(self, message: Message) -> None:
        """Adds a message, or puts its new version in the old one's place."""
        self._messages[message.ts] = message
        if message.thread_ts is not None:
            self._replies.setdefault(message.thread_ts, {})[message.ts] = message

    def remove(self, message: Message) -> None:
        """Takes a message out; one with replies leaves a tombstone, so that its thread can still be read."""
        if self.replies(message.ts):
            remains = Message(message.ts, SLACKBOT, text="This message was deleted.", deleted=True)
            self._messages[message.ts] = remains
            return
        del self._messages[message.ts]
        if message.thread_ts is not None:
            del self._replies[message.thread_ts][message.ts]

    def replies(self, ts: str) -> list[Message]:
        """The replies to the message of that ts."""
        return list(self._replies.get(ts, {}).values())

    def shown(self) -> list[Message]:
        """What the channel itself shows: no replies but the broadcast ones."""
        return [message for message in self._messages.values() if message.broadcast or not message.is_reply]
