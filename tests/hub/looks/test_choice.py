"""Stories of clusters that are watched on terms of their own: opted in or not, routed, with a longer grace."""

from datetime import timedelta

import pytest

from hub.incidents.hints import Drop, Hint, Why
from hub.incidents.incident import State
from hub.policy.terms import ANY, Terms
from spoke.places import Cluster
from tests.hub.factories import CHANNEL, GRACE, NOON
from tests.hub.rendering import words_of
from tests.hub.station import Station
from tests.spoke.fleet import ACCOUNT
from tests.wire.fleet import Fleet

PATIENCE = GRACE.total_seconds() + 30
SECOND_CHANNEL = "C0SECOND1"


def terms(longer: str = "", clusters: str = "", channels: str = "") -> Terms:
    return Terms.read(int(GRACE.total_seconds()), CHANNEL, longer, clusters, channels)


def tagged(fleet: Fleet, name: str, value: str | None) -> Cluster:
    cluster = fleet.cluster(name)
    fleet.tag(cluster, value)
    return cluster


# Which clusters


@pytest.mark.parametrize(
    ("clusters", "spoken_of"),
    [
        pytest.param("", {"prod", "test", "empty", "none"}, id="all"),
        pytest.param("*", {"prod", "test", "empty"}, id="those with the tag"),
        pytest.param("prod batch", {"prod"}, id="those with a given value"),
    ],
)
def test_only_clusters_that_are_watched_are_spoken_of(station: Station, clusters: str, spoken_of: set[str]) -> None:
    station.terms = terms(clusters=clusters)
    values = {"prod": "prod", "test": "test", "empty": "", "none": None}
    made = {name: tagged(station.fleet, name, value) for name, value in values.items()}
    for cluster in made.values():
        station.quiet(cluster)

    station.wait(seconds=PATIENCE)

    assert {name for name, cluster in made.items() if station.incidents(cluster)} == spoken_of
    assert len(station.messages()) == len(spoken_of)
    assert station.at_rest()


def test_a_cluster_says_its_group(station: Station) -> None:
    station.terms = terms(clusters="prod")
    station.quiet(tagged(station.fleet, "payments", "prod"))

    station.wait(seconds=PATIENCE)

    assert "group `prod`" in words_of(station.only_message())


def test_clusters_of_the_same_name_in_two_accounts_are_chosen_each_for_itself(station: Station) -> None:
    station.terms = terms(clusters="prod")
    other = Fleet(station.fleet.members, "333344445555")
    here, there = tagged(station.fleet, "payments", "prod"), tagged(other, "payments", None)
    reconciler = station.reconciler  # one function, which remembers what it has read
    for fleet, cluster in ((other, there), (station.fleet, here)):
        instance, _ = fleet.quiet(cluster)
        fleet.unplug(cluster, instance, since=NOON - GRACE)

    for fleet, cluster in ((other, there), (station.fleet, here)):
        (instance,) = fleet.registered(cluster)
        reconciler.look(Hint(cluster, Why.SWEEP, (Drop(instance, NOON),)), 1)

    assert [bool(station.incidents(cluster)) for cluster in (here, there)] == [True, False]


def test_a_cluster_that_is_opted_out_ends_its_incidents_as_no_longer_monitored(station: Station) -> None:
    station.terms = terms(clusters="*")
    cluster = tagged(station.fleet, "payments", "prod")
    instance, _ = station.quiet(cluster)
    station.wait(seconds=PATIENCE)
    assert station.states() == ["open"]

    station.fleet.tag(cluster, None)
    station.wait(minutes=5)
    station.sweep()

    found = station.incidents(cluster)[instance]
    assert (found.state, found.ending) == (State.RESOLVED, "no longer monitored")
    assert station.states() == ["resolved"]
    assert "no longer monitored" in station.only_message()["text"]
    assert station.finished()
    assert station.at_rest()


def test_a_tag_that_cannot_be_read_keeps_nobody_silent(station: Station) -> None:
    station.terms = terms(clusters="prod", channels=f"prod={SECOND_CHANNEL}")
    cluster = tagged(station.fleet, "payments", "prod")
    station.quiet(cluster)
    station.faults.fail("ecs:DescribeClusters", "AccessDeniedException")

    station.wait(seconds=PATIENCE)

    assert station.states() == ["open"]
    assert station.bulletin(cluster).episode.group == ANY


# Which channel


def test_a_group_is_heard_in_its_channel_and_the_others_in_the_usual_one(station: Station) -> None:
    station.terms = terms(clusters="*", channels=f"batch={SECOND_CHANNEL}")
    batch, prod = tagged(station.fleet, "batch", "batch"), tagged(station.fleet, "payments", "prod")
    hosts = {cluster: station.quiet(cluster)[1] for cluster in (batch, prod)}

    station.wait(seconds=PATIENCE)

    (usual,), (second,) = station.slack.messages(CHANNEL), station.slack.messages(SECOND_CHANNEL)
    assert hosts[prod] in words_of(usual)
    assert hosts[batch] in words_of(second)


def test_a_message_stays_in_its_channel_when_the_group_changes(station: Station) -> None:
    station.terms = terms(clusters="*", channels=f"batch={SECOND_CHANNEL}")
    cluster = tagged(station.fleet, "payments", "prod")
    instance, _ = station.quiet(cluster)
    station.wait(seconds=PATIENCE)

    station.fleet.tag(cluster, "batch")
    station.wait(minutes=5)
    station.reconnect(cluster, instance)
    station.sweep()

    assert station.states() == ["resolved"]
    assert station.slack.messages(SECOND_CHANNEL) == []


def test_a_channel_that_is_wrong_costs_nobody_anything(station: Station) -> None:
    station.terms = terms(clusters="*", channels="lost=C0NOWHERE")
    lost = tagged(station.fleet, "a-lost", "lost")
    others = [tagged(station.fleet, f"b-{number}", "prod") for number in range(3)]
    for cluster in (lost, *others):
        station.quiet(cluster)

    station.wait(minutes=10)

    operators, *bulletins = sorted(station.messages(), key=lambda message: message["metadata"] is not None)
    assert "Channel `C0NOWHERE` cannot be posted to" in operators["text"]
    assert [message["metadata"]["event_payload"]["state"] for message in bulletins] == ["open"] * 4
    assert station.bulletin(lost).slack.address == CHANNEL
    assert station.at_rest()


# A longer grace


@pytest.mark.parametrize(
    "longer",
    [
        pytest.param(f"{ACCOUNT}=2400", id="of an account"),
        pytest.param("*/*/prod-*=2400", id="of clusters of a kind"),
    ],
)
def test_a_grace_longer_than_sqs_can_wait_is_waited_out_in_parts(station: Station, longer: str) -> None:
    station.terms = terms(longer=longer)
    cluster = station.fleet.cluster()
    instance, _ = station.quiet(cluster)

    station.wait(seconds=2_395)
    assert (station.incidents(cluster), station.counted["looks"]) == ({}, 0)
    station.wait(seconds=20)

    assert station.incidents(cluster)[instance].since == NOON
    assert station.states() == ["open"]
    assert station.counted["early"] == 3
    assert station.at_rest()


def test_an_agent_that_is_back_within_its_longer_grace_is_never_spoken_of(station: Station) -> None:
    station.terms = terms(longer="*=2400")
    cluster = station.fleet.cluster()
    instance, _ = station.quiet(cluster)

    station.wait(minutes=39)
    station.reconnect(cluster, instance)
    station.wait(minutes=10)

    assert station.slack.messages() == []
    assert station.at_rest()


def test_a_cluster_with_the_usual_grace_is_not_sent_back(station: Station) -> None:
    station.terms = terms(longer="*/*/batch-*=2400")
    usual, batch = station.fleet.cluster(), station.fleet.cluster("batch-1")
    for cluster in (usual, batch):
        station.quiet(cluster)

    station.wait(seconds=PATIENCE)

    assert [len(station.incidents(cluster)) for cluster in (usual, batch)] == [1, 0]
    assert station.counted["early"] == 1
    assert station.mail.waiting(station.mail.delay) == 1


def test_what_the_sweep_finds_has_the_longer_grace_too(station: Station) -> None:
    station.terms = terms(longer="*=2400")
    cluster = station.fleet.cluster()
    instance, _ = station.fleet.quiet(cluster)

    for _ in range(4):
        station.visit()
        station.wait(seconds=595)
    assert station.slack.messages() == []
    station.wait(seconds=40)

    assert station.states() == ["open"]
    assert station.incidents(cluster)[instance].since == NOON


def test_an_event_from_the_future_has_its_grace_from_now_on(station: Station) -> None:
    cluster = station.fleet.cluster()
    instance, _ = station.fleet.quiet(cluster)
    station.tell(cluster, instance, at=NOON + timedelta(hours=3))

    station.wait(seconds=2 * GRACE.total_seconds() + 30)

    found = station.incidents(cluster)[instance]
    assert NOON + GRACE <= found.since <= NOON + GRACE + timedelta(seconds=5)
    assert station.states() == ["open"]
