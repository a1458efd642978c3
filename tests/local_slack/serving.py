"""Serving Starlette apps on 127.0.0.1 as the local world does: Hypercorn, any free port, in a thread of its own."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field

from hypercorn.asyncio import serve
from hypercorn.config import Config
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.patience import PATIENCE_SECONDS


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Serves the app; its address without a trailing slash."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = "http://{}:{}".format(*listener.getsockname())
    started: Future[Callable[[], object]] = Future()
    server = threading.Thread(target=asyncio.run, args=(_serve(app, listener, started),))
    server.start()
    stop = started.result(PATIENCE_SECONDS)
    try:
        yield address
    finally:
        stop()
        server.join(PATIENCE_SECONDS)
    assert not server.is_alive()


async def _serve(app: Starlette, listener: socket.socket, started: Future[Callable[[], object]]) -> None:
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.graceful_timeout = 2
    config.errorlog = None
    started.set_result(lambda: loop.call_soon_threadsafe(stopping.set))
    await serve(app, config, shutdown_trigger=stopping.wait)  # type: ignore[arg-type]  # Starlette and Hypercorn type an ASGI app each in their own way


@dataclass
class App:
    """An app as Slack sees one: an address that hears of clicks and commands, and how it answers them."""

    heard: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    answer: Callable[[], Response] = Response
    seconds: float = 0.0

    def starlette(self) -> Starlette:
        async def events(request: Request) -> Response:
            self.heard.append((await request.body(), dict(request.headers)))
            await asyncio.sleep(self.seconds)
            return self.answer()

        return Starlette(routes=[Route("/slack/events", events, methods=["POST"])])
