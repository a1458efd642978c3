"""Permalinks: the address of a message in Slack, made of its channel and ts, without asking Slack for each. Pure.

https://docs.slack.dev/reference/methods/chat.getPermalink says what they look like.
"""

import re

from hub.incidents.delivery import Delivery

LONGEST = 250
"""No address is longer, also as it stands in a link."""

_HOME = re.compile(r"https://[a-z0-9.-]{1,100}/?")
_CHANNEL = re.compile(r"[A-Z0-9]{2,28}")
_TS = re.compile(r"[0-9]{1,12}\.[0-9]{6}")


def permalink(home: str, delivery: Delivery) -> str:
    """Return the address of a bulletin's message, "" if it has none; `home` is the workspace's own, "" if unknown."""
    known = _HOME.fullmatch(home) and _CHANNEL.fullmatch(delivery.place) and _TS.fullmatch(delivery.handle)
    if not known:
        return ""
    address = f"{home.rstrip('/')}/archives/{delivery.place}/p{delivery.handle.replace('.', '')}"
    thread = f"?thread_ts={delivery.thread}&cid={delivery.place}" if _TS.fullmatch(delivery.thread) else ""
    return f"{address}{thread}"
