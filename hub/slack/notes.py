"""Notes: what is posted in a bulletin's thread, and to operators about a lost channel. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from hub.incidents.audit import Entry
from hub.incidents.content import Content
from hub.slack.blocks import ROOM, Block, context, length, plain, section
from hub.slack.message import OWNERS
from hub.slack.mrkdwn import code, mention, visible
from hub.times import span_words

# Notes of two blocks each: Slack takes 50 blocks a message.
_NOTES = 20
_WHERE = 200


def reminder(content: Content, after: timedelta) -> tuple[str, list[Block]]:
    """Draw what reminds people, in the bulletin's thread and the channel, of what nobody has acknowledged."""
    owners = " ".join(map(mention, content.owners[:OWNERS]))
    waited = span_words(after)
    line = f"{owners} Nobody has acknowledged this for {waited}: {content.headline}, {code(content.cluster.name)}"
    return line.strip(), [section(f":bell: {line.strip()}")]


def channel_lost(channel: str, word: str, operators: Sequence[str]) -> tuple[str, list[Block]]:
    """Draw what the operators are told of a channel that cannot be posted to; `word` is Slack's for the reason."""
    who = "".join(f"{mention(operator)} " for operator in operators)
    line = (
        f"{who}Channel {code(channel)} cannot be posted to: Slack says {code(word)}. What belongs there is said here."
    )
    return line, [
        section(f":warning: {line}"),
        context(
            plain(
                "Invite the bot to it, unarchive it, or give another channel in the policy or the stack's parameters."
            )
        ),
    ]


def note(entry: Entry) -> tuple[str, list[Block]]:
    """Draw a log entry for a bulletin's thread: its text and its blocks."""
    who = f"{mention(entry.who)} " if entry.who else ""
    where = f" {code(entry.where, _WHERE)}" if entry.where else ""
    line = f"{who}*{entry.what}*{where}"
    told = [entry.result] if entry.result else []
    told += [f"Reason: {entry.reason}"] if entry.reason else []
    return line, [section(line), *([context(*(plain(visible(each)) for each in told))] if told else [])]


def posts(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Sort log entries into posts for a bulletin's thread: as few as hold them."""
    parts: list[list[Entry]] = []
    room = 0
    for entry in entries:
        needed = length(note(entry)[1])
        if needed > room or len(parts[-1]) == _NOTES:
            parts.append([])
            room = ROOM
        parts[-1].append(entry)
        room -= needed
    return parts


def notes(post: Sequence[Entry]) -> tuple[str, list[Block]]:
    """Draw the log entries of one post."""
    drawn = [note(entry) for entry in post]
    return "\n".join(line for line, _ in drawn), [block for _, blocks in drawn for block in blocks]
