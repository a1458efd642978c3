"""Policies as the tests' functions read them: SSM with one parameter, or without."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

# Of the local workspace's user groups: Alice and Bob are in the first, Alice is in the second, Carol is in the third.
SRE, PLATFORM, PAYMENTS = "S0SRETEAM1", "S0PLATFORM", "S0PAYMENTS"
# Alice, Bob and Carol: without rights nobody repairs.
EVERYBODY = '[[rights]]\nwho = ["U0ALICE01", "U0BOB0002", "U0CAROL03"]\nmay = "*"\n'


@dataclass
class Ssm:
    """Stands in for boto3's client. Without a `text` there is no parameter."""

    text: str | None = EVERYBODY
    version: int = 1
    reads: int = 0

    def put(self, text: str | None) -> None:
        self.text, self.version = text, self.version + 1

    def get_parameter(self, *, Name: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.reads += 1
        if self.text is None or ":" in Name:
            raise ClientError({"Error": {"Code": "ParameterNotFound", "Message": "no"}}, "GetParameter")
        made = datetime(2026, 1, 1, tzinfo=UTC)
        parameter = {"Type": "String", "Value": self.text, "Version": self.version, "LastModifiedDate": made}
        return {"Parameter": parameter}
