"""What the hub says to Slack, and what it makes of Slack's answers; the other side is the local Slack."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from coastguard.local.slack.directory import Channel
from coastguard.local.slack.workspace import BOT_TOKEN
from hub.slack.blocks import section
from hub.slack.client import LOST, THREADLESS, InDoubt, NotNow, Rejected, Slack, SlackError, same_channel
from tests.hub.factories import ALICE, CHANNEL, NOON, Json
from tests.hub.slack_side import SlackSide
from tests.hub.timing import Clock
from tests.patience import PATIENCE_SECONDS

WORDS = {"text": "ECS agent disconnected.", "blocks": [section("ECS agent disconnected.")]}
METADATA: Json = {"event_type": "coastguard_bulletin", "event_payload": {"bulletin": "b-1", "state": "open"}}


def post(slack: SlackSide, channel: str = CHANNEL, **more: object) -> str:
    return slack.client().post(channel, **(WORDS | more))


# What it says


def test_a_message_is_posted_with_all_its_parts(slack: SlackSide) -> None:
    attachments = [{"color": "#D93025", "fallback": "f", "blocks": [section("More.")]}]

    ts = post(slack, attachments=attachments, metadata=METADATA)

    (message,) = slack.messages()
    assert (message["ts"], message["text"], message["metadata"]) == (ts, WORDS["text"], METADATA)
    assert message["attachments"][0]["color"] == "#D93025"


def test_a_reply_stands_in_its_thread(slack: SlackSide) -> None:
    post(slack, text="And so on.", thread=post(slack))

    assert slack.replies() == ["And so on."]


def test_an_update_changes_the_message_in_its_place(slack: SlackSide) -> None:
    ts = post(slack, metadata=METADATA)
    later = {**METADATA, "event_payload": {"bulletin": "b-1", "state": "resolved"}}

    for _ in range(2):
        slack.client().update(CHANNEL, ts, "Resolved.", [section("Resolved.")], [], later)

    (message,) = slack.messages()
    assert (message["ts"], message["text"], message["metadata"]) == (ts, "Resolved.", later)


def test_a_deleted_message_is_gone(slack: SlackSide) -> None:
    slack.client().delete(CHANNEL, post(slack))

    assert slack.messages() == []


def test_a_whisper_is_seen_by_one_person(slack: SlackSide) -> None:
    slack.client().whisper(CHANNEL, ALICE, "Not you.", [section("Not you.")])

    assert slack.messages() == []
    (whisper,) = slack.workspace.state()["ephemerals"]
    assert (whisper["user"], whisper["text"]) == (ALICE, "Not you.")


# What it makes of the answers


def update(slack: SlackSide, ts: str = "1795176000.000001", channel: str = CHANNEL) -> str:
    return slack.client().update(channel, ts, "t", [section("t")], [], METADATA)


REFUSALS: dict[str, tuple[Callable[[SlackSide], object], str]] = {
    "unknown channel": (lambda slack: post(slack, "C0NOWHERE"), "channel_not_found"),
    "private channel": (lambda slack: post(slack, "C0PRIVATE"), "channel_not_found"),
    "not invited": (lambda slack: post(slack, "C0PUBLIC1"), "not_in_channel"),
    "archived": (lambda slack: post(slack, "C0ARCHIVE"), "is_archived"),
    "wrong token": (lambda slack: Slack("xoxb-wrong", slack.api_url).post(CHANNEL, "t", []), "invalid_auth"),
    "no such message": (update, "message_not_found"),
    "no such thread": (lambda slack: post(slack, thread="1795176000.000001"), "thread_not_found"),
    "wrong blocks": (lambda slack: post(slack, blocks=[section("x" * 3_001)]), "invalid_blocks: .*at most 3000"),
    "too many blocks": (lambda slack: post(slack, blocks=[section("x")] * 51), "invalid_blocks"),
    "too long together": (lambda slack: post(slack, blocks=[section("x" * 2_900)] * 5), "msg_blocks_too_long"),
    "history of a foreign channel": (
        lambda slack: slack.client().mine("C0PUBLIC1", NOON, NOON, "x"),
        "not_in_channel",
    ),
}


@pytest.mark.parametrize(("ask", "said"), REFUSALS.values(), ids=REFUSALS)
def test_what_a_person_must_mend_is_rejected_with_slacks_word_for_it(
    slack: SlackSide, ask: Callable[[SlackSide], object], said: str
) -> None:
    with pytest.raises(Rejected, match=said):
        ask(slack)

    assert slack.messages() == []


@pytest.mark.parametrize("seconds", [1, 30, 900])
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
def test_a_rate_limit_tells_when_to_come_back(slack: SlackSide, method: str, seconds: int) -> None:
    ts = post(slack)
    slack.fault(method, "ratelimit", retry_after=seconds)

    with pytest.raises(NotNow) as caught:
        post(slack) if method == "chat.postMessage" else update(slack, ts)

    assert caught.value.seconds == seconds
    assert len(slack.messages()) == 1


@pytest.mark.parametrize(
    ("kind", "more", "posted"),
    [
        pytest.param("server_error", {}, 0, id="500, not done"),
        pytest.param("server_error", {"accepted": True}, 1, id="500, done"),
        pytest.param("lost_answer", {}, 1, id="answer lost, done"),
    ],
)
def test_what_may_have_been_done_is_in_doubt_and_not_tried_again(
    slack: SlackSide, kind: str, more: Json, posted: int
) -> None:
    slack.fault("chat.postMessage", kind, **more)

    with pytest.raises(InDoubt, match="postMessage"):
        post(slack)

    assert len(slack.messages()) == posted


@contextmanager
def answering(raw: bytes) -> Iterator[str]:
    """A Slack that answers every request with these bytes and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(PATIENCE_SECONDS)

    def serve() -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(PATIENCE_SECONDS)
            request = connection.makefile("rb")
            head = dict(line.lower().split(b": ", 1) for line in iter(request.readline, b"\r\n") if b": " in line)
            request.read(int(head[b"content-length"]))
            connection.sendall(raw)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield "http://{}:{}/api/".format(*listener.getsockname())
    finally:
        listener.close()
        thread.join(PATIENCE_SECONDS)


def http(status: str, body: str, *headers: str, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers, "", body]
    return "\r\n".join(lines).encode()


PAGE = "<html><body>We are sorry: token xoxb-secret</body></html>"


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        pytest.param(http("503 Service Unavailable", PAGE, "Content-Type: text/html"), InDoubt, id="a page, 503"),
        pytest.param(http("502 Bad Gateway", ""), InDoubt, id="nothing, 502"),
        pytest.param(http("200 OK", PAGE, "Content-Type: text/html"), InDoubt, id="a page, 200"),
        pytest.param(http("200 OK", '{"ok": true, "ts"', length=500), InDoubt, id="cut off"),
        pytest.param(http("200 OK", '{"ok": false}'), InDoubt, id="no, without a word why"),
        *(
            pytest.param(http("200 OK", f'{{"ok": false, "error": "{word}"}}'), InDoubt, id=word)
            for word in ("internal_error", "fatal_error", "service_unavailable", "request_timeout")
        ),
        *(
            pytest.param(http("200 OK", f'{{"ok": false, "error": "{word}"}}'), NotNow, id=f"{word}, 200")
            for word in (
                "ratelimited",
                "rate_limited",
                "message_limit_exceeded",
                "accesslimited",
                "external_channel_migrating",
                "update_failed",
            )
        ),
        pytest.param(http("429 Too Many", "", "Retry-After: 7"), NotNow, id="429 without a body"),
        pytest.param(http("429 Too Many", PAGE, "Retry-After: soon"), NotNow, id="429 without a number"),
        pytest.param(http("200 OK", '{"ok": false, "error": "token_revoked"}'), Rejected, id="token revoked"),
        pytest.param(b"", InDoubt, id="nothing at all"),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", InDoubt, id="no HTTP"),
    ],
)
def test_answers_that_slack_rarely_gives_are_sorted_too(raw: bytes, error: type[SlackError]) -> None:
    with answering(raw) as url, pytest.raises(error) as caught:
        Slack("xoxb-hidden", url).post(CHANNEL, "t", [])

    assert "xoxb" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param(["Retry-After: 30"], 30, id="seconds"),
        pytest.param(["Retry-After: 0.5"], 1, id="a part of one"),
        pytest.param(["Retry-After: 2.5"], 3, id="some and a part"),
        pytest.param(["Retry-After: 0"], 1, id="none"),
        pytest.param(["Retry-After: Fri, 20 Nov 2026 12:00:30 GMT"], 1, id="a date"),
        pytest.param([], 1, id="nothing"),
    ],
)
def test_a_rate_limit_says_when_to_come_back_in_whatever_form(header: list[str], seconds: int) -> None:
    with answering(http("429 Too Many", '{"ok": false}', *header)) as url, pytest.raises(NotNow) as caught:
        Slack("xoxb-hidden", url).post(CHANNEL, "t", [])

    assert caught.value.seconds == seconds


@pytest.mark.parametrize("word", sorted(THREADLESS))
def test_a_message_that_takes_no_replies_stands_in_no_lost_channel(slack: SlackSide, word: str) -> None:
    slack.fault("chat.postMessage", "word", word=word, replies=True)

    with pytest.raises(Rejected) as caught:
        post(slack, thread=post(slack))

    assert caught.value.word not in LOST


def test_a_slack_that_is_not_there_is_in_doubt() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    url = "http://{}:{}/api/".format(*listener.getsockname())
    listener.close()

    with pytest.raises(InDoubt):
        Slack("xoxb-hidden", url).post(CHANNEL, "t", [])


# What it reads back


def test_only_own_messages_of_the_kind_are_read_back_oldest_first(slack: SlackSide, clock: Clock) -> None:
    slack.chat(3)
    since = clock()
    clock.forward(seconds=1)
    first = post(slack, metadata=METADATA)
    post(slack)
    post(slack, metadata={"event_type": "something_else", "event_payload": {}})
    slack.chat(3)
    post(slack, thread=first, metadata=METADATA)
    post(slack, "C0SECOND1", metadata=METADATA)
    second = post(slack, metadata={**METADATA, "event_payload": {"bulletin": "b-2"}})

    until = clock() + timedelta(seconds=1)
    mine = slack.client().mine(CHANNEL, since, until, "coastguard_bulletin")

    assert [posted.ts for posted in mine] == [first, second]
    assert [posted.payload["bulletin"] for posted in mine] == ["b-1", "b-2"]


def test_messages_from_before_and_after_are_not_read_back(slack: SlackSide, clock: Clock) -> None:
    post(slack, metadata=METADATA)
    clock.forward(seconds=10)
    since, until = clock() - timedelta(seconds=5), clock() + timedelta(seconds=5)
    clock.forward(seconds=10)
    post(slack, metadata=METADATA)

    assert slack.client().mine(CHANNEL, since, until, "coastguard_bulletin") == []


def test_a_deleted_message_is_not_read_back_even_if_its_thread_is_left(slack: SlackSide, clock: Clock) -> None:
    since, until = clock() - timedelta(seconds=1), clock() + timedelta(seconds=1)
    ts = post(slack, metadata=METADATA)
    post(slack, thread=ts)
    slack.client().delete(CHANNEL, ts)

    assert slack.client().mine(CHANNEL, since, until, "coastguard_bulletin") == []


def test_a_long_history_is_read_page_by_page(slack: SlackSide, clock: Clock) -> None:
    since, until = clock() - timedelta(seconds=1), clock() + timedelta(seconds=1)
    first = post(slack, metadata=METADATA)
    slack.chat(450)
    last = post(slack, metadata=METADATA)

    assert [posted.ts for posted in slack.client().mine(CHANNEL, since, until, "coastguard_bulletin")] == [first, last]


def test_a_history_that_cannot_be_read_is_an_error_and_not_an_empty_one(slack: SlackSide, clock: Clock) -> None:
    post(slack, metadata=METADATA)
    slack.fault("conversations.history", "server_error")

    with pytest.raises(InDoubt):
        slack.client().mine(CHANNEL, clock() - timedelta(seconds=1), clock(), "coastguard_bulletin")


# A private channel that was made one to be shared


OLD, NEW = "G0SHORE001", "C0SHORE001"


@pytest.fixture
def converted(slack: SlackSide) -> str:
    """A message in a channel that has another id since then."""
    slack.workspace.create(Channel(OLD, "shore", private=True))
    ts = post(slack, OLD, metadata=METADATA)
    assert slack.workspace.convert(OLD) == NEW
    return ts


def test_a_post_by_the_old_id_tells_the_new_one(slack: SlackSide, converted: str) -> None:
    placed = slack.client().put(OLD, "t", [section("t")], thread=converted)
    assert placed.channel == NEW
    assert [len(message["replies"]) for message in slack.messages(NEW)] == [1]


def test_a_message_is_found_where_it_stands_by_now(slack: SlackSide, converted: str, clock: Clock) -> None:
    client = slack.client()

    assert update(slack, converted, OLD) == NEW
    client.whisper(OLD, ALICE, "t", [section("t")])
    before, after = clock() - timedelta(minutes=1), clock() + timedelta(minutes=1)
    assert [each.ts for each in client.mine(OLD, before, after, METADATA["event_type"])] == [converted]
    assert client.mine(OLD, before, after, METADATA["event_type"], converted) != []

    assert [note["channel"] for note in slack.workspace.state()["ephemerals"]] == [NEW]
    client.delete(OLD, converted)
    assert slack.messages(NEW) == []


@pytest.mark.parametrize("channel", [OLD, NEW, "C0NOWHERE1"])
def test_a_channel_that_is_gone_is_lost_by_either_id(slack: SlackSide, channel: str) -> None:
    with pytest.raises(Rejected) as caught:
        post(slack, channel)
    assert caught.value.word == "channel_not_found"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [(OLD, NEW, True), (NEW, OLD, True), (OLD, OLD, True), (OLD, "C0SHORE002", False), ("D0SHORE001", NEW, False)],
)
def test_only_the_first_letter_of_an_id_changes(one: str, other: str, *, same: bool) -> None:
    assert same_channel(one, other) is same


# Response URLs


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        pytest.param(http("200 OK", "ok"), None, id="ok"),
        pytest.param(http("200 OK", '{"ok": true}'), None, id="ok as JSON"),
        pytest.param(http("200 OK", ""), None, id="nothing"),
        pytest.param(http("200 OK", '{"ok": false, "error": "invalid_blocks"}'), Rejected, id="200, refused"),
        pytest.param(http("200 OK", '{"ok": false, "error": "rate_limited"}'), NotNow, id="200, a passing word"),
        pytest.param(http("200 OK", '{"ok": false}'), Rejected, id="200, without a word"),
        pytest.param(http("404 Not Found", '{"ok": false, "error": "used_url"}'), Rejected, id="used up"),
        pytest.param(http("404 Not Found", PAGE), Rejected, id="404 and a page"),
        pytest.param(http("429 Too Many", "", "Retry-After: 7"), NotNow, id="429"),
        pytest.param(http("429 Too Many", ""), NotNow, id="429 without a time"),
        pytest.param(http("503 Service Unavailable", PAGE), InDoubt, id="503"),
        pytest.param(http("500 Error", '{"ok": false, "error": "invalid_blocks"}'), InDoubt, id="500 and a word"),
        pytest.param(b"", InDoubt, id="nothing at all"),
    ],
)
def test_what_a_response_url_answers_is_sorted(raw: bytes, error: type[SlackError] | None) -> None:
    with answering(raw) as url:
        client = Slack("xoxb-hidden", url)
        if error is None:
            client.respond(f"{url}hooks/1", "t", [section("t")])
            return
        with pytest.raises(error) as caught:
            client.respond(f"{url}hooks/1", "t", [section("t")])
    if isinstance(caught.value, NotNow) and b"7" in raw:
        assert caught.value.seconds == 7


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://hooks.slack.com/commands/T1/2/3", True),
        ("https://hooks.slack-gov.com/commands/T1/2/3", True),
        ("https://slack.test/slack/hooks/x", True),
        ("https://hooks.slack-gov.com.evil.example/x", False),
        ("https://hooks.slack.com@evil.example/x", False),
        ("http://hooks.slack-gov.com/x", False),
        ("https://hooks.slack-gov.com:8443/x", False),
        ("https://evil.example/https://hooks.slack.com/x", False),
        ("", False),
    ],
)
def test_only_slacks_own_addresses_are_answered_those_of_govslack_too(url: str, *, ours: bool) -> None:
    assert Slack("xoxb-hidden", "https://slack.test/api/").is_response_url(url) is ours


# A token that is good no more


def test_a_token_that_was_changed_is_taken_up_and_nothing_is_said_twice(slack: SlackSide) -> None:
    asked: list[str] = []

    def renew() -> str:
        asked.append(BOT_TOKEN)
        return BOT_TOKEN

    client = Slack("xoxb-before", slack.api_url, renew=renew)
    for _ in range(2):
        client.post(CHANNEL, "t", [section("t")])

    assert len(slack.messages()) == 2
    assert asked == [BOT_TOKEN]


@pytest.mark.parametrize("token", ["xoxb-wrong", "xoxb-wrong-too"], ids=["the same", "another one"])
def test_a_token_that_stays_wrong_is_refused_after_one_more_try(slack: SlackSide, token: str) -> None:
    asked: list[str] = []

    def renew() -> str:
        asked.append(token)
        return token

    client = Slack("xoxb-wrong", slack.api_url, renew=renew)
    for _ in range(2):
        with pytest.raises(Rejected, match="invalid_auth"):
            client.post(CHANNEL, "t", [section("t")])

    assert asked == [token]


@pytest.mark.parametrize("word", ["account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"])
def test_whatever_word_slack_has_for_it_the_token_is_read_anew(slack: SlackSide, word: str) -> None:
    slack.fault("chat.postMessage", "word", word=word)

    Slack("xoxb-before", slack.api_url, renew=lambda: BOT_TOKEN).post(CHANNEL, "t", [section("t")])

    assert len(slack.messages()) == 1


def test_no_token_is_read_anew_for_any_other_refusal(slack: SlackSide) -> None:
    def renew() -> str:
        raise AssertionError("nobody doubts the token")

    with pytest.raises(Rejected, match="is_archived"):
        Slack(BOT_TOKEN, slack.api_url, renew=renew).post("C0ARCHIVE", "t", [section("t")])
