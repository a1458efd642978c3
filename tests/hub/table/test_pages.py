"""Incidents in pages: many in a row, and each changed by itself."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub.incidents.audit import Entry
from hub.incidents.incident import RESOLVED_KEPT, Incident, State, acknowledge, pick
from hub.looks.lifecycle import Gone, Lifecycle
from hub.table.incident_rows import OPEN, OVER, PAGE_BYTES
from hub.table.store import Store
from hub.table.writes import Conflict
from spoke.places import Cluster
from tests.hub.factories import ALICE, BOB, CLUSTER, ELSEWHERE, NOON, altered, bulletin, entry, incident, instance_id
from tests.wire.table import Tables
from tests.wire.wire import Wire

DAY = timedelta(days=1)
PK = f"cluster#{CLUSTER.key}"


@pytest.fixture
def keeper(wire: Wire) -> Tables:
    tables = Tables()
    tables.hang(wire)
    return tables


@pytest.fixture
def in_rows(environment: None, store: Store) -> Store:  # noqa: ARG001 - it reads the environment
    """The same table in the hands of a function that keeps each incident that begins in a row."""
    return Store(store._table, "eu-west-1")


def lost(count: int, first: int = 1, cluster: Cluster = CLUSTER) -> list[Incident]:
    return [incident(number, cluster=cluster) for number in range(first, first + count)]


def over(one: Incident, days: int = 0) -> Incident:
    return replace(one, state=State.RESOLVED, resolved_at=NOON + days * DAY, ending="reconnected")


def kept(store: Store, number: int = 1) -> Incident:
    found = store.incident(CLUSTER, instance_id(number))
    assert found
    return found


def pages(tables: Tables) -> dict[str, dict[str, Any]]:
    rows = tables.rows("coastguard")
    return {row["sk"]["S"]: row for row in rows if row["sk"]["S"].startswith("incidents#")}


def click(store: Store, number: int, who: str = ALICE) -> Incident:
    """Somebody acknowledges one."""

    def change(one: Incident) -> tuple[Incident, list[Entry]]:
        return acknowledge(one, who, NOON), [entry(what=f"acknowledged {number}")]

    return Lifecycle(store).change(CLUSTER, instance_id(number), kept(store, number).id, change)


# What it takes


def test_a_thousand_of_one_cluster_are_one_transaction_with_their_bulletin(store: Store, keeper: Tables) -> None:
    store.save(lost(1_000), altered(bulletin(), version=0), [entry()])

    assert {i.instance for i in store.known(CLUSTER).incidents.values()} == {instance_id(n) for n in range(1, 1_001)}
    assert all(i.version == 1 for i in store.known(CLUSTER).incidents.values())
    (page,) = pages(keeper).values()
    assert keeper.units[PK] < 200
    assert keeper.units[f"open: {OPEN}"] < 100
    assert page["open_pk"] == {"S": OPEN}


def test_a_page_that_is_full_is_followed_by_another(store: Store, keeper: Tables) -> None:
    noise = ["".join(hashlib.sha256(f"{n} {part}".encode()).hexdigest() for part in range(10)) for n in range(1_000)]
    several = [replace(one, ending=noise[number]) for number, one in enumerate(lost(1_000))]
    store.save(several[:600])
    store.save(several[600:])

    assert len(store.known(CLUSTER).incidents) == 1_000
    assert len(pages(keeper)) > 1
    assert all(len(page["packed"]["B"]) * 3 / 4 <= PAGE_BYTES + 2 for page in pages(keeper).values())
    click(store, 1_000)
    assert kept(store, 1_000).acknowledged_by == ALICE
    assert len(store.known(CLUSTER).incidents) == 1_000


# Each by itself


def test_two_people_acting_on_two_incidents_of_a_page_both_get_through(store: Store) -> None:
    store.save(lost(2))
    page = store.pages(CLUSTER)

    store.save([acknowledge(kept(store, 1), ALICE, NOON)], pages=page)
    store.save([acknowledge(page[0].incidents[instance_id(2)], BOB, NOON)], pages=page)

    assert (kept(store, 1).acknowledged_by, kept(store, 2).acknowledged_by) == (ALICE, BOB)


def test_of_two_people_acting_on_one_incident_of_a_page_one_conflicts(store: Store) -> None:
    store.save(lost(2))
    page, one = store.pages(CLUSTER), kept(store)

    store.save([acknowledge(one, ALICE, NOON)], pages=page)
    with pytest.raises(Conflict):
        store.save([acknowledge(one, BOB, NOON)], entries=[entry(what="never")], pages=page)

    assert kept(store) == replace(acknowledge(one, ALICE, NOON), version=2)
    assert store.entries(CLUSTER, "") == []


def test_a_look_loses_nothing_of_what_a_person_does_meanwhile(store: Store) -> None:
    shown = store.save(lost(3), altered(bulletin(), version=0))
    known = store.known(CLUSTER)

    click(store, 1)
    gone = [over(known.incidents[instance_id(n)]) for n in (2, 3)]
    store.save([*gone, *lost(1, 4)], shown, pages=known.pages)

    states = [kept(store, number).state for number in range(1, 5)]
    assert states == [State.ACKNOWLEDGED, State.RESOLVED, State.RESOLVED, State.OPEN]


def test_a_look_that_changes_what_a_person_has_changed_looks_again(store: Store) -> None:
    shown = store.save(lost(2), altered(bulletin(), version=0))
    known = store.known(CLUSTER)

    click(store, 1)
    with pytest.raises(Conflict):
        store.save([over(one) for one in known.incidents.values()], shown, pages=known.pages)

    assert [kept(store, number).state for number in (1, 2)] == [State.ACKNOWLEDGED, State.OPEN]


def test_who_opens_in_an_episode_that_somebody_has_closed_looks_again_whatever_became_of_the_page(store: Store) -> None:
    shown = store.save(lost(2), altered(bulletin(), version=0))
    known = store.known(CLUSTER)
    assert shown
    store.keep(altered(shown, closed=True))
    click(store, 1)

    with pytest.raises(Conflict):
        store.save(lost(1, 3), shown, pages=known.pages)

    assert store.incident(CLUSTER, instance_id(3)) is None


def test_who_has_read_no_page_of_a_cluster_adds_to_the_one_that_somebody_else_has_begun(store: Store) -> None:
    unknown = store.known(CLUSTER).pages
    store.save(lost(1), pages=unknown)
    store.save(lost(1, 2), pages=unknown)

    assert len(store.known(CLUSTER).incidents) == 2
    with pytest.raises(Conflict):
        store.save(lost(1), pages=unknown)


def test_a_click_on_what_is_over_finds_that(store: Store) -> None:
    (one,) = lost(1)
    store.save([one])
    store.save([over(kept(store))])

    with pytest.raises(Gone):
        Lifecycle(store).change(CLUSTER, one.instance, one.id, lambda found: (pick(found, NOON), []))


# Where they are found


def test_the_index_tells_of_each_incident_of_a_page_what_is_true_of_it(store: Store) -> None:
    store.save(lost(3))
    store.save(lost(1, cluster=ELSEWHERE))
    store.save([over(kept(store, 2))])

    open_ones = {(i.cluster, i.instance) for i in store.everything_open()}
    assert open_ones == {(CLUSTER, instance_id(1)), (CLUSTER, instance_id(3)), (ELSEWHERE, instance_id(1))}
    assert [i.instance for i in store.open_incidents([CLUSTER])[CLUSTER]] == [instance_id(1), instance_id(3)]
    assert [i.instance for i in store.lately_over()] == [instance_id(2)]
    assert store.clusters_in_trouble() == {CLUSTER, ELSEWHERE}

    store.save([over(kept(store, 1), 1), over(kept(store, 3), -1)])

    assert [i.instance for i in store.lately_over()] == [instance_id(n) for n in (1, 2, 3)]
    assert store.clusters_in_trouble() == {ELSEWHERE}


def test_a_page_is_forgotten_when_the_last_of_it_is(store: Store, keeper: Tables) -> None:
    store.save(lost(2))
    store.save([over(kept(store, 1))])
    assert "expires" not in pages(keeper)["incidents#0"]

    store.save([over(kept(store, 2), 1)])
    (page,) = pages(keeper).values()
    assert page["open_pk"] == {"S": OVER}

    keeper.forget((NOON + RESOLVED_KEPT).timestamp() + 1)
    assert len(store.known(CLUSTER).incidents) == 2
    keeper.forget((NOON + DAY + RESOLVED_KEPT).timestamp() + 1)
    assert store.known(CLUSTER).incidents == {}


def test_what_is_over_for_long_leaves_its_page_when_that_is_written(store: Store) -> None:
    store.save(lost(3))
    store.save([over(kept(store, 1)), over(kept(store, 2), 1)])
    now = NOON + RESOLVED_KEPT

    store.save([acknowledge(kept(store, 3), ALICE, now)], now=now)

    assert set(store.known(CLUSTER).incidents) == {instance_id(2), instance_id(3)}


def test_one_that_was_over_for_long_begins_anew_in_the_page_it_has_left(store: Store) -> None:
    store.save(lost(2))
    store.save([over(kept(store, 1))])
    known = store.known(CLUSTER)
    store.save([acknowledge(kept(store, 2), ALICE, NOON)], now=NOON + RESOLVED_KEPT)

    anew = replace(incident(1), version=known.incidents[instance_id(1)].version)
    with pytest.raises(Conflict):
        store.save([anew], pages=known.pages)
    store.save([incident(1)])

    assert kept(store, 1).unresolved


# Beside rows


def test_where_an_incident_is_it_stays_whatever_the_stack_is_told(store: Store, in_rows: Store, keeper: Tables) -> None:
    in_rows.save(lost(1))
    store.save(lost(1, 2), pages=store.known(CLUSTER).pages)

    click(store, 1)
    click(in_rows, 2)
    store.save([over(one) for one in store.known(CLUSTER).incidents.values()])
    in_rows.save(
        [replace(one, state=State.OPEN, resolved_at=None) for one in in_rows.known(CLUSTER).incidents.values()]
    )

    assert [kept(each, number).version for each in (store, in_rows) for number in (1, 2)] == [4] * 4
    assert {row["sk"]["S"] for row in keeper.rows("coastguard") if row["pk"]["S"] == PK and "log#" not in str(row)} == {
        f"instance#{instance_id(1)}",
        "incidents#0",
    }
    assert len(list(store.everything_open())) == 2


def test_functions_that_are_told_differently_never_keep_an_incident_twice(store: Store, in_rows: Store) -> None:
    """Whoever opens one writes the bulletin, too: while a stack is told, looks of both may be at the same cluster."""
    known = store.known(CLUSTER)
    begun = altered(bulletin(), version=0)
    in_rows.save(lost(2), begun, pages=known.pages)

    with pytest.raises(Conflict):
        store.save(lost(2), begun, pages=known.pages)

    assert len(list(store.everything_open())) == 2
