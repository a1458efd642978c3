"""Serving on a socket of ours, and ending it while requests are still being answered.

Since Python 3.12.1 a server that is closed waits until its last connection is gone, and hypercorn waits for that before
its own patience begins: one long poll, or one page that listens to what changes, would hold up the end for as long as
it lasts. So what still runs when the time is over is cut off here.
"""

import asyncio
import socket
from typing import TYPE_CHECKING, Any, cast

from hypercorn.asyncio import serve as serve_asgi
from hypercorn.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypercorn.typing import ASGIFramework

PATIENCE_SECONDS = 0.5
"""How long what is being answered at the end may still take."""


async def serve(
    application: "Callable[..., Any]", listener: socket.socket, ended: asyncio.Event, *, errors: str | None = "-"
) -> None:
    """Serve an ASGI application until `ended`; what is being answered then has half a second.

    `errors` is where hypercorn writes what goes wrong, None for nowhere.
    """
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.graceful_timeout = PATIENCE_SECONDS
    config.accesslog = None
    config.errorlog = errors
    answering: set[asyncio.Task[Any]] = set()

    async def watched(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - handed through
        task = asyncio.current_task()
        if scope["type"] == "lifespan" or task is None:
            await application(scope, receive, send)
            return
        answering.add(task)
        try:
            await application(scope, receive, send)
        finally:
            answering.discard(task)

    serving = asyncio.ensure_future(serve_asgi(cast("ASGIFramework", watched), config, shutdown_trigger=ended.wait))
    end = asyncio.ensure_future(ended.wait())
    await asyncio.wait({serving, end}, return_when=asyncio.FIRST_COMPLETED)
    end.cancel()
    while not serving.done():
        await asyncio.wait({serving}, timeout=PATIENCE_SECONDS)
        for task in list(answering):
            task.cancel()
    await serving
