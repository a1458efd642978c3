"""Commands: what people type behind the slash command, read and written. Pure; whatever is typed, nothing is raised.

    mute payments 2h deploy of the new AMI        a target, a time, a reason
    mute "Payments Production" until monday 9:00  names may stand in quotes; what is missing is asked for
    unmute payments · incidents payments · audit payments 7d
    mute payments deploy of the new AMI 2h        … or the time stands last, or first
    show inc-0123456789 · why prod-payments · help mute
    stop the last repair went wrong · start · mutes · status · coverage

A button carries its command as such a line. So a line is written as Slack would send it: with & < > as entities, and
in quotes what could be taken for something else. Within quotes, a backslash makes the next quote or backslash a plain
character.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from chatops.commands.help_pages import COMMANDS, REPAIRS, nearest_command
from chatops.commands.plain_text import LONGEST_INPUT, clean, hyphened, plain
from hub.policy.policy import START
from hub.slack.mrkdwn import escape, visible
from hub.times import is_span

LONGEST_TARGET = 360  # the key of a mute of an instance in a cluster with the longest name
LONGEST_REASON = 300  # in a button's value of 2,000 characters, each of them may be written with five
_LONGEST_SPAN = 100
_LONGEST_ECHO = 120
# Among so many words a time is looked for, which may stand behind a long reason; of no more words is one.
_MOST_WORDS, _LONGEST_TIME = 60, 10

_WORD = re.compile(
    r""""(?P<quoted>(?:[^"\\]|\\.)*)"[,;:.]*(?= |$)"""
    r"""|(?:`(?P<code>[^`]+)`|'(?P<single>[^']+)')[,;:.]*(?= |$)"""
    r"""|(?P<bare>[^ ]+)"""
)
# What parts a reason from what stands before it; a minus is a part of what comes after it.
_BETWEEN = re.compile(r"^(?:[-–—:;,]+(?: |$))+")  # noqa: RUF001  # all of them are typed
_ESCAPED = re.compile(r'\\(["\\])')
_BARE = re.compile(r"[A-Za-z0-9_.:/*?-]+")
_NUMBER = re.compile(r"[0-9]{1,9}")
_HELP = {"?", "-h", "--help", "-help"}
_RIGHTS = {"ack": "acknowledge", "mute": "mute", "unmute": "mute", "stop": "stop", "start": START, "audit": "audit"}


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody wants, in their words: nothing is looked up yet.

    `target` names accounts, clusters and the like, `span` is a time for hub.times, `argument` what `show`, `why` and
    `help` are about. With `run_on`, the target may be a name and a reason: the time did not stand between them.
    """

    verb: str
    target: str = ""
    span: str = ""
    reason: str = ""
    argument: str = ""
    run_on: bool = field(default=False, compare=False)

    @property
    def missing(self) -> tuple[str, ...]:
        """The parts that must still be asked for."""
        return tuple(part for part in COMMANDS[self.verb].needs if not getattr(self, part))

    @property
    def right(self) -> str:
        """What the policy calls what this takes, "" for what everybody may."""
        return _RIGHTS.get(self.verb, "")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What cannot be carried out. `words` are those that were typed, `problem` is a sentence of ours.

    `nearest` is the command that was meant, or ""; `example` is a line to copy: foreign words too, if they fit.
    """

    words: str
    problem: str
    nearest: str
    example: str


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    quoted: bool
    start: int


def parse(text: str) -> Command | Mistake:
    """Read what was typed behind the slash command, or a line that `to_line` has written."""
    line = plain(text)
    first, *rest = [_word(found) for found in _WORD.finditer(line)] or [_Word("help", quoted=False, start=0)]
    if rest and first.text.startswith("/"):
        first, *rest = rest  # who copies a whole line has the slash command twice
    name = hyphened(first.text.lower()).strip("*_~`")
    verb = "help" if name in _HELP else name.rstrip(".,;:!?")
    if verb not in COMMANDS:
        return _unknown(line, verb, rest)
    if verb in _PLAIN and rest:
        return Mistake(visible(line, _LONGEST_ECHO), f"Nothing can stand behind {verb}.", verb, verb)
    command = _READERS.get(verb, _nothing)(verb, rest, line)
    if "argument" in command.missing:
        problem = f"Say what it is about: {COMMANDS[verb].form}."
        return Mistake(visible(line, _LONGEST_ECHO), problem, verb, COMMANDS[verb].example)
    return command


def to_line(command: Command) -> str:
    """Write a command so that `parse` reads the same."""
    parts = [command.verb]
    if command.target or command.span or command.reason:
        parts += [_quoted(command.target)] if command.verb not in _WITH_REASON_ALONE else []
    parts += [command.span] if command.span else []
    parts += [_in_quotes(command.reason)] if command.reason else []
    parts += [_in_quotes(command.argument)] if command.argument else []
    return escape(" ".join(parts))


def tidy(text: str, longest: int = LONGEST_REASON) -> str:
    """Make words that were typed in a modal the same as if they had been typed in a command.

    Every kind of white space is a blank, nothing else is invisible, and there is not too much of it.
    """
    words = clean(text[:LONGEST_INPUT])
    return words if len(words) <= longest else f"{words[: longest - 1].rstrip()}…"


# Reading


def _word(found: re.Match[str]) -> _Word:
    if found["bare"] is not None:
        return _Word(found["bare"], quoted=False, start=found.start())
    if found["code"] is not None:  # copied as it was shown, so a time may stand in it too
        return _Word(found["code"].strip(), quoted=" " in found["code"].strip(), start=found.start())
    quoted = found["single"] if found["quoted"] is None else _ESCAPED.sub(r"\1", found["quoted"])
    return _Word(quoted.strip(), quoted=True, start=found.start())


def _unknown(line: str, verb: str, rest: Sequence[_Word]) -> Mistake:
    nearest = nearest_command(verb)
    example = COMMANDS[nearest].example if nearest else "help"
    if nearest and rest:
        # What they typed themselves, with the right word in front, is the best example.
        theirs = f"{nearest} {line[rest[0].start :]}"
        if len(theirs) <= _LONGEST_ECHO and isinstance(parse(escape(theirs)), Command):
            example = theirs
    where = " Repairs are begun with the buttons of a message that tells of an instance." if verb in REPAIRS else ""
    return Mistake(visible(line, _LONGEST_ECHO), f"There is no such command.{where}", nearest, example)


def _mute(verb: str, words: Sequence[_Word], line: str) -> Command:
    place, number = _find_span(words) or (1, 0)
    before, behind = words[:place], words[place + number :]
    if number and not before:
        before, behind = behind, before
    return Command(
        verb,
        target=_target(before),
        span=_span(words[place : place + number])[:_LONGEST_SPAN].rstrip(),
        reason=_reason(behind, line),
        run_on=bool(number) and not behind and len(before) > 1,
    )


def _find_span(words: Sequence[_Word]) -> tuple[int, int] | None:
    """Find the time among the words: its place, and of how many words it is. What stands in quotes is none.

    Of several it is the first; one that may be anything in a sentence counts behind a name, or first of all.
    """

    def at(place: int, *, alone: bool = False) -> tuple[int, int] | None:
        bare = takewhile(lambda word: not word.quoted, words[place : place + _LONGEST_TIME])
        number = is_span([_time_text(word) for word in bare], alone=alone)
        return (place, number) if number else None

    tried = [
        at(0),
        at(1, alone=True),
        *(at(place) for place in range(2, min(len(words), _MOST_WORDS))),
        at(0, alone=True),
    ]
    found = next(filter(None, tried), None)
    # Somebody may have forgotten the unit. It is told, if it stands where the time is expected.
    forgotten = len(words) > 1 and not words[1].quoted and _NUMBER.fullmatch(words[1].text)
    return found or ((1, 1) if forgotten else None)


def _time_text(word: _Word) -> str:
    return hyphened(word.text).strip("*_~`")


def _span(words: Sequence[_Word]) -> str:
    return " ".join(filter(None, map(_time_text, words))).rstrip(" ,;:.")


def _about(verb: str, words: Sequence[_Word], line: str) -> Command:  # noqa: ARG001  # one form for all readers
    return Command(verb, target=_target(words))


def _since(verb: str, words: Sequence[_Word], line: str) -> Command:
    place, number = _find_span(words) or (len(words), 0)
    if place + number < len(words):
        return _about(verb, words, line)
    before = words[:place]
    if number and before and before[-1].text.lower() in {"since", "last"} and not before[-1].quoted:
        before = before[:-1]
    return Command(verb, target=_target(before), span=_span(words[place:]))


def _topic(verb: str, words: Sequence[_Word], line: str) -> Command:  # noqa: ARG001  # the same
    return Command(verb, argument=_target(words))


def _only_reason(verb: str, words: Sequence[_Word], line: str) -> Command:
    return Command(verb, reason=_reason(words, line))


def _nothing(verb: str, words: Sequence[_Word], line: str) -> Command:  # noqa: ARG001  # the same
    return Command(verb)


def _joined(words: Sequence[_Word]) -> str:
    return " ".join(word.text for word in words if word.text)


def _target(words: Sequence[_Word]) -> str:
    return _joined(words)[:LONGEST_TARGET].strip()


def _reason(words: Sequence[_Word], line: str) -> str:
    """Take what is left as it was written, with its own quotes, unless all of it is in quotes."""
    if not words:
        return ""
    only = words[0].text if len(words) == 1 and words[0].quoted else _BETWEEN.sub("", line[words[0].start :], count=1)
    return tidy(only)


_WITH_REASON_ALONE = {"stop", "start"}
_READERS: dict[str, Callable[[str, Sequence[_Word], str], Command]] = {
    "mute": _mute,
    "unmute": _about,
    "ack": _about,
    "incidents": _about,
    "audit": _since,
    "show": _topic,
    "why": _topic,
    "help": _topic,
    "stop": _only_reason,
    "start": _only_reason,
}
_PLAIN = COMMANDS.keys() - _READERS.keys()


# Writing


def _quoted(name: str) -> str:
    """Put a target into quotes, unless it can only be taken for one."""
    return name if _BARE.fullmatch(name) and not is_span([name, "2h"], alone=True) else _in_quotes(name)


def _in_quotes(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
