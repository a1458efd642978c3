"""All addresses of the local Slack, to be mounted in somebody's Starlette app and served by Hypercorn.

/api/<method>          the Web API, for slack_sdk's WebClient(base_url="http://127.0.0.1:<port>/api/")
/slack/hooks/<key>     response URLs
/slack/state           GET: what can be seen
/slack/click, command  POST: what people do; say: they write something
/slack/faults, limits  POST: what shall go wrong; DELETE faults: enough of it
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from coastguard.local.slack import control, webapi
from coastguard.local.slack.clicks import HOOKS
from coastguard.local.slack.content import Json
from coastguard.local.slack.errors import NotUnderstood, Refused
from coastguard.local.slack.workspace import Workspace

Endpoint = Callable[[Request], Awaitable[Response]]


def routes(workspace: Workspace) -> list[Route]:
    """The workspace's addresses."""

    def api(handle: Callable[[Workspace, Request], Awaitable[Response]]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            return await handle(workspace, request)

        return endpoint

    def controlled(handle: Callable[[Workspace, Request], Awaitable[Json]]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            try:
                return JSONResponse(await handle(workspace, request))
            except NotUnderstood as error:
                return JSONResponse({"error": str(error)}, 400)
            except Refused as error:
                return JSONResponse({"error": str(error)}, 409)

        return endpoint

    return [
        Route("/api/{method}", api(webapi.call), methods=["GET", "POST"]),
        Route(f"{HOOKS}/{{hook}}", api(webapi.respond), methods=["POST"]),
        Route("/slack/state", controlled(control.state)),
        Route("/slack/click", controlled(control.click), methods=["POST"]),
        Route("/slack/command", controlled(control.command), methods=["POST"]),
        Route("/slack/say", controlled(control.say), methods=["POST"]),
        Route("/slack/faults", controlled(control.order_fault), methods=["POST"]),
        Route("/slack/faults", controlled(control.clear_faults), methods=["DELETE"]),
        Route("/slack/limits", controlled(control.set_limits), methods=["POST"]),
    ]
