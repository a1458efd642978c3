"""A module is read in one go: it stays short, or says here why it does not."""

from coastguard.checkout import ROOT

LONGEST = 300
# Longer modules, each with its reason.
EXCEPTIONS: dict[str, str] = {}


def test_no_module_is_longer_than_somebody_reads_in_one_go() -> None:
    modules = [path for package in ("hub", "spoke", "chatops") for path in (ROOT / package).rglob("*.py")]
    assert len(modules) > 50
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules}
    assert {name: length for name, length in lengths.items() if length > LONGEST and name not in EXCEPTIONS} == {}
    assert [name for name in EXCEPTIONS if lengths.get(name, 0) <= LONGEST] == [], "no exception any more"
