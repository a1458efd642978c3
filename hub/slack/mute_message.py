"""What is said when a mute ends, or will soon. Pure."""

from collections import Counter
from collections.abc import Sequence

from hub.incidents.incident import Incident
from hub.incidents.mute import Mute
from hub.slack.blocks import Block, actions, button, context, mrkdwn, plain, section
from hub.slack.button_values import UNMUTE
from hub.slack.mrkdwn import code, date, mention, visible
from hub.words import plural

_NAMED = 8
_REASON = 300
_NAME = 60


def digest(
    mute: Mute, recorded: int, still: Sequence[Incident], silent: int = 0, beside: Mute | None = None
) -> tuple[str, list[Block]]:
    """Draw what happened while nobody was told: `recorded` incidents were opened, and `still` are unresolved.

    Some of those may be older than the mute, and `silent` are muted by something else. `beside` is what goes on muting
    the same place.
    """
    clusters = Counter(incident.cluster for incident in still)
    headline = f"{code(mute.scope.label)} is no longer muted"
    if beside:
        headline = f"A mute of {code(mute.scope.label)} is over; it stays muted {_until(beside)}"
    if not recorded and not still:
        amount = "Nothing happened meanwhile."
    else:
        over = max(recorded - sum(incident.opened_at >= mute.since for incident in still), 0)
        amount = (
            f"Meanwhile {plural(recorded, 'incident')} came up; over by now: {over:,}."
            f" Still in trouble: {plural(len(still), 'instance')} of {plural(len(clusters), 'cluster')}"
            + _where_to_find(len(still), silent)
        )
    lines = [
        f"{code(cluster.name, _NAME)} in {code(cluster.account)} · {cluster.region}: {plural(number, 'instance')}"
        for cluster, number in clusters.most_common(_NAMED)
    ]
    lines += [f"and {plural(len(clusters) - _NAMED, 'more cluster')}"] if len(clusters) > _NAMED else []
    blocks = [section(f"{':no_bell:' if beside else ':bell:'} *{headline}*"), section(amount)]
    blocks += [section("\n".join(lines))] if lines else []
    return f"{headline}. {amount}", [*blocks, *_small_print(mute)]


def warning(mute: Mute, beside: Mute | None = None) -> tuple[str, list[Block]]:
    """Draw what whoever muted something is told: that it will be heard of again soon, if nothing mutes it `beside`."""
    line = f"{mention(mute.by)}, {code(mute.scope.label)} is muted until {date(mute.until)} and no longer."
    if beside:
        line = (
            f"{mention(mute.by)}, your mute of {code(mute.scope.label)} ends {date(mute.until)};"
            f" it stays muted {_until(beside)}."
        )
    unmute = button(UNMUTE, "Unmute now", mute.key)
    return line, [section(f":bell: {line}"), *_small_print(mute), actions(unmute)]


def _small_print(mute: Mute) -> list[Block]:
    early = f", until {mention(mute.ended_by)} ended that" if mute.ended_by else ""
    asked = mrkdwn(f"Muted by {mention(mute.by)} {date(mute.since)}{early}")
    return [context(asked, *([plain(visible(mute.reason, _REASON))] if mute.reason else []))]


def _until(mute: Mute) -> str:
    return f"until {date(mute.until)} by {mention(mute.by) if mute.by else 'a maintenance window'}"


def _where_to_find(still: int, silent: int) -> str:
    if silent:
        return f"; {silent:,} of these are muted by something else."
    return ", told of in their clusters' messages." if still else "."
