"""The front as Lambda runs it: what it is told, whom it calls, what it logs, what it loads."""

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse
from starlette.routing import Route

from chatops import front, modals
from chatops.clicks.requests import Request, from_message
from coastguard.local.slack import payloads
from coastguard.local.slack.directory import TEAM
from coastguard.local.slack.modals import Submitted
from coastguard.local.slack.workspace import BOT_TOKEN, SIGNING_SECRET
from hub.runtime.log_keys import attached
from hub.runtime.settings import BadSettings
from hub.slack.button_values import ACKNOWLEDGE, MUTE
from spoke.repairs import REMEDIES
from tests.chatops.entrances import in_lambda
from tests.chatops.factories import (
    ALICE,
    CHANNEL,
    CLUSTER,
    TERMINATE,
    Posted,
    form_of,
    http_event,
    incident,
    payload_of,
    signed,
)
from tests.chatops.policies import EVERYBODY
from tests.chatops.story import filled
from tests.local_slack.serving import served

SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:Secret-a1b2c3"
GET_SECRET, SEND = "secretsmanager.GetSecretValue", "AmazonSQS.SendMessage"
POLICY = "AmazonSSM.GetParameter"
WHO, OPEN = "/api/users.info", "/api/views.open"


@dataclass
class Cloud:
    """AWS and Slack's Web API at one address: remembers every call, and knows five of them."""

    address: str = ""
    called: list[str] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    refuses: bool = False

    async def answer(self, request: HttpRequest) -> JSONResponse:
        operation = request.headers.get("x-amz-target", request.url.path)
        self.called.append(operation)
        if operation == GET_SECRET:
            secret = json.dumps({"bot_token": BOT_TOKEN, "signing_secret": SIGNING_SECRET})
            return JSONResponse({"ARN": SECRET_ARN, "Name": "Secret", "SecretString": secret})
        if operation == POLICY:
            parameter = {"Type": "String", "Value": EVERYBODY, "Version": 1, "LastModifiedDate": 1_772_443_800}
            return JSONResponse({"Parameter": parameter})
        if operation == WHO:
            return JSONResponse({"ok": True, "user": {"id": ALICE, "team_id": TEAM.id, "tz": "Europe/Paris"}})
        if operation == OPEN:
            return JSONResponse({"ok": True, "view": {"id": "V0REPAIR01"}})
        if operation == SEND and not self.refuses:
            self.sent.append(await request.json())
            return JSONResponse({"MessageId": "m-1", "SequenceNumber": "1"})
        return JSONResponse({"__type": "AccessDenied", "message": "no"}, 403)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    with served(Starlette(routes=[Route("/{path:path}", cloud.answer, methods=["POST"])])) as cloud.address:
        yield cloud


@pytest.fixture(autouse=True)
def in_front(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A new execution environment of coastguard-front."""
    cloud.called, cloud.sent, cloud.refuses = [], [], False
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAHUB0000000000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hub-not-a-secret")
    with in_lambda(
        monkeypatch,
        "coastguard-front",
        ACTS_QUEUE_URL=f"{cloud.address}/111122223333/coastguard-acts.fifo",
        SLACK_SECRET_ARN=SECRET_ARN,
        SLACK_API_URL=f"{cloud.address}/api/",
        POLICY_PLACE="ssm:/coastguard/policy",
    ):
        yield


def hear(body: bytes, secret: str = SIGNING_SECRET) -> dict[str, Any]:
    """A request arrives now: the front has the machine's clock."""
    headers = signed(body, datetime.now(UTC), secret)
    if body.startswith(b"{"):
        headers["Content-Type"] = "application/json"
    return front.handler(http_event(body, headers), None)


def test_a_click_goes_into_the_queue_in_its_clusters_group(cloud: Cloud, click: bytes, posted: Posted) -> None:
    assert hear(click)["statusCode"] == 200

    (message,) = cloud.sent
    assert message["QueueUrl"].endswith("/coastguard-acts.fifo")
    assert message["MessageGroupId"] == CLUSTER.key
    request = from_message(message["MessageBody"])
    assert abs((request.at - datetime.now(UTC)).total_seconds()) < 60
    assert request == Request(
        id=request.id,
        wish="acknowledge",
        cluster=CLUSTER,
        instance=incident().instance,
        incident=incident().id,
        user=ALICE,
        team=TEAM.id,
        channel=CHANNEL,
        message=posted.ts,
        at=request.at,
    )


def test_the_same_click_again_is_a_duplicate_to_the_queue(cloud: Cloud, click: bytes, posted: Posted) -> None:
    hear(click)
    hear(click)
    hear(posted.click())

    first, again, another = [message["MessageDeduplicationId"] for message in cloud.sent]
    assert first == again != another


def test_a_warm_front_makes_one_call_between_click_and_acknowledgement(cloud: Cloud, click: bytes) -> None:
    hear(click)
    assert cloud.called == [GET_SECRET, POLICY, WHO, SEND]
    cloud.called.clear()

    assert hear(click)["statusCode"] == 200

    assert cloud.called == [SEND]


def submission(posted: Posted) -> bytes:
    """The modal before a repair, as Alice submits it."""
    clicked = payload_of(posted.click(TERMINATE))
    modal = modals.repair_view(REMEDIES["terminate"], clicked, clicked["actions"][0])
    opened = posted.workspace.views.open(ALICE, modal)
    typed = filled(proof=incident().sighting.host[-4:], reason="it hangs")
    return posted.ears.submit(posted.workspace, Submitted(ALICE, opened["id"], typed))


def opened_home(posted: Posted) -> bytes:
    """Alice opens her Home tab."""
    return payloads.app_home_opened(posted.workspace.people[ALICE], None, "1772443800.000100")


@pytest.mark.parametrize(
    ("make", "call"),
    [
        pytest.param(lambda posted: posted.click(ACKNOWLEDGE), SEND, id="a button"),
        pytest.param(lambda posted: posted.click(TERMINATE), OPEN, id="a button before which a modal asks"),
        pytest.param(submission, SEND, id="that modal"),
        pytest.param(lambda posted: posted.click(MUTE), OPEN, id="a mute, which a modal completes"),
        pytest.param(lambda posted: posted.command("mutes"), SEND, id="a command"),
        pytest.param(lambda posted: posted.command("mute"), OPEN, id="a command, which a modal completes"),
        pytest.param(lambda posted: posted.command("help"), None, id="a command that asks for the manual"),
        pytest.param(lambda posted: posted.command("mtue all"), None, id="a mistake"),
        pytest.param(opened_home, SEND, id="the Home tab"),
    ],
)
def test_whatever_people_do_a_warm_front_makes_one_call(
    cloud: Cloud, click: bytes, posted: Posted, make: Callable[[Posted], bytes], call: str | None
) -> None:
    hear(click)
    cloud.called.clear()

    assert hear(make(posted))["statusCode"] == 200

    assert cloud.called == ([call] if call else [])


def test_whatever_arrives_the_front_calls_nobody_else(
    cloud: Cloud, click: bytes, command: bytes, posted: Posted
) -> None:
    foreign = form_of(payload_of(click) | {"team": {"id": "T0ELSEWHERE"}})
    unknown = click.replace(ACKNOWLEDGE.encode(), b"somebody.elses")
    check = b'{"type":"url_verification","challenge":"x","token":"y"}'
    for body in (click, posted.click(ACKNOWLEDGE), foreign, unknown, check, command, b"payload=%7B"):
        hear(body)
        hear(body, secret="another")

    assert len(cloud.sent) == 3
    assert cloud.called == [GET_SECRET, POLICY, WHO, SEND, SEND, SEND]


def test_a_click_that_the_queue_refuses_is_not_acknowledged(cloud: Cloud, click: bytes) -> None:
    cloud.refuses = True
    answer = hear(click)
    assert (answer["statusCode"], answer["body"]) == (500, "")


def test_missing_settings_are_all_named_at_once(monkeypatch: pytest.MonkeyPatch, click: bytes) -> None:
    names = [f"COASTGUARD_{name}" for name in ("ACTS_QUEUE_URL", "SLACK_SECRET_ARN", "SLACK_TEAM", "SLACK_API_URL")]
    for name in names:
        monkeypatch.delenv(name)
    with pytest.raises(BadSettings) as error:
        hear(click)
    assert all(name in str(error.value) for name in names)
    assert "coastguard deploy" in str(error.value)


# What it logs --------------------------------------------------------------------------------------------------------


def test_nothing_of_a_request_is_logged(
    cloud: Cloud, click: bytes, posted: Posted, caplog: pytest.LogCaptureFixture
) -> None:
    submission = {"type": "view_submission", "team": {"id": TEAM.id}, "user": {"id": ALICE}, "view": {"id": "V1"}}
    for body in (click, posted.command("very private"), form_of(submission), b"payload=%7B"):
        hear(body)
        hear(body, secret="another")
    cloud.refuses = True
    hear(click)

    for private in (payload_of(click)["trigger_id"], "hooks", "private", "V1", ALICE, BOT_TOKEN, SIGNING_SECRET):
        assert private not in caplog.text


def test_bolt_speaks_up_only_when_something_fails(
    cloud: Cloud, click: bytes, command: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    strange = form_of({"type": "shortcut", "callback_id": "x", "team": {"id": TEAM.id}, "user": {"id": ALICE}})
    for body in (click, command, strange):
        hear(body)
    assert [record.name for record in caplog.records if record.name.startswith("slack")] == []

    cloud.refuses = True
    hear(click)

    (failure,) = [record for record in caplog.records if record.name.startswith("slack")]
    assert failure.levelno == logging.ERROR
    *_, line = [json.loads(each) for each in caplog.text.splitlines()]
    assert (line["level"], line["cluster"], len(line["request"])) == ("ERROR", CLUSTER.key, 20)
    assert attached() == {}


def test_refusals_are_counted(click: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    hear(click, secret="another")
    hear(click)

    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert line["refused"] == [1.0]
    (metrics,) = line["_aws"]["CloudWatchMetrics"]
    assert metrics["Namespace"] == "Coastguard"
    assert metrics["Dimensions"] == [["service"]]  # never an account or an instance


# What it loads -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules that a cold front has loaded before its first request."""
    script = "import sys, chatops.front; print('\\n'.join(sys.modules))"
    root = Path(front.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "idle",
    [
        pytest.param("pynamodb", id="no table"),
        pytest.param("hub.table", id="nor what reads it"),
        pytest.param("cattrs", id="nor what its rows need"),
        pytest.param("slack_bolt.adapter", id="no adapter of Bolt's"),
        pytest.param("aiohttp", id="no second HTTP client"),
        pytest.param("coastguard", id="nothing of the operator's side"),
        pytest.param("moto", id="nothing of the local world"),
    ],
)
def test_a_cold_front_loads_only_what_it_needs(loaded: set[str], idle: str) -> None:
    assert {name for name in loaded if name == idle or name.startswith(f"{idle}.")} == set()
    assert "chatops.front" in loaded
