"""The table on the wire answers as moto's does: the same calls, one after another, and the same comes back."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tests.hub.stack import create_table
from tests.nightly import examples
from tests.wire.table import Tables
from tests.wire.wire import Stray, Wire

Step = tuple[str, dict[str, Any]]

_TABLE = "coastguard"
_PKS, _SKS = ("cluster#a", "cluster#b"), ("bulletin", "instance#1", "instance#2", "instance#20", "log#1")
_UNCHANGED = ("#0 = :0", {"#0": "version"})
_NEW = ("attribute_not_exists (#0)", {"#0": "pk"})

keys = st.fixed_dictionaries({"pk": st.sampled_from(_PKS), "sk": st.sampled_from(_SKS)})
versions = st.integers(min_value=0, max_value=3)


def _values(plain: dict[str, Any]) -> dict[str, Any]:
    return {name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in plain.items()}


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    text, names = draw(
        st.sampled_from(
            [
                _UNCHANGED,
                _NEW,
                ("attribute_exists (#0)", {"#0": "open_pk"}),
                ("(attribute_not_exists (#0) OR #1 < :0)", {"#0": "pk", "#1": "version"}),
                ("(#0 >= :0 AND NOT #1 = :0)", {"#0": "version", "#1": "tries"}),
                ("#0 <> :0", {"#0": "version"}),
                ("", {}),
            ]
        )
    )
    if not text:
        return {}
    found: dict[str, Any] = {"ConditionExpression": text, "ExpressionAttributeNames": names}
    if ":0" in text:
        found["ExpressionAttributeValues"] = _values({":0": draw(versions)})
    return found


@st.composite
def puts(draw: st.DrawFn) -> dict[str, Any]:
    row = {**draw(keys), "version": draw(versions), "data": draw(st.text("abc", max_size=3)) + "."}
    if draw(st.booleans()):
        row |= {"open_pk": "open", "open_sk": f"{row['pk']}/{row['sk']}"}
    return {"TableName": _TABLE, "Item": _values(row), **draw(conditions())}


@st.composite
def updates(draw: st.DrawFn) -> dict[str, Any]:
    text, names = draw(
        st.sampled_from(
            [
                ("ADD #9 :9", {"#9": "tries"}),
                ("SET #9 = :9", {"#9": "version"}),
                ("SET #9 = if_not_exists(#9, :9) ADD #8 :9", {"#9": "first", "#8": "tries"}),
                ("SET #9 = :9 REMOVE #8", {"#9": "tries", "#8": "open_pk"}),
            ]
        )
    )
    condition = draw(conditions())
    return {
        "TableName": _TABLE,
        "Key": _values(draw(keys)),
        "UpdateExpression": text,
        **({"ConditionExpression": condition["ConditionExpression"]} if condition else {}),
        "ExpressionAttributeNames": names | condition.get("ExpressionAttributeNames", {}),
        "ExpressionAttributeValues": _values({":9": draw(versions)}) | condition.get("ExpressionAttributeValues", {}),
    }


@st.composite
def deletes(draw: st.DrawFn) -> dict[str, Any]:
    return {"TableName": _TABLE, "Key": _values(draw(keys)), **draw(conditions())}


@st.composite
def transactions(draw: st.DrawFn) -> dict[str, Any]:
    writes = st.one_of(puts().map(lambda fields: ("Put", fields)), deletes().map(lambda fields: ("Delete", fields)))
    items = draw(st.lists(writes, min_size=1, max_size=4))
    mine: dict[tuple[str, str], Step] = {}
    for kind, fields in items:
        key = fields.get("Item") or fields["Key"]
        mine[key["pk"]["S"], key["sk"]["S"]] = kind, fields  # an item may stand in a transaction once
    return {"TransactItems": [{kind: fields} for kind, fields in mine.values()]}


@st.composite
def queries(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.booleans()):
        return {
            "TableName": _TABLE,
            "IndexName": "open",
            "KeyConditionExpression": "#0 = :0",
            "ExpressionAttributeNames": {"#0": "open_pk"},
            "ExpressionAttributeValues": _values({":0": "open"}),
        }
    text, more = draw(
        st.sampled_from(
            [
                ("(#0 = :0 AND #1 BETWEEN :1 AND :2)", {":1": "bulletin", ":2": "instance#~"}),
                ("(#0 = :0 AND begins_with (#1, :1))", {":1": "instance#"}),
                ("#0 = :0 AND #1 > :1", {":1": "instance#1"}),
                ("#0 = :0", {}),
            ]
        )
    )
    names = {"#0": "pk", "#1": "sk"} if "#1" in text else {"#0": "pk"}
    pages: list[dict[str, Any]] = [{}, {"Limit": 2}, {"ScanIndexForward": False}, {"Select": "COUNT"}]
    page = draw(st.sampled_from(pages))
    projection = {}
    if draw(st.booleans()) and "Select" not in page:
        projection = {"ProjectionExpression": "#7"}
        names["#7"] = "version"
    return {
        "TableName": _TABLE,
        "KeyConditionExpression": text,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": _values({":0": draw(st.sampled_from(_PKS)), **more}),
        "ConsistentRead": True,
        **page,
        **projection,
    }


@st.composite
def batches_of_gets(draw: st.DrawFn) -> dict[str, Any]:
    # A key that stands there twice is refused by both, and so is none at all.
    asked = draw(st.lists(keys, min_size=1, max_size=6))
    only = {"ProjectionExpression": "#0, #1", "ExpressionAttributeNames": {"#0": "pk", "#1": "version"}}
    shown = only if draw(st.booleans()) else {}
    return {"RequestItems": {_TABLE: {"Keys": list(map(_values, asked)), "ConsistentRead": True, **shown}}}


steps = st.one_of(
    batches_of_gets().map(lambda fields: ("batch_get_item", fields)),
    puts().map(lambda fields: ("put_item", fields)),
    updates().map(lambda fields: ("update_item", {**fields, "ReturnValues": "ALL_NEW"})),
    deletes().map(lambda fields: ("delete_item", fields)),
    transactions().map(lambda fields: ("transact_write_items", fields)),
    queries().map(lambda fields: ("query", fields)),
    keys.map(lambda key: ("get_item", {"TableName": _TABLE, "Key": _values(key), "ConsistentRead": True})),
)


def told(dynamodb: Any, operation: str, fields: dict[str, Any]) -> Any:
    """What comes back, as far as both say it."""
    ask = getattr(dynamodb, operation)
    try:
        answer = _all_pages(ask, fields) if operation == "query" else ask(**fields)
    except ClientError as error:
        reasons = [reason["Code"] for reason in error.response.get("CancellationReasons", ())]
        return error.response["Error"]["Code"], reasons
    if operation == "batch_get_item":  # in whatever order
        return sorted(map(repr, answer["Responses"][_TABLE])), answer["UnprocessedKeys"]
    return {
        name: answer[name] for name in ("Item", "Items", "Count", "Attributes") if answer.get(name) not in (None, {})
    }


def _all_pages(ask: Callable[..., dict[str, Any]], fields: dict[str, Any]) -> dict[str, Any]:
    """Moto ends a page that is full and the last one; DynamoDB does not know yet that nothing follows."""
    pages = [ask(**fields)]
    while last := pages[-1].get("LastEvaluatedKey"):
        pages.append(ask(**fields, ExclusiveStartKey=last))
    items = [row for page in pages for row in page.get("Items", ())]
    return {"Items": items, "Count": sum(page["Count"] for page in pages)}


def played(dynamodb: Any, story: list[Step]) -> list[Any]:
    create_table(dynamodb)
    return [told(dynamodb, operation, fields) for operation, fields in story]


@given(story=st.lists(steps, min_size=8, max_size=30))
@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_it_answers_every_story_as_moto_does(wire: Wire, dynamodb: Any, moto_dynamodb: Any, story: list[Step]) -> None:
    Tables().hang(wire)
    with mock_aws():  # and not with the wire under it: moto answers for every client
        theirs = played(moto_dynamodb, story)
    assert played(dynamodb, story) == theirs


def test_a_batch_of_reads_leaves_out_what_there_is_no_room_for_and_says_so(wire: Wire, dynamodb: Any) -> None:
    tables = wire.services["dynamodb"]
    assert isinstance(tables, Tables)
    create_table(dynamodb)
    rows = [{"pk": f"cluster#{name}", "sk": "bulletin"} for name in "abc"]
    for row in rows:
        dynamodb.put_item(TableName=_TABLE, Item=_values(row))
    tables.room = 2

    answer = dynamodb.batch_get_item(RequestItems={_TABLE: {"Keys": list(map(_values, rows))}})

    assert answer["Responses"][_TABLE] == list(map(_values, rows[:2]))
    assert answer["UnprocessedKeys"] == {_TABLE: {"Keys": [_values(rows[2])]}}
    many = [_values({"pk": f"cluster#{number}", "sk": "bulletin"}) for number in range(101)]
    with pytest.raises(ClientError, match="length between 1 and 100"):
        dynamodb.batch_get_item(RequestItems={_TABLE: {"Keys": many}})


def test_a_transaction_changes_everything_or_nothing(dynamodb: Any) -> None:
    create_table(dynamodb)
    put = {"TableName": _TABLE, "Item": _values({"pk": "p", "sk": "1", "version": 1})}
    second = {"TableName": _TABLE, "Item": _values({"pk": "p", "sk": "2", "version": 1})}
    text, names = _NEW
    dynamodb.put_item(**second)
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        dynamodb.transact_write_items(
            TransactItems=[
                {"Put": put},
                {"Put": {**second, "ConditionExpression": text, "ExpressionAttributeNames": names}},
            ]
        )
    assert "Item" not in dynamodb.get_item(TableName=_TABLE, Key=_values({"pk": "p", "sk": "1"}))


def test_a_query_comes_in_pages_of_a_megabyte(dynamodb: Any) -> None:
    create_table(dynamodb)
    for number in range(5):
        row = {"pk": "p", "sk": f"{number}", "data": "x" * 300_000}
        dynamodb.put_item(TableName=_TABLE, Item=_values(row))
    asked = {
        "TableName": _TABLE,
        "KeyConditionExpression": "#0 = :0",
        "ExpressionAttributeNames": {"#0": "pk"},
        "ExpressionAttributeValues": _values({":0": "p"}),
    }
    pages = list(dynamodb.get_paginator("query").paginate(**asked))
    assert [page["Count"] for page in pages] == [4, 1]
    assert [row["sk"]["S"] for page in pages for row in page["Items"]] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        ("scan", {"TableName": _TABLE}),
        ("put_item", {"TableName": _TABLE, "Item": {"pk": {"S": "p"}, "sk": {"S": "1"}}, "Expected": {}}),
        (
            "delete_item",
            {
                "TableName": _TABLE,
                "Key": {"pk": {"S": "p"}, "sk": {"S": "1"}},
                "ConditionExpression": "size(#0) > :0",
                "ExpressionAttributeNames": {"#0": "data"},
                "ExpressionAttributeValues": {":0": {"N": "1"}},
            },
        ),
    ],
    ids=["an operation", "a parameter", "a word of an expression"],
)
def test_what_it_does_not_know_is_loud(dynamodb: Any, operation: str, fields: dict[str, Any]) -> None:
    create_table(dynamodb)
    with pytest.raises(Stray):
        getattr(dynamodb, operation)(**fields)


def test_what_has_expired_goes_when_it_is_time_and_not_before(wire: Wire, dynamodb: Any) -> None:
    tables = wire.services["dynamodb"]
    assert isinstance(tables, Tables)
    create_table(dynamodb)
    rows = ({"pk": "a", "sk": "1", "expires": 100, "open_pk": "o", "open_sk": "1"}, {"pk": "a", "sk": "2"})
    for row in rows:
        dynamodb.put_item(TableName=_TABLE, Item=_values(row))

    assert tables.forget(100) == 0
    assert tables.forget(101) == 1
    assert tables.rows(_TABLE) == [_values(rows[1])]
    assert tables.forget(10**10) == 0


def test_a_write_is_billed_to_the_partition_keys_that_it_falls_on(wire: Wire, dynamodb: Any) -> None:
    tables = wire.services["dynamodb"]
    assert isinstance(tables, Tables)
    create_table(dynamodb)
    small, large = {"pk": "a", "sk": "1"}, {"pk": "a", "sk": "2", "data": "x" * 1_500}
    dynamodb.put_item(TableName=_TABLE, Item=_values(small))
    dynamodb.put_item(TableName=_TABLE, Item=_values(large))
    assert tables.units == {"a": 1 + 2}

    dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": _TABLE, "Item": _values(large)}}])
    assert tables.units == {"a": 3 + 2 * 2}, "twice in a transaction"

    shown = {"pk": "b", "sk": "1", "open_pk": "incidents", "open_sk": "1"}
    for row in (shown, shown | {"version": 1}, shown | {"open_pk": "over"}, {"pk": "b", "sk": "1"}):
        dynamodb.put_item(TableName=_TABLE, Item=_values(row))
    # It comes, changes, moves and goes.
    assert tables.units == {"a": 7, "b": 4, "open: incidents": 1 + 1 + 1, "open: over": 1 + 1}
