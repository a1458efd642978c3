"""A private channel is made one to be shared while something is said there: it goes on under the channel's new id."""

import pytest

from coastguard.local.slack.directory import Channel
from hub.incidents.storm import MANY
from tests.hub.factories import CHANNEL, Json
from tests.hub.notify.channels import PATIENCE, own, recover, strike, watch
from tests.hub.slack_side import SlackSide
from tests.hub.station import Station
from tests.spoke.fleet import REGION

OLD, NEW = "G0SHORE001", "C0SHORE001"
ROUTE = f'[[routes]]\nchannel = "{OLD}"\n'


@pytest.fixture
def shore(station: Station) -> Station:
    """The station of an old private channel, where everything is said."""
    station.slack.workspace.create(Channel(OLD, "shore", private=True))
    station.govern(ROUTE)
    return station


def heads(slack: SlackSide, channel: str = NEW) -> list[Json]:
    return [message for message in slack.messages(channel) if message["metadata"]]


@pytest.mark.parametrize("seconds", [0, 22], ids=["before it is posted", "while its clusters are"])
def test_a_storm_goes_on_in_its_channel(shore: Station, seconds: int) -> None:
    clusters = strike(shore, MANY + 1)
    shore.wait(seconds=seconds)
    shore.slack.workspace.convert(OLD)

    shore.wait(seconds=PATIENCE + 60)

    (message,) = heads(shore.slack)
    assert sorted(own(reply) for reply in message["replies"] if own(reply)) == sorted(
        shore.bulletin(cluster).id for cluster in clusters
    )
    storm = shore.store.storm(OLD, REGION)
    assert storm is not None
    assert (storm.channel, storm.ts) == (OLD, message["ts"])

    recover(shore, *clusters)
    watch(shore, minutes=5)
    storm = shore.store.storm(OLD, REGION)
    assert storm is not None
    assert (storm.closed, storm.at, len(heads(shore.slack))) == (True, NEW, 1)
    assert {shore.bulletin(cluster).slack.place for cluster in clusters} == {NEW}
    assert shore.slack.messages(CHANNEL) == []
    assert shore.counted["moved"] == 0


def test_a_bulletin_is_said_on_edited_and_reminded_of_where_it_stands(shore: Station) -> None:
    shore.govern(f'{ROUTE}[reminders]\nafter = "30m"\n')
    (cluster,) = strike(shore, 1)
    shore.wait(seconds=PATIENCE)
    shore.slack.workspace.convert(OLD)

    shore.wait(minutes=40)
    shore.sweep()
    shore.wait(minutes=1)
    (message,) = heads(shore.slack)
    assert [reply["text"] for reply in message["replies"] if "Nobody has acknowledged this" in reply["text"]] != []

    recover(shore, cluster)
    shore.wait(seconds=PATIENCE + 60)
    shore.sweep()
    shore.wait(seconds=60)
    (message,) = heads(shore.slack)
    assert "Resolved" in message["text"]
    assert shore.bulletin(cluster).slack.place == NEW
    assert shore.counted["moved"] == 0
