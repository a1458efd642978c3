"""Topics: each state of an episode is published once, in the Region that the topic is of."""

import json
from typing import Any

import boto3
import pytest

from hub.incidents.delivery import SNS, Delivery
from hub.incidents.storm import MANY
from spoke.places import Cluster
from tests.hub.factories import CHANNEL, altered
from tests.hub.mortals import Doom, MortalStore
from tests.hub.notify.channels import brewed, opened, watch
from tests.hub.station import Station
from tests.signed_in import HUB_REGION

ELSEWHERE = "us-east-1"
# Who listens has queues of their own, and the hub's credentials are none of theirs.
PEOPLE = {"aws_access_key_id": "AKIAPAGER00000000000", "aws_secret_access_key": "pager-not-a-secret"}
# Minutes after which SQS gives out again what a dead function has held.
_DEAD = 8

pytestmark = pytest.mark.usefixtures("aws")  # the topics, and those who hear them, are moto's


@pytest.fixture
def cluster(station: Station) -> Cluster:
    return station.fleet.cluster()


class Pager:
    """A topic, and a queue of the same Region that keeps what it says."""

    def __init__(self, region: str) -> None:
        sns, self._sqs = (boto3.client(name, region_name=region, **PEOPLE) for name in ("sns", "sqs"))
        self.arn = sns.create_topic(Name="pager")["TopicArn"]
        self._url = self._sqs.create_queue(QueueName="pager")["QueueUrl"]
        found = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=found["Attributes"]["QueueArn"])

    def heard(self) -> list[dict[str, Any]]:
        """What it has said since the last time."""
        messages = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]


def topic(station: Station, cluster: Cluster) -> Delivery:
    found = station.bulletin(cluster).of(SNS)
    assert found
    return found


def routed(cluster: str, topic: str) -> str:
    return f'[[routes]]\nwhere = {{ cluster = "{cluster}" }}\nsns_topic = "{topic}"\n'


@pytest.mark.parametrize("region", [HUB_REGION, ELSEWHERE], ids=["the hub's Region", "another Region"])
def test_a_topic_hears_once_that_it_began_and_once_that_it_is_over(
    station: Station, cluster: Cluster, region: str
) -> None:
    pager = Pager(region)
    station.govern(routed("prod-*", pager.arn))
    instance = opened(station, cluster)
    watch(station, 2)
    (opening,) = pager.heard()
    assert opening["Subject"] == "Coastguard: open, prod-payments"
    assert opening["MessageAttributes"]["account"]["Value"] == cluster.account

    station.reconnect(cluster, instance)
    watch(station, 2)

    (over,) = pager.heard()
    assert over["MessageAttributes"]["state"]["Value"] == "resolved"
    assert station.counted["unpublished"] == 0


def test_topics_of_several_regions_are_told_by_one_function(station: Station, cluster: Cluster) -> None:
    near, far = Pager(HUB_REGION), Pager(ELSEWHERE)
    station.govern(routed("prod-*", near.arn) + routed("batch", far.arn))
    batch = station.fleet.cluster("batch")
    for each in (cluster, batch):
        station.quiet(each)

    station.wait(minutes=5)

    assert [[message["Subject"] for message in pager.heard()] for pager in (near, far)] == [
        ["Coastguard: open, prod-payments"],
        ["Coastguard: open, batch"],
    ]


def test_a_topic_that_is_not_there_is_counted_and_costs_the_bulletin_nothing(
    station: Station, cluster: Cluster
) -> None:
    station.govern(routed("prod-*", f"arn:aws:sns:{ELSEWHERE}:123456789012:nobody"))

    opened(station, cluster)

    assert len(station.slack.messages(CHANNEL)) == 1
    assert station.counted["unpublished"] == 1
    assert station.at_rest()


def test_what_a_topic_has_heard_is_kept_with_its_episode(station: Station, cluster: Cluster) -> None:
    pager = Pager(HUB_REGION)
    station.govern(routed("prod-*", pager.arn))
    instance = opened(station, cluster)
    assert (topic(station, cluster).address, topic(station, cluster).shown) == (pager.arn, "open")

    station.reconnect(cluster, instance)
    watch(station, 2)

    assert station.bulletin(cluster).episode.closed
    assert topic(station, cluster).shown == "resolved"


@pytest.mark.parametrize("state", ["open", "resolved"])
def test_a_look_that_dies_before_it_has_noted_it_tells_the_topic_again(
    station: Station, cluster: Cluster, state: str
) -> None:
    pager, doom = Pager(HUB_REGION), Doom()
    station.govern(routed("prod-*", pager.arn))
    station.store = MortalStore(station.store, doom)
    doom.moment = "before keep 1"
    instance = opened(station, cluster)
    watch(station, _DEAD)
    if state == "resolved":
        assert len(pager.heard()) == 2
        doom.moment = "before keep 4"
        station.reconnect(cluster, instance)
        watch(station, _DEAD)

    assert doom.moment == ""  # it has died
    assert [message["MessageAttributes"]["state"]["Value"] for message in pager.heard()] == [state] * 2
    assert station.states() == [state]


def test_a_topic_hears_that_trouble_goes_on_in_the_same_message(station: Station, cluster: Cluster) -> None:
    pager = Pager(HUB_REGION)
    station.govern(routed("prod-*", pager.arn))
    instance = opened(station, cluster)
    station.reconnect(cluster, instance)
    watch(station, 2)
    station.disconnect(cluster, instance)
    watch(station, 4)

    heard = [message["MessageAttributes"]["state"]["Value"] for message in pager.heard()]

    assert sorted(heard) == ["open", "open", "resolved"]
    assert station.states() == ["open"]


def test_a_topic_hears_of_a_cluster_that_a_storm_has_posted(station: Station) -> None:
    pager = Pager(HUB_REGION)
    clusters = brewed(station, MANY + 1)
    station.store.keep_all([altered(station.bulletin(each), topic=pager.arn) for each in clusters])

    watch(station, 3)

    heard = [pager.heard() for _ in range(3)]
    assert sorted(each["MessageAttributes"]["cluster"]["Value"] for some in heard for each in some) == [
        each.name for each in clusters
    ]
