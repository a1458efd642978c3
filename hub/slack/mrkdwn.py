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
_USER = re.compile(r"[UW][A-Z0-9]{2,20}")
_GROUP = re.compile(r"S[A-Z0-9]{2,20}")


def escape(text: str) -> str:
    """Escape Slack's three control characters."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def visible(text: str, longest: int = _LONGEST_SENTENCE) -> str:
    """Make every character take its place in one line, and the whole not longer than `longest`."""
    short = text if len(text) <= longest else text[: longest - 1] + "…"
    return "".join(" " if unicodedata.category(c) in _INVISIBLE else c for c in short).strip()


def code(name: str, longest: int = _LONGEST_NAME) -> str:
    """Put a foreign name into a code span that it cannot leave, and that is not longer than `longest` inside."""
    return f"`{in_code(name, longest)}`"


def in_code(name: str, longest: int = _LONGEST_NAME) -> str:
    """Write a foreign name for within a code span or a fence, in one line and not longer than `longest`."""
    written = [escape(c) for c in visible(name.replace("`", "'"), longest)]
    while sum(map(len, written)) > longest:
        written[-2:] = ["…"]
    return "".join(written) or "?"


def mention(who: str) -> str:
    """Name a Slack user or user group by id; anything that is no such id is shown as the foreign text it is."""
    if _GROUP.fullmatch(who):
        return f"<!subteam^{who}>"
    return f"<@{who}>" if _USER.fullmatch(who) else code(who, 40)


def date(at: datetime) -> str:
    """Show a moment in the reader's own time."""
    fallback = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time_secs}}|{fallback}>"
