"""Parts of answers: how long they are, and as many rows as there is room for. Pure."""

from collections.abc import Mapping, Sequence

from hub.slack.blocks import ROOM, Block, context, length, plain
from hub.slack.mrkdwn import code, visible

Answer = tuple[str, list[Block]]
SAY = "coastguard.say."
"""How the action id of a button that says a command begins: the rest tells it from others of its block."""

# Slack does not take more than 50 blocks, of which a row has one or two.
MOST_ROWS = 20
FEW = 5
WORDS, FACT, NAME, REASON, LINE = 120, 36, 40, 120, 300


def account_words(account: str, names: Mapping[str, str]) -> str:
    """Write an account with its name, if that is known."""
    name = names.get(account, "")
    return f"{code(name, NAME)} ({account})" if name else account


def paragraph(words: str) -> Block:
    """Draw words that may be foreign."""
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
