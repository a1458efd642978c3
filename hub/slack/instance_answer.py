"""What somebody is told of an instance that they have asked about, after a look at it. Pure."""

from collections.abc import Mapping, Sequence

from hub.incidents.condition import Condition, condition
from hub.incidents.hints import Question
from hub.incidents.incident import Incident
from hub.scopes.scope import Scope
from hub.slack.blocks import ROOM, Block, actions, button, context, fields, length, plain, section
from hub.slack.button_values import SAY
from hub.slack.message import FACT, PROBLEM
from hub.slack.mrkdwn import code, date, visible
from hub.words import plural
from spoke.places import Cluster
from spoke.sighting import Sighting

# A host has one registration in a cluster, as a rule, and old ones besides.
_MOST = 3
_WELL = "is well: its agent is connected"
_SAID = {
    Condition.CONNECTED: (":large_green_circle:", _WELL),
    Condition.DEREGISTERED: (":white_circle:", "is not registered with ECS"),
    Condition.TERMINATED: (":white_circle:", "is terminated"),
    Condition.STOPPED: (":white_circle:", "is stopped"),
    Condition.OUT_OF_SERVICE: (":white_circle:", "was taken out of service by Auto Scaling"),
    Condition.UNWATCHED: (":white_circle:", "is in a cluster that is not monitored"),
    Condition.CHANGING: (":hourglass_flowing_sand:", "is changing right now"),
    Condition.DRAINING: (":white_circle:", "is draining, without its agent"),
    Condition.DISCONNECTED: (":large_yellow_circle:", "has lost its agent, for less than the grace as far as is known"),
    Condition.UNREADABLE: (":grey_question:", "could not be checked"),
}


def answer(
    question: Question,
    cluster: Cluster,
    seen: Sequence[Sighting],
    incidents: Mapping[str, Incident],
    problem: str = "",
) -> tuple[str, list[Block]]:
    """Draw how an instance is, by what was `seen` of it just now; `problem` is why nothing was seen.

    `incidents` are those of the cluster by container instance, the ones that are over too.
    """
    asked = f"{code(question.instance, FACT)} of {code(cluster.name)}, {cluster.region}, account {cluster.account}"
    if problem:
        said = f"{asked} could not be looked at."
        return said, [section(f":grey_question: {said}"), context(plain(visible(problem, PROBLEM)))]
    if not seen:
        said = f"{asked}: ECS knows no such instance there."
        return said, [section(f":grey_question: {said}")]
    blocks: list[Block] = []
    more = len(seen)
    for number, each in enumerate(seen[:_MOST]):
        one = _one(number, each, question, cluster, incidents.get(each.instance))
        if number and length([*blocks, *one]) > ROOM:
            break
        blocks, more = [*blocks, *one], more - 1
    blocks += [context(plain(f"and {plural(more, 'more registration')} of it."))] if more > 0 else []
    words = _words(seen[0], incidents.get(seen[0].instance))[1]
    return f"{asked} {words}.", blocks


def _one(number: int, seen: Sighting, question: Question, cluster: Cluster, incident: Incident | None) -> list[Block]:
    emoji, words = _words(seen, incident)
    kind = " · ".join(code(part, FACT) for part in (seen.zone, seen.instance_type) if part)
    facts = [
        ("Instance", f"{code(seen.host or seen.instance, FACT)}\n{code(seen.instance, FACT)}"),
        ("Cluster", f"{code(cluster.name)}\n{cluster.account} · {cluster.region}"),
        ("Zone · type", kind or "unknown"),
        ("Status · tasks", f"{code(seen.status, FACT)} · {seen.running_tasks:,}"),
        ("Agent", code(seen.agent_version, FACT) if seen.agent_version else "unknown"),
        ("Last incident", _last(incident)),
    ]
    unchecked = [context(plain(visible(f"Could not be checked: {text}.", PROBLEM))) for text in seen.unchecked]
    head = section(f"{emoji} *{code(seen.host or seen.instance, FACT)} {words}.*")
    return [head, fields(facts), *unchecked, _buttons(number, seen, question, cluster, incident)]


def _words(seen: Sighting, incident: Incident | None) -> tuple[str, str]:
    if incident and incident.unresolved:
        return ":red_circle:", f"is in trouble, {incident.state}"
    return _SAID.get(condition(seen), (":white_circle:", str(condition(seen))))


def _last(incident: Incident | None) -> str:
    if incident is None:
        return "none that is kept"
    ended = f", over {date(incident.resolved_at)}" if incident.resolved_at else ""
    return f"{code(incident.id, FACT)}{ended}"


def _buttons(number: int, seen: Sighting, question: Question, cluster: Cluster, incident: Incident | None) -> Block:
    """Offer to mute just this instance; who wanted to, with the time and the reason that they gave."""
    rest = question.rest if question.verb == "mute" else ""
    mute = button(f"{SAY}mute.{number}", "Mute it…", f"mute {Scope.of(cluster, seen.instance)} {rest}".strip())
    show = [button(f"{SAY}show.{number}", "Show it", f"show {incident.id}")] if incident else []
    return actions(*show, mute)
