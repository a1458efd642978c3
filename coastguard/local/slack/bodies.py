"""Request bodies, of which no more is kept than any honest caller would write."""

from starlette.requests import Request

from coastguard.local.slack.errors import SlackError

MAX_BODY = 1024 * 1024


async def body_of(request: Request) -> bytes:
    """The whole body. Raises SlackError request_too_large beyond 1 MiB.

    The rest is read all the same and dropped: a client that is answered while it writes takes it for a lost connection.
    """
    body, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= MAX_BODY:
            body += chunk
    if size > MAX_BODY:
        raise SlackError("request_too_large")
    return bytes(body)
