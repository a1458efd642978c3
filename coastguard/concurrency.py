"""How many of Lambda's concurrent executions the hub may take, and whether the account has them.

All functions of an account and Region share one number, 1,000 as a rule and 10 in a new account. When looks take all of
it, nobody answers Slack.
"""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

# The most that run at once, as stacksets/hub.yaml bounds them. Front is bounded by people alone, and five are many.
AT_ONCE = {"ingest": 5, "act": 5, "sweep": 1, "front": 5}
# What API Gateway lets through in a second.
FOR_FRONT = 50
# Lambda reserves nothing that would leave less for all functions without a reservation.
_LEFT_BY_LAMBDA = 100


@dataclass(frozen=True, slots=True)
class Room:
    """The account's concurrent executions in this Region: all, and those that no function has reserved."""

    limit: int
    unreserved: int

    @property
    def for_front(self) -> int:
        """How many a new hub reserves for front: 0 where the account has none to spare."""
        return FOR_FRONT if self.unreserved - FOR_FRONT >= _LEFT_BY_LAMBDA else 0

    def shortage(self, looks: int, reserved: int) -> str:
        """Say what is missing for so many looks at once, with so many reserved for front; "" if nothing is."""
        front = 0 if reserved else AT_ONCE["front"]
        wanted = looks + sum(AT_ONCE.values()) - AT_ONCE["front"] + front
        if wanted <= self.unreserved:
            return ""
        starved = "functions wait for each other" if reserved else "Slack gets no answer while clusters are looked at"
        return (
            f"Lambda runs {self.limit} functions at once in this account and Region, {self.unreserved} of them are not "
            f"reserved, and Coastguard may want {wanted} (looks: {looks}): {starved}. Ask for more in Service Quotas "
            "(AWS Lambda, Concurrent executions), or lower LookConcurrency."
        )


def room(aws_lambda: Any) -> Room | None:  # noqa: ANN401  # boto3's clients have no types
    """Ask Lambda; None if it does not let us."""
    try:
        limits = aws_lambda.get_account_settings()["AccountLimit"]
    except ClientError:
        return None
    return Room(limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"])
