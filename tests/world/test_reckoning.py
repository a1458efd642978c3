"""The reckoning: it must not let through what a rehearsal is played to find."""

from dataclasses import replace
from typing import Any

import pytest

from coastguard.local.fleet.troubles import Trouble, Troubles
from coastguard.local.rehearsals.reckoning import figures
from coastguard.local.rehearsals.table import Kept

NOW, GRACE = 1000.0, 10.0
CLUSTER = "222233334444/eu-west-1/prod"
GONE = Trouble("222233334444", "eu-west-1", "prod", "a" * 32, begun=900.0)
WHERE = (CLUSTER, GONE.instance)
BULLETIN = {
    "ts": "1.0",
    "metadata": {"event_type": "coastguard_bulletin", "event_payload": {"bulletin": f"{CLUSTER}#ep-1"}},
}
STORM = {"ts": "9.0", "metadata": {"event_type": "coastguard_storm", "event_payload": {"storm": "s-1"}}}
CHATTER = {"ts": "5.0", "metadata": None}
KEPT = Kept({WHERE: "open"}, {CLUSTER: "1.0"})
RESOLVED = Kept({WHERE: "resolved"}, {CLUSTER: "1.0"})
BACK = replace(GONE, ended=950.0)
BLINK = replace(GONE, ended=905.0)
YOUNG = replace(GONE, begun=NOW - GRACE + 2)
NOTHING = Kept()

ALL_WELL: dict[str, tuple[list[Trouble], Kept, list[dict[str, Any]]]] = {
    "nothing happened": ([], NOTHING, []),
    "gone, kept and said": ([GONE], KEPT, [BULLETIN, CHATTER]),
    "gone, and said in a storm's thread": ([GONE], KEPT, [STORM, BULLETIN]),
    "back, and resolved": ([BACK], RESOLVED, [BULLETIN]),
    "back before anybody had to say it": ([BLINK], NOTHING, []),
    "gone a moment ago": ([YOUNG], NOTHING, []),
    "one cluster's in two episodes": (
        [BACK, GONE],
        KEPT,
        [
            BULLETIN,
            {
                "ts": "2.0",
                "metadata": {"event_type": "coastguard_bulletin", "event_payload": {"bulletin": f"{CLUSTER}#ep-2"}},
            },
        ],
    ),
}


@pytest.mark.parametrize("case", ALL_WELL)
def test_what_is_true_kept_and_said_once_is_well(case: str) -> None:
    found = figures(*ALL_WELL[case], NOW, GRACE)
    assert (found.missed, found.false, found.double) == ((), (), ())


INSTANCE = f"{CLUSTER}/{GONE.instance}"
WRONG: dict[str, tuple[list[Trouble], Kept, list[dict[str, Any]], str, str]] = {
    "no incident": ([GONE], Kept({}, {CLUSTER: "1.0"}), [BULLETIN], "missed", INSTANCE),
    "resolved although it goes on": ([GONE], RESOLVED, [BULLETIN], "missed", INSTANCE),
    "never said": ([GONE], Kept({WHERE: "open"}, {CLUSTER: ""}), [], "missed", INSTANCE),
    "the message is no longer there": ([GONE], KEPT, [CHATTER], "missed", INSTANCE),
    "an incident of a moment": ([BLINK], RESOLVED, [], "false", INSTANCE),
    "an incident of nobody": ([], RESOLVED, [], "false", INSTANCE),
    "an alarm about a quiet cluster": ([], NOTHING, [BULLETIN], "false", f"{CLUSTER}#ep-1"),
    "the same bulletin twice": ([GONE], KEPT, [BULLETIN, {**BULLETIN, "ts": "3.0"}], "double", f"{CLUSTER}#ep-1"),
    "the same storm twice": ([GONE], KEPT, [BULLETIN, STORM, {**STORM, "ts": "9.5"}], "double", "s-1"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_found_and_named(case: str) -> None:
    troubles, kept, said, kind, name = WRONG[case]
    found = figures(troubles, kept, said, NOW, GRACE)
    assert {key: getattr(found, key) for key in ("missed", "false", "double")} == {
        "missed": (),
        "false": (),
        "double": (),
        kind: (name,),
    }
    assert f"{kind} 1" in str(found)


def test_what_flaps_is_in_trouble_however_short_each_time_was() -> None:
    found = figures([BLINK], RESOLVED, [BULLETIN], NOW, GRACE, {WHERE})
    assert (found.troubled, found.false) == (1, ())


def test_a_trouble_is_one_from_its_beginning_to_its_end() -> None:
    troubles = Troubles()
    for at, goes_on in ((1.0, False), (2.0, True), (3.0, True), (4.0, False), (5.0, True)):
        troubles.note(replace(GONE, begun=at), goes_on=goes_on)
    assert [(told["begun"], told["ended"]) for told in troubles.told()] == [(2.0, 4.0), (5.0, None)]
