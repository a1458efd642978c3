"""Notes: what is posted in a bulletin's thread, and to operators about a lost channel. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from hub.incidents.audit import Entry
from hub.incidents.content import Content
from hub.slack.blocks import ROOM, Block, context, length, mrkdwn, plain, section
from hub.slack.bulletin_message import in_a_sentence
from hub.slack.message import OWNERS
from hub.slack.mrkdwn import code, escape, mention, visible
from hub.slack.permalinks import LONGEST
from hub.times import span_words

# Notes of two blocks each: Slack takes 50 blocks a message.
_NOTES = 20
_WHERE = 200


def reminding(content: Content, waited: timedelta) -> tuple[str, list[Block]]:
    """Draw what reminds people, in the bulletin's thread and the channel, of what nobody has acknowledged."""
    owners = " ".join(map(mention, content.owners[:OWNERS]))
    line = f"{owners} Nobody has acknowledged this for {span_words(waited)}: {in_a_sentence(content)}"
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


def note(entry: Entry, about: Content | None = None, link: str = "") -> tuple[str, list[Block]]:
    """Draw a log entry for a bulletin's thread: its text and its blocks.

    What is said aloud repeats what it is `about`, and mentions the owners if it concerns nobody in particular: whoever
    reads it in the channel does not see the message, which was edited and so has told nobody. Its address is `link`.
    """
    aloud, concerns = about if entry.aloud else None, entry.mentions
    who = f"{mention(entry.who)} " if entry.who else ""
    # What is about the whole cluster is named in the sentence.
    where = f" {code(entry.where, _WHERE)}" if entry.where and (entry.who or not aloud) else ""
    line = f"{who}*{entry.what}*{where}"
    if aloud:
        concerns = concerns or aloud.owners
        line = f"{line}: {in_a_sentence(aloud)}"
        line += f" <{escape(link)}|Open the message>" if link else ""
    if concerns:
        line = f"{' '.join(map(mention, concerns[:OWNERS]))} {line}"
    told = [_result(entry)] if entry.result else []
    told += [plain(visible(f"Reason: {entry.reason}"))] if entry.reason else []
    return line, [section(line), *([context(*told)] if told else [])]


def _result(entry: Entry) -> Block:
    return mrkdwn(entry.result) if entry.speaks_for_us else plain(visible(entry.result))


def posts(entries: Sequence[Entry], about: Content) -> list[list[Entry]]:
    """Sort log entries into posts for a bulletin's thread: as few as hold them, whatever the message's address is."""
    link = "x" * LONGEST
    parts: list[list[Entry]] = []
    room = 0
    for entry in entries:
        needed = length(note(entry, about, link)[1])
        if needed > room or len(parts[-1]) == _NOTES:
            parts.append([])
            room = ROOM
        parts[-1].append(entry)
        room -= needed
    return parts


def notes(post: Sequence[Entry], about: Content, link: str = "") -> tuple[str, list[Block]]:
    """Draw the log entries of one post."""
    drawn = [note(entry, about, link) for entry in post]
    return "\n".join(line for line, _ in drawn), [block for _, blocks in drawn for block in blocks]
