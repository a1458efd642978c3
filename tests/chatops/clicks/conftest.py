import pytest

from tests.chatops.clicks.desk import Desk
from tests.chatops.factories import Clock
from tests.chatops.story import Hub
from tests.wire.wire import Wire


@pytest.fixture
def desk(wire: Wire, hub: Hub, slack: str, clock: Clock) -> Desk:
    hub.deploy(wire, clock.seconds)
    return Desk(hub.store, slack, clock)
