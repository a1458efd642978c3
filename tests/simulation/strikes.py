"""What has struck whom: only a fault of its own account, or of the hub's own parts, excuses a failure."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.wire.faults import Fault, Faults

# The hub's own parts, as botocore's events and `World.struck` name them.
HUB = frozenset({"dynamodb", "sqs", "slack", "organizations"})


@dataclass
class Striking(Faults):
    """Faults that tell whom they strike: a member account's id, or a part of the hub."""

    struck: Callable[[str], None] = lambda _: None

    def on(self, service: str, operation: str, account: str) -> Fault | None:
        fault = super().on(service, operation, account)
        if fault:
            self.struck(service if service in HUB else account)
        return fault
