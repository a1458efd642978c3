"""What Slack hands out with every click and command, good for a while: trigger ids and response URLs."""

import secrets
from dataclasses import dataclass, field

from coastguard.local.slack.errors import SlackError

TRIGGER_SECONDS = 3
HOOK_SECONDS = 30 * 60
HOOK_USES = 5

# How long a ticket that is no longer good is remembered, to say "expired" rather than "never heard of it".
MEMORY_SECONDS = 2 * HOOK_SECONDS


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a click or command happened; `ts` is the message that held the button, None for a command.

    What happens in a modal or Home, `view`, has no channel: "".
    """

    user: str
    channel: str
    ts: str | None = None
    view: str | None = None


@dataclass(slots=True)
class _Ticket:
    origin: Origin
    given: float
    uses: int = 0


@dataclass(slots=True)
class Tickets:
    """All tickets of both kinds. Times are the caller's, in seconds."""

    _triggers: dict[str, _Ticket] = field(default_factory=dict)
    _hooks: dict[str, _Ticket] = field(default_factory=dict)

    def hand_out(self, origin: Origin, now: float) -> tuple[str, str]:
        """A trigger id and the key of a response URL."""
        for tickets in (self._triggers, self._hooks):
            for name in [name for name, ticket in tickets.items() if now - ticket.given > MEMORY_SECONDS]:
                del tickets[name]
        trigger, hook = f"{int(now * 1000)}.{secrets.randbelow(10**9)}.{secrets.token_hex(16)}", secrets.token_hex(16)
        self._triggers[trigger] = _Ticket(origin, now)
        self._hooks[hook] = _Ticket(origin, now)
        return trigger, hook

    def let_pass(self, seconds: float) -> None:
        """Makes everything that was handed out so much older."""
        for ticket in (*self._triggers.values(), *self._hooks.values()):
            ticket.given -= seconds

    def exchange(self, trigger: str, now: float) -> Origin:
        """Uses a trigger id up. Raises SlackError when it is unknown, was used before, or is older than 3 s."""
        ticket = self._triggers.get(trigger)
        if ticket is None:
            raise SlackError("invalid_trigger_id")
        if ticket.uses:
            raise SlackError("exchanged_trigger_id")
        if now - ticket.given > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        ticket.uses = 1
        return ticket.origin

    def use_hook(self, hook: str, now: float) -> Origin:
        """Uses a response URL once more. Raises SlackError when it is unknown, 30 minutes old, or was used 5 times."""
        ticket = self._hooks.get(hook)
        if ticket is None or now - ticket.given > HOOK_SECONDS:
            raise SlackError("expired_url")
        if ticket.uses >= HOOK_USES:
            raise SlackError("used_url")
        ticket.uses += 1
        return ticket.origin
