"""The HTTP adapter: a request from API Gateway comes in, and an answer goes out within Slack's three seconds.

Our own small adapter: Bolt's imports boto3 and handles lazy listeners, which we do not use.
"""

import base64
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from slack_bolt import App, BoltRequest

from chatops import signature
from hub.runtime.secrets import SlackSecret

log = logging.getLogger(__name__)

_FORM = "application/x-www-form-urlencoded"
# Slack escapes each quote and bracket of its JSON, thousands in a click, and Bolt undoes them one by one. These stand
# for themselves in a form just as well.
_NEEDLESS = tuple((f"%{ord(c):02X}".encode(), c.encode()) for c in '":,')
_MALFORMED = 400
_UNAUTHORIZED = 401


@dataclass(slots=True)
class HttpAdapter:
    """Everything the front works with. `app` makes the app for a secret: a rotated one gets a new app."""

    secret: Callable[[], SlackSecret]
    app: Callable[[SlackSecret], App]
    clock: Callable[[], datetime]
    count: Callable[[str, int], None]
    _made: tuple[SlackSecret, App] | None = field(default=None, init=False)

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one request of an HTTP API, payload format 2.0."""
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        body = _body(event)
        secret = self.secret()
        reason = signature.refusal(headers, body, secret.signing_secret, self.clock())
        if reason:
            return self._refuse(_UNAUTHORIZED, reason)
        try:
            if headers.get("content-type", "").startswith(_FORM) and not body.startswith(b"{"):
                body = _lighter(body)
            request = BoltRequest(body=body.decode("utf-8", "replace"), headers=headers)
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            # Bolt reads the payload here and takes it for the JSON object that Slack sends.
            return self._refuse(_MALFORMED, "malformed")
        response = self._app(secret).dispatch(request)
        return {"statusCode": response.status, "headers": response.first_headers(), "body": response.body}

    def _refuse(self, status: int, reason: str) -> dict[str, Any]:
        self.count("refused", 1)
        log.warning("request.refused", extra={"reason": reason})
        return {"statusCode": status, "body": ""}

    def _app(self, secret: SlackSecret) -> App:
        if self._made is None or self._made[0] != secret:
            self._made = (secret, self.app(secret))
        return self._made[1]


def _lighter(form: bytes) -> bytes:
    """Write a form with fewer escapes and the same meaning; not before its first =, where { would make it JSON."""
    name, sign, rest = form.partition(b"=")
    for escape, plain in _NEEDLESS:
        rest = rest.replace(escape, plain)
    return name + sign + rest


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        # Half a character is nothing that Slack has signed.
        return str(text).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
