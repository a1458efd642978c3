"""What the simulation has found, as the stories that it told; each was a promise that the hub did not keep."""

import pytest

from hub.message import ACKNOWLEDGE
from tests.simulation.fate import Died, Turn
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


def goes(world: World, label: str) -> None:
    machine = world.machine(label)
    world.fleet.unplug(machine)
    world.tell(machine)


def die() -> None:
    raise Died


def look_and_die_after(world: World, effect: str) -> None:
    """A look makes that call, and dies when the answer has come."""
    number = 0

    def count(name: str) -> None:
        nonlocal number
        number += name == effect
        if name == effect:
            world.fate.begun = lambda _: None
            world.fate.running[-1].turn = Turn(len(world.fate.running[-1].effects), after=True, happens=die)

    world.fate.begun = count
    world.look()
    assert number == 1


def test_a_message_is_drawn_again_if_the_look_that_drew_it_died_and_all_is_as_before(
    world: World, watcher: Watcher
) -> None:
    goes(world, "A/db/1")
    world.wait(130)
    machine = world.machine("A/db/1")
    machine.checks = "impaired"
    world.sweep()
    look_and_die_after(world, "slack:chat.update")
    machine.checks = "ok"

    settle(world, watcher)

    ((_, message),) = watcher.messages()
    assert ":white_check_mark: pass" in str(message.attachments)


def test_somebody_who_acknowledges_twice_is_in_the_log_twice(world: World, watcher: Watcher) -> None:
    goes(world, "A/db/1")
    world.wait(130)
    button = next(button for button in world.buttons() if button.found.element["action_id"] == ACKNOWLEDGE)
    world.click("Alice", button)
    world.click("Alice", button)

    settle(world, watcher)

    assert {entry.request for entry in watcher.entries.values() if entry.what == "acknowledged"} == {
        asked.request.id for asked in world.asked
    }
