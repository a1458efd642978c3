"""Lambda's guard against recursive loops for what goes through SQS; MiniStack counts nested calls of Invoke only.

An invocation's calls carry its lineage, SQS keeps it with the message, and a batch whose function its chain has invoked
16 times already is not handed over: it comes back when its visibility is over. The guard is on for every function,
whatever RecursiveLoop its template says: what holds here holds there.
"""

import threading
from collections.abc import Awaitable, Mapping
from contextvars import ContextVar
from typing import Any

import ministack.app
from ministack.services import lambda_svc, sqs

from coastguard.local.aws.lineage import MOST_INVOCATIONS, Invocation, invocation

Response = tuple[int, dict[str, str], bytes]
_HEADER = "x-amzn-trace-id"

_sent_with: ContextVar[str] = ContextVar("sent_with", default="")
_invoked_as: ContextVar[str] = ContextVar("invoked_as", default="")


class Chains:
    """How long chains have become: the most invocations of each function in one, and the batches that were dropped."""

    def __init__(self) -> None:
        self._longest: dict[str, int] = {}
        self._dropped = 0
        self._lock = threading.Lock()

    def takes(self, function: str, found: Invocation) -> bool:
        """Note an invocation; whether it may take place."""
        with self._lock:
            self._longest[function] = max(self._longest.get(function, 0), found.number)
            self._dropped += found.number > MOST_INVOCATIONS
        return found.number <= MOST_INVOCATIONS

    def told(self) -> dict[str, object]:
        """Return all of it as a JSON object."""
        with self._lock:
            return {"longest": dict(self._longest), "dropped": self._dropped}


def install(chains: Chains) -> None:
    """Have MiniStack count, and drop."""
    ministacks_run = lambda_svc._run_sqs_batch  # noqa: SLF001 - asserted in symbols
    ministacks_trace = lambda_svc._xray_trace_id_for_invocation  # noqa: SLF001 - the same
    ministacks_attributes = sqs._build_send_sys_attrs  # noqa: SLF001 - the same
    ministacks_handler = ministack.app.SERVICE_HANDLERS["sqs"]

    def run(esm: Mapping[str, Any], function: Any, event: Mapping[str, Any], *others: object) -> None:  # noqa: ANN401  # MiniStack's
        name = str(esm["FunctionName"])
        found = invocation(name, event["Records"])
        if not chains.takes(name, found):
            return
        token = _invoked_as.set(found.trace)
        try:
            ministacks_run(esm, function, event, *others)
        finally:
            _invoked_as.reset(token)

    def trace(config: Mapping[str, Any], inbound: str | None = None) -> str | None:
        told: str | None = _invoked_as.get() or ministacks_trace(config, inbound)
        return told

    def attributes(now: float, given: Mapping[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = ministacks_attributes(now, given)
        return ({"AWSTraceHeader": header} if (header := _sent_with.get()) else {}) | kept

    async def handle(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, list[str]]
    ) -> Response:
        _sent_with.set(headers.get(_HEADER, ""))
        answer: Awaitable[Response] = ministacks_handler(method, path, headers, body, query)
        return await answer

    lambda_svc._run_sqs_batch = run  # noqa: SLF001 - asserted in symbols
    lambda_svc._xray_trace_id_for_invocation = trace  # noqa: SLF001 - the same
    sqs._build_send_sys_attrs = attributes  # noqa: SLF001 - the same
    ministack.app.SERVICE_HANDLERS["sqs"] = handle
