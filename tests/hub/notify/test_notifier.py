"""Stories of where bulletins go: routes of the policy, owners, reminders, channels that are lost."""

import pytest

from hub.incidents.incident import Incident, acknowledge
from hub.incidents.mute import Mute
from hub.incidents.storm import MANY
from hub.policy.source import POLICY_KEPT
from hub.scopes.account import Account
from hub.scopes.scope import Scope
from spoke.places import Cluster
from tests.hub.factories import ALICE, CHANNEL, GRACE, NOON, Json
from tests.hub.notify.channels import THIRD, aloud, bulletins, color, opened, own, said, strike, watch
from tests.hub.rendering import words_of
from tests.hub.station import Station
from tests.spoke.fleet import ACCOUNT

PATIENCE = GRACE.total_seconds() + 30
SECOND = "C0SECOND1"
ARCHIVED = "C0ARCHIVE"
OWNERS = "S0PAYMENTS"

ROUTE = f"""
[[routes]]
where = {{ cluster = ["prod-*"] }}
channel = "{SECOND}"
owners = ["{OWNERS}", "{ALICE}"]
"""
REMINDERS = f"""
[[routes]]
where = {{ cluster = ["prod-*"] }}
owners = ["{OWNERS}"]
remind_after = "30m"
"""


@pytest.fixture
def cluster(station: Station) -> Cluster:
    return station.fleet.cluster()


def states(station: Station, channel: str) -> list[str]:
    """How a channel's bulletins say that things stand, oldest first."""
    return [
        message["metadata"]["event_payload"]["state"] for message in station.slack.messages(channel) if own(message)
    ]


def blocks_of(message: Json) -> str:
    """What the message's own blocks say, in which Slack tells people."""
    return words_of({**message, "attachments": []})


# Routes


def test_a_bulletin_goes_to_the_channel_of_its_route_and_mentions_the_owners(
    station: Station, cluster: Cluster
) -> None:
    station.govern(ROUTE)
    opened(station, station.fleet.cluster("batch"))

    opened(station, cluster)

    assert states(station, CHANNEL) == states(station, SECOND) == ["open"]
    (message,) = station.slack.messages(SECOND)
    assert f"<!subteam^{OWNERS}> <@{ALICE}>" in blocks_of(message)
    assert OWNERS not in str(message["attachments"])
    assert OWNERS not in words_of(station.only_message())


def test_another_route_is_for_new_episodes(station: Station, cluster: Cluster) -> None:
    instance = opened(station, cluster)
    station.govern(ROUTE)
    station.clock.forward(seconds=POLICY_KEPT.total_seconds())
    opened(station, cluster)
    assert states(station, CHANNEL) == ["open"]
    assert "2 instances" in station.only_message()["text"]
    for each in station.incidents(cluster):
        station.reconnect(cluster, each)
    watch(station, 1)
    station.clock.forward(hours=1)

    station.disconnect(cluster, instance)
    station.wait(seconds=PATIENCE)

    assert states(station, CHANNEL) == ["resolved"]
    assert states(station, SECOND) == ["open"]


def test_a_route_may_ask_how_bad_it_is(station: Station) -> None:
    station.govern(f'[[routes]]\nwhere = {{ severity = ["critical"] }}\nchannel = "{SECOND}"\n')
    small, large = station.fleet.cluster("small"), station.fleet.cluster("large")
    opened(station, small)
    for host in station.fleet.hosts(6):
        station.quiet(large, host)

    station.wait(seconds=PATIENCE)

    assert [own(message).split("#")[0] for message in station.slack.messages(SECOND)] == [large.key]
    assert [own(message).split("#")[0] for message in station.messages()] == [small.key]


@pytest.mark.parametrize(
    ("where", "fits"),
    [('account_tag = ["team=payments"]', True), ('account = ["Search"]', False), ('unit = ["ou-ab12-11112222"]', True)],
)
def test_a_route_may_ask_about_the_account(station: Station, cluster: Cluster, where: str, *, fits: bool) -> None:
    known = Account(ACCOUNT, "Payments", units=("ou-ab12-11112222",), tags=(("team", "payments"),))
    station.store.keep_accounts([known], now=NOON)
    station.govern(f'[[routes]]\nwhere = {{ {where} }}\nchannel = "{SECOND}"\n')

    opened(station, cluster)

    assert states(station, SECOND if fits else CHANNEL) == ["open"]


@pytest.mark.parametrize("policy", ["[[routes", None], ids=["bad", "none there"])
def test_a_policy_that_nobody_can_read_leaves_the_default_channel(
    station: Station, cluster: Cluster, policy: str | None
) -> None:
    if policy:
        station.govern(policy)
    else:
        station.policy_place = "ssm:/nowhere"

    opened(station, cluster)

    assert states(station, CHANNEL) == ["open"]


# Reminders


def test_what_nobody_acknowledges_is_said_again_once_with_the_owners(station: Station, cluster: Cluster) -> None:
    station.govern(REMINDERS)
    opened(station, cluster)
    watch(station, 28)
    assert aloud(station) == []

    watch(station, 10)

    (reminder,) = aloud(station)
    assert reminder.startswith(f"<!subteam^{OWNERS}> Nobody has acknowledged this for 30 min: ECS agent disconnected")
    (message,) = bulletins(station)
    assert reminder in [reply["text"] for reply in message["replies"]]


def test_without_a_time_in_the_policy_nobody_is_reminded(station: Station, cluster: Cluster) -> None:
    station.govern(ROUTE.replace(f'channel = "{SECOND}"', ""))
    opened(station, cluster)

    station.clock.forward(hours=5)
    watch(station, 2)

    assert aloud(station) == []


def taken(current: Incident) -> tuple[Incident, list[object]]:
    return acknowledge(current, ALICE, NOON), []


@pytest.mark.parametrize("how", ["acknowledged", "muted", "resolved"])
def test_of_what_is_taken_care_of_nobody_is_reminded(station: Station, cluster: Cluster, how: str) -> None:
    station.govern(REMINDERS)
    instance = opened(station, cluster)
    if how == "acknowledged":
        incident = station.incidents(cluster)[instance]
        station.lifecycle.change(cluster, instance, incident.id, taken)  # type: ignore[arg-type]  # without entries
    elif how == "muted":
        station.mute("organization", hours=2)
    else:
        station.reconnect(cluster, instance)
    watch(station, 1)

    station.clock.forward(minutes=40)
    watch(station, 2)

    assert aloud(station) == []


def test_what_has_just_come_up_is_not_reminded_of_though_the_bulletin_is_old(
    station: Station, cluster: Cluster
) -> None:
    station.govern(REMINDERS)
    old = opened(station, cluster)
    station.lifecycle.change(cluster, old, station.incidents(cluster)[old].id, taken)  # type: ignore[arg-type]  # no entries
    watch(station, 40)

    opened(station, cluster)
    watch(station, 25)

    assert states(station, CHANNEL) == ["open"]
    assert aloud(station) == []
    watch(station, 10)
    (reminder,) = aloud(station)
    assert "Nobody has acknowledged this for 30 min: ECS agent disconnected on 1 instance:" in reminder


def test_what_comes_up_after_a_reminder_has_one_of_its_own(station: Station, cluster: Cluster) -> None:
    station.govern(REMINDERS)
    opened(station, cluster)
    watch(station, 35)
    assert len(aloud(station)) == 1

    opened(station, cluster)
    watch(station, 65)

    first, second, again = aloud(station)
    assert "Nobody has acknowledged this for 30 min: ECS agent disconnected on 1 instance:" in first
    assert "Nobody has acknowledged this for 30 min: ECS agent disconnected on 1 instance:" in second
    assert "Nobody has acknowledged this for 1 h 30 min: ECS agent disconnected on 1 instance:" in again


def test_in_the_thread_of_a_storm_nobody_is_reminded(station: Station) -> None:
    station.govern(REMINDERS.replace("prod-*", "*"))
    strike(station, MANY + 1)
    station.wait(seconds=PATIENCE + 30)
    assert len(station.messages()) == 1

    station.clock.forward(minutes=40)
    watch(station, 2)

    assert aloud(station) == []


def test_who_hears_of_it_again_after_a_mute_is_not_reminded_besides(station: Station, cluster: Cluster) -> None:
    station.govern(REMINDERS)
    opened(station, cluster)
    station.mute("organization", hours=1)
    watch(station, 1)
    station.clock.forward(hours=1)

    watch(station, 3)

    (said_again,) = aloud(station)
    assert said_again.startswith(
        f"<!subteam^{OWNERS}> *no longer muted, still in trouble*: ECS agent disconnected on 1 "
    )
    assert f"`{cluster.name}` in {cluster.region}, account {cluster.account}." in said_again


def test_a_first_post_after_a_mute_is_reminded_of_later(station: Station, cluster: Cluster) -> None:
    station.govern(REMINDERS)
    station.mute("organization", hours=1)
    opened(station, cluster)
    station.clock.forward(hours=1)
    watch(station, 20)
    assert len(bulletins(station)) == 1
    assert aloud(station) == []

    watch(station, 15)

    assert len(aloud(station)) == 1


def test_a_reminder_that_slack_does_not_take_is_said_later(station: Station, cluster: Cluster) -> None:
    station.govern(REMINDERS)
    opened(station, cluster)
    station.clock.forward(minutes=30)
    station.slack.fault("chat.postMessage", "server_error")
    station.sweep()
    assert aloud(station) == []

    watch(station, 2)

    assert len(aloud(station)) == 1


def test_reminders_go_by_the_route_of_how_bad_it_is(station: Station, cluster: Cluster) -> None:
    station.govern('[[routes]]\nwhere = { severity = ["warning"] }\nremind_after = "30m"\n')
    opened(station, cluster)

    station.clock.forward(minutes=31)
    watch(station, 1)

    assert len(aloud(station)) == 1


# Channels that are lost


LOST = {
    "archived": {"archived": True},
    "without the bot": {"bot_is_member": False},
    "hidden from the bot": {"bot_is_member": False, "private": True},
}


@pytest.mark.parametrize("channel", [ARCHIVED, "C0PUBLIC1", "C0PRIVATE", "C0NOWHERE"])
def test_a_channel_that_is_lost_before_the_first_post_costs_nothing(
    station: Station, cluster: Cluster, channel: str
) -> None:
    station.govern(ROUTE.replace(SECOND, channel) + '[slack]\noperators = ["S0OPERATE"]\n')

    opened(station, cluster)
    station.wait(seconds=30)

    assert states(station, CHANNEL) == ["open"]
    (told,) = said(station)
    assert told.startswith(f"<!subteam^S0OPERATE> Channel `{channel}` cannot be posted to: Slack says")
    assert station.bulletin(cluster).slack.address == CHANNEL
    assert station.at_rest()


@pytest.mark.parametrize("how", LOST.values(), ids=LOST)
def test_a_channel_that_is_lost_later_is_left_for_the_fallback(
    station: Station, cluster: Cluster, how: dict[str, object]
) -> None:
    station.govern(ROUTE + f'[slack]\nfallback_channel = "{THIRD}"\n')
    opened(station, cluster)
    assert states(station, SECOND) == ["open"]
    station.slack.change(SECOND, **how)

    late = opened(station, cluster)
    station.wait(seconds=30)
    watch(station, 1)

    assert states(station, THIRD) == ["open"]
    assert len(said(station, THIRD)) == 1
    assert station.slack.messages() == []
    (message,) = [message for message in station.slack.messages(THIRD) if own(message)]
    assert station.incidents(cluster)[late].sighting.host in words_of(message)
    for instance in station.incidents(cluster):
        station.reconnect(cluster, instance)
    watch(station, 1)
    assert states(station, THIRD) == ["resolved"]
    assert station.finished()
    assert station.at_rest()


@pytest.mark.parametrize("how", LOST.values(), ids=LOST)
def test_a_reminder_finds_a_lost_channel_and_is_said_in_the_fallback(
    station: Station, cluster: Cluster, how: dict[str, object]
) -> None:
    station.govern(ROUTE + f'remind_after = "30m"\n[slack]\nfallback_channel = "{THIRD}"\n')
    opened(station, cluster)
    station.slack.change(SECOND, **how)
    watch(station, 20)
    assert station.slack.messages(THIRD) == []

    watch(station, 20)

    (message,) = [message for message in station.slack.messages(THIRD) if own(message)]
    assert states(station, THIRD) == ["open"]
    assert f"<!subteam^{OWNERS}>" in blocks_of(message)
    (reminder,) = [reply["text"] for reply in message["replies"]]
    assert "Nobody has acknowledged this for 30 min" in reminder
    assert len(said(station, THIRD)) == 1
    assert station.bulletin(cluster).slack.address == THIRD
    assert station.at_rest()


def test_a_reminder_that_has_nowhere_to_go_keeps_the_bulletin_where_it_is(station: Station, cluster: Cluster) -> None:
    station.govern(REMINDERS)
    opened(station, cluster)
    station.slack.change(CHANNEL, archived=True)

    watch(station, 40)

    assert states(station, CHANNEL) == ["open"]
    station.slack.change(CHANNEL, archived=False)
    watch(station, 1)
    assert len(aloud(station)) == 1
    assert station.at_rest()


def test_a_bulletin_moves_also_when_operators_cannot_be_told(
    station: Station, cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    station.govern(ROUTE)
    opened(station, cluster)
    station.slack.change(SECOND, archived=True)
    station.slack.fault("chat.postMessage", "server_error")

    opened(station, cluster)
    station.wait(seconds=30)

    assert states(station, CHANNEL) == ["open"]
    assert said(station) == []
    assert "channel.untold" in caplog.text
    assert "group.failed" not in caplog.text


def test_operators_are_told_once_an_hour_of_each_channel(station: Station) -> None:
    station.govern(ROUTE.replace(SECOND, ARCHIVED))
    for number in range(3):
        opened(station, station.fleet.cluster(f"prod-{number}"))
    station.wait(seconds=30)
    assert len(said(station)) == 1
    assert states(station, CHANNEL) == ["open"] * 3
    station.clock.forward(hours=1)

    opened(station, station.fleet.cluster("prod-late"))
    station.wait(seconds=30)

    assert len(said(station)) == 2
    assert states(station, CHANNEL) == ["open"] * 4


def test_where_the_fallback_is_lost_too_the_default_channel_is_left(station: Station, cluster: Cluster) -> None:
    station.govern(ROUTE.replace(SECOND, ARCHIVED) + '[slack]\nfallback_channel = "C0NOWHERE"\n')

    opened(station, cluster)
    station.wait(seconds=60)

    assert states(station, CHANNEL) == ["open"]
    assert len(said(station)) == 1
    assert station.at_rest()


def test_where_every_channel_is_lost_the_sweep_tries_until_one_is_mended(station: Station, cluster: Cluster) -> None:
    """And nobody is kept busy meanwhile: a try of the sweep a minute, no more."""
    station.govern(ROUTE.replace(SECOND, ARCHIVED) + '[slack]\nfallback_channel = "C0NOWHERE"\n')
    station.slack.change(CHANNEL, archived=True)
    opened(station, cluster)
    station.wait(minutes=10)
    station.counted.clear()
    watch(station, 5)
    assert station.counted["looks"] == 5
    assert station.counted["moved"] == 0
    assert station.counted["unannounced"] == 5

    station.slack.change(CHANNEL, archived=False)
    watch(station, 1)

    assert states(station, CHANNEL) == ["open"]


def test_a_lost_channel_of_the_stack_leaves_the_policys_fallback(station: Station, cluster: Cluster) -> None:
    station.govern(f'[slack]\nfallback_channel = "{THIRD}"\n')
    station.slack.change(CHANNEL, archived=True)

    opened(station, cluster)
    station.wait(seconds=30)

    assert states(station, THIRD) == ["open"]


def test_a_storm_whose_channel_is_lost_goes_on_elsewhere(station: Station) -> None:
    station.govern(f'[slack]\nfallback_channel = "{THIRD}"\n')
    station.slack.change(CHANNEL, archived=True)
    clusters = strike(station, MANY + 3)

    station.wait(seconds=PATIENCE + 60)
    watch(station, 3)

    assert {station.bulletin(cluster).slack.address for cluster in clusters} == {THIRD}
    everything = [*station.slack.messages(THIRD)]
    everything += [reply for message in everything for reply in message["replies"]]
    assert sorted({own(message) for message in everything} - {""}) == sorted(station.bulletin(c).id for c in clusters)
    assert [storm.channel for storm in station.store.open_storms()] == [THIRD]
    assert station.at_rest()


@pytest.mark.parametrize("told", [0, 5])
def test_a_storm_whose_channel_is_lost_half_way_says_the_rest_elsewhere(station: Station, told: int) -> None:
    station.slack.workspace.budgets.on = True
    station.govern(f'[slack]\nfallback_channel = "{THIRD}"\n')
    clusters = strike(station, MANY + 6)
    station.wait(seconds=PATIENCE - 5)
    while not station.messages() or sum(bool(station.bulletin(cluster).slack.handle) for cluster in clusters) < told:
        station.wait(seconds=1)
    station.slack.change(CHANNEL, archived=True)

    station.wait(seconds=60)
    watch(station, 3)

    assert all(station.bulletin(cluster).slack.handle for cluster in clusters)
    assert sum(station.bulletin(cluster).slack.address == CHANNEL for cluster in clusters) >= told
    assert {station.bulletin(cluster).slack.address for cluster in clusters} <= {CHANNEL, THIRD}
    assert station.at_rest()


def test_a_muted_cluster_in_a_lost_channel_is_moved_silently(station: Station, cluster: Cluster) -> None:
    station.govern(ROUTE)
    opened(station, cluster)
    station.slack.change(SECOND, archived=True)
    station.store.keep_mute(Mute(Scope(), NOON.replace(hour=23), ALICE, "", station.clock()))

    watch(station, 3)

    assert states(station, CHANNEL) == []
    assert color(station.slack.messages(SECOND)[0]) == "#D93025"
    assert station.bulletin(cluster).episode.muted
