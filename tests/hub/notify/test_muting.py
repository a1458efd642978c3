"""Stories of mutes: what is muted is recorded and counted, not said; what is still broken when it ends is said once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.incidents.hint_messages import from_message
from hub.incidents.hints import Drop, Hint, MuteHint, Why
from hub.incidents.incident import State
from hub.incidents.mute import Mute
from hub.incidents.storm import MANY, SETTLES
from hub.looks.reconciler import Reconciler
from hub.notify.muting import MUTES_HOLD, MUTES_KEPT
from hub.scopes.account import Account
from hub.scopes.scope import Scope
from hub.slack.button_values import MUTE, UNMUTE
from spoke.places import Cluster
from tests.hub.factories import ALICE, BOB, CHANNEL, GRACE, NOON, Json
from tests.hub.notify.channels import (
    PATIENCE,
    aloud,
    bulletins,
    color,
    ids,
    in_channel,
    opened,
    own,
    recover,
    said,
    storm_message,
    strike,
    watch,
)
from tests.hub.rendering import buttons, words_of
from tests.hub.station import Station
from tests.spoke.fleet import ACCOUNT, REGION

SECOND_CHANNEL = "C0SECOND1"
UNIT = "ou-ab12-11112222"
ORGANIZATION = "organization"


@pytest.fixture
def cluster(station: Station) -> Cluster:
    return station.fleet.cluster()


def actions(message: Json) -> set[str]:
    inside = [block for attachment in message["attachments"] for block in attachment["blocks"]]
    return {button["action_id"] for button in buttons(inside)}


def recorded(station: Station) -> int:
    (mute,) = station.store.mutes()
    return station.store.recorded(mute)


# What is muted


@pytest.mark.parametrize(
    "scope",
    [
        ORGANIZATION,
        f"unit:{UNIT}",
        f"account:{ACCOUNT}",
        f"region:*/{REGION}",
        f"region:{ACCOUNT}/{REGION}",
        f"cluster:{ACCOUNT}/{REGION}/prod-payments",
        f"cluster:{ACCOUNT}/{REGION}/prod-pay*",
        "cluster:*/*/*-payments",
    ],
)
def test_what_is_muted_is_recorded_and_counted_and_not_said(station: Station, cluster: Cluster, scope: str) -> None:
    station.store.keep_accounts([Account(ACCOUNT, "payments", units=(UNIT,))], now=NOON)
    station.mute(scope)
    for _ in range(2):
        station.quiet(cluster)
    other = opened(station, station.fleet.cluster("prod-search")) if scope.startswith("cluster:") else ""

    station.wait(seconds=PATIENCE)
    watch(station, 3)

    assert [found.state for found in station.incidents(cluster).values()] == [State.OPEN] * 2
    assert (station.bulletin(cluster).episode.muted, station.bulletin(cluster).slack.handle) == (True, "")
    assert len(station.slack.messages()) == bool(other)
    assert recorded(station) == 2
    assert station.at_rest()


def test_an_instance_is_muted_alone(station: Station, cluster: Cluster) -> None:
    instance, _ = station.quiet(cluster)
    station.mute(f"instance:{cluster.key}/{instance}")
    station.wait(seconds=PATIENCE)
    assert station.slack.messages() == []
    assert recorded(station) == 1

    opened(station, cluster)
    station.wait(seconds=30)

    assert station.states() == ["open"]
    assert aloud(station) == []
    assert recorded(station) == 1


def test_what_is_muted_is_not_said_when_a_storm_has_turned_out_to_be_none(station: Station, cluster: Cluster) -> None:
    station.mute(ORGANIZATION)
    opened(station, cluster)

    station.queues.ask_looks(station.mail.looks, [Hint(cluster, Why.ALONE)], "alone")
    station.deliver()

    assert station.slack.messages() == []


def test_what_is_muted_elsewhere_is_said(station: Station, cluster: Cluster) -> None:
    station.mute("account:333344445555")
    station.mute(f"cluster:{ACCOUNT}/{REGION}/prod-search")

    opened(station, cluster)

    assert station.states() == ["open"]
    assert MUTE in actions(station.only_message())


def test_what_is_over_before_anybody_was_told_ends_silently(station: Station, cluster: Cluster) -> None:
    station.mute(ORGANIZATION)
    instance = opened(station, cluster)
    station.reconnect(cluster, instance)

    station.sweep()

    assert [found.state for found in station.incidents(cluster).values()] == [State.RESOLVED]
    assert station.bulletin(cluster).episode.closed
    assert station.slack.messages() == []
    assert station.finished()
    assert station.at_rest()


def test_what_was_posted_before_turns_grey_and_tells_nobody(station: Station, cluster: Cluster) -> None:
    opened(station, cluster)
    replies = station.slack.replies()
    station.clock.forward(seconds=MUTES_KEPT.total_seconds())
    station.mute(f"account:{ACCOUNT}")

    station.sweep()

    message = station.only_message()
    assert (station.states(), color(message)) == (["muted"], "#8D8D8D")
    assert UNMUTE in actions(message)
    assert MUTE not in actions(message)
    assert f"`account {ACCOUNT}` is muted by <@{ALICE}> until" in words_of(message)
    assert "the new AMI" in words_of(message)
    assert (aloud(station), station.slack.replies()) == ([], replies)
    assert recorded(station) == 0


def test_what_may_not_be_edited_any_more_is_not_said_anew_while_it_is_muted(station: Station, cluster: Cluster) -> None:
    opened(station, cluster)
    first = station.only_message()["ts"]
    station.clock.forward(seconds=MUTES_KEPT.total_seconds())
    station.mute(f"account:{ACCOUNT}", minutes=30)
    station.slack.fault("chat.update", "word", word="edit_window_closed", times=2)

    station.sweep()
    assert [message["ts"] for message in bulletins(station)] == [first]
    station.clock.forward(minutes=30)
    watch(station, 2)

    assert [message["ts"] > first for message in bulletins(station)] == [False, True]
    assert color(bulletins(station)[-1]) == "#D93025"


def test_new_trouble_joins_a_grey_message_silently(station: Station, cluster: Cluster) -> None:
    opened(station, cluster)
    station.mute(ORGANIZATION)
    station.sweep()

    opened(station, cluster)
    watch(station, 1)

    assert "2 instances" in station.only_message()["text"]
    assert station.states() == ["muted"]
    assert aloud(station) == []
    assert recorded(station) == 1


def test_a_grey_message_turns_green_when_it_is_over(station: Station, cluster: Cluster) -> None:
    instance = opened(station, cluster)
    station.mute(ORGANIZATION)
    station.sweep()
    station.reconnect(cluster, instance)

    watch(station, 1)

    assert station.states() == ["resolved"]
    assert UNMUTE not in actions(station.only_message())
    assert aloud(station) == []
    assert station.finished()


def test_trouble_that_begins_again_while_muted_tells_nobody(station: Station, cluster: Cluster) -> None:
    """A message that was over a moment ago goes on; but for the mute it would say so aloud."""
    instance = opened(station, cluster)
    station.reconnect(cluster, instance)
    watch(station, 1)
    station.mute(ORGANIZATION, minutes=30)

    station.disconnect(cluster, instance)
    station.wait(seconds=PATIENCE)

    assert station.states() == ["muted"]
    assert aloud(station) == []
    station.unmute(ORGANIZATION)
    station.wait(seconds=MUTES_KEPT.total_seconds())
    watch(station, 2)
    (message,) = bulletins(station)
    assert color(message) == "#D93025"
    (said_again,) = aloud(station)
    assert said_again.startswith("*no longer muted, still in trouble*: ECS agent disconnected on 1 instance: `prod-")


def test_a_message_that_goes_on_after_a_mute_says_so_once(station: Station, cluster: Cluster) -> None:
    instance = opened(station, cluster)
    station.mute(ORGANIZATION, minutes=5)
    station.sweep()
    station.reconnect(cluster, instance)
    watch(station, 5)
    assert station.bulletin(cluster).episode.closed

    station.disconnect(cluster, instance)
    station.wait(seconds=PATIENCE)

    assert len(aloud(station)) == 1
    assert "reopened" in aloud(station)[0]


def test_a_function_that_has_read_mutes_sees_a_new_one_after_some_seconds(station: Station, cluster: Cluster) -> None:
    muting = station.reconciler.muting
    assert muting.of(cluster) is None
    station.mute(ORGANIZATION)
    assert muting.of(cluster) is None

    station.clock.forward(seconds=MUTES_KEPT.total_seconds())

    assert muting.of(cluster) is not None


def test_a_look_that_somebody_has_caused_knows_what_they_have_just_muted_or_not(
    station: Station, cluster: Cluster
) -> None:
    station.mute(ORGANIZATION)
    opened(station, cluster)
    reconciler = station.reconciler
    reconciler.look(Hint(cluster, Why.AGAIN), 1)
    station.unmute(ORGANIZATION)

    reconciler.look(Hint(cluster, Why.REQUEST), 1)
    station.wait(seconds=2 * SETTLES.total_seconds())

    assert len(bulletins(station)) == 1


# A function that has read mutes before goes by them, on condition that none has been changed since


def lost(station: Station, cluster: Cluster, reconciler: Reconciler) -> None:
    """An agent whose grace is over, and the look of a function that has been at work before."""
    instance, _ = station.quiet(cluster)
    station.clock.forward(seconds=GRACE.total_seconds())
    drop = Drop(instance, station.clock() - GRACE, station.fleet.known(cluster, instance).version)
    reconciler.look(Hint(cluster, Why.STATE_CHANGE, (drop,)), 1)


def test_a_lone_alarm_reads_no_mutes_where_none_has_been_changed(station: Station, cluster: Cluster) -> None:
    reconciler = station.reconciler
    reconciler.muting.of(cluster)
    station.clock.forward(seconds=30)
    # Nobody has told that these are changed, as only an earlier release does: so it shows who reads them.
    unseen = Mute(Scope(), NOON + timedelta(hours=9), ALICE, "", NOON, id="mute-0123456789")
    station.store.keep_mute(unseen)

    lost(station, cluster, reconciler)

    assert len(bulletins(station)) == 1


@pytest.mark.parametrize(
    ("before", "seconds"),
    [
        pytest.param(0, 1, id="at once"),
        pytest.param(0, 100, id="a little later"),
        pytest.param(50, 1, id="by somebody who has taken long to write it"),
    ],
)
def test_a_lone_alarm_is_silent_by_a_mute_that_its_function_has_not_read(
    station: Station, cluster: Cluster, before: int, seconds: int
) -> None:
    reconciler = station.reconciler
    reconciler.muting.of(cluster)
    began = station.clock() - timedelta(seconds=before)
    station.clock.forward(seconds=seconds)
    mute = Mute(Scope(), began + timedelta(hours=1), ALICE, "", began, id="mute-0123456789")
    station.store.keep_mute(mute, changed=began)

    lost(station, cluster, reconciler)

    assert bulletins(station) == []
    assert recorded(station) == 1


def test_a_lone_alarm_speaks_where_a_mute_that_its_function_has_read_has_been_ended(
    station: Station, cluster: Cluster
) -> None:
    station.mute(ORGANIZATION)
    station.clock.forward(minutes=2)
    reconciler = station.reconciler
    reconciler.muting.of(cluster)
    station.clock.forward(seconds=5)
    station.unmute(ORGANIZATION)

    lost(station, cluster, reconciler)

    assert len(bulletins(station)) == 1


def test_what_was_read_too_long_ago_is_read_anew_whatever_was_noted(station: Station, cluster: Cluster) -> None:
    reconciler = station.reconciler
    reconciler.muting.of(cluster)
    station.store.keep_mute(Mute(Scope(), NOON + timedelta(hours=9), ALICE, "", NOON, id="mute-0123456789"))
    station.clock.forward(seconds=MUTES_HOLD.total_seconds())

    lost(station, cluster, reconciler)

    assert bulletins(station) == []


# When it ends


@pytest.mark.parametrize("early", [False, True], ids=["by itself", "early"])
def test_what_was_never_posted_is_posted_once_when_the_mute_ends(
    station: Station, cluster: Cluster, *, early: bool
) -> None:
    station.mute(ORGANIZATION, minutes=30)
    opened(station, cluster)
    watch(station, 5)
    if early:
        station.unmute(ORGANIZATION)
    else:
        station.clock.forward(minutes=30)

    watch(station, 3)

    (message,) = bulletins(station)
    assert color(message) == "#D93025"
    assert UNMUTE not in actions(message)
    assert aloud(station) == []
    assert not station.bulletin(cluster).episode.muted


@pytest.mark.parametrize("early", [False, True], ids=["by itself", "early"])
def test_what_stands_there_turns_red_and_says_so_aloud_once(station: Station, cluster: Cluster, *, early: bool) -> None:
    opened(station, cluster)
    station.mute(ORGANIZATION, minutes=30)
    watch(station, 2)
    if early:
        station.unmute(ORGANIZATION)
    else:
        station.clock.forward(minutes=30)

    watch(station, 4)

    (message,) = bulletins(station)
    assert color(message) == "#D93025"
    (said_again,) = aloud(station)
    assert said_again.startswith("*no longer muted, still in trouble*: ECS agent disconnected on 1 instance: `prod-")


def test_many_that_are_heard_of_again_together_are_a_storm(station: Station) -> None:
    station.slack.workspace.budgets.on = True
    station.mute(ORGANIZATION, minutes=30)
    clusters = strike(station, MANY + 5)
    station.wait(seconds=PATIENCE)
    watch(station, 2)
    assert station.slack.messages() == []
    assert station.store.open_storms() == []
    assert recorded(station) == len(clusters)
    station.clock.forward(minutes=30)

    watch(station, 3)

    assert f"of {MANY + 5} clusters" in storm_message(station)["text"]
    assert in_channel(station) == []
    assert sum(bool(own(reply)) for reply in storm_message(station)["replies"]) == len(clusters)


def test_muted_clusters_make_no_storm_and_do_not_count_in_one(station: Station) -> None:
    muted, heard = strike(station, 5), strike(station, MANY, first=50)
    for cluster in muted:
        station.mute(f"cluster:{cluster.key}")
    station.wait(seconds=PATIENCE + 30)
    station.sweep()
    assert station.store.open_storms() == []
    assert sorted(in_channel(station)) == ids(station, heard)

    strike(station, 1, first=90)
    station.wait(seconds=GRACE.total_seconds() + 10)
    station.sweep()
    station.wait(seconds=30)

    assert f"of {MANY + 1} clusters" in storm_message(station)["text"]


def test_a_storm_whose_clusters_are_muted_is_over_and_says_why(station: Station) -> None:
    clusters = strike(station, MANY + 2)
    station.wait(seconds=PATIENCE + 30)
    station.mute(ORGANIZATION)
    recover(station, *clusters[:3])

    watch(station, 2)

    said_last = words_of(storm_message(station))
    assert "9 clusters in trouble are muted. All others have recovered." in said_last


# A post in doubt


def test_a_mute_finds_what_a_lost_answer_has_left_in_the_channel(station: Station, cluster: Cluster) -> None:
    station.slack.fault("chat.postMessage", "lost_answer")
    station.quiet(cluster)
    station.wait(seconds=GRACE.total_seconds() + 3)
    assert station.bulletin(cluster).slack.doubt_since
    station.mute(ORGANIZATION)

    station.wait(seconds=60)
    watch(station, 1)

    assert station.states() == ["muted"]
    assert station.bulletin(cluster).slack.handle == station.only_message()["ts"]


def test_a_mute_posts_nothing_when_the_post_in_doubt_never_arrived(station: Station, cluster: Cluster) -> None:
    station.slack.fault("chat.postMessage", "server_error")
    station.quiet(cluster)
    station.wait(seconds=GRACE.total_seconds() + 3)
    assert station.bulletin(cluster).slack.doubt_since
    station.mute(ORGANIZATION, minutes=10)

    station.wait(seconds=60)
    watch(station, 1)

    assert station.slack.messages() == []
    assert station.bulletin(cluster).slack.doubt_since is None
    station.clock.forward(minutes=10)
    watch(station, 2)
    assert len(bulletins(station)) == 1


def test_trouble_that_ends_while_muted_and_in_doubt_is_not_posted(station: Station, cluster: Cluster) -> None:
    station.slack.fault("chat.postMessage", "server_error")
    instance, _ = station.quiet(cluster)
    station.wait(seconds=GRACE.total_seconds() + 3)
    station.mute(ORGANIZATION, minutes=10)
    station.wait(seconds=60)
    station.reconnect(cluster, instance)

    watch(station, 2)

    assert station.slack.messages() == []
    assert station.finished()


# Windows of the policy


WINDOW = """
[[windows]]
days = "daily"
start = "11:30"
length = "1h"
zone = "UTC"
reason = "patch day"
where = { cluster = ["prod-*"] }
"""


def test_a_window_of_the_policy_mutes_and_cannot_be_taken_back(station: Station, cluster: Cluster) -> None:
    station.govern(WINDOW)
    elsewhere = station.fleet.cluster("batch")
    opened(station, elsewhere)
    opened(station, cluster)
    watch(station, 2)
    assert len(bulletins(station)) == 1
    assert station.store.mutes() == []
    window = station.reconciler.muting.of(cluster)
    assert window
    assert station.store.recorded(window) == 0

    station.clock.forward(hours=1)
    watch(station, 2)

    assert len(bulletins(station)) == 2
    assert said(station) == []


def test_a_message_that_a_window_silences_says_why_and_has_no_button(station: Station, cluster: Cluster) -> None:
    station.govern(WINDOW.replace("11:30", "12:10"))
    opened(station, cluster)
    station.clock.forward(minutes=10)

    watch(station, 1)

    message = station.only_message()
    assert color(message) == "#8D8D8D"
    assert "is muted in a maintenance window until" in words_of(message)
    assert "patch day" in words_of(message)
    assert not {MUTE, UNMUTE} & actions(message)


def test_a_window_may_be_of_a_monitoring_group(station: Station, cluster: Cluster) -> None:
    station.govern(WINDOW.replace('cluster = ["prod-*"]', 'group = ["prod"]'))
    rules = station.reconciler.rules
    account = rules.accounts.of(cluster.account)

    assert rules.window(cluster, account, NOON, "prod") is not None
    assert rules.window(cluster, account, NOON, "batch") is None
    assert rules.window(cluster, account, NOON) is None  # nobody could read the group: alerts fail open


# Digest and warning


def test_the_digest_is_said_once_with_what_came_up_and_what_is_left(station: Station, cluster: Cluster) -> None:
    old = opened(station, cluster)
    station.clock.forward(minutes=20)
    station.mute(f"account:{ACCOUNT}", minutes=30)
    other = station.fleet.cluster("prod-search")
    back, _ = station.quiet(other)
    station.quiet(other)
    station.wait(seconds=PATIENCE)
    station.reconnect(other, back)
    watch(station, 1)
    station.clock.forward(minutes=30)

    watch(station, 3)

    (digest,) = said(station)
    assert digest.startswith(f"`account {ACCOUNT}` is no longer muted. Meanwhile 2 incidents came up; over by now: 1.")
    assert "Still in trouble: 2 instances of 2 clusters, told of in their clusters' messages." in digest
    assert old in station.incidents(cluster)
    (mute,) = station.store.mutes()
    assert mute.told_at


def test_the_digest_says_what_stays_muted_by_something_else(station: Station, cluster: Cluster) -> None:
    station.mute(ORGANIZATION, minutes=30)
    station.mute(f"cluster:{cluster.key}", hours=3)
    opened(station, cluster)
    opened(station, station.fleet.cluster("prod-search"))
    station.clock.forward(minutes=30)

    watch(station, 2)

    (digest,) = said(station)
    assert "Still in trouble: 2 instances of 2 clusters; 1 of these are muted by something else." in digest
    assert len(bulletins(station)) == 1


def test_a_mute_under_which_nothing_happened_says_so(station: Station) -> None:
    station.mute(ORGANIZATION, minutes=30)
    station.unmute(ORGANIZATION)

    watch(station, 2)

    assert said(station) == ["`the whole organization` is no longer muted. Nothing happened meanwhile."]


def test_who_muted_for_long_is_warned_once_before_it_ends(station: Station) -> None:
    station.mute(ORGANIZATION, hours=4)
    station.clock.forward(hours=2, minutes=59)
    watch(station, 1)
    assert len(said(station)) == 1
    watch(station, 3)

    (warning,) = station.messages()
    assert warning["text"].startswith(f"<@{ALICE}>, `the whole organization` is muted until")
    assert UNMUTE in {button["action_id"] for button in buttons(warning["blocks"])}


def test_a_short_mute_ends_without_a_warning(station: Station) -> None:
    station.mute(ORGANIZATION, hours=3)
    station.clock.forward(hours=2, minutes=30)

    watch(station, 1)

    assert said(station) == []


def test_it_is_said_where_the_mute_was_asked_for(station: Station) -> None:
    station.mute(ORGANIZATION, channel=SECOND_CHANNEL, hours=4)
    station.clock.forward(hours=3, minutes=30)
    watch(station, 1)
    station.clock.forward(hours=1)
    watch(station, 1)

    assert len(said(station, SECOND_CHANNEL)) == 2
    assert said(station) == []


@pytest.mark.parametrize("channel", ["C0ARCHIVE", "C0PUBLIC1", "C0NOWHERE", CHANNEL])
def test_where_that_channel_is_lost_it_is_said_in_the_default_one(station: Station, channel: str) -> None:
    station.mute(ORGANIZATION, channel=channel, minutes=10)
    station.clock.forward(minutes=10)

    watch(station, 2)

    assert len(said(station)) == 1


@pytest.mark.product
@pytest.mark.parametrize("channel", ["", "C0NOWHERE", CHANNEL])
@pytest.mark.parametrize("left", [timedelta(0), timedelta(minutes=59)], ids=["digest", "warning"])
def test_where_the_default_channel_is_lost_too_it_is_said_in_the_fallback(
    station: Station, channel: str, left: timedelta
) -> None:
    station.govern(f'[slack]\nfallback_channel = "{SECOND_CHANNEL}"\n')
    station.slack.change(CHANNEL, archived=True)
    mute = station.mute(ORGANIZATION, channel=channel, hours=4)
    station.clock.forward(seconds=(mute.until - left - station.clock()).total_seconds())

    watch(station, 3)

    assert len(said(station, SECOND_CHANNEL)) == 1
    assert said(station) == []
    assert station.at_rest()


def test_where_every_channel_is_lost_it_is_said_once_one_is_mended(station: Station) -> None:
    station.govern('[slack]\nfallback_channel = "C0NOWHERE"\n')
    station.slack.change(CHANNEL, archived=True)
    station.mute(ORGANIZATION, minutes=10)
    station.clock.forward(minutes=10)
    watch(station, 3)

    station.slack.change(CHANNEL, archived=False)
    watch(station, 3)

    assert len(said(station)) == 1


@pytest.mark.parametrize("hours", [1, 4], ids=["digest", "warning"])
def test_what_slack_does_not_take_is_asked_for_again(station: Station, hours: int) -> None:
    station.mute(ORGANIZATION, hours=hours)
    station.clock.forward(hours=1 if hours == 1 else 3)
    station.slack.fault("chat.postMessage", "server_error", times=2)

    watch(station, 2)
    assert said(station) == []
    assert station.at_rest()
    watch(station, 2)

    assert len(said(station)) == 1


def test_the_sweep_asks_for_mutes_that_end_and_for_no_others(station: Station) -> None:
    for scope, hours in (("account:222233334444", 4), ("account:333344445555", 1), (ORGANIZATION, 48)):
        station.mute(scope, hours=hours)
    station.clock.forward(hours=3)

    station.sweeper.unfinished()

    asked = [from_message(body) for body in station.mail.bodies(station.mail.looks)]
    assert sorted(hint.scope for hint in asked if isinstance(hint, MuteHint)) == [
        "account:222233334444",
        "account:333344445555",
    ]
    assert len(asked) == 2


def test_who_is_asked_twice_says_it_once(station: Station) -> None:
    mute = station.mute(ORGANIZATION, minutes=1)
    station.clock.forward(minutes=1)
    muting = station.reconciler.muting

    for _ in range(2):
        muting.attend(mute.key)

    assert len(said(station)) == 1


def test_nobody_is_told_of_a_mute_that_is_none(station: Station) -> None:
    station.reconciler.muting.attend(ORGANIZATION)

    assert station.slack.messages() == []


def test_counts_are_of_one_mute_each(station: Station, cluster: Cluster) -> None:
    """Each of several mutes has what came up while it lasted, whichever lasts longest."""
    wide = station.mute(ORGANIZATION, minutes=10)
    narrow = station.mute(f"cluster:{cluster.key}", minutes=20)
    opened(station, cluster)
    assert [station.store.recorded(mute) for mute in (wide, narrow)] == [1, 1]

    again = station.mute(f"cluster:{cluster.key}", minutes=30)
    opened(station, cluster)

    assert [station.store.recorded(mute) for mute in (wide, narrow, again)] == [2, 2, 1]


def test_two_mutes_of_one_place_that_begin_at_once_count_apart(station: Station, cluster: Cluster) -> None:
    one, other = (station.mute(f"cluster:{cluster.key}", by=by) for by in (ALICE, BOB))
    assert one.since == other.since

    opened(station, cluster)

    assert [station.store.recorded(mute) for mute in (one, other)] == [1, 1]


# Side by side


def test_a_shorter_mute_beside_a_longer_one_ends_alone_and_says_that_it_stays_muted(
    station: Station, cluster: Cluster
) -> None:
    station.mute(f"cluster:{cluster.key}", hours=2)
    station.mute(f"cluster:{cluster.key}", by=BOB, minutes=30, reason="a short deploy")
    opened(station, cluster)
    station.clock.forward(minutes=30)

    watch(station, 3)

    (digest,) = said(station)
    assert f"A mute of `cluster {cluster.name} in {REGION}, account {ACCOUNT}` is over; it stays muted until" in digest
    assert f"by <@{ALICE}>. Meanwhile 1 incident came up" in digest
    assert "1 of these are muted by something else" in digest
    assert bulletins(station) == []
    station.clock.forward(hours=2)
    watch(station, 3)
    assert len(bulletins(station)) == 1
    assert "is no longer muted. Meanwhile 1 incident came up" in said(station)[-1]
    assert len(said(station)) == 2


def test_a_grey_message_shows_the_mute_that_lasts_longest_and_its_button_ends_that_one(
    station: Station, cluster: Cluster
) -> None:
    station.mute(f"cluster:{cluster.key}", hours=1)
    longer = station.mute(f"cluster:{cluster.key}", by=BOB, hours=2)
    first = opened(station, station.fleet.cluster("prod-search"))
    assert first
    opened(station, cluster)
    assert len(bulletins(station)) == 1  # and nothing of the muted one
    drawn = station.reconciler.muting.of(cluster)

    assert drawn == longer
    station.store.keep_mute(replace(longer, ended_at=station.clock()))
    left = station.reconciler.muting.of(cluster, anew=True)
    assert left is not None
    assert (left.by, left.id != longer.id) == (ALICE, True)


def test_the_author_of_a_long_mute_hears_who_mutes_it_for_longer(station: Station) -> None:
    station.mute(ORGANIZATION, hours=4)
    station.mute(ORGANIZATION, by=BOB, hours=9)
    station.clock.forward(hours=3, minutes=30)

    watch(station, 2)

    (warning,) = said(station)
    assert warning.startswith(f"<@{ALICE}>, your mute of `the whole organization` ends")
    assert "it stays muted until" in warning
    assert warning.endswith(f"by <@{BOB}>.")
