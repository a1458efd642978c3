from collections.abc import Iterator

import pytest

from tests.chatops.clicks.desk import Desk
from tests.chatops.factories import Clock
from tests.chatops.story import Hub
from tests.wire.wire import Wire


@pytest.fixture
def desk(wire_before_moto: Wire, hub: Hub, slack: str, clock: Clock) -> Iterator[Desk]:
    hub.deploy(wire_before_moto, clock.seconds)
    yield Desk(hub.store, slack, clock)
    wire_before_moto.services.clear()
