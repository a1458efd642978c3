"""moto behind MiniStack: ecs, ec2, autoscaling and parts of ssm are answered by moto, after MiniStack's IAM check.

moto's request handlers are called directly: no second port, no web framework.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlencode

import ministack.app
from ministack.core.responses import get_account_id, get_region
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.request import Request
from moto.ec2.responses import EC2Response
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.ssm.responses import SimpleSystemManagerResponse

from coastguard.local.aws.silence import Silence
from coastguard.local.fleet.moto_lock import MOTO

Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[str, str, Mapping[str, str], bytes, Mapping[str, list[str]]], Awaitable[Response]]

SERVED = {
    "autoscaling": AutoScalingResponse,
    "ec2": EC2Response,
    "ecs": EC2ContainerServiceResponse,
    "ssm": SimpleSystemManagerResponse,
}
# The rest of ssm (parameters, documents) stays MiniStack's.
SSM_OF_THE_FLEET = frozenset(
    {"DescribeInstanceInformation", "SendCommand", "GetCommandInvocation", "ListCommands", "ListCommandInvocations"}
)
READING = ("Describe", "Get", "List")


def mount(after_change: Callable[[str, str], Awaitable[None]], silence: Silence) -> None:
    """Put moto in MiniStack's place; `after_change(account, region)` is awaited after each call that may write."""
    handlers = ministack.app.SERVICE_HANDLERS
    for service, responder in SERVED.items():
        only = SSM_OF_THE_FLEET if service == "ssm" else None
        handlers[service] = _handler(service, responder.dispatch, handlers[service], only, after_change, silence)


def _handler(  # noqa: PLR0913 - what answers, and what keeps it from that
    service: str,
    dispatch: Callable[[Request], tuple[int, dict[str, str], str | bytes]],
    ministack_handler: Handler,
    only: frozenset[str] | None,
    after_change: Callable[[str, str], Awaitable[None]],
    silence: Silence,
) -> Handler:
    async def handle(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, list[str]]
    ) -> Response:
        action = _action(headers, body, query)
        if only is not None and action not in only:
            return await ministack_handler(method, path, headers, body, query)
        account, region = get_account_id(), get_region()
        if await silence.swallows(account, region):
            return 503, {"content-type": "text/plain"}, b"too late"
        request = _request(service, method, path, headers, body, query)
        context = contextvars.copy_context()
        answer = await asyncio.get_running_loop().run_in_executor(None, context.run, _answer, dispatch, request)
        if not action.startswith(READING):
            await after_change(account, region)
        return answer

    return handle


def _action(headers: Mapping[str, str], body: bytes, query: Mapping[str, list[str]]) -> str:
    if target := headers.get("x-amz-target", ""):
        return target.rpartition(".")[2]
    form = dict(pair.partition("=")[::2] for pair in body.decode().split("&"))
    return form.get("Action") or next(iter(query.get("Action", ())), "")


def _request(  # noqa: PLR0913 - the parts of an HTTP request
    service: str, method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, list[str]]
) -> Request:
    region = get_region()
    kept = {name: value for name, value in headers.items() if name not in {"content-length", "transfer-encoding"}}
    url = f"https://{service}.{region}.amazonaws.com{path}"
    if query:
        url += "?" + urlencode(query, doseq=True)
    return Request.from_primitives(method, url, {**kept, "x-moto-account-id": get_account_id()}, body)


def _answer(dispatch: Callable[[Request], tuple[int, dict[str, str], str | bytes]], request: Request) -> Response:
    with MOTO:
        status, headers, body = dispatch(request)
    kept = {name: str(value) for name, value in headers.items() if name.lower() in {"content-type", "x-amzn-errortype"}}
    return int(status), kept, body.encode() if isinstance(body, str) else body
