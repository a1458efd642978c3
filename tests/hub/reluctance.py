"""An SQS that refuses some entries of a batch, as the true one does under load, and everything else it takes."""

from collections.abc import Callable
from typing import Any

from botocore.awsrequest import AWSResponse

from tests.hub.factories import Json

_KEY = "coastguard_refused"


class Reluctance:
    """Hooks of a client's SendMessageBatch. `refuses` is asked about each entry."""

    refuses: Callable[[Json], bool]
    calls: int

    def __init__(self) -> None:
        self.willing()

    def willing(self) -> None:
        """Refuse nothing, from now on."""
        self.refuses = lambda _: False
        self.calls = 0

    def hook(self, client: Any) -> None:
        self.listen(client.meta.events)

    def listen(self, events: Any) -> None:
        events.register("provide-client-params.sqs.SendMessageBatch", self._take_out)
        events.register("before-call.sqs.SendMessageBatch", self._answer_for_nothing)
        events.register("after-call.sqs.SendMessageBatch", self._tell)

    def _take_out(self, params: Json, context: Json, **_: object) -> Json:
        self.calls += 1
        context[_KEY] = [entry for entry in params["Entries"] if self.refuses(entry)]
        return {**params, "Entries": [entry for entry in params["Entries"] if entry not in context[_KEY]]}

    def _answer_for_nothing(self, params: Json, **_: object) -> tuple[AWSResponse, Json] | None:
        if b'"Entries": []' not in _body(params):
            return None
        return AWSResponse("", 200, {}, None), {"Successful": [], "ResponseMetadata": {"HTTPStatusCode": 200}}

    def _tell(self, parsed: Json, context: Json, **_: object) -> None:
        if context[_KEY]:
            parsed["Failed"] = [
                {"Id": entry["Id"], "SenderFault": False, "Code": "ServiceUnavailable", "Message": "later"}
                for entry in context[_KEY]
            ]


def _body(params: Json) -> bytes:
    body = params["body"]
    return body if isinstance(body, bytes) else str(body).encode()
