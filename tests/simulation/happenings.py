"""What happens in stories of the simulation."""

from tests.simulation.world import Button, World


def goes(world: World, label: str) -> None:
    machine = world.machine(label)
    world.fleet.unplug(machine)
    world.tell(machine)


def button(world: World, wish: str) -> Button:
    return next(button for button in world.buttons() if wish in button.found.element["action_id"])
