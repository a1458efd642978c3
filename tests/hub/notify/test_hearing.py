"""Whether people hear of an episode, and how: the table of reasons."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from hub.incidents.acknowledgement import Extent
from hub.incidents.content import compose
from hub.incidents.growth import Growth
from hub.incidents.hints import Hint, Why
from hub.incidents.incident import Incident, State
from hub.incidents.mute import Mute
from hub.incidents.storm import Storm
from hub.notify.hearing import Action, Cause, Hearing, hearing
from tests.hub.factories import CHANNEL, CLUSTER, NOON, bulletin, incident, muted

MINUTE = timedelta(minutes=1)
OPEN, OVER = [incident()], [incident(state=State.RESOLVED)]
ACKNOWLEDGED = [incident(state=State.ACKNOWLEDGED)]
STORM = Storm(CHANNEL, CLUSTER.region, "st-1", NOON, NOON, ts="1795175600.000100")

UNPOSTED = {"handle": ""}
DOUBTED = UNPOSTED | {"doubt_since": NOON - MINUTE}
LEFT = UNPOSTED | {"aside": True}
STORMED = {"storm": STORM.id, "thread": STORM.ts}
AGO = {"opened_at": NOON - 5 * MINUTE}
GROWN = Growth(NOON - MINUTE, Extent(3), ("3 instances, there were 1",))
JUST_GROWN = replace(GROWN, since=NOON - MINUTE / 2)


@dataclass(frozen=True)
class Case:
    """What is known when it is asked."""

    cause: Cause
    action: Action
    bulletin: dict[str, Any] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=lambda: OPEN)
    mute: Mute | None = None
    storm: Storm | None = None
    why: Why = Why.SWEEP
    remind_after: timedelta | None = None
    growth: Growth | None = None

    def heard(self) -> Hearing:
        known = bulletin(**self.bulletin)
        content = compose(known.episode, self.incidents, mute=self.mute)
        hint = Hint(CLUSTER, self.why)
        more = {"remind_after": self.remind_after, "growth": self.growth}
        return hearing(known.episode, known.slack, self.mute, self.storm, hint, content, NOON, **more)  # type: ignore[arg-type]


SHOW, NOTHING = Action.SHOW, Action.NOTHING
CASES = {
    # Its last word is said
    "closed": Case(Cause.CLOSED, NOTHING, {"closed": True}, OVER),
    "closed, though never posted": Case(Cause.CLOSED, NOTHING, UNPOSTED | {"closed": True, "muted": True}, OVER),
    # Mutes begin and end
    "muted by now": Case(Cause.FALLS_SILENT, Action.MUTE, mute=muted()),
    "muted by now, in doubt": Case(Cause.FALLS_SILENT, Action.MUTE, DOUBTED, mute=muted()),
    "muted by now, left to a storm": Case(Cause.FALLS_SILENT, Action.MUTE, LEFT, mute=muted(), storm=STORM),
    "muted, but over": Case(Cause.OVER, SHOW, incidents=OVER, mute=muted()),
    "no longer muted": Case(Cause.HEARD_AGAIN, Action.UNMUTE, {"muted": True}),
    "no longer muted, never posted": Case(Cause.HEARD_AGAIN, Action.UNMUTE, UNPOSTED | {"muted": True}),
    "no longer muted, in doubt": Case(Cause.HEARD_AGAIN, Action.UNMUTE, DOUBTED | {"muted": True}),
    "muted and over while its post is in doubt": Case(Cause.IN_DOUBT, Action.FIND, DOUBTED | {"muted": True}, OVER),
    "muted while its post is in doubt": Case(Cause.IN_DOUBT, Action.FIND, DOUBTED | {"muted": True}, mute=muted()),
    "muted, never posted": Case(Cause.SILENT, NOTHING, UNPOSTED | {"muted": True}, mute=muted()),
    "muted, never posted, somebody asked": Case(
        Cause.SILENT, NOTHING, UNPOSTED | {"muted": True}, mute=muted(), why=Why.REQUEST
    ),
    "muted, posted before": Case(Cause.MUTED, SHOW, {"muted": True}, mute=muted()),
    "muted, posted, edited with a doubt of old": Case(
        Cause.MUTED, SHOW, {"muted": True, "doubt_since": NOON}, mute=muted()
    ),
    # Over before anybody was told
    "over, never posted, muted": Case(Cause.ENDED_UNHEARD, Action.CLOSE, UNPOSTED | {"muted": True}, OVER),
    "over, left to a storm": Case(Cause.ENDED_UNHEARD, Action.CLOSE, LEFT, OVER),
    "over, left to a storm, alone": Case(Cause.ENDED_UNHEARD, Action.CLOSE, LEFT, OVER, why=Why.ALONE),
    "over, of a storm that stands": Case(Cause.ENDED_UNHEARD, Action.CLOSE, UNPOSTED | STORMED, OVER, storm=STORM),
    "over, left to a storm, in doubt": Case(Cause.OVER, SHOW, DOUBTED | {"aside": True}, OVER),
    "over, never posted": Case(Cause.OVER, SHOW, UNPOSTED, OVER),
    # Storms
    "left to a storm": Case(Cause.LEFT_TO_STORM, Action.CALL_STORM, LEFT),
    "left to a storm, in doubt": Case(Cause.LEFT_TO_STORM, Action.CALL_STORM, DOUBTED | {"aside": True}),
    "of a storm that stands": Case(Cause.LEFT_TO_STORM, Action.CALL_STORM, UNPOSTED | STORMED, storm=STORM),
    "of a storm that is over": Case(Cause.STANDS, SHOW, UNPOSTED | STORMED),
    "left to a storm, which lets it speak": Case(Cause.STANDS, SHOW, LEFT, why=Why.ALONE),
    "left to a storm, and posted": Case(Cause.STANDS, SHOW, STORMED | {"aside": True}, storm=STORM),
    # Growth
    "grown": Case(Cause.GROWN, Action.TELL_GROWTH, growth=GROWN),
    "grown a moment ago": Case(Cause.STANDS, SHOW, growth=JUST_GROWN),
    "grown, told of growth a moment ago": Case(Cause.STANDS, SHOW, {"grown_at": NOON - 4 * MINUTE}, growth=GROWN),
    "grown, told of growth before": Case(
        Cause.GROWN, Action.TELL_GROWTH, {"grown_at": NOON - 5 * MINUTE}, growth=GROWN
    ),
    "grown, not posted": Case(Cause.STANDS, SHOW, UNPOSTED, growth=GROWN),
    "grown in a storm that stands": Case(Cause.STANDS, SHOW, STORMED, storm=STORM, growth=GROWN),
    "grown in the thread of a storm that is over": Case(Cause.GROWN, Action.TELL_GROWTH, STORMED, growth=GROWN),
    "grown, but muted": Case(Cause.MUTED, SHOW, {"muted": True}, mute=muted(), growth=GROWN),
    "grown, and time for a reminder": Case(Cause.GROWN, Action.TELL_GROWTH, AGO, remind_after=5 * MINUTE, growth=GROWN),
    # Reminders
    "unheeded": Case(Cause.UNHEEDED, Action.REMIND, AGO, remind_after=5 * MINUTE),
    "unheeded, not for long": Case(Cause.STANDS, SHOW, AGO, remind_after=6 * MINUTE),
    "unheeded, told lately": Case(Cause.STANDS, SHOW, AGO | {"said_again_at": NOON - MINUTE}, remind_after=5 * MINUTE),
    "unheeded, nobody is to be reminded": Case(Cause.STANDS, SHOW, AGO),
    "acknowledged": Case(Cause.STANDS, SHOW, AGO, ACKNOWLEDGED, remind_after=5 * MINUTE),
    "unheeded in a storm's thread": Case(Cause.STANDS, SHOW, AGO | STORMED, storm=STORM, remind_after=5 * MINUTE),
    "unheeded, but not posted": Case(Cause.STANDS, SHOW, AGO | UNPOSTED, remind_after=5 * MINUTE),
    "unheeded, but muted": Case(Cause.MUTED, SHOW, AGO | {"muted": True}, mute=muted(), remind_after=5 * MINUTE),
    "one of many unheeded": Case(
        Cause.UNHEEDED,
        Action.REMIND,
        AGO,
        [incident(number, State.ACKNOWLEDGED) for number in range(2, 9)] + OPEN,
        remind_after=5 * MINUTE,
    ),
    # How it stands
    "begins": Case(Cause.STANDS, SHOW, DOUBTED),
    "goes on": Case(Cause.STANDS, SHOW, why=Why.AGAIN),
    "over": Case(Cause.OVER, SHOW, incidents=OVER),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_heard_and_why(case: Case) -> None:
    assert case.heard() == Hearing(case.cause, case.action)


def test_every_reason_and_every_action_has_a_case() -> None:
    assert {case.cause for case in CASES.values()} == set(Cause)
    assert {case.action for case in CASES.values()} == set(Action)


Applied = Callable[[dict[str, Any]], dict[str, Any]]
# What the notifier writes of each action of which more follows.
APPLIED: dict[Action, Callable[[dict[str, Any]], dict[str, Any]]] = {
    Action.MUTE: lambda known: known | {"muted": True, "aside": False},
    Action.UNMUTE: lambda known: known | {"muted": False, "heard_at": NOON, "opened_at": NOON},
    Action.FIND: lambda known: known | {"doubt_since": None},
}


def _reminded(known: dict[str, Any]) -> dict[str, Any]:
    return known | {"said_again_at": NOON}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_asking_again_comes_to_an_end(case: Case) -> None:
    """Whatever is done about it, the same is not asked for twice."""
    done: list[Action] = []
    while (action := case.heard().action) in APPLIED or action in {Action.REMIND, Action.TELL_GROWTH}:
        assert action not in done
        done.append(action)
        apply = APPLIED.get(action, _reminded)
        told = action is Action.TELL_GROWTH
        known = case.bulletin | {"grown_at": NOON} if told else apply(case.bulletin)
        case = replace(case, bulletin=known, growth=None if told else case.growth)
    assert len(done) <= 2
