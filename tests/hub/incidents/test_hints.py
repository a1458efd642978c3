"""From messages to hints: what EventBridge and we ourselves put into the delay queue, and what gets no further."""

import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.incidents.hints import (
    DROPS_PER_MESSAGE,
    BadHint,
    Drop,
    Foreign,
    Hint,
    MuteHint,
    StormHint,
    Why,
    from_message,
    gather,
    gist,
    portions,
    to_message,
)
from tests.hub.factories import CLUSTER, ELSEWHERE, NOON, Json, bent, event, instance_id
from tests.hub.scopes.scopes import KINDS

STATE_CHANGE = event("state-change")
HEALTH_CHANGE = event("health-change-agent-gone")
ID, HOST = "0c5d7a2e8f3b4c61a9d0e1f2a3b4c5d6", "i-0b7c9d1e2f3a4b5c6"
OLD, ANYWHERE = "5f1c7a52-4d1e-4c7b-9a36-2b1d7c0e9f84", "7d9e0f1a2b3c4d5e8f6a7b8c9d0e1f2a"
GONE, GONE_AT_VERSION = Drop(ID, NOON, host=HOST), Drop(ID, NOON, 14801, host=HOST)
WORTH_A_LOOK = Drop(ID, None, host=HOST)
BARE = {"cluster": CLUSTER.key, "why": "sweep", "drops": []}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        pytest.param("state-change", Hint(CLUSTER, Why.STATE_CHANGE, (GONE_AT_VERSION,)), id="new ARN"),
        pytest.param(
            "state-change-old-arn",
            Hint(CLUSTER, Why.STATE_CHANGE, (Drop(OLD, NOON, 731, host="i-4e5f6a7b"),)),
            id="old ARN, which does not name the cluster",
        ),
        pytest.param(
            "state-change-anywhere",
            Hint(
                CLUSTER,
                Why.STATE_CHANGE,
                (Drop(ANYWHERE, NOON, 212, host="mi-0a1b2c3d4e5f67890"),),
            ),
            id="ECS Anywhere",
        ),
        pytest.param("health-change-agent-gone", Hint(CLUSTER, Why.HEALTH_CHANGE, (GONE,)), id="agent impaired"),
        pytest.param(
            "health-change-agent-back",
            Hint(CLUSTER, Why.HEALTH_CHANGE, (WORTH_A_LOOK,)),
            id="agent well again: no date",
        ),
        pytest.param(
            "health-change-runtime",
            Hint(CLUSTER, Why.HEALTH_CHANGE, (WORTH_A_LOOK,)),
            id="only the runtime impaired: no date",
        ),
        pytest.param("drill", None, id="drill: nobody needs to look"),
    ],
)
def test_an_event_becomes_a_hint(name: str, hint: Hint | None) -> None:
    assert from_message(json.dumps(event(name))) == hint


@pytest.mark.parametrize(
    ("change", "drop"),
    [
        pytest.param({"version": "14801"}, GONE, id="version as text"),
        pytest.param({"version": True}, GONE, id="version true"),
        pytest.param({"version": -1}, GONE, id="version below all"),
        pytest.param({"version": 2**63}, GONE, id="version longer than any of ECS's"),
        pytest.param({"version": None}, GONE, id="no version"),
        pytest.param({"shoeSize": {"left": 44}}, GONE_AT_VERSION, id="unknown field"),
        pytest.param({"ec2InstanceId": None}, Drop(ID, NOON, 14801), id="no host"),
        pytest.param({"ec2InstanceId": "i-0 <!channel>"}, Drop(ID, NOON, 14801), id="a host that is none"),
    ],
)
def test_a_hint_needs_no_more_than_the_places(change: Json, drop: Drop) -> None:
    assert from_message(bent(STATE_CHANGE, change)) == Hint(CLUSTER, Why.STATE_CHANGE, (drop,))


@pytest.mark.parametrize(
    ("checks", "drop"),
    [
        pytest.param(None, GONE, id="no checks at all"),
        pytest.param("what", GONE, id="checks of another shape"),
        pytest.param(["AGENT_CONNECTIVITY"], GONE, id="a check of another shape"),
        pytest.param([], WORTH_A_LOOK, id="agent not among them"),
        pytest.param([{"type": "AGENT_CONNECTIVITY", "status": "INSUFFICIENT_DATA"}], WORTH_A_LOOK, id="unsure"),
        pytest.param([{"type": "AGENT_CONNECTIVITY", "status": "OK"}], WORTH_A_LOOK, id="well"),
        pytest.param([{"type": "CONTAINER_RUNTIME", "status": "IMPAIRED"}], WORTH_A_LOOK, id="runtime"),
        pytest.param(
            [{"type": "DAEMON", "status": "OK"}, {"type": "AGENT_CONNECTIVITY", "status": "IMPAIRED"}],
            GONE,
            id="impaired",
        ),
    ],
)
def test_a_health_change_dates_a_drop_only_if_the_agents_own_check_failed_or_nobody_can_tell(
    checks: object, drop: Drop
) -> None:
    assert from_message(bent(HEALTH_CHANGE, {"healthChecks": checks})) == Hint(CLUSTER, Why.HEALTH_CHANGE, (drop,))


def test_the_time_of_an_event_is_kept_in_utc() -> None:
    hint = from_message(bent(STATE_CHANGE, time="2026-11-20T14:00:00+02:00"))

    assert isinstance(hint, Hint)
    assert hint.drops[0].at == NOON
    assert hint.drops[0].at.tzinfo is UTC


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
        pytest.param(json.dumps(event("foreign-account")), id="cluster and instance of another account"),
        pytest.param(json.dumps(event("foreign-region")), id="of another Region"),
        pytest.param(json.dumps(event("foreign-instance")), id="only the instance of another account"),
        pytest.param(
            bent(STATE_CHANGE, {"clusterArn": "arn:aws:ecs:eu-west-1:333344445555:cluster/prod-payments"}),
            id="only the cluster of another account",
        ),
        pytest.param(bent(STATE_CHANGE, account=None), id="envelope without account"),
        pytest.param(bent(STATE_CHANGE, account=222233334444), id="envelope's account is a number"),
    ],
)
def test_arns_that_disagree_with_the_envelope_are_foreign(text: str) -> None:
    with pytest.raises(Foreign, match="the event comes from"):
        from_message(text)


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


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=6,
)


@given(st.text() | _json.map(json.dumps))
@settings(max_examples=80, deadline=None)
def test_arbitrary_messages_raise_nothing_else(text: str) -> None:
    _read_or_refuse(text)


@given(st.sampled_from(sorted(STATE_CHANGE)), st.sampled_from(sorted(STATE_CHANGE["detail"])), _json, _json)
@settings(max_examples=80, deadline=None)
def test_events_with_an_arbitrary_field_raise_nothing_else(
    top: str, inner: str, outside: object, inside: object
) -> None:
    _read_or_refuse(json.dumps({**STATE_CHANGE, top: outside}))
    _read_or_refuse(json.dumps({**STATE_CHANGE, "detail": {**STATE_CHANGE["detail"], inner: inside}}))


@given(st.sampled_from(["cluster", "why", "drops", "crowd", "storm"]), _json, st.lists(_json, min_size=4, max_size=4))
@settings(max_examples=80, deadline=None)
def test_our_own_messages_with_an_arbitrary_field_raise_nothing_else(
    name: str, value: object, odd: list[object]
) -> None:
    _read_or_refuse(json.dumps(BARE | {name: value}))
    _read_or_refuse(json.dumps(BARE | {"drops": [odd, odd]}))


def _read_or_refuse(text: str) -> None:
    """Whatever is read can be gathered, written and read again: nothing that is let in hurts its neighbours later."""
    try:
        hint = from_message(text)
    except BadHint:
        return
    if hint:
        (whole,) = gather([hint, hint]) if isinstance(hint, Hint) else [hint]
        assert from_message(to_message(whole)) == whole


def test_a_hint_that_waits_while_a_release_is_deployed_can_be_read() -> None:
    before = BARE | {"drops": [[ID, NOON.timestamp(), 7, 1]]}

    assert from_message(json.dumps(before)) == Hint(CLUSTER, Why.SWEEP, (Drop(ID, NOON, 7, 1),))


@pytest.mark.parametrize("name", ["state-change", "health-change-agent-gone", "health-change-runtime"])
def test_what_an_archive_replays_is_worth_a_look_and_dates_nothing(name: str) -> None:
    replayed = from_message(bent(event(name), **{"replay-name": "coastguard-20261120"}))

    assert replayed == Hint(CLUSTER, Why.REPLAY, (WORTH_A_LOOK,))


@pytest.mark.parametrize("why", Why)
def test_each_reason_to_look_is_read_as_it_was_written(why: Why) -> None:
    read = from_message(to_message(Hint(CLUSTER, why)))

    assert isinstance(read, Hint)
    assert read.why is why


def test_a_reason_that_only_another_release_knows_is_a_reason_to_look() -> None:
    assert from_message(json.dumps(BARE | {"why": "a full moon"})) == Hint(CLUSTER, Why.AGAIN)


def test_a_drill_that_is_replayed_is_a_drill() -> None:
    assert from_message(bent(event("drill"), **{"replay-name": "coastguard-20261120"})) is None


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


@pytest.mark.parametrize("depth", [200, 900, 960, 980, 985, 990, 995, 1_000, 3_000])
def test_deeply_nested_kinds_of_events_raise_nothing_else(depth: int) -> None:
    nested = "[" * depth + "]" * depth

    with pytest.raises(BadHint):
        from_message(f'{{"source": {nested}, "detail-type": "x", "detail": {{}}}}')


_drops = st.builds(
    Drop,
    instance=st.integers(0, 5).map(instance_id),
    at=st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - as hypothesis wants them
    version=st.none() | st.integers(0, 20),
    waits=st.integers(0, 3),
)
_hints = st.builds(
    Hint,
    st.sampled_from([CLUSTER, ELSEWHERE]),
    st.sampled_from(Why),
    st.lists(_drops, max_size=4).map(tuple),
    st.integers(0, 500),
)


@given(_hints)
@settings(max_examples=50, deadline=None)
def test_a_hint_that_is_written_and_read_is_the_same(hint: Hint) -> None:
    assert from_message(to_message(hint)) == hint


@given(st.lists(_hints, max_size=6), st.randoms())
@settings(max_examples=50, deadline=None)
def test_the_order_and_number_of_hints_does_not_matter(hints: list[Hint], random: object) -> None:
    shuffled = hints + hints[:2]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' Random

    def told(some: list[Hint]) -> dict[str, set[Drop]]:
        return {hint.cluster.key: set(hint.drops) for hint in gather(some)}

    assert told(shuffled) == told(hints)


@pytest.mark.parametrize(
    ("drops", "kept"),
    [
        pytest.param([(3, 0, 0), (5, 0, 1)], (5, 0, 1), id="newest version"),
        pytest.param([(None, 0, 9), (5, 0, 1)], (5, 0, 1), id="a version is better than none"),
        pytest.param([(5, 0, 1), (5, 2, 3)], (5, 2, 3), id="same version: the one that waited more often"),
        pytest.param([(None, 0, 1), (None, 0, 4)], (None, 0, 4), id="no version: the later one"),
        pytest.param([(5, 0, 1), (5, 0, 1)], (5, 0, 1), id="duplicate"),
        pytest.param([(None, 0, 1), (9, 0, None)], (None, 0, 1), id="one that is dated, rather than one that is not"),
    ],
)
def test_of_an_instances_drops_the_newest_counts(
    drops: list[tuple[int | None, int, int | None]], kept: tuple[int | None, int, int | None]
) -> None:
    def made(version: int | None, waits: int, second: int | None) -> Drop:
        return Drop(instance_id(), None if second is None else NOON + timedelta(seconds=second), version, waits)

    for order in itertools.permutations(drops):
        (hint,) = gather(Hint(CLUSTER, Why.STATE_CHANGE, (made(*drop),)) for drop in order)
        assert hint.drops == (made(*kept),)


def test_hints_are_gathered_by_cluster() -> None:
    one, two = (Drop(instance_id(number), NOON) for number in (1, 2))

    gathered = gather(
        [
            Hint(CLUSTER, Why.STATE_CHANGE, (one,)),
            Hint(ELSEWHERE, Why.STATE_CHANGE, (one,)),
            Hint(CLUSTER, Why.STATE_CHANGE, (two,)),
        ]
    )

    assert {(hint.cluster, hint.drops) for hint in gathered} == {(CLUSTER, (one, two)), (ELSEWHERE, (one,))}


@pytest.mark.parametrize(
    ("whys", "counts"),
    [
        pytest.param([Why.SWEEP, Why.SWEEP], Why.SWEEP, id="a sweep alone"),
        pytest.param([Why.SWEEP, Why.STATE_CHANGE, Why.SWEEP], Why.STATE_CHANGE, id="an event before a sweep"),
        pytest.param([Why.SWEEP, Why.AGAIN, Why.REQUEST], Why.REQUEST, id="a person before all"),
        pytest.param([Why.AGAIN, Why.ALONE, Why.SWEEP], Why.ALONE, id="the word that there is no storm"),
    ],
)
def test_of_several_reasons_to_look_the_one_that_changes_most_counts(whys: list[Why], counts: Why) -> None:
    for order in itertools.permutations(whys):
        assert gather(Hint(CLUSTER, why) for why in order) == [Hint(CLUSTER, counts)]


def test_of_several_reasons_that_weigh_the_same_the_first_counts() -> None:
    assert gather([Hint(CLUSTER, Why.AGAIN), Hint(CLUSTER, Why.STATE_CHANGE)]) == [Hint(CLUSTER, Why.AGAIN)]


def test_the_largest_crowd_counts() -> None:
    (hint,) = gather([Hint(CLUSTER, Why.AGAIN, crowd=2), Hint(CLUSTER, Why.AGAIN, crowd=12), Hint(CLUSTER, Why.AGAIN)])

    assert hint.crowd == 12


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, [0]), (1, [1]), (400, [400]), (401, [400, 1]), (1_000, [400, 400, 200])]
)
def test_a_hint_is_cut_into_portions_that_lose_nothing(count: int, sizes: list[int]) -> None:
    drops = tuple(Drop(instance_id(number), NOON) for number in range(count))
    whole = Hint(CLUSTER, Why.STATE_CHANGE, drops)

    cut = portions(whole)

    assert [len(portion.drops) for portion in cut] == sizes
    assert tuple(drop for portion in cut for drop in portion.drops) == drops
    assert {(portion.cluster, portion.why) for portion in cut} == {(CLUSTER, Why.STATE_CHANGE)}


def test_ten_full_portions_fit_one_batch_of_sqs() -> None:
    drops = tuple(
        Drop(f"ffffffff-ffff-ffff-ffff-{number:012x}", NOON + timedelta(microseconds=1), 10**9, 2)
        for number in range(DROPS_PER_MESSAGE)
    )

    assert len(to_message(Hint(CLUSTER, Why.STATE_CHANGE, drops)).encode()) < 64 * 1024
