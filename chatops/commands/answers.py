"""Answers: what whoever typed a command is shown, and nobody else. Pure.

Each answer is its text, a sentence for screen readers, and its blocks. It is of constant size, however much there is to
tell: it says how much it leaves out. A button carries a command as its line (chatops.commands), which whoever presses
it says.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chatops.commands.help_pages import Help
from chatops.commands.name_lookup import Candidates, Nothing
from chatops.commands.parse import Command, Mistake, to_line
from hub.incidents.audit import Entry
from hub.incidents.bulletin import how_it_ended, oldest_first
from hub.incidents.incident import Incident, State
from hub.incidents.mute import Mute
from hub.policy.matching import Match
from hub.policy.windows import InForce
from hub.scopes.scope import Scope
from hub.slack.blocks import ROOM, Block, actions, button, context, fields, length, mrkdwn, plain, section
from hub.slack.mrkdwn import code, date, escape, mention, visible
from hub.times import span_words
from hub.words import few, plural

Answer = tuple[str, list[Block]]

UNGRANTED = "Nobody may repair here: the policy has no [[rights]]. How it grants them: docs/policy.md."
SAY = "coastguard.say."
"""What the action id of a button begins with that says a command: the rest tells it from others of its block."""

# Slack does not take more than 50 blocks, of which a row has one or two.
_MOST_ROWS = 20
_FEW = 5
_LABEL, _VALUE = 75, 2_000
_WORDS, _FACT, _NAME, _REASON, _LINE = 120, 36, 40, 120, 300
_STATES = {
    State.OPEN: ":red_circle:",
    State.ACKNOWLEDGED: ":large_yellow_circle:",
    State.REPAIRING: ":large_blue_circle:",
    State.RESOLVED: ":large_green_circle:",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand: unresolved incidents by state and how many of them are muted, mutes in force, storms' Regions.

    `stopped_by` is who has stopped all repairs, "" if they run; `granted` says whether the policy lets anybody repair.
    """

    counts: Mapping[State, int]
    muted: int = 0
    mutes: int = 0
    storms: Sequence[str] = ()
    stopped_by: str = ""
    stopped_at: datetime | None = None
    stopped_reason: str = ""
    granted: bool = True


# Words


def helped(command: str, told: Help) -> Answer:
    """Draw a page of the manual; `command` is what the slash command is called here."""
    typed = [(code(f"{command} {form}"), does) for form, does in told.lines if form]
    blocks = [section(f"*{escape(told.title)}*")]
    blocks += [section("\n".join(f"{form}  {escape(does)}" for form, does in typed))] if typed else []
    blocks += [_paragraph(line) for form, line in told.lines if not form]
    blocks += [section(f"For example: {code(f'{command} {example}')}") for example in told.examples]
    blocks += [context(mrkdwn(f"There is nothing about {code(told.asked)} itself."))] if told.asked else []
    return f"Help: {escape(told.title)}.", blocks


def mistaken(command: str, mistake: Mistake) -> Answer:
    """Draw what cannot be carried out, the command that comes nearest, and a line to copy."""
    typed = mistake.words.lower().split()[:1]
    meant = f" Did you mean *{escape(mistake.nearest)}*?" if mistake.nearest and typed != [mistake.nearest] else ""
    said = f"{escape(mistake.problem)}{meant}"
    lines = [code(f"{command} {line}", 200) for line in dict.fromkeys((mistake.example, "help"))]
    example = f"Try {', or '.join(lines)}."
    return f"{said} {example}", [
        section(f"{said}\n{example}"),
        context(mrkdwn(f"You typed {code(f'{command} {mistake.words}', 200)}")),
    ]


def ambiguous(asked: Command, candidates: Candidates) -> Answer:
    """Draw what may be meant as buttons, each of which says the command again with what it stands for."""
    words = asked.target or asked.argument
    said = f"{code(words, _WORDS)} may be several things. Which one do you mean?"
    rows = []
    for number, (label, scope) in enumerate(candidates.options):
        line = to_line(replace(asked, target=scope) if asked.target else replace(asked, argument=scope))
        if len(line) <= _VALUE:
            rows.append([actions(button(f"{SAY}{number}", visible(label, _LABEL), line))])
    blocks, count = _filled([section(said)], rows)
    return said, [*blocks, *_rest(candidates.more + len(candidates.options) - count, "name it more exactly")]


def unknown(command: str, words: str, nothing: Nothing) -> Answer:
    """Draw that nothing is called so, and what comes nearest."""
    said = f"Nothing known is called {code(words, _WORDS)}: no account, and no cluster or instance in trouble or muted."
    near = ", ".join(code(name, _NAME) for name in nothing.nearest)
    well = f"A cluster that is well goes by account/Region/name, {code('payments/eu-west-1/prod-web')} say."
    hint = f"{well} More: {code(f'{command} help names')}"
    blocks = [section(said + (f"\nThe nearest names: {near}." if near else "")), context(mrkdwn(hint))]
    return said, blocks


def no_incident(command: str, words: str) -> Answer:
    """Draw that there is no such incident, and which ones can be found."""
    said = f"There is no incident {code(words, _WORDS)}."
    hint = "What is over is found for three days, and only if somebody has done something about it."
    blocks = [section(f"{said}\n{hint}"), context(mrkdwn(f"What is in trouble: {code(f'{command} incidents')}"))]
    return said, blocks


def done(sentence: str, detail: str = "") -> Answer:
    """Draw that something was done: a sentence whose foreign parts are harmless already, and foreign words."""
    return sentence, [section(f":white_check_mark: {sentence}"), *_details(detail)]


def refused(sentence: str, detail: str = "", may: Sequence[str] = (), how: str = "") -> Answer:
    """Draw that something was not done and why; `may` are the ids of those who might have, `how` is how to grant it."""
    return sentence, [
        section(f":no_entry: {sentence}"),
        *_details(detail),
        *([section(how)] if how else []),
        *([context(mrkdwn(f"Those who may: {few([mention(user) for user in may], _FEW)}"))] if may else []),
    ]


# Mutes


def muted(
    mute: Mute, others: Sequence[Mute], now: datetime, names: Mapping[str, str], windows: Sequence[InForce] = ()
) -> Answer:
    """Draw what has just been muted, and `others` and `windows` that mute some of it too.

    `names` are the accounts', by id.
    """
    said = f"Muted {_where(mute.scope, names)} until {date(mute.until)}: {code(mute.reason, _REASON)}."
    later = "It is good for all that are called so, now or later. " if mute.scope.is_pattern else ""
    hint = "What happens there is recorded, what recovers is said, and so is what is still broken at the end."
    rows = [_mute_row(0, mute, now, names)]
    overlapping = [_mute_row(number, other, now, names) for number, other in enumerate(others, 1)]
    overlapping += [_window_row(window, now) for window in windows]
    if overlapping:
        overlapping[0].insert(0, section("*Muted as well, which overlaps*"))
    blocks, count = _filled([section(f":no_bell: {said}"), context(plain(f"{later}{hint}"))], [*rows, *overlapping])
    return said, [*blocks, *_rest(len(rows) + len(overlapping) - count)]


def all_mutes(
    mutes: Sequence[Mute], now: datetime, names: Mapping[str, str], windows: Sequence[InForce] = ()
) -> Answer:
    """Draw what is muted, what ends first on top, with a button to end each mute that is no maintenance window."""
    said = f"{plural(len(mutes) + len(windows), 'mute')} in force." if mutes or windows else "Nothing is muted."
    ends = [(mute.until, _mute_row(number, mute, now, names)) for number, mute in enumerate(mutes)]
    ends += [(window.until, _window_row(window, now)) for window in windows]
    rows = [row for _, row in sorted(ends, key=lambda end: end[0])]
    blocks, count = _filled([section(f":no_bell: *{said}*")], rows)
    return said, [*blocks, *_rest(len(rows) - count)]


# How things stand


def status(standing: Standing) -> Answer:
    """Draw how many incidents there are, what is muted, which storms there are, whether repairs run."""
    number = sum(standing.counts.get(state, 0) for state in State if state is not State.RESOLVED)
    said = f"{plural(number, 'unresolved incident')}." if number else "Nothing is in trouble."
    facts = [
        (str(state).capitalize(), f"{emoji} {standing.counts.get(state, 0):,}")
        for state, emoji in _STATES.items()
        if state is not State.RESOLVED
    ]
    facts += [
        ("Muted", f":no_bell: {plural(standing.muted, 'incident')}, {plural(standing.mutes, 'mute')} in force"),
        ("Storms", few([code(region, _FACT) for region in standing.storms], _FEW) or "none"),
        ("Repairs", "stopped" if standing.stopped_by else "allowed" if standing.granted else "granted to nobody"),
    ]
    blocks = [section(f"*{said}*"), fields(facts), *([] if standing.granted else [context(plain(UNGRANTED))])]
    if standing.stopped_by:
        when = f" {date(standing.stopped_at)}" if standing.stopped_at else ""
        why = f": {code(standing.stopped_reason, _REASON)}" if standing.stopped_reason else ""
        blocks.append(section(f":octagonal_sign: All repairs stopped by {mention(standing.stopped_by)}{when}{why}"))
    return said, blocks


def open_incidents(
    command: str, incidents: Sequence[Incident], names: Mapping[str, str], silent: Collection[str] = ()
) -> Answer:
    """Draw unresolved incidents by account, the worst account first, the longest gone on top.

    `names` are the accounts', by id; `silent` the ids of muted incidents.
    """
    said = f"{plural(len(incidents), 'unresolved incident')}." if incidents else "Nothing is in trouble."
    by_account = worst_first(incidents)
    most = _FEW if len(by_account) > 1 else _MOST_ROWS
    rows, told = [], []
    for account, several in by_account:
        more = len(several) - most
        last = f"\nand {more:,} more: {code(f'{command} incidents {account}')}"
        headline = f"*Account {_account_words(account, names)}: {plural(len(several), 'instance')}*\n"
        for start in range(0, min(len(several), most), _FEW):
            part = several[start : start + _FEW]
            ends = start + _FEW >= most and more > 0
            lines = "\n".join(_incident_line(incident, silent) for incident in part)
            rows.append([section(f"{'' if start else headline}{lines}{last if ends else ''}")])
            told.append(len(part) + (more if ends else 0))
    blocks, count = _filled([section(f"*{said}*")], rows)
    return said, [*blocks, *_rest(len(incidents) - sum(told[:count]))]


def shown(incident: Incident, log: Sequence[Entry], names: Mapping[str, str], mute: Mute | None = None) -> Answer:
    """Draw what is known of an incident and its log, the newest entries if there are many."""
    seen = incident.sighting
    host = code(seen.host or incident.instance, _FACT)
    said = f"{code(incident.id, _FACT)}: {host} is {incident.state}."
    kind = " · ".join(code(part, _FACT) for part in (seen.zone, seen.instance_type) if part)
    facts = [
        ("Account · Region", f"{_account_words(incident.cluster.account, names)} · {incident.cluster.region}"),
        ("Cluster", code(incident.cluster.name, _WORDS)),
        ("Instance", f"{host}\n{code(incident.instance, _FACT)}"),
        ("Zone · type", kind or "unknown"),
        ("Disconnected since", date(incident.since)),
        ("Opened", date(incident.opened_at)),
        ("Agent · tasks", f"{code(seen.agent_version or 'unknown', _FACT)} · {seen.running_tasks:,}"),
        *_ended(incident),
    ]
    head = [section(f"{_STATES[incident.state]} *{said}*"), fields(facts)]
    head += [context(mrkdwn(f":no_bell: Muted: {_mute_words(mute)}"))] if mute else []
    head += [_buttons(incident)]
    return said, _logged(head, log)


def audited(title: str, entries: Sequence[Entry]) -> Answer:
    """Draw the newest entries of the audit log; the title's foreign parts are harmless already."""
    said = f"{title}: {plural(len(entries), 'entry', 'entries')}."
    return said, _logged([section(f"*{said}*")], entries)


def explained(title: str, lines: Sequence[str], mute: Mute | None = None) -> Answer:
    """Draw why something is so: a title whose foreign parts are harmless already, and lines that may be foreign."""
    head = [section(f"*{title}*"), *([section(f":no_bell: Muted {_mute_words(mute)}")] if mute else [])]
    blocks, count = _filled(head, [[_paragraph(line)] for line in lines])
    return f"{title}.", [*blocks, *_rest(len(lines) - count)]


def covered(line: str, blind: Sequence[tuple[str, str]]) -> Answer:
    """Draw what is watched in one line, and the places that are not, with the reason; none of it is ours."""
    rows = [[section(f"{code(place, _NAME)} {code(reason, _REASON)}")] for place, reason in blind]
    blocks, count = _filled([_paragraph(line)], rows)
    return f"Coverage: {code(line, _LINE)}", [*blocks, *_rest(len(rows) - count)]


# Maintenance windows


def places(where: Match) -> str:
    """Say in the policy's own words, made harmless, which places something is meant for."""
    asked = ((key.replace("_", " "), few([code(word, _NAME) for word in words], _FEW)) for key, words in where.asked())
    return ", ".join(f"{key} {words}" for key, words in asked) or "the whole organization"


def window_words(found: InForce) -> str:
    """Say until when a maintenance window lasts, and why."""
    why = f": {code(found.window.reason, _REASON)}" if found.window.reason else ""
    return f"until {date(found.until)}, by a maintenance window{why}"


# Parts


def worst_first(incidents: Iterable[Incident]) -> list[tuple[str, list[Incident]]]:
    """Put incidents together by account: the account with most of them first, the longest gone on top."""
    by_account: dict[str, list[Incident]] = {}
    for incident in oldest_first(incidents):
        by_account.setdefault(incident.cluster.account, []).append(incident)
    return sorted(by_account.items(), key=lambda each: (-len(each[1]), each[0]))


def _account_words(account: str, names: Mapping[str, str]) -> str:
    name = names.get(account, "")
    return f"{code(name, _NAME)} ({account})" if name else account


def _where(scope: Scope, names: Mapping[str, str]) -> str:
    whose = f"account {_account_words(scope.account, names)}" if scope.account else "all accounts"
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
            return f"clusters {code(scope.cluster, _WORDS)} in {region}{whose}"
    cluster = f"cluster {code(scope.cluster, _WORDS)} in {scope.region}, {whose}"
    return cluster if scope.kind == "cluster" else f"instance {code(scope.instance, _FACT)} of {cluster}"


def _mute_words(mute: Mute) -> str:
    by = mention(mute.by) if mute.by else "a maintenance window"
    return f"until {date(mute.until)}, by {by}: {code(mute.reason, _REASON)}"


def _mute_row(number: int, mute: Mute, now: datetime, names: Mapping[str, str]) -> list[Block]:
    """Draw a mute, with a button if somebody can end it; the number tells the buttons apart."""
    left = f"{span_words(mute.until - now)} left" if mute.since <= now else "to come"
    row = section(f"*{_where(mute.scope, names)}* · {left}\n{_mute_words(mute)}")
    if mute.by:
        row["accessory"] = button(f"{SAY}{number}", "Unmute", to_line(Command("unmute", str(mute.scope))))
    return [row]


def _window_row(found: InForce, now: datetime) -> list[Block]:
    left = span_words(found.until - now)
    return [section(f"*{places(found.window.where)}* · {left} left\n{window_words(found)}")]


def _incident_line(incident: Incident, silent: Collection[str]) -> str:
    host = incident.sighting.host or incident.instance
    bell = ":no_bell: " if incident.id in silent else ""
    where = f"{code(host, _FACT)} in {code(incident.cluster.name, _FACT)}, {incident.cluster.region}"
    return f"{_STATES[incident.state]} {bell}{where}, since {date(incident.since)} · {code(incident.id, _FACT)}"


def _ended(incident: Incident) -> list[tuple[str, str]]:
    """Tell who is at work on it, or how it ended."""
    facts = []
    if incident.acknowledged_by and incident.acknowledged_at:
        by = mention(incident.acknowledged_by)
        facts.append(("Acknowledged", f"by {by} {date(incident.acknowledged_at)}"))
    if incident.repair:
        asked = f"{code(incident.repair.remedy, _FACT)} asked by {mention(incident.repair.by)}"
        facts.append(("Repair", f"{asked}{', failed' if incident.repair.problem else ''}"))
    if incident.resolved_at:
        lasted = span_words(incident.resolved_at - incident.since)
        facts.append(("Resolved", f"{date(incident.resolved_at)}, after {lasted}: {code(how_it_ended(incident))}"))
    return facts


def _buttons(incident: Incident) -> Block:
    why = button(f"{SAY}0", "Why?", to_line(Command("why", argument=incident.id)))
    scope = str(Scope.of(incident.cluster, incident.instance))
    mute = button(f"{SAY}1", "Mute it…", to_line(Command("mute", scope)))
    return actions(why, mute) if incident.unresolved else actions(why)


def _logged(head: list[Block], log: Sequence[Entry]) -> list[Block]:
    newest = sorted(log, key=lambda entry: entry.at, reverse=True)
    blocks, count = _filled(head, [[_entry(entry)] for entry in newest])
    return [*blocks, *_rest(len(newest) - count, "coastguard audit has them, on the command line")]


def _entry(entry: Entry) -> Block:
    who = mention(entry.who) if entry.who else "Coastguard"
    where = f" {code(entry.where, _WORDS)}" if entry.where else ""
    reason = f": {code(entry.reason, _REASON)}" if entry.reason else ""
    another = entry.approved_by not in {"", entry.who}  # the approval itself is an entry too
    approved = f", approved by {mention(entry.approved_by)}" if another else ""
    result = f"\n{code(entry.result, _REASON)}" if entry.result else ""
    return context(mrkdwn(f"{date(entry.at)} {who} {code(entry.what, _NAME)}{where}{reason}{approved}{result}"))


def _details(words: str) -> list[Block]:
    return [context(plain(visible(words, _LINE)))] if words else []


def _paragraph(words: str) -> Block:
    return {"type": "section", "text": plain(visible(words, _LINE))}


def _rest(number: int, remedy: str = "") -> list[Block]:
    words = f"and {number:,} more{f': {remedy}' if remedy else ''}."
    return [context(plain(words))] if number > 0 else []


def _filled(head: Sequence[Block], rows: Sequence[Sequence[Block]]) -> tuple[list[Block], int]:
    """Put rows of blocks under a head, as many as there is room for; returns the blocks and the number of rows."""
    blocks = list(head)
    room = ROOM - length([*blocks, *_rest(10**9, "x" * _REASON)])
    for number, row in enumerate(rows):
        room -= length(row)
        if room < 0 or number == _MOST_ROWS:
            return blocks, number
        blocks += row
    return blocks, len(rows)
