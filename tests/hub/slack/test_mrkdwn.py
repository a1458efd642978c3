"""How foreign words are made harmless, one by one."""

from datetime import timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.slack.mrkdwn import code, date, escape, mention, visible
from hub.words import plural
from tests.hub.factories import NOON
from tests.hub.rendering import tricks
from tests.nightly import examples


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("prod & <b>", "prod &amp; &lt;b&gt;"),
        ("&lt;!channel&gt;", "&amp;lt;!channel&amp;gt;"),
        ("nothing: \"'@#*_~`", "nothing: \"'@#*_~`"),
    ],
)
def test_three_characters_are_escaped_and_no_other(text: str, escaped: str) -> None:
    assert escape(text) == escaped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain", "plain", id="plain"),
        pytest.param("  a  ", "a", id="blanks around it"),
        pytest.param("a\nb\r\nc\td", "a b  c d", id="lines and tabs"),
        pytest.param("a\u2028b\u2029c\x85d", "a b c d", id="other line ends"),
        pytest.param("a\x00b\x07c\x1bd", "a b c d", id="control characters"),
        pytest.param("a\u202eb\u2066c\u200fd", "a b c d", id="bidirectional"),
        pytest.param("a\u200bb\ufeffc\u00add", "a b c d", id="zero width"),
        pytest.param("a\ud800b", "a b", id="half a character"),
        pytest.param("é 漢 😀 &", "é 漢 😀 &", id="other scripts stay"),
        pytest.param("\u200b \n", "", id="nothing to see"),
        pytest.param("\u3164\u2800\u115f\u1160\uffa0", "", id="letters that show nothing"),
        pytest.param("abcdefghijk", "abcdefghi…", id="too long"),
        pytest.param("abcdefghij", "abcdefghij", id="just fits"),
    ],
)
def test_every_character_is_visible_and_in_one_line(text: str, shown: str) -> None:
    assert visible(text, 10) == shown


@pytest.mark.parametrize(
    ("name", "span"),
    [
        pytest.param("prod-payments", "`prod-payments`", id="name"),
        pytest.param("`x` ```y```", "`'x' '''y'''`", id="backticks"),
        pytest.param("<!channel>", "`&lt;!channel&gt;`", id="broadcast"),
        pytest.param("", "`?`", id="empty"),
        pytest.param("\ufe0f\u0301", "`?`", id="marks of nothing"),
        pytest.param(" \u200b", "`?`", id="nothing to see"),
    ],
)
def test_a_name_cannot_leave_its_code_span(name: str, span: str) -> None:
    assert code(name) == span


@given(st.text(max_size=200), st.integers(2, 130))
@settings(max_examples=examples(200), deadline=None)
def test_a_code_span_is_safe_and_never_longer_than_asked(name: str, longest: int) -> None:
    span = code(name, longest)

    assert span[0] == span[-1] == "`"
    assert 1 <= len(span[1:-1]) <= longest
    assert tricks([], span) == []


@pytest.mark.parametrize("name", ["&" * 5_000, "<>" * 2_500, "a" * 5_000, "a&" * 60])
def test_a_long_name_is_cut_where_no_entity_is_broken(name: str) -> None:
    span = code(name)

    assert len(span) <= 122
    assert span.endswith("…`")
    assert tricks([], span) == []


@pytest.mark.parametrize(
    ("user", "shown"),
    [
        pytest.param("U0ALICE01", "<@U0ALICE01>", id="user"),
        pytest.param("W0ALICE01", "<@W0ALICE01>", id="user of an enterprise"),
        pytest.param("C0GENERAL", "`C0GENERAL`", id="channel"),
        pytest.param("U0ALICE01> <!channel", "`U0ALICE01&gt; &lt;!channel`", id="more than a user"),
        pytest.param("U0ALICE01\n", "`U0ALICE01`", id="a line end"),
        pytest.param("!here", "`!here`", id="broadcast"),
        pytest.param("", "`?`", id="nobody"),
    ],
)
def test_only_a_user_id_becomes_a_mention(user: str, shown: str) -> None:
    assert mention(user) == shown


def test_a_moment_is_shown_in_the_readers_time_and_else_in_utc() -> None:
    assert date(NOON) == "<!date^1795176000^{date_short_pretty} {time_secs}|2026-11-20 12:00:00 UTC>"
    assert date(NOON.astimezone(timezone(timedelta(hours=2)))) == date(NOON)


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 entries"), (1, "1 entry"), (2, "2 entries"), (1_200, "1,200 entries")]
)
def test_things_are_counted(number: int, words: str) -> None:
    assert plural(number, "entry", "entries") == words
    assert plural(number, "mute") == words.replace("entries", "mutes").replace("entry", "mute")
