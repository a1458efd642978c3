"""Stories of storms: many clusters at once become one message, whatever happens meanwhile.

Slack's true rate limits are on: a message a second in a channel, 50 edits a minute.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.incidents.breakdown import Breakdown
from hub.incidents.delivery import LEASE
from hub.incidents.hints import Drop, Hint, Why
from hub.incidents.incident import State
from hub.incidents.storm import CALM, MANY, SETTLES, Storm, lock
from hub.looks.batch import GATHERS_SECONDS
from hub.notify.storm_turn import TURN
from hub.slack.button_values import REPAIR
from spoke.deadline import within
from spoke.places import Cluster
from tests.hub.factories import CHANNEL, GRACE, NOON, Json, altered, incident
from tests.hub.mortals import Doom, MortalQueues, MortalSlack, MortalStore
from tests.hub.notify.channels import (
    PATIENCE,
    PLACE,
    brewed,
    ids,
    in_channel,
    own,
    recover,
    storm_message,
    strike,
    watch,
)
from tests.hub.rendering import buttons, words_of
from tests.hub.station import Station
from tests.spoke.fleet import REGION

TERMINATE = REPAIR + "terminate"


@pytest.fixture(autouse=True)
def true_limits(station: Station) -> None:
    station.slack.workspace.budgets.on = True


# What there is in the end


def storm(station: Station) -> Storm:
    kept = station.store.storm(CHANNEL, REGION)
    assert kept is not None
    return kept


def in_thread(station: Station) -> list[str]:
    """The clusters' bulletins that stand in the storm's thread."""
    return [own(reply) for reply in storm_message(station)["replies"] if own(reply)]


def shown(station: Station, cluster: Cluster) -> Json:
    """A cluster's bulletin as Slack shows it, wherever it stands."""
    everything: list[Json] = [
        *station.messages(),
        *(reply for message in station.messages() for reply in message["replies"]),
    ]
    (message,) = [message for message in everything if own(message) == station.bulletin(cluster).id]
    return message


def can_terminate(message: Json) -> bool:
    blocks = [block for attachment in message["attachments"] for block in attachment["blocks"]]
    return TERMINATE in {button["action_id"] for button in buttons(blocks)}


def settled(station: Station, clusters: list[Cluster]) -> bool:
    """Whether there is one storm message and one bulletin for each cluster, in its thread, and the table knows."""
    kept = [one for one in station.store.open_bulletins() if one.cluster in clusters]
    message = storm_message(station)
    shown = sorted((own(reply), reply["ts"]) for reply in message["replies"] if own(reply))
    return (
        len(kept) == len(clusters)
        and shown == sorted((one.id, one.slack.handle) for one in kept)
        and all(one.slack.doubt_since is one.slack.lease_until is None for one in kept)
        and in_channel(station) == []
        and storm(station).ts == message["ts"]
    )


# How it begins


def test_eleven_clusters_in_one_batch_are_one_message_with_a_bulletin_each_in_its_thread(station: Station) -> None:
    clusters = strike(station, MANY + 1)

    station.wait(seconds=PATIENCE + 30)

    assert settled(station, clusters)
    assert all(len(station.incidents(cluster)) == 1 for cluster in clusters)
    assert "on 11 instances of 11 clusters in 1 account" in storm_message(station)["text"]
    assert "zone `eu-west-1a` (11 of 11)" in words_of(storm_message(station))
    assert "Each cluster's own message is in the thread" in words_of(storm_message(station))
    assert station.at_rest()


def test_ten_clusters_in_one_batch_are_ten_messages(station: Station) -> None:
    clusters = strike(station, MANY)

    station.wait(seconds=PATIENCE + 60)
    station.sweep()

    assert sorted(in_channel(station)) == ids(station, clusters)
    assert station.store.storm(CHANNEL, REGION) is None
    assert len(station.messages()) == MANY
    assert station.at_rest()


def test_clusters_that_come_one_by_one_are_seen_by_the_sweep_and_later_ones_join(station: Station) -> None:
    clusters = []
    for number in range(MANY + 1):
        clusters += strike(station, 1, first=number)
        station.wait(seconds=5)
    station.wait(seconds=PATIENCE)
    assert sorted(in_channel(station)) == ids(station, clusters)
    assert station.store.storm(CHANNEL, REGION) is None

    station.sweep()
    station.wait(seconds=30)
    assert "of 11 clusters" in storm_message(station)["text"]
    later = strike(station, 3, first=50)
    station.wait(seconds=PATIENCE)
    watch(station, 2)

    assert "of 14 clusters" in storm_message(station)["text"]
    # The first of the three could not know that more would follow.
    assert len(in_thread(station)) == 2
    assert sorted([*in_thread(station), *in_channel(station)]) == ids(station, [*clusters, *later])
    assert {station.bulletin(cluster).episode.storm for cluster in (*clusters, *later)} == {storm(station).id}


def test_what_turns_out_to_be_no_storm_is_left_to_speak_for_itself(station: Station) -> None:
    """Fifteen clusters were told of in one breath, but ten are back before anybody looks."""
    clusters = strike(station, 15)
    station.wait(seconds=GRACE.total_seconds() - 5)
    recover(station, *clusters[:10])

    station.wait(seconds=90)

    assert sorted(in_channel(station)) == ids(station, clusters[10:])
    assert len(station.messages()) == 5
    assert station.store.storm(CHANNEL, REGION) is None
    assert [station.incidents(cluster) for cluster in clusters[:10]] == [{}] * 10
    assert station.at_rest()


# While it lasts


def test_terminate_is_locked_while_it_lasts_and_not_after(station: Station) -> None:
    clusters = strike(station, MANY + 2)
    station.wait(seconds=PATIENCE + 30)
    assert settled(station, clusters)
    for cluster in clusters:
        assert not can_terminate(shown(station, cluster))
        assert lock(REGION) in words_of(shown(station, cluster))
    recover(station, *clusters[3:])
    station.sweep()

    station.clock.forward(seconds=CALM.total_seconds())
    watch(station, 2)

    assert storm(station).closed
    for cluster in clusters[:3]:
        assert can_terminate(shown(station, cluster))
        assert lock(REGION) not in words_of(shown(station, cluster))


def test_a_cluster_that_was_there_before_is_locked_too_once_the_storm_has_it(station: Station) -> None:
    (early,) = strike(station, 1)
    station.wait(seconds=60)
    strike(station, MANY + 1, first=10)
    station.wait(seconds=90)
    assert can_terminate(shown(station, early))

    station.wait(seconds=60)
    watch(station, 2)

    assert station.bulletin(early).episode.storm == storm(station).id
    assert not can_terminate(shown(station, early))
    assert own(shown(station, early)) in in_channel(station)


def test_a_cluster_that_a_look_sees_recover_before_its_turn_is_never_posted_and_closes_silently(
    station: Station,
) -> None:
    clusters = strike(station, MANY + 5)
    station.wait(seconds=GRACE.total_seconds() + GATHERS_SECONDS + 10)
    assert in_thread(station) == []
    recover(station, *clusters[:2])
    hints = [Hint(cluster, Why.REQUEST) for cluster in clusters[:2]]
    station.queues.ask_looks(station.mail.looks, hints, "somebody asks")

    station.wait(seconds=60)

    assert sorted(in_thread(station)) == ids(station, clusters[2:])
    assert all(
        station.bulletin(cluster).episode.closed and not station.bulletin(cluster).slack.handle
        for cluster in clusters[:2]
    )
    assert in_channel(station) == []
    assert "13 clusters" in storm_message(station)["text"]


def test_a_cluster_that_recovers_unseen_before_its_turn_is_posted_and_resolved_within_two_rounds(
    station: Station,
) -> None:
    """Of so many clusters the sweep leaves out those that were left to the storm, or told of, within the minute."""
    clusters = strike(station, MANY + 5)
    station.wait(seconds=GRACE.total_seconds() + GATHERS_SECONDS + 10)
    recover(station, *clusters[:2])
    station.sweep()
    station.wait(seconds=60)
    assert sorted(in_thread(station)) == ids(station, clusters)

    station.sweep()
    watch(station, 1)
    station.wait(seconds=60)

    states = [shown(station, cluster)["metadata"]["event_payload"]["state"] for cluster in clusters]
    assert states == ["resolved"] * 2 + ["open"] * (MANY + 3)
    assert all(station.bulletin(cluster).episode.closed for cluster in clusters[:2])


def test_a_cluster_that_recovers_while_its_post_is_in_doubt_is_not_left_open_in_the_thread(station: Station) -> None:
    clusters = brewed(station, MANY + 1)
    doom = doomed(station)
    doom.moment = "after post 4"  # the storm's message, and three of the clusters'
    station.wait(seconds=30)
    assert len(in_thread(station)) == 3
    assert [cluster for cluster in clusters if station.bulletin(cluster).slack.handle] == []

    posted = [cluster for cluster in clusters if station.bulletin(cluster).id in in_thread(station)]
    for cluster in posted:
        resolve(station, cluster)
    station.wait(minutes=3)
    station.sweep()
    station.wait(minutes=10)

    assert [shown(station, cluster)["metadata"]["event_payload"]["state"] for cluster in posted] == ["resolved"] * 3
    assert all(station.bulletin(cluster).episode.closed for cluster in posted)


# How it ends


def test_when_all_recover_the_storm_is_over_and_says_so(station: Station) -> None:
    clusters = strike(station, MANY + 2)
    station.wait(seconds=PATIENCE + 30)
    recover(station, *clusters)

    watch(station, 3)

    message = storm_message(station)
    assert message["text"] == f"Storm in {REGION} is over."
    assert "All of them have recovered." in words_of(message)
    assert storm(station).closed
    states = {reply["metadata"]["event_payload"]["state"] for reply in message["replies"] if own(reply)}
    assert states == {"resolved"}
    assert station.finished()
    assert station.at_rest()


def test_when_ten_are_left_and_calm_for_ten_minutes_it_is_over(station: Station) -> None:
    clusters = strike(station, MANY + 3)
    station.wait(seconds=PATIENCE + 30)
    recover(station, *clusters[MANY:])
    newest = storm(station).newest_at
    station.clock.forward(seconds=(newest + CALM - station.clock()).total_seconds() - 5)
    station.sweep()
    assert not storm(station).closed

    watch(station, 1)

    assert storm(station).closed
    assert "10 clusters with 10 instances are still in trouble" in words_of(storm_message(station))
    assert sorted(in_thread(station)) == ids(station, clusters)


def test_a_new_storm_within_ten_minutes_goes_on_in_the_same_message_and_is_said_aloud(station: Station) -> None:
    clusters = strike(station, MANY + 2)
    station.wait(seconds=PATIENCE + 30)
    before = storm_message(station)["ts"]
    recover(station, *clusters)
    watch(station, 2)
    assert storm(station).closed

    for cluster in clusters:
        for instance in station.fleet.registered(cluster):
            station.disconnect(cluster, instance)
    station.wait(seconds=PATIENCE)
    watch(station, 2)

    assert (storm_message(station)["ts"], storm(station).ts, storm(station).closed) == (before, before, False)
    assert "of 12 clusters" in storm_message(station)["text"]
    assert sorted(in_thread(station)) == ids(station, clusters)
    assert in_channel(station) == []
    # An edit notifies nobody.
    (aloud,) = [message for message in station.slack.messages() if message["thread_ts"] == before]
    said = "*reopened*: storm in eu-west-1, ECS agents disconnected on 12 instances of 12 clusters in 1 account."
    assert aloud["text"] == said


def test_a_cluster_that_falls_ill_again_after_the_storm_is_heard_in_the_channel(station: Station) -> None:
    """Its message stands in the thread of a storm that is over: an edit there tells nobody."""
    clusters = strike(station, MANY + 2)
    station.wait(seconds=PATIENCE + 30)
    recover(station, *clusters)
    watch(station, 3)
    assert station.finished()

    (instance,) = station.fleet.registered(clusters[0])
    station.disconnect(clusters[0], instance)
    station.wait(seconds=PATIENCE)

    assert in_channel(station) == [station.bulletin(clusters[0]).id]
    assert station.states()[-1] == "open"


# Whatever happens to the hub


def resolve(station: Station, cluster: Cluster) -> None:
    """The agent of a brewed cluster is back, and a look has seen it."""
    (known,) = station.incidents(cluster).values()
    station.store.save([replace(known, state=State.RESOLVED, resolved_at=station.clock(), ending="reconnected")])


def doomed(station: Station) -> Doom:
    """From now on functions may die; the table, the queues and Slack stay what they are."""
    doom = Doom()
    station.store = MortalStore(station.store, doom)
    station.queues = MortalQueues(station.queues, doom)
    station.client = lambda: MortalSlack(station.slack.api_url, doom)
    return doom


def heals(station: Station, clusters: list[Cluster]) -> None:
    """In the end there is what there should be."""
    station.wait(minutes=8)
    assert settled(station, clusters)
    assert station.at_rest()


# A crash before a step leaves the same behind as one after the step before.
MOMENTS = [
    "before keep 1",
    *(f"after keep {number}" for number in (1, 2, 3)),
    *(f"after post {number}" for number in (1, 2, 12)),
    *(f"after keep all {number}" for number in (2, 3)),
    "after later 1",
    "after ask 1",
]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_crash_at_any_step_ends_in_one_message_and_one_bulletin_each(station: Station, moment: str) -> None:
    clusters = brewed(station, MANY + 1)
    doom = doomed(station)
    doom.moment = moment

    station.wait(seconds=60)
    assert doom.moment == ""  # it has died

    heals(station, clusters)


@pytest.mark.parametrize("turns", [2, 6])
def test_one_crash_after_the_other_ends_in_one_message_and_one_bulletin_each(station: Station, turns: int) -> None:
    clusters = brewed(station, MANY + 1)
    doom = doomed(station)
    for number in range(turns):
        doom._taken.clear()
        doom.moment = f"after post {number % 3 + 1}"
        station.wait(minutes=7)

    heals(station, clusters)


TROUBLE = [
    pytest.param(("chat.postMessage", "server_error", {"accepted": True}), id="posts fail, yet are there"),
    pytest.param(("chat.postMessage", "lost_answer", {}), id="answers are lost"),
    pytest.param(("chat.postMessage", "ratelimit", {"retry_after": 7}), id="posts come too fast"),
    pytest.param(("conversations.replies", "server_error", {}), id="the thread cannot be read"),
    pytest.param(("*", "server_error", {}), id="all fails"),
]


@pytest.mark.parametrize("trouble", TROUBLE)
def test_a_slack_outage_in_the_middle_heals(station: Station, trouble: tuple[str, str, Json]) -> None:
    clusters = brewed(station, MANY + 1)
    method, kind, more = trouble
    for _ in range(4):  # the storm's message, and some of the clusters'
        station.slack.fault("chat.postMessage", "slow", seconds=0.0)
    for _ in range(3):
        station.slack.fault(method, kind, **more)

    station.wait(minutes=5)

    heals(station, clusters)


def test_a_slack_outage_at_the_beginning_heals(station: Station) -> None:
    clusters = brewed(station, MANY + 1)
    station.slack.fault("*", "server_error", times=3)

    station.wait(minutes=5)

    heals(station, clusters)


def test_a_bulletin_that_slack_refuses_costs_the_others_nothing(station: Station) -> None:
    clusters = brewed(station, MANY + 1)
    refused = station.bulletin(clusters[3])
    longer = refused.episode.episode + "x" * 250  # longer than a block id may be
    station.store.keep(altered(refused, episode=longer))
    (known,) = station.incidents(clusters[3]).values()
    station.store.save([replace(known, episode=longer)])

    station.wait(minutes=3)

    assert sorted(in_thread(station)) == ids(station, clusters[:3] + clusters[4:])
    assert station.counted["rejected"] >= 1


def test_a_message_that_stands_in_the_channel_in_doubt_is_not_doubled_in_the_thread(station: Station) -> None:
    """Its own look has posted it, and the answer was lost; then the storm began."""
    clusters = brewed(station, MANY + 1)
    (first, *others) = clusters
    instance, _ = station.fleet.quiet(station.fleet.cluster(first.name))
    resolve(station, first)
    doubtful = altered(
        station.bulletin(first), aside=False, doubt_since=station.clock(), lease_until=station.clock() + LEASE
    )
    doubtful = station.store.keep(doubtful)
    station.store.save([incident(cluster=first, instance=instance, id="inc-0000000001")])
    station.slack.client().post(
        CHANNEL,
        "posted",
        [],
        metadata={"event_type": "coastguard_bulletin", "event_payload": {"bulletin": doubtful.id, "state": "open"}},
    )

    station.wait(minutes=2)
    station.sweep()
    station.wait(minutes=1)

    assert in_channel(station) == [doubtful.id]
    assert sorted(in_thread(station)) == ids(station, others)
    assert station.bulletin(first).episode.storm == storm(station).id


def test_what_a_look_changes_while_the_storm_posts_is_not_lost(station: Station) -> None:
    clusters = brewed(station, MANY + 1)
    station.wait(seconds=14)
    meanwhile = station.store
    changed: list[Cluster] = []

    class Interrupted(MortalSlack):
        """Somebody else writes the bulletin between its post and the note of it."""

        def post(self, *arguments: object, **more: object) -> str:
            ts = super().post(*arguments, **more)  # type: ignore[arg-type]  # as they come
            if more.get("thread") and not changed:
                changed.append(clusters[0])
                newest = meanwhile.bulletin(clusters[0])
                assert newest is not None
                meanwhile.keep(altered(newest, tally=Breakdown(5)))
            return ts

    station.client = lambda: Interrupted(station.slack.api_url, Doom())

    station.wait(minutes=2)

    assert changed
    assert station.bulletin(clusters[0]).episode.tally.instances == 5
    assert sorted(in_thread(station)) == ids(station, clusters)
    assert all(station.bulletin(cluster).slack.handle for cluster in clusters)


# How fast


def test_the_clusters_of_a_storm_follow_at_slacks_pace(station: Station) -> None:
    count = 2 * TURN + 5
    clusters = brewed(station, count)
    began = station.clock()
    while len(in_thread_or_nothing(station)) < count:
        assert station.clock() - began < timedelta(minutes=5)
        station.wait(seconds=1)

    assert settled(station, clusters)
    # Fifteen seconds to settle, and a second each: hardly more.
    assert (station.clock() - began).total_seconds() <= 15 + 10 + 1.3 * count


def test_a_turn_ends_in_time_though_slack_takes_its_time_and_the_next_goes_on(station: Station) -> None:
    count = TURN + 5
    clusters = brewed(station, count)
    station.slowness = 4.0
    longest, began = 0.0, station.clock()
    while len(in_thread_or_nothing(station)) < count:
        assert station.clock() - began < timedelta(minutes=8)
        before = station.clock()
        station.look()
        longest = max(longest, (station.clock() - before).total_seconds())
        station.ingest()
        station.clock.forward(seconds=1)

    assert 36 < longest <= 36 + 4 + 1
    assert settled(station, clusters)


def in_thread_or_nothing(station: Station) -> list[str]:
    return in_thread(station) if station.messages() else []


def test_a_lone_look_is_told_that_there_is_no_storm(station: Station) -> None:
    (cluster,) = brewed(station, 1)
    instance, _ = station.fleet.quiet(station.fleet.cluster(cluster.name))
    station.fleet.unplug(cluster, instance, since=NOON)
    resolve(station, cluster)
    station.clock.forward(minutes=3)

    station.reconciler.look(Hint(cluster, Why.ALONE, (Drop(instance, NOON),)), 1)

    assert in_channel(station) == [station.bulletin(cluster).id]
    assert not station.bulletin(cluster).slack.aside


# A thread that takes no replies


def test_in_a_channel_that_takes_no_replies_each_cluster_speaks_for_itself(station: Station) -> None:
    clusters = strike(station, MANY + 2)
    word = "restricted_action_non_threadable_channel"
    station.slack.fault("chat.postMessage", "word", times=10_000, word=word, replies=True)

    watch(station, 4)

    assert all(
        station.bulletin(cluster).slack.handle and not station.bulletin(cluster).slack.thread for cluster in clusters
    )
    assert station.states().count("open") >= len(clusters)
    assert station.counted["moved"] == 0  # the channel is well


def test_a_turn_ends_while_there_is_time_to_write_down_what_was_posted(station: Station) -> None:
    clusters = strike(station, TURN)
    station.wait(seconds=GRACE.total_seconds() + GATHERS_SECONDS + 2)
    station.clock.forward(seconds=SETTLES.seconds)
    ends = station.clock() + timedelta(seconds=20)

    def left() -> float:
        return (ends - station.clock()).total_seconds()

    with within(left):
        station.reconciler.storms.attend(PLACE)

    shown = [cluster for cluster in clusters if station.bulletin(cluster).slack.handle]
    assert station.clock() < ends
    assert len(shown) in range(1, TURN)
    assert all(station.bulletin(cluster).slack.doubt_since is None for cluster in clusters)


def test_a_turn_without_time_to_post_keeps_what_the_one_before_has_posted(station: Station) -> None:
    clusters = brewed(station, MANY + 1)
    doom = doomed(station)
    doom.moment = f"after post {MANY + 2}"  # the storm's message, and all of the clusters'
    station.wait(seconds=60)
    assert len(in_thread(station)) == MANY + 1
    assert not any(station.bulletin(cluster).slack.handle for cluster in clusters)
    station.clock.forward(minutes=2)

    with within(lambda: 5.0):
        station.reconciler.storms.attend(PLACE)

    assert all(station.bulletin(cluster).slack.handle for cluster in clusters)
    heals(station, clusters)


def test_a_turn_that_dies_before_it_posts_forgets_nothing_that_the_one_before_has_posted(station: Station) -> None:
    clusters = brewed(station, MANY + 1)
    doom = doomed(station)
    doom.moment = f"after post {MANY + 1}"  # the storm's message, and all of the clusters' but one
    station.wait(seconds=60)
    station.clock.forward(minutes=2)
    doom._taken.clear()
    doom.moment = "after keep all 1"
    station.wait(minutes=7)
    assert doom.moment == ""  # it has died twice

    heals(station, clusters)
