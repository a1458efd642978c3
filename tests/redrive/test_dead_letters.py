"""Why a dead letter lies there, and whether it may go back."""

import pytest

from chatops.clicks.requests import FRESH
from coastguard.dead_letters import Finding, Kind, Letter, examine, plan
from hub.incidents.hint_messages import to_message
from hub.incidents.hints import StormHint
from tests.hub import hostility
from tests.hub.factories import CHANNEL, NOON


def letter(body: str, **attributes: str) -> Letter:
    return Letter("m-1", body, "r-1", "", NOON, attributes)


@pytest.mark.parametrize("kind", Kind)
def test_whatever_lies_there_is_told_in_short_and_visible_words(kind: Kind) -> None:
    for body in hostility.records(7, 2_000):
        for attributes in ({}, {"reason": body[:250]}, {"ERROR_CODE": body[:50], "ERROR_MESSAGE": body[:900]}):
            found = examine(kind, letter(body, **attributes), NOON + FRESH)

            shown = (found.reason + found.sample).replace("…", "")
            assert shown.isascii()
            assert shown.isprintable()
            assert len(found.reason) <= 160
            assert 0 < len(found.sample) <= 140


def test_a_storm_is_named() -> None:
    found = examine(Kind.LOOKS, letter(to_message(StormHint(CHANNEL, "eu-west-1"))), NOON)

    assert found == Finding("look failed on it eight times: see its log", f"{CHANNEL}/eu-west-1", NOON)


@pytest.mark.parametrize(("parked", "goes", "stays"), [(False, 2, 1), (True, 3, 0)])
def test_only_what_is_parked_stays_unless_asked_for(parked: bool, goes: int, stays: int) -> None:
    findings = [Finding("a", "", NOON), Finding("b", "", NOON, parked=True), Finding("a", "", NOON)]

    told = plan(findings, 10, parked=parked)

    assert (told.back, told.parked, told.unseen, told.nothing) == (goes, stays, 7, False)
    assert plan(findings[1:2], 1, parked=parked).nothing is not parked
    assert plan([], 0, parked=parked).nothing
