"""The Home tab: what is open, what is muted, what is blind, what waits for whoever looks. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chatops.commands.answer_parts import SAY
from chatops.commands.incident_answers import UNGRANTED, message_link, worst_first
from chatops.commands.mute_answers import places, window_words
from chatops.commands.parse import Command, to_line
from hub.incidents.incident import Incident
from hub.incidents.mute import Mute
from hub.policy.windows import InForce
from hub.scopes.coverage import Coverage
from hub.slack.blocks import Block, button, context, mrkdwn, plain, section
from hub.slack.bulletin_facts import account
from hub.slack.mrkdwn import code, date, mention, visible
from hub.times import span_words
from hub.words import plural

_DIVIDER: Block = {"type": "divider"}
# Slack shows 100 blocks at most; an answer on top has up to half of them.
_MUTES, _ACCOUNTS, _LINES, _WAITING = 15, 15, 5, 10
_NAME, _REASON, _LINE = 40, 200, 300


@dataclass(frozen=True, slots=True)
class Tab:
    """All that a person's tab shows.

    `waiting` are the incidents with a repair that they may approve, `windows` those of maintenance that are in force;
    `granted` says whether the policy lets anybody repair, `messages` has the addresses of those that tell of incidents.
    """

    user: str
    incidents: Sequence[Incident]
    mutes: Sequence[Mute]
    waiting: Sequence[Incident]
    coverage: Coverage
    names: Mapping[str, str]
    windows: Sequence[InForce] = ()
    granted: bool = True
    messages: Mapping[str, str] = field(default_factory=dict)


def draw(tab: Tab, command: str, now: datetime, said: Sequence[Block] = ()) -> Block:
    """Draw it; `said` are the blocks of what the person has just been told there."""
    # Two mutes of one place are one place.
    muted = len({mute.scope for mute in tab.mutes}) + len(tab.windows)
    blocks = [
        *([*said, _DIVIDER] if said else []),
        context(
            plain(visible(tab.coverage.line, _LINE)), mrkdwn(f"As of {date(now)} · more with {code(f'{command} help')}")
        ),
        *([] if tab.granted else [context(plain(UNGRANTED))]),
        *_waiting(tab),
        section(f"*In trouble: {plural(len(tab.incidents), 'instance')}*"),
        *_open(tab, command),
        _DIVIDER,
        _headed(f"*Muted: {plural(muted, 'place')}*", button(f"{SAY}mute", "Mute…", "mute")),
        *_muted(tab, now),
    ]
    return {"type": "home", "blocks": blocks}


def closed(why: str) -> Block:
    """Draw the tab of somebody who may not see anything, with a sentence of ours."""
    return {"type": "home", "blocks": [section(f":no_entry: {why}")]}


def _waiting(tab: Tab) -> list[Block]:
    if not tab.waiting:
        return []
    lines = [
        f"{code(i.pending.remedy, _NAME)} on {code(i.sighting.host or i.instance, _NAME)}"
        f" in {code(i.cluster.name, _NAME)}, asked by {mention(i.pending.by)}, until {date(i.pending.expires)}"
        f"{message_link(tab.messages.get(i.id))}"
        for i in tab.waiting[:_WAITING]
        if i.pending
    ]
    more = [f"and {len(tab.waiting) - _WAITING:,} more"] if len(tab.waiting) > _WAITING else []
    text = "\n".join([*lines, *more])
    return [section(":hand: *Waiting for your approval: approve it in the cluster's message*"), section(text)]


def _open(tab: Tab, command: str) -> list[Block]:
    by_account = worst_first(tab.incidents)
    blocks = []
    for account_id, several in by_account[:_ACCOUNTS]:
        lines = [
            f"{code(i.sighting.host or i.instance, _NAME)} in {code(i.cluster.name, _NAME)}, {i.cluster.region},"
            f" since {date(i.since)}, {i.state} · {code(i.id, _NAME)}{message_link(tab.messages.get(i.id))}"
            for i in several[:_LINES]
        ]
        rest = len(several) - len(lines)
        lines += [f"and {rest:,} more: {code(f'{command} incidents {account_id}')}"] if rest else []
        blocks.append(section(f"*{account(account_id, tab.names.get(account_id, ''))}*\n" + "\n".join(lines)))
    more = len(by_account) - _ACCOUNTS
    return [*blocks, *([context(plain(f"and {plural(more, 'more account')}"))] if more > 0 else [])]


def _muted(tab: Tab, now: datetime) -> list[Block]:
    ends = [(mute.until, _mute(number, mute, now)) for number, mute in enumerate(tab.mutes)]
    ends += [(window.until, _window(window, now)) for window in tab.windows]
    ends.sort(key=lambda end: end[0])
    blocks = [block for _, block in ends[:_MUTES]]
    more = len(ends) - _MUTES
    return [*blocks, *([context(plain(visible(f"and {more:,} more")))] if more > 0 else [])]


def _mute(number: int, mute: Mute, now: datetime) -> Block:
    left = span_words(mute.until - now)
    row = section(f"{code(mute.scope.label)}, {left} left, by {mention(mute.by)}: {code(mute.reason, _REASON)}")
    row["accessory"] = button(f"{SAY}{number}", "Unmute", to_line(Command("unmute", mute.key)))
    return row


def _window(found: InForce, now: datetime) -> Block:
    return section(f"{places(found.window.where)}, {span_words(found.until - now)} left, {window_words(found)}")


def _headed(headline: str, accessory: Block) -> Block:
    return {**section(headline), "accessory": accessory}
