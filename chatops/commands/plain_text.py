"""Plain text: what people typed or copied, without what Slack, keyboards and formatting make of it. Pure.

    `mute payments 2h deploy`    a copied code span brings its backticks
    *Payments*  _Payments_       words that are bold, italic or struck bring the marks around them
    “Payments”                   phones and Macs type other quotes, and other hyphens
    2222-3333-4444               so AWS's console shows the id of an account

A name may have such characters itself. So a line keeps them, and whoever looks names up tries what was typed first
(`readings`).
"""

import re
import unicodedata
from collections.abc import Iterator

LONGEST_INPUT = 4_000

# Slack sends what it has recognised as <…>, and what was typed of & < > as entities.
_SLACKS = re.compile(r"<([^<>]*)>|&(amp|lt|gt);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}
# What is shown as nothing, or as a blank, though it is no white space to Unicode: fillers, variation selectors.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_BLANKS = re.compile("[\u2800\u3164\uffa0]")
_SINGLE = "‘’‚‛′´ʼ"  # noqa: RUF001  # what keyboards make of an apostrophe
_DASHES = "‐‑‒–—―−﹘﹣－"  # noqa: RUF001  # and of a hyphen
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″＂", '"') | dict.fromkeys(_SINGLE, "'"))  # noqa: RUF001  # the same
_HYPHENS = str.maketrans(dict.fromkeys(_DASHES, "-"))
_WRAPPED = re.compile(r"(`{1,3}|\*{1,3}|_{1,3}|~{1,2}|[\"'])(.+)\1")
_ENDS = re.compile(r"(?<=\S)[.,;:!]+$")
_SLASH = re.compile(r" */ *")
_ACCOUNT_ID = re.compile(r"(?<![0-9])([0-9]{4})[- ]([0-9]{4})[- ]([0-9]{4})(?![0-9])")


def plain(text: str) -> str:
    """Undo what Slack and keyboards do to what is typed behind a slash command, and unwrap a line that is marked whole.

    White space of every kind is a blank, and nothing else is invisible.
    """
    line = clean(_SLACKS.sub(_typed, text[:LONGEST_INPUT]).translate(_QUOTES))
    while (found := _WRAPPED.fullmatch(line)) and found[1] not in found[2]:
        line = found[2].strip()
    return line


def clean(text: str) -> str:
    """Make every kind of white space one blank, and let nothing else be invisible."""
    return " ".join("".join(map(_visible, _BLANKS.sub(" ", _UNSEEN.sub("", text)))).split())


def hyphened(text: str) -> str:
    """Make every kind of hyphen, dash and minus the one that names and times have."""
    return text.translate(_HYPHENS)


def readings(words: str) -> Iterator[str]:
    """Return what words may name, as they were typed first, then without what copying and formatting bring."""
    seen = set()
    for way in (words, _unmarked(words), _unmarked(words, hyphens=True)):
        for reading in (way, _ACCOUNT_ID.sub(r"\1\2\3", way)):
            if reading and reading not in seen:
                seen.add(reading)
                yield reading


def _unmarked(words: str, *, hyphens: bool = False) -> str:
    """Take formatting, quotes and the full stop of a sentence away, and blanks around slashes."""
    parts = [_unwrapped(part) for part in _unwrapped(_SLASH.sub("/", words)).split() if part.strip(f"-{_DASHES}")]
    text = " ".join(part for part in parts if part)
    return hyphened(text) if hyphens else text


def _unwrapped(text: str) -> str:
    """Take away the marks that stand both before and behind; one alone may be of a name, or of a pattern."""
    while (found := _WRAPPED.fullmatch(short := _ENDS.sub("", text))) and found[1] not in found[2]:
        text = found[2].strip()
    return short


def _typed(found: re.Match[str]) -> str:
    if found[2]:
        return _ENTITIES[found[2]]
    reference, _, label = found[1].partition("|")
    mark = {"@": "@", "#": "#", "!": "@"}.get(reference[:1], "")
    if reference.startswith("!date"):
        mark = ""
    name = label or reference[len(mark) :].removeprefix("mailto:")
    return _SLACKS.sub(_typed, f"{mark}{name.removeprefix(mark) if mark else name}")


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cf", "Cs"}:
        return ""  # zero width, directions, halves of characters: what is copied from elsewhere often brings some
    return " " if category in {"Cc", "Zl", "Zp", "Zs"} else character
