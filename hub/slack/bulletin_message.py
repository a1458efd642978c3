"""Bulletin messages: what a bulletin looks like in Slack. Pure.

One line of state and subject, then the facts in two columns, why it matters, then the buttons by weight. Color and
emoji always say the same. The sentences are those of hub.incidents.content.
"""

from collections.abc import Sequence

from hub.incidents.bulletin import Bulletin
from hub.incidents.content import Content, Tone
from hub.incidents.episode import Episode
from hub.incidents.incident import Incident, State
from hub.slack.blocks import ROOM, Block, context, fields, length, mrkdwn, plain, section
from hub.slack.bulletin_buttons import acknowledge_all, incident_buttons, mute_buttons, one_row, waits_for_look
from hub.slack.bulletin_facts import account, facts_and_state, place_facts
from hub.slack.bulletin_many import many
from hub.slack.console_links import cluster_links
from hub.slack.message import OWNERS, PROBLEM, Message, finished
from hub.slack.mrkdwn import code, date, mention, visible
from spoke.repairs import REMEDIES

_LOOKS = {
    Tone.OPEN: (":red_circle:", "#D93025"),
    Tone.ACKNOWLEDGED: (":large_yellow_circle:", "#E8A317"),
    Tone.REPAIRING: (":large_blue_circle:", "#1D7AFC"),
    Tone.MUTED: (":no_bell:", "#8D8D8D"),
    Tone.RESOLVED: (":large_green_circle:", "#2EB67D"),
}
_UNCHECKED = 3
_CROWDED = context(plain("A message has no room for more buttons: the next ones come when these instances are done."))


def render(content: Content, episode: Episode) -> Message:
    """Draw a bulletin."""
    emoji, color = _LOOKS[content.tone]
    cluster = content.cluster
    text = in_a_sentence(content)
    blocks = [section(f"{emoji} *{content.headline}*  ·  {code(cluster.name)}"), *_owners(content)]
    why = [section(f"*Why it matters:* {content.why}")] if content.why else []
    small_print = [*_unchecked(content), *_locked(content), *_muted(content), *_links(content)]
    match content.rows:
        case () if not content.more:
            body = [fields(place_facts(content))]
        case ():
            body = many(content, why, ROOM - length([*blocks, *small_print]))
        case (only,):
            body = [*facts_and_state(only, place_facts(content), content.links, alone=True), *why]
            body += incident_buttons(only, content.locked, mute_buttons(content))
        case several:
            small_print = [*one_row([*acknowledge_all(content), *mute_buttons(content)]), *small_print]
            body = [*why, *_rows(several, content, ROOM - length([*blocks, *why, *small_print]))]
    body += small_print
    return finished(Bulletin.kind, episode.id, episode.episode, str(content.tone), (text, color, blocks, body))


def in_a_sentence(content: Content) -> str:
    """Say in one line what has happened and where."""
    cluster = content.cluster
    where = account(cluster.account, content.account_name)
    return f"{content.headline}: {code(cluster.name)} in {cluster.region}, account {where}."


def _rows(incidents: Sequence[Incident], content: Content, room: int) -> list[Block]:
    """Draw each instance. The first ones, which are gone longest, have their buttons, as many as there is room for.

    If there is not even room for all that is known of them, the others have the facts alone.
    """
    rows = [
        (
            facts_and_state(incident, (), content.links, alone=False),
            incident_buttons(incident, content.locked, taking_on=content.mute is None),
        )
        for incident in incidents
    ]
    if sum(length(row) for row, _ in rows) + length([*rows[0][1], _CROWDED]) > room:
        rows = [(row[:1], [*row[1:], *buttons]) for row, buttons in rows]
    room -= sum(length(row) for row, _ in rows) + length([_CROWDED])
    drawn: list[Block] = []
    for row, more in rows:
        room -= length(more)
        drawn += [*row, *more] if room >= 0 else row
    return drawn if room >= 0 else [*drawn, dict(_CROWDED)]


def _locked(content: Content) -> list[Block]:
    """Say why something is not offered: a storm, or hosts of which nobody knows yet whether they are well after all."""
    if content.locked:
        return [context(mrkdwn(f":lock: {content.locked}"))]
    shown = [*content.rows, *([content.picked] if content.picked else [])]
    offered = [i.sighting for i in shown if i.state in {State.OPEN, State.ACKNOWLEDGED}]
    waits = [r.label for r in REMEDIES.values() if any(waits_for_look(r, seen) for seen in offered)]
    line = f":lock: {' and '.join(waits)} once a look has seen whether the host is registered elsewhere, and well"
    return [context(mrkdwn(line))] if waits else []


def _owners(content: Content) -> list[Block]:
    """Mention the owners, where Slack tells them: in a message's own blocks. Edits tell nobody again."""
    return [context(mrkdwn(" ".join(map(mention, content.owners[:OWNERS]))))] if content.owners else []


def _muted(content: Content) -> list[Block]:
    if content.mute is None:
        return []
    by = f"by {mention(content.mute.by)}" if content.mute.by else "in a maintenance window"
    line = f":no_bell: {code(content.mute.scope.label)} is muted {by} until {date(content.mute.until)}"
    return [context(mrkdwn(line), plain(visible(content.mute.reason, PROBLEM)))]


def _unchecked(content: Content) -> list[Block]:
    texts = [visible(f"Could not be checked: {text}", PROBLEM) for text in content.unchecked[:_UNCHECKED]]
    return [context(*map(plain, texts))] if texts else []


def _links(content: Content) -> list[Block]:
    links = cluster_links(content.cluster, content.links)
    return [context(mrkdwn(" · ".join(links)))] if links else []
