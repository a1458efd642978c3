"""Socket Mode before a workspace: what Slack would send to a Request URL goes over a WebSocket that the app has opened.

https://docs.slack.dev/apis/events-api/using-socket-mode. The workspace goes on as ever: to it, this is the app.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from coastguard.local.slack.server import routes
from coastguard.local.slack.workspace import Workspace
from tests.patience import PATIENCE_SECONDS

APP_TOKEN = "xapp-local-not-a-secret"

Json = dict[str, Any]


@dataclass
class SocketMode:
    """`address` is where it is served; `sockets` are the connections that stand."""

    workspace: Workspace
    address: str = ""
    sockets: list[WebSocket] = field(default_factory=list)
    waiting: dict[str, "asyncio.Future[Json]"] = field(default_factory=dict)

    def starlette(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/api/apps.connections.open", self._open, methods=["POST"]),
                Route("/relay", self._relay, methods=["POST"]),
                WebSocketRoute("/link", self._link),
                *routes(self.workspace),
            ]
        )

    def at(self, address: str) -> None:
        """Where it is served: from now on the workspace sends to the socket."""
        self.address = address
        self.workspace.request_url = f"{address}/relay"

    async def _open(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {APP_TOKEN}":
            return JSONResponse({"ok": False, "error": "invalid_auth"})
        return JSONResponse({"ok": True, "url": f"{self.address.replace('http', 'ws')}/link?ticket=1"})

    async def _link(self, socket: WebSocket) -> None:
        await socket.accept()
        self.sockets.append(socket)
        await socket.send_text(json.dumps({"type": "hello", "num_connections": len(self.sockets)}))
        try:
            while True:
                told = json.loads(await socket.receive_text())
                self.waiting.pop(told["envelope_id"]).set_result(told)
        except WebSocketDisconnect:
            self.sockets.remove(socket)

    async def _relay(self, request: Request) -> Response:
        """Send as an envelope what comes as a signed request, and answer with what the app acknowledges it with."""
        kind, payload = _envelope((await request.body()).decode())
        envelope = {"envelope_id": str(uuid4()), "type": kind, "payload": payload, "accepts_response_payload": True}
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self.waiting[str(envelope["envelope_id"])] = answer
        if not self.sockets:
            return Response(status_code=503)
        await self.sockets[-1].send_text(json.dumps(envelope))
        try:
            told = await asyncio.wait_for(answer, PATIENCE_SECONDS)
        except TimeoutError:
            return Response(status_code=504)
        return JSONResponse(told["payload"]) if told.get("payload") else Response()


def _envelope(body: str) -> tuple[str, Json]:
    if body.startswith("{"):
        return "events_api", json.loads(body)
    fields = dict(parse_qsl(body, keep_blank_values=True))
    if "payload" in fields:
        return "interactive", json.loads(fields["payload"])
    return "slash_commands", fields
