"""The share of a cluster that is in trouble: asked for only when a bulletin tells it, and never in anybody's way."""

from dataclasses import replace

import pytest
from botocore.exceptions import ConnectTimeoutError

from hub.incidents.content import ROWS
from hub.incidents.examined import Findings, Watch
from hub.incidents.incident import pick
from hub.table.clusters import KnownCluster
from spoke.places import Cluster
from tests.hub.factories import CHANNEL, CLUSTER, GRACE, NOON, bulletin, incident, sighting
from tests.hub.rendering import words_of
from tests.hub.station import Station

PATIENCE = int(GRACE.total_seconds()) + 10
SIZE = "ecs:DescribeClusters"


@pytest.fixture
def cluster(station: Station) -> Cluster:
    return station.fleet.cluster()


def trouble(station: Station, cluster: Cluster, size: int, well: int = 0) -> list[str]:
    """So many agents go quiet, and so many are well; returns the quiet ones' instances."""
    hosts = station.fleet.hosts(size + well)
    for host in hosts[size:]:
        station.fleet.register(cluster, host)
    return [station.quiet(cluster, host)[0] for host in hosts[:size]]


def said(station: Station) -> str:
    return words_of(station.only_message())


def test_a_bulletin_of_many_tells_their_share(station: Station, cluster: Cluster) -> None:
    trouble(station, cluster, ROWS + 3, well=2)

    station.wait(seconds=PATIENCE)

    assert "*Share of the cluster*\n8 of 10 instances (80 %)" in said(station)
    assert station.bulletin(cluster).episode.registered == 10


@pytest.mark.parametrize(("size", "asked"), [(1, 0), (ROWS, 0), (ROWS + 1, 1)])
def test_a_look_asks_only_if_they_are_many(station: Station, cluster: Cluster, size: int, asked: int) -> None:
    trouble(station, cluster, size, well=1)
    station.wait(seconds=PATIENCE)
    station.faults.clear()

    station.sweep()

    assert (SIZE in station.faults.called) == bool(asked)
    assert ("Share" in said(station)) == bool(asked)


def test_a_policy_that_goes_by_the_share_has_it_asked_for_of_one_too(station: Station, cluster: Cluster) -> None:
    station.govern('[[approvals]]\nmore_than = "20%"\n')
    trouble(station, cluster, 1, well=4)

    station.wait(seconds=PATIENCE)

    assert station.bulletin(cluster).episode.registered == 5
    station.faults.clear()
    station.sweep()
    assert SIZE in station.faults.called
    assert "Share" not in said(station)


def test_the_share_follows_the_cluster_though_no_incident_changes(station: Station, cluster: Cluster) -> None:
    trouble(station, cluster, ROWS + 1)
    station.wait(seconds=PATIENCE)
    before = station.only_message()
    assert "6 of 6 instances (100 %)" in words_of(before)
    (host,) = station.fleet.hosts()
    station.fleet.register(cluster, host)

    station.wait(seconds=10)
    station.sweep()

    assert "6 of 7 instances (85 %)" in said(station)
    assert station.only_message()["ts"] == before["ts"]
    assert station.bulletin(cluster).episode.registered == 7
    edited = station.only_message()["edited"]
    station.wait(seconds=10)
    station.sweep()
    assert station.only_message()["edited"] == edited  # nothing is new, so nothing is edited


@pytest.mark.parametrize("fault", ["AccessDenied", "ThrottlingException", "ServiceUnavailable", "silent"])
def test_a_share_that_nobody_can_tell_is_left_out(station: Station, cluster: Cluster, fault: str) -> None:
    if fault == "silent":
        station.faults.interrupt(SIZE, ConnectTimeoutError(endpoint_url="https://x"))
    else:
        station.faults.fail(SIZE, fault, 503 if fault == "ServiceUnavailable" else 400)
    trouble(station, cluster, ROWS + 1)

    station.wait(seconds=PATIENCE)

    assert "*Instances*\n6" in said(station)
    assert station.at_rest()
    station.faults.mend()
    station.sweep()
    assert "6 of 6 instances (100 %)" in said(station)
    station.faults.fail(SIZE, "AccessDenied", 403)
    station.wait(seconds=10)
    station.sweep()
    assert "*Instances*\n6" in said(station)  # it may not be true any more


def test_when_nothing_can_be_read_nobody_asks_for_the_size(station: Station, cluster: Cluster) -> None:
    trouble(station, cluster, ROWS + 1)
    station.faults.fail("ecs:DescribeContainerInstances", "AccessDenied", 403)

    station.wait(seconds=PATIENCE)

    assert "could not be checked" in said(station)
    assert SIZE not in station.faults.called


def test_a_bulletin_that_is_left_to_a_storm_is_written_with_its_share(station: Station) -> None:
    seen = Findings({s.instance: s for s in map(sighting, range(ROWS + 1))}, {}, {})
    crowd = {i.instance: replace(i, since=NOON, version=0) for i in map(incident, range(ROWS + 1))}
    own = bulletin(handle="", aside=True)
    station.store.save(list(crowd.values()), own)
    known = station.store.known(CLUSTER)
    changed = {name: replace(s, running_tasks=1) for name, s in seen.sightings.items()}

    station.lifecycle.examine(
        CLUSTER, known, replace(seen, sightings=changed), Watch(GRACE, CHANNEL, registered=40), station.clock()
    )

    assert station.bulletin(CLUSTER).episode.registered == 40


def test_a_look_that_asks_nobody_keeps_what_is_known(station: Station) -> None:
    own = bulletin(registered=40)

    examined = station.lifecycle.examine(
        CLUSTER, KnownCluster({}, own), Findings({}, {}, {}), Watch(GRACE, CHANNEL), station.clock()
    )

    assert examined.bulletin == own


def test_who_was_picked_stays_so_over_looks_and_restarts(station: Station, cluster: Cluster) -> None:
    instances = trouble(station, cluster, ROWS + 1)
    station.wait(seconds=PATIENCE)
    chosen = station.incidents(cluster)[instances[3]]
    station.lifecycle.change(cluster, chosen.instance, chosen.id, lambda known: (pick(known, station.clock()), []))

    station.wait(seconds=10)
    station.sweep()
    shown = station.only_message()
    station.wait(minutes=5)
    station.sweep()

    assert f"*Instance*\n`{chosen.sighting.host}`" in words_of(shown)
    assert station.only_message()["edited"] == shown["edited"]
