"""The gate: an HTTP request comes in from API Gateway, and an answer goes out, whatever was in it."""

import base64
import json
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, quote_from_bytes, urlencode

import pytest
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from hypothesis import example, given, settings
from hypothesis import strategies as st
from slack_bolt import App, BoltRequest, BoltResponse

from chatops import http_adapter, modals
from chatops.clicks.requests import Request
from chatops.commands.parse import Command, parse
from chatops.http_adapter import HttpAdapter
from chatops.signature import LARGEST_BODY, OLDEST_SECONDS
from coastguard.local.slack import payloads
from coastguard.local.slack.content import Content
from coastguard.local.slack.directory import TEAM
from coastguard.local.slack.workspace import BOT_TOKEN, SIGNING_SECRET
from hub.runtime.secrets import SlackSecret
from hub.slack.button_values import ACKNOWLEDGE
from tests.chatops.factories import (
    ALICE,
    BOB,
    CHANNEL,
    NOW,
    SECRET,
    TERMINATE,
    Posted,
    form_of,
    http_event,
    incident,
    payload_of,
    signed,
)
from tests.chatops.fronts import Front
from tests.nightly import examples

Json = dict[str, Any]
REFUSED = {"statusCode": 401, "body": ""}
FORM = "application/x-www-form-urlencoded"


# What comes in --------------------------------------------------------------------------------------------------------


def test_a_click_is_taken_on_and_acknowledged(front: Front, posted: Posted) -> None:
    answer = front.hear(posted.click(ACKNOWLEDGE, BOB))

    assert (answer["statusCode"], answer["body"]) == (200, "")
    (taken,) = front.taken
    assert taken == Request(
        id=taken.id,
        wish="acknowledge",
        cluster=incident().cluster,
        instance=incident().instance,
        incident=incident().id,
        user=BOB,
        team=TEAM.id,
        channel=CHANNEL,
        message=posted.ts,
        at=NOW,
    )


def test_a_click_replayed_within_the_five_minutes_is_the_same_request(front: Front, click: bytes) -> None:
    event = http_event(click, signed(click))
    front.answer(event)
    front.clock.go_on(timedelta(minutes=4))
    assert front.answer(event)["statusCode"] == 200
    assert len({taken.id for taken in front.taken}) == 1


def plain_body(body: bytes) -> Json:
    return http_event(body, signed(body), encoded=False)


def headers_as_slack_writes_them(body: bytes) -> Json:
    return {**http_event(body, {}), "headers": signed(body)}


def headers_in_capitals(body: bytes) -> Json:
    return {**http_event(body, {}), "headers": {name.upper(): value for name, value in signed(body).items()}}


def no_mark_of_base64(body: bytes) -> Json:
    event = plain_body(body)
    del event["isBase64Encoded"]
    return event


def five_minutes_old(body: bytes) -> Json:
    return http_event(body, signed(body, NOW - timedelta(seconds=OLDEST_SECONDS)))


@pytest.mark.parametrize(
    "write", [plain_body, headers_as_slack_writes_them, headers_in_capitals, no_mark_of_base64, five_minutes_old]
)
def test_a_click_comes_in_however_the_event_is_written(front: Front, click: bytes, write: Any) -> None:
    assert front.answer(write(click))["statusCode"] == 200
    assert len(front.taken) == 1


def test_slacks_check_of_the_url_is_answered(front: Front) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB", "token": "x"}).encode()
    headers = signed(body) | {"Content-Type": "application/json"}

    answer = front.answer(http_event(body, headers, encoded=False))

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {"challenge": "3eZbrw1aB"}


def test_a_drastic_remedys_button_asks_in_a_modal_and_nothing_is_taken_on(
    front_with_slack: Front, posted: Posted
) -> None:
    answer = front_with_slack.hear(posted.click(TERMINATE, BOB))

    assert (answer["statusCode"], answer["body"]) == (200, "")
    assert front_with_slack.sent == []
    modal = posted.workspace.views.top(BOB)
    assert modal is not None
    assert modal["callback_id"] == modals.REPAIR
    assert incident().sighting.host in json.dumps(modal["blocks"])


def test_a_modal_that_slack_does_not_open_is_told_the_person_as_a_failure(front: Front, posted: Posted) -> None:
    answer = front.hear(posted.click(TERMINATE))
    assert (answer["statusCode"], answer["body"]) == (500, "")
    assert front.sent == []


@pytest.mark.parametrize(
    ("token", "status"), [(BOT_TOKEN, 200), ("xoxb-wrong", 500), ("xoxb-before", 500)], ids=["new", "wrong", "the same"]
)
def test_a_modal_is_opened_with_the_token_of_today_if_the_one_before_is_refused(
    front_with_slack: Front, posted: Posted, token: str, status: int
) -> None:
    front_with_slack.secret = replace(front_with_slack.secret, bot_token="xoxb-before")
    front_with_slack.renew = lambda: token

    answer = front_with_slack.hear(posted.click(TERMINATE, BOB))

    assert answer["statusCode"] == status


def test_a_click_that_would_open_a_modal_opens_none_when_it_is_replayed(
    front_with_slack: Front, posted: Posted
) -> None:
    event = http_event(body := posted.click(TERMINATE), signed(body))
    assert front_with_slack.answer(event)["statusCode"] == 200
    modal = posted.workspace.views.top(ALICE)

    assert front_with_slack.answer(event)["statusCode"] == 500  # Slack lets a trigger be used once

    assert posted.workspace.views.top(ALICE) == modal
    assert front_with_slack.sent == []


def test_a_command_is_taken_on_and_acknowledged_in_silence(front: Front, posted: Posted) -> None:
    answer = front.hear(posted.command("mute payments 2h a deploy"))

    assert (answer["statusCode"], answer["body"]) == (200, "")
    (asked,) = front.said
    assert (asked.user, asked.team, asked.channel, asked.at) == (ALICE, TEAM.id, CHANNEL, NOW)
    assert parse(asked.line) == Command("mute", target="payments", span="2h", reason="a deploy")
    assert asked.answers.startswith("https://slack.test/slack/hooks/")
    assert front.sent[0].group == f"ask/{TEAM.id}/{ALICE}"


def test_a_command_replayed_within_the_five_minutes_is_the_same_ask(front: Front, command: bytes) -> None:
    event = http_event(command, signed(command))
    front.answer(event)
    front.clock.go_on(timedelta(minutes=4))
    assert front.answer(event)["statusCode"] == 200
    assert len({asked.id for asked in front.said}) == 1
    assert len(front.sent) == 1


def test_the_same_words_at_another_time_are_another_ask(front: Front, posted: Posted) -> None:
    for _ in range(2):
        front.hear(posted.command("status"))
    assert len({asked.id for asked in front.said}) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "What you can type", id="nothing"),
        pytest.param("help", "What you can type", id="help"),
        pytest.param("help mute", "mute <account|alias|cluster|all>", id="help for a command"),
        pytest.param("mtue payments 2h", "Did you mean *mute*?", id="a mistake"),
        pytest.param("<!channel> @here", "There is no such command", id="a broadcast"),
        pytest.param("show", "Try `/ecs show inc-0123456789`", id="what is it about"),
    ],
)
def test_the_manual_is_answered_at_once_and_to_the_person_alone(
    front: Front, posted: Posted, text: str, told: str
) -> None:
    answer = front.hear(posted.command(text))

    said = json.loads(answer["body"])
    assert said["response_type"] == "ephemeral"
    assert told in json.dumps(said["blocks"]).replace("&lt;", "<").replace("&gt;", ">")
    assert "<!" not in json.dumps(said)
    posted.workspace.strict.check_message(Content(said["text"], said["blocks"]))
    assert front.sent == []


# What stays out -------------------------------------------------------------------------------------------------------


def forged(body: bytes) -> Json:
    return http_event(body, signed(body, secret="another"))


def unsigned(body: bytes) -> Json:
    return http_event(body, {})


def six_minutes_old(body: bytes) -> Json:
    return http_event(body, signed(body, NOW - timedelta(minutes=6)))


def strange_timestamp(body: bytes) -> Json:
    return http_event(body, signed(body) | {"X-Slack-Request-Timestamp": "soon, I hope"})


def strange_signature(body: bytes) -> Json:
    return http_event(body, signed(body) | {"X-Slack-Signature": "v0=ключ"})


def changed(body: bytes) -> Json:
    return http_event(body + b"&user=U0BOB0002", signed(body))


def oversized(body: bytes) -> Json:
    body += b"&" + b"x" * LARGEST_BODY
    return http_event(body, signed(body))


def half_a_character(body: bytes) -> Json:
    return {**http_event(body, signed(body)), "body": body.decode() + "\ud83d", "isBase64Encoded": False}


def no_headers(body: bytes) -> Json:
    return {name: value for name, value in http_event(body, {}).items() if name != "headers"}


def null_headers(body: bytes) -> Json:
    return {**http_event(body, {}), "headers": None}


def no_body(body: bytes) -> Json:
    return {name: value for name, value in http_event(body, signed(body)).items() if name != "body"}


def null_body(body: bytes) -> Json:
    return {**http_event(body, signed(body)), "body": None}


def bad_base64(body: bytes) -> Json:
    return {**http_event(body, signed(body)), "body": body.decode()}


def base64_beyond_ascii(body: bytes) -> Json:
    return {**http_event(body, signed(body)), "body": "ключ" + base64.b64encode(body).decode()}


def body_that_should_be_decoded(body: bytes) -> Json:
    return {**http_event(body, signed(body)), "isBase64Encoded": False}


@pytest.mark.parametrize(
    "write",
    [
        forged,
        unsigned,
        six_minutes_old,
        strange_timestamp,
        strange_signature,
        changed,
        oversized,
        no_headers,
        null_headers,
        no_body,
        null_body,
        bad_base64,
        base64_beyond_ascii,
        body_that_should_be_decoded,
        half_a_character,
    ],
)
def test_what_slack_did_not_sign_is_refused_and_nothing_of_it_is_logged(
    front: Front, click: bytes, caplog: pytest.LogCaptureFixture, write: Any
) -> None:
    for logger in (None, "chatops", "slack_bolt", "slack_sdk"):
        caplog.set_level(logging.DEBUG, logger)

    answer = front.answer(write(click))

    assert answer == REFUSED
    assert front.taken == []
    assert front.counts == {"refused": 1}
    (line,) = [json.loads(LambdaPowertoolsFormatter().format(record)) for record in caplog.records]
    assert line["message"] == "request.refused"
    assert line["reason"] in {"unsigned", "old", "oversized", "forged"}
    written = json.dumps(line)
    for secret in (payload_of(click)["trigger_id"], "payload", ALICE, "v0=", "ключ", "soon", SIGNING_SECRET, BOT_TOKEN):
        assert secret not in written


def test_another_workspace_is_refused(front: Front, click: bytes) -> None:
    elsewhere = payload_of(click) | {"team": {"id": "T0ELSEWHERE", "domain": "elsewhere"}}
    answer = front.hear(form_of(elsewhere))
    assert (answer["statusCode"], answer["body"]) == (403, "")
    assert front.taken == []


def test_a_home_in_another_workspace_is_refused(front: Front, posted: Posted) -> None:
    body = payloads.app_home_opened(posted.workspace.people[ALICE], None, "1772443800.000100")
    answer = front.hear(body.replace(TEAM.id.encode(), b"T0ELSEWHERE"), "application/json")
    assert (answer["statusCode"], answer["body"]) == (403, "")
    assert front.sent == []


def test_a_command_in_another_workspace_is_refused(front: Front, command: bytes) -> None:
    answer = front.hear(command.replace(TEAM.id.encode(), b"T0ELSEWHERE"))
    assert (answer["statusCode"], answer["body"]) == (403, "")


# When something else fails --------------------------------------------------------------------------------------------


def test_a_click_that_the_queue_refuses_is_not_acknowledged(front: Front, click: bytes) -> None:
    front.is_down = True
    answer = front.hear(click)
    assert (answer["statusCode"], answer["body"]) == (500, "")

    front.is_down = False
    assert front.hear(click)["statusCode"] == 200
    assert len(front.taken) == 1


def test_a_new_secret_is_taken_up_and_the_old_one_forgotten(front: Front, click: bytes) -> None:
    old = http_event(click, signed(click))
    new = http_event(click, signed(click, secret="rotated"))
    assert (front.answer(old)["statusCode"], front.answer(new)) == (200, REFUSED)

    front.secret = SlackSecret("xoxb-rotated", "rotated")

    assert (front.answer(new)["statusCode"], front.answer(old)) == (200, REFUSED)
    assert front.apps == 2


def test_an_unchanged_secret_keeps_its_app(front: Front, click: bytes) -> None:
    for _ in range(3):
        front.hear(click)
        front.secret = replace(front.secret)
    assert front.apps == 1


@pytest.mark.parametrize("text", ["mute payments", "mute payments 2h x"])
def test_a_command_that_cannot_be_passed_on_is_not_acknowledged(front: Front, posted: Posted, text: str) -> None:
    front.is_down = True
    answer = front.hear(posted.command(text))
    assert (answer["statusCode"], answer["body"]) == (500, "")


def test_bolt_warns_of_nothing_when_the_app_is_made(
    front_with_slack: Front, click: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    front_with_slack.hear(click)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@settings(deadline=None, max_examples=examples(300))
@given(fields=st.dictionaries(st.text(max_size=10), st.text(max_size=60), max_size=4), noise=st.binary(max_size=60))
@example(fields={"payload": '{"a":"%22%2522%25","b":["&=+%"]}'}, noise=b"%%22%2522=%5C&%2")
def test_a_form_with_fewer_escapes_is_the_same_form(fields: dict[str, str], noise: bytes) -> None:
    for form in (urlencode(fields).encode("utf-8", "replace"), noise, quote_from_bytes(noise).encode()):
        lighter = http_adapter._lighter(form)
        assert len(lighter) <= len(form)
        read, same = (parse_qsl(body.decode("latin-1"), keep_blank_values=True) for body in (lighter, form))
        assert read == same


# What Bolt is handed --------------------------------------------------------------------------------------------------


class Handed:
    """A gate before an app of Bolt's that notes each request, and answers it in its own words."""

    def __init__(self) -> None:
        self.requests: list[BoltRequest] = []
        self.counts: list[tuple[str, int]] = []
        self.gate = HttpAdapter(
            lambda: SECRET, self._app, lambda: NOW, lambda name, number: self.counts.append((name, number))
        )

    def answer(self, body: bytes, *, kind: str | None = FORM, written: Json | None = None) -> Json:
        headers = signed(body)
        headers.pop("Content-Type", None)
        return self.gate.answer(http_event(body, headers | ({"Content-Type": kind} if kind else {})) | (written or {}))

    def _app(self, secret: SlackSecret) -> App:
        return App(
            token=secret.bot_token,
            before_authorize=self._note,  # so that Bolt asks nobody who it is
            signing_secret=secret.signing_secret,
            token_verification_enabled=False,
            request_verification_enabled=False,
            ssl_check_enabled=False,
            url_verification_enabled=False,
            ignoring_self_events_enabled=False,
        )

    def _note(self, req: BoltRequest) -> BoltResponse:
        self.requests.append(req)
        return BoltResponse(status=202, body="noted", headers={"X-Noted": "yes"})


@pytest.fixture
def handed() -> Handed:
    return Handed()


def test_the_answer_of_bolt_goes_out_with_its_headers(handed: Handed) -> None:
    answer = handed.answer(b"text=hello")

    assert (answer["statusCode"], answer["body"]) == (202, "noted")
    assert answer["headers"]["x-noted"] == "yes"
    (request,) = handed.requests
    assert request.headers["content-type"] == [FORM]


@pytest.mark.parametrize("kind", [FORM, f"{FORM}; charset=utf-8"])
def test_a_form_is_handed_on_with_fewer_escapes(handed: Handed, kind: str) -> None:
    handed.answer(b"a%22=%22%3A&b=%2C%7B", kind=kind)

    (request,) = handed.requests
    assert request.raw_body == 'a%22=":&b=,%7B'
    assert request.body == {'a"': '":', "b": ",{"}


@pytest.mark.parametrize("kind", ["application/json", FORM], ids=["called JSON", "called a form"])
def test_json_is_handed_on_as_it_is_whatever_it_is_called(handed: Handed, kind: str) -> None:
    body = json.dumps({"type": "event_callback", "text": "a=%22b%2C"}).encode()

    handed.answer(body, kind=kind)

    (request,) = handed.requests
    assert request.raw_body == body.decode()
    assert request.body["text"] == "a=%22b%2C"


def test_json_after_a_blank_is_handed_on_as_it_is(handed: Handed) -> None:
    handed.answer(b' {"text": "a=%22"}', kind="application/json")

    (request,) = handed.requests
    assert request.body == {"text": "a=%22"}


def test_a_form_that_is_not_called_one_is_read_all_the_same(handed: Handed) -> None:
    answer = handed.answer(b"text=a%2Cb", kind=None)

    assert answer["statusCode"] == 202
    (request,) = handed.requests
    assert request.body == {"text": "a,b"}


def test_what_is_no_text_is_handed_on_with_a_mark_in_its_place(handed: Handed) -> None:
    assert handed.answer(b"text=\xff!")["statusCode"] == 202
    (request,) = handed.requests
    assert request.raw_body == "text=\ufffd!"


@pytest.mark.parametrize(
    "more",
    [{"body": None}, {"body": ""}, {"body": "no base64!"}],
    ids=["none", "an empty one", "one that is no base64"],
)
def test_no_body_is_an_empty_one(handed: Handed, more: Json) -> None:
    assert handed.answer(b"", written=more)["statusCode"] == 202
    (request,) = handed.requests
    assert request.raw_body == ""


def test_base64_with_strangers_in_it_is_not_read_around_them(handed: Handed) -> None:
    body = b"text=hello"
    written = base64.b64encode(body).decode()

    assert handed.answer(body, written={"body": f"{written[:4]}*{written[4:]}"}) == REFUSED
    assert handed.requests == []


@pytest.mark.parametrize(
    "body", [b"payload=%7B", b"payload=%5B%5D", b"{", b"[" * 100_000], ids=["cut off", "a list", "JSON cut off", "deep"]
)
def test_what_slack_signed_but_nobody_can_read_is_refused_as_malformed(
    handed: Handed, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    kind = FORM if body.startswith(b"payload") else "application/json"

    assert handed.answer(body, kind=kind) == {"statusCode": 400, "body": ""}
    assert handed.requests == []
    assert handed.counts == [("refused", 1)]
    [record] = [each for each in caplog.records if each.getMessage() == "request.refused"]
    assert vars(record)["reason"] == "malformed"
