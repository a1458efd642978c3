import asyncio
import socket
import threading
import urllib.request
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from coastguard.local.serving import serve
from tests.patience import PATIENCE_SECONDS

# What is answered by then has not been cut off, and a test that fails ends all the same.
LONGER_SECONDS = 2 * PATIENCE_SECONDS


class Served:
    """An application that is served by a thread of its own, and told to end."""

    def __init__(self) -> None:
        self.busy = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:{1}".format(*self._listener.getsockname())
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        routes = [Route("/never", self._never), Route("/stream", self._stream), Route("/slow", self._slow)]
        served = serve(Starlette(routes=routes), self._listener, self._ended, errors=None)
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(served,), daemon=True)
        self._thread.start()

    def asked(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=PATIENCE_SECONDS) as answer:
            body: bytes = answer.read()
        return body

    def end(self) -> bool:
        """Tell it to end; whether it has."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(PATIENCE_SECONDS)
        if self._thread.is_alive():
            return False
        self._loop.close()
        return True

    async def _never(self, _request: Request) -> Response:
        self.busy.set()
        await asyncio.sleep(LONGER_SECONDS)
        return Response()

    async def _stream(self, _request: Request) -> StreamingResponse:
        async def lines() -> AsyncIterator[str]:
            for _ in range(20 * LONGER_SECONDS):
                self.busy.set()
                yield "data: still here\n\n"
                await asyncio.sleep(0.05)

        return StreamingResponse(lines(), media_type="text/event-stream")

    async def _slow(self, _request: Request) -> Response:
        self.busy.set()
        await asyncio.sleep(0.1)
        return Response("said")


@pytest.mark.parametrize("path", ["never", "stream"], ids=["a long poll", "a stream"])
def test_what_would_go_on_for_ever_does_not_hold_up_the_end(path: str) -> None:
    served = Served()
    with ThreadPoolExecutor(1) as asker:
        answer = asker.submit(served.asked, path)
        assert served.busy.wait(PATIENCE_SECONDS)
        assert served.end()
        assert answer.exception(PATIENCE_SECONDS)


def test_what_is_about_to_be_answered_is_answered_before_the_end() -> None:
    served = Served()
    with ThreadPoolExecutor(1) as asker:
        answer = asker.submit(served.asked, "slow")
        assert served.busy.wait(PATIENCE_SECONDS)
        assert served.end()
        assert answer.result(PATIENCE_SECONDS) == b"said"
