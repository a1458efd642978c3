"""A workspace that is heard by Socket Mode: the same listeners, no public address, nothing left at the end."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from chatops.app import SlackApp
from chatops.clicks.requests import Request
from chatops.commands.message import CommandMessage
from chatops.rights import Rights
from chatops.slack_users import SlackUsers
from coastguard.local import real_slack
from coastguard.local.aws_process import WorldError
from coastguard.local.real_slack import RealSlack, connected, meet
from coastguard.local.slack.directory import FOREIGNER, GUEST, PEOPLE, TEAM
from coastguard.local.slack.workspace import BOT_TOKEN, Workspace
from hub.incidents.content import compose
from hub.policy.matching import Facts
from hub.policy.parse import read
from hub.policy.source import PolicySource
from hub.scopes.account import Account
from hub.slack.bulletin_message import render
from hub.slack.button_values import ACKNOWLEDGE
from hub.slack.client import Slack
from tests.chatops.policies import Ssm
from tests.hub.factories import ALICE, CHANNEL, bulletin, incident
from tests.local_slack.serving import served
from tests.local_slack.socket_mode import APP_TOKEN, SocketMode
from tests.patience import PATIENCE_SECONDS

TOKENS = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN}


@pytest.fixture(scope="module", autouse=True)
def no_proxy() -> Iterator[None]:
    """Slack's client takes a proxy for everything, this machine's own addresses too."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            patch.delenv(name, raising=False)
        yield


@dataclass
class Passed:
    """What was passed on, unless the queue is down."""

    asks: list[CommandMessage] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    is_down: bool = False

    def enqueue(self, request: Request) -> None:
        self._check()
        self.requests.append(request)

    def enqueue_ask(self, asked: CommandMessage) -> None:
        self._check()
        self.asks.append(asked)

    def _check(self) -> None:
        if self.is_down:
            raise ConnectionError("the queue does not answer")


@dataclass
class Stage:
    workspace: Workspace
    address: str
    slack: RealSlack
    passed: Passed

    @contextmanager
    def listening(self) -> Iterator[None]:
        def clock() -> datetime:
            return datetime.now(UTC)

        people = SlackUsers(lambda: Slack(BOT_TOKEN, self.slack.api_url, PATIENCE_SECONDS), TEAM.id, clock)
        rights = Rights(PolicySource("ssm:/coastguard/policy", lambda _: Ssm(), clock), people)
        slack = Slack(BOT_TOKEN, self.slack.api_url, PATIENCE_SECONDS)
        passed = self.passed
        front = SlackApp(passed.enqueue, passed.enqueue_ask, rights, clock, lambda url, said: slack.respond(url, *said))
        with connected(self.slack, front):
            yield

    def do(self, what: str, **body: Any) -> httpx.Response:
        return httpx.post(f"{self.address}/slack/{what}", json=body, timeout=PATIENCE_SECONDS)

    def command(self, text: str) -> httpx.Response:
        return self.do("command", user=ALICE, channel=CHANNEL, command="/ecs", text=text)


@contextmanager
def staged() -> Iterator[Stage]:
    workspace = Workspace(time.time)
    sockets = SocketMode(workspace)
    with served(sockets.starlette()) as address:
        sockets.at(address)
        slack = meet(TOKENS, CHANNEL, "", "/ecs", api_url=f"{address}/api/")
        yield Stage(workspace, address, slack, Passed())


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as made:
        yield made


@pytest.fixture(scope="module")
def connection() -> Iterator[Stage]:
    """The SDK takes three seconds to end a connection, so there is one for all who only use it."""
    with staged() as made, made.listening():
        yield made


@pytest.fixture
def heard(connection: Stage) -> Stage:
    connection.passed.asks.clear()
    connection.passed.requests.clear()
    connection.passed.is_down = False
    return connection


def whispers(workspace: Workspace) -> list[str]:
    return [str(each["text"]) for each in workspace.state()["ephemerals"]]


# People are heard


def test_a_command_is_passed_on(heard: Stage) -> None:
    assert heard.command("mutes").status_code == 200
    [asked] = heard.passed.asks
    assert (asked.line, asked.user, asked.team, asked.channel) == ("mutes", ALICE, TEAM.id, CHANNEL)
    assert asked.answers.startswith(heard.address)


def test_what_front_answers_itself_is_shown(heard: Stage) -> None:
    heard.command("help mute")
    heard.command("mite all")
    last = whispers(heard.workspace)[-2:]
    assert [text.partition(".")[0] for text in last] == ["Help: mute", "There is no such command"]
    assert heard.passed.asks == []


def test_a_button_is_passed_on(heard: Stage) -> None:
    message = render(compose(bulletin().episode, [incident()], "", None), bulletin().episode)
    slack = Slack(BOT_TOKEN, heard.slack.api_url, PATIENCE_SECONDS)
    ts = slack.post(CHANNEL, message.text, message.blocks, message.attachments, message.metadata)
    assert heard.do("click", user=ALICE, channel=CHANNEL, ts=ts, action_id=ACKNOWLEDGE).status_code == 200
    [request] = heard.passed.requests
    assert (request.wish, request.message, request.incident) == ("acknowledge", ts, incident().id)


def test_a_modal_is_opened_and_heard(heard: Stage) -> None:
    heard.command("mute payments")
    [opened] = heard.workspace.state()["views"]
    values = {"custom": {"typed": "2h"}, "reason": {"typed": "AMI bake"}}
    heard.do("views/submit", user=ALICE, view=opened["view"]["id"], values=values)
    assert [asked.line for asked in heard.passed.asks] == ['mute payments 2h "AMI bake"']


def test_who_opens_the_home_is_heard(heard: Stage) -> None:
    heard.do("home", user=ALICE)
    assert [asked.line for asked in heard.passed.asks] == ["home"]


def test_what_the_queue_does_not_take_is_not_acknowledged(heard: Stage) -> None:
    heard.passed.is_down = True
    assert "error" in heard.command("mutes").json()


# What is left, and what is kept secret


def test_nothing_is_left_behind(stage: Stage) -> None:
    before = set(threading.enumerate())
    with stage.listening():
        stage.command("help")
    left = [each.name for each in set(threading.enumerate()) - before if each.is_alive()]
    assert [name for name in left if "AnyIO" not in name] == []
    assert "error" in stage.command("help").json()


def test_a_token_is_shown_nowhere(stage: Stage) -> None:
    assert BOT_TOKEN not in repr(stage.slack)
    assert APP_TOKEN not in repr(stage.slack)


def test_a_world_has_another_signing_secret_each_time(stage: Stage) -> None:
    assert stage.slack.parameters["SlackSigningSecret"] != stage.slack.parameters["SlackSigningSecret"]


def test_all_full_members_may_repair_there_unless_people_are_named(stage: Stage) -> None:
    facts = Facts(None, Account("222233334444"))
    policy = read(stage.slack.policy)
    may = {person.id for person in (*PEOPLE, GUEST, FOREIGNER) if policy.may("terminate", person.id, (), facts)}
    assert may == {person.id for person in PEOPLE}

    named = meet(TOKENS, CHANNEL, "", "/ecs", ["U0BOB0002", "S0SRETEAM1"], stage.slack.api_url)
    assert read(named.policy).who_may("terminate", facts) == ("U0BOB0002", "S0SRETEAM1")
    with pytest.raises(WorldError, match="--slack-people must be ids"):
        meet(TOKENS, CHANNEL, "", "/ecs", ["bob"], stage.slack.api_url)


def test_too_many_members_are_to_be_named(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real_slack, "_MOST_PEOPLE", 2)
    assert "name those who may repair with --slack-people" in refused(stage)


# What goes wrong is said before anything begins


def refused(stage: Stage, channel: str = CHANNEL, team: str = "", **tokens: str) -> str:
    with pytest.raises(WorldError) as caught:
        meet(TOKENS | tokens, channel, team, "/ecs", api_url=stage.slack.api_url)
    assert BOT_TOKEN not in str(caught.value)
    assert APP_TOKEN not in str(caught.value)
    return str(caught.value)


def test_everything_that_is_missing_is_said_at_once() -> None:
    with pytest.raises(WorldError) as caught:
        meet({}, "#ecs-alerts", "", "/ecs")
    for words in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "--slack-channel", "coastguard slack manifest --socket-mode"):
        assert words in str(caught.value)


def test_a_token_of_the_other_kind_is_refused(stage: Stage) -> None:
    assert "SLACK_BOT_TOKEN must be" in refused(stage, SLACK_BOT_TOKEN=APP_TOKEN)
    assert "SLACK_APP_TOKEN must be" in refused(stage, SLACK_APP_TOKEN=BOT_TOKEN)


def test_a_token_that_slack_does_not_take_is_to_be_copied_anew(stage: Stage) -> None:
    said = refused(stage, SLACK_BOT_TOKEN="xoxb-another")
    assert "Slack says invalid_auth: copy SLACK_BOT_TOKEN anew" in said


def test_an_app_token_that_slack_does_not_take_is_to_be_made(stage: Stage) -> None:
    slack = meet(TOKENS | {"SLACK_APP_TOKEN": "xapp-another"}, CHANNEL, "", "/ecs", api_url=stage.slack.api_url)
    stage.slack = slack
    with pytest.raises(WorldError, match="connections:write") as caught, stage.listening():
        pass
    assert "invalid_auth" in str(caught.value)


def test_the_team_may_be_given_and_then_must_be_that_one(stage: Stage) -> None:
    assert meet(TOKENS, CHANNEL, TEAM.id, "/ecs", api_url=stage.slack.api_url) == stage.slack
    assert f"is of workspace {TEAM.id}, not of T0HARBOUR" in refused(stage, team="T0HARBOUR")


@pytest.mark.parametrize(
    ("channel", "remedy"),
    [("C0NOSUCH1", "channel_not_found: give the id"), ("C0SECURITY", "invite the app"), ("C0PUBLIC1", "/invite @")],
)
def test_a_channel_that_cannot_be_read_is_said_with_the_remedy(stage: Stage, channel: str, remedy: str) -> None:
    httpx.post(f"{stage.address}/slack/channels", json={"channel": "C0PAYMENTS", "bot_is_member": False})
    channel = "C0PAYMENTS" if channel == "C0PUBLIC1" else channel
    assert remedy in refused(stage, channel)


@pytest.mark.parametrize("scope", ["chat:write", "users:read", "commands"])
def test_an_app_without_a_scope_is_to_be_installed_again(scope: str) -> None:
    workspace = Workspace(time.time, scopes=Workspace(time.time).scopes - {scope})
    sockets = SocketMode(workspace)
    with served(sockets.starlette()) as address:
        sockets.at(address)
        with pytest.raises(WorldError, match=f"may not {scope}.*install it again"):
            meet(TOKENS, CHANNEL, "", "/ecs", api_url=f"{address}/api/")


def test_a_slack_that_cannot_be_reached_is_said() -> None:
    with pytest.raises(WorldError, match=r"cannot be reached .*https://slack\.com"):
        meet(TOKENS, CHANNEL, "", "/ecs", api_url="http://127.0.0.1:1/api/")


def test_slack_itself_is_spoken_to_unless_another_address_is_given() -> None:
    assert real_slack.API_URL == "https://slack.com/api/"
