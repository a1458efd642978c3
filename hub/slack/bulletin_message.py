"""Messages: what a bulletin looks like in Slack. Pure.

One line of state and subject, then the facts in two columns, why it matters, then the buttons by weight. Color and
emoji always say the same.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from hub.incidents.audit import Entry
from hub.incidents.breakdown import Breakdown
from hub.incidents.bulletin import CHOICES, HELD_UP, OLDEST, Bulletin, Content, Tone, how_it_ended
from hub.incidents.incident import INCIDENT_ID, Incident, Pending, Repair, State
from hub.policy.terms import ANY
from hub.slack.blocks import (
    ROOM,
    Block,
    actions,
    button,
    confirm,
    context,
    fields,
    length,
    mrkdwn,
    option,
    plain,
    section,
    select,
)
from hub.slack.mrkdwn import code, date, mention, visible
from hub.times import span_words
from hub.words import few, plural
from spoke.partitions import partition_of
from spoke.places import Cluster, ContainerInstance
from spoke.repairs import REMEDIES
from spoke.repairs.remedy import Remedy
from spoke.sighting import Registration, Sighting
from spoke.states import ANSWERS, Standing, standing

ACKNOWLEDGE = "coastguard.acknowledge"
REPAIR = "coastguard.repair."
PICK = "coastguard.pick."
LIST = "coastguard.list"
MUTE = "coastguard.mute"
UNMUTE = "coastguard.unmute"
APPROVE = "coastguard.approve"
DECLINE = "coastguard.decline"

_LOOKS = {
    Tone.OPEN: (":red_circle:", "#D93025"),
    Tone.ACKNOWLEDGED: (":large_yellow_circle:", "#E8A317"),
    Tone.REPAIRING: (":large_blue_circle:", "#1D7AFC"),
    Tone.MUTED: (":no_bell:", "#8D8D8D"),
    Tone.RESOLVED: (":large_green_circle:", "#2EB67D"),
}
# What a member account calls its things is cut to lengths that fit the true ones and fill no message.
_FACT = 36
_IN_QUESTION = 60
# Notes of two blocks each: Slack takes 50 blocks a message.
_NOTES = 20
_WHERE = 200
_PROBLEM = 150
_UNCHECKED = 3
_STEPS = 3
_APPROVERS = 3
_HELPERS = 5
_OWNERS = 20
_STEP = 110
# Of an option's text, and of an action's id.
_CHOICE = 75
_ACTION = 255
_PICK_ONE = "Show one instance…"
_UNPICKABLE = context(plain("There is no room for a menu of these instances here: use the ECS console to act on one."))
_CROWDED = context(plain("A message has no room for more buttons: the next ones come when these instances are done."))
_SYSTEMS = {
    "windows": "It runs Windows.",
    "bottlerocket": "It runs Bottlerocket, which has no systemctl: its agent restarts with the host.",
}
_MANAGED = {
    True: "AWS manages this host (ECS Managed Instances) and replaces it itself: nothing to be done here.",
    False: (
        "AWS manages this host (ECS Managed Instances), but auto repair is off for its capacity provider: nobody"
        " replaces it. Switch auto repair on, or deregister the instance, which ends its host."
    ),
    None: "AWS manages this host (ECS Managed Instances); whether auto repair is on, ECS did not tell.",
}
_CHECKS = {
    "ok": ":white_check_mark: pass",
    "impaired": ":x: fail",
    "initializing": ":hourglass_flowing_sand: starting",
    "insufficient-data": ":grey_question: no data",
}


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered bulletin. `digest` tells whether Slack shows this already."""

    text: str
    blocks: Sequence[Block]
    attachments: Sequence[Block]
    metadata: Mapping[str, Any]
    digest: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a button is about, as its value says it: an incident of an instance.

    What a value says beside, after a space each, is not believed: it is only shown.
    """

    cluster: Cluster
    instance: str
    incident: str

    def __str__(self) -> str:
        return f"{self.cluster.key}/{self.instance}/{self.incident}"

    @property
    def picking(self) -> tuple[str, str]:
        """The subject as a menu's action id and an option's value, which together hold what a button's value does."""
        return f"{PICK}{self.cluster.key}", f"{self.instance}/{self.incident}"

    @classmethod
    def picked(cls, action: str, value: str) -> "Subject":
        """Read what `picking` wrote; raises ValueError for anything else."""
        if not action.startswith(PICK):
            raise ValueError("not a menu of instances")
        return cls.parse(f"{Cluster.from_key(action.removeprefix(PICK)).key}/{value}")

    @classmethod
    def parse(cls, value: str) -> "Subject":
        """Read a button's value; raises ValueError for anything we have not written."""
        key, instance, incident = value.split(" ", 1)[0].rsplit("/", 2)
        cluster = Cluster.from_key(key)
        if not INCIDENT_ID.fullmatch(incident):
            raise ValueError(f"{incident[:50]!r} is not an incident's id")
        return cls(cluster, ContainerInstance(cluster.account, cluster.region, instance).id, incident)


def event_type(kind: str) -> str:
    """Name the kind of a message in its metadata: "bulletin" or "storm"."""
    return f"coastguard_{kind}"


def render(content: Content, bulletin: Bulletin) -> Message:
    """Draw a bulletin."""
    emoji, color = _LOOKS[content.tone]
    cluster = content.cluster
    where = account(cluster.account, content.account_name)
    text = f"{content.headline}: {code(cluster.name)} in {cluster.region}, account {where}."
    blocks = [section(f"{emoji} *{content.headline}*  ·  {code(cluster.name)}"), *_owners(content)]
    why = [section(f"*Why it matters:* {content.why}")] if content.why else []
    small_print = [*_unchecked(content), *_locked(content), *_muted(content), *_links(content)]
    match content.rows:
        case () if not content.more:
            body = [fields(_place(content))]
        case ():
            body = _many(content, why, ROOM - length([*blocks, *small_print]))
        case (only,):
            body = [*_facts_and_state(only, _place(content), alone=True), *why]
            body += _buttons(only, content.locked, _voice_buttons(content))
        case several:
            small_print = [*_row(_voice_buttons(content)), *small_print]
            body = [*why, *_rows(several, content.locked, ROOM - length([*blocks, *why, *small_print]))]
    body += small_print
    return finished(bulletin.kind, bulletin.id, bulletin.episode, str(content.tone), (text, color, blocks, body))


def finished(
    kind: str, name: str, episode: str, state: str, parts: tuple[str, str, list[Block], list[Block]]
) -> Message:
    """Make a message of its text, color, headline and body, and mark it with what it is about."""
    text, color, blocks, body = parts
    drawing = json.dumps([text, blocks, body, color], sort_keys=True)
    digest = hashlib.sha256(drawing.encode()).hexdigest()[:16]
    for number, block in enumerate(blocks + body):
        # New with every change: Slack's clients keep what was chosen in a block whose id they know.
        block["block_id"] = f"{episode}.{number}.{digest}"
    return Message(
        text=text,
        blocks=blocks,
        attachments=[{"color": color, "fallback": text, "blocks": body}],
        metadata={"event_type": event_type(kind), "event_payload": {kind: name, "state": state}},
        digest=digest,
    )


def reminder(content: Content, after: timedelta) -> tuple[str, list[Block]]:
    """Draw what reminds people, in the bulletin's thread and the channel, of what nobody has acknowledged."""
    owners = " ".join(map(mention, content.owners[:_OWNERS]))
    waited = span_words(after)
    line = f"{owners} Nobody has acknowledged this for {waited}: {content.headline}, {code(content.cluster.name)}"
    return line.strip(), [section(f":bell: {line.strip()}")]


def channel_lost(channel: str, word: str, operators: Sequence[str]) -> tuple[str, list[Block]]:
    """Draw what the operators are told of a channel that cannot be posted to; `word` is Slack's for the reason."""
    who = "".join(f"{mention(operator)} " for operator in operators)
    line = (
        f"{who}Channel {code(channel)} cannot be posted to: Slack says {code(word)}. What belongs there is said here."
    )
    return line, [
        section(f":warning: {line}"),
        context(
            plain(
                "Invite the bot to it, unarchive it, or give another channel in the policy or the stack's parameters."
            )
        ),
    ]


def note(entry: Entry) -> tuple[str, list[Block]]:
    """Draw a log entry for a bulletin's thread: its text and its blocks."""
    who = f"{mention(entry.who)} " if entry.who else ""
    where = f" {code(entry.where, _WHERE)}" if entry.where else ""
    line = f"{who}*{entry.what}*{where}"
    told = [entry.result] if entry.result else []
    told += [f"Reason: {entry.reason}"] if entry.reason else []
    return line, [section(line), *([context(*(plain(visible(each)) for each in told))] if told else [])]


def notes(entries: Sequence[Entry]) -> list[tuple[str, list[Block], bool]]:
    """Draw log entries for a bulletin's thread: as few posts as hold them, each with whether it is said aloud."""
    parts: list[list[Entry]] = []
    room = 0
    for entry in entries:
        needed = length(note(entry)[1])
        if needed > room or len(parts[-1]) == _NOTES:
            parts.append([])
            room = ROOM
        parts[-1].append(entry)
        room -= needed
    drawn = [[note(entry) for entry in part] for part in parts]
    return [
        (
            "\n".join(line for line, _ in each),
            [block for _, blocks in each for block in blocks],
            any(entry.aloud for entry in part),
        )
        for part, each in zip(parts, drawn, strict=True)
    ]


def _rows(incidents: Sequence[Incident], locked: str, room: int) -> list[Block]:
    """Draw each instance. The first ones, which are gone longest, have their buttons, as many as there is room for.

    If there is not even room for all that is known of them, the others have the facts alone.
    """
    rows = [(_facts_and_state(incident, (), alone=False), _buttons(incident, locked)) for incident in incidents]
    if sum(length(row) for row, _ in rows) + length([*rows[0][1], _CROWDED]) > room:
        rows = [(row[:1], [*row[1:], *buttons]) for row, buttons in rows]
    room -= sum(length(row) for row, _ in rows) + length([_CROWDED])
    drawn: list[Block] = []
    for row, more in rows:
        room -= length(more)
        drawn += [*row, *more] if room >= 0 else row
    return drawn if room >= 0 else [*drawn, dict(_CROWDED)]


def _facts_and_state(incident: Incident, place: Sequence[tuple[str, str]], *, alone: bool) -> list[Block]:
    """Draw what is known of one instance, and who is at work on it; the facts about its place come first."""
    row = [fields([*place, *_facts(incident)])]
    row += _remarks(incident)
    if incident.pending:
        row += _pending(incident.pending)
    if incident.repair and incident.unresolved:
        row += _repair(incident.repair, incident, alone=alone)
    elif incident.acknowledged_by and incident.acknowledged_at:
        who = mention(incident.acknowledged_by)
        row.append(context(mrkdwn(f"Acknowledged by {who} {date(incident.acknowledged_at)}")))
    return row


def account(account_id: str, name: str) -> str:
    """Write an account with its name, if that is known, for a line of text."""
    return f"{code(name, _FACT)} ({account_id})" if name else account_id


def _place(content: Content) -> list[tuple[str, str]]:
    cluster = content.cluster
    in_group = f", group {code(content.group, _FACT)}" if content.group not in {"", ANY} else ""
    name = f"{code(content.account_name, _FACT)} " if content.account_name else ""
    return [
        ("Account · Region", f"{name}{code(cluster.account)} · {code(cluster.region)}"),
        ("Cluster", f"{code(cluster.name)}{in_group}"),
    ]


def _facts(incident: Incident) -> list[tuple[str, str]]:
    seen = incident.sighting
    host = code(seen.host or incident.instance, _FACT)
    if not incident.unresolved:
        new = f" → {code(incident.replacement, _FACT)}" if incident.replacement else ""
        asked = f", asked by {_who(incident.repair)}" if incident.repair else ""
        over = incident.resolved_at or incident.opened_at
        return [
            ("Instance", f"{host}{new}"),
            ("How", f"{code(how_it_ended(incident))}{asked}"),
            ("Resolved", f"{date(over)}, after {span_words(over - incident.since)}"),
        ]
    kind = " · ".join(code(part, _FACT) for part in (seen.zone, seen.instance_type) if part)
    return [
        ("Instance", host),
        ("Zone · type", kind or "unknown"),
        _when(incident),
        ("Tasks on it", _tasks(incident)),
        ("EC2 status", _host(incident)),
        ("Agent", code(seen.agent_version, _FACT) if seen.agent_version else "unknown"),
    ]


def _who(repair: Repair) -> str:
    approved = f", approved by {mention(repair.approved_by)}" if repair.approved_by else ""
    return f"{mention(repair.by)}{approved}"


def _when(incident: Incident) -> tuple[str, str]:
    if not incident.flapping:
        return "Disconnected since", date(incident.since)
    back = f", back since {date(incident.calm_since)}" if incident.calm_since else ", gone again"
    return "Flapping", f"{len(incident.drops)} drops, the last {date(incident.drops[-1])}{back}"


def _remarks(incident: Incident) -> list[Block]:
    """Draw what is unusual about an instance, in words of ours."""
    seen = incident.sighting
    remarks = []
    if incident.unresolved and seen.runtime_impaired:
        remarks.append(":warning: The container runtime is sick too: ECS cannot start or stop tasks there.")
    if incident.unresolved and seen.os in _SYSTEMS:
        remarks.append(_SYSTEMS[seen.os])
    if incident.unresolved and seen.host.startswith("mi-"):
        remarks.append("A machine of your own (ECS Anywhere): whether it has power, only its owner can tell.")
    if incident.unresolved and seen.managed:
        remarks.append(_MANAGED[seen.auto_repair])
    if incident.unresolved and seen.alive_as:
        remarks.append(_ghost(seen, seen.alive_as))
    return [context(mrkdwn(" ".join(remarks)))] if remarks else []


def _ghost(seen: Sighting, alive: Registration) -> str:
    """Say under which registration the host is well."""
    tasks = f"{plural(alive.running_tasks, 'task')} {'runs' if alive.running_tasks == 1 else 'run'}"
    name, cluster = code(alive.instance, _FACT), code(alive.cluster.name, _FACT)
    return f"An old registration of a host that is well: {tasks} on {code(seen.host, _FACT)} as {name} in {cluster}."


def _waits_for_look(remedy: Remedy, seen: Sighting) -> bool:
    """Whether a drastic remedy has to wait because nobody has asked yet if the host is well after all."""
    return remedy.drastic and remedy.fits(seen) and seen.others is None


def _tasks(incident: Incident) -> str:
    """Count the tasks, if ECS has ever told: it never does without the agent's version."""
    seen = incident.sighting
    return f"{seen.running_tasks} running" if seen.agent_version else "unknown"


def _host(incident: Incident) -> str:
    seen = incident.sighting
    if seen.ping:
        answers = ":white_check_mark: " if ANSWERS.get(seen.ping) else ""
        return f"{answers}SSM says {code(seen.ping, _FACT)}"
    if seen.checks is None:
        return code(seen.host_state, _FACT) if seen.host_state else ":grey_question: unknown"
    return _CHECKS.get(seen.checks, code(seen.checks, _FACT))


def _repair(repair: Repair, incident: Incident, *, alone: bool) -> list[Block]:
    """Draw how far a repair has come, or why it failed. Its steps need room that there is only `alone`."""
    label = REMEDIES[repair.remedy].label if repair.remedy in REMEDIES else code(repair.remedy, _FACT)
    asked = context(mrkdwn(f"{label} asked by {_who(repair)} {date(repair.at)}"))
    if repair.problem:
        return [asked, context(plain(visible(f"It failed: {repair.problem}", _PROBLEM)))]
    steps = [context(plain(visible(f"✓ {step}", _STEP))) for step in repair.steps[: _STEPS if alone else 0]]
    return [asked, *steps, context(mrkdwn(f":hourglass_flowing_sand: {_awaited(repair, incident)}"))]


def _awaited(repair: Repair, incident: Incident) -> str:
    """Say what a repair waits for."""
    seen = incident.sighting
    if not repair.finished:
        return "AWS answers"
    if repair.hits_host and not repair.gone and standing(seen.status) is Standing.OUT:
        who = "its group is" if repair.group else "EC2 is"
        new = f"; its replacement is {code(incident.replacement, _FACT)}" if incident.replacement else ""
        return f"taken out of the cluster; {who} still terminating it{f' ({HELD_UP})' if repair.held else ''}{new}"
    return "the replacement registers" if repair.group else "AWS answers"


def _buttons(incident: Incident, locked: str, more: Sequence[Block] = ()) -> list[Block]:
    """Draw an incident's buttons, by weight, and after them `more`, which are not about the incident alone."""
    if incident.state in {State.REPAIRING, State.RESOLVED}:
        return _row(more)
    value = str(Subject(incident.cluster, incident.instance, incident.id))
    row = [] if incident.acknowledged_by else [button(ACKNOWLEDGE, "Acknowledge", value, style="primary")]
    if incident.pending:
        row += [
            button(APPROVE, "Approve", f"{value} {incident.pending.request}", style="primary"),
            button(DECLINE, "Decline", f"{value} {incident.pending.request}"),
        ]
    else:
        row += [
            _remedy_button(remedy, incident, value)
            for remedy in REMEDIES.values()
            if remedy.fits(incident.sighting)
            and not (remedy.drastic and locked)
            and not _waits_for_look(remedy, incident.sighting)
        ]
    return _row([*row, *more])


def _row(buttons: Sequence[Block]) -> list[Block]:
    return [actions(*buttons)] if buttons else []


def _remedy_button(remedy: Remedy, incident: Incident, value: str) -> Block:
    """Draw a remedy's button. Before a drastic one a modal asks, which shows what `value` says beside the subject."""
    seen = incident.sighting
    if remedy.drastic:
        return button(REPAIR + remedy.name, f"{remedy.label}…", _impact(value, incident), style=remedy.style)
    host = code(seen.host or incident.instance, _FACT)
    text = f"{host} in {code(incident.cluster.name, _IN_QUESTION)}, tasks: {_tasks(incident)}. {remedy.confirm}"
    return button(
        REPAIR + remedy.name,
        remedy.label,
        value,
        style=remedy.style,
        confirm=confirm(remedy.title, text, remedy.label, remedy.style),
    )


def _impact(value: str, incident: Incident) -> str:
    seen = incident.sighting
    return f"{value} {visible(seen.host or incident.instance, _FACT).replace(' ', '_')} {_tasks(incident)}"


def _voice_buttons(content: Content) -> list[Block]:
    """Draw the button that mutes the cluster, or takes back what mutes it."""
    if content.tone is Tone.RESOLVED:
        return []
    if content.mute is None:
        return [button(MUTE, "Mute…", content.cluster.key)]
    # A window of the policy is nobody's to take back.
    return [button(UNMUTE, "Unmute", str(content.mute.scope))] if content.mute.by else []


def _many(content: Content, why: Sequence[Block], room: int) -> list[Block]:
    """Draw more instances than have a row each: a message of constant size."""
    drawn = [_amount(content)]
    if content.picked:
        drawn += [*_facts_and_state(content.picked, (), alone=False), *_buttons(content.picked, content.locked)]
    if content.tone is Tone.RESOLVED:
        return [*drawn, _longest_in_trouble(content), *_helped(content.more)]
    drawn += [_longest_gone(content), *why]
    return [*drawn, *_ways_on(content, room - length(drawn))]


def _amount(content: Content) -> Block:
    zones: dict[str, int] = {}
    for incident in content.more:
        zones[incident.sighting.zone or "unknown"] = zones.get(incident.sighting.zone or "unknown", 0) + 1
    return fields(
        [
            *_place(content),
            _share(len(content.more), content.registered),
            ("Zones", ", ".join(f"{code(z, _FACT)} {n:,}" for z, n in sorted(zones.items())[:6])),
            *in_common(Breakdown.of(content.more)),
        ]
    )


def _share(number: int, registered: int) -> tuple[str, str]:
    """Say how much of the cluster is in trouble, if that is known."""
    if not registered or registered < number:  # what has just left the cluster may still be in trouble
        return "Instances", f"{number:,}"
    percent = f"{100 * number // registered} %" if 100 * number >= registered else "under 1 %"
    return "Share of the cluster", f"{number:,} of {registered:,} instances ({percent})"


def _longest_gone(content: Content) -> Block:
    lines = [f"{_host_and_zone(i)} since {date(i.since)}, {i.state}" for i in content.more[:OLDEST]]
    return _list("Longest gone", lines, len(content.more))


def _longest_in_trouble(content: Content) -> Block:
    """Name those that took longest, and how they ended, once it is over."""
    longest = sorted(content.more, key=_took, reverse=True)[:OLDEST]
    lines = [f"{_host_and_zone(i)} after {span_words(_took(i))}, {code(i.ending, _FACT)}" for i in longest]
    return _list("Longest in trouble", lines, len(content.more))


def _list(title: str, lines: Sequence[str], all_of_them: int) -> Block:
    rest = all_of_them - len(lines)
    return section(f"*{title}*\n" + "\n".join(lines) + (f"\nand {rest:,} more" if rest else ""))


def _host_and_zone(incident: Incident) -> str:
    seen = incident.sighting
    return f"{code(seen.host or incident.instance, _FACT)} {code(seen.zone or 'unknown', _FACT)}"


def _took(incident: Incident) -> timedelta:
    return (incident.resolved_at or incident.opened_at) - incident.since


def _helped(incidents: Sequence[Incident]) -> list[Block]:
    """Name who acknowledged, asked for repairs or approved them, whoever did so for most instances first."""
    helped = Counter(who for incident in incidents for who in _who_helped(incident) if who)
    names = few([mention(who) for who, _ in helped.most_common()], _HELPERS)
    return [context(mrkdwn(f"Helped: {names}"))] if names else []


def _who_helped(incident: Incident) -> Iterable[str]:
    """Name them, each once and always in the same order: a drawing that changes by itself would be shown anew."""
    repair = incident.repair
    return dict.fromkeys((incident.acknowledged_by, *((repair.by, repair.approved_by) if repair else ())))


def _ways_on(content: Content, room: int) -> list[Block]:
    """Draw how to get at instances that have no row: a menu of as many as fit, and a button that lists them all."""
    others = [button(LIST, "List all", content.cluster.key), *_voice_buttons(content)]
    action = f"{PICK}{content.cluster.key}"
    room -= length([actions(select(action, _PICK_ONE, []), *others)])
    options = []
    for incident in content.more[:CHOICES]:
        seen = incident.sighting
        words = visible(" · ".join(part for part in (seen.host or incident.instance, seen.zone) if part), _CHOICE)
        options.append(option(words, Subject(content.cluster, incident.instance, incident.id).picking[1]))
        room -= len(json.dumps(options[-1], separators=(",", ":"))) + 1
        if room < 0:
            options.pop()
            break
    if not options or len(action) > _ACTION:
        return [actions(*others), dict(_UNPICKABLE)]
    return [actions(select(action, _PICK_ONE, options), *others)]


def in_common(tally: Breakdown) -> list[tuple[str, str]]:
    """Name what most instances of a tally share, if they share anything."""
    of = f"of {tally.instances:,}"
    shared = [f"{what} {code(which, _FACT)} ({number:,} {of})" for what, which, number in tally.shared()]
    return [("In common", ", ".join(shared))] if shared else []


def _locked(content: Content) -> list[Block]:
    """Say why something is not offered: a storm, or hosts of which nobody knows yet whether they are well after all."""
    if content.locked:
        return [context(mrkdwn(f":lock: {content.locked}"))]
    shown = [*content.rows, *([content.picked] if content.picked else [])]
    offered = [i.sighting for i in shown if i.state in {State.OPEN, State.ACKNOWLEDGED}]
    waits = [r.label for r in REMEDIES.values() if any(_waits_for_look(r, seen) for seen in offered)]
    line = f":lock: {' and '.join(waits)} once a look has seen whether the host is registered elsewhere, and well"
    return [context(mrkdwn(line))] if waits else []


def _owners(content: Content) -> list[Block]:
    """Mention the owners, where Slack tells them: in a message's own blocks. Edits tell nobody again."""
    return [context(mrkdwn(" ".join(map(mention, content.owners[:_OWNERS]))))] if content.owners else []


def _muted(content: Content) -> list[Block]:
    if content.mute is None:
        return []
    by = f"by {mention(content.mute.by)}" if content.mute.by else "in a maintenance window"
    line = f":no_bell: {code(content.mute.scope.label)} is muted {by} until {date(content.mute.until)}"
    return [context(mrkdwn(line), plain(visible(content.mute.reason, _PROBLEM)))]


def _pending(pending: Pending) -> list[Block]:
    """Draw a repair that waits for somebody's approval, and its reason in the words of who asked for it."""
    label = REMEDIES[pending.remedy].label if pending.remedy in REMEDIES else code(pending.remedy, _FACT)
    who = few([*map(mention, pending.approvers)], _APPROVERS, " or ") or "somebody else"
    line = f":hand: {label} asked by {mention(pending.by)}; {who} may approve it until {date(pending.expires)}"
    return [context(mrkdwn(line), *([plain(visible(pending.reason, _PROBLEM))] if pending.reason else []))]


def _unchecked(content: Content) -> list[Block]:
    texts = [visible(f"Could not be checked: {text}", _PROBLEM) for text in content.unchecked[:_UNCHECKED]]
    return [context(*map(plain, texts))] if texts else []


def _links(content: Content) -> list[Block]:
    region, name = content.cluster.region, quote(content.cluster.name, safe="")
    partition = partition_of(region)
    console = partition.console(region) if partition else None
    if console is None:
        return []
    return [context(mrkdwn(f"<{console}/ecs/v2/clusters/{name}/infrastructure?region={region}|ECS console>"))]
