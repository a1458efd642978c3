"""Stories of growth: what gets worse after somebody has acknowledged it is said again, once, and not all the time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.incidents.acknowledgement import Acknowledgement, Extent, as_they_were
from hub.incidents.breakdown import Breakdown
from hub.incidents.growth import GATHERS, GROWN, SELDOM
from hub.incidents.hints import Hint, StormHint, Why
from hub.incidents.incident import State, acknowledge
from hub.incidents.storm import MANY
from spoke.places import Cluster
from tests.hub.factories import ALICE, BOB, CHANNEL, altered
from tests.hub.notify.channels import PATIENCE, aloud, own, recover, said, storm_message, strike, watch
from tests.hub.rendering import words_of
from tests.hub.station import Station
from tests.spoke.fleet import REGION

OWNERS = "S0PAYMENTS"
ROUTE = f"""
[[routes]]
where = {{ cluster = ["*"] }}
owners = ["{OWNERS}"]
"""
REMINDERS = f'{ROUTE}remind_after = "30m"\n'


@pytest.fixture
def cluster(station: Station) -> Cluster:
    station.govern(ROUTE)
    return station.fleet.cluster()


def lose(station: Station, cluster: Cluster, number: int) -> list[str]:
    """So many more agents go at once, and are known to be gone."""
    lost = [station.quiet(cluster, host)[0] for host in station.fleet.hosts(number)]
    station.wait(seconds=PATIENCE)
    return lost


def take_all(station: Station, cluster: Cluster, by: str = BOB) -> None:
    """What act writes when somebody acknowledges all of a bulletin."""
    known = station.store.known(cluster)
    assert known.bulletin
    now = station.clock()
    fact = Acknowledgement(by, now, Extent.of(as_they_were(known.incidents.values(), now)))
    station.store.keep(altered(known.bulletin, acknowledged=fact))
    station.clock.forward(seconds=1)


def grown(station: Station) -> list[str]:
    return [text for text in aloud(station) if GROWN in text]


def test_what_grows_after_it_was_acknowledged_is_said_to_the_channel_with_owners_and_numbers(
    station: Station, cluster: Cluster
) -> None:
    lose(station, cluster, 1)
    take_all(station, cluster)
    assert grown(station) == []

    lose(station, cluster, 2)
    assert grown(station) == []  # it is gathered for a minute
    station.wait(seconds=GATHERS.total_seconds() + 5)

    (told,) = grown(station)
    where = f"`{cluster.name}` in {cluster.region}, account {cluster.account}."
    assert told == f"<!subteam^{OWNERS}> *{GROWN}*: ECS agent disconnected on 3 instances: {where}"
    (reply,) = [each for each in station.slack.messages() if each["text"] == told]
    assert reply["thread_ts"] == station.bulletin(cluster).slack.handle
    assert "3 instances, there were 1" in words_of(reply)
    assert [entry.what for _, entry in station.store.entries(cluster, "")].count(GROWN) == 1


def test_who_has_acknowledged_one_of_them_hears_of_growth_too(station: Station, cluster: Cluster) -> None:
    (first,) = lose(station, cluster, 1)
    incident = station.incidents(cluster)[first]
    station.lifecycle.change(cluster, first, incident.id, lambda one: (acknowledge(one, ALICE, station.clock()), []))
    station.clock.forward(seconds=1)

    lose(station, cluster, 2)
    watch(station, 2)

    assert len(grown(station)) == 1


@pytest.mark.parametrize("more", [0, 1], ids=["nothing more", "one more"])
def test_what_is_no_news_is_not_said(station: Station, cluster: Cluster, more: int) -> None:
    for host in station.fleet.hosts(20):
        station.fleet.register(cluster, host)
    lose(station, cluster, 1)
    take_all(station, cluster)

    if more:
        lose(station, cluster, more)
    watch(station, 10)

    assert aloud(station) == []


def test_without_an_acknowledgement_nothing_is_news(station: Station, cluster: Cluster) -> None:
    lose(station, cluster, 1)
    lose(station, cluster, 4)
    watch(station, 3)

    assert aloud(station) == []


def test_the_same_growth_is_never_said_twice(station: Station, cluster: Cluster) -> None:
    lose(station, cluster, 1)
    take_all(station, cluster)
    third = lose(station, cluster, 2)
    watch(station, 3)
    assert len(grown(station)) == 1

    for instance in third:
        station.reconnect(cluster, instance)
    watch(station, 20)
    lose(station, cluster, 2)
    watch(station, 20)

    assert len(grown(station)) == 1


def test_growth_is_said_at_most_once_in_five_minutes(station: Station, cluster: Cluster) -> None:
    lose(station, cluster, 1)
    take_all(station, cluster)
    lose(station, cluster, 2)
    watch(station, 2)
    first = station.bulletin(cluster).episode.grown_at
    assert first
    assert len(grown(station)) == 1

    for host in station.fleet.hosts(5):
        station.quiet(cluster, host)
    while station.clock() < first + SELDOM - timedelta(seconds=70):
        watch(station, 1)
        assert len(grown(station)) == 1
    watch(station, 4)

    assert len(grown(station)) == 2
    second = station.bulletin(cluster).episode.grown_at
    assert second
    assert second - first >= SELDOM


def test_whose_share_is_past_a_tenth_is_said_though_few_need_no_share(station: Station, cluster: Cluster) -> None:
    """The cluster is counted only because there are more than was acknowledged."""
    well = [station.fleet.register(cluster, host) for host in station.fleet.hosts(17)]
    assert len(well) == 17
    lose(station, cluster, 2)
    assert station.bulletin(cluster).episode.registered == 0
    take_all(station, cluster)
    watch(station, 1)
    assert station.bulletin(cluster).episode.registered == 0

    lose(station, cluster, 1)
    watch(station, 2)

    (told,) = [reply for reply in station.slack.messages() if GROWN in reply["text"]]
    assert "more than 10 % of the cluster" in words_of(told)


def test_growth_that_slack_does_not_take_is_said_once_it_does(station: Station, cluster: Cluster) -> None:
    lose(station, cluster, 1)
    take_all(station, cluster)
    lose(station, cluster, 2)
    station.slack.fault("*", "server_error", times=10_000)
    watch(station, 3)
    station.slack.workspace.faults.clear()

    watch(station, 2)

    assert len(grown(station)) == 1


def test_where_a_thread_takes_no_replies_the_channel_hears_it(station: Station, cluster: Cluster) -> None:
    lose(station, cluster, 1)
    take_all(station, cluster)
    lose(station, cluster, 2)
    word = "restricted_action_non_threadable_channel"
    station.slack.fault("chat.postMessage", "word", times=10, word=word, replies=True)

    watch(station, 2)

    (told,) = said(station)
    assert GROWN in told


def test_what_is_muted_says_nothing_of_growth(station: Station, cluster: Cluster) -> None:
    lose(station, cluster, 1)
    take_all(station, cluster)
    station.mute("organization", hours=2)
    station.clock.forward(seconds=20)

    lose(station, cluster, 3)
    watch(station, 3)

    assert aloud(station) == []


def test_what_begins_anew_has_to_be_acknowledged_anew(station: Station, cluster: Cluster) -> None:
    (first,) = lose(station, cluster, 1)
    take_all(station, cluster)
    watch(station, 1)
    station.reconnect(cluster, first)
    watch(station, 1)
    assert station.bulletin(cluster).episode.closed

    station.disconnect(cluster, first)
    station.wait(seconds=PATIENCE)

    assert station.states() == ["open"]
    assert station.bulletin(cluster).episode.acknowledged is None
    assert station.incidents(cluster)[first].state is State.OPEN


def test_what_is_acknowledged_as_a_whole_is_shown_and_not_reminded_of_without_a_write_for_each(
    station: Station, cluster: Cluster
) -> None:
    station.govern(REMINDERS)
    lose(station, cluster, 3)
    take_all(station, cluster)

    station.reconciler.look(Hint(cluster, Why.REQUEST), 1)
    assert station.states() == ["acknowledged"]
    assert words_of(station.only_message()).count(f"Acknowledged by <@{BOB}>") == 3
    watch(station, 70)

    assert aloud(station) == []
    assert {i.acknowledged_by for i in station.incidents(cluster).values()} == {""}


# Reminders repeat


def test_reminders_repeat_ever_more_seldom_until_somebody_acknowledges(station: Station, cluster: Cluster) -> None:
    station.govern(REMINDERS)
    lose(station, cluster, 1)
    began = station.bulletin(cluster).episode.opened_at
    assert began
    times: list[float] = []
    # A round each minute about when it is due, and one in ten minutes else.
    for minute in sorted({*range(10, 231, 10), *(due + near for due in (30, 90, 210) for near in range(-3, 4))}):
        station.clock.forward(seconds=(began + timedelta(minutes=minute) - station.clock()).total_seconds())
        station.sweep()
        if len(aloud(station)) > len(times):
            times.append(minute)
    assert [round(each / 30) for each in times] == [1, 3, 7]
    assert all(abs(each - 30 * round(each / 30)) <= 2 for each in times)
    assert "Nobody has acknowledged this for 3 h 30 min:" in aloud(station)[-1]
    take_all(station, cluster)

    for _ in range(10):
        station.clock.forward(hours=2)
        watch(station, 1)

    assert len(aloud(station)) == 3


def test_a_reminder_that_slack_puts_off_is_said_when_it_may_be_and_waits_for_no_sweep(
    station: Station, cluster: Cluster
) -> None:
    station.govern(REMINDERS)
    lose(station, cluster, 1)
    station.clock.forward(minutes=31)
    station.slack.fault("chat.postMessage", "ratelimit", retry_after=5)

    station.sweep()
    assert aloud(station) == []
    station.wait(seconds=30)

    assert len(aloud(station)) == 1


def test_a_mute_that_ends_begins_reminders_anew(station: Station, cluster: Cluster) -> None:
    station.govern(REMINDERS)
    lose(station, cluster, 1)
    station.mute("organization", hours=1)
    watch(station, 1)
    station.clock.forward(hours=1)
    watch(station, 3)
    assert len(aloud(station)) == 1  # that it is no longer muted

    watch(station, 25)
    assert len(aloud(station)) == 1
    watch(station, 7)

    assert len(aloud(station)) == 2
    assert "Nobody has acknowledged this for 30 min:" in aloud(station)[-1]


# Storms


def take_storm(station: Station, by: str = BOB) -> None:
    """What act writes when somebody acknowledges a storm."""
    storm = station.store.storm(CHANNEL, REGION)
    assert storm
    tally = Breakdown.together(b.episode.tally for b in station.store.open_bulletins(REGION))
    station.store.keep(replace(storm, acknowledged=Acknowledgement(by, station.clock(), Extent.of(tally))))
    station.queues.ask_looks(station.mail.looks, [StormHint(CHANNEL, REGION)], "acknowledged")
    station.clock.forward(seconds=1)
    station.deliver()


def stormy(station: Station) -> list[Cluster]:
    station.govern(ROUTE)
    clusters = strike(station, MANY + 2)
    station.wait(seconds=PATIENCE + 40)
    return clusters


def test_an_acknowledged_storm_says_who_and_its_clusters_show_it_without_a_write_for_each_incident(
    station: Station,
) -> None:
    clusters = stormy(station)
    take_storm(station)
    watch(station, 2)

    message = storm_message(station)
    assert message["text"].startswith("Acknowledged: Storm in eu-west-1")
    assert f"by <@{BOB}>" in words_of(message)
    for cluster in clusters:
        (shown,) = [reply for reply in message["replies"] if own(reply) == station.bulletin(cluster).id]
        assert f"Acknowledged by <@{BOB}>" in words_of(shown)
        assert {i.acknowledged_by for i in station.incidents(cluster).values()} == {""}


def test_a_storm_that_grows_after_it_was_acknowledged_says_so_once_with_owners(station: Station) -> None:
    clusters = stormy(station)
    take_storm(station)

    for cluster in clusters:
        station.quiet(cluster, station.fleet.hosts(1)[0])
    station.wait(seconds=PATIENCE)
    watch(station, 4)

    (told,) = grown(station)
    assert told.startswith(
        f"<!subteam^{OWNERS}> *{GROWN}*: storm in eu-west-1, ECS agents disconnected on 24 instances"
    )
    assert not storm_message(station)["text"].startswith("Acknowledged")
    watch(station, 12)
    assert len(grown(station)) == 1


def test_what_a_storm_was_acknowledged_as_outlives_it(station: Station) -> None:
    """Also when another storm breaks out in the same place."""
    station.govern(REMINDERS.replace("30m", "1h"))
    clusters = strike(station, MANY + 2)
    station.wait(seconds=PATIENCE + 40)
    take_storm(station)
    watch(station, 2)
    recover(station, *clusters[2:])
    watch(station, 13)
    kept = station.store.storm(CHANNEL, REGION)
    assert kept
    assert kept.closed
    station.clock.forward(minutes=11)
    strike(station, MANY + 2, first=50)
    station.wait(seconds=PATIENCE + 40)
    watch(station, 1)

    for cluster in clusters[:2]:
        fact = station.bulletin(cluster).episode.acknowledged
        assert fact
        assert (fact.by, fact.extent.instances) == (BOB, 1)
    newest = station.store.storm(CHANNEL, REGION)
    assert newest
    assert (newest.id != kept.id, newest.acknowledged) == (True, None)


def test_a_storm_that_goes_on_after_it_was_over_has_to_be_acknowledged_anew(station: Station) -> None:
    clusters = stormy(station)
    take_storm(station)
    recover(station, *clusters)
    watch(station, 2)
    for cluster in clusters:
        for instance in station.fleet.registered(cluster):
            station.disconnect(cluster, instance)
    station.wait(seconds=PATIENCE)
    watch(station, 2)

    storm = station.store.storm(CHANNEL, REGION)
    assert storm
    assert (storm.closed, storm.acknowledged) == (False, None)
