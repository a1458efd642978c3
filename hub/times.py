"""Times as people write them: how long something shall last, or until when. Pure, no clock.

    90m · 2h · 1d · 1h30m · 1.5h · 2 hours · for 2h · an hour · half a day · for the next two hours
    until 18:00 · until 6pm · until noon · until tomorrow · until monday 9:00 · until 2026-12-01 09:00 · tomorrow

A day is 24 hours. A time of day is the next one; a day that is named without a time begins at 9:00, as in Slack's own
reminders. Where clocks are changed, the rule of RFC 5545 (3.3.5) holds: a time that is skipped is read as if the clocks
had not been changed yet, one that comes twice is the first of the two that is still to come.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=30)
DAY_BEGINS = time(9)

# No form has more words: "until monday the … at 9:00 pm".
_MOST_WORDS = 8
_LONGEST_TEXT = 100
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT = tuple(day[:3] for day in _DAYS)
_SECONDS_A_DAY = 86_400
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": _SECONDS_A_DAY, "w": 604_800}

# Patterns are compiled when the first is asked for: it takes as long as ten modules, and most functions read no times.
_NUMBER = r"[0-9]+(?:[.,][0-9]+)?"
_UNIT = r"(?:seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)"
_FOR = r"(?:for )?(?:(?:the )?next )?"
_LENGTH = rf"{_FOR}({_NUMBER} ?{_UNIT}(?:(?: |, | and )?{_NUMBER} ?{_UNIT})*)"
_COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_WORDS = {word: float(number) for number, word in enumerate(_COUNTS, 1)} | dict.fromkeys(("a", "an"), 1.0)
_WORDS |= dict.fromkeys(("half a", "half an"), 0.5)
_IN_WORDS = rf"({_FOR})((?:half )?an?|{'|'.join(_COUNTS)}) (minute|hour|day|week)s?"
_BACKWARDS = rf"(?:for )?-({_NUMBER} ?{_UNIT})"
_PART = rf"({_NUMBER}) ?({_UNIT})"
_FOREVER = r"for ?ever|for good|permanently|indefinitely|until further notice"
_DAY = rf"(?:today|tomorrow|{'|'.join((*_DAYS, *_SHORT))}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})"
_CLOCK = r"(?:[0-9]{1,2}:[0-9]{2}(?: ?[ap]m)?|[0-9]{1,2} ?[ap]m|noon|midnight)"
# "until monday 9" can only be nine o'clock; "until 9" might be either of two.
_UNTIL = (
    rf"(?:until|till?) (?:(?:on )?(?P<day>{_DAY})(?:[ t](?:at )?(?P<time>{_CLOCK}|[0-9]{{1,2}}))?"
    rf"|(?:at )?(?P<first>{_CLOCK})(?: (?:on )?(?P<then>{_DAY}))?)"
)
_TIME = r"(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{2}))?(?: ?(?P<half>[ap]m))?"

_EXAMPLES = "90m, 2h, 1d, until 18:00 or until monday 9:00"


class BadSpan(ValueError):
    """A time that cannot be read, or may not be; the text, all in our words, says why and what to write instead."""


def read_span(text: str, now: datetime, zone: str, offset: int = 0) -> datetime:
    """Return when a span that begins `now` ends, in UTC. Raises BadSpan.

    `zone` is the IANA name of the writer's time zone. In place of one that nobody knows, there are `offset` seconds
    east of UTC: Slack tells both.
    """
    written = _plain(text)
    if re.fullmatch(_FOREVER, written):
        raise BadSpan("Nothing is muted for ever: 30 days are the most, and it can be said again. Write 30d.")
    if found := re.fullmatch(_UNTIL, written) or _moment_alone(written):
        ends = _moment(found, now, _zone(zone, offset))
    else:
        ends = now.astimezone(UTC) + read_length(written)
    _check(ends - now)
    return ends


def read_length(text: str) -> timedelta:
    """Read a length alone: `90m`, `1h30m`, `2 days`; of 30 days at most. Raises BadSpan."""
    written = _plain(text)
    if re.fullmatch(r"[0-9]{1,9}", written):
        raise BadSpan(f"{written} of what? Write {written}m for minutes, {written}h for hours or {written}d for days.")
    if found := re.fullmatch(_BACKWARDS, written):
        raise BadSpan(f"Nothing lasts for less than no time. Write {found[1]}, without the minus.")
    if found := re.fullmatch(_IN_WORDS, written):
        return timedelta(seconds=round(_WORDS[found[2]] * _UNITS[found[3][0]]))
    if not re.fullmatch(_LENGTH, written):
        raise BadSpan(f"This is no time that can be read here. Write {_EXAMPLES}.")
    seconds = sum(float(number.replace(",", ".")) * _UNITS[unit[0]] for number, unit in re.findall(_PART, written))
    if seconds > LONGEST.total_seconds():
        raise BadSpan("30 days are the most. Write 30d, or a shorter time.")
    return timedelta(seconds=round(seconds))


def is_span(tokens: Sequence[str], *, alone: bool = False) -> int:
    """Return how many of the words, from the first on, belong to a span; 0 if none does.

    What says for ever counts, and so does `until` with whatever comes after it, and what has a minus: the writer meant
    a time, and `read_span` says what is wrong with it. `alone` are words of which the writer must have meant a time
    because of where they stand: `an hour`, `tomorrow` or `18:00`, which may be anything in a sentence.
    """
    for number in range(min(len(tokens), _MOST_WORDS), 0, -1):
        written = _plain(" ".join(tokens[:number]))
        if any(re.fullmatch(form, written) for form in (_LENGTH, _UNTIL, _FOREVER, _BACKWARDS)):
            return number
        in_words = re.fullmatch(_IN_WORDS, written)
        if (in_words and (alone or in_words[1])) or (alone and _moment_alone(written)):
            return number
    return min(2, len(tokens)) if tokens and tokens[0].lower() in {"until", "till", "til"} else 0


def span_words(span: timedelta) -> str:
    """Write a span with its two largest units, for people: "2 h 10 min"."""
    seconds = max(int(span.total_seconds()), 0)
    day, hour = _SECONDS_A_DAY, 3600
    parts = [(seconds // day, "d"), (seconds // hour % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s")]
    said = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(said[:2]) or "0 s"


def _plain(text: str) -> str:
    written = " ".join(text.lower().split()).rstrip(" ,;:.")
    return written if len(written) <= _LONGEST_TEXT else "too long"


def _moment_alone(written: str) -> re.Match[str] | None:
    """Read a moment without its `until`. What is `at` a time, or `on` a day, may as well begin then."""
    return None if written.startswith(("at ", "on ")) else re.fullmatch(_UNTIL, f"until {written}")


def _check(span: timedelta) -> None:
    if span < SHORTEST:
        raise BadSpan("One minute is the least. Write 1m, or a longer time.")
    if span > LONGEST:
        raise BadSpan("30 days are the most. Write 30d, or an earlier day.")


def _zone(name: str, offset: int) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # Not found, no name of a zone, or one of the things that lie among the zones' files.
        return timezone(timedelta(seconds=offset)) if abs(offset) < _SECONDS_A_DAY else UTC


def _moment(found: re.Match[str], now: datetime, zone: tzinfo) -> datetime:
    """Find the moment that "until …" means. Raises BadSpan."""
    here = now.astimezone(zone)
    day, written = found["day"] or found["then"] or "", found["time"] or found["first"]
    past_midnight, at = _time_of_day(written) if written else (0, DAY_BEGINS)
    first = _date(day, here.date())
    if first < here.date():
        raise BadSpan("That day is past. Write a day that is to come.")
    if first > here.date() + LONGEST + timedelta(days=1):
        raise BadSpan("30 days are the most. Write 30d, or an earlier day.")
    first += timedelta(days=past_midnight)
    ends = _next(first, at, zone, now)
    if ends <= now and (not day or day.startswith(_SHORT)):
        ends = _next(first + timedelta(days=7 if day else 1), at, zone, now)
    if ends <= now:
        raise BadSpan("That time is past. Write a time that is to come, or until tomorrow.")
    return ends


def _date(day: str, today: date) -> date:
    """Find the first day from today on that is called so. Raises BadSpan."""
    match day:
        case "" | "today":
            return today
        case "tomorrow":
            return today + timedelta(days=1)
        case _ if day[0].isdecimal():
            try:
                return date.fromisoformat(day)
            except ValueError as error:
                raise BadSpan(f"{day} is in no calendar. Write a day like {today.isoformat()}.") from error
    wanted = next(number for number, name in enumerate(_DAYS) if name.startswith(day))
    return today + timedelta(days=(wanted - today.weekday()) % 7)


def _time_of_day(written: str) -> tuple[int, time]:
    """Read a time of day; 24:00 and midnight are the day's end, which is the next day's begin. Raises BadSpan."""
    written = {"noon": "12:00", "midnight": "24:00"}.get(written, written)
    found = re.fullmatch(_TIME, written)
    if found:
        hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half"]
        if half and 1 <= hour <= 12 and minute < 60:
            return 0, time(hour % 12 + (12 if half == "pm" else 0), minute)
        if not half and (hour, minute) == (24, 0):
            return 1, time(0)
        if not half and hour < 24 and minute < 60:
            return 0, time(hour, minute)
    raise BadSpan("No clock shows that time. Write one like 9:00, 18:00 or 6pm.")


def _next(day: date, at: time, zone: tzinfo, now: datetime) -> datetime:
    """Put a time of day on a calendar day; of two that are the same on the clock, the first that is to come."""
    local = datetime.combine(day, at, zone)
    ends = local.astimezone(UTC)
    again = local.replace(fold=1).astimezone(UTC)
    return again if ends <= now < again else ends
