"""Times as people write them: what is read, what is refused with a remedy, what happens when clocks are changed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.times import LONGEST, SHORTEST, BadSpan, is_span, read_length, read_span, span_words

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
# A Tuesday; 14:30 in Berlin.
NOW = datetime(2026, 11, 24, 13, 30, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90m", timedelta(minutes=90)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
        ("1h30m", timedelta(minutes=90)),
        ("1h 30m", timedelta(minutes=90)),
        ("1 h 30 min", timedelta(minutes=90)),
        ("1 hour and 30 minutes", timedelta(minutes=90)),
        ("1 hour, 30 minutes", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        ("1,5h", timedelta(minutes=90)),
        ("for 2 hours", timedelta(hours=2)),
        ("2hrs", timedelta(hours=2)),
        ("90s", timedelta(seconds=90)),
        ("for the next 2 hours", timedelta(hours=2)),
        ("an hour", timedelta(hours=1)),
        ("A Day", timedelta(days=1)),
        ("half an hour", timedelta(minutes=30)),
        ("half a day", timedelta(hours=12)),
        ("one week", timedelta(days=7)),
        ("for the next two hours", timedelta(hours=2)),
        ("twelve minutes.", timedelta(minutes=12)),
        ("2w", timedelta(days=14)),
        ("2H", timedelta(hours=2)),
        ("  2h ", timedelta(hours=2)),
        ("2h,", timedelta(hours=2)),
        ("1m", SHORTEST),
        ("30d", LONGEST),
        ("720h", LONGEST),
    ],
)
def test_a_length_is_read(text: str, length: timedelta) -> None:
    assert read_span(text, NOW, BERLIN) == NOW + length
    assert read_length(text) == length


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("until 18:00", "2026-11-24T18:00+01:00"),
        ("until 6pm", "2026-11-24T18:00+01:00"),
        ("until 6 pm", "2026-11-24T18:00+01:00"),
        ("until 6:30PM", "2026-11-24T18:30+01:00"),
        ("till 18:00", "2026-11-24T18:00+01:00"),
        ("til 18:00", "2026-11-24T18:00+01:00"),
        ("until at 18:00", "2026-11-24T18:00+01:00"),
        ("until 14:30", "2026-11-25T14:30+01:00"),
        ("until 9:00", "2026-11-25T09:00+01:00"),
        ("until noon", "2026-11-25T12:00+01:00"),
        ("until 12am", "2026-11-25T00:00+01:00"),
        ("until 12pm", "2026-11-25T12:00+01:00"),
        ("until midnight", "2026-11-25T00:00+01:00"),
        ("until 24:00", "2026-11-25T00:00+01:00"),
        ("until 0:00", "2026-11-25T00:00+01:00"),
        ("until today 18:00", "2026-11-24T18:00+01:00"),
        ("until 18:00 today", "2026-11-24T18:00+01:00"),
        ("until tomorrow", "2026-11-25T09:00+01:00"),
        ("tomorrow", "2026-11-25T09:00+01:00"),
        ("tomorrow at 7am", "2026-11-25T07:00+01:00"),
        ("18:00", "2026-11-24T18:00+01:00"),
        ("monday", "2026-11-30T09:00+01:00"),
        ("2026-12-01", "2026-12-01T09:00+01:00"),
        ("until tomorrow 7:15", "2026-11-25T07:15+01:00"),
        ("until tomorrow at 7am", "2026-11-25T07:00+01:00"),
        ("until 7am tomorrow", "2026-11-25T07:00+01:00"),
        ("until tomorrow midnight", "2026-11-26T00:00+01:00"),
        ("until monday 9:00", "2026-11-30T09:00+01:00"),
        ("until Monday", "2026-11-30T09:00+01:00"),
        ("until on monday at 9", "2026-11-30T09:00+01:00"),
        ("until mon 18", "2026-11-30T18:00+01:00"),
        ("until 18:00 on monday", "2026-11-30T18:00+01:00"),
        ("until tuesday 14:31", "2026-11-24T14:31+01:00"),
        ("until tuesday 14:30", "2026-12-01T14:30+01:00"),
        ("until tue", "2026-12-01T09:00+01:00"),
        ("until wednesday midnight", "2026-11-26T00:00+01:00"),
        ("until 2026-12-01 09:00", "2026-12-01T09:00+01:00"),
        ("until 2026-12-01T18:00", "2026-12-01T18:00+01:00"),
        ("until 2026-12-01", "2026-12-01T09:00+01:00"),
        ("until 2026-11-24 23:59", "2026-11-24T23:59+01:00"),
        ("until 2026-12-24 14:30", "2026-12-24T14:30+01:00"),
    ],
)
def test_the_moment_of_until_is_read_on_the_clock_of_whoever_writes(text: str, ends: str) -> None:
    assert read_span(text, NOW, BERLIN) == at(ends)
    assert read_span(text, NOW, BERLIN).tzinfo is UTC


def test_the_same_words_mean_another_moment_elsewhere() -> None:
    assert read_span("until 18:00", NOW, NEW_YORK) == at("2026-11-24T18:00-05:00")
    assert read_span("until 7:00", NOW, "Asia/Kolkata") == at("2026-11-25T07:00+05:30")


def test_the_day_is_the_one_that_the_writer_lives_in() -> None:
    """It is Wednesday in Auckland already."""
    assert read_span("until wednesday 9:00", NOW, "Pacific/Auckland") == at("2026-11-25T09:00+13:00")
    assert read_span("until tomorrow", NOW, "Pacific/Auckland") == at("2026-11-26T09:00+13:00")


@pytest.mark.parametrize(
    "zone", ["", "Nowhere/City", "Europe", "../etc/passwd", "/etc/localtime", "zone.tab", "a\0b", "x" * 9_000, "\ud800"]
)
def test_a_zone_that_nobody_knows_is_told_by_its_offset_or_counts_as_utc(zone: str) -> None:
    assert read_span("until 18:00", NOW, zone) == at("2026-11-24T18:00+00:00")
    assert read_span("until 18:00", NOW, zone, 3_600) == at("2026-11-24T18:00+01:00")
    assert read_span("until 18:00", NOW, zone, 10**9) == at("2026-11-24T18:00+00:00")


def test_now_may_be_told_in_any_zone() -> None:
    assert read_span("2h", NOW.astimezone(), BERLIN) == NOW + timedelta(hours=2)
    assert read_span("2h", NOW.astimezone(), BERLIN).tzinfo is UTC


# Changed clocks. In Berlin, 2:00 to 3:00 is skipped on 2026-03-29 and comes twice on 2026-10-25.


@pytest.mark.parametrize(
    ("text", "now", "ends"),
    [
        pytest.param("until 2:30", "2026-03-29T00:30+01:00", "2026-03-29T03:30+02:00", id="skipped"),
        pytest.param("until 3:00", "2026-03-29T00:30+01:00", "2026-03-29T03:00+02:00", id="right after that"),
        pytest.param("until 2:30", "2026-03-29T03:10+02:00", "2026-03-29T03:30+02:00", id="skipped, but to come"),
        pytest.param("until 2:30", "2026-03-29T03:40+02:00", "2026-03-30T02:30+02:00", id="skipped, and past"),
        pytest.param("until 2:30", "2026-10-25T00:30+02:00", "2026-10-25T02:30+02:00", id="twice: the first"),
        pytest.param("until 2:30", "2026-10-25T02:40+02:00", "2026-10-25T02:30+01:00", id="twice: the second"),
        pytest.param("until 2:30", "2026-10-25T02:40+01:00", "2026-10-26T02:30+01:00", id="twice, and both past"),
        pytest.param("until sunday 2:30", "2026-10-25T02:40+01:00", "2026-11-01T02:30+01:00", id="so on a weekday"),
        pytest.param("until tomorrow 9:00", "2026-10-24T09:00+02:00", "2026-10-25T09:00+01:00", id="a long day"),
        pytest.param("1d", "2026-10-24T09:00+02:00", "2026-10-25T08:00+01:00", id="a day is 24 hours"),
        pytest.param("1d", "2026-03-28T09:00+01:00", "2026-03-29T10:00+02:00", id="also when the day has 23"),
    ],
)
def test_changed_clocks(text: str, now: str, ends: str) -> None:
    assert read_span(text, at(now), BERLIN) == at(ends)


# What is refused


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("", "Write 90m, 2h, 1d, until 18:00"),
        ("soon", "Write 90m, 2h, 1d, until 18:00"),
        ("until", "Write 90m, 2h, 1d, until 18:00"),
        ("until the deploy is done", "Write 90m, 2h, 1d, until 18:00"),
        ("until 18", "Write 90m, 2h, 1d, until 18:00"),
        ("-2h", "Write 2h, without the minus"),
        ("for -1.5 hours", "Write 1.5 hours, without the minus"),
        ("at 18:00", "Write 90m, 2h, 1d, until 18:00"),
        ("thirteen hours", "Write 90m, 2h, 1d, until 18:00"),
        ("2h2", "Write 90m, 2h, 1d, until 18:00"),
        ("٢h", "Write 90m, 2h, 1d, until 18:00"),
        ("1" * 5_000 + "h", "Write 90m, 2h, 1d, until 18:00"),
        ("90", "90 of what? Write 90m for minutes, 90h for hours or 90d"),
        ("0m", "Write 1m"),
        ("59s", "Write 1m"),
        ("until 14:30:30", "Write 90m, 2h"),
        ("30d1s", "Write 30d"),
        ("31d", "Write 30d"),
        ("5w", "Write 30d"),
        ("9" * 90 + "d", "Write 30d"),
        ("until 2026-12-24 14:31", "Write 30d"),
        ("until 2027-11-24", "Write 30d"),
        ("until 9999-12-31 24:00", "Write 30d"),
        ("forever", "Write 30d"),
        ("For Ever", "Write 30d"),
        ("for good", "Write 30d"),
        ("until further notice", "Write 30d"),
        ("indefinitely", "Write 30d"),
        ("until today 14:00", "Write a time that is to come"),
        ("until today", "Write a time that is to come"),
        ("until 2026-11-24 14:00", "Write a time that is to come"),
        ("until 2026-11-23 18:00", "Write a day that is to come"),
        ("until 0001-01-01", "Write a day that is to come"),
        ("until 2026-02-30", "Write a day like 2026-11-24"),
        ("until 2026-13-01", "Write a day like 2026-11-24"),
        ("until 25:00", "Write one like 9:00, 18:00 or 6pm"),
        ("until 24:01", "Write one like 9:00"),
        ("until 18:60", "Write one like 9:00"),
        ("until 13pm", "Write one like 9:00"),
        ("until 0am", "Write one like 9:00"),
        ("until monday 31", "Write one like 9:00"),
    ],
)
def test_what_cannot_be_read_or_may_not_be_is_refused_with_the_remedy(text: str, remedy: str) -> None:
    with pytest.raises(BadSpan) as refused:
        read_span(text, NOW, BERLIN)

    assert remedy in str(refused.value)
    assert len(str(refused.value)) < 150


def test_for_ever_is_refused_in_a_friendly_way() -> None:
    with pytest.raises(BadSpan, match="Nothing is muted for ever: 30 days are the most, and it can be said again"):
        read_span("forever", NOW, BERLIN)


def test_a_moment_that_is_less_than_a_minute_away_is_too_soon() -> None:
    with pytest.raises(BadSpan, match="One minute is the least"):
        read_span("until 14:31", NOW + timedelta(seconds=30), BERLIN)


@given(st.text() | st.lists(st.sampled_from(["until", "monday", "9", ":", "pm", "1", "h", "-", " "])).map("".join))
def test_whatever_is_written_a_span_is_between_a_minute_and_thirty_days_or_refused(text: str) -> None:
    try:
        ends = read_span(text, NOW, BERLIN)
    except BadSpan as error:
        assert "Write" in str(error)  # noqa: PT017  # either is right
    else:
        assert SHORTEST <= ends - NOW <= LONGEST


# Where a span ends among other words


@pytest.mark.parametrize(
    ("words", "span"),
    [
        ("2h deploy of the new AMI", "2h"),
        ("2h", "2h"),
        ("2h, deploy", "2h,"),
        ("1h 30m deploy", "1h 30m"),
        ("2 hours and 5 minutes deploy", "2 hours and 5 minutes"),
        ("2 hours and then some", "2 hours"),
        ("for 2h because of it", "for 2h"),
        ("2h 2 nodes are exchanged", "2h"),
        ("until monday 9:00 because of it", "until monday 9:00"),
        ("until monday because of it", "until monday"),
        ("until monday at 9 because", "until monday at 9"),
        ("until 6 pm on friday it rains", "until 6 pm on friday"),
        ("Until Tomorrow, then we see", "Until Tomorrow,"),
        ("until 2026-12-01 09:00 deploy", "until 2026-12-01 09:00"),
        ("until 25:00 deploy", "until 25:00"),
        ("until the deploy is done", "until the"),
        ("until", "until"),
        ("until further notice please", "until further notice"),
        ("forever and a day", "forever"),
        ("for ever and a day", "for ever"),
        ("for good reasons", "for good"),
        ("-2h deploy", "-2h"),
        ("for an hour because", "for an hour"),
        ("the next two hours, then", "the next two hours,"),
    ],
)
def test_the_words_of_a_span_are_told_from_the_rest(words: str, span: str) -> None:
    tokens = words.split()

    assert " ".join(tokens[: is_span(tokens)]) == span


@pytest.mark.parametrize("words", ["", "deploy 2h", "90", "90 minutes-ish", "for the deploy", "monday", "18:00", "m5"])
def test_other_words_are_no_span(words: str) -> None:
    assert is_span(words.split()) == 0


@pytest.mark.parametrize(
    ("words", "span"),
    [("an hour deploy", "an hour"), ("tomorrow at 9 deploy", "tomorrow at 9"), ("18:00 x", "18:00"), ("2h x", "2h")],
)
def test_where_only_a_time_can_stand_words_are_one_that_may_be_anything_elsewhere(words: str, span: str) -> None:
    tokens = words.split()

    assert " ".join(tokens[: is_span(tokens, alone=True)]) == span
    assert is_span(tokens) == (1 if span == "2h" else 0)


@pytest.mark.parametrize("words", ["at 18:00", "on monday", "today", "deploy", "an", "half", "hour"])
def test_what_begins_then_or_is_no_time_is_none_even_there(words: str) -> None:
    assert is_span(words.split(), alone=True) in {0, 1 if words == "today" else 0}


WORDS = ("until", "monday", "9", "9:00", "2h", "30", "m", "for", "and", "ever", "at", "on", ",", "6pm", "x")


@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_a_span_is_found_wherever_one_can_be_read(tokens: list[str]) -> None:
    number = is_span(tokens, alone=True)

    assert 0 <= number <= len(tokens)
    for longer in range(number + 1, 9):
        with pytest.raises(BadSpan):
            read_span(" ".join(tokens[:longer]) if longer <= len(tokens) else "", NOW, BERLIN)


# For people


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=14, seconds=20), "14 min 20 s"),
        (timedelta(hours=2, minutes=10, seconds=9), "2 h 10 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=2, hours=3, minutes=4), "2 d 3 h"),
        (timedelta(days=30), "30 d"),
    ],
)
def test_a_span_is_told_with_its_two_largest_units(span: timedelta, words: str) -> None:
    assert span_words(span) == words
