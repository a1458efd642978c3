"""Signatures: may this HTTP request come in? Pure, and quiet: nothing of a stranger's request is logged or answered.

Slack's SDK raises on a timestamp that is no number and on a signature that is not ASCII, and logs whole bodies, so
what it checks is checked for its form first. Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

LARGEST_BODY = 1024 * 1024
OLDEST_SECONDS = 300
_TIMESTAMP = re.compile(r"\d{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)


def refusal(headers: Mapping[str, str], body: bytes, signing_secret: str, now: datetime) -> str | None:
    """Say why a request must not come in, or None if Slack sent it. `headers` have lower-case names."""
    timestamp = headers.get("x-slack-request-timestamp", "")
    signature = headers.get("x-slack-signature", "")
    if len(body) > LARGEST_BODY:
        return "oversized"
    if not (_TIMESTAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature)):
        return "unsigned"
    if abs(now.timestamp() - int(timestamp)) > OLDEST_SECONDS:
        return "old"
    signed = b":".join((b"v0", timestamp.encode(), body))
    expected = "v0=" + hmac.new(signing_secret.encode(), signed, hashlib.sha256).hexdigest()
    return None if hmac.compare_digest(expected, signature) else "forged"
