"""Stories of trouble that comes back: agents that flap, clusters that fall ill again, events that are replayed."""

import json
from datetime import timedelta

import pytest

from hub.incidents.episode import REOPENS
from hub.incidents.flapping import STEADY
from hub.incidents.hints import Drop, Hint, Why
from spoke.places import Cluster
from tests.hub.factories import GRACE, NOON, Json, bent, event
from tests.hub.rendering import words_of
from tests.hub.station import Station

GRACE_SECONDS = GRACE.total_seconds()
PATIENCE = GRACE_SECONDS + 30


@pytest.fixture
def cluster(station: Station) -> Cluster:
    return station.fleet.cluster()


def opened(station: Station, cluster: Cluster) -> str:
    instance, _ = station.quiet(cluster)
    station.wait(seconds=PATIENCE)
    assert station.states() == ["open"]
    return instance


def resolved(station: Station, cluster: Cluster) -> str:
    """An agent that was gone and is back, as the channel knows."""
    instance = opened(station, cluster)
    station.reconnect(cluster, instance)
    station.sweep()
    assert station.states() == ["resolved"]
    return instance


# Flapping


def flapping(station: Station, cluster: Cluster) -> str:
    """An agent that goes for the third time within an hour."""
    instance = resolved(station, cluster)
    for ending in ("resolved", "open"):
        station.wait(minutes=12)
        station.disconnect(cluster, instance)
        station.wait(seconds=PATIENCE)
        if ending == "resolved":
            station.reconnect(cluster, instance)
            station.sweep()
        assert station.states()[-1] == ending
    return instance


def watch(station: Station, minutes: int) -> None:
    """Minutes go by, each with its sweep."""
    for _ in range(minutes):
        station.wait(minutes=1)
        station.sweep()


def test_the_third_drop_within_an_hour_is_said_to_be_flapping(station: Station, cluster: Cluster) -> None:
    instance = flapping(station, cluster)

    shown = station.messages()[-1]
    assert "ECS agent flapping on 1 instance" in shown["text"]
    assert "3 drops" in words_of(shown)
    assert "goes and comes back again and again" in words_of(shown)
    station.reconnect(cluster, instance)
    station.sweep()
    assert any("flapping" in line and "this stays one incident" in line for line in notes(station))


def test_two_drops_within_an_hour_are_two_incidents(station: Station, cluster: Cluster) -> None:
    instance = resolved(station, cluster)
    before = station.incidents(cluster)[instance].id
    station.wait(minutes=12)
    station.disconnect(cluster, instance)
    station.wait(seconds=PATIENCE)

    assert station.incidents(cluster)[instance].id != before
    assert "flapping" not in station.messages()[-1]["text"]


def test_a_flapping_agent_stays_one_incident_through_reconnects(station: Station, cluster: Cluster) -> None:
    instance = flapping(station, cluster)
    messages, incident = len(station.messages()), station.incidents(cluster)[instance].id

    for _ in range(3):
        station.reconnect(cluster, instance)
        watch(station, 5)
        assert "back since" in words_of(station.messages()[-1])
        station.disconnect(cluster, instance)
        watch(station, 5)
        assert "gone again" in words_of(station.messages()[-1])

    found = station.incidents(cluster)[instance]
    assert (found.id, found.unresolved, len(station.messages())) == (incident, True, messages)
    assert f"{len(found.drops)} drops" in words_of(station.messages()[-1])
    assert len(found.drops) >= 5


def test_a_flapping_agent_is_over_after_twenty_calm_minutes(station: Station, cluster: Cluster) -> None:
    instance = flapping(station, cluster)
    station.reconnect(cluster, instance)

    watch(station, int(STEADY.total_seconds() // 60))
    assert station.states()[-1] == "open"
    watch(station, 2)

    assert station.states()[-1] == "resolved"
    assert station.finished()
    assert station.at_rest()


def test_a_drop_that_no_look_saw_makes_a_flapping_agent_wait_again(station: Station, cluster: Cluster) -> None:
    instance = flapping(station, cluster)
    station.reconnect(cluster, instance)
    watch(station, 15)
    station.disconnect(cluster, instance)
    station.reconnect(cluster, instance)

    watch(station, 15)
    assert station.states()[-1] == "open"
    assert "4 drops" in words_of(station.messages()[-1])
    watch(station, 10)

    assert station.states()[-1] == "resolved"


@pytest.mark.parametrize("ending", ["stopped", "terminated"])
def test_a_flapping_agent_whose_host_goes_is_over_at_once(station: Station, cluster: Cluster, ending: str) -> None:
    instance = flapping(station, cluster)
    host = station.incidents(cluster)[instance].sighting.host
    station.fleet.host(host).state = ending

    station.sweep()

    assert station.states()[-1] == "resolved"
    assert ending in station.messages()[-1]["text"]


# Falling ill again


def test_trouble_soon_after_goes_on_in_the_same_message_and_is_said_aloud(station: Station, cluster: Cluster) -> None:
    instance = resolved(station, cluster)
    before = station.bulletin(cluster)
    station.wait(minutes=4)

    station.disconnect(cluster, instance)
    station.wait(seconds=PATIENCE)

    after = station.bulletin(cluster)
    assert station.states() == ["open"]
    assert (after.slack.handle, after.id, after.episode.closed) == (before.slack.handle, before.id, False)
    (aloud,) = [message for message in station.slack.messages() if message["thread_ts"] is not None]
    assert aloud["thread_ts"] == after.slack.handle
    where = f"`{cluster.name}` in {cluster.region}, account {cluster.account}."
    assert aloud["text"] == f"*reopened*: ECS agent disconnected on 1 instance: {where}"
    assert [entry.what for _, entry in station.store.entries(cluster, "")].count("reopened") == 1


@pytest.mark.parametrize(
    ("passed", "again"),
    [
        pytest.param(REOPENS - timedelta(seconds=5), ["open"], id="just soon enough"),
        pytest.param(REOPENS, ["resolved", "open"], id="too late"),
    ],
)
def test_only_trouble_within_ten_minutes_reopens(
    station: Station, cluster: Cluster, passed: timedelta, again: list[str]
) -> None:
    instance = resolved(station, cluster)
    closed_at = station.bulletin(cluster).episode.closed_at
    assert closed_at is not None
    station.fleet.unplug(cluster, instance)
    station.fleet.known(cluster, instance).version += 1
    station.wait(seconds=(closed_at + passed - station.clock()).total_seconds())

    gone = Drop(instance, station.clock() - GRACE, station.fleet.known(cluster, instance).version)
    station.queues.ask_looks(station.mail.looks, [Hint(cluster, Why.STATE_CHANGE, (gone,))], "again")
    station.deliver()

    assert station.states() == again
    assert len(station.slack.messages()) == 2


def test_a_reopened_message_is_resolved_in_the_end_and_opens_again(station: Station, cluster: Cluster) -> None:
    instance = resolved(station, cluster)
    for _ in range(2):
        station.wait(minutes=2)
        station.disconnect(cluster, instance)
        station.wait(seconds=PATIENCE)
        assert station.states() == ["open"]
        if not station.incidents(cluster)[instance].flapping:
            station.reconnect(cluster, instance)
            station.sweep()
            assert station.states() == ["resolved"]

    assert "flapping" in station.only_message()["text"]
    assert station.at_rest()


def test_what_was_never_shown_is_not_reopened(station: Station, cluster: Cluster) -> None:
    station.slack.fault("*", "server_error", times=10_000)
    instance, _ = station.quiet(cluster)
    station.wait(seconds=PATIENCE)
    station.slack.workspace.faults.clear()
    station.reconnect(cluster, instance)
    station.wait(minutes=8)
    station.sweep()
    assert station.finished()
    shown = len(station.messages())

    station.disconnect(cluster, instance)
    station.wait(seconds=PATIENCE)

    assert station.states()[-1] == "open"
    assert len(station.messages()) <= shown + 1


# Replays of an archive


def replay(station: Station, cluster: Cluster, instance: str, name: str = "state-change", **detail: object) -> None:
    """An archive delivers an event of an hour ago once more, through the delay queue like any other."""
    arn = cluster.arn.replace(":cluster/", ":container-instance/") + f"/{instance}"
    told: Json = {"clusterArn": cluster.arn, "containerInstanceArn": arn, **detail}
    an_hour_ago = f"{station.clock() - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    envelope = bent(event(name), told, time=an_hour_ago, **{"replay-name": "after-the-outage"})
    assert json.loads(envelope)["replay-name"]
    station.mail.sqs.send_message(QueueUrl=station.mail.delay, MessageBody=envelope)


def test_what_is_replayed_and_long_over_is_never_spoken_of(station: Station, cluster: Cluster) -> None:
    instance = station.fleet.register(cluster, station.fleet.hosts()[0])
    for version in range(3):
        replay(station, cluster, instance, version=version)

    station.wait(minutes=10)

    assert (station.incidents(cluster), station.slack.messages()) == ({}, [])
    assert station.at_rest()


def test_what_is_replayed_and_lasts_gets_a_grace_of_its_own(station: Station, cluster: Cluster) -> None:
    instance, _ = station.fleet.quiet(cluster)
    replay(station, cluster, instance, version=3)

    station.wait(seconds=2 * GRACE_SECONDS - 5)
    assert station.slack.messages() == []
    station.wait(seconds=15)

    assert station.states() == ["open"]
    assert NOON + GRACE <= station.incidents(cluster)[instance].since < NOON + GRACE + timedelta(seconds=5)


def test_what_is_replayed_and_comes_back_in_that_grace_is_never_spoken_of(station: Station, cluster: Cluster) -> None:
    instance, _ = station.fleet.quiet(cluster)
    replay(station, cluster, instance)
    station.wait(seconds=GRACE_SECONDS + 20)

    station.reconnect(cluster, instance)
    station.wait(minutes=10)

    assert station.slack.messages() == []
    assert station.at_rest()


def test_what_is_replayed_and_known_changes_nothing(station: Station, cluster: Cluster) -> None:
    """The second look has learned, once, whether Systems Manager reaches the host: the first does not wait for it."""
    instance = opened(station, cluster)
    station.sweep()
    before = station.store.known(cluster)
    assert before.incidents[instance].sighting.reached is True

    replay(station, cluster, instance)
    station.wait(minutes=5)

    assert station.store.known(cluster) == before


# Health


def health(station: Station, cluster: Cluster, instance: str, name: str) -> None:
    """ECS judges an instance anew."""
    arn = cluster.arn.replace(":cluster/", ":container-instance/") + f"/{instance}"
    envelope = bent(
        event(name),
        {"clusterArn": cluster.arn, "containerInstanceArn": arn},
        time=f"{station.clock():%Y-%m-%dT%H:%M:%SZ}",
    )
    station.mail.sqs.send_message(QueueUrl=station.mail.delay, MessageBody=envelope)


def test_a_sick_container_runtime_is_shown_on_an_open_incident(station: Station, cluster: Cluster) -> None:
    instance = opened(station, cluster)
    station.fleet.known(cluster, instance).runtime = "IMPAIRED"
    health(station, cluster, instance, "health-change-runtime")

    station.wait(seconds=PATIENCE)

    assert "The container runtime is sick" in words_of(station.only_message())
    assert station.states() == ["open"]


@pytest.mark.parametrize("name", ["health-change-runtime", "health-change-agent-back"])
def test_health_of_an_instance_whose_agent_is_there_is_never_spoken_of(
    station: Station, cluster: Cluster, name: str
) -> None:
    instance = station.fleet.register(cluster, station.fleet.hosts()[0])
    station.fleet.known(cluster, instance).runtime = "IMPAIRED"
    health(station, cluster, instance, name)

    station.wait(minutes=10)

    assert (station.incidents(cluster), station.slack.messages()) == ({}, [])
    assert station.at_rest()


@pytest.mark.parametrize("name", ["health-change-runtime", "health-change-agent-back"])
def test_health_that_says_nothing_of_the_agent_is_no_alarm_when_nobody_can_look(
    station: Station, cluster: Cluster, name: str
) -> None:
    instance = station.fleet.register(cluster, station.fleet.hosts()[0])
    station.faults.fail("sts:AssumeRole", "AccessDenied", 403)
    health(station, cluster, instance, name)

    station.wait(minutes=10)

    assert station.slack.messages() == []
    assert station.at_rest()


def notes(station: Station) -> list[str]:
    return [words_of(reply) for message in station.messages() for reply in message["replies"]]
