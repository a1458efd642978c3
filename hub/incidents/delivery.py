"""Deliveries: what one receiver has of an episode, as far as we know. Pure.

`doubt_since` marks a post that was begun and whose answer never came; whoever finds it reads what the receiver has
before posting again (see hub.notify.publisher).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

SLACK, SNS = "slack", "sns"

# A lease on posting outlives Slack's client timeout (4 s), so that two posters never overlap.
LEASE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a receiver has of an episode: Slack's is a message that is edited.

    `address` is where it is delivered, `handle` what the receiver calls it there ("" until it has it), `thread` the
    handle of what it is a reply to. `shown` says what it shows: of Slack's message the digest. One that is `aside` was
    left to a storm to post. `lost` are the addresses that it had before, and that could not be posted to.

    `noted` is the key of the last log entry that was said in its thread: receivers with a thread come through the log
    each at its own pace. While something of the log is still to be said there it is `untold`, and the episode is not
    closed. `version` is that of the episode's row with which it was written. `at` is what the receiver calls the
    address by now, if that is something else than what it is called in the policy: a channel's id may change.
    """

    receiver: str
    episode: str
    address: str
    handle: str = ""
    thread: str = ""
    shown: str = ""
    shown_at: datetime | None = None
    doubt_since: datetime | None = None
    lease_until: datetime | None = None
    aside: bool = False
    lost: tuple[str, ...] = ()
    noted: str = ""
    untold: bool = False
    version: int = 0
    at: str = ""

    @property
    def place(self) -> str:
        """Where its message is found."""
        return self.at or self.address

    def in_doubt(self, now: datetime, lease: timedelta = LEASE) -> "Delivery":
        """Begin to post it: until the lease is over nobody else may."""
        return replace(self, doubt_since=now, lease_until=now + lease)

    def settled(self) -> "Delivery":
        """End a doubt: it is known whether it was posted."""
        return replace(self, doubt_since=None, lease_until=None)
