"""Buttons of a bulletin: those of one instance, by weight, and those of the whole cluster. Pure."""

from collections.abc import Sequence

from hub.incidents.content import Content, Tone
from hub.incidents.incident import Incident, State
from hub.slack.blocks import Block, actions, button, confirm
from hub.slack.bulletin_facts import tasks_on
from hub.slack.button_values import ACKNOWLEDGE, ACKNOWLEDGE_ALL, APPROVE, DECLINE, MUTE, REPAIR, UNMUTE, Subject
from hub.slack.message import FACT
from hub.slack.mrkdwn import code, visible
from spoke.repairs import REMEDIES
from spoke.repairs.remedy import Remedy
from spoke.sighting import Sighting

_IN_QUESTION = 60


def waits_for_look(remedy: Remedy, seen: Sighting) -> bool:
    """Whether a drastic remedy has to wait because nobody has asked yet if the host is well after all."""
    return remedy.drastic and remedy.fits(seen) and seen.others is None


def incident_buttons(
    incident: Incident, locked: str, more: Sequence[Block] = (), *, taking_on: bool = True
) -> list[Block]:
    """Draw an incident's buttons, by weight, and after them `more`, which are not about the incident alone.

    Where several are muted, nobody is told of what they might be `taking_on`, and the other buttons need the room.
    """
    if incident.state in {State.REPAIRING, State.RESOLVED}:
        return one_row(more)
    value = str(Subject(incident.cluster, incident.instance, incident.id))
    row = (
        []
        if incident.acknowledged_by or not taking_on
        else [button(ACKNOWLEDGE, "Acknowledge", value, style="primary", ours=True)]
    )
    if incident.pending:
        row += [
            button(APPROVE, "Approve", f"{value} {incident.pending.request}", style="primary"),
            button(DECLINE, "Decline", f"{value} {incident.pending.request}"),
        ]
    else:
        row += [
            _remedy_button(remedy, incident, value)
            for remedy in offered(incident)
            if not (remedy.drastic and locked) and not waits_for_look(remedy, incident.sighting)
        ]
    return one_row([*row, *more])


def offered(incident: Incident) -> list[Remedy]:
    """Name the remedies that fit an instance: what harms least comes first, if it may help.

    What has been tried in vain comes last, and so does what reaches only into a host that is in trouble itself.
    """
    seen = incident.sighting
    sick = seen.checks == "impaired" or seen.runtime_impaired
    tried = incident.repair.remedy if incident.repair and incident.repair.problem else ""
    fitting = [remedy for remedy in REMEDIES.values() if remedy.fits(seen)]
    return sorted(fitting, key=lambda remedy: remedy.name == tried or (sick and remedy.needs.commands))


def one_row(buttons: Sequence[Block]) -> list[Block]:
    """Draw buttons beside each other; Slack takes no row without any."""
    return [actions(*buttons)] if buttons else []


def _remedy_button(remedy: Remedy, incident: Incident, value: str) -> Block:
    """Draw a remedy's button. Before a drastic one a modal asks, which shows what `value` says beside the subject."""
    seen = incident.sighting
    if remedy.drastic:
        return button(REPAIR + remedy.name, f"{remedy.label}…", _impact(value, incident), style=remedy.style, ours=True)
    if not remedy.title:
        return button(REPAIR + remedy.name, remedy.label, value, style=remedy.style, ours=True)
    host = code(seen.host or incident.instance, FACT)
    text = f"{host} in {code(incident.cluster.name, _IN_QUESTION)}, tasks: {tasks_on(incident)}. {remedy.confirm}"
    return button(
        REPAIR + remedy.name,
        remedy.label,
        value,
        style=remedy.style,
        confirm=confirm(remedy.title, text, remedy.label, remedy.style),
    )


def _impact(value: str, incident: Incident) -> str:
    seen = incident.sighting
    return f"{value} {visible(seen.host or incident.instance, FACT).replace(' ', '_')} {tasks_on(incident)}"


def acknowledge_all(content: Content) -> list[Block]:
    """Draw the button that takes on all of several instances, as long as there is one that nobody has.

    None while they are muted: nobody is told of what they might take on, and the others' buttons need the room.
    """
    shown = content.rows or content.more
    left = [i for i in shown if i.state is State.OPEN]
    if len(shown) == 1 or not left or content.mute:  # one has a button of its own
        return []
    return [button(ACKNOWLEDGE_ALL, "Acknowledge all", f"bulletin:{content.id}", style="primary")]


def mute_buttons(content: Content) -> list[Block]:
    """Draw the button that mutes the cluster, or takes back what mutes it."""
    if content.tone is Tone.RESOLVED:
        return []
    if content.mute is None:
        return [button(MUTE, "Mute…", content.cluster.key)]
    # Nobody can take back a maintenance window of the policy.
    return [button(UNMUTE, "Unmute", content.mute.key)] if content.mute.by else []
