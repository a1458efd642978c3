"""Long chains, with Lambda's guard against loops switched on: nothing is stopped by it, and nothing is lost."""

from datetime import timedelta

import pytest

from coastguard.local.aws.lineage import MOST_INVOCATIONS
from hub import chain
from hub.chain import MOST_HOPS
from hub.notify import storm_turn
from hub.policy.terms import Terms
from tests.hub.factories import CHANNEL, GRACE
from tests.simulation.happenings import button, goes
from tests.simulation.play import settle
from tests.simulation.promises import Broken, Watcher
from tests.simulation.stage import Stage
from tests.simulation.world import World


@pytest.fixture
def world(stage: Stage) -> World:
    world = World(stage, clusters=("web", "db"))
    world.guarded = True
    return world


@pytest.fixture
def watcher(world: World) -> Watcher:
    return Watcher(world)


def minutes(world: World, number: int) -> None:
    """So many minutes pass, each with its round."""
    for _ in range(number):
        world.sweep()
        world.wait(60)


def test_a_repair_without_a_replacement(world: World, watcher: Watcher) -> None:
    goes(world, "A/web/1")
    world.wait(130)
    world.click("Alice", button(world, "terminate"))
    world.wait(1)
    world.fleet._coming[:] = [each for each in world.fleet._coming if each[2] != "replaced"]
    world.wait(300)
    assert world.chains["look"] == 9  # of the click, and eight of the repair
    minutes(world, 12)

    watcher.check()
    assert world.dropped == 0
    assert {incident.ending for incident in watcher.incidents.values()} == {"terminated"}


def test_a_grace_of_a_day(world: World, watcher: Watcher) -> None:
    day = timedelta(days=1)
    world.terms = Terms(GRACE, CHANNEL, longer=(("*/db", day),))
    goes(world, "A/db/1")
    began = world.clock()
    world.wait(120)

    while world.clock() - began < day - timedelta(minutes=10):
        world.sweep()
        world.visit()
        world.wait(600)
    assert watcher.incidents == {}
    minutes(world, 12)

    watcher.check()
    (incident,) = watcher.incidents.values()
    assert (incident.opened_at - began - day) < timedelta(seconds=70)
    assert (world.dropped, [how for _, how in watcher.said()]) == (0, ["open"])


def test_slack_refuses_for_twenty_minutes_and_says_it_within_two_after(world: World, watcher: Watcher) -> None:
    world.slack_fault("*", "ratelimit", times=100_000, retry_after=5)
    for label in ("A/web/1", "A/db/1", "B/web/1", "B/db/1"):
        goes(world, label)
    minutes(world, 20)
    assert watcher.said() == []
    assert world.chains["look"] == MOST_HOPS

    world.heal()
    minutes(world, 2)

    watcher.check()
    assert (world.dropped, len(watcher.said())) == (0, 4)


def test_a_chain_that_is_too_long_is_seen(world: World, watcher: Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "MOST_HOPS", 1_000)
    world.slack_fault("*", "ratelimit", times=100_000, retry_after=5)
    goes(world, "A/web/1")

    world.wait(400)

    assert max(world.chains.values()) > MOST_INVOCATIONS
    assert world.dropped > 0  # and the group is held up until the visibility is over, and then again
    with pytest.raises(Broken, match="a chain has invoked look 16 times"):
        watcher.check()


def test_a_storm_hands_over_to_the_sweep(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eleven turns follow the first one, and then the sweep asks for the next."""
    monkeypatch.setattr(storm_turn, "TURN", 2)
    names = tuple(f"c{number}" for number in range(15))
    world = World(stage, clusters=names, machines=1)
    world.guarded = True
    watcher = Watcher(world)
    for label in world.labels():
        goes(world, f"{label}/1")
    minutes(world, 6)

    watcher.check()
    assert world.dropped == 0
    assert world.chains["look"] == MOST_HOPS
    shown = [name for name, how in watcher.said() if how == "open" and "#ep-" in name]
    assert len(shown) == len(world.labels())


def test_everything_is_as_it_should_be_after_long_chains(world: World, watcher: Watcher) -> None:
    world.slack_fault("*", "ratelimit", times=100_000, retry_after=7)
    for label in ("A/web/1", "B/db/1"):
        goes(world, label)
    world.wait(1_200)
    world.fleet.plug_in(world.machine("A/web/1"))

    settle(world, watcher)

    assert world.dropped == 0
    assert sorted(how for _, how in watcher.said()) == ["open", "resolved"]
