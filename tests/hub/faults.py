"""What goes wrong on the way to the member accounts."""

from botocore.awsrequest import AWSResponse

from tests.hub.factories import Json
from tests.spoke import fleet


class Faults(fleet.Faults):
    def answer(self, action: str, answer: Json) -> None:
        """Let AWS answer so."""
        whole = {**answer, "ResponseMetadata": {"HTTPStatusCode": 200}}
        self._faults[action] = lambda: (AWSResponse("", 200, {}, None), whole)
