"""One message: what is kept of it, and what an edit leaves of it."""

import secrets
from dataclasses import dataclass, replace

from coastguard.local.slack.content import Content, Json
from coastguard.local.slack.elements import INTERACTIVE, LISTS, SINGLES


@dataclass(frozen=True, slots=True)
class Message:
    """A message in a channel, or one that `only_for` alone can see. Never changed: an edit makes a new one."""

    ts: str
    author: str
    text: str = ""
    blocks: tuple[Json, ...] = ()
    attachments: tuple[Json, ...] = ()
    metadata: Json | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    edited: str | None = None
    deleted: bool = False
    only_for: str | None = None

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread, below the message that started it."""
        return self.thread_ts is not None

    def edited_to(self, content: Content, ts: str) -> "Message":
        """The message after chat.update, edited at `ts`.

        As Slack documents it: blocks go when a text comes without any; attachments and metadata stay until something,
        if only something empty, is given for them.
        """
        blocks = self.blocks
        if content.blocks is not None:
            blocks = dressed_blocks(content.blocks)
        elif content.text is not None:
            blocks = ()
        return replace(
            self,
            text=self.text if content.text is None else content.text,
            blocks=blocks,
            attachments=self.attachments if content.attachments is None else _dressed(content.attachments),
            metadata=self.metadata if content.metadata is None else content.metadata or None,
            edited=ts,
        )

    def replaced_by(self, content: Content, ts: str) -> "Message":
        """The message after an answer with replace_original: nothing that was shown stays."""
        return replace(self, text="", blocks=(), attachments=()).edited_to(content, ts)


def new_message(ts: str, author: str, content: Content) -> Message:
    """A message as Slack stores it: every block and element has its id, every attachment its number."""
    return Message(
        ts=ts,
        author=author,
        text=content.text or "",
        blocks=dressed_blocks(content.blocks or []),
        attachments=_dressed(content.attachments or []),
        metadata=content.metadata or None,
    )


def dressed_blocks(blocks: list[Json]) -> tuple[Json, ...]:
    """Blocks with the block_id and action_id that Slack makes up where none was given."""
    return tuple(_dressed_block(block) for block in blocks)


def _dressed_block(block: Json) -> Json:
    parts: Json = {"block_id": block.get("block_id") or _made_up()}
    for name in LISTS:
        if name in block:
            parts[name] = [_dressed_element(element) for element in block[name]]
    for name in SINGLES:
        if name in block:
            parts[name] = _dressed_element(block[name])
    return block | parts


def _dressed_element(element: Json) -> Json:
    if element["type"] not in INTERACTIVE or element.get("action_id"):
        return element
    return element | {"action_id": _made_up()}


def _dressed(attachments: list[Json]) -> tuple[Json, ...]:
    """Attachments with their number, counted from 1, and dressed blocks."""
    numbered = (attachment | {"id": number} for number, attachment in enumerate(attachments, 1))
    return tuple(
        attachment | {"blocks": list(dressed_blocks(attachment["blocks"]))} if "blocks" in attachment else attachment
        for attachment in numbered
    )


def _made_up() -> str:
    return secrets.token_urlsafe(4)
