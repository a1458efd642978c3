"""Listings: all of a cluster's instances in trouble, as fenced text for its bulletin's thread. Pure.

Slack cuts a longer text than 4,000 characters in two, in the middle of a fence, and refuses longer blocks than some
13,200 together. So a listing is cut here, into fences and messages; its lines are short, for 1,000 instances to take
four messages. Each message's metadata says how far the listing has come, so that the thread tells where to go on.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from hub.incidents.content import oldest_first
from hub.incidents.incident import Incident, State
from hub.slack.blocks import Block, section
from hub.slack.message import event_type
from hub.slack.mrkdwn import code, in_code, mention
from spoke.places import Cluster

EVENT_TYPE = event_type("list")

# A section's text has 3,000 characters; three of them and the line above are all a message has room for.
_FENCE = 2_980
_FENCE_AS_JSON = 3_080
_FENCES = 3
_NAME = 36
_CLUSTER = 60
_STATES = {State.ACKNOWLEDGED: "acked", State.REPAIRING: "repair"}


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants a cluster's list, by which request."""

    request: str
    by: str
    cluster: Cluster


@dataclass(frozen=True, slots=True)
class Told:
    """How far a listing has come: how many instances stand in the thread, and the place of the last of them."""

    number: int = 0
    last: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a listing."""

    text: str
    blocks: Sequence[Block]
    metadata: Mapping[str, Any]


def told(request: str, payloads: Iterable[Mapping[str, Any]]) -> Told:
    """Read from a thread's messages how far a request's listing has come."""
    mine = [Told(int(each["number"]), str(each["last"])) for each in payloads if each.get("list") == request]
    return max(mine, key=lambda each: each.number, default=Told())


def parts(asked: Asked, incidents: Iterable[Incident], before: Told) -> Iterator[Part]:
    """Cut the listing of these incidents into messages, oldest first, from where it has come `before`."""
    left = [incident for incident in oldest_first(incidents) if _place(incident) > before.last]
    total, number = before.number + len(left), before.number
    while left:
        fences, taken = _filled(left, asked.cluster.region)
        first, number = number + 1, number + taken
        so_far = Told(number, _place(left[taken - 1]))
        yield _part(asked, f"Instances {first:,} to {number:,} of {total:,}", fences, so_far)
        left = left[taken:]


def _part(asked: Asked, which: str, fences: Sequence[str], so_far: Told) -> Part:
    cluster = asked.cluster
    where = f"{code(cluster.name, _CLUSTER)} in {cluster.region}, account {cluster.account}"
    title = f"{which} in trouble in {where}, longest gone first, asked for by {mention(asked.by)}"
    columns = f"Gone since (UTC) · instance · zone of {cluster.region} · state"
    return Part(
        text=f"{title}.",
        blocks=[section(f"*{which}* {title.removeprefix(which).strip()}\n{columns}"), *map(section, fences)],
        metadata={
            "event_type": EVENT_TYPE,
            "event_payload": {"list": asked.request, "number": so_far.number, "last": so_far.last},
        },
    )


def _filled(left: Sequence[Incident], region: str) -> tuple[list[str], int]:
    """Fill the fences of one message. Return them, and how many of the incidents they hold."""
    fences: list[str] = []
    taken = 0
    while taken < len(left) and len(fences) < _FENCES:
        fence, more = _fence(left[taken:], region)
        fences.append(fence)
        taken += more
    return fences, taken


def _fence(left: Sequence[Incident], region: str) -> tuple[str, int]:
    """Fill one fence, with a line above those of each day."""
    day, written, taken = "", "", 0
    for incident in left:
        since = incident.since.astimezone(UTC)
        more = "" if day == f"{since:%Y-%m-%d}" else f"{since:%Y-%m-%d}\n"
        more += f"{since:%H:%M} {_line(incident, region)}\n"
        longer = f"```\n{written}{more}```"
        if len(longer) > _FENCE or len(json.dumps(longer)) > _FENCE_AS_JSON:
            break
        day, written, taken = f"{since:%Y-%m-%d}", written + more, taken + 1
    return f"```\n{written}```", taken


def _line(incident: Incident, region: str) -> str:
    seen = incident.sighting
    host, zone = seen.host or incident.instance, seen.zone.removeprefix(region) or "-"
    state = _STATES.get(incident.state, str(incident.state))
    return f"{in_code(host, _NAME)} {in_code(zone, _NAME)} {state}"


def _place(incident: Incident) -> str:
    """Write an incident's place in a listing; places are in order as texts too."""
    return f"{incident.since.astimezone(UTC).isoformat(timespec='microseconds')} {incident.instance}"
