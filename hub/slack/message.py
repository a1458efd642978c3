"""Messages: what every message of ours to a channel has, and how long its parts may be. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.slack.blocks import (
    Block,
)

# Names that a member account gives are cut to a length that fits the true ones and fills no message.
FACT = 36
# So much of what AWS or a person says about something is shown, and so many owners are mentioned.
PROBLEM = 150
OWNERS = 20


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered bulletin. `digest` tells whether Slack shows this already."""

    text: str
    blocks: Sequence[Block]
    attachments: Sequence[Block]
    metadata: Mapping[str, Any]
    digest: str


def event_type(kind: str) -> str:
    """Name the kind of a message in its metadata: "bulletin" or "storm"."""
    return f"coastguard_{kind}"


def finished(
    kind: str, name: str, episode: str, state: str, parts: tuple[str, str, list[Block], list[Block]]
) -> Message:
    """Make a message of its text, color, headline and body, and mark it with what it is about."""
    text, color, blocks, body = parts
    drawing = json.dumps([text, blocks, body, color], sort_keys=True)
    digest = hashlib.sha256(drawing.encode()).hexdigest()[:16]
    for number, block in enumerate(blocks + body):
        # New with every change: Slack's clients keep what was chosen in a block whose id they know.
        block["block_id"] = f"{episode}.{number}.{digest}"
    return Message(
        text=text,
        blocks=blocks,
        attachments=[{"color": color, "fallback": text, "blocks": body}],
        metadata={"event_type": event_type(kind), "event_payload": {kind: name, "state": state}},
        digest=digest,
    )
