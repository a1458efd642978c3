"""What stands in Slack's channels, and what brings it about: agents go and come back, and time goes by."""

from dataclasses import replace

from hub.incidents.breakdown import Breakdown
from hub.incidents.bulletin import Bulletin
from hub.incidents.hints import StormHint
from hub.table.bulletins import bulletin_rows
from hub.table.incident_rows import incident_row
from hub.table.rows import TRANSACTION
from spoke.places import Cluster
from tests.hub.factories import CHANNEL, CLUSTER, GRACE, NOON, Json, bulletin, incident
from tests.hub.station import Station
from tests.spoke.fleet import REGION

PATIENCE = GRACE.total_seconds() + 30
PLACE = StormHint(CHANNEL, REGION)


def strike(station: Station, count: int, first: int = 0) -> list[Cluster]:
    """So many clusters lose an agent at the same time."""
    clusters = [station.fleet.cluster(f"c-{number:03}") for number in range(first, first + count)]
    (host,) = station.fleet.hosts()
    for cluster in clusters:
        station.quiet(cluster, host)
    return clusters


def recover(station: Station, *clusters: Cluster) -> None:
    for cluster in clusters:
        for instance in station.fleet.registered(cluster):
            station.reconnect(cluster, instance)


def watch(station: Station, minutes: int) -> None:
    """Minutes go by, each with its sweep."""
    for _ in range(minutes):
        station.wait(minutes=1)
        station.sweep()


def own(message: Json, kind: str = "bulletin") -> str:
    """What a message of ours is about, "" if it is of another kind."""
    return str((message["metadata"] or {}).get("event_payload", {}).get(kind, ""))


def storm_message(station: Station) -> Json:
    (message,) = [message for message in station.messages() if own(message, "storm")]
    return message


def in_channel(station: Station) -> list[str]:
    """The clusters' bulletins that stand in the channel."""
    return [own(message) for message in station.messages() if own(message)]


def ids(station: Station, clusters: list[Cluster]) -> list[str]:
    return sorted(station.bulletin(cluster).id for cluster in clusters)


def opened(station: Station, cluster: Cluster) -> str:
    """An agent that is known to be gone; its instance."""
    instance, _ = station.quiet(cluster)
    station.wait(seconds=PATIENCE)
    return instance


def aloud(station: Station) -> list[str]:
    """The replies that the channel shows too."""
    return [message["text"] for message in station.slack.messages() if message["thread_ts"] is not None]


def said(station: Station, channel: str = CHANNEL) -> list[str]:
    """What was said in a channel besides bulletins and storms."""
    return [m["text"] for m in station.slack.messages(channel) if m["thread_ts"] is None and not m["metadata"]]


def bulletins(station: Station) -> list[Json]:
    return [message for message in station.messages() if own(message)]


def color(message: Json) -> str:
    return str(message["attachments"][0]["color"])


THIRD = "C0THIRD01"


def _waiting(cluster: Cluster) -> Bulletin:
    """The bulletin of a cluster that has just fallen into trouble and is left to a storm."""
    return bulletin(
        cluster=cluster,
        handle="",
        noted=f"log#{NOON.isoformat(timespec='milliseconds')}",
        aside=True,
        opened_at=NOON,
        tally=Breakdown(1),
    )


def brewed(station: Station, count: int) -> list[Cluster]:
    """So many clusters have fallen into trouble, looks have left them to a storm, and the storm is called."""
    clusters = [replace(CLUSTER, name=f"b-{number:03}") for number in range(count)]
    incidents = [incident(n, cluster=cluster, opened_at=NOON, since=NOON) for n, cluster in enumerate(clusters)]
    rows = [incident_row(one) for one in incidents]
    rows += [row for cluster in clusters for row in bulletin_rows(_waiting(cluster))]
    for start in range(0, len(rows), TRANSACTION):
        station.store._write(rows[start : start + TRANSACTION])
    station.queues.ask_looks(station.mail.looks, [PLACE], "brewed")
    return clusters
