"""AWS on the wire: an answer to every request that botocore is about to send, with nothing sent.

    botocore's client ──before-send──▶ Wire ──▶ Faults ──▶ a service (members, table, queues, …) ──▶ bytes

Whatever a client does with a request or an answer is done for real: serialising, signing, parsing, retrying. What the
services here cost is taken out of the meter's CPU, and waited off the injected latency, which is slept outside of every
lock. A request that nothing here answers raises Stray, which no `except Exception` swallows.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.handlers import BUILTIN_HANDLERS

from tests.wire.faults import Fault, Faults, Kind
from tests.wire.meter import Meter

Json = dict[str, Any]

HUB = "hub"
"""Who calls with the hub's own credentials."""
_CREDENTIAL = re.compile(r"Credential=([^/]+)/[0-9]+/([^/]+)/")
MEMBER_KEY = re.compile(r"ASIA([0-9]{12})[0-9]{4}")
"""The key of who has signed in to a member account, which it tells."""
_QUERY = {"sts", "auto-scaling", "sns"}
_JSON_1_0 = {"dynamodb", "sqs"}
_SINGLE_WRITES = {"PutItem", "UpdateItem", "DeleteItem"}
# What AWS says when it is asked too often, by service; anything else says ThrottlingException.
_THROTTLED = {"ec2": "RequestLimitExceeded", "sts": "Throttling", "auto-scaling": "Throttling"}
_REFUSED = {"ec2": "UnauthorizedOperation", "sts": "AccessDenied", "auto-scaling": "AccessDenied"}


class Stray(BaseException):
    """A request that these fakes cannot answer: teach them, or mend who asks."""


class Failure(Exception):
    """AWS says no: its error code, a text, the HTTP status, and for DynamoDB the reasons of a cancelled transaction."""

    def __init__(self, code: str, text: str = "", status: int = 400, **more: object) -> None:
        super().__init__(code, text)
        self.code, self.text, self.status, self.more = code, text, status, more


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came over the wire. `account` is who signed: a member account's id, or HUB; with which `key`.

    `trace` is the header X-Amzn-Trace-Id.
    """

    service: str
    operation: str
    account: str
    region: str
    fields: Mapping[str, Any]
    trace: str = ""
    key: str = ""

    @property
    def concerned(self) -> str:
        """The account that a fault of it strikes: of a sign-in, the one that is entered."""
        return str(self.fields["RoleArn"]).split(":")[4] if "RoleArn" in self.fields else self.account

    def only(self, *known: str) -> None:
        """Refuse parameters that nobody here understands. Those of a query end in `.1.Name` and the like."""
        strange = sorted({name for name in self.fields if name.split(".", 1)[0] not in known})
        if strange:
            raise Stray(f"{self.service}:{self.operation} with {', '.join(strange)}")

    def listed(self, name: str, member: str = "") -> list[str]:
        """A list of a query: `InstanceId.1`, `InstanceId.2`, …"""
        found: list[str] = []
        while (value := self.fields.get(f"{name}{member}.{len(found) + 1}")) is not None:
            found.append(value)
        return found


Service = Callable[[Call], bytes]


@dataclass
class Latency:
    """How long AWS takes, in seconds; 0 does not wait at all."""

    aws: float = 0.0
    sts: float = 0.0

    def of(self, call: Call) -> float:
        return self.sts if call.service == "sts" else self.aws


@dataclass
class Wire:
    """What answers, by service as botocore's events spell it. May be changed at any time; several threads call."""

    services: dict[str, Service] = field(default_factory=dict)
    meter: Meter = field(default_factory=Meter)
    faults: Faults = field(default_factory=Faults)
    latency: Latency = field(default_factory=Latency)

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Stand in for AWS in every botocore session that is begun meanwhile, for as long as that lives.

        Under moto's mock_aws moto answers first: not together, but for the WireBeforeMoto.
        """
        handlers = [("before-send", self), ("creating-client-class", self._client_made)]
        BUILTIN_HANDLERS.extend(handlers)
        try:
            yield
        finally:
            for handler in handlers:
                BUILTIN_HANDLERS.remove(handler)

    def __call__(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
        began, cpu = time.perf_counter(), time.thread_time()
        call = _read(request, event_name)
        fault = self.faults.on(call.service, call.operation, call.concerned)
        status, body = self._answer(call, fault)
        response = AWSResponse(request.url, status, _headers(call.service), _Raw(body))
        self.meter.called(f"{call.service}:{call.operation}", time.thread_time() - cpu)
        self._wait(self.latency.of(call) - (time.perf_counter() - began))
        if fault and fault.kind is Kind.SILENT:
            raise ReadTimeoutError(endpoint_url=request.url)
        return response

    def _answer(self, call: Call, fault: Fault | None) -> tuple[int, bytes]:
        service = self.services.get(call.service)
        if service is None:
            raise Stray(f"{call.service}:{call.operation}: nobody answers for {call.service}")
        try:
            if fault:
                _fail(call, fault)
            return 200, service(call)
        except Failure as failure:
            return failure.status, _refusal(call.service, failure)

    def _client_made(self, event_name: str, **_: object) -> None:
        self.meter.made(event_name.rsplit(".", 1)[-1])

    @staticmethod
    def _wait(seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)


class _Raw(BytesIO):
    """An HTTP body as botocore reads it."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def _read(request: AWSPreparedRequest, event_name: str) -> Call:
    _, service, operation = event_name.split(".")
    found = _CREDENTIAL.search(_text(request.headers.get("Authorization", "")))
    if not found:
        raise Stray(f"{service}:{operation} is not signed")
    key, region = found.groups()
    member = MEMBER_KEY.fullmatch(key)
    body = _text(request.body or "")
    fields = json.loads(body) if body.startswith("{") else dict(parse_qsl(body, keep_blank_values=True))
    fields.pop("Action", None)
    fields.pop("Version", None)
    trace = _text(request.headers.get("X-Amzn-Trace-Id", ""))
    return Call(service, operation, member[1] if member else HUB, region, fields, trace, key)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes | bytearray) else value


def _headers(service: str) -> dict[str, str]:
    if service == "ec2" or service in _QUERY:
        return {"content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": "8a4b5c6d"}
    version = "1.0" if service in _JSON_1_0 else "1.1"
    return {"content-type": f"application/x-amz-json-{version}", "x-amzn-requestid": "8a4b5c6d"}


def _fail(call: Call, fault: Fault) -> None:
    service = call.service
    match fault.kind:
        case Kind.CONFLICTING if "TransactItems" in call.fields:
            raise _cancelled(call, "TransactionConflict", "Transaction is ongoing for the item")
        case Kind.CONFLICTING if call.operation in _SINGLE_WRITES:
            raise Failure("TransactionConflictException", "Transaction is ongoing for the item")
        case Kind.UNFINISHED if "TransactItems" in call.fields:
            text = "The transaction with the given request token is already in progress."
            raise Failure("TransactionInProgressException", text)
        case Kind.THROTTLED if "TransactItems" in call.fields:
            text = "Throughput exceeds the current capacity of your table or index. Please try again shortly."
            raise _cancelled(call, "ThrottlingError", text)
        case Kind.THROTTLED:
            raise Failure(_THROTTLED.get(service, "ThrottlingException"), "Rate exceeded")
        case Kind.REFUSED:
            raise Failure(_REFUSED.get(service, "AccessDeniedException"), "is not authorized", 403)
        case Kind.BROKEN:
            raise Failure("InternalServerError" if service == "dynamodb" else "InternalFailure", "try again", 500)
        case Kind.SILENT if not fault.done:
            raise Failure("InternalFailure", "nobody hears this", 500)


def _cancelled(call: Call, code: str, text: str) -> Failure:
    """A transaction that is cancelled for its last row; the others have no part in it."""
    reasons = [{"Code": "None"}] * (len(call.fields["TransactItems"]) - 1) + [{"Code": code, "Message": text}]
    told = ", ".join(reason["Code"] for reason in reasons)
    said = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{told}]"
    return Failure("TransactionCanceledException", said, CancellationReasons=reasons)


def _refusal(service: str, failure: Failure) -> bytes:
    code, text = failure.code, failure.text
    if service == "ec2":
        return (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{text}</Message></Error></Errors>"
            "<RequestID>8a4b5c6d</RequestID></Response>"
        ).encode()
    if service in _QUERY:
        return (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{text}</Message></Error>"
            "<RequestId>8a4b5c6d</RequestId></ErrorResponse>"
        ).encode()
    return json.dumps({"__type": f"com.amazonaws#{code}", "message": text, **failure.more}).encode()
