"""Answers about mutes and maintenance windows. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from chatops.commands.answer_parts import FACT, FEW, NAME, REASON, SAY, WORDS, Answer, account_words, filled, rest
from chatops.commands.parse import Command, to_line
from hub.incidents.mute import Mute
from hub.policy.matching import Match
from hub.policy.windows import InForce
from hub.scopes.scope import Scope
from hub.slack.blocks import Block, button, context, plain, section
from hub.slack.mrkdwn import code, date, mention
from hub.times import span_words
from hub.words import few, plural


def muted(
    mute: Mute, others: Sequence[Mute], now: datetime, names: Mapping[str, str], windows: Sequence[InForce] = ()
) -> Answer:
    """Draw what has just been muted, and `others` and `windows` that mute some of it too.

    `names` are the accounts', by id.
    """
    said = f"Muted {_where(mute.scope, names)} until {date(mute.until)}: {code(mute.reason, REASON)}."
    later = "It is good for all that are called so, now or later. " if mute.scope.is_pattern else ""
    hint = "What happens there is recorded, what recovers is said, and so is what is still broken at the end."
    rows = [_mute_row(0, mute, now, names)]
    overlapping = [_mute_row(number, other, now, names) for number, other in enumerate(others, 1)]
    overlapping += [_window_row(window, now) for window in windows]
    if overlapping:
        overlapping[0].insert(0, section("*Muted as well, which overlaps*"))
    blocks, count = filled([section(f":no_bell: {said}"), context(plain(f"{later}{hint}"))], [*rows, *overlapping])
    return said, [*blocks, *rest(len(rows) + len(overlapping) - count)]


def unmuted(user: str, ended: Sequence[Mute], left: Sequence[Mute], now: datetime, names: Mapping[str, str]) -> Answer:
    """Draw whose mutes somebody has ended, and those that are `left` and mute some of it still."""
    what = f"{len(ended):,} places"
    if len(ended) == 1:
        whose = f", which {mention(ended[0].by)} had muted" if ended[0].by != user else ""
        what = f"{code(ended[0].scope.label)}{whose}"
    if not left:
        said = f"{mention(user)} has unmuted {what}. What is still broken there is said within a minute."
        return said, [section(f":white_check_mark: {said}")]
    said = f"{mention(user)} has ended a mute of {what}. Other mutes go on."
    rows = [_mute_row(number, mute, now, names) for number, mute in enumerate(left)]
    blocks, count = filled([section(f":white_check_mark: {said}"), section("*Still muted, which overlaps*")], rows)
    return said, [*blocks, *rest(len(rows) - count)]


def which(words: str, mutes: Sequence[Mute], now: datetime, names: Mapping[str, str]) -> Answer:
    """Ask which of several mutes shall end, each with a button; what ends first stands on top."""
    said = f"{plural(len(mutes), 'mute')} of {code(words, WORDS)} are in force. Which one shall end?"
    in_order = sorted(mutes, key=lambda mute: mute.until)
    rows = [_mute_row(number, mute, now, names) for number, mute in enumerate(in_order)]
    blocks, count = filled([section(said)], rows)
    return said, [*blocks, *rest(len(rows) - count)]


def all_mutes(
    mutes: Sequence[Mute], now: datetime, names: Mapping[str, str], windows: Sequence[InForce] = ()
) -> Answer:
    """Draw what is muted, what ends first on top, with a button to end each mute that is no maintenance window."""
    said = f"{plural(len(mutes) + len(windows), 'mute')} in force." if mutes or windows else "Nothing is muted."
    ends = [(mute.until, _mute_row(number, mute, now, names)) for number, mute in enumerate(mutes)]
    ends += [(window.until, _window_row(window, now)) for window in windows]
    rows = [row for _, row in sorted(ends, key=lambda end: end[0])]
    blocks, count = filled([section(f":no_bell: *{said}*")], rows)
    return said, [*blocks, *rest(len(rows) - count)]


def places(where: Match) -> str:
    """Say in the policy's own words, made harmless, which places something is meant for."""
    asked = ((key.replace("_", " "), few([code(word, NAME) for word in words], FEW)) for key, words in where.asked())
    return ", ".join(f"{key} {words}" for key, words in asked) or "the whole organization"


def window_words(found: InForce) -> str:
    """Say until when a maintenance window lasts, and why."""
    why = f": {code(found.window.reason, REASON)}" if found.window.reason else ""
    return f"until {date(found.until)}, by a maintenance window{why}"


def _where(scope: Scope, names: Mapping[str, str]) -> str:
    whose = f"account {account_words(scope.account, names)}" if scope.account else "all accounts"
    match scope.kind:
        case "organization":
            return "the whole organization"
        case "unit":
            return f"unit {code(scope.unit, 80)}"
        case "account":
            return whose
        case "region":
            return f"{scope.region} in {whose}"
        case "clusters":
            region = f"{scope.region}, " if scope.region else ""
            return f"clusters {code(scope.cluster, WORDS)} in {region}{whose}"
    cluster = f"cluster {code(scope.cluster, WORDS)} in {scope.region}, {whose}"
    return cluster if scope.kind == "cluster" else f"instance {code(scope.instance, FACT)} of {cluster}"


def mute_words(mute: Mute) -> str:
    """Say until when something is muted, by whom and why."""
    by = mention(mute.by) if mute.by else "a maintenance window"
    return f"until {date(mute.until)}, by {by}: {code(mute.reason, REASON)}"


def _mute_row(number: int, mute: Mute, now: datetime, names: Mapping[str, str]) -> list[Block]:
    """Draw a mute, with a button if somebody can end it; the number tells the buttons apart."""
    left = f"{span_words(mute.until - now)} left" if mute.since <= now else "to come"
    named = f" · {code(mute.id, FACT)}" if mute.id else ""
    row = section(f"*{_where(mute.scope, names)}* · {left}\n{mute_words(mute)}{named}")
    if mute.by:
        row["accessory"] = button(f"{SAY}{number}", "Unmute", to_line(Command("unmute", mute.key)))
    return [row]


def _window_row(found: InForce, now: datetime) -> list[Block]:
    left = span_words(found.until - now)
    return [section(f"*{places(found.window.where)}* · {left} left\n{window_words(found)}")]
