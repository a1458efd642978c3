"""The Web API over HTTP: who calls, what shall go wrong today, and Slack's way to say yes and no.

Slack answers errors with HTTP 200 and {"ok": false}; only a rate limit has a status of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from coastguard.local.slack import responses
from coastguard.local.slack.arguments import Arguments, read
from coastguard.local.slack.bodies import body_of
from coastguard.local.slack.errors import MissingScope, RateLimited, SlackError
from coastguard.local.slack.faults import RESPONSE_URL, Fault
from coastguard.local.slack.methods import METHODS, SCOPES
from coastguard.local.slack.workspace import BOT_TOKEN, Workspace


class NoAnswer(Response):
    """The connection closes before any answer: the caller cannot know what came of the call.

    ASGI knows no such thing. An interim "100 Continue", which clients pass over, followed by nothing makes Hypercorn
    close the connection.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI calls it
        """Begins, and stops."""
        await send({"type": "http.response.start", "status": 100, "headers": []})


async def call(workspace: Workspace, request: Request) -> Response:
    """One call of the Web API, with the trouble that was ordered for it."""
    method = request.path_params["method"]
    try:
        arguments = read(request.headers.get("content-type", ""), await body_of(request), dict(request.query_params))
    except SlackError as error:
        return _refusal(error)
    with workspace.lock:
        fault = workspace.faults.take(method, reply="thread_ts" in arguments.values)
    return await _troubled(fault, lambda: _answer(workspace, method, request, arguments))


async def respond(workspace: Workspace, request: Request) -> Response:
    """One use of a response URL."""
    with workspace.lock:
        fault = workspace.faults.take(RESPONSE_URL)
    return await _troubled(fault, lambda: _responded(workspace, request))


async def _responded(workspace: Workspace, request: Request) -> Response:
    try:
        arguments = read("application/json", await body_of(request), {})
        await run_in_threadpool(responses.respond, workspace, request.path_params["hook"], arguments.values)
    except SlackError as error:
        status = 404 if error.code in ("expired_url", "used_url") else 200
        return JSONResponse({"ok": False, "error": error.code, "errors": list(error.problems)}, status)
    return JSONResponse({"ok": True})


async def _troubled(fault: Fault | None, answer: Callable[[], Awaitable[Response]]) -> Response:
    if fault is None:
        return await answer()
    match fault.kind:
        case "ratelimit":
            return _refusal(RateLimited(fault.retry_after))
        case "slow":
            await asyncio.sleep(fault.seconds)
            return await answer()
        case "lost_answer":
            await answer()
            return NoAnswer()
        case "word":
            return _refusal(SlackError(fault.word))
        case _:
            if fault.accepted:
                await answer()
            return JSONResponse({"ok": False, "error": "internal_error"}, 500)


async def _answer(workspace: Workspace, method: str, request: Request, arguments: Arguments) -> Response:
    try:
        _authorise(request.headers.get("authorization", ""), arguments)
        # Checking a big message takes a dozen milliseconds; the page's live view should not wait for it.
        answer = {"ok": True} | await run_in_threadpool(_called, workspace, method, arguments)
        return JSONResponse(answer, headers={"x-oauth-scopes": ",".join(sorted(workspace.scopes))})
    except SlackError as error:
        return _refusal(error)


def _authorise(header: str, arguments: Arguments) -> None:
    """The token comes as a header or as an argument. Raises SlackError."""
    scheme, _, token = header.partition(" ")
    given = token.strip() if scheme.lower() == "bearer" else arguments.optional_text("token")
    if not given:
        raise SlackError("not_authed")
    if given != BOT_TOKEN:
        raise SlackError("invalid_auth")


def _called(workspace: Workspace, method: str, arguments: Arguments) -> dict[str, object]:
    if method not in METHODS:
        raise SlackError("unknown_method")
    needed = SCOPES.get(method, ())
    if needed and workspace.scopes.isdisjoint(needed):
        raise MissingScope(needed, workspace.scopes)
    with workspace.lock:
        wait = workspace.budgets.spend(method, str(arguments.values.get("channel")), workspace.clock())
    if wait is not None:
        raise RateLimited(wait)
    return METHODS[method](workspace, arguments)


def _refusal(error: SlackError) -> Response:
    body: dict[str, object] = {"ok": False, "error": error.code}
    if error.problems:
        body["errors"] = list(error.problems)
        body["response_metadata"] = {"messages": [f"[ERROR] {problem}" for problem in error.problems]}
    if isinstance(error, MissingScope):
        body |= {"needed": error.needed, "provided": error.provided}
    if isinstance(error, RateLimited):
        return JSONResponse(body, 429, {"Retry-After": str(error.retry_after)})
    return JSONResponse(body)
