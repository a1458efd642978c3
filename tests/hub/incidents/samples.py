"""Events and messages that hints are made of, and whatever JSON can hold."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from hub.incidents.hint_messages import from_message, to_message
from hub.incidents.hints import BadHint, Drop, Hint, Question, Why, gather
from tests.hub.factories import CLUSTER, ELSEWHERE, NOON, event, instance_id

STATE_CHANGE = event("state-change")
HEALTH_CHANGE = event("health-change-agent-gone")
ID, HOST = "0c5d7a2e8f3b4c61a9d0e1f2a3b4c5d6", "i-0b7c9d1e2f3a4b5c6"
OLD, ANYWHERE = "5f1c7a52-4d1e-4c7b-9a36-2b1d7c0e9f84", "7d9e0f1a2b3c4d5e8f6a7b8c9d0e1f2a"
GONE, GONE_AT_VERSION = Drop(ID, NOON, host=HOST), Drop(ID, NOON, 14801, host=HOST)
WORTH_A_LOOK = Drop(ID, None, host=HOST)
BARE = {"cluster": CLUSTER.key, "why": "sweep", "drops": []}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=6,
)


def read_or_refuse(text: str) -> None:
    """Whatever is read can be gathered, written and read again: nothing that is let in hurts its neighbours later."""
    try:
        hint = from_message(text)
    except BadHint:
        return
    if hint:
        (whole,) = gather([hint, hint]) if isinstance(hint, Hint) else [hint]
        assert from_message(to_message(whole)) == whole


some_drops = st.builds(
    Drop,
    instance=st.integers(0, 5).map(instance_id),
    at=st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - as hypothesis wants them
    version=st.none() | st.integers(0, 20),
    waits=st.integers(0, 3),
)
some_questions = st.builds(
    Question, st.sampled_from(["i-0b7c9d1e2f3a4b5c6", ID]), st.text(max_size=4), rest=st.text(max_size=4)
)
some_hints = st.builds(
    Hint,
    st.sampled_from([CLUSTER, ELSEWHERE]),
    st.sampled_from(Why),
    st.lists(some_drops, max_size=4).map(tuple),
    st.integers(0, 500),
    questions=st.lists(some_questions, max_size=2).map(tuple),
)
