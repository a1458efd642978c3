"""What a value in the policy's text must look like. Pure.

Each form takes what TOML gives and returns what the policy keeps, or raises Unfit.
"""

import re
from collections.abc import Callable, Iterable
from datetime import time, timedelta
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from hub.incidents.links import portal_partition
from hub.incidents.severity import Severity
from hub.policy.policy import ACTIONS, ALL, REPAIR, written
from hub.policy.windows import DAYS
from spoke.partitions import partition_of
from spoke.places import BadPlace, check_region
from spoke.repairs import REMEDIES

_LONGEST_WORD = 200
_LONGEST_QUOTE = 60
_MOST = 100_000
# A row of the table has room for so many: DynamoDB takes 400 KB a row.
_MOST_REPAIRS = 1_000
_SPAN = re.compile(r"(?:([0-9]{1,4})d)?(?:([0-9]{1,4})h)?(?:([0-9]{1,5})m)?")
_PERCENT = re.compile(r"([0-9]{1,2}(?:\.[0-9]{1,3})?)%")
_TOPIC = re.compile(r"arn:(?P<partition>[^:]+):sns:(?P<region>[^:]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}")
_BRACES = re.compile(r"\{([^{}]*)\}")
_IN_BRACES = ("account", "region", "cluster", "instance")
_LOG_GROUP = re.compile(r"[A-Za-z0-9_./#-]*")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]{1,100}(?::[0-9]{1,5})?(?:[/?#][A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*)?")
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::00)?")


class Unfit(Exception):
    """A value that is not as it must be: `what` it is, and the `remedy`."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy


def kind(value: object) -> str:
    """Name the type of what TOML gave."""
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")


def quoted(word: str) -> str:
    """Show a word as it is written, with everything invisible in it, and not too much of it."""
    return repr(word if len(word) <= _LONGEST_QUOTE else f"{word[:_LONGEST_QUOTE]}…")


def text(value: object) -> str:
    """Any text that is not empty, without the blanks around it."""
    if not isinstance(value, str):
        raise Unfit(kind(value), "write it as text in quotes")
    if not value.strip() or len(value) > _LONGEST_WORD:
        raise Unfit(quoted(value), f"give it 1 to {_LONGEST_WORD} characters")
    return value.strip()


def _like(pattern: str, remedy: str) -> Callable[[Any], str]:
    form = re.compile(pattern)

    def checked(value: object) -> str:
        word = text(value)
        if not form.fullmatch(word):
            raise Unfit(quoted(word), remedy)
        return word

    return checked


def _one_of(words: Iterable[str]) -> Callable[[Any], str]:
    known = [str(word) for word in words]

    def checked(value: object) -> str:
        word = text(value)
        if word not in known:
            near = get_close_matches(word.lower(), known, 1)
            raise Unfit(quoted(word), f'did you mean "{near[0]}"?' if near else f"known are {', '.join(known)}")
        return word

    return checked


channel = _like(r"[CG][A-Z0-9]{6,20}", "give a channel's id, like C0123ABCD, not its name")
person = _like(
    r"[UWS][A-Z0-9]{2,20}", "give the id of a user (U0123ABCD) or of a user group (S0123ABCD), not a name or e-mail"
)
environment = _like(r"[a-z][a-z0-9-]{0,30}", "give one word in small letters, like prod")
account_id = _like(r"[0-9]{12}", "give an account id of 12 digits, in quotes")
alias = _like(
    r"(?![0-9]+$)[A-Za-z0-9][A-Za-z0-9_.-]{0,40}", "call it with letters, digits, dots and dashes, and not only digits"
)
permission_set = _like(r"[A-Za-z0-9+=,.@_-]{1,64}", "give a permission set's name, like ReadOnlyAccess")
unit = _like(
    r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}",
    "give an organizational unit's id, like ou-ab12-34cd56ef; for the root leave unit out",
)
cluster = _like(
    r"[A-Za-z0-9_*?!\[\]-]{1,255}", "give a cluster's name without account and Region; * and ? stand for any letters"
)
severity = _one_of(Severity)
verb = _one_of((*ACTIONS, *REMEDIES, REPAIR, ALL))
remedy = _one_of(REMEDIES)
day = _one_of(DAYS)


def account(value: object) -> str:
    """An account's id, alias or name; what is all digits is meant to be an id."""
    word = text(value)
    return account_id(word) if word.isdecimal() else word


def portal(value: object) -> str:
    """The access portal's address, as links into it begin."""
    word = re.sub(r"/?#?/?$", "", text(value))
    if not portal_partition(word):
        remedy = "give its address, as IAM Identity Center's settings show it, like https://example.awsapps.com/start"
        raise Unfit(quoted(word), remedy)
    return word


def log_group(value: object) -> str:
    """A log group's name, with places in braces that stand for the instance's own."""
    word = text(value)
    named = [part for part in _BRACES.findall(word) if part not in _IN_BRACES]
    if named or not _LOG_GROUP.fullmatch(_BRACES.sub("", word)):
        known = ", ".join(f"{{{part}}}" for part in _IN_BRACES)
        raise Unfit(quoted(word), f"give a log group's name; {known} stand for the instance's own")
    return word


def address(value: object) -> str:
    """A page's address. What Slack would take for the end of a link is no part of one."""
    word = text(value)
    if not _ADDRESS.fullmatch(word):
        raise Unfit(quoted(word), "give a page's address, https://…, with blanks and brackets encoded")
    return word


def topic(value: object) -> str:
    """An SNS topic's ARN, in the partition of its Region."""
    word = text(value)
    found = _TOPIC.fullmatch(word)
    partition = partition_of(found["region"]) if found else None
    if not found or partition is None or partition.name != found["partition"]:
        raise Unfit(quoted(word), "give the ARN of a standard SNS topic")
    return word


def region(value: object) -> str:
    """A Region's code."""
    word = text(value)
    try:
        check_region(word)
    except BadPlace:
        raise Unfit(quoted(word), "give a Region's code in full, like eu-west-1") from None
    return word


def zone(value: object) -> str:
    """A time zone's name."""
    word = text(value)
    try:
        ZoneInfo(word)
    except (KeyError, ValueError, OSError):  # not found, a path out of the database, a folder of it
        raise Unfit(quoted(word), "give a zone of the tz database, like Europe/Paris or UTC") from None
    return word


def clock(value: object) -> time:
    """A time of the day, to the minute; TOML has a type for it, and people write it as text too."""
    word = value.isoformat() if isinstance(value, time) else text(value)
    if not _CLOCK.fullmatch(word):
        raise Unfit(quoted(word), 'write hours and minutes, "00:00" to "23:59"')
    return time.fromisoformat(word)


def _span(least: timedelta, most: timedelta) -> Callable[[Any], timedelta]:
    how = f'write it like "90m", "2h", "1h30m" or "1d", from {written(least)} to {written(most)}'

    def checked(value: object) -> timedelta:
        found = _SPAN.fullmatch(text(value))
        days, hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
        span = timedelta(days=days, hours=hours, minutes=minutes)
        if not least <= span <= most:
            raise Unfit(quoted(text(value)), how)
        return span

    return checked


_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
reminder = _span(5 * _MINUTE, 7 * _DAY)
expiry = _span(_MINUTE, _DAY)
cap_span = _span(_MINUTE, 7 * _DAY)
length = _span(5 * _MINUTE, 3 * _DAY)
patience = _span(2 * _MINUTE, 60 * _MINUTE)
steady = _span(_MINUTE, 60 * _MINUTE)


def repairs(value: object) -> int:
    """A number of repairs, of which each is kept as long as it counts."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_REPAIRS:
        raise Unfit(_shown(value), f"give a whole number from 0 to {_MOST_REPAIRS:,}")
    return value


def size(value: object) -> tuple[int, float | None]:
    """A number of instances, or "20%" of the cluster: the number and the fraction."""
    if isinstance(value, str) and (found := _PERCENT.fullmatch(value.strip())):
        return 0, float(found[1]) / 100
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST:
        return value, None
    raise Unfit(_shown(value), 'give a number of instances, like 3, or a part of the cluster below 100%, like "20%"')


def _shown(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    return f"{value}"[:_LONGEST_QUOTE] if isinstance(value, int | float) else kind(value)
