"""One HTTP request to the app, with Slack's patience: an answer within 3 seconds, or an error for the person."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

import h11

PATIENCE_SECONDS = 3.0
CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class AppAnswer:
    """What came of a request. `error` is what Slack would show the person, None when the app answered 200.

    `problems` tell what exactly was wrong with the app's answer.
    """

    status: int | None
    milliseconds: int
    error: str | None
    content_type: str = ""
    body: bytes = b""
    problems: tuple[str, ...] = ()


async def deliver(url: str, headers: dict[str, str], body: bytes, patience: float = PATIENCE_SECONDS) -> AppAnswer:
    """POSTs to an http:// URL and waits for the whole answer, `patience` seconds in all."""
    loop = asyncio.get_running_loop()
    start = loop.time()

    def took() -> int:
        return round((loop.time() - start) * 1000)

    try:
        async with asyncio.timeout(patience):
            response, answer = await _exchange(url, headers, body)
    except TimeoutError:
        return AppAnswer(None, took(), "operation_timeout")
    except (OSError, h11.RemoteProtocolError):
        return AppAnswer(None, took(), "dispatch_failed")
    error = None if response.status_code == 200 else f"http {response.status_code}"
    content_type = dict(response.headers).get(b"content-type", b"").decode("latin-1")
    return AppAnswer(response.status_code, took(), error, content_type, answer)


async def _exchange(url: str, headers: dict[str, str], body: bytes) -> tuple[h11.Response, bytes]:
    target = urlsplit(url)
    reader, writer = await asyncio.open_connection(target.hostname, target.port or 80)
    try:
        connection = h11.Connection(h11.CLIENT)
        all_headers = {"Host": target.netloc, "Connection": "close", "Content-Length": str(len(body)), **headers}
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        for event in (
            h11.Request(method="POST", target=path, headers=list(all_headers.items())),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            writer.write(connection.send(event) or b"")
        return await _answer(connection, reader)
    finally:
        writer.close()


async def _answer(connection: h11.Connection, reader: asyncio.StreamReader) -> tuple[h11.Response, bytes]:
    response, body = None, bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(CHUNK))
        elif isinstance(event, h11.Response):
            response = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and response is not None:
            return response, bytes(body)
        elif isinstance(event, h11.ConnectionClosed):
            raise ConnectionResetError("closed before an answer")
