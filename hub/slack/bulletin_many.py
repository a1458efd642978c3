"""Many instances in one bulletin: numbers instead of rows, and a menu to pick one. Pure."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta

from hub.incidents.breakdown import Breakdown
from hub.incidents.content import CHOICES, OLDEST, Content, Tone
from hub.incidents.incident import Incident
from hub.slack.blocks import (
    Block,
    actions,
    button,
    context,
    fields,
    length,
    mrkdwn,
    option,
    plain,
    section,
    select,
)
from hub.slack.bulletin_buttons import acknowledge_all, incident_buttons, mute_buttons
from hub.slack.bulletin_facts import facts_and_state, place_facts
from hub.slack.button_values import LIST, PICK, Subject
from hub.slack.message import FACT
from hub.slack.mrkdwn import code, date, mention, visible
from hub.times import span_words
from hub.words import few

_HELPERS = 5
# The longest text of an option, and the longest id of an action, that Slack takes.
_CHOICE = 75
_ACTION = 255
_PICK_ONE = "Show one instance…"
_UNPICKABLE = context(plain("There is no room for a menu of these instances here: use the ECS console to act on one."))


def many(content: Content, why: Sequence[Block], room: int) -> list[Block]:
    """Draw more instances than have a row each: a message of constant size."""
    drawn = [_amount(content)]
    if content.picked:
        drawn += facts_and_state(content.picked, (), content.links, alone=False)
        drawn += incident_buttons(content.picked, content.locked)
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
            *place_facts(content),
            _share(len(content.more), content.registered),
            ("Zones", ", ".join(f"{code(z, FACT)} {n:,}" for z, n in sorted(zones.items())[:6])),
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
    lines = [f"{_host_and_zone(i)} after {span_words(_took(i))}, {code(i.ending, FACT)}" for i in longest]
    return _list("Longest in trouble", lines, len(content.more))


def _list(title: str, lines: Sequence[str], all_of_them: int) -> Block:
    rest = all_of_them - len(lines)
    return section(f"*{title}*\n" + "\n".join(lines) + (f"\nand {rest:,} more" if rest else ""))


def _host_and_zone(incident: Incident) -> str:
    seen = incident.sighting
    return f"{code(seen.host or incident.instance, FACT)} {code(seen.zone or 'unknown', FACT)}"


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
    whole = button(LIST, "List all", content.cluster.key)
    others = [*acknowledge_all(content), whole, *mute_buttons(content)]
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
    shared = [f"{what} {code(which, FACT)} ({number:,} {of})" for what, which, number in tally.shared()]
    return [("In common", ", ".join(shared))] if shared else []
