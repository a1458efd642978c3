"""An episode and what receivers have of it: rows that are written together."""

import json
from dataclasses import replace
from typing import Any

import pytest

from hub.incidents.bulletin import Bulletin
from hub.incidents.delivery import SLACK, Delivery
from hub.table.bulletins import DELIVERY, EPISODE, bulletin_rows
from hub.table.store import Store
from hub.table.writes import Conflict
from tests.hub.factories import CLUSTER, ELSEWHERE, Json, altered, bulletin, incident

TABLE, PAGER = "coastguard", "pager"


def told(**more: object) -> Bulletin:
    """A bulletin that a pager has, too."""
    known = bulletin(**more)
    return known.shows(Delivery(PAGER, known.episode.episode, "the one on duty", handle="page-1"))


def rows(dynamodb: Any) -> dict[str, tuple[int, dict[str, Any]]]:
    """The version and the data of each row of the cluster, by sort key."""
    found = dynamodb.query(
        TableName=TABLE,
        KeyConditionExpression="#pk = :pk",
        ExpressionAttributeNames={"#pk": "pk"},
        ExpressionAttributeValues={":pk": {"S": f"cluster#{CLUSTER.key}"}},
        ConsistentRead=True,
    )["Items"]

    def told_of(row: Json) -> Any:
        return json.loads(row["data"]["S"]) if "data" in row else row["packed"]["B"]

    return {row["sk"]["S"]: (int(row["version"]["N"]), told_of(row)) for row in found}


def test_each_receiver_has_a_row_of_the_episodes_version(store: Store, dynamodb: Any) -> None:
    kept = store.keep(store.keep(told()))

    found = rows(dynamodb)

    assert found.keys() == {EPISODE, f"{DELIVERY}{SLACK}", f"{DELIVERY}{PAGER}"}
    assert {version for version, _ in found.values()} == {2}
    assert found[f"{DELIVERY}{PAGER}"][1]["handle"] == "page-1"
    assert store.bulletin(CLUSTER) == store.known(CLUSTER).bulletin == kept
    assert store.bulletin(ELSEWHERE) is None


def test_the_index_has_the_episode_with_what_slack_has(store: Store) -> None:
    kept = store.keep(told())

    assert store.open_bulletins() == [Bulletin(kept.episode, (kept.slack,))]


def test_what_the_index_does_not_tell_of_is_left_as_it_is(store: Store) -> None:
    store.keep(told())
    (from_index,) = store.open_bulletins()

    store.keep_all([altered(from_index, storm="st-1")])

    found = store.bulletin(CLUSTER)
    assert found
    assert (found.episode.storm, [each.receiver for each in found.deliveries]) == ("st-1", [SLACK, PAGER])
    assert store.keep(found).of(PAGER) == replace(told().deliveries[1], version=3)


@pytest.mark.parametrize("writes", ["an opening", "a last word"])
def test_of_a_last_word_and_an_opening_the_later_one_conflicts(store: Store, writes: str, dynamodb: Any) -> None:
    known = store.keep(told())
    closing = altered(known, closed=True, shown="resolved")
    if writes == "an opening":
        store.keep(closing)
        before = rows(dynamodb)
        with pytest.raises(Conflict):
            store.save([incident()], known)
    else:
        store.save([incident()], known)
        before = rows(dynamodb)
        with pytest.raises(Conflict):
            store.keep(closing)
    assert rows(dynamodb) == before  # neither row of it, nor the incident


def test_a_delivery_is_never_written_over_a_newer_one(store: Store, dynamodb: Any) -> None:
    known = store.keep(told())
    (newer,) = [row for row in bulletin_rows(known) if row.sk == f"{DELIVERY}{PAGER}"]
    dynamodb.put_item(TableName=TABLE, Item=replace(newer, version=9).put(TABLE)["Item"])

    with pytest.raises(Conflict):
        store.keep(known)

    assert rows(dynamodb)[EPISODE][0] == 1


def test_what_a_receiver_had_of_an_earlier_episode_is_no_delivery_of_this_one(store: Store) -> None:
    over = store.keep(told(closed=True))
    anew = bulletin(episode="ep-later", version=over.episode.version)

    begun = store.keep(anew)

    assert begun.of(PAGER) is None
    assert store.bulletin(CLUSTER) == store.known(CLUSTER).bulletin == begun
    again = store.keep(begun.shows(Delivery(PAGER, "ep-later", "the one on duty")))
    assert store.bulletin(CLUSTER) == again
