"""Whatever is filled in, the local Slack reports it or says why not."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from coastguard.local.slack.errors import Refused
from coastguard.local.slack.inputs import KINDS, Values, complaints, values_of
from tests.local_slack.examples import field, options

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
# What comes near to what is possible, too.
ANYTHING = JSON | st.sampled_from(["a", "b", ["a"], ["a", "b"], ["c"], "2026-11-24", "09:30", 1795337200, "1795337200"])
WITH_OPTIONS = {"static_select", "radio_buttons", "checkboxes", "multi_static_select"}


def element(kind: str) -> dict[str, Any]:
    more: dict[str, Any] = {"options": options("a", "b")} if kind in WITH_OPTIONS else {}
    if kind == "number_input":
        more = {"is_decimal_allowed": False, "min_value": "1", "max_value": "9"}
    return {"type": kind, "action_id": "v", **more}


def reported(block: dict[str, Any], values: Values) -> Values | None:
    """What the app would be told; None when nobody could have filled that in."""
    try:
        return values_of([block], values)
    except Refused:
        return None


@given(st.sampled_from(sorted(KINDS)), ANYTHING, st.booleans())
def test_any_value_is_reported_or_refused(kind: str, value: object, optional: bool) -> None:
    block = field(element(kind), optional=optional)
    values = reported(block, {"field": {"v": value}})
    if values is None:
        return
    part = values["field"]["v"]
    assert set(part) == {"type", KINDS[kind].reported}
    wrong = complaints([block], values)
    assert set(wrong) <= {"field"}
    assert all(sentence.endswith(".") for sentence in wrong.values())
    if part[KINDS[kind].reported] in (None, []):
        assert bool(wrong) != optional


@given(st.dictionaries(st.text(max_size=4), st.dictionaries(st.text(max_size=4), JSON, max_size=2), max_size=2))
def test_what_has_no_place_in_the_view_is_refused(values: Values) -> None:
    block = field(element("plain_text_input"), block_id="a block with a long id")
    assert (reported(block, values) is None) == any(values.values())
