"""Reasons: why Coastguard speaks of a cluster, or says nothing. It tells what is known, and what the rules say."""

from collections.abc import Collection, Iterator
from datetime import datetime

from hub.incidents.content import oldest_first
from hub.incidents.incident import Incident
from hub.notify.routing import Routing
from hub.policy.explain import explain
from hub.policy.terms import ANY, Terms
from hub.scopes.coverage import Visit
from hub.table.clusters import KnownCluster
from hub.times import span_words
from hub.words import few, plural
from spoke.discovery import MONITORING_TAG
from spoke.places import Cluster

_NAMED = 5


def reasons(  # noqa: PLR0913  # all that is known
    cluster: Cluster,
    known: KnownCluster,
    incident: Incident | None,
    seen: Visit | None,
    rules: Routing,
    now: datetime,
    user: str,
    groups: Collection[str],
    *,
    muted: bool,
) -> list[str]:
    """Return the reasons as lines, the most telling first; in them are foreign words.

    How a cluster is muted is for others to say. With a `user`, who is in these groups, also what that person may do
    there.
    """
    lines = list(_incident(incident, now)) if incident else list(_cluster(known))
    grace = span_words(rules.terms.grace_of(cluster))
    lines.append(f"Grace: an agent has to be gone for {grace} before it is trouble.")
    lines += [] if muted else ["Not muted."]
    lines += [_watched(rules.terms)] if rules.terms.by_tag else []
    lines.append(looked(seen, now))
    facts = rules.facts(cluster, rules.group_of(known.bulletin))
    return [*lines, *explain(rules.policy, facts, now, user, groups)]


def _incident(incident: Incident, now: datetime) -> Iterator[str]:
    seen = incident.sighting
    host = seen.host or incident.instance
    if not incident.unresolved:
        yield f"{incident.id}: {host} is {incident.ending or 'over'}.{_when(incident, now)}"
        return
    gone = span_words(now - incident.since)
    how = (
        "cannot be checked" if seen.connected is None else "was seen disconnected" if not seen.connected else "is back"
    )
    yield f"{incident.id}: the agent of {host} {how}; in trouble for {gone}, {incident.state}."
    if incident.flapping:
        yield f"It is flapping: {len(incident.drops)} drops."
    for text in seen.unchecked:
        yield f"Could not be checked: {text}."
    if incident.pending:
        yield f"{incident.pending.remedy} waits for an approval until {incident.pending.expires:%H:%M} UTC."


def _when(incident: Incident, now: datetime) -> str:
    if incident.resolved_at is None:
        return ""
    lasted, ago = span_words(incident.resolved_at - incident.since), span_words(now - incident.resolved_at)
    return f" It was in trouble for {lasted}, and has been over for {ago}."


def _cluster(known: KnownCluster) -> Iterator[str]:
    over = [i for i in oldest_first(known.incidents.values()) if not i.unresolved]
    if over:
        ids = few([incident.id for incident in reversed(over)], _NAMED)
        yield f"Over in the last three days: {plural(len(over), 'incident')}: {ids}."
    live = [incident for incident in oldest_first(known.incidents.values()) if incident.unresolved]
    if not live:
        yield "Nothing in this cluster is in trouble, as far as Coastguard knows."
        return
    are = "instance is" if len(live) == 1 else "instances are"
    yield f"{len(live):,} {are} in trouble: {few([incident.id for incident in live], _NAMED)}."
    if known.bulletin and known.bulletin.episode.storm:
        yield "It is part of a storm: its message is in the storm's thread."


def _watched(terms: Terms) -> str:
    values = "" if ANY in terms.groups else f", where its value is {' or '.join(sorted(terms.groups))}"
    return f"Only clusters with the tag {MONITORING_TAG} are watched{values}."


def looked(seen: Visit | None, now: datetime) -> str:
    """Say when the sweep was in a Region of an account last, or why it could not be."""
    if seen is None:
        return "The sweep has not visited this Region of the account yet."
    if seen.problem:
        return f"The sweep cannot see this Region of the account: {seen.problem}."
    return f"The sweep has last seen this Region of the account {span_words(now - seen.tried_at)} ago."
