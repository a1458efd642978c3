"""Parts of answers: how long they are, and as many rows as there is room for. Pure."""

import re
from collections.abc import Mapping, Sequence

from hub.policy.explain import WithIds
from hub.slack import button_values
from hub.slack.blocks import ROOM, Block, context, length, plain, section
from hub.slack.mrkdwn import code, escape, mention, visible

Answer = tuple[str, list[Block]]
SAY = button_values.SAY

# Slack does not take more than 50 blocks, of which a row has one or two.
MOST_ROWS = 20
FEW = 5
WORDS, FACT, NAME, REASON, LINE = 120, 36, 40, 120, 300
# A policy's line is not cut within an id: the longest list of people and groups has room.
_LONGEST_LINE, _LONGEST_TEXT = 1_500, 3_000
_ID = re.compile(r"([UWS](?=[A-Z]*[0-9])[A-Z0-9]{2,20})(\W*)")


def account_words(account: str, names: Mapping[str, str]) -> str:
    """Write an account with its name, if that is known."""
    name = names.get(account, "")
    return f"{code(name, NAME)} ({account})" if name else account


def paragraph(words: str) -> Block:
    """Draw words that may be foreign; of a policy's words, people and groups by name."""
    if isinstance(words, WithIds):
        return section(_named(visible(words, _LONGEST_LINE)) or "?")
    return {"type": "section", "text": plain(visible(words, LINE))}


def rest(number: int, remedy: str = "") -> list[Block]:
    """Say how much is left out, if anything is, and how to see it."""
    words = f"and {number:,} more{f': {remedy}' if remedy else ''}."
    return [context(plain(words))] if number > 0 else []


def filled(head: Sequence[Block], rows: Sequence[Sequence[Block]]) -> tuple[list[Block], int]:
    """Put rows under a head, as many as there is room for. Return the blocks, and how many rows they have."""
    blocks = list(head)
    room = ROOM - length([*blocks, *rest(10**9, "x" * REASON)])
    for number, row in enumerate(rows):
        room -= length(row)
        if room < 0 or number == MOST_ROWS:
            return blocks, number
        blocks += row
    return blocks, len(rows)


def _named(words: str) -> str:
    """Write a policy's line with people and groups by name, no longer than Slack takes."""
    written = [_readable(word) for word in words.split(" ")]
    while len(" ".join(written)) > _LONGEST_TEXT:
        written[-2:] = ["…"]
    return " ".join(written)


def _readable(word: str) -> str:
    """Name whom an id names; what would format is shown as it is."""
    if found := _ID.fullmatch(word):
        return f"{mention(found[1])}{escape(found[2])}"
    return code(word) if re.search(r"[*_~`]", word) else escape(word)
