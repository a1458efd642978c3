"""Answers about incidents: how things stand, one incident, and the log. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chatops.commands.answer_parts import (
    FACT,
    FEW,
    LINE,
    MOST_ROWS,
    NAME,
    REASON,
    SAY,
    WORDS,
    Answer,
    account_words,
    filled,
    rest,
)
from chatops.commands.mute_answers import mute_words
from chatops.commands.parse import Command, to_line
from hub.incidents.audit import Entry
from hub.incidents.content import how_it_ended, oldest_first
from hub.incidents.incident import Incident, State
from hub.incidents.mute import Mute
from hub.scopes.scope import Scope
from hub.slack.blocks import Block, actions, button, context, fields, mrkdwn, plain, section
from hub.slack.mrkdwn import code, date, escape, mention, visible
from hub.times import span_words
from hub.words import few, plural
from spoke.places import Cluster

UNGRANTED = "Nobody may repair here: the policy has no [[rights]]. How it grants them: docs/policy.md."
NO_MESSAGES: Mapping[str, str] = {}
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
        ("Storms", few([code(region, FACT) for region in standing.storms], FEW) or "none"),
        ("Repairs", "stopped" if standing.stopped_by else "allowed" if standing.granted else "granted to nobody"),
    ]
    blocks = [section(f"*{said}*"), fields(facts), *([] if standing.granted else [context(plain(UNGRANTED))])]
    if standing.stopped_by:
        when = f" {date(standing.stopped_at)}" if standing.stopped_at else ""
        why = f": {code(standing.stopped_reason, REASON)}" if standing.stopped_reason else ""
        blocks.append(section(f":octagonal_sign: All repairs stopped by {mention(standing.stopped_by)}{when}{why}"))
    return said, blocks


def open_incidents(  # noqa: PLR0913  # what each line is made of
    command: str,
    incidents: Sequence[Incident],
    names: Mapping[str, str],
    silent: Collection[str] = (),
    messages: Mapping[str, str] = NO_MESSAGES,
    where: str = "",
) -> Answer:
    """Draw unresolved incidents by account, the worst account first, the longest gone on top.

    `names` are the accounts', by id; `silent` the ids of muted incidents; `messages` the addresses of what is told of
    them, by incident; `where` is what was asked about, harmless already, "" for everything.
    """
    there = f" in {where}" if where else ""
    said = f"{plural(len(incidents), 'unresolved incident')}{there}." if incidents else f"Nothing is in trouble{there}."
    by_account = worst_first(incidents)
    most = FEW if len(by_account) > 1 else MOST_ROWS
    rows, told = [], []
    for account, several in by_account:
        more = len(several) - most
        last = f"\nand {more:,} more: {code(f'{command} incidents {account}')}"
        headline = f"*Account {account_words(account, names)}: {plural(len(several), 'instance')}*\n"
        for start in range(0, min(len(several), most), FEW):
            part = several[start : start + FEW]
            ends = start + FEW >= most and more > 0
            lines = "\n".join(f"{_incident_line(i, silent)}{message_link(messages.get(i.id))}" for i in part)
            rows.append([section(f"{'' if start else headline}{lines}{last if ends else ''}")])
            told.append(len(part) + (more if ends else 0))
    blocks, count = filled([section(f"*{said}*")], rows)
    return said, [*blocks, *rest(len(incidents) - sum(told[:count]))]


def shown(
    incident: Incident, log: Sequence[Entry], names: Mapping[str, str], mute: Mute | None = None, message: str = ""
) -> Answer:
    """Draw what is known of an incident and its log, the newest entries if there are many.

    `message` is the address of the message that tells of it, "" if none does.
    """
    seen = incident.sighting
    host = code(seen.host or incident.instance, FACT)
    said = f"{code(incident.id, FACT)}: {host} is {incident.state}."
    kind = " · ".join(code(part, FACT) for part in (seen.zone, seen.instance_type) if part)
    facts = [
        ("Account · Region", f"{account_words(incident.cluster.account, names)} · {incident.cluster.region}"),
        ("Cluster", code(incident.cluster.name, WORDS)),
        ("Instance", f"{host}\n{code(incident.instance, FACT)}"),
        ("Zone · type", kind or "unknown"),
        ("Disconnected since", date(incident.since)),
        ("Opened", date(incident.opened_at)),
        ("Agent · tasks", f"{code(seen.agent_version or 'unknown', FACT)} · {seen.running_tasks:,}"),
        *_ended(incident),
    ]
    head = [section(f"{_STATES[incident.state]} *{said}*"), fields(facts)]
    head += [context(mrkdwn(f":no_bell: Muted: {mute_words(mute)}"))] if mute else []
    head += [context(mrkdwn(f"<{escape(message)}|The message that tells of it>"))] if message else []
    head += [_buttons(incident)]
    return said, _logged(head, log)


def shown_cluster(
    cluster: Cluster,
    incidents: Iterable[Incident],
    notes: Sequence[str],
    names: Mapping[str, str],
    mute: Mute | None = None,
) -> Answer:
    """Draw what is known of a cluster: what is in trouble there, then what is over, and notes that may be foreign."""
    everything = oldest_first(incidents)
    live = [incident for incident in everything if incident.unresolved]
    over = sorted((i for i in everything if i.resolved_at), key=lambda i: i.resolved_at or i.since, reverse=True)
    trouble = f"{plural(len(live), 'instance')} in trouble" if live else "nothing is in trouble"
    said = f"{code(cluster.name, WORDS)}: {trouble}, {plural(len(over), 'incident')} over in the last three days."
    where = f"{account_words(cluster.account, names)} · {cluster.region}"
    head = [section(f"{_STATES[State.OPEN if live else State.RESOLVED]} *{said}*"), section(where)]
    head += [context(mrkdwn(f":no_bell: Muted: {mute_words(mute)}"))] if mute else []
    head += [context(plain(visible(note, LINE) or "?")) for note in notes]
    scope = str(Scope.of(cluster))
    head += [
        actions(
            button(f"{SAY}0", "Why?", to_line(Command("why", argument=scope))),
            button(f"{SAY}1", "Mute it…", to_line(Command("mute", scope))),
        )
    ]
    blocks, count = filled(head, [[section(_incident_line(incident, ()))] for incident in (*live, *over)])
    return said, [*blocks, *rest(len(live) + len(over) - count)]


def audited(title: str, entries: Sequence[Entry]) -> Answer:
    """Draw the newest entries of the audit log; the title's foreign parts are harmless already."""
    said = f"{title}: {plural(len(entries), 'entry', 'entries')}."
    return said, _logged([section(f"*{said}*")], entries, ids=True)


def worst_first(incidents: Iterable[Incident]) -> list[tuple[str, list[Incident]]]:
    """Put incidents together by account: the account with most of them first, the longest gone on top."""
    by_account: dict[str, list[Incident]] = {}
    for incident in oldest_first(incidents):
        by_account.setdefault(incident.cluster.account, []).append(incident)
    return sorted(by_account.items(), key=lambda each: (-len(each[1]), each[0]))


def message_link(address: str | None) -> str:
    """Draw a link to the message that tells of an incident, behind what a line says of it."""
    return f" · <{escape(address)}|message>" if address else ""


def _incident_line(incident: Incident, silent: Collection[str]) -> str:
    host = incident.sighting.host or incident.instance
    bell = ":no_bell: " if incident.id in silent else ""
    where = f"{code(host, FACT)} in {code(incident.cluster.name, FACT)}, {incident.cluster.region}"
    when = f"over {date(incident.resolved_at)}" if incident.resolved_at else f"since {date(incident.since)}"
    return f"{_STATES[incident.state]} {bell}{where}, {when} · {code(incident.id, FACT)}"


def _ended(incident: Incident) -> list[tuple[str, str]]:
    """Return who is at work on it, or how it ended, as facts."""
    facts = []
    if incident.acknowledged_by and incident.acknowledged_at:
        by = mention(incident.acknowledged_by)
        facts.append(("Acknowledged", f"by {by} {date(incident.acknowledged_at)}"))
    if incident.repair:
        asked = f"{code(incident.repair.remedy, FACT)} asked by {mention(incident.repair.by)}"
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


def _logged(head: list[Block], log: Sequence[Entry], *, ids: bool = False) -> list[Block]:
    newest = sorted(log, key=lambda entry: entry.at, reverse=True)
    blocks, count = filled(head, [[_entry(entry, entry.incident if ids else "")] for entry in newest])
    return [*blocks, *rest(len(newest) - count, "coastguard audit has them, on the command line")]


def _entry(entry: Entry, incident: str) -> Block:
    who = mention(entry.who) if entry.who else "Coastguard"
    where = f" {code(entry.where, WORDS)}" if entry.where else ""
    where += f" · {code(incident, FACT)}" if incident else ""
    reason = f": {code(entry.reason, REASON)}" if entry.reason else ""
    another = entry.approved_by not in {"", entry.who}  # the approval itself is an entry too
    approved = f", approved by {mention(entry.approved_by)}" if another else ""
    said = entry.result if entry.speaks_for_us else code(entry.result, REASON)
    result = f"\n{said}" if entry.result else ""
    return context(mrkdwn(f"{date(entry.at)} {who} {code(entry.what, NAME)}{where}{reason}{approved}{result}"))
