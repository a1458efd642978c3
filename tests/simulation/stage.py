"""The stage of all simulations: clients, which are dear, and everything random or parallel made the same every time.

`set_up` once for a process; each `World` (see world.py) then begins at noon with nothing remembered.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Self, TypeVar
from unittest.mock import patch

import boto3
import botocore.endpoint
import time_machine
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError
from botocore.retries import quota

import hub.looks.batch
import hub.queues
import hub.sweeping.sweeper
import hub.table.clusters
import spoke.sightings
from hub.runtime.clients import AWS
from hub.table.store import Store
from spoke.accounts import Accounts
from spoke.models import LeanLoader
from tests.hub.timing import Clock
from tests.signed_in import FOREIGN, HUB, HUB_REGION
from tests.simulation.fate import Fate
from tests.simulation.slack_line import Checked, Line
from tests.wire.wire import Wire

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TABLE = "coastguard"
# As many as functions run at the same time, and one for a function that runs whole in the midst of another.
_ENVIRONMENTS = 4
_In = TypeVar("_In")
_Out = TypeVar("_Out")


class MortalWire(Wire):
    """AWS, where whoever calls may die. Silence takes as long as a client waits for it."""

    fate: Fate

    def __call__(self, request: AWSPreparedRequest, event_name: str, **more: object) -> AWSResponse:
        _, service, operation = event_name.split(".")

        def call() -> AWSResponse:
            try:
                return super(MortalWire, self).__call__(request, event_name, **more)
            except ReadTimeoutError:
                self.fate.clock.forward(seconds=5)
                raise

        return self.fate.effect(f"{service}:{operation}", call)


class OneAfterAnother:
    """A pool of threads, without the threads: what is done at the same time is done in one order, always the same."""

    def __init__(self, _threads: int = 1) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def map(self, do: Callable[[_In], _Out], inputs: Iterable[_In]) -> Iterator[_Out]:
        done: list[tuple[_Out | None, Exception | None]] = []
        for each in inputs:
            try:
                done.append((do(each), None))
            except Exception as error:  # noqa: BLE001 - the others go on, and who asks hears of the first, as with threads
                done.append((None, error))
        for result, failed in done:
            if failed:
                raise failed
            yield result  # type: ignore[misc]  # there is a result where there is no error


@dataclass
class Environment:
    """The clients of one Lambda environment: two functions that run at the same time share none.

    Its clock differs from the world's by `skew`.
    """

    store: Store
    accounts: Accounts
    sqs: Any
    organizations: Any
    world_clock: Clock
    skew: timedelta = timedelta()

    def clock(self) -> datetime:
        return self.world_clock() + self.skew

    def forget(self) -> None:
        """It has died: another one begins in its place, with nothing remembered."""
        self.accounts._sign_ins.clear()


@dataclass
class Stage:
    clock: Clock
    traveller: Any
    wire: MortalWire
    fate: Fate
    line: Line
    strict: Checked
    dynamodb: Any
    environments: list[Environment]
    _quotas: list[quota.RetryQuota] = field(default_factory=list)

    def forget(self) -> None:
        """Noon again, and nobody remembers anything."""
        self.traveller.move_to(NOON)
        self.fate.forget()
        for environment in self.environments:
            environment.forget()
            environment.skew = timedelta()
        for each in self._quotas:
            each._available_capacity = each._max_capacity


@contextmanager
def set_up() -> Iterator[Stage]:
    """Set the stage. Whoever runs this may be signed in to a real account: not here."""
    wire, quotas = MortalWire(), []
    begin = quota.RetryQuota.__init__

    def remembered(self: quota.RetryQuota, *args: object, **more: object) -> None:
        begin(self, *args, **more)
        quotas.append(self)

    with ExitStack() as stack:
        traveller = stack.enter_context(time_machine.travel(NOON, tick=False))
        clock = Clock(traveller)
        wire.fate = Fate(clock)
        line = Line(wire.fate)
        stack.enter_context(patch.dict(os.environ, HUB))
        for name in FOREIGN:
            os.environ.pop(name, None)
        stack.enter_context(wire.hung())
        stack.enter_context(line.laid())
        stack.enter_context(patch.object(quota.RetryQuota, "__init__", remembered))
        sleeper = SimpleNamespace(sleep=wire.fate.sleep)
        stack.enter_context(patch.object(botocore.endpoint, "time", sleeper))
        for module in (hub.looks.batch, hub.queues, hub.sweeping.sweeper, hub.table.clusters, spoke.sightings):
            stack.enter_context(patch.object(module, "ThreadPoolExecutor", OneAfterAnother))
        loader = LeanLoader()
        session = boto3.Session(region_name=HUB_REGION)
        yield Stage(
            clock,
            traveller,
            wire,
            wire.fate,
            line,
            Checked(),
            session.client("dynamodb", config=Config(retries={"total_max_attempts": 1})),
            [_environment(session, loader, wire.fate, in_pages=bool(n % 2)) for n in range(_ENVIRONMENTS)],
            quotas,
        )


def _environment(session: boto3.Session, loader: Any, fate: Fate, *, in_pages: bool) -> Environment:
    """Make an environment. What begins is kept in pages by some of them: so it is while a stack is told to."""
    return Environment(
        Store(TABLE, HUB_REGION, fate.sleep, lambda: 0.5, opens_in_pages=in_pages),
        Accounts(session, loader),
        session.client("sqs", config=AWS),
        session.client("organizations", config=AWS),
        fate.clock,
    )
