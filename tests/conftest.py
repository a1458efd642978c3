"""What holds for every test: what is left to the night, what shares a worker, and what the run has cost."""

import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests import nightly
from tests.signed_in import sign_in
from tests.wire.wire import Wire

# It is there for the SBOM, and jsonschema would build its 38 grammars in each worker: two seconds, for IRIs, of which
# Slack's types have none.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # as Python notes that there is no such module

# What plays in a whole world mostly waits: these modules each have a worker's whole time, the rest of them share one.
WORLDLY, LONG = {"browser", "world"}, {"browser/test_chatops.py", "browser/test_demo.py"}
# What takes longest begins first.
_FIRST = ("browser", "world", "simulation", "benchmarks")

ALL, LEFT_OUT = pytest.StashKey[list[pytest.Item]](), pytest.StashKey[list[pytest.Item]]()
_COSTS = pytest.StashKey[list[dict[str, float]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--nightly", action="store_true", help="play every case, and as much by chance as a night allows")


def pytest_configure(config: pytest.Config) -> None:
    nightly.choose(night=config.getoption("nightly"))
    config.stash[_COSTS] = []


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is left to the night, and begin with what takes longest."""
    nightly.sort_out(items)
    config.stash[ALL] = list(items)
    config.stash[LEFT_OUT] = left = nightly.left_out(items, night=config.getoption("nightly"))
    config.hook.pytest_deselected(items=left)
    items[:] = sorted((item for item in items if item not in set(left)), key=_begins)


def _begins(item: pytest.Item) -> int:
    folder = Path(item.path).parent.name
    return _FIRST.index(folder) if folder in _FIRST else len(_FIRST)


class Together(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Keeps each module's tests together, for the sake of what they share, and what plays in a world on few workers.

    xdist has a marker for that, which it writes into names that pytest 9.2 no longer lets anybody change.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        folder, name = Path(module).parts[-2:]
        return "world" if folder in WORLDLY and f"{folder}/{name}" not in LONG else module


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Together:
    return Together(config, log)


# What the run has cost: each worker tells the controller


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    told = {"cpu": _cpu(resource.RUSAGE_SELF), "left": len(config.stash.get(LEFT_OUT, []))}
    if hasattr(config, "workeroutput"):
        config.workeroutput["cost"] = told | {"cpu": told["cpu"] + _cpu(resource.RUSAGE_CHILDREN)}
    elif config.stash[_COSTS]:
        config.stash[_COSTS].append(told)  # the workers are children of its own
    else:
        config.stash[_COSTS].append(told | {"cpu": told["cpu"] + _cpu(resource.RUSAGE_CHILDREN)})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Hear of xdist that a worker has ended."""
    output = getattr(node, "workeroutput", {})  # one that has crashed has none
    config: pytest.Config = node.config  # type: ignore[attr-defined]  # xdist has no types
    config.stash[_COSTS] += [output["cost"]] if "cost" in output else []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    costs = config.stash[_COSTS]
    minutes = sum(cost["cpu"] for cost in costs) / 60
    terminalreporter.section("cost")
    terminalreporter.write_line(f"{minutes:.1f} minutes of CPU, with all that was started")
    left = max((cost["left"] for cost in costs), default=0)
    if left:
        terminalreporter.write_line(f"{left:.0f} cases are left to `make nightly`")


def _cpu(whose: int) -> float:
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime


# The hub's account


@pytest.fixture(scope="session")
def signed_in() -> Iterator[None]:
    """Let every session be the hub's."""
    with pytest.MonkeyPatch.context() as patch:
        sign_in(patch)
        yield


@pytest.fixture(scope="session")
def wire_before_moto() -> Iterator[Wire]:
    """What answers for the hub's table and queues, in every session of boto3 that is begun meanwhile."""
    from tests.wire.before_moto import WireBeforeMoto  # noqa: PLC0415 - moto takes a second to import, and few need it

    wire = WireBeforeMoto()
    with wire.hung():
        yield wire
