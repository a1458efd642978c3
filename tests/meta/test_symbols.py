"""What is taken from inside libraries is as it was when that was written, or somebody hears where to look again."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from coastguard.checkout import ROOT
from coastguard.local import symbols
from coastguard.local.symbols import SymbolChanged, check
from tests.meta import reached_into


@pytest.mark.parametrize(
    ("module", "record"),
    [("coastguard.local.record_symbols", symbols.RECORD), ("tests.meta.reached_into", reached_into.RECORD)],
)
def test_what_is_reached_into_is_as_it_was_when_it_was_looked_at(module: str, record: Path, tmp_path: Path) -> None:
    # In a process of its own: others patch these very symbols.
    now = tmp_path / "now.json"
    subprocess.run([sys.executable, "-m", module, str(now)], cwd=ROOT, check=True)

    assert json.loads(now.read_text()) == json.loads(record.read_text()), (
        f"look at each place that differs, then record it with python -m {module}"
    )


def recorded(tmp_path: Path, *, moto: str = version("moto"), **of_json: str) -> Path:
    """A record of a place that reaches into the standard library."""
    record = tmp_path / "record.json"
    taken = {f"json.{name}": digest for name, digest in of_json.items()}
    record.write_text(json.dumps({"versions": {"moto": moto}, "symbols": {"our.place": taken, "another": {}}}))
    return record


def test_what_is_as_it_was_recorded_passes(tmp_path: Path) -> None:
    check(recorded(tmp_path, dumps=symbols.digest("json.dumps"), decoder="module", _default_encoder="JSONEncoder"))


@pytest.mark.parametrize(
    ("name", "digest", "said"),
    [
        pytest.param("dumps", "000000000000", "json.dumps has changed: look at our.place again;", id="a function"),
        pytest.param("_default_encoder", "dict", "json._default_encoder has changed: look at our.place", id="a thing"),
        pytest.param("gone", "000000000000", "json.gone is gone: look at our.place again;", id="gone"),
    ],
)
def test_what_has_changed_is_named_with_the_place_to_look_at(tmp_path: Path, name: str, digest: str, said: str) -> None:
    record = recorded(tmp_path, **{name: digest})

    with pytest.raises(SymbolChanged) as raised:
        check(record)

    assert str(raised.value).startswith(said)
    check(record, "another")


def test_another_version_is_named_though_nothing_has_changed(tmp_path: Path) -> None:
    with pytest.raises(SymbolChanged, match=rf"^moto is {version('moto')}, not 5\.2\.4; or install"):
        check(recorded(tmp_path, moto="5.2.4"))


def test_a_function_has_another_digest_if_only_its_signature_or_only_its_body_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    digests = set()
    for number, text in enumerate(("(a): return a", "(a, b=1): return a", "(a): return a + 1")):
        (tmp_path / f"other{number}.py").write_text(f"def function{text}\n")
        digests.add(symbols.digest(f"other{number}.function"))

    assert len(digests) == 3
