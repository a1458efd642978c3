"""What a look is told of storms before it speaks for a cluster, and what that costs."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from hub.incidents.breakdown import Breakdown
from hub.incidents.bulletin import Bulletin
from hub.incidents.hint_messages import from_message
from hub.incidents.hints import StormHint
from hub.incidents.storm import FRESH, MANY, Storm
from hub.notify.storm_cache import StormCache
from hub.queues import Queues
from hub.table.store import Store
from spoke.places import Cluster
from tests.hub.factories import CHANNEL, CLUSTER, NOON, altered, bulletin
from tests.hub.stack import Mail
from tests.hub.timing import Clock

PLACE = StormHint(CHANNEL, CLUSTER.region)


class CountingStore(Store):
    """Counts how often a storm is read."""

    reads = 0

    def storm(self, channel: str, region: str) -> Storm | None:
        CountingStore.reads += 1
        return super().storm(channel, region)


@pytest.fixture
def counting(store: Store) -> CountingStore:
    counting = CountingStore.__new__(CountingStore)
    counting.__dict__.update(vars(store))
    CountingStore.reads = 0
    return counting


@pytest.fixture
def storm_cache(counting: CountingStore, queues: Queues, mail: Mail, clock: Clock) -> StormCache:
    return StormCache(counting, queues, mail.looks, clock)


def other(number: int, region: str = CLUSTER.region) -> Bulletin:
    return bulletin(cluster=Cluster(CLUSTER.account, region, f"c-{number:02}"), episode=f"ep-{number}")


def seen(count: int, region: str = CLUSTER.region) -> Callable[[StormCache], None]:
    def see(storm_cache: StormCache) -> None:
        for number in range(count):
            storm_cache.opened(other(number, region))

    return see


def standing(store: Store, **more: object) -> Storm:
    usual = Storm(CHANNEL, CLUSTER.region, "st-1", NOON, NOON)
    return store.keep(replace(usual, **more))  # type: ignore[arg-type]  # any field of a storm


@pytest.mark.parametrize(
    ("before", "crowd", "storm", "falls"),
    [
        pytest.param(seen(0), 0, False, False, id="alone"),
        pytest.param(seen(0), MANY, False, False, id="told of ten"),
        pytest.param(seen(0), MANY + 1, False, True, id="told of eleven"),
        pytest.param(seen(MANY - 1), 0, False, False, id="nine others"),
        pytest.param(seen(MANY), 0, False, True, id="ten others"),
        pytest.param(seen(MANY, "us-east-1"), 0, False, False, id="ten others elsewhere"),
        pytest.param(seen(1), 0, True, True, id="one other, and a storm"),
        pytest.param(seen(0), 0, True, False, id="alone in a storm: nobody looks"),
    ],
)
def test_what_falls_to_a_storm(
    storm_cache: StormCache,
    counting: CountingStore,
    before: Callable[[StormCache], None],
    crowd: int,
    storm: bool,
    falls: bool,
) -> None:
    if storm:
        standing(counting)
    before(storm_cache)

    assert storm_cache.falls(PLACE, CLUSTER, crowd, 0) is falls


def test_a_cluster_is_no_company_for_itself(storm_cache: StormCache, counting: CountingStore) -> None:
    standing(counting)
    storm_cache.opened(other(1))

    assert not storm_cache.falls(PLACE, other(1).cluster, 0, 0)


def test_what_was_seen_more_than_five_minutes_ago_is_forgotten(storm_cache: StormCache, clock: Clock) -> None:
    seen(MANY)(storm_cache)

    clock.forward(seconds=FRESH.total_seconds() - 1)
    assert storm_cache.falls(PLACE, CLUSTER, 0, 0)
    clock.forward(seconds=1)

    assert not storm_cache.falls(PLACE, CLUSTER, 0, 0)


def kept(store: Store, count: int) -> None:
    """So many clusters in trouble that others have looked at."""
    for number in range(count):
        store.keep(altered(other(number), opened_at=NOON, tally=Breakdown(1)))


@pytest.mark.parametrize(
    ("others", "rumoured", "falls"),
    [
        pytest.param(MANY, MANY + 1, True, id="others have seen ten"),
        pytest.param(MANY - 1, MANY + 1, False, id="others have seen nine"),
        pytest.param(MANY, MANY, False, id="nobody speaks of many"),
    ],
)
def test_who_has_seen_nobody_else_of_a_rumour_asks_what_others_have_seen(
    storm_cache: StormCache, counting: CountingStore, others: int, rumoured: int, falls: bool
) -> None:
    kept(counting, others)
    storm_cache.looked_at(CLUSTER, lost=True)

    assert storm_cache.falls(PLACE, CLUSTER, 1, rumoured) is falls


def test_who_has_seen_that_a_rumour_is_not_true_asks_nobody(storm_cache: StormCache, counting: CountingStore) -> None:
    kept(counting, MANY)
    storm_cache.looked_at(other(90).cluster, lost=False)
    storm_cache.looked_at(CLUSTER, lost=True)

    assert not storm_cache.falls(PLACE, CLUSTER, storm_cache.crowd(CLUSTER.region, 400), 400)


def test_a_crowd_is_what_was_confirmed_in_a_region_within_a_minute(storm_cache: StormCache, clock: Clock) -> None:
    for number in range(3):
        storm_cache.looked_at(other(number).cluster, lost=True)
    storm_cache.looked_at(other(9).cluster, lost=False)
    assert storm_cache.crowd(CLUSTER.region, 40) == 30
    assert storm_cache.crowd("us-east-1", 40) == 0

    storm_cache.looked_at(other(0).cluster, lost=False)
    assert storm_cache.crowd(CLUSTER.region, 40) == 20, "what was seen last counts"

    clock.forward(seconds=60)
    assert storm_cache.crowd(CLUSTER.region, 40) == 0


@pytest.mark.parametrize(
    ("more", "stands"),
    [({}, True), ({"over": True}, True), ({"closed": True}, False)],
    ids=["lasts", "over, not yet said", "over and said"],
)
def test_a_storm_stands_until_its_end_was_said(
    storm_cache: StormCache, counting: CountingStore, more: dict[str, object], stands: bool
) -> None:
    there = standing(counting, **more)

    assert storm_cache.standing(PLACE) == (there if stands else None)


def test_a_storm_is_read_once_in_five_seconds_and_a_lone_look_reads_nothing(
    storm_cache: StormCache, counting: CountingStore, clock: Clock
) -> None:
    storm_cache.falls(PLACE, CLUSTER, 0, 0)
    assert CountingStore.reads == 0
    storm_cache.opened(other(1))
    for _ in range(50):
        storm_cache.falls(PLACE, CLUSTER, 0, 0)
        storm_cache.standing(PLACE)
    assert CountingStore.reads == 1

    there = standing(counting)
    clock.forward(seconds=5)

    assert storm_cache.standing(PLACE) == there
    assert CountingStore.reads == 2


def test_a_storm_is_called_once_in_ten_seconds_whoever_calls(
    storm_cache: StormCache, store: Store, queues: Queues, mail: Mail, clock: Clock
) -> None:
    another = StormCache(store, queues, mail.looks, clock)
    for _ in range(10):
        storm_cache.call(PLACE)
        another.call(PLACE)
    assert mail.waiting(mail.looks) == 1

    clock.forward(seconds=10)
    storm_cache.call(PLACE)

    assert mail.waiting(mail.looks) == 2
    assert from_message(mail.bodies(mail.looks)[0]) == PLACE
