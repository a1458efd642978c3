"""Writes: what DynamoDB answers is sorted by what the caller does, and what passes is waited out."""

import re
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from pynamodb.exceptions import CancellationReason, PutError, PynamoDBException, TransactWriteError, VerboseClientError

from hub.policy.repair_stop import RepairStop
from hub.scopes.coverage import Visit
from hub.table.clusters import Alongside
from hub.table.store import Store
from hub.table.writes import CONDITION, PASSING, TRIES, Conflict, Contended, sort, write
from tests.hub.factories import ALICE, CLUSTER, NOON, entry, incident, instance_id
from tests.hub.stack import create_table
from tests.signed_in import HUB_REGION
from tests.wire.faults import Fault, Kind
from tests.wire.table import Tables
from tests.wire.wire import Wire

# What a cancelled transaction is called to account for, and nobody but us can mend.
OURS = {"ValidationError", "ItemCollectionSizeLimitExceeded"}


def cancelled(*codes: str) -> TransactWriteError:
    reasons = [None if code == "None" else CancellationReason(code) for code in codes]
    said = {"Error": {"Code": "TransactionCanceledException", "Message": f"[{', '.join(codes)}]"}}
    return TransactWriteError("no", VerboseClientError(said, "TransactWriteItems", cancellation_reasons=reasons))


def refused(code: str) -> PutError:
    return PutError("no", VerboseClientError({"Error": {"Code": code, "Message": "no"}}, "PutItem"))


@pytest.mark.parametrize(
    ("codes", "found"),
    [
        pytest.param(("None", CONDITION), Conflict, id="a condition"),
        pytest.param(("TransactionConflict", CONDITION), Conflict, id="a condition, and somebody writes there"),
        *(pytest.param(("None", code), Contended, id=code) for code in sorted(PASSING)),
        pytest.param(("TransactionConflict", "ThrottlingError"), Contended, id="two that pass"),
        *(pytest.param((CONDITION, code), TransactWriteError, id=f"a condition and {code}") for code in sorted(OURS)),
        pytest.param(("TransactionConflict", "DuplicateItem"), TransactWriteError, id="what nobody has heard of"),
        pytest.param((), TransactWriteError, id="no reason"),
    ],
)
def test_the_gravest_reason_of_a_cancelled_transaction_counts(codes: tuple[str, ...], found: type[Exception]) -> None:
    assert type(sort(cancelled(*codes))) is found


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("ConditionalCheckFailedException", Conflict),
        ("TransactionConflictException", Contended),
        ("TransactionInProgressException", Contended),
        ("ValidationException", PutError),
        ("AccessDeniedException", PutError),
    ],
)
def test_a_refused_write_of_one_row_is_sorted_too(code: str, found: type[Exception]) -> None:
    assert type(sort(refused(code))) is found


def test_every_reason_that_botocore_knows_of_is_sorted() -> None:
    service = botocore.session.get_session().get_service_model("dynamodb")
    told = service.shape_for("TransactionCanceledException").documentation
    codes = set(re.findall(r"Code: <code>(\w+)</code>", told)) - {"None"}

    assert len(codes) >= 6
    assert codes <= {CONDITION, *PASSING, *OURS}


class Reluctant:
    """Refuses so many times, then takes it."""

    def __init__(self, times: int, error: PynamoDBException) -> None:
        self.times, self.error, self.taken = times, error, 0

    def __call__(self) -> None:
        if self.times:
            self.times -= 1
            raise self.error
        self.taken += 1


def test_what_is_contended_is_tried_again_after_growing_waits() -> None:
    waits: list[float] = []
    table = Reluctant(TRIES - 1, cancelled("TransactionConflict"))

    write(table, waits.append, lambda: 1.0)

    assert table.taken == 1
    assert waits == [0.1, 0.2, 0.4, 0.8]


@pytest.mark.parametrize(
    ("error", "raised", "waits"),
    [
        pytest.param(cancelled("TransactionConflict"), Contended, TRIES - 1, id="contended for too long"),
        pytest.param(cancelled(CONDITION), Conflict, 0, id="a conflict is not tried again"),
        pytest.param(cancelled("ValidationError"), TransactWriteError, 0, id="nor what is our fault"),
    ],
)
def test_what_does_not_pass_rises(error: PynamoDBException, raised: type[Exception], waits: int) -> None:
    waited: list[float] = []
    table = Reluctant(TRIES, error)

    with pytest.raises(raised) as told:
        write(table, waited.append, lambda: 0.5)

    assert type(told.value) is raised
    assert (table.taken, len(waited)) == (0, waits)


# Against the strict table


@pytest.fixture(scope="module")
def shared(environment: None) -> tuple[Store, list[float]]:  # noqa: ARG001 - it reads the environment
    """A store that only notes how long it would wait."""
    waits: list[float] = []
    return Store("coastguard", HUB_REGION, waits.append, lambda: 0.5), waits


@pytest.fixture
def waits(shared: tuple[Store, list[float]]) -> list[float]:
    return shared[1]


@pytest.fixture
def store(wire: Wire, dynamodb: Any, shared: tuple[Store, list[float]]) -> Store:
    Tables().hang(wire)
    create_table(dynamodb)
    shared[1].clear()
    return shared[0]


@pytest.mark.parametrize("kind", [Kind.CONFLICTING, Kind.THROTTLED, Kind.UNFINISHED])
def test_a_transaction_that_never_gets_through_is_no_conflict(
    wire: Wire, store: Store, waits: list[float], kind: Kind
) -> None:
    """Whoever read again and decided again would find the same; the queue tries it later."""
    wire.faults.order(Fault("dynamodb:TransactWriteItems", kind))

    with pytest.raises(Contended):
        store.save([incident()], entries=[entry()])

    assert len(waits) == TRIES - 1
    wire.faults.mend()
    assert store.incident(CLUSTER, instance_id()) is None


WRITES: dict[str, Callable[[Store], object]] = {
    "an incident": lambda store: store.save([incident()], entries=[entry()]),
    "a claim": lambda store: store.claim("r-1", NOON),
    "a log entry": lambda store: store.log(CLUSTER, entry()),
    "a counter": lambda store: store.spend("edits", NOON),
    "the switch": lambda store: store.turn(RepairStop(ALICE, NOON)),
    "what was seen": lambda store: store.keep_seen(0, {("111122223333", "eu-west-1"): Visit(NOON, NOON)}, NOON),
}


@pytest.mark.parametrize("do", WRITES.values(), ids=WRITES)
def test_every_write_waits_out_who_writes_there_just_then(
    wire: Wire, store: Store, do: Callable[[Store], object]
) -> None:
    wire.faults.order(Fault("dynamodb:*", Kind.CONFLICTING, chance=0.5))

    do(store)


def test_who_stops_repairs_is_not_turned_away_by_repairs_that_begin(
    wire: Wire, store: Store, waits: list[float]
) -> None:
    """Every repair that begins holds on to the switch for a moment, and there may be many of them."""
    wire.faults.order(Fault("dynamodb:PutItem", Kind.CONFLICTING, chance=0.9))

    store.turn(RepairStop(ALICE, NOON, "an outage"))

    assert store.switch().stopped
    assert len(waits) > TRIES


def test_a_write_that_nobody_answers_is_told_as_the_tables_failure(wire: Wire, store: Store) -> None:
    wire.faults.order(Fault("dynamodb:*", Kind.SILENT))

    with pytest.raises(TransactWriteError):
        store.save([incident()], entries=[entry()])
    with pytest.raises(PutError):
        store.claim("r-1", NOON)


def test_a_transaction_whose_answer_is_lost_is_no_conflict_with_itself(wire: Wire, store: Store) -> None:
    """The SDK asks again with the same token, and hears that it is done."""
    wire.faults.order(Fault("dynamodb:TransactWriteItems", Kind.SILENT, chance=0.3, done=True))

    for number in range(1, 9):
        store.save([incident(number)], entries=[entry()])

    assert len(store.known(CLUSTER).incidents) == 8


# What is written together


@pytest.mark.parametrize(
    ("read", "meanwhile"),
    [
        pytest.param(RepairStop(), RepairStop(ALICE, NOON), id="nobody had ever stopped repairs"),
        pytest.param(
            RepairStop("", NOON, version=1), RepairStop(ALICE, NOON, version=1), id="they had been started again"
        ),
    ],
)
def test_what_begins_stands_or_falls_with_the_switch(store: Store, read: RepairStop, meanwhile: RepairStop) -> None:
    if read.version:
        store.turn(RepairStop("", NOON))
    store.save([incident()], entries=[entry("first")], alongside=Alongside(store.switch()))
    store.turn(meanwhile)

    with pytest.raises(Conflict):
        store.save([incident(version=1)], entries=[entry("second")], alongside=Alongside(read))

    known = store.incident(CLUSTER, instance_id())
    assert known is not None
    assert known.version == 1
    assert [each.what for _, each in store.entries(CLUSTER, "")] == ["first"]
