"""Maintenance windows: when one is in force, and where."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.policy.matching import Match
from hub.policy.policy import Policy
from hub.policy.windows import InForce, Window
from tests.hub.policy.places import FACTS, UNIT, UNREAD
from tests.nightly import examples

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

DAILY = tuple(range(7))
PARIS = "Europe/Paris"
NIGHT = Window(DAILY, time(2), 2 * HOUR, PARIS)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "now", "until"),
    [
        pytest.param(NIGHT, "2026-11-24T00:59:59", None, id="a second too early"),
        pytest.param(NIGHT, "2026-11-24T01:00", "2026-11-24T03:00", id="from its first moment"),
        pytest.param(NIGHT, "2026-11-24T02:59:59", "2026-11-24T03:00", id="to its last second"),
        pytest.param(NIGHT, "2026-11-24T03:00", None, id="not at its end"),
        pytest.param(NIGHT, "2026-07-01T00:30", "2026-07-01T02:00", id="in summer by summer's time"),
        pytest.param(
            replace(NIGHT, start=time(23), length=3 * HOUR), "2026-11-24T00:59", "2026-11-24T01:00", id="past midnight"
        ),
        pytest.param(
            replace(NIGHT, days=(0,), start=time(23), length=3 * HOUR),
            "2026-11-24T00:30",  # Tuesday there, begun on Monday
            "2026-11-24T01:00",
            id="begun on its day",
        ),
        pytest.param(
            replace(NIGHT, days=(1,), start=time(23), length=3 * HOUR), "2026-11-24T00:30", None, id="not on its day"
        ),
        pytest.param(
            replace(NIGHT, days=(1,), start=time(0, 30), length=HOUR),
            "2026-11-23T23:45",  # Monday in UTC, Tuesday in Paris
            "2026-11-24T00:30",
            id="days are those of its zone",
        ),
        pytest.param(
            replace(NIGHT, days=(5,), length=timedelta(days=3)), "2026-11-24T00:30", "2026-11-24T01:00", id="for days"
        ),
        # 29 March 2026, clocks in Paris go from 02:00 to 03:00 at 01:00 UTC
        pytest.param(NIGHT, "2026-03-29T00:59", None, id="spring: not before its start that is skipped"),
        pytest.param(NIGHT, "2026-03-29T01:00", "2026-03-29T03:00", id="spring: at what would be its start"),
        pytest.param(
            replace(NIGHT, start=time(1, 30)), "2026-03-29T02:29", "2026-03-29T02:30", id="spring: two hours that pass"
        ),
        # 25 October 2026, clocks in Paris go from 03:00 to 02:00 at 01:00 UTC
        pytest.param(NIGHT, "2026-10-24T23:59", None, id="autumn: not before the first of two"),
        pytest.param(NIGHT, "2026-10-25T00:00", "2026-10-25T02:00", id="autumn: at the first of two"),
        pytest.param(NIGHT, "2026-10-25T02:30", None, id="autumn: the second of two begins nothing"),
        pytest.param(
            Window(DAILY, time(2), HOUR, "Australia/Lord_Howe"),
            "2026-10-03T15:45",  # half an hour is skipped at 15:30 UTC, 02:00 there
            "2026-10-03T16:30",
            id="clocks that skip half an hour",
        ),
    ],
)
def test_when_a_window_is_in_force(window: Window, now: str, until: str | None) -> None:
    found = Policy(windows=(window,)).window(FACTS, utc(now))

    assert (found.until if found else None) == (utc(until) if until else None)


@settings(max_examples=examples(200), deadline=None)
@given(
    st.builds(
        Window,
        days=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
        start=st.times().map(lambda at: time(at.hour, at.minute)),
        length=st.integers(5, 3 * 1440).map(lambda minutes: minutes * MINUTE),
        zone=st.sampled_from(["UTC", PARIS, "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]),
    ),
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - it takes none
)
def test_a_window_holds_now_lasts_its_length_and_begins_on_its_day(window: Window, now: datetime) -> None:
    span = window.span(now)
    if span is None:
        # Looked for the slow way: no start within its length ago.
        zone = ZoneInfo(window.zone)
        days = {now.astimezone(zone).date() - timedelta(days=back) for back in range(-1, 6)}
        starts = [datetime.combine(d, window.start, zone).astimezone(UTC) for d in days if d.weekday() in window.days]
        assert not [start for start in starts if start <= now < start + window.length]
        return

    begins, ends = (moment.astimezone(UTC) for moment in span)
    assert begins <= now < ends
    assert ends - begins == window.length
    skipped = span[0].replace(tzinfo=None) - datetime.combine(span[0].date(), window.start)
    assert span[0].weekday() in window.days
    assert skipped in {timedelta(), 30 * MINUTE, HOUR}


def test_of_several_windows_the_one_that_ends_last_is_in_force() -> None:
    long = replace(NIGHT, start=time(1), length=6 * HOUR, reason="patch night")
    policy = Policy(windows=(NIGHT, long, replace(NIGHT, where=Match(cluster=("test",)), length=20 * HOUR)))

    found = policy.window(FACTS, utc("2026-11-24T01:30"))

    assert found == InForce(long, utc("2026-11-24T00:00"), utc("2026-11-24T06:00"))


def test_a_window_of_a_unit_does_not_silence_an_account_that_nobody_could_read() -> None:
    policy = Policy(windows=(replace(NIGHT, where=Match(unit=(UNIT,))),))
    now = utc("2026-11-24T01:30")

    assert policy.window(FACTS, now)
    assert policy.window(UNREAD, now) is None


def test_begin_and_end_are_in_the_windows_own_time() -> None:
    span = NIGHT.span(utc("2026-11-24T01:30"))

    assert span is not None
    assert [(moment.tzinfo, moment.hour) for moment in span] == [(ZoneInfo(PARIS), 2), (ZoneInfo(PARIS), 4)]
