"""Topics: each state of an episode is published once, in the Region that the topic is of."""

import json
from typing import Any

import boto3
import pytest

from spoke.places import Cluster
from tests.hub.factories import CHANNEL
from tests.hub.notify.channels import opened, watch
from tests.hub.station import Station
from tests.signed_in import HUB_REGION

ELSEWHERE = "us-east-1"
# Who listens has queues of their own, and the hub's credentials are none of theirs.
PEOPLE = {"aws_access_key_id": "AKIAPAGER00000000000", "aws_secret_access_key": "pager-not-a-secret"}


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
