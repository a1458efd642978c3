"""Hostile records in the deployed world: the rehearsal that keeps them apart from the alarm, and its reckoning."""

import re
from collections.abc import Callable

from tests.world.conftest import Rehearsal


def test_poison_lies_aside_with_its_reasons_and_holds_up_no_alarm(rehearse: Callable[..., Rehearsal]) -> None:
    rehearsal = rehearse(story="poison")
    assert rehearsal.status == 0, rehearsal.output
    assert rehearsal.left_behind == []
    steps = [
        r"amid 7 events and 7 records of poison",
        r"bulletin: ECS agent disconnected on 1 instance",
        r"in coastguard-delay-dead: foreign: the event comes from",
        r"in coastguard-delay-dead: malformed: not JSON",
        r"3 foreign and 11 malformed records lie aside",
        r"reckoning: 1 in trouble beyond the grace period · missed 0 · false 0 · double 0",
        r"poison: every promise kept",
    ]
    assert re.search(".*".join(steps), rehearsal.output, flags=re.DOTALL), rehearsal.output
