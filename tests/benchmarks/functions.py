"""The hub's functions as Lambda has them: the one module here that knows how the hub is wired.

Each environment of a function is wired by its entry point's own `wire`, so it has its own clients, sign-ins and caches,
as on Lambda. What the entry points' handlers do is repeated here without their metrics line.
"""

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from hub import ingest, look, sweep
from hub.incidents.content import Tone
from hub.looks.batch import Batch
from hub.queues import records
from hub.table.store import Store
from spoke.accounts import Role
from spoke.places import Cluster
from tests.benchmarks.stage import READER, TABLE, Stage
from tests.signed_in import HUB_REGION

if TYPE_CHECKING:
    from hub.table.clusters import KnownCluster

Function = Callable[[dict[str, Any]], list[str]]
"""Takes Lambda's event; returns the ids of the records that failed."""

Named = tuple[str, str, str, str]
"""An instance as everybody here names it: account, Region, cluster, container instance id."""

_roles = count(1)


@dataclass(frozen=True)
class Environments:
    """One of each function."""

    ingest: Function
    look: Function
    sweep: Callable[[], None]


@dataclass
class Functions:
    """The environments there are, each for one invocation at a time."""

    stage: Stage
    api_url: str = ""
    counted: Counter[str] = field(default_factory=Counter)
    _session_name: str = "coastguard-look"

    def sign_out(self) -> None:
        """Let every environment sign in anew to every account, as if it had never seen one."""
        self._session_name = f"coastguard-look-{next(_roles)}"

    def one_of_each(self) -> Environments:
        return Environments(self.ingest(), self.look(), self.sweep())

    def ingest(self) -> Function:
        """Make an environment of ingest."""
        with self._environment():
            sorter, _ = ingest.wire.__wrapped__()
        sorter = replace(sorter, count=self._count)
        return lambda event: sorter.sort(records(event))

    def look(self) -> Function:
        """Make an environment of look."""
        with self._environment():
            wired, _ = look.wire.__wrapped__()

        def invoked(event: dict[str, Any]) -> list[str]:
            hub = replace(wired.hub, count=self._count, sleep=_no_sleep)
            storms, reader = replace(wired.storms, hub=hub), Role(READER, self._session_name)
            seeing = replace(wired.seeing, hub=hub, reader=reader)
            looks = Batch(replace(wired, hub=hub, seeing=seeing, storms=storms))
            failed: list[str] = hub.queues.work_off(hub.addresses.looks, records(event), looks.attend, looks.prepare)
            return failed

        return invoked

    def sweep(self, regions: Sequence[str] = (HUB_REGION,), *, everywhere: bool = True) -> Callable[[], None]:
        """Make an environment of sweep: to visit every member each time, so that a case need not last for long."""
        with self._environment():
            sweeper, _ = sweep.wire.__wrapped__()
        sweeper = replace(sweeper, count=self._count, regions=tuple(regions))

        def invoked() -> None:
            sweeper.unfinished()
            sweeper.visit(everywhere=everywhere)

        return invoked

    def _count(self, name: str, number: int) -> None:
        self.counted[name] += number

    @contextmanager
    def _environment(self) -> Iterator[None]:
        with patch.dict(os.environ, self.stage.settings(self.api_url)), _formatters_kept():
            yield


def _no_sleep(_seconds: float) -> None:
    """Slack's second between two messages of a storm is waited nowhere here: it is Slack's, and always the same."""


@dataclass(frozen=True)
class Kept:
    """What the table says in the end."""

    store: Store

    @classmethod
    def read(cls) -> "Kept":
        return cls(Store(TABLE, HUB_REGION))

    def unresolved(self, clusters: set[tuple[str, str, str]]) -> set[Named]:
        """Instances with an incident that is not over."""
        return {name for name, over in self._incidents(clusters) if not over}

    def ever(self, clusters: set[tuple[str, str, str]]) -> set[Named]:
        """Instances with an incident, over or not."""
        return {name for name, _ in self._incidents(clusters)}

    def _incidents(self, clusters: set[tuple[str, str, str]]) -> Iterator[tuple[Named, bool]]:
        for cluster in clusters:
            known: KnownCluster = self.store.known(Cluster(*cluster))
            for incident in known.incidents.values():
                yield (*cluster, incident.instance), not incident.unresolved


@dataclass(frozen=True)
class Said:
    """What a message of Slack's is about, as its metadata tells."""

    bulletin: str
    cluster: tuple[str, str, str]
    over: bool

    @classmethod
    def read(cls, message: dict[str, Any]) -> "Said":
        payload = message["metadata"]["event_payload"]
        account, region, name = payload["bulletin"].split("#")[0].split("/")
        return cls(payload["bulletin"], (account, region, name), payload["state"] == Tone.RESOLVED)


@contextmanager
def json_logs_to_nowhere() -> Iterator[None]:
    """Log as the functions do, formatting and all, to where nobody reads it."""
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("", "botocore", "boto3", "urllib3")}
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - no path of ours
        handler = logging.StreamHandler(nowhere)
        root.addHandler(handler)
        try:
            yield
        finally:
            root.removeHandler(handler)
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)


@contextmanager
def _formatters_kept() -> Iterator[None]:
    """The entry points format every log of the process: those that others have put up stay as they are."""
    kept = [(handler, handler.formatter) for handler in logging.getLogger().handlers[:-1]]
    yield
    for handler, formatter in kept:
        handler.setFormatter(formatter)
