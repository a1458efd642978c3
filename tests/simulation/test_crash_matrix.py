"""Whoever dies, and wherever: it ends as if nobody had.

Each story is played once undisturbed, which counts the side effects of each function: every call of AWS and of Slack,
reads included. Then it is played anew for each of them, and the function dies there, before or after it; what was not
done is delivered again. In the end incidents, messages, terminations and the log are the same.

Two looks at a time at the same cluster end as if one had followed the other, too: the last word of one against the
opening of an incident by the other.

And whatever rules change just then, before the next try: who was refused has nothing done, and nothing left to approve.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from chatops.commands.parse import Command
from hub.incidents.hints import Drop, Hint, Why
from hub.incidents.incident import Incident
from hub.policy.repair_stop import RepairStop
from hub.table.requests import Claim
from tests.chatops.factories import ALICE, BOB
from tests.hub.factories import GRACE
from tests.nightly import by_night
from tests.simulation.fate import Died, Turn
from tests.simulation.play import settle
from tests.simulation.policies import USUAL
from tests.simulation.promises import Watcher
from tests.simulation.stage import Stage
from tests.simulation.world import World
from tests.wire.wire import Json

# Effects of a story beyond so many are sampled: each third, each fifth, …
_DEATHS, _DEATHS_UNDER_CHANGE = by_night((30, 14), (4, 4))
Look = Callable[..., None]
# Whatever is waited for, and what a dead function has held comes back meanwhile.
_LONG = 1_100


@dataclass
class Doom:
    """Lets the function that does the `at`-th side effect of a whole story die there; `meanwhile` something happens.

    `of` is the function whose side effects count, "" for all.
    """

    at: int = 0
    after: bool = False
    of: str = ""
    meanwhile: Callable[[World], None] = lambda _: None
    effects: list[str] = field(default_factory=list)
    struck: str = ""


@dataclass
class Tale:
    """A story with its world; `doom` counts and strikes."""

    world: World
    watcher: Watcher
    doom: Doom

    def play(self, story: Callable[["Tale"], None]) -> Json:
        fate, doom = self.world.fate, self.doom
        watching = fate.done

        def strike(moment: str) -> None:
            doom.struck = f"{fate.function} {moment} {doom.effects[-1]}"
            with fate.aside():
                doom.meanwhile(self.world)
            raise Died(doom.struck)

        def before(name: str) -> None:
            if doom.of not in {"", fate.function}:
                return
            doom.effects.append(name)
            if len(doom.effects) == doom.at and not doom.after:
                strike("before")

        def after(name: str) -> None:
            watching(name)
            if doom.of in {"", fate.function} and len(doom.effects) == doom.at and doom.after and not doom.struck:
                strike("after")

        fate.begun, fate.done = before, after
        story(self)
        fate.begun, fate.done = (lambda _: None), watching
        settle(self.world, self.watcher, watched=0)
        return self.end()

    def end(self) -> Json:
        """How it all stands, but for times and ids."""
        world, watcher = self.world, self.watcher
        return {
            "incidents": sorted(
                (world.label(i.cluster), i.instance, str(i.state), i.ending, i.acknowledged_by, _repair(i))
                for i in watcher.incidents.values()
            ),
            "bulletins": sorted(
                (world.label(b.cluster), b.episode.closed, bool(b.slack.handle)) for b in watcher.bulletins.values()
            ),
            # Whether there was a storm depends on how many were late; what is said of each cluster does not.
            "messages": sorted((name.partition("#")[0], state) for name, state in watcher.said() if "#ep-" in name),
            "terminations": sorted((t.host, t.person) for t in world.fleet.terminations),
            "log": sorted({(entry.who, entry.what) for entry in watcher.entries.values()}),
            "logged": [_logged(self, what) >= len(watcher.incidents) for what in ("opened", "resolved")],
            "mutes": sorted((str(mute.scope), mute.by, bool(mute.told_at)) for mute in watcher.mutes.values()),
            "outcomes": sorted(_outcome(claim) for claim in watcher.claims.values()),
            "parked": sorted(set(world.delay_dead.bodies())),
        }


def _outcome(claim: Claim) -> str:
    """What came of a request; who goes on after a crash finds done what was done before."""
    return "done" if claim.outcome.startswith(("Terminated ", "Found ")) else claim.outcome


def _logged(tale: Tale, what: str) -> int:
    """How many instances the log's lines of a kind are about, at least; after a crash some are there twice."""
    wheres = [entry.where for entry in tale.watcher.entries.values() if entry.what == what]
    return sum(where.count(", ") + 1 + int((re.findall(r" and (\d+) more", where) or ["0"])[0]) for where in wheres)


def _repair(incident: Incident) -> str:
    repair = incident.repair
    return f"{repair.remedy} by {repair.by}, problem: {repair.problem or 'none'}" if repair else ""


def one_agent_goes_and_comes_back(tale: Tale) -> None:
    _goes(tale, "A/db/1")
    tale.world.wait(_LONG)
    tale.world.fleet.plug_in(tale.world.machine("A/db/1"))
    tale.world.sweep()
    tale.world.wait(_LONG)


def a_terminate_click(tale: Tale) -> None:
    _goes(tale, "A/web/1")
    tale.world.wait(_LONG)
    _click(tale, "terminate")
    tale.world.wait(_LONG)


def a_restart_click(tale: Tale) -> None:
    _goes(tale, "A/web/1")
    tale.world.wait(_LONG)
    _click(tale, "restart-agent")
    tale.world.wait(_LONG)


def an_acknowledge_click(tale: Tale) -> None:
    _goes(tale, "A/db/1")
    tale.world.wait(_LONG)
    _click(tale, "acknowledge")
    tale.world.wait(_LONG)


def an_approved_termination(tale: Tale) -> None:
    """In account B, somebody else has to agree."""
    _goes(tale, "B/web/1")
    tale.world.wait(_LONG)
    _click(tale, "terminate")
    tale.world.wait(20)
    _click(tale, "approve", "Bob")
    tale.world.wait(_LONG)


def a_mute_is_set_and_ended(tale: Tale) -> None:
    """What happens meanwhile is recorded and not said, and is said when it ends."""
    world = tale.world
    world.say("Alice", Command("mute", "all", "2h", "a deploy"))
    world.wait(_LONG)
    _goes(tale, "A/db/1")
    world.wait(_LONG)
    assert tale.watcher.messages() == []
    world.say("Bob", Command("unmute", "all"))
    world.wait(_LONG)
    world.sweep()
    world.wait(_LONG)


def a_mute_runs_out(tale: Tale) -> None:
    world = tale.world
    _goes(tale, "A/db/1")
    world.wait(_LONG)
    world.say("Alice", Command("mute", f"cluster:{world.cluster('A/db').key}", "20m", "a deploy"))
    for _ in range(3):
        world.wait(_LONG)
        world.sweep()
    world.wait(_LONG)


def a_round_finds_what_no_event_told(tale: Tale) -> None:
    world = tale.world
    world.fleet.unplug(world.machine("A/db/1"))
    for _ in range(2):
        world.visit()
        world.wait(_LONG)
    world.fleet.plug_in(world.machine("A/db/1"))
    world.sweep()
    world.wait(_LONG)


def an_early_drop_is_sent_back(tale: Tale) -> None:
    _goes(tale, "B/patient/1")
    tale.world.wait(2 * _LONG)


def poison_is_parked(tale: Tale) -> None:
    for body in ("{", '{"detail-type":"?"}'):
        tale.world.poison.append(body)
        tale.world.mail(body)
    _goes(tale, "A/db/1")
    tale.world.wait(_LONG)


def two_hundred_and_fifty_go(tale: Tale) -> None:
    for number in range(1, 251):
        _goes(tale, f"A/db/{number}")
    tale.world.wait(_LONG)
    for truth in list(tale.world.fleet.truths.values()):
        tale.world.fleet.plug_in(truth.machine)
    tale.world.sweep()
    tale.world.wait(_LONG)


def a_storm_of_twelve_clusters(tale: Tale) -> None:
    for label in tale.world.labels()[:12]:
        _goes(tale, f"{label}/1")
    tale.world.wait(_LONG)
    for truth in list(tale.world.fleet.truths.values()):
        tale.world.fleet.plug_in(truth.machine)
    tale.world.sweep()
    tale.world.wait(_LONG)


# What people and time do between a death and the next try


def somebody_stops_repairs(world: World) -> None:
    _turn(world, BOB)


def repairs_are_started_again(world: World) -> None:
    _turn(world, "")


def _turn(world: World, who: str) -> None:
    store = world.stage.environments[-1].store
    store.turn(RepairStop(who, world.clock(), "an outage", store.switch().version))


def who_clicked_loses_the_right(world: World) -> None:
    world.policy.put(USUAL.replace(f'"{ALICE}", ', ""))


def a_second_person_is_needed(world: World) -> None:
    world.policy.put(USUAL + "[[approvals]]\nremedy = 'terminate'\n")


def twenty_minutes_pass(world: World) -> None:
    world.clock.forward(seconds=20 * 60)


def a_termination_is_asked_for_and_approved(tale: Tale) -> None:
    """If it comes to that: the rules may change before."""
    _goes(tale, "B/web/1")
    tale.world.wait(_LONG)
    _click(tale, "terminate")
    tale.world.wait(20)
    if any("approve" in button.found.element["action_id"] for button in tale.world.buttons()):
        _click(tale, "approve", "Bob")
    tale.world.wait(_LONG)


def a_termination_is_asked_for_while_repairs_are_stopped(tale: Tale) -> None:
    somebody_stops_repairs(tale.world)
    a_terminate_click(tale)


_CHANGES = [
    somebody_stops_repairs,
    who_clicked_loses_the_right,
    a_second_person_is_needed,
    twenty_minutes_pass,
]
_UNDER_CHANGE = [
    *((a_terminate_click, change) for change in _CHANGES),
    *((a_termination_is_asked_for_and_approved, change) for change in _CHANGES),
    (a_termination_is_asked_for_while_repairs_are_stopped, repairs_are_started_again),
]


def _goes(tale: Tale, label: str) -> None:
    machine = tale.world.machine(label)
    tale.world.fleet.unplug(machine)
    tale.world.tell(machine)


def _click(tale: Tale, wish: str, person: str = "Alice") -> None:
    """Clicks once there is something to click on: the message may be late where somebody has died over it."""
    for _ in range(20):
        found = [button for button in tale.world.buttons() if wish in button.found.element["action_id"]]
        if found:
            tale.world.click(person, found[0])
            return
        tale.world.sweep()
        tale.world.wait(_LONG)
    raise AssertionError("nobody was told")


_SMALL: Json = {"clusters": ("web", "db", "patient"), "machines": 2}
_STORIES: list[tuple[Callable[[Tale], None], Json]] = [
    (one_agent_goes_and_comes_back, _SMALL),
    (a_terminate_click, _SMALL),
    (an_acknowledge_click, _SMALL),
    (an_approved_termination, _SMALL),
    (a_mute_is_set_and_ended, _SMALL),
    (a_mute_runs_out, _SMALL),
    (a_round_finds_what_no_event_told, _SMALL),
    (an_early_drop_is_sent_back, _SMALL),
    (poison_is_parked, _SMALL),
    (two_hundred_and_fifty_go, {"clusters": ("db",), "machines": 250}),
    (a_storm_of_twelve_clusters, {"clusters": ("web", "db", "c3", "c4", "c5", "c6", "patient"), "machines": 1}),
]


@pytest.mark.parametrize(("story", "size"), _STORIES, ids=[story.__name__ for story, _ in _STORIES])
def test_whoever_dies_and_wherever_it_ends_the_same(stage: Stage, story: Callable[[Tale], None], size: Json) -> None:
    undisturbed = _tale(stage, size, Doom())
    expected = undisturbed.play(story)
    assert len(expected["terminations"]) == ("terminat" in story.__name__)
    effects = len(undisturbed.doom.effects)
    assert effects > 5
    different: list[str] = []
    for at in range(1, effects + 1, max(1, 2 * effects // _DEATHS)):
        for after in (False, True):
            tale = _tale(stage, size, Doom(at, after))
            end = tale.play(story)
            if end != expected:
                different.append(f"{tale.doom.struck} ({at}): {_difference(expected, end)}")
    assert not different, "\n".join(different)


def test_wherever_a_restart_dies_its_command_is_sent_once_at_most_and_what_is_not_known_is_said(stage: Stage) -> None:
    undisturbed = _tale(stage, _SMALL, Doom(of="act"))
    undisturbed.play(a_restart_click)
    assert [each.output for each in undisturbed.world.fleet.systems_manager.commands] == ["coastguard: agent-up\n"]
    assert {i.ending for i in undisturbed.watcher.incidents.values()} == {"agent restarted"}
    wrong: list[str] = []
    outcomes: set[str] = set()
    for at in range(1, len(undisturbed.doom.effects) + 1):
        for after in (False, True):
            tale = _tale(stage, _SMALL, Doom(at, after, of="act"))
            tale.play(a_restart_click)
            sent = len(tale.world.fleet.systems_manager.commands)
            (claim,) = tale.watcher.claims.values()
            outcomes.add(claim.outcome[:8])
            in_doubt = claim.outcome.startswith("May have")
            if sent != (not in_doubt):
                wrong.append(f"{tale.doom.struck} ({at}): {sent} commands, {claim.outcome!r}")
    assert not wrong, "\n".join(wrong)
    assert outcomes == {"Had Syst", "May have"}


@pytest.mark.parametrize(
    ("story", "change"), _UNDER_CHANGE, ids=[f"{story.__name__}, {change.__name__}" for story, change in _UNDER_CHANGE]
)
def test_whoever_is_refused_after_a_death_has_nothing_done(
    stage: Stage, story: Callable[[Tale], None], change: Callable[[World], None]
) -> None:
    """The watcher holds what is refused against what is done and what is left, all the time and in the end."""
    undisturbed = _tale(stage, _SMALL, Doom(of="act"))
    undisturbed.play(story)
    effects = len(undisturbed.doom.effects)
    assert effects > 5
    outcomes: set[str] = set()
    for at in range(1, effects + 1, max(1, 2 * effects // _DEATHS_UNDER_CHANGE)):
        for after in (False, True):
            tale = _tale(stage, _SMALL, Doom(at, after, "act", change))
            tale.play(story)
            assert tale.doom.struck
            outcomes |= {claim.outcome.partition(":")[0] for claim in tale.watcher.claims.values()}
    assert len(outcomes) > 1


# Two looks at a time


def _closes(world: World, turn: Turn | None = None) -> None:
    """A look finds that the only one in trouble is back, and says an episode's last word."""
    world.look_at(Hint(world.cluster("A/db"), Why.AGAIN), turn)


def _opens(world: World, turn: Turn | None = None) -> None:
    """A look finds that another one has gone, and opens an incident."""
    machine = world.machine("A/db/2")
    gone = Drop(machine.arn.rpartition("/")[2], world.clock() - 2 * GRACE, machine.version)
    world.look_at(Hint(world.cluster("A/db"), Why.STATE_CHANGE, (gone,)), turn)


@pytest.mark.parametrize(
    ("first", "second"), [(_closes, _opens), (_opens, _closes)], ids=["opened amid closing", "closed amid opening"]
)
def test_a_last_word_against_an_opening_at_each_step(stage: Stage, first: Look, second: Look) -> None:
    """Whichever is written first, the other one sees it: nothing that is open stands under a message that is over."""
    undisturbed = _about_to_close(stage)
    first(undisturbed.world)
    second(undisturbed.world)
    expected = _end_of(undisturbed)
    assert [state for _, state in expected["messages"]] == ["open"]
    steps = len(undisturbed.doom.effects)
    assert steps > 10
    different: list[str] = []
    reopened: set[bool] = set()
    for at in range(1, steps + 1):
        for after in (False, True):
            tale = _about_to_close(stage)
            met: list[int] = []

            def meanwhile(world: World = tale.world, met: list[int] = met) -> None:
                met.append(1)
                second(world)

            first(tale.world, Turn(at, after, meanwhile))
            if not met:
                continue  # the steps of the second one are counted as well
            for look in (first, second):  # SQS gives out again what has failed
                look(tale.world)
            end = _end_of(tale)
            reopened.add("reopened" in {entry.what for entry in tale.watcher.entries.values()})
            if end != expected:
                different.append(f"{'after' if after else 'before'} step {at}: {_difference(expected, end)}")
    assert not different, "\n".join(different)
    assert reopened == {True, False}  # each was the first to write in some of them


def _about_to_close(stage: Stage) -> Tale:
    """One instance is back and another one is gone, of which no look knows yet."""
    tale = _tale(stage, {"clusters": ("db",), "machines": 2}, Doom())
    world = tale.world
    _goes(tale, "A/db/1")
    world.wait(_LONG)
    world.fleet.unplug(world.machine("A/db/2"))
    world.wait(_LONG)
    world.fleet.plug_in(world.machine("A/db/1"))
    world.fate.begun = tale.doom.effects.append
    return tale


def _end_of(tale: Tale) -> Json:
    tale.world.fate.begun = lambda _: None
    settle(tale.world, tale.watcher, watched=0)
    end = tale.end()
    return {name: end[name] for name in ("incidents", "bulletins", "messages")}


def _tale(stage: Stage, size: Json, doom: Doom) -> Tale:
    world = World(stage, **size)
    return Tale(world, Watcher(world), doom)


def _difference(expected: Json, end: Json) -> str:
    return "; ".join(
        f"{name}: {end[name]} instead of {expected[name]}" for name in expected if end[name] != expected[name]
    )
