"""When many clusters in trouble are a storm, whom it holds, and when it is over."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.incidents.breakdown import Breakdown
from hub.incidents.bulletin import Bulletin
from hub.incidents.episode import REOPENS
from hub.incidents.hints import StormHint
from hub.incidents.incident import Incident
from hub.incidents.storm import CALM, FRESH, LONG, MANY, Count, Storm, brewing, caught, count, crowd, lock, weather
from hub.slack.message import Message
from hub.slack.storm_message import render_storm
from spoke.places import Cluster
from tests.hub.factories import CHANNEL, CLUSTER, NOON, altered, bulletin, incident, sighting
from tests.hub.rendering import check, length, tricks, words

REGION = CLUSTER.region
PLACE = StormHint(CHANNEL, REGION)
SECOND = timedelta(seconds=1)


def member(number: int, ago: timedelta = SECOND, **more: object) -> Bulletin:
    """The bulletin of a cluster with one instance in trouble, that Slack shows."""
    usual = bulletin(
        cluster=Cluster(f"{222233334444 + number % 3}", REGION, f"c-{number:03}"),
        episode=f"ep-{number}",
        handle=f"17951757{number:02}.000100",
        opened_at=NOON - ago,
        tally=Breakdown(1),
    )
    return altered(usual, **more)


def members(number: int, ago: timedelta = SECOND, **more: object) -> list[Bulletin]:
    return [member(n, ago, **more) for n in range(number)]


def storm(**more: object) -> Storm:
    """A storm of twelve that began twenty minutes ago, and that Slack shows."""
    began = NOON - timedelta(minutes=20)
    usual = Storm(CHANNEL, REGION, "st-1", began, began, most=(3, 12, 12), ts="1795174800.000100", version=4)
    return replace(usual, **more)  # type: ignore[arg-type]  # any field of a storm


# Whom a rumour makes a crowd


@pytest.mark.parametrize(
    ("confirmed", "looked_at", "rumoured", "together"),
    [
        pytest.param(0, 0, 400, 0, id="nobody has looked"),
        pytest.param(0, 20, 20, 0, id="all are back"),
        pytest.param(1, 20, 20, 1, id="one true loss among those that are back"),
        pytest.param(1, 1, 400, 1, id="one alone confirms no rumour"),
        pytest.param(2, 5, 400, 2, id="less than half"),
        pytest.param(2, 4, 400, 200, id="half"),
        pytest.param(10, 10, 400, 400, id="all of the first ten"),
        pytest.param(12, 12, 3, 12, id="more than were spoken of"),
    ],
)
def test_a_rumour_counts_in_the_share_in_which_it_is_true(
    confirmed: int, looked_at: int, rumoured: int, together: int
) -> None:
    assert crowd(confirmed, looked_at, rumoured) == together


# When it begins


@pytest.mark.parametrize(
    ("clusters", "is_one"),
    [
        pytest.param([], False, id="nobody"),
        pytest.param(members(MANY), False, id="ten"),
        pytest.param(members(MANY + 1), True, id="eleven"),
        pytest.param(members(MANY + 1, FRESH), False, id="eleven, five minutes ago"),
        pytest.param(members(MANY + 1, FRESH - SECOND), True, id="eleven, not quite five minutes ago"),
        pytest.param([*members(MANY), member(50, FRESH)], False, id="ten and an old one"),
        pytest.param(members(MANY + 1, opened_at=None), False, id="eleven of an older release"),
        pytest.param(members(MANY + 1, handle=""), True, id="eleven that Slack does not show"),
        pytest.param([*members(MANY), member(50, tally=Breakdown())], False, id="ten and one that has recovered"),
        pytest.param(members(MANY + 1, 2 * FRESH, handle="", aside=True), True, id="eleven that were left to a storm"),
        pytest.param(members(MANY + 1, 2 * FRESH, aside=True), False, id="eleven that an earlier storm has posted"),
    ],
)
def test_more_than_ten_within_five_minutes_are_a_storm(clusters: list[Bulletin], is_one: bool) -> None:
    begun = weather(None, PLACE, clusters, NOON)

    assert (begun is not None) is is_one
    assert brewing(clusters, NOON) == ({PLACE} if is_one else set())


def test_muted_clusters_make_no_storm() -> None:
    clusters = members(MANY + 1)

    assert brewing([altered(clusters[0], muted=True), *clusters[1:]], NOON) == set()


def test_a_storm_that_is_over_says_how_many_clusters_are_muted() -> None:
    over = storm(over=True, most=(1, 12, 40))

    assert "1 cluster in trouble is muted. All others have recovered." in words(render_storm(over, count([], 1)))
    assert "12 clusters in trouble are muted. All others" in words(render_storm(over, count([], 12)))
    assert "muted" not in words(render_storm(over, count([])))


def test_channels_and_regions_have_storms_of_their_own() -> None:
    many = members(2 * MANY)
    elsewhere = [altered(one, cluster=replace(one.cluster, region="us-east-1")) for one in many[:MANY]]

    assert brewing([*many[:MANY], *elsewhere], NOON) == set()
    assert brewing([*many[:MANY], *(altered(one, channel="C0SECOND1") for one in many[MANY:])], NOON) == set()
    assert brewing([*many, *elsewhere, altered(elsewhere[0], cluster=replace(CLUSTER, region="us-east-1"))], NOON) == {
        PLACE,
        StormHint(CHANNEL, "us-east-1"),
    }


def test_a_storm_counts_whom_it_has_caught() -> None:
    begun = weather(None, PLACE, [*members(12), member(50, 2 * FRESH)], NOON)

    assert begun == Storm(CHANNEL, REGION, "st-20261120T120000000000", NOON, NOON - SECOND, most=(3, 12, 12))
    assert begun.hint == PLACE
    assert begun.id == f"{CHANNEL}/{REGION}#{begun.episode}"


@pytest.mark.parametrize(
    ("ago", "same"),
    [
        pytest.param(REOPENS - SECOND, True, id="just soon enough"),
        pytest.param(REOPENS, False, id="too late"),
    ],
)
def test_a_storm_soon_after_the_last_one_goes_on_in_its_message(ago: timedelta, same: bool) -> None:
    before = storm(over=True, closed=True, closed_at=NOON - ago, shown="digest")

    begun = weather(before, PLACE, members(11), NOON)

    assert begun is not None
    assert (begun.closed, begun.over, begun.shown, begun.version) == (False, False, "", before.version)
    assert (begun.ts, begun.episode) == ((before.ts, before.episode) if same else ("", "st-20261120T120000000000"))


# Whom it holds


@pytest.mark.parametrize(
    ("one", "held"),
    [
        pytest.param(member(1), True, id="in trouble since it began"),
        pytest.param(member(1, timedelta(minutes=25)), True, id="since five minutes before it"),
        pytest.param(member(1, timedelta(minutes=25, seconds=1)), False, id="since long before it"),
        pytest.param(member(1, tally=Breakdown()), False, id="recovered"),
        pytest.param(member(1, timedelta(hours=1), handle="", aside=True), True, id="left to it long ago"),
        pytest.param(member(1, timedelta(hours=1), aside=True, storm=storm().id), True, id="left to it and posted"),
        pytest.param(member(1, opened_at=None), False, id="of an older release"),
    ],
)
def test_whom_a_storm_holds(one: Bulletin, held: bool) -> None:
    assert caught(storm(), [one]) == ([one] if held else [])


def test_the_most_it_ever_held_is_remembered() -> None:
    grown = weather(storm(), PLACE, members(15, tally=Breakdown(2)), NOON)
    assert grown is not None
    shrunk = weather(grown, PLACE, members(3), NOON)

    assert shrunk is not None
    assert grown.most == shrunk.most == (3, 15, 30)


# When it is over


@pytest.mark.parametrize(
    ("left", "newest", "over"),
    [
        pytest.param([], SECOND, True, id="all have recovered"),
        pytest.param([member(1, tally=Breakdown())], SECOND, True, id="all have recovered, not all have said it"),
        pytest.param([member(1, timedelta(hours=5))], SECOND, True, id="only one is left that is older"),
        pytest.param(members(MANY, CALM), CALM, True, id="ten left, calm"),
        pytest.param(members(MANY, CALM), CALM - SECOND, False, id="ten left, not quite calm"),
        pytest.param(members(MANY, CALM - SECOND), CALM, False, id="ten left, one has just joined"),
        pytest.param(members(MANY + 1, CALM), CALM, False, id="eleven left"),
        pytest.param(members(MANY, CALM, handle=""), CALM, False, id="ten left of which Slack shows none"),
        pytest.param(members(MANY + 1, LONG), LONG, True, id="eleven left for an hour"),
        pytest.param(members(MANY + 1, LONG, handle=""), LONG, False, id="eleven left for an hour, and not yet shown"),
    ],
)
def test_when_a_storm_is_over(left: list[Bulletin], newest: timedelta, over: bool) -> None:
    standing = storm(began_at=NOON - LONG, newest_at=NOON - newest)

    after = weather(standing, PLACE, left, NOON)

    assert after is not None
    assert after.over is over


def test_a_storm_that_grows_again_before_it_was_said_to_be_over_is_not_over() -> None:
    after = weather(storm(over=True), PLACE, members(3), NOON)

    assert after is not None
    assert (after.over, after.newest_at) == (False, NOON - SECOND)


def test_while_nothing_changes_the_storm_is_the_same() -> None:
    before = weather(storm(), PLACE, members(12), NOON)

    assert weather(before, PLACE, members(12), NOON + SECOND) == before


# What it says


def fleet(number: int, clusters: int) -> list[Incident]:
    return [
        incident(n, sighting=sighting(n, zone="eu-west-1a", ami=f"ami-{n:08}", agent_version="1.86.0"))
        for n in range(number * clusters, (number + 1) * clusters)
    ]


def held(clusters: int, instances: int = 3) -> list[Bulletin]:
    return [
        member(
            n, cluster=Cluster(f"{222233334444 + n % 40}", REGION, f"c-{n:03}"), tally=Breakdown.of(fleet(n, instances))
        )
        for n in range(clusters)
    ]


def drawn(clusters: list[Bulletin], **more: object) -> Message:
    return render_storm(storm(**more), count(clusters))


def test_a_storm_is_counted_with_what_is_shared_and_the_largest_clusters() -> None:
    clusters = [
        *held(12),
        member(70, cluster=replace(CLUSTER, name="largest"), tally=Breakdown(99, {"eu-west-1a": 99})),
    ]

    counted = count(clusters)

    assert (counted.accounts, counted.clusters, counted.tally.instances, counted.listed) == (12, 13, 135, 13)
    assert counted.worst[0] == (clusters[-1], 99)
    assert len(counted.worst) == 10
    said = words(drawn(clusters))
    assert "ECS agents disconnected on 135 instances of 13 clusters in 12 accounts" in said
    assert "zone `eu-west-1a` (135 of 135)" in said
    assert "`largest`" in said
    assert lock(REGION) in said


def test_the_largest_clusters_are_named_with_their_accounts() -> None:
    named = [altered(one, account_name="payments") for one in held(12)]
    long = [altered(one, account_name="p" * 50) for one in held(12)]

    assert "*Largest clusters*\n`c-000` in `payments` `222233334444`: 3 instances" in words(drawn(named))
    assert f"in `{'p' * 35}…` `222233334444`" in words(drawn(long))
    assert "*Largest clusters*\n`c-000` in `222233334444`: 3 instances" in words(drawn(held(12)))


def test_one_of_each_is_said_in_the_singular() -> None:
    assert "on 1 instance of 1 cluster in 1 account." in drawn([member(1)]).text


@pytest.mark.parametrize("clusters", [11, 400, 2_000])
@pytest.mark.parametrize("over", [False, True])
def test_a_storms_message_is_of_constant_size_and_slack_takes_it(clusters: int, over: bool) -> None:
    longest = [
        altered(
            one,
            cluster=replace(one.cluster, name=f"{n:03}" + "c" * 251),
            account_name="&" * 50,
            handle="" if n % 2 else one.slack.handle,
        )
        for n, one in enumerate(held(clusters, 1))
    ]
    message = drawn(longest, over=over, most=(1_000, clusters, 99_999))

    check(message.text, message.blocks, message.attachments, dict(message.metadata))
    assert length(message) < 4_000
    assert tricks([*message.blocks, *message.attachments[0]["blocks"]], message.text) == []
    assert message.metadata["event_payload"]["storm"] == storm().id
    assert message.metadata["event_type"] == "coastguard_storm"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param({}, "Each cluster's own message is in the thread", id="all are listed"),
        pytest.param({"handle": ""}, "0 of 12 clusters have their own message so far", id="none is listed"),
    ],
)
def test_a_storm_says_how_far_it_has_come(more: dict[str, Any], said: str) -> None:
    assert said in words(drawn(members(12, **more)))


def test_a_storm_that_shrinks_says_what_it_was() -> None:
    assert "*Clusters*\n5 (at most 12)" in words(drawn(members(5)))


@pytest.mark.parametrize(
    ("left", "said"),
    [
        pytest.param([], "All of them have recovered.", id="all"),
        pytest.param(members(4), "4 clusters with 4 instances are still in trouble", id="not all"),
    ],
)
def test_a_storm_that_is_over_says_what_it_was_and_what_is_left(left: list[Bulletin], said: str) -> None:
    message = drawn(left, over=True)

    assert message.text == f"Storm in {REGION} is over."
    assert "12 instances of 12 clusters in 3 accounts were in trouble" in words(message)
    assert said in words(message)
    assert message.metadata["event_payload"]["state"] == "resolved"
    assert "locked" not in words(message)


def test_the_same_storm_has_the_same_digest() -> None:
    def digest(now: datetime) -> str:
        later = weather(storm(), PLACE, members(12), now)
        assert later is not None
        return render_storm(later, count(members(12))).digest

    assert digest(NOON) == digest(NOON + timedelta(minutes=3))
    assert drawn(members(12)).digest != drawn(members(13)).digest


def test_of_nobody_nothing_is_counted() -> None:
    assert count([]) == Count(0, 0, Breakdown(), (), 0)
