"""The local workspace: everything Slack remembers, behind one lock, with the clock passed in."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from coastguard.local.slack.content import Content, Json
from coastguard.local.slack.conversation import Conversation
from coastguard.local.slack.directory import (
    BOT,
    CHANNELS,
    EVERYBODY,
    GRID_PEOPLE,
    IN_TEAM,
    TEAM,
    USER_GROUPS,
    Channel,
    Installation,
    Person,
    UserGroup,
)
from coastguard.local.slack.errors import SlackError
from coastguard.local.slack.faults import Faults
from coastguard.local.slack.limits import Budgets
from coastguard.local.slack.messages import Message, new_message
from coastguard.local.slack.shapes import ephemeral_state, state_of
from coastguard.local.slack.strict import strict
from coastguard.local.slack.tickets import Tickets
from coastguard.local.slack.views import Views

# Plainly no secrets: they open nothing but this workspace.
BOT_TOKEN = "xoxb-local-not-a-secret"  # noqa: S105 - see above
SIGNING_SECRET = "local-signing-secret-not-a-secret"  # noqa: S105 - see above


def _nobody_to_tell() -> None:
    """Stands in for `on_change` where nobody watches."""


class Workspace:
    """Coast: one app, a few people, a few channels. Several threads may use it.

    `clock` gives seconds since 1970. Clicks and commands go to `request_url`, which may be set once it is known.
    `scopes` are what the app was given when it was installed, `installed` is where; `no_user_groups` is Slack's word
    for a plan without any, and without `messages_tab` the app has turned off its direct messages.
    `on_change` is called after every change, without the lock, in the thread that changed something.
    Who reads or changes something in several steps holds `lock` or `changing()` meanwhile.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        channels: Iterable[Channel] = CHANNELS,
        on_change: Callable[[], None] = _nobody_to_tell,
        request_url: str = "",
        scopes: frozenset[str] = BOT.scopes,
    ) -> None:
        self.clock = clock
        self.on_change = on_change
        self.request_url = request_url
        self.lock = threading.RLock()
        self.revision = 0
        self.strict = strict()
        self.scopes = scopes
        self.people: dict[str, Person] = {person.id: person for person in EVERYBODY}
        self.user_groups: dict[str, UserGroup] = {group.id: group for group in USER_GROUPS}
        self.no_user_groups: str | None = None
        self.installed: Installation = IN_TEAM
        self.messages_tab = True
        self.tickets = Tickets()
        self.faults = Faults()
        self.budgets = Budgets()
        self.views = Views()
        self._conversations = {channel.id: Conversation(channel) for channel in channels}
        self._moved: dict[str, str] = {}
        self._ephemerals: dict[str, tuple[Conversation, Message]] = {}
        self._last_ts = 0

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Holds the lock for a change; when the change succeeded, counts it and tells `on_change`."""
        with self.lock:
            yield
            self.revision += 1
        self.on_change()

    def conversation(self, name: str) -> Conversation | None:
        """The channel of that id or name, with or without `#`."""
        for conversation in self._conversations.values():
            if name in (conversation.channel.id, conversation.channel.name, f"#{conversation.channel.name}"):
                return conversation
        return None

    def conversations(self) -> list[Conversation]:
        """All channels."""
        return list(self._conversations.values())

    def direct(self, *users: str) -> Conversation:
        """The direct messages of these people with each other, or of a single one with the app.

        Raises SlackError channel_not_found.
        """
        people = [self.people[user] for user in users if user in self.people]
        if len(people) != len(users):
            raise SlackError("channel_not_found")
        only = people[0]
        with_app = len(people) == 1
        name = f"coastguard-{only.handle}" if with_app else "-".join(person.handle for person in people)
        place = only.home if with_app else "D" + "".join(person.id[1:5] for person in people)
        channel = Channel(place, name, bot_is_member=with_app, private=True, members=users)
        return self._conversations.setdefault(place, Conversation(channel))

    def convert(self, channel: str) -> str:
        """Makes of a private channel one that can be shared, which has another id from now on; returns that.

        Nobody can read or change anything there under the old id, and only posts still find their way.
        """
        conversation = self._conversations.pop(channel)
        moved = f"C{channel[1:]}"
        conversation.channel = replace(conversation.channel, id=moved, shared=True)
        self._conversations[moved] = conversation
        self._moved[channel] = moved
        return moved

    def moved(self, channel: str) -> str:
        """The id that a channel has by now."""
        return self._moved.get(channel, channel)

    def join_organization(self, *, everywhere: bool) -> None:
        """The team is one of an organization from now on; the app may be installed `everywhere` in that."""
        self.installed = Installation(of_organization=True, everywhere=everywhere)
        self.people |= {person.id: person for person in GRID_PEOPLE}

    def create(self, channel: Channel) -> None:
        """A new channel, in which nothing was said yet."""
        self._conversations[channel.id] = Conversation(channel)

    def delete_channel(self, channel: str) -> None:
        """Takes a channel away, with all that was said in it."""
        del self._conversations[channel]
        self._ephemerals = {ts: kept for ts, kept in self._ephemerals.items() if kept[0].channel.id != channel}

    def next_ts(self) -> str:
        """A message's ts: the time in microseconds, never the same twice, always growing."""
        with self.lock:
            self._last_ts = max(self._last_ts + 1, int(self.clock() * 1_000_000))
            return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def add(
        self,
        conversation: Conversation,
        author: str,
        content: Content,
        thread_ts: str | None = None,
        *,
        broadcast: bool = False,
    ) -> Message:
        """A new message in a channel or thread. Raises SlackError thread_not_found."""
        thread = conversation.thread_of(thread_ts) if thread_ts else None
        message = new_message(self.next_ts(), author, content)
        message = replace(message, thread_ts=thread, broadcast=broadcast and thread is not None)
        conversation.put(message)
        return message

    def whisper(
        self, conversation: Conversation, user: str, author: str, content: Content, thread_ts: str | None = None
    ) -> Message:
        """A message that only `user` sees. It is not in the channel: the Web API never gives it back."""
        message = replace(new_message(self.next_ts(), author, content), thread_ts=thread_ts, only_for=user)
        self._ephemerals[message.ts] = (conversation, message)
        return message

    def seen(self, conversation: Conversation, ts: str, user: str) -> Message | None:
        """The message or ephemeral of that ts, as far as `user` can see it."""
        place, ephemeral = self._ephemerals.get(ts, (None, None))
        if ephemeral is not None and place is conversation and ephemeral.only_for == user:
            return ephemeral
        return conversation.get(ts)

    def put(self, conversation: Conversation, message: Message) -> None:
        """The new version of a message or ephemeral."""
        if message.only_for is None:
            conversation.put(message)
        else:
            self._ephemerals[message.ts] = (conversation, message)

    def remove(self, conversation: Conversation, message: Message) -> None:
        """Takes a message or ephemeral away."""
        if message.only_for is None:
            conversation.remove(message)
        else:
            del self._ephemerals[message.ts]

    def state(self) -> Json:
        """All that can be seen, as the page shows it."""
        with self.lock:
            return {
                "revision": self.revision,
                "team": {"id": TEAM.id, "name": TEAM.name},
                "users": [person.as_state() for person in self.people.values()],
                "usergroups": [{"id": group.id, "handle": group.handle} for group in self.user_groups.values()],
                "channels": [self._channel_state(conversation) for conversation in self._conversations.values()],
                "ephemerals": [
                    ephemeral_state(message, conversation.channel.id, self.people)
                    for conversation, message in self._ephemerals.values()
                ],
                "views": self.views.modals(),
                "homes": self.views.homes(),
            }

    def _channel_state(self, conversation: Conversation) -> Json:
        return {
            "id": conversation.channel.id,
            "name": conversation.channel.name,
            "archived": conversation.channel.archived,
            "private": conversation.channel.private,
            "shared": conversation.channel.shared,
            "members": list(conversation.channel.members),
            "bot_is_member": conversation.channel.bot_is_member,
            "messages": [state_of(message, conversation, self.people) for message in conversation.shown()],
        }
