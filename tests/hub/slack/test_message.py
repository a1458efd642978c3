"""What marks a message: its digest changes with whatever is shown, and its blocks' ids with it."""

import pytest

from hub.incidents.content import ROWS
from hub.incidents.incident import Incident, State
from tests.hub.factories import ALICE, BOB, GRACE, NOON, finished, incident, sighting
from tests.hub.rendering import all_blocks, drawn


def test_the_same_content_has_the_same_digest_whatever_the_order() -> None:
    two = [incident(1), incident(2)]

    assert drawn(*two).digest == drawn(*reversed(two)).digest
    assert drawn(*two, handle="", shown="x", version=9).digest == drawn(*two).digest


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(incident(state=State.ACKNOWLEDGED), id="state"),
        pytest.param(incident(state=State.ACKNOWLEDGED, acknowledged_by=BOB), id="person"),
        pytest.param(incident(sighting=sighting(running_tasks=5)), id="tasks"),
        pytest.param(incident(sighting=sighting(unchecked=("EC2",))), id="unchecked"),
        pytest.param(incident(since=NOON - GRACE), id="since"),
        pytest.param(incident(id="inc-other"), id="incident: the buttons are about another one"),
        pytest.param(incident(repair=finished(problem="no")), id="repair"),
    ],
)
def test_whatever_is_shown_changes_the_digest(changed: Incident) -> None:
    digests = {drawn(shown).digest for shown in (incident(), incident(state=State.ACKNOWLEDGED), changed)}

    assert len(digests) == (2 if changed.state is State.ACKNOWLEDGED and changed.acknowledged_by == ALICE else 3)


def test_what_is_not_shown_does_not_change_the_digest() -> None:
    unseen = incident(version=9, sighting=sighting(version=99))

    assert drawn(unseen).digest == drawn(incident()).digest


@pytest.mark.parametrize("count", [1, ROWS, ROWS + 1])
def test_block_ids_are_unique_and_new_with_every_change(count: int) -> None:
    before = drawn(*(incident(number) for number in range(1, count + 1)))
    after = drawn(*(incident(number, State.ACKNOWLEDGED) for number in range(1, count + 1)))

    ids = [[block["block_id"] for block in all_blocks(message)] for message in (before, after)]
    assert len(set(ids[0])) == len(ids[0])
    assert set(ids[0]).isdisjoint(ids[1])
    assert max(map(len, ids[0])) <= 255
