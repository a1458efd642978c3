"""What `coastguard cost` goes by is what the functions do."""

from dataclasses import fields

import pytest

from coastguard.cost import COUNTED, Counts
from tests.benchmarks.functions import Functions
from tests.benchmarks.organization import counts
from tests.benchmarks.stage import Stage


def whole(one: Counts) -> dict[str, float]:
    """All of it but CPU, which is another one on each machine, and sign-ins, of which the bill has the most."""
    left = {"computed", "sign_ins"}
    found: dict[str, float] = {}
    for field in fields(Counts):
        value = getattr(one, field.name)
        if field.name not in left:
            found |= (
                {f"{field.name} {name}": n for name, n in value.items()}
                if isinstance(value, dict)
                else {field.name: value}
            )
    return {name: number for name, number in found.items() if abs(number) > 0.001}


def test_a_minute_a_visit_and_a_drop_take_what_the_bill_goes_by(stage: Stage) -> None:
    found = counts(Functions(stage))

    for name in ("minute", "visit", "drop"):
        assert whole(getattr(found, name)) == pytest.approx(whole(getattr(COUNTED, name)), rel=0.1, abs=0.005), name
    assert found.drop.sign_ins <= COUNTED.drop.sign_ins * 1.1
