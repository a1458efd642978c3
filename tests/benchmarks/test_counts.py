"""The goals that are counts (docs/performance.md), held on every run of the tests. Times are for `make bench`."""

from dataclasses import dataclass

import pytest

from tests.benchmarks.functions import Environments, Functions
from tests.benchmarks.goals import CALLS_AN_EVENT, CALLS_IN_ONE_CLUSTER
from tests.benchmarks.stage import Stage
from tests.benchmarks.storms import CLUSTER, CLUSTERS, ONE, Storm, send
from tests.wire.meter import Meter


@dataclass(frozen=True)
class Hub:
    """One environment of each function, warm, and the stage around them."""

    stage: Stage
    functions: Functions
    environments: Environments

    def weather(self, storm: Storm, *, signed_in: bool = False) -> Meter:
        """Let a storm break out and pass: ingest first, then the looks, each batch as large as it may be."""
        self.stage.clear()
        if not signed_in:
            self.functions.sign_out()
        send(self.stage, storm.break_out(self.stage))
        delay, looks = self.stage.delay, self.stage.looks
        with self.stage.measured() as meter:
            while (batch := delay.receive(1_000))["Records"]:
                delay.settle(batch, self.environments.ingest(batch))
            while (batch := looks.receive(10))["Records"]:
                looks.settle(batch, self.environments.look(batch))
        return meter


@pytest.fixture(scope="module")
def hub(stage: Stage) -> Hub:
    functions = Functions(stage)
    hub = Hub(stage, functions, functions.one_of_each())
    hub.weather(ONE)
    return hub


def test_a_thousand_in_one_cluster_take_forty_calls_and_one_post(hub: Hub) -> None:
    meter = hub.weather(CLUSTER)
    assert len(hub.stage.tables.rows("coastguard")) > CLUSTER.events
    assert meter.aws <= CALLS_IN_ONE_CLUSTER, meter.calls
    assert meter.slack == {"chat.postMessage": 1}


@pytest.mark.parametrize("storm", [CLUSTERS], ids=lambda storm: storm.name)
def test_a_storm_of_many_clusters_takes_few_calls_an_event(hub: Hub, storm: Storm) -> None:
    meter = hub.weather(storm)
    assert len(hub.stage.tables.rows("coastguard")) > storm.events
    assert meter.aws / storm.events <= CALLS_AN_EVENT[storm], meter.calls


def test_one_event_is_one_call_to_slack(hub: Hub) -> None:
    hub.weather(ONE)
    assert hub.weather(ONE, signed_in=True).slack == {"chat.postMessage": 1}


def test_more_accounts_need_no_more_clients(hub: Hub) -> None:
    meter = hub.weather(Storm("30 accounts", 30, 1, 1))
    assert len(hub.stage.slack.said) == 30
    assert meter.calls["sts:AssumeRole"] == 30
    assert sum(meter.clients.values()) == 0
