"""Slack's text: how foreign words are made harmless. Pure.

Escaping &, < and > is not enough: unless `verbatim` is set, Slack makes mentions and links of a plain `@everyone`,
`#general` or bare URL, and anywhere * _ ~ ` format. So names go into code spans, and sentences from outside into
plain_text objects.
"""

import re
import unicodedata
from datetime import UTC, datetime

# As written, with entities: what is foreign must not make a message longer than Slack takes.
_LONGEST_NAME = 120
_LONGEST_SENTENCE = 500
# Control, format (bidirectional and zero-width included), line, paragraph and surrogate characters, and all blanks.
_INVISIBLE = {"Cc", "Cf", "Zl", "Zp", "Zs", "Cs"}
# What stands for letters and shows none, and marks that show nothing by themselves.
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_MARKS = {"Mn", "Me"}
_USER = re.compile(r"[UW][A-Z0-9]{2,20}")
_GROUP = re.compile(r"S[A-Z0-9]{2,20}")


def escape(text: str) -> str:
    """Escape Slack's three control characters."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def visible(text: str, longest: int = _LONGEST_SENTENCE) -> str:
    """Make every character take its place in one line, and the whole not longer than `longest`."""
    short = text if len(text) <= longest else text[: longest - 1] + "…"
    return "".join(" " if _is_invisible(c) else c for c in short).strip()


def is_blank(text: str) -> bool:
    """Whether nobody can see anything of a text."""
    return all(_is_invisible(c) or unicodedata.category(c) in _MARKS for c in text)


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in _INVISIBLE or character in _FILLERS


def code(name: str, longest: int = _LONGEST_NAME) -> str:
    """Put a foreign name into a code span that it cannot leave, and that is not longer than `longest` inside."""
    return f"`{in_code(name, longest)}`"


def in_code(name: str, longest: int = _LONGEST_NAME) -> str:
    """Write a foreign name for within a code span or a fence, in one line and not longer than `longest`."""
    shown = visible(name.replace("`", "'"), longest)
    written = ["?"] if is_blank(shown) else [escape(c) for c in shown]
    while sum(map(len, written)) > longest:
        written[-2:] = ["…"]
    return "".join(written)


def mention(who: str) -> str:
    """Name a Slack user or user group by id; anything that is no such id is shown as the foreign text it is."""
    if _GROUP.fullmatch(who):
        return f"<!subteam^{who}>"
    return f"<@{who}>" if _USER.fullmatch(who) else code(who, 40)


def date(at: datetime) -> str:
    """Show a moment in the reader's own time."""
    fallback = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time_secs}}|{fallback}>"
