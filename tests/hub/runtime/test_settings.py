"""What a function is told by its environment: all of it, or an error that names everything wrong at once."""

from dataclasses import MISSING, dataclass, fields

import pytest

from hub import ingest, look, sweep
from hub.runtime.settings import BadSettings, read


@dataclass(frozen=True)
class Told:
    table: str
    grace_seconds: int
    role: str = "coastguard-reader"
    tries: int = 5


WHOLE = {"COASTGUARD_TABLE": "coastguard", "COASTGUARD_GRACE_SECONDS": "120"}


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        pytest.param(WHOLE, Told("coastguard", 120), id="with defaults"),
        pytest.param(
            WHOLE | {"COASTGUARD_ROLE": "a/b", "COASTGUARD_TRIES": "0"}, Told("coastguard", 120, "a/b", 0), id="all"
        ),
        pytest.param(WHOLE | {"COASTGUARD_TABLE": "  coastguard\n"}, Told("coastguard", 120), id="blanks around it"),
        pytest.param(WHOLE | {"COASTGUARD_ROLE": " "}, Told("coastguard", 120), id="an empty one is none"),
        pytest.param(
            WHOLE | {"COASTGUARD_OTHER": "x", "TABLE": "y"}, Told("coastguard", 120), id="others do not matter"
        ),
    ],
)
def test_settings_are_read(environment: dict[str, str], told: Told) -> None:
    assert read(Told, environment) == told


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        pytest.param({}, ["COASTGUARD_TABLE is missing", "COASTGUARD_GRACE_SECONDS is missing"], id="all missing"),
        pytest.param({"COASTGUARD_TABLE": ""}, ["COASTGUARD_TABLE is missing", "COASTGUARD_GRACE_SECONDS"], id="empty"),
        pytest.param(
            {"COASTGUARD_GRACE_SECONDS": "2m", "COASTGUARD_TRIES": "-1"},
            [
                "COASTGUARD_TABLE is missing",
                "COASTGUARD_GRACE_SECONDS must be a whole number, not '2m'",
                "COASTGUARD_TRIES must be a whole number, not '-1'",
            ],
            id="one missing, two wrong",
        ),
        pytest.param(WHOLE | {"COASTGUARD_GRACE_SECONDS": "1.5"}, ["not '1.5'"], id="not whole"),
    ],
)
def test_everything_wrong_is_named_at_once_with_the_remedy(environment: dict[str, str], said: list[str]) -> None:
    with pytest.raises(BadSettings) as caught:
        read(Told, environment)

    for words in (*said, "stacksets/hub.yaml", "coastguard deploy"):
        assert words in str(caught.value)


@pytest.mark.parametrize("function", [ingest, look, sweep], ids=["ingest", "look", "sweep"])
def test_each_function_names_what_it_lacks_and_only_that(function: object) -> None:
    settings = function.Settings  # type: ignore[attr-defined]  # each entry point has its own

    with pytest.raises(BadSettings) as caught:
        read(settings, {})

    for field in fields(settings):
        assert (f"COASTGUARD_{field.name.upper()} is missing" in str(caught.value)) is (field.default is MISSING)
