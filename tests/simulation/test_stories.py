"""What the simulation has found, as the stories that it told; each was a promise that the hub did not keep."""

from collections.abc import Callable

import pytest

from tests.simulation.fate import Died, Turn
from tests.simulation.happenings import button, goes
from tests.simulation.play import settle
from tests.simulation.promises import Watcher
from tests.simulation.stage import Stage
from tests.simulation.world import World


@pytest.fixture
def world(stage: Stage) -> World:
    return World(stage, clusters=("web", "db", "patient"))


@pytest.fixture
def watcher(world: World) -> Watcher:
    return Watcher(world)


def die() -> None:
    raise Died


def die_after(effect: str, world: World, function: Callable[[], object]) -> None:
    """The function makes that call, and dies when the answer has come."""
    met: list[str] = []

    def begun(name: str) -> None:
        if name == effect and not met:
            met.append(name)
            world.fate.running[-1].turn = Turn(len(world.fate.running[-1].effects), after=True, happens=die)

    world.fate.begun = begun
    function()
    assert met


def test_a_message_is_drawn_again_if_the_look_that_drew_it_died_and_all_is_as_before(
    world: World, watcher: Watcher
) -> None:
    goes(world, "A/db/1")
    world.wait(130)
    machine = world.machine("A/db/1")
    machine.host.checks = "impaired"
    world.sweep()
    die_after("slack:chat.update", world, world.look)
    machine.host.checks = "ok"

    settle(world, watcher)

    ((_, message),) = watcher.messages()
    assert ":white_check_mark: pass" in str(message.attachments)


def test_somebody_who_acknowledges_twice_is_in_the_log_twice(world: World, watcher: Watcher) -> None:
    goes(world, "A/db/1")
    world.wait(130)
    world.click("Alice", button(world, "acknowledge"))
    world.click("Alice", button(world, "acknowledge"))

    settle(world, watcher)

    assert {entry.request for entry in watcher.entries.values() if entry.what == "acknowledged"} == {
        asked.request.id for asked in world.asked
    }


def test_a_repair_that_has_begun_is_ended_and_not_refused_though_its_incident_is_over(
    world: World, watcher: Watcher
) -> None:
    goes(world, "A/db/1")
    world.wait(130)
    world.click("Bob", button(world, "terminate"))
    die_after("ec2:TerminateInstances", world, world.act)
    world.fleet.deregister(world.machine("A/db/1"))  # as ECS does when a host has ended
    world.wait(60)
    world.sweep()
    world.wait(30)
    world.forward(700)
    world.sweep()
    world.look()
    assert not any(incident.unresolved for incident in watcher.incidents.values())

    settle(world, watcher)

    (claim,) = watcher.claims.values()
    assert claim.outcome.startswith("Found ")
    assert [entry.what for entry in watcher.entries.values() if entry.request] == ["asked: Terminate", "Terminate done"]


def test_what_a_round_saw_long_ago_says_nothing_of_an_agent_that_went_again(world: World, watcher: Watcher) -> None:
    machine = world.machine("A/db/1")
    world.fleet.unplug(machine)
    world.visit()  # asks for a look that comes late
    world.forward(60)
    world.fleet.plug_in(machine)
    world.forward(500)
    world.fleet.unplug(machine)
    world.forward(5)
    world.look()
    assert watcher.incidents == {}

    world.wait(115)
    assert watcher.incidents == {}
    world.wait(30)

    watcher.check()
    assert len(watcher.incidents) == 1


def test_what_was_resolved_is_not_forgotten_before_its_bulletin_has_said_its_last(
    world: World, watcher: Watcher
) -> None:
    for label in ("A/db/1", "A/db/2"):
        goes(world, label)
    world.wait(130)
    world.fleet.plug_in(world.machine("A/db/1"))
    world.sweep()
    world.wait(30)
    for _ in range(7 * 24):
        world.forward(3_600)
        world.expire()
        world.sweep()
        world.look()
    assert watcher.broken == []
    world.fleet.plug_in(world.machine("A/db/2"))

    settle(world, watcher)

    ((_, message),) = watcher.messages()
    assert message.text.startswith("Resolved: ECS agent on 2 instances (reconnected)")
    world.forward(4 * 24 * 3_600)
    world.expire()
    assert not [key for key in world.ledger.all_rows() if key[1].startswith(("instance#", "incidents#"))]
