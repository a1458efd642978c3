"""Play tests against each mutant of a module: `python -m tests.mutants.playing MODULE FILE RESULTS LOG TEST...`.

The tests are collected once, in a process in which the mutated source stands for the module. Each mutant is then played
in a fork of that process, by the tests that come by its function, the quick ones first, up to the first that fails. One
that nothing has killed is played again by all tests: what one of them has made may be used by others.
"""

import gc
import importlib.util
import json
import os
import resource
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from select import select
from types import CodeType, ModuleType
from typing import NoReturn, TextIO

import pytest
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state

from tests.mutants.making import Mutant, mutate

_ARGUMENTS = ("--numprocesses=0", "-p", "no:cacheprovider", "--tb=line", "-q")
_PATIENCE = 4  # times as long as the tests take with nothing changed, and a second
_LONGEST_WAIT = 20  # times as long as that, where the machine is busy or somebody waits for what never comes
_HEARTBEAT = 10  # seconds between two lines that say how far it is


class Loading(SourceFileLoader):
    """Loads a source as if it stood in the module's file."""

    def __init__(self, module: str, path: Path, source: str) -> None:
        super().__init__(module, str(path))
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._source, self.get_filename(fullname), "exec")


class Mutating(MetaPathFinder):
    """Finds the mutated source where Python looks for one module, and nothing else."""

    def __init__(self, module: str, path: Path, source: str) -> None:
        self._module, self._loader = module, Loading(module, path, source)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        return importlib.util.spec_from_loader(fullname, self._loader) if fullname == self._module else None


class Playing:
    """Takes the place of pytest's own loop over the tests."""

    def __init__(self, mutants: tuple[Mutant, ...], progress: TextIO) -> None:
        self._mutants, self._progress = mutants, progress
        self._failed = False
        self._serving: list[tuple[pytest.FixtureDef[object], pytest.FixtureRequest]] = []
        self.survivors: list[Mutant] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        from hypothesis import Phase, settings  # noqa: PLC0415 - pytest has to be the first to import its plugins

        # No failure is to be remembered, told or made smaller, and the same mutant has the same chances each time.
        quick = [Phase.explicit, Phase.generate]
        settings.register_profile("mutants", settings.default, database=None, phases=quick, derandomize=True)
        settings.load_profile("mutants")

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        before = threading.active_count()
        made = yield
        if threading.active_count() > before:
            self._serving.append((fixturedef, request))
        return made

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed = self._failed or report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed or not session.items:
            raise pytest.UsageError("not all tests can be collected")
        gc.collect()
        gc.freeze()  # a fork that looks for garbage among all that has been imported has to copy it first
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            self._warm_up(session, writing)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            self._play(session, pipe)
        os.waitpid(child, 0)
        return True

    def _play(self, session: pytest.Session, pipe: TextIO) -> None:
        """Read what the tests come by, and then of each mutant whether it survives where all is made already."""
        if not (line := pipe.readline()):
            raise pytest.UsageError("the tests end the process")
        told = json.loads(line)
        if told["failed"]:
            raise pytest.UsageError(f"fails although nothing is changed: {', '.join(told['failed'])}")
        self._say(
            f"{len(self._mutants)} mutants, {len(session.items)} tests that take {told['took']:.1f} s of a processor"
        )
        began = said = time.monotonic()
        for number, mutant in enumerate(self._mutants):
            now = time.monotonic()
            if now - said >= _HEARTBEAT:
                said, left = now, (now - began) / max(number, 1) * (len(self._mutants) - number)
                self._say(f"{number} of {len(self._mutants)}, {len(self.survivors)} survive, {left:.0f} s to go")
            if told["warm"] and not (line := pipe.readline()):
                raise pytest.UsageError(f"ended at {mutant}")
            if told["warm"] and json.loads(line) == "killed":
                continue
            first, others = _split(session.items, told["met"], mutant)
            if self._survives(mutant, first, told["took"]) and self._survives(mutant, others, told["took"]):
                self.survivors.append(mutant)
                self._say(f"survives in {mutant.function}: {mutant.old} ──▶ {mutant.new}")

    def _say(self, text: str) -> None:
        self._progress.write(f"  {text}\n")
        self._progress.flush()

    def _warm_up(self, session: pytest.Session, writing: int) -> NoReturn:
        """Run all tests with nothing changed, and say which functions each comes by; the quick ones come first.

        Then play the mutants here, where all that the tests share is made already, but for what is served by threads:
        they end in a fork, so each mutant has it made anew. Whoever survives is played again where nothing is made: an
        answer that was kept may be older than the mutant. Tests that leave threads running are not played here.
        """
        with os.fdopen(writing, "w") as pipe:
            came_by = list(self._came_by(session))
            took = time.process_time()
            for made, request in reversed(self._serving):
                made.finish(request)  # type: ignore[arg-type]  # the request is that of a fixture, which has no public name
            met = defaultdict(list)
            for place in sorted(range(len(came_by)), key=lambda place: came_by[place][1]):
                for function in came_by[place][0]:
                    met[function].append(place)
            failed = [item.nodeid for item, (_, _, good) in zip(session.items, came_by, strict=True) if not good]
            warm = threading.active_count() == 1
            print(json.dumps({"failed": failed, "took": took, "warm": warm, "met": met}), file=pipe, flush=True)
            gc.collect()
            gc.freeze()
            for mutant in self._mutants if warm and not failed else ():
                survives = self._survives(mutant, _split(session.items, met, mutant)[0], took)
                print(json.dumps("survives" if survives else "killed"), file=pipe, flush=True)
        os._exit(0)

    def _came_by(self, session: pytest.Session) -> Iterator[tuple[list[str], float, bool]]:
        set_mutant_under_test("stats")
        for item, following in zip(session.items, [*session.items[1:], session], strict=True):
            state()._stats.clear()
            began = time.process_time()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            yield sorted(state()._stats), time.process_time() - began, not self._failed
            self._failed = False

    def _survives(self, mutant: Mutant, items: list[pytest.Item], took: float) -> bool:
        """Whether all tests pass. Who goes round in circles, or waits for what never comes, is ended."""
        if not items:
            return True
        seconds = int(_PATIENCE * (1 + took))
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            self._run(mutant, items)
        os.close(writing)
        if not select([reading], [], [], _LONGEST_WAIT * seconds)[0]:  # it closes its end when it ends
            os.kill(child, signal.SIGKILL)
        os.close(reading)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    def _run(self, mutant: Mutant, items: list[pytest.Item]) -> NoReturn:
        status = 1
        try:
            set_mutant_under_test(mutant.name)
            for item, following in zip(items, [*items[1:], None], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if self._failed:
                    break
            status = int(self._failed)
        finally:
            os._exit(status)


def _split(
    items: list[pytest.Item], met: dict[str, list[int]], mutant: Mutant
) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return the tests that come by a mutant's function, and all of them if those are not all."""
    first = [items[place] for place in met.get(mutant.name.partition("__mutmut_")[0], [])]
    return first, items if len(first) < len(items) else []


def main() -> int:
    """Write as JSON how many mutants there are and which survive; the exit status is pytest's."""
    module, path, results, log, *tests = sys.argv[1:]
    progress = os.fdopen(os.dup(1), "w")
    with Path(log).open("w", encoding="utf-8") as told:
        os.dup2(told.fileno(), 1)
        os.dup2(told.fileno(), 2)
    mutated = mutate(Path(path), module)
    sys.meta_path.insert(0, Mutating(module, Path(path), mutated.source))
    playing = Playing(mutated.mutants, progress)
    status = int(pytest.main([*_ARGUMENTS, *tests], plugins=[playing]))
    survivors = [[each.function, each.old, each.new] for each in playing.survivors]
    Path(results).write_text(json.dumps({"mutants": len(mutated.mutants), "survivors": survivors}), "utf-8")
    progress.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
