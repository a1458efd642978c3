"""Since when an agent is gone, and when a hint is believed."""

from dataclasses import replace
from datetime import datetime

import pytest

from hub.incidents.decision import Reason
from hub.incidents.gone_since import believed_since, gone_since
from hub.incidents.hints import MOST_WAITS, Drop
from spoke.sighting import Sighting
from tests.hub.factories import GRACE, NOON, drop, sighting
from tests.hub.incidents.cases import KNOWN, SECOND, decided


@pytest.mark.parametrize(
    ("seen", "dropped", "since"),
    [
        pytest.param(sighting(), drop(), NOON - GRACE, id="told by the event"),
        pytest.param(sighting(version=7), drop(version=9), NOON - GRACE, id="event newer than ECS's answer"),
        pytest.param(sighting(version=7), drop(version=None), None, id="without version: may have been back"),
        pytest.param(sighting(version=None), drop(version=None), NOON - GRACE, id="neither tells a version"),
        pytest.param(sighting(version=None), drop(), NOON - GRACE, id="ECS tells no version"),
        pytest.param(sighting(version=8), drop(version=7), None, id="changed since: may have been back"),
        pytest.param(
            sighting(version=8), drop(version=7, waits=MOST_WAITS - 1), None, id="changed since, put back once"
        ),
        pytest.param(
            sighting(version=8), drop(version=7, waits=MOST_WAITS), NOON - GRACE, id="changed since, put back too often"
        ),
        pytest.param(sighting(since=NOON - 3 * GRACE), None, NOON - 3 * GRACE, id="told by ECS's health"),
        pytest.param(sighting(since=NOON - 3 * GRACE), drop(), NOON - 3 * GRACE, id="the earlier of both"),
        pytest.param(sighting(since=NOON - SECOND), drop(), NOON - GRACE, id="the event the earlier"),
        pytest.param(sighting(version=8, since=NOON - SECOND), drop(version=7), NOON - SECOND, id="only health counts"),
        pytest.param(sighting(), None, None, id="nobody tells"),
    ],
)
def test_since_when_an_agent_is_gone(seen: Sighting, dropped: Drop | None, since: datetime | None) -> None:
    assert gone_since(seen, dropped) == since


def test_an_instance_that_never_rests_is_believed_in_the_end() -> None:
    dropped, now, looks = drop(version=7), NOON, 0
    while True:
        looks += 1
        verdict = decided(None, sighting(version=7 + 10 * looks), dropped, now=now)
        if verdict.reason is Reason.CONFIRMED:
            break
        assert verdict.drop is not None
        assert verdict.again is not None
        dropped, now = verdict.drop, now + verdict.again
    assert looks == MOST_WAITS + 1


def test_a_hint_that_was_held_up_is_believed_a_grace_later() -> None:
    """Its look before this one may have seen the agent back, and failed at something else."""
    late = replace(drop(version=7, waits=MOST_WAITS), at=NOON - 2 * GRACE)

    verdict = decided(None, sighting(version=9), late)

    assert (verdict.reason, verdict.again) == (Reason.TOO_YOUNG, GRACE)
    assert decided(None, sighting(version=11), verdict.drop, now=NOON + GRACE).reason is Reason.CONFIRMED
    in_time = replace(late, at=NOON - 2 * GRACE + SECOND)
    assert decided(None, sighting(version=9), in_time).reason is Reason.CONFIRMED


def test_an_instance_that_never_rests_is_believed_though_every_hint_is_held_up() -> None:
    dropped, now, looks = replace(drop(version=7), at=NOON - GRACE), NOON + GRACE, 1
    while (verdict := decided(None, sighting(version=7 + 10 * looks), dropped, now=now)).reason is Reason.TOO_YOUNG:
        assert verdict.drop is not None
        assert verdict.again is not None
        dropped, now, looks = verdict.drop, now + verdict.again + GRACE, looks + 1
    assert (verdict.reason, looks) == (Reason.CONFIRMED, 2 * MOST_WAITS + 1)


@pytest.mark.parametrize(
    ("back_at", "reason"),
    [
        pytest.param(NOON - GRACE + SECOND, Reason.TOO_YOUNG, id="it was back since"),
        pytest.param(NOON - GRACE - SECOND, Reason.CONFIRMED, id="it was back before"),
    ],
)
def test_a_hint_that_comes_late_tells_nothing_of_trouble_that_began_after_it(back_at: datetime, reason: Reason) -> None:
    resolved = KNOWN["resolved"]
    assert resolved
    before = replace(resolved, resolved_at=back_at)
    often = drop(version=7, waits=MOST_WAITS)

    verdict = decided(before, sighting(version=9), often)

    assert verdict.reason is reason
    assert decided(before, sighting(version=7), often).reason is Reason.CONFIRMED  # nothing has changed since the drop
    if verdict.drop:
        assert verdict.again == GRACE
        assert decided(before, sighting(version=11), verdict.drop, now=NOON + GRACE).reason is Reason.CONFIRMED


def test_a_hint_that_does_not_say_when_dates_nothing_and_holds_nothing_up() -> None:
    worth_a_look = replace(drop(), at=None)

    assert believed_since(None, sighting(), worth_a_look, NOON, GRACE) is None
    assert believed_since(None, sighting(since=NOON - GRACE), worth_a_look, NOON, GRACE) == NOON - GRACE


def test_an_agent_that_was_back_in_the_very_moment_of_the_hint_may_be_gone_anew() -> None:
    resolved = KNOWN["resolved"]
    assert resolved
    often = drop(version=7, waits=MOST_WAITS)
    before = replace(resolved, resolved_at=often.at)

    assert believed_since(before, sighting(version=9), often, NOON, GRACE) is None
    assert believed_since(None, sighting(version=9), often, NOON, GRACE) == often.at
