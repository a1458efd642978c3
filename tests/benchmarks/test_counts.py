"""The goals that are counts (docs/performance.md), held on every run of the tests. Times are for `make bench`."""

import pytest

from hub.incidents.storm import MANY
from tests.benchmarks import clicks
from tests.benchmarks.crew import Crew, Hub, flood, reconnected
from tests.benchmarks.functions import Functions, Kept
from tests.benchmarks.goals import CALLS_AN_EVENT, CALLS_IN_ONE_CLUSTER, CALLS_OF_A_CLICK, CALLS_OF_ONE_EVENT, LATER
from tests.benchmarks.stage import Stage
from tests.benchmarks.storms import ACCOUNTS, CLUSTER, CLUSTERS, ONE, ZONE, Storm
from tests.nightly import by_day


@pytest.fixture(scope="module")
def kept(stage: Stage) -> Kept:  # noqa: ARG001 - there must be one
    return Kept.read()


@pytest.fixture(scope="module")
def hub(stage: Stage) -> Hub:
    functions = Functions(stage)
    hub = Hub(stage, functions, functions.one_of_each())
    hub.weather(ONE)
    return hub


def test_a_thousand_in_one_cluster_take_few_calls_and_one_post(hub: Hub, kept: Kept) -> None:
    meter = hub.weather(CLUSTER)
    assert meter.aws <= CALLS_IN_ONE_CLUSTER, meter.calls
    assert meter.slack == {"chat.postMessage": 1}
    assert len(kept.unresolved(set(CLUSTER.places()))) == CLUSTER.events


@pytest.mark.parametrize("storm", [CLUSTERS, ACCOUNTS, by_day(ZONE, played=False)], ids=lambda storm: storm.name)
def test_a_storm_of_many_clusters_takes_few_calls_an_event_until_all_is_said(
    hub: Hub, kept: Kept, storm: Storm
) -> None:
    meter = hub.weather(storm)
    clusters = storm.accounts * storm.clusters
    assert meter.slack["chat.postMessage"] == clusters + (clusters > MANY)
    assert meter.aws / storm.events <= CALLS_AN_EVENT[storm], meter.calls
    assert len(kept.unresolved(set(storm.places()))) == storm.events


@pytest.mark.parametrize("seconds", [5, 30, 240])
def test_one_event_is_seven_calls_and_one_to_slack_whenever_the_one_before_was(hub: Hub, seconds: int) -> None:
    hub.weather(ONE)
    meter = hub.weather(ONE, signed_in=True, after=seconds / 60)
    assert meter.slack == {"chat.postMessage": 1}
    assert meter.aws <= CALLS_OF_ONE_EVENT, meter.calls


def test_after_ten_minutes_a_function_signs_in_and_reads_secret_accounts_and_mutes_besides(hub: Hub) -> None:
    meter = hub.weather(ONE)
    assert meter.aws <= CALLS_OF_ONE_EVENT + 4, meter.calls
    assert meter.calls["sts:AssumeRole"] == 1


def test_more_accounts_need_no_more_clients(hub: Hub) -> None:
    meter = hub.weather(Storm("30 accounts", 30, 1, 1))
    assert len(hub.stage.slack.said) == 30 + 1
    assert meter.calls["sts:AssumeRole"] == 30
    assert sum(meter.clients.values()) == 0


@pytest.fixture(scope="module")
def crew(stage: Stage) -> Crew:
    return Crew.of(Functions(stage), ingests=1, looks=3)


@pytest.fixture(scope="module")
def alone(crew: Crew) -> float:
    return crew.alarm().after


def test_a_true_loss_among_many_agents_that_are_back_is_told_no_later_than_alone(crew: Crew, alone: float) -> None:
    assert crew.alarm(reconnected(19)).after - alone <= LATER


def test_an_alarm_while_another_account_floods_is_told_no_later_than_alone(crew: Crew, alone: float) -> None:
    # As many as Lambda would have, they would be through with more: a tenth of the flood for three environments.
    assert crew.alarm(flood(450)).after - alone <= LATER


def test_a_click_is_one_call_and_that_is_the_queue(hub: Hub) -> None:
    assert clicks.measure(hub.stage, 3, 2).calls == CALLS_OF_A_CLICK
