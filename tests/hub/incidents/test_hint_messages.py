"""From messages to hints and back: what we ourselves put into the queues, and what gets no further."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.incidents.hint_messages import DROPS_PER_MESSAGE, from_message, gist, packed, portions, to_message
from hub.incidents.hints import BadHint, Drop, Foreign, Gathered, Hint, MuteHint, Question, StormHint, Why
from spoke.places import Cluster
from tests.hub.factories import CLUSTER, NOON, bent, event, instance_id
from tests.hub.incidents.samples import BARE, ID, STATE_CHANGE, json_values, read_or_refuse, some_hints
from tests.hub.scopes.scopes import KINDS
from tests.nightly import examples


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(json.dumps(STATE_CHANGE)[:-40], id="cut off"),
        pytest.param("null", id="null"),
        pytest.param("[]", id="list"),
        pytest.param('"aws.ecs"', id="text"),
        pytest.param("[" * 100_000, id="nested without end"),
        pytest.param("1" * 5_000, id="a number longer than Python reads"),
        pytest.param("{}", id="nothing in it"),
        pytest.param(json.dumps(event("malformed-kind")), id="event of another kind"),
        pytest.param(json.dumps(event("malformed-without-cluster")), id="without cluster"),
        pytest.param(json.dumps(event("malformed-time")), id="time in words"),
        pytest.param(bent(STATE_CHANGE, source=["aws.ecs"]), id="source of another type"),
        pytest.param(bent(STATE_CHANGE, **{"detail-type": None}), id="without detail-type"),
        pytest.param(bent(STATE_CHANGE, source="coastguard.drill"), id="a drill's source, ECS's kind"),
        pytest.param(json.dumps({**STATE_CHANGE, "detail": "agent gone"}), id="detail is text"),
        pytest.param(json.dumps({**STATE_CHANGE, "detail": None}), id="detail is null"),
        pytest.param(bent(STATE_CHANGE, {"containerInstanceArn": None}), id="without instance"),
        pytest.param(bent(STATE_CHANGE, {"clusterArn": 17}), id="cluster is a number"),
        pytest.param(bent(STATE_CHANGE, {"clusterArn": "prod-payments"}), id="cluster is no ARN"),
        pytest.param(bent(STATE_CHANGE, {"containerInstanceArn": "arn:aws:ec2:x"}), id="instance is no ARN"),
        pytest.param(bent(STATE_CHANGE, {"clusterArn": CLUSTER.arn + "<!channel>"}), id="cluster's name is not one"),
        pytest.param(bent(STATE_CHANGE, time=None), id="without time"),
        pytest.param(bent(STATE_CHANGE, time=1795176000), id="time is a number"),
        pytest.param(bent(STATE_CHANGE, time="0001-01-01T00:00:00+14:00"), id="time before all times"),
        pytest.param(json.dumps(BARE | {"cluster": None}), id="own: cluster is null"),
        pytest.param(json.dumps(BARE | {"cluster": 5}), id="own: cluster is a number"),
        pytest.param(json.dumps(BARE | {"cluster": "prod-payments"}), id="own: cluster is no key"),
        pytest.param(json.dumps({"cluster": CLUSTER.key, "why": "sweep"}), id="own: without drops"),
        pytest.param(json.dumps(BARE | {"why": ["sweep"]}), id="own: why is a list"),
        pytest.param(json.dumps(BARE | {"why": "s" * 101}), id="own: why is a tale"),
        pytest.param(json.dumps(BARE | {"crowd": 2**63}), id="own: more clusters than there can be"),
        pytest.param(json.dumps(BARE | {"drops": 3}), id="own: drops are a number"),
        pytest.param(json.dumps(BARE | {"drops": [[ID, 0, 7]]}), id="own: a drop too short"),
        pytest.param(json.dumps(BARE | {"drops": [["i-1", 0, 7, 0]]}), id="own: no instance id"),
        pytest.param(json.dumps(BARE | {"drops": [[ID, "noon", 7, 0]]}), id="own: time in words"),
        pytest.param(json.dumps(BARE | {"drops": [[ID, 1e300, 7, 0]]}), id="own: time after all times"),
        pytest.param(json.dumps(BARE | {"drops": [[ID, float("nan"), 7, 0]]}), id="own: time is no number"),
        pytest.param(json.dumps(BARE | {"drops": [[ID, 0, "7", 0]]}), id="own: version is text"),
        pytest.param(json.dumps(BARE | {"drops": [[ID, 0, 7, None]]}), id="own: waits are null"),
        pytest.param(json.dumps(BARE | {"crowd": "many"}), id="own: crowd in words"),
        pytest.param(json.dumps({"storm": None}), id="storm: null"),
        pytest.param(json.dumps({"storm": "C0ECSALERTS"}), id="storm: without Region"),
        pytest.param(json.dumps({"storm": "C0ECSALERTS/eu-west-1/x"}), id="storm: more than a place"),
        pytest.param(json.dumps({"storm": "<!channel>/eu-west-1"}), id="storm: no channel id"),
    ],
)
def test_what_can_never_become_a_hint_is_malformed(text: str) -> None:
    with pytest.raises(BadHint) as caught:
        from_message(text)

    assert not isinstance(caught.value, Foreign)
    assert len(str(caught.value)) <= 500


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"storm": DEEP}', id="storm"),
        pytest.param(f'{{"cluster": "{CLUSTER.key}", "why": DEEP, "drops": []}}', id="own: why"),
        pytest.param(f'{{"cluster": "{CLUSTER.key}", "why": "sweep", "drops": [], "crowd": DEEP}}', id="own: crowd"),
        pytest.param(bent(STATE_CHANGE, account="DEEP").replace('"DEEP"', "DEEP"), id="account"),
        pytest.param(bent(STATE_CHANGE, region="DEEP").replace('"DEEP"', "DEEP"), id="Region"),
        pytest.param(bent(STATE_CHANGE, source="DEEP").replace('"DEEP"', "DEEP"), id="source"),
    ],
)
def test_what_is_nested_as_deep_as_json_can_read_is_refused(text: str) -> None:
    # Somewhere here json can just read it, and repr() cannot any more.
    for depth in range(700, 1_100):
        with pytest.raises(BadHint):
            from_message(text.replace("DEEP", '{"a":' * depth + "0" + "}" * depth))


@given(st.text() | json_values.map(json.dumps))
@settings(max_examples=examples(80), deadline=None)
def test_arbitrary_messages_raise_nothing_else(text: str) -> None:
    read_or_refuse(text)


@given(
    st.sampled_from(["cluster", "why", "drops", "crowd", "storm"]),
    json_values,
    st.lists(json_values, min_size=4, max_size=4),
)
@settings(max_examples=examples(80), deadline=None)
def test_our_own_messages_with_an_arbitrary_field_raise_nothing_else(
    name: str, value: object, odd: list[object]
) -> None:
    read_or_refuse(json.dumps(BARE | {name: value}))
    read_or_refuse(json.dumps(BARE | {"drops": [odd, odd]}))


def test_a_hint_that_waits_while_a_release_is_deployed_can_be_read() -> None:
    before = BARE | {"drops": [[ID, NOON.timestamp(), 7, 1]]}

    assert from_message(json.dumps(before)) == Hint(CLUSTER, Why.SWEEP, (Drop(ID, NOON, 7, 1),))


@pytest.mark.parametrize("why", Why)
def test_each_reason_to_look_is_read_as_it_was_written(why: Why) -> None:
    read = from_message(to_message(Hint(CLUSTER, why)))

    assert isinstance(read, Hint)
    assert read.why is why


def test_a_reason_that_only_another_release_knows_is_a_reason_to_look() -> None:
    assert from_message(json.dumps(BARE | {"why": "a full moon"})) == Hint(CLUSTER, Why.AGAIN)


def test_a_storm_is_named_by_its_channel_and_region() -> None:
    hint = StormHint("C0ECSALERTS", "ap-southeast-1")

    assert from_message('{"storm":"C0ECSALERTS/ap-southeast-1"}') == hint
    assert from_message(to_message(hint)) == hint


@pytest.mark.parametrize("scope", KINDS)
def test_a_mute_is_named_by_its_scope(scope: str) -> None:
    assert from_message(f'{{"mute":"{scope}"}}') == MuteHint(scope)
    assert from_message(to_message(MuteHint(scope))) == MuteHint(scope)
    assert gist(to_message(MuteHint(scope))) == [scope]


@pytest.mark.parametrize(
    "scope",
    [
        None,
        7,
        [],
        {"a": 1},
        "",
        "everything",
        "organization:",
        "account:",
        "account:2222",
        "region:eu-west-1",
        "region:/eu-west-1",
        f"cluster:{CLUSTER.account}/{CLUSTER.name}",
        f"instance:{CLUSTER.key}/i-1",
        f"instance:{CLUSTER.key}/{instance_id()}/",
        "unit:<!channel>",
        "account:222233334444\\u0000",
        "c" * 70_000,
    ],
)
def test_what_is_no_scope_is_no_mute(scope: object) -> None:
    with pytest.raises(BadHint, match="not a mute's scope"):
        from_message(json.dumps({"mute": scope}))


@given(some_hints)
@settings(max_examples=examples(50), deadline=None)
def test_a_hint_that_is_written_and_read_is_the_same(hint: Hint) -> None:
    assert from_message(to_message(hint)) == hint


ASKS = Question("i-0b7c9d1e2f3a4b5c6", "U0ALICE01", "C0ECSALERTS", verb="mute", rest="2h")


def test_a_question_goes_with_the_first_portion_alone() -> None:
    drops = tuple(Drop(instance_id(number), NOON) for number in range(DROPS_PER_MESSAGE + 1))

    cut = portions(Hint(CLUSTER, Why.REQUEST, drops, questions=(ASKS,)))

    assert [portion.questions for portion in cut] == [(ASKS,), ()]


def test_what_only_another_release_knows_of_a_question_is_left_out() -> None:
    body = json.loads(to_message(Hint(CLUSTER, Why.REQUEST, questions=(ASKS,))))
    body["questions"] = [{"instance": ASKS.instance, "user": ASKS.user, "thread": "1795176000.000100"}]

    hint = from_message(json.dumps(body))

    assert isinstance(hint, Hint)
    assert hint.questions == (Question(ASKS.instance, ASKS.user),)


@pytest.mark.parametrize(
    "questions", [3, "ab", [3], [{}], [{"instance": "i-1"}], [{"instance": "i-1", "user": 3}], [[]]]
)
def test_what_is_no_question_is_malformed(questions: object) -> None:
    body = json.loads(to_message(Hint(CLUSTER, Why.REQUEST)))

    with pytest.raises(BadHint, match="not a hint"):
        from_message(json.dumps(body | {"questions": questions}))


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, [0]), (1, [1]), (2_000, [2_000]), (2_001, [2_000, 1]), (5_000, [2_000, 2_000, 1_000])]
)
def test_a_hint_is_cut_into_portions_that_lose_nothing(count: int, sizes: list[int]) -> None:
    drops = tuple(Drop(instance_id(number), NOON) for number in range(count))
    whole = Hint(CLUSTER, Why.STATE_CHANGE, drops)

    cut = portions(whole)

    assert [len(portion.drops) for portion in cut] == sizes
    assert tuple(drop for portion in cut for drop in portion.drops) == drops
    assert {(portion.cluster, portion.why) for portion in cut} == {(CLUSTER, Why.STATE_CHANGE)}


def test_what_is_gathered_of_a_region_loses_nothing_and_fits_messages_of_sqs() -> None:
    at, longest = NOON + timedelta(microseconds=1), "c" * 251
    hints = [
        Hint(
            Cluster("222233334444", "ap-southeast-1", f"{longest}{number:04}"),
            Why.HEALTH_CHANGE,
            (Drop(f"ffffffff-ffff-ffff-ffff-{number:012x}", at, 10**12, 2, f"mi-{'f' * 17}"),),
            5_000,
            hops=number % 3,
        )
        for number in range(5_000)
    ]
    hints.append(Hint(CLUSTER, Why.AGAIN))
    hints[-1] = replace(hints[-1], cluster=replace(hints[0].cluster, name="without-drops"))

    packs = packed(hints)

    assert [len(pack.hints) for pack in packs] == [2_000, 2_000, 1_001]
    assert max(len(to_message(pack).encode()) for pack in packs) < 1024 * 1024
    read = [from_message(to_message(pack)) for pack in packs]
    assert [each.hops for each in read if isinstance(each, Gathered)] == [2] * 3
    told = [replace(hint, hops=0) for each in read if isinstance(each, Gathered) for hint in each.hints]
    assert told == [replace(hint, hops=0) for hint in hints]


def test_a_cluster_with_more_than_a_message_holds_is_gathered_in_several() -> None:
    drops = tuple(Drop(instance_id(number), NOON) for number in range(DROPS_PER_MESSAGE + 500))

    packs = packed([Hint(CLUSTER, Why.STATE_CHANGE, drops), Hint(CLUSTER, Why.STATE_CHANGE, drops[:1_000])])

    assert [[len(hint.drops) for hint in pack.hints] for pack in packs] == [[2_000], [500, 1_000]]
    assert packed([]) == []


@pytest.mark.parametrize(
    "gathered",
    [
        pytest.param([], id="nothing"),
        pytest.param({}, id="no list"),
        pytest.param([1], id="no hint"),
        pytest.param([{"cluster": CLUSTER.key}], id="a hint without its drops"),
        pytest.param(
            [
                {"cluster": f"222233334444/{region}/prod", "why": "state change", "drops": []}
                for region in ("eu-west-1", "us-east-1")
            ],
            id="of two Regions",
        ),
    ],
)
def test_what_was_never_gathered_is_malformed(gathered: object) -> None:
    with pytest.raises(BadHint):
        from_message(json.dumps({"gathered": gathered}))
