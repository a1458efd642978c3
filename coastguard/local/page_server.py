"""The page's server: the page, what it shows, what it may do, and Slack's API beside it, on one port of 127.0.0.1."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from coastguard.local.aws_process import AwsProcess, WorldError
from coastguard.local.serving import serve
from coastguard.local.slack.server import routes
from coastguard.local.slack.workspace import Workspace

PAGE = Path(__file__).parent / "page"
_GLANCE_SECONDS = 0.3
_GLANCES_OF_SILENCE = 50
_STOP_SECONDS = 15


def application(aws: AwsProcess, workspace: Workspace, grace: int) -> Starlette:
    """Make the server's application."""

    async def world(_request: Request) -> JSONResponse:
        fleet = await run_in_threadpool(aws.ask, "fleet")
        revision = fleet["revision"] + workspace.revision
        return JSONResponse(
            {"revision": revision, "now": workspace.clock(), "grace": grace, "slack": workspace.state(), "fleet": fleet}
        )

    async def agents(request: Request) -> JSONResponse:
        try:
            return JSONResponse(await run_in_threadpool(aws.ask, "agents", await request.json()))
        except (WorldError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)

    async def changes(_request: Request) -> StreamingResponse:
        return StreamingResponse(_revisions(aws, workspace), media_type="text/event-stream")

    return Starlette(
        routes=[
            Route("/world", world),
            Route("/world/changes", changes),
            Route("/world/agents", agents, methods=["POST"]),
            *routes(workspace),
            Mount("/", StaticFiles(directory=PAGE, html=True)),
        ],
        # Another site's page must not reach us under a name of its own that it lets point here.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )


async def _revisions(aws: AwsProcess, workspace: Workspace) -> AsyncIterator[str]:
    """Say each new revision of the world, and now and then that we are still here."""
    said, silence = -1, 0
    while True:
        revision = workspace.revision + (await run_in_threadpool(aws.ask, "revision"))["revision"]
        silence += 1
        if revision != said:
            said, silence = revision, 0
            yield f"data: {json.dumps({'revision': revision})}\n\n"
        elif silence > _GLANCES_OF_SILENCE:
            silence = 0
            yield ": still here\n\n"
        await asyncio.sleep(_GLANCE_SECONDS)


class Server:
    """An application served on 127.0.0.1 by a thread of its own. Port 0 takes a free one."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError as error:
            self._socket.close()
            raise WorldError(
                f"port {port} of 127.0.0.1 cannot be used ({error.strerror}): choose another one with --port"
            ) from error
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._thread: threading.Thread | None = None

    def start(self, application: Starlette) -> None:
        """Begin to serve."""
        self._thread = threading.Thread(target=self._run, args=(application,), name="page-server", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End serving and free the port."""
        if self._thread is None:
            self._socket.close()
        else:
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(_STOP_SECONDS)
        self._loop.close()

    def _run(self, application: Starlette) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(serve(application, self._socket, self._end, errors=None))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
