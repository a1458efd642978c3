"""The full list of a cluster's instances, as it goes into a thread: complete, short, and nothing but words."""

import json
import re
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.incidents.incident import Incident, State
from hub.slack.listing import Asked, Part, Told, parts, told
from tests.hub.factories import ALICE, CLUSTER, NOON, incident, sighting
from tests.hub.foreign_words import HOSTILE, everywhere
from tests.hub.rendering import check, tricks
from tests.nightly import examples

ASKED = Asked("request-1", ALICE, CLUSTER)


def crowd(count: int, state: State = State.OPEN, apart: timedelta = timedelta(seconds=1)) -> list[Incident]:
    return [incident(number, state, since=NOON + number * apart) for number in range(count)]


def listed(incidents: Sequence[Incident], before: Told = Told()) -> list[Part]:  # noqa: B008 - frozen
    return list(parts(ASKED, incidents, before))


def inside(part: Part) -> list[str]:
    """The lines within a part's fences."""
    lines: list[str] = []
    for block in part.blocks[1:]:
        text = block["text"]["text"]
        assert text.startswith("```\n")
        assert text.endswith("\n```")
        assert "`" not in text[3:-3]
        lines += text[4:-4].split("\n")
    return lines


def hosts(several: Sequence[Part]) -> list[str]:
    return [found[0] for part in several for line in inside(part) if (found := re.search(r"i-[0-9a-f]{17}", line))]


def size(part: Part) -> int:
    return len(json.dumps(part.blocks, separators=(",", ":")))


def test_each_line_tells_since_when_which_where_and_how_it_stands() -> None:
    seen = [
        incident(1, since=NOON),
        incident(2, State.ACKNOWLEDGED, since=NOON - timedelta(days=1), sighting=sighting(2, zone="eu-west-1c")),
        incident(3, State.REPAIRING, since=NOON + timedelta(minutes=1), sighting=sighting(3, zone="", host="mi-7")),
    ]

    (part,) = listed(seen)

    assert inside(part) == [
        "2026-11-19",
        "12:00 i-00000000000000002 c acked",
        "2026-11-20",
        "12:00 i-00000000000000001 a open",
        "12:01 mi-7 - repair",
    ]
    assert part.text == (
        "Instances 1 to 3 of 3 in trouble in `prod-payments` in eu-west-1, account 222233334444, longest gone first,"
        f" asked for by <@{ALICE}>."
    )
    assert "Gone since (UTC) · instance · zone of eu-west-1 · state" in part.blocks[0]["text"]["text"]


@pytest.mark.parametrize("apart", [timedelta(0), timedelta(seconds=1), timedelta(minutes=1)])
@pytest.mark.parametrize("state", [State.OPEN, State.ACKNOWLEDGED, State.REPAIRING])
def test_a_thousand_instances_take_four_messages(state: State, apart: timedelta) -> None:
    seen = crowd(1_000, state, apart)

    several = listed(list(reversed(seen)))

    assert len(several) <= 4
    assert hosts(several) == [each.sighting.host for each in seen]
    for part in several:
        check(part.text, part.blocks, metadata=dict(part.metadata))
        assert size(part) < 10_000
        assert len(part.text) < 4_000


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_list_shows_foreign_words_as_words(text: str) -> None:
    several = listed([everywhere(text, number) for number in range(300)])

    assert sum(len(inside(part)) for part in several) >= 300
    for part in several:
        check(part.text, part.blocks, metadata=dict(part.metadata))
        assert size(part) < 10_000
        assert tricks(part.blocks[:1], part.text) == []
        # Within a fence, an ampersand that begins no entity, or a control sequence, could do something.
        for line in inside(part):
            assert re.search(r"[<>]|&(?!amp;|lt;|gt;)", line) is None
            assert line.isprintable()


def test_nothing_is_listed_of_nothing() -> None:
    assert listed([]) == []


@settings(deadline=None, max_examples=examples(40))
@given(
    moments=st.lists(st.integers(0, 3), min_size=1, max_size=700),
    gone=st.sets(st.integers(0, 699), max_size=50),
    posted=st.integers(0, 4),
)
def test_a_listing_goes_on_where_it_was_left_and_tells_each_instance_once(
    moments: list[int], gone: set[int], posted: int
) -> None:
    """Some instances have recovered meanwhile, and many went at the same moment."""
    seen = [incident(n, since=NOON + timedelta(minutes=moment)) for n, moment in enumerate(moments)]
    first = listed(seen)[:posted]
    left = [each for number, each in enumerate(seen) if number not in gone]

    before = told("request-1", [part.metadata["event_payload"] for part in first])
    rest = listed(left, before)

    assert before.number == len(hosts(first))
    together = hosts([*first, *rest])
    assert len(together) == len(set(together))
    assert set(together) >= {each.sighting.host for each in left}
    assert together == [host for part in (*first, *rest) for host in hosts([part])]
    numbers = [re.findall(r"[\d,]+", part.text)[:2] for part in rest]
    assert [int(to.replace(",", "")) for _, to in numbers][-1:] == ([len(together)] if rest else [])


def test_what_another_request_has_listed_is_no_part_of_it() -> None:
    (other,) = parts(Asked("request-2", ALICE, CLUSTER), crowd(9), Told())

    assert told("request-1", [other.metadata["event_payload"], {"bulletin": "b"}]) == Told()
