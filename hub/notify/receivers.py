"""Receivers: who is told of episodes.

A new one is a module with such a class, and a line in `receivers`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from hub.incidents.bulletin import Bulletin
from hub.incidents.content import Content
from hub.notify.publisher import Publisher
from hub.notify.slack_receiver import SlackReceiver
from hub.notify.sns import SnsReceiver


class Receiver(Protocol):
    """Somebody who is told of episodes; what it has of one is its delivery in the bulletin."""

    def deliver(self, content: Content, bulletin: Bulletin, *, leased: bool, urgent: bool) -> Bulletin:
        """Tell it what is new to it; return the bulletin with what it has by now, which is still to be written.

        If nothing is new to it, that is the bulletin as it was. If its delivery is `untold`, this is called again once
        that is written. `leased` says that the look which asks has begun the episode and holds the lease on its first
        post; `urgent` that a person waits for it. What it raises is worth another try.
        """
        ...


def receivers(
    publisher: Publisher,
    connect: Callable[..., Any],
    clock: Callable[[], datetime],
    count: Callable[[str, int], None],
) -> tuple[Receiver, ...]:
    """Make them all, Slack first: who else is told hears what Slack has taken. `connect` makes a client of boto3."""
    return (
        SlackReceiver(publisher),
        SnsReceiver(connect, clock, count),
    )
