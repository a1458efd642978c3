"""What stands in Slack's channels, and what brings it about: agents go and come back, and time goes by."""

from spoke.places import Cluster
from tests.hub.factories import CHANNEL, GRACE, Json
from tests.hub.station import Station

PATIENCE = GRACE.total_seconds() + 30


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
