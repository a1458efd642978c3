"""One event on its way from a rule to a target, and the reason when it may not arrive."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coastguard.local.aws.naming import rule_name
from coastguard.local.record import RefusalKind

EVENTS = "events.amazonaws.com"


class NotDelivered(Exception):
    """A target may not be reached; the text is the sentence for the record."""

    def __init__(self, kind: RefusalKind, text: str) -> None:
        super().__init__(text)
        self.kind: RefusalKind = kind


@dataclass(frozen=True, slots=True)
class TargetCall:
    """A call of a target. `event` is MiniStack's form of an event, `rule` the ARN of the rule or schedule."""

    target: Mapping[str, Any]
    event: Mapping[str, Any]
    rule: str
    account: str
    region: str

    @property
    def arn(self) -> str:
        """ARN of the target."""
        return str(self.target.get("Arn", ""))

    @property
    def service(self) -> str:
        """The service in the target's ARN."""
        return self.arn.split(":")[2] if self.arn.count(":") > 1 else ""

    @property
    def sender(self) -> str:
        """The rule, for a sentence."""
        return rule_name(self.rule)

    @property
    def scheduled(self) -> bool:
        """Whether it is a schedule of EventBridge Scheduler's that delivers, not a rule."""
        return self.rule.startswith("arn:aws:scheduler:")

    @property
    def leaves(self) -> bool:
        """Whether the target lies in another account or Region."""
        parts = self.arn.split(":", 5)
        return len(parts) == 6 and (parts[4], parts[3]) != (self.account, self.region)
