"""All addresses of the local Slack, to be mounted in somebody's Starlette app and served by Hypercorn.

/api/<method>          the Web API, for slack_sdk's WebClient(base_url="http://127.0.0.1:<port>/api/")
/slack/hooks/<key>     response URLs
/slack/state           GET: what can be seen
/slack/click, command  POST: what people do in channels; say: they write something
/slack/views/…         POST: what they do in modals and Homes: click, submit, close; /slack/home: they open the Home
/slack/channels, …     POST: channels, usergroups, plan, organization, directs, app: what becomes of the directory
/slack/faults, limits  POST: what shall go wrong; DELETE faults: enough of it
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from coastguard.local.slack import changes, control, webapi
from coastguard.local.slack.calling import HOOKS
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
        Route("/slack/views/click", controlled(control.click_in_view), methods=["POST"]),
        Route("/slack/views/submit", controlled(control.submit), methods=["POST"]),
        Route("/slack/views/close", controlled(control.close), methods=["POST"]),
        Route("/slack/home", controlled(control.open_home), methods=["POST"]),
        Route("/slack/channels", controlled(changes.change_channel), methods=["POST"]),
        Route("/slack/usergroups", controlled(changes.change_user_group), methods=["POST"]),
        Route("/slack/plan", controlled(changes.change_plan), methods=["POST"]),
        Route("/slack/organization", controlled(changes.change_organization), methods=["POST"]),
        Route("/slack/directs", controlled(changes.open_direct), methods=["POST"]),
        Route("/slack/app", controlled(changes.change_app), methods=["POST"]),
        Route("/slack/faults", controlled(control.order_fault), methods=["POST"]),
        Route("/slack/faults", controlled(control.clear_faults), methods=["DELETE"]),
        Route("/slack/limits", controlled(control.set_limits), methods=["POST"]),
    ]
