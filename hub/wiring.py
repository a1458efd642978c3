"""Wiring: the collaborators that always travel together."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hub.queues import Queues
from hub.slack.client import Slack
from hub.table.store import Store


@dataclass(frozen=True, slots=True)
class Addresses:
    """The queues' URLs. A function has those that it sends to or reads; the others are ""."""

    looks: str = ""
    delay: str = ""
    acts: str = ""


@dataclass(frozen=True, slots=True)
class Hub:
    """What every function of the hub works with; `slack` makes a client, `sleep` waits for some seconds."""

    table: Store
    queues: Queues
    addresses: Addresses
    slack: Callable[[], Slack]
    clock: Callable[[], datetime]
    count: Callable[[str, int], None]
    sleep: Callable[[float], None] = time.sleep
