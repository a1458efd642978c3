"""Facts of a bulletin: what is known of the place, of one instance, and of who is at work on it. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from hub.incidents.content import HELD_UP, Content, how_it_ended
from hub.incidents.incident import Incident, Pending, Repair
from hub.incidents.links import Links
from hub.policy.terms import ANY
from hub.slack.blocks import Block, context, fields, mrkdwn, plain
from hub.slack.console_links import instance_links
from hub.slack.message import FACT, PROBLEM
from hub.slack.mrkdwn import code, date, mention, visible
from hub.times import span_words
from hub.words import few, plural
from spoke.findings import AGENT_UP
from spoke.repairs import REMEDIES
from spoke.sighting import Registration, Sighting
from spoke.states import ANSWERS, Standing, standing

_STEPS = 3
_APPROVERS = 3
_STEP = 110
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


def facts_and_state(incident: Incident, place: Sequence[tuple[str, str]], links: Links, *, alone: bool) -> list[Block]:
    """Draw what is known of one instance, the ways to it, and who is at work on it; its place's facts come first."""
    row = [fields([*place, *_facts(incident)])]
    row += _remarks(incident)
    ways = instance_links(incident, links) if incident.unresolved else []
    # Several have little room: the first page leads to the others.
    row += [context(mrkdwn(" · ".join(ways if alone else ways[:1])))] if ways else []
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
    return f"{code(name, FACT)} ({account_id})" if name else account_id


def place_facts(content: Content) -> list[tuple[str, str]]:
    """Write where the cluster is, and what it is called."""
    cluster = content.cluster
    in_group = f", group {code(content.group, FACT)}" if content.group not in {"", ANY} else ""
    name = f"{code(content.account_name, FACT)} " if content.account_name else ""
    return [
        ("Account · Region", f"{name}{code(cluster.account)} · {code(cluster.region)}"),
        ("Cluster", f"{code(cluster.name)}{in_group}"),
    ]


def _facts(incident: Incident) -> list[tuple[str, str]]:
    seen = incident.sighting
    host = code(seen.host or incident.instance, FACT)
    if not incident.unresolved:
        new = f" → {code(incident.replacement, FACT)}" if incident.replacement else ""
        asked = f", asked by {_who(incident.repair)}" if incident.repair else ""
        over = incident.resolved_at or incident.opened_at
        return [
            ("Instance", f"{host}{new}"),
            ("How", f"{code(how_it_ended(incident))}{asked}"),
            ("Resolved", f"{date(over)}, after {span_words(over - incident.since)}"),
        ]
    kind = " · ".join(code(part, FACT) for part in (seen.zone, seen.instance_type) if part)
    return [
        ("Instance", host),
        ("Zone · type", kind or "unknown"),
        _when(incident),
        ("Tasks on it", tasks_on(incident)),
        ("EC2 status", _host(incident)),
        ("Agent", code(seen.agent_version, FACT) if seen.agent_version else "unknown"),
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
    name, cluster = code(alive.instance, FACT), code(alive.cluster.name, FACT)
    return f"An old registration of a host that is well: {tasks} on {code(seen.host, FACT)} as {name} in {cluster}."


def tasks_on(incident: Incident) -> str:
    """Count the tasks, if ECS has ever told: it never does without the agent's version."""
    seen = incident.sighting
    return f"{seen.running_tasks} running" if seen.agent_version else "unknown"


def _host(incident: Incident) -> str:
    seen = incident.sighting
    if seen.ping:
        answers = ":white_check_mark: " if ANSWERS.get(seen.ping) else ""
        return f"{answers}SSM says {code(seen.ping, FACT)}"
    if seen.checks is None:
        return code(seen.host_state, FACT) if seen.host_state else ":grey_question: unknown"
    return _CHECKS.get(seen.checks, code(seen.checks, FACT))


def _repair(repair: Repair, incident: Incident, *, alone: bool) -> list[Block]:
    """Draw how far a repair has come, or why it failed. Its steps need room that there is only `alone`."""
    label = REMEDIES[repair.remedy].label if repair.remedy in REMEDIES else code(repair.remedy, FACT)
    asked = context(mrkdwn(f"{label} asked by {_who(repair)} {date(repair.at)}"))
    if repair.problem:
        return [asked, context(plain(visible(f"It failed: {repair.problem}", PROBLEM)))]
    steps = [context(plain(visible(f"✓ {step}", _STEP))) for step in repair.steps[: _STEPS if alone else 0]]
    return [asked, *steps, context(mrkdwn(f":hourglass_flowing_sand: {_awaited(repair, incident)}"))]


def _awaited(repair: Repair, incident: Incident) -> str:
    """Say what a repair waits for."""
    seen = incident.sighting
    if not repair.finished:
        return "AWS answers"
    if repair.well_since:
        steady = span_words(timedelta(seconds=repair.steady_seconds))
        return f"the agent is back since {date(repair.well_since)}; it has to stay for {steady}"
    if repair.by_then:
        up = "the agent runs on its host; " if AGENT_UP in seen.found else ""
        return f"{up}ECS has to hear of the agent by {date(repair.by_then)}"
    if repair.hits_host and not repair.gone and standing(seen.status) is Standing.OUT:
        who = "its group is" if repair.group else "EC2 is"
        new = f"; its replacement is {code(incident.replacement, FACT)}" if incident.replacement else ""
        return f"taken out of the cluster; {who} still terminating it{f' ({HELD_UP})' if repair.held else ''}{new}"
    return "the replacement registers" if repair.group else "AWS answers"


def _pending(pending: Pending) -> list[Block]:
    """Draw a repair that waits for somebody's approval, and its reason in the words of who asked for it."""
    label = REMEDIES[pending.remedy].label if pending.remedy in REMEDIES else code(pending.remedy, FACT)
    who = few([*map(mention, pending.approvers)], _APPROVERS, " or ") or "somebody else"
    line = f":hand: {label} asked by {mention(pending.by)}; {who} may approve it until {date(pending.expires)}"
    return [context(mrkdwn(line), *([plain(visible(pending.reason, PROBLEM))] if pending.reason else []))]
