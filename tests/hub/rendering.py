"""What Slack would make of a rendered message: whether it takes it, how long it is, what in it is more than words."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from coastguard.local.slack.content import Content
from coastguard.local.slack.strict import Strict
from hub.incidents.content import compose
from hub.incidents.incident import Incident
from hub.slack.bulletin_message import render
from hub.slack.message import Message
from tests.hub.factories import Json, bulletin

# What we write ourselves, and mean: a code span, a moment, a person, a link to the console or to a message.
_CODE = re.compile(r"`[^`\n]+`")
_MEANT = (
    re.compile(r"<!date\^\d+\^\{date_short_pretty\} \{time_secs\}\|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC>"),
    re.compile(r"<@[UW][A-Z0-9]+>"),
    re.compile(r"<!subteam\^S[A-Z0-9]+>"),
    re.compile(
        r"<https://[a-z0-9-]+\.console\.(?:aws\.amazon\.com|amazonaws[a-z.-]+)/[A-Za-z0-9/_%?=:#$-]+"
        r"\|(?:ECS console|EC2 instance|Session Manager|Logs)>"
    ),
    re.compile(
        r"<https://[a-z0-9.-]+/archives/[A-Z0-9]+/p\d{16}(?:\?thread_ts=\d+\.\d{6}&amp;cid=[A-Z0-9]+)?"
        r"\|(?:message|Open the message|The message that tells of it)>"
    ),
)
# Whatever starts a mention, a link or an entity of Slack's, or hides what is shown.
_INVISIBLE = r"\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
_MORE_THAN_WORDS = re.compile(rf"[<>@#`{_INVISIBLE}]|&(?!amp;|lt;|gt;)|https?:")


@cache
def strict() -> Strict:
    return Strict()


def check(text: str, blocks: Sequence[Json], attachments: Sequence[Json] = (), metadata: Json | None = None) -> None:
    """Raises what Slack would answer."""
    strict().check_message(Content(text, list(blocks), list(attachments), metadata))


def check_bulletin(message: Message) -> None:
    check(message.text, message.blocks, message.attachments, dict(message.metadata))


def drawn(*incidents: Incident, **more: object) -> Message:
    cluster = incidents[0].cluster
    made = bulletin(**({"cluster": cluster} | more))
    return render(compose(made.episode, incidents), made.episode)


def all_blocks(message: Message) -> list[Json]:
    return [*message.blocks, *(block for attachment in message.attachments for block in attachment["blocks"])]


def length(message: Message) -> int:
    """All blocks together as JSON, as Slack counts them."""
    stacks = [message.blocks, *(attachment["blocks"] for attachment in message.attachments)]
    return sum(len(json.dumps(stack, separators=(",", ":"), ensure_ascii=False)) for stack in stacks)


def words(message: Message) -> str:
    return "\n".join([message.text, *(thing["text"] for thing in texts(all_blocks(message)))])


def words_of(shown: Json) -> str:
    """All that a message in Slack says."""
    inside = [shown["blocks"], *(attachment["blocks"] for attachment in shown["attachments"])]
    return "\n".join([shown["text"], *(thing["text"] for thing in texts(inside))])


def texts(part: object) -> Iterator[Json]:
    """All text objects in blocks, wherever they are."""
    if isinstance(part, dict):
        if part.get("type") in ("mrkdwn", "plain_text"):
            yield part
        else:
            yield from texts(list(part.values()))
    elif isinstance(part, list | tuple):
        for inner in part:
            yield from texts(inner)


def buttons(blocks: Iterable[Json]) -> list[Json]:
    return [element for block in blocks if block["type"] == "actions" for element in block["elements"]]


@dataclass(frozen=True)
class Trick:
    """Something a person would be shown that is more than words, or not what it seems."""

    where: str
    why: str


def tricks(blocks: Sequence[Json], *lines: str) -> list[Trick]:
    """What foreign words could do in these blocks, and in lines that Slack reads like mrkdwn."""
    found = [trick for thing in texts(list(blocks)) for trick in _tricks_of(thing)]
    return found + [trick for line in lines for trick in _marks(line)]


def _tricks_of(thing: Json) -> Iterator[Trick]:
    text = thing["text"]
    if thing["type"] == "plain_text":
        # Without colons, nothing could become one.
        if thing.get("emoji") is not False and ":" in thing["text"]:
            yield Trick(text, "plain text makes emoji")
        if re.search(rf"[\n{_INVISIBLE}]", text):
            yield Trick(text, "plain text has invisible characters")
        return
    if thing.get("verbatim") is not True:
        yield Trick(text, "Slack makes mentions and links of plain words unless verbatim is set")
    yield from _marks(text)


def _marks(text: str) -> Iterator[Trick]:
    for span in _CODE.findall(text):
        if found := _MORE_THAN_WORDS.search(span[1:-1].replace("@", "").replace("#", "").replace("http", "")):
            yield Trick(span, f"a code span with {found[0]!r}")
    rest = _CODE.sub("", text)
    for meant in _MEANT:
        rest = meant.sub("", rest)
    if found := _MORE_THAN_WORDS.search(rest):
        yield Trick(text, f"{found[0]!r} outside of a code span")
    if "EVIL" in rest:
        yield Trick(text, "foreign words outside of a code span")
