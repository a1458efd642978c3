"""`make mutants` itself: which changes it tries, who is found to survive, and what its lists may hold."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from coastguard.checkout import ROOT
from tests.mutants.making import mutate
from tests.mutants.targets import Survivor, judge, listed, targets

SMALL = '''"""A module."""


def is_grown(age: int, told: list[str]) -> bool:
    """Return whether somebody is grown."""
    if told:
        told.append("asked, as ever")
    return age > 17
'''
WEAK = """
from small import is_grown

def test_it() -> None:
    told = ["so"]
    assert is_grown(30, told)
    assert not is_grown(3, [])
    assert len(told) == 2
"""
STRONG = """
from small import is_grown

def test_the_edges() -> None:
    told = []
    assert is_grown(18, told)
    assert not is_grown(17, told)
    assert told == []

def test_what_is_told() -> None:
    told = ["so"]
    is_grown(1, told)
    assert told == ["so", "asked, as ever"]
"""
SERVED = """
import threading
from pathlib import Path

import pytest

def note(what: str) -> None:
    with (Path(__file__).parent / what).open("a") as file:
        file.write(f"{what}\\n")

@pytest.fixture(scope="session", autouse=True)
def costly() -> None:
    note("costly")

@pytest.fixture(scope="session", autouse=True)
def served():
    note("served")
    over = threading.Event()
    server = threading.Thread(target=over.wait)
    server.start()
    yield
    over.set()
    server.join()
    assert not server.is_alive()
"""
AGE = ("return age > 17", "return age >= 17")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.py"
    path.write_text(SMALL)
    return path


def play(small: Path, tests: str) -> tuple[int, dict[str, object], str]:
    """The exit status, what is found, and what has been said meanwhile."""
    (small.parent / "test_small.py").write_text(tests)
    results, log = small.parent / "results.json", small.parent / "log"
    arguments = ["small", str(small), str(results), str(log), str(small.parent / "test_small.py")]
    command = [sys.executable, "-m", "tests.mutants.playing", *arguments]
    ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    return ended.returncode, json.loads(results.read_text()), ended.stdout


def test_conditions_are_turned_round_and_calls_left_out_but_no_sentence_is_worded_otherwise(small: Path) -> None:
    made = {(each.old, each.new) for each in mutate(small, "small").mutants}

    assert made >= {AGE, ("if told:", "if not (told):"), ('told.append("asked, as ever")', "pass")}
    assert not any("XX" in new for _, new in made)


def test_weak_tests_let_mutants_survive_and_each_is_named(small: Path) -> None:
    status, found, said = play(small, WEAK)

    assert status == 0
    assert found["mutants"] == len(mutate(small, "small").mutants)
    assert found["survivors"] == [
        ["is_grown", 'told.append("asked, as ever")', "told.append(None)"],
        ["is_grown", *AGE],
        ["is_grown", "return age > 17", "return age > 18"],
    ]
    assert f"{found['mutants']} mutants, 1 tests" in said


def test_strong_tests_let_none_survive(small: Path) -> None:
    status, found, _ = play(small, STRONG)

    assert (status, found["survivors"]) == (0, [])


def test_tests_that_fail_by_themselves_kill_nothing_and_end_in_an_error(small: Path) -> None:
    status, _, _ = play(small, STRONG.replace('"so", ', ""))

    assert status != 0
    assert "fails although nothing is changed" in (small.parent / "log").read_text()


def test_of_what_tests_share_only_what_threads_serve_is_made_anew_for_each_mutant(small: Path) -> None:
    status, found, _ = play(small, SERVED + STRONG)

    assert (status, found["survivors"]) == (0, [])
    made = {what: len((small.parent / what).read_text().splitlines()) for what in ("costly", "served")}
    assert made == {"costly": 1, "served": 1 + len(mutate(small, "small").mutants)}


ONE, TWO = (Survivor("one.py", "run", old, "pass") for old in ("call()", "another()"))


@pytest.mark.parametrize(
    ("survived", "known", "verdict"),
    [
        pytest.param([], [], ([], []), id="nobody"),
        pytest.param([ONE], [], ([ONE], []), id="one that is not listed"),
        pytest.param([ONE, TWO], [TWO], ([ONE], []), id="one of two is listed"),
        pytest.param([ONE], [ONE], ([], []), id="all are listed"),
        pytest.param([], [ONE], ([], [ONE]), id="one that is listed was killed"),
        pytest.param([], [Survivor("two.py", "run", "call()", "pass")], ([], []), id="of a module not played"),
    ],
)
def test_who_is_to_be_looked_at(
    survived: list[Survivor], known: list[Survivor], verdict: tuple[list[Survivor], list[Survivor]]
) -> None:
    assert judge(["one.py"], survived, dict.fromkeys(known, "why")) == verdict


@pytest.mark.parametrize("module", targets())
def test_each_module_and_its_tests_are_there(module: str) -> None:
    assert (ROOT / module).is_file()
    assert targets()[module]
    assert [test for test in targets()[module] if not (ROOT / test).exists()] == []


def test_whoever_is_listed_belongs_to_a_module_that_is_played_and_has_a_reason() -> None:
    assert [each for each, reason in listed().items() if each.module not in targets() or len(reason) < 20] == []


# What a click does not do: read and write requests and entries, and word replies.
BESIDE = {f"chatops/clicks/{name}.py" for name in ("entries", "replies", "requests")}


def test_every_remedy_and_all_that_a_click_does_are_played() -> None:
    folders = ("spoke/repairs", "chatops/clicks")
    acting = {str(path.relative_to(ROOT)) for folder in folders for path in (ROOT / folder).glob("*.py")}
    acting -= {f"{folder}/__init__.py" for folder in folders}
    assert acting - {"spoke/repairs/remedy.py"} - BESIDE <= set(targets())
