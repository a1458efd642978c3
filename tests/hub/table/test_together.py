"""Changes of several clusters in one transaction: all of them or none, and what does not fit is left to itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.table.rows import TRANSACTION
from hub.table.store import Store
from hub.table.together import Change
from spoke.places import Cluster
from tests.hub.factories import CLUSTER, NOON, bulletin, entry, incident

SECOND = timedelta(seconds=1)
HERE = [replace(CLUSTER, name=f"c-{number}") for number in range(4)]


def change(cluster: Cluster, lines: int = 1) -> Change:
    """Three incidents open in a cluster, with the bulletin and so many lines of the log."""
    incidents = [incident(number, cluster=cluster) for number in range(3)]
    log = [entry(f"line {number}", cluster=cluster.key, at=NOON + number * SECOND) for number in range(lines)]
    return Change(incidents, bulletin(cluster=cluster), log, (), NOON)


def kept(store: Store, cluster: Cluster) -> tuple[int, bool, int]:
    known = store.known(cluster)
    return len(known.incidents), known.bulletin is not None, len(store.entries(cluster, ""))


def test_what_is_written_together_is_kept_as_if_each_had_been_written_alone(store: Store) -> None:
    assert store.save_together([change(cluster) for cluster in HERE]) == [True] * 4

    assert [kept(store, cluster) for cluster in HERE] == [(3, True, 1)] * 4
    alone = replace(CLUSTER, name="alone")
    told = change(alone)
    store.save(told.incidents, told.bulletin, told.entries)
    assert kept(store, alone) == kept(store, HERE[0])


def test_where_one_has_been_changed_by_somebody_else_nothing_of_its_transaction_is_written(store: Store) -> None:
    store.keep(bulletin(cluster=HERE[2]))

    assert store.save_together([change(cluster) for cluster in HERE]) == [False] * 4

    assert [kept(store, cluster) for cluster in HERE] == [(0, False, 0), (0, False, 0), (0, True, 0), (0, False, 0)]


@pytest.mark.parametrize("large", [TRANSACTION // 2, TRANSACTION, 3 * TRANSACTION])
def test_one_that_is_too_large_to_share_is_left_to_itself(store: Store, large: int) -> None:
    sizes = [1, large, 1]

    assert store.save_together(list(map(change, HERE, sizes))) == [True, False, True]

    assert [kept(store, cluster) for cluster in HERE[:3]] == [(3, True, 1), (0, False, 0), (3, True, 1)]


def test_more_than_a_transaction_takes_are_shared_out_over_several(store: Store) -> None:
    store.keep(bulletin(cluster=HERE[3]))

    written = store.save_together([change(cluster, 40) for cluster in HERE])

    # Two and two: what keeps the last one from being written keeps the one beside it.
    assert written == [True, True, False, False]
    assert [kept(store, cluster)[2] for cluster in HERE] == [40, 40, 0, 0]


def test_nothing_to_write_is_nothing_done(store: Store) -> None:
    assert store.save_together([]) == []
    assert store.save_together([replace(change(HERE[0]), bulletin=None)]) == [False]
    assert kept(store, HERE[0]) == (0, False, 0)
