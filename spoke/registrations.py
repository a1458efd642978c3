"""The registrations of hosts: whether a host whose agent seems gone is well under another one.

Registering is not idempotent: a host whose agent has lost its data (an upgrade, a replaced root volume) registers
again, and its old registration stays active without an agent for ever. What such a ghost says of its host is not true,
and what is done to the host for its sake hits the healthy one.

A look asks in its own cluster (`in_cluster`). Who is about to act asks in all clusters of the Region (`well_as`), at
a pace that leaves the account's own tools their share, and gives up rather than be unsure.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from spoke.accounts import Member
from spoke.discovery import Pace, clusters
from spoke.errors import Busy, ClusterGone, NotDone, Refused, explained, forbidden
from spoke.places import Cluster, ContainerInstance
from spoke.sighting import Registration, Sighting
from spoke.sightings import described

__all__ = ["HOSTS_A_CALL", "Asking", "Registration", "in_cluster", "registrations", "well_as"]

HOSTS_A_CALL = 100


@dataclass(frozen=True, slots=True)
class Asking:
    """How often and how long act may ask: what waits before each read of clusters and of what is in them.

    `go_ahead` is asked last, right before anything is changed: asking takes a while, in which somebody may have stopped
    all repairs. It raises NotDone then. `once` comes after it, where something cannot be done twice: it writes down
    that it is about to be done, and raises if that is written already. `tried` is whether it was when this began.
    """

    of_clusters: Pace
    in_clusters: Pace
    in_time: Callable[[], bool]
    go_ahead: Callable[[], None]
    once: Callable[[], None]
    tried: bool = False


def in_cluster(
    member: Member, cluster: Cluster, asked: Collection[Sighting], seen: Mapping[str, Sighting]
) -> dict[str, tuple[Registration, ...]]:
    """Find the other registrations of the hosts of `asked` (at most 100), by the instance that was asked about.

    `seen` is what has been seen in this cluster just now: that is not described again. Raises Refused, Busy or
    ClusterGone.
    """
    found = list(_registered(member, cluster, {each.host for each in asked}, seen, _at_once))
    return {
        each.instance: tuple(
            _registration(cluster, other)
            for other in found
            if other.host == each.host and other.instance != each.instance
        )
        for each in asked
    }


def registrations(member: Member, cluster: Cluster, hosts: Collection[str]) -> list[Sighting]:
    """Find what these hosts (at most 100) are registered as in a cluster. Raises Refused, Busy or ClusterGone."""
    return list(_registered(member, cluster, hosts, {}, _at_once))


def well_as(member: Member, cluster: Cluster, instance: str | None, host: str, asking: Asking) -> Registration | None:
    """Find a registration under which the host's agent is connected, in any cluster of the Region; None: there is none.

    This cluster's `instance` is left out of it. Raises NotDone unless every cluster could be asked.
    """
    asked, among = 0, ""
    try:
        for place, among in _everywhere(member, cluster, asking.of_clusters):
            if not asking.in_time():
                raise NotDone(_unsure(host, asked, among))
            if alive := _alive_in(member, place, host, (cluster, instance), asking.in_clusters):
                return alive
            asked += 1
    except (Refused, Busy) as error:
        raise NotDone(_unsure(host, asked, among, error)) from error
    return None


def _everywhere(member: Member, cluster: Cluster, pace: Pace) -> Iterator[tuple[Cluster, str]]:
    """Name the Region's clusters, this one first, each with of how many it is, as far as that is known."""
    yield cluster, ""
    everywhere = {*clusters(member, pace), cluster}
    yield from ((place, f" of {len(everywhere):,} clusters") for place in sorted(everywhere - {cluster}))


def _alive_in(
    member: Member, place: Cluster, host: str, but: tuple[Cluster, str | None], pace: Pace
) -> Registration | None:
    try:
        for seen in _registered(member, place, {host}, {}, pace):
            if seen.connected and (place, seen.instance) != but:
                return _registration(place, seen)
    except ClusterGone:
        pass  # and all its registrations with it
    return None


def _registered(
    member: Member, cluster: Cluster, hosts: Iterable[str], seen: Mapping[str, Sighting], pace: Pace
) -> Iterator[Sighting]:
    """See every registration that these hosts have in a cluster."""
    member.require(cluster.account, cluster.region)
    query = f"ec2InstanceId in [{', '.join(sorted(hosts))}]"
    pace()
    for page in member.pages("ecs", "list_container_instances", cluster=cluster.name, filter=query):
        ids = [ContainerInstance.from_arn(arn).id for arn in page["containerInstanceArns"]]
        yield from (seen[each] for each in ids if each in seen)
        if unseen := [each for each in ids if each not in seen]:
            pace()
            yield from described(
                member.call("ecs", "describe_container_instances", cluster=cluster.name, containerInstances=unseen)
            ).values()
        if page.get("nextToken"):
            pace()


def _registration(cluster: Cluster, seen: Sighting) -> Registration:
    return Registration(cluster, seen.instance, seen.connected is True, seen.status, seen.running_tasks)


def _unsure(host: str, asked: int, among: str, error: Refused | Busy | None = None) -> str:
    where = f"only {asked:,}{among or (' cluster' if asked == 1 else ' clusters')}"
    text = f"Nothing was done: {where} could be asked whether {host} is registered elsewhere, where it may be well"
    if error is None:
        return f"{text}."
    if forbidden(error):
        update = "Coastguard's role in that account is of an older release: update the StackSet coastguard-spoke-roles."
        return f"{text}. {update} ({explained(error)})"
    return f"{text}: {explained(error)}."


def _at_once() -> None:
    """A look makes a call or two, for which nobody has to wait."""
