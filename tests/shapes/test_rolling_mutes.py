"""Functions are updated one after the other: mutes of the earlier release, which kept one for a scope, and of this one.

A mute that either has written mutes for both, and nobody's is lost or replaced by another's. What the earlier release
cannot do with a mute of this one, it does not do: it tries again, until it has been updated.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from hub.incidents.hint_messages import from_message, to_message
from hub.incidents.hints import MuteHint
from hub.incidents.mute import Mute, in_force
from hub.scopes.account import Account
from hub.table.store import Store
from hub.table.writes import Conflict
from tests.shapes.conftest import Kept
from tests.shapes.meant import ALICE, BOB, CLUSTER, NOW, ROWS

# What the earlier release reads of a mute's row, and writes.
FIELDS = {"scope", "until", "by", "reason", "since", "ended_at", "ended_by", "warned_at", "told_at", "channel"}
HOUR = timedelta(hours=1)
ACCOUNT = Account(CLUSTER.account)
Json = dict[str, Any]


@dataclass
class Earlier:
    """A function of the earlier release, as far as mutes go: it finds and keeps one by its scope."""

    kept: Kept

    def read(self) -> list[Json]:
        """All mutes, in the table's order."""
        rows = self.kept.dynamodb.query(
            TableName="coastguard",
            KeyConditionExpression="#pk = :mute",
            ExpressionAttributeNames={"#pk": "pk"},
            ExpressionAttributeValues={":mute": {"S": "mute"}},
        )["Items"]
        found = [json.loads(row["data"]["S"]) | {"version": int(row["version"]["N"])} for row in rows]
        return [{name: value for name, value in data.items() if name in {*FIELDS, "version"}} for data in found]

    def of(self, scope: str) -> Json:
        """The one that it takes for the mute of a scope."""
        return next(data for data in self.read() if data["scope"] == scope)

    def keep(self, data: Json, **changes: object) -> None:
        """Write it, unless somebody has written there since. Raises ClientError."""
        read = data["version"]
        condition: Json = {
            "ConditionExpression": "attribute_not_exists (#pk)",
            "ExpressionAttributeNames": {"#pk": "pk"},
        }
        if read:
            condition = {
                "ConditionExpression": "#version = :read",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":read": {"N": str(read)}},
            }
        item = {"pk": {"S": "mute"}, "sk": {"S": data["scope"]}, "version": {"N": str(read + 1)}}
        item["data"] = {"S": json.dumps({**data, **changes})}
        self.kept.dynamodb.put_item(TableName="coastguard", Item=item, **condition)

    def mutes(self, at: datetime) -> bool:
        """Whether anything mutes the cluster, by what it reads."""
        times = [(data["since"], data["until"], data["ended_at"]) for data in self.read()]
        return any(
            datetime.fromisoformat(since) <= at < datetime.fromisoformat(until) and not ended
            for since, until, ended in times
        )

    def wants_to_tell(self, data: Json, at: datetime) -> bool:
        """Whether its sweep would ask for a word about a mute: that it is over, or ends soon."""
        over = bool(data["ended_at"]) or datetime.fromisoformat(data["until"]) <= at
        return not data["told_at"] if over else not data["warned_at"]


@pytest.fixture
def earlier(kept: Kept) -> Earlier:
    return Earlier(kept)


@pytest.fixture
def store(kept: Kept) -> Store:
    return kept.store


def meant(name: str) -> Mute:
    found = ROWS[name]
    assert isinstance(found, Mute)
    return replace(found, version=0)


SCOPE = str(meant("mute").scope)


def old_row(earlier: Earlier, by: str = ALICE, hours: int = 8) -> None:
    """Somebody mutes by a function of the earlier release."""
    usual = {"reason": "the new AMI", "ended_at": None, "ended_by": "", "warned_at": None, "told_at": None}
    until = (NOW + hours * HOUR).isoformat()
    place = {"scope": SCOPE, "by": by, "since": NOW.isoformat(), "until": until, "channel": ""}
    earlier.keep({**usual, **place, "version": 0})


def new_row(store: Store, by: str = BOB, hours: int = 2, mute: str = "mute-0123456789") -> Mute:
    return store.keep_mute(replace(meant("mute"), by=by, until=NOW + hours * HOUR, id=mute))


def muted_by(store: Store, at: datetime) -> str:
    found = in_force(store.mutes(), CLUSTER, ACCOUNT, at)
    return found.by if found else ""


@pytest.mark.parametrize("name", [name for name in ROWS if name.startswith("mute with an id")])
def test_the_earlier_release_reads_all_that_it_knows_of_a_mute(earlier: Earlier, store: Store, name: str) -> None:
    mute = store.keep_mute(meant(name))

    (read,) = earlier.read()

    assert read.keys() == {*FIELDS, "version"}
    assert (read["scope"], read["by"], read["until"]) == (SCOPE, ALICE, mute.until.isoformat())
    assert read["ended_at"] == (mute.ended_at.isoformat() if mute.ended_at else None)


@pytest.mark.parametrize("hours", [1, 9], ids=["while both last", "when the shorter one is over"])
def test_a_mute_of_either_release_mutes_for_both(earlier: Earlier, store: Store, hours: int) -> None:
    old_row(earlier, hours=8)
    new_row(store, hours=10)

    assert earlier.mutes(NOW + hours * HOUR)
    assert muted_by(store, NOW + hours * HOUR) == BOB
    assert {mute.by for mute in store.mutes()} == {ALICE, BOB}


def test_this_release_ends_an_old_row_under_its_key_and_leaves_the_one_beside(earlier: Earlier, store: Store) -> None:
    old_row(earlier)
    new_row(store, hours=10)
    (old,) = [mute for mute in store.mutes() if not mute.id]

    store.keep_mute(replace(old, ended_at=NOW, ended_by=ALICE))

    assert earlier.of(SCOPE)["ended_by"] == ALICE
    assert earlier.mutes(NOW + HOUR)
    assert muted_by(store, NOW + HOUR) == BOB


def test_the_earlier_release_ends_its_own_row_and_leaves_the_one_beside(earlier: Earlier, store: Store) -> None:
    old_row(earlier)
    new_row(store, hours=10)

    earlier.keep(earlier.of(SCOPE), ended_at=NOW.isoformat(), ended_by=ALICE)

    assert {mute.by: mute.ended_at for mute in store.mutes()} == {ALICE: NOW, BOB: None}
    assert muted_by(store, NOW + HOUR) == BOB


@pytest.mark.parametrize("change", [{"ended_at": NOW.isoformat()}, {"by": ALICE, "until": NOW.isoformat()}])
def test_the_earlier_release_neither_ends_nor_replaces_a_mute_with_an_id(
    earlier: Earlier, store: Store, change: Json
) -> None:
    """It fails, and what was said comes again, until a function that has been updated takes it."""
    mute = new_row(store)

    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        earlier.keep(earlier.of(SCOPE), **change)

    assert store.mutes() == [mute]


def test_who_has_read_an_old_row_before_the_earlier_release_wrote_it_conflicts(earlier: Earlier, store: Store) -> None:
    old_row(earlier)
    (read,) = store.mutes()
    earlier.keep(earlier.of(SCOPE), warned_at=NOW.isoformat())

    with pytest.raises(Conflict):
        store.keep_mute(replace(read, ended_at=NOW))


@pytest.mark.parametrize("at", [NOW + 90 * timedelta(minutes=1), NOW + 3 * HOUR], ids=["ends soon", "over"])
def test_the_earlier_release_never_speaks_of_a_mute_with_an_id(earlier: Earlier, store: Store, at: datetime) -> None:
    """It could not note that it has: it would say so at every sweep."""
    mute = new_row(store)

    assert not any(earlier.wants_to_tell(data, at) for data in earlier.read())

    assert (mute.told_at, mute.warned_at) == (None, None)
    told = store.keep_mute(replace(mute, told_at=at))
    assert store.mutes() == [told]


def test_the_earlier_release_reads_the_scope_of_a_hint_with_an_id() -> None:
    hint = MuteHint(SCOPE, "mute-0123456789")

    assert json.loads(to_message(hint)) == {"mute": SCOPE, "id": "mute-0123456789"}
    assert from_message(to_message(MuteHint(SCOPE))) == MuteHint(SCOPE)


def test_what_the_earlier_release_has_counted_under_a_mute_counts(kept: Kept, store: Store) -> None:
    mute = new_row(store)
    store.recorded(mute, 2)
    counter = {"pk": {"S": f"budget#muted {SCOPE}"}, "sk": {"S": mute.since.isoformat()}}
    kept.put({**counter, "used": {"N": "3"}, "expires": {"N": "1"}, "version": {"N": "0"}, "data": {"S": "{}"}})

    assert store.recorded(mute) == 5
