"""`coastguard slack manifest`: an app with just what the code needs, as Slack takes it."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk import WebClient
from typer.testing import CliRunner, Result

from chatops.commands.help_pages import COMMANDS
from coastguard.checkout import ROOT
from coastguard.cli.app import app
from coastguard.local.slack.directory import BOT
from coastguard.local.slack.methods import METHODS, SCOPES
from coastguard.local.slack.strict import Strict
from coastguard.slack_manifest import manifest
from tests.templates.reading import read

URL = "https://abcde12345.execute-api.eu-west-1.amazonaws.com/slack/events"


def printed(*words: str) -> dict[str, Any]:
    result = run(*words)
    assert result.exit_code == 0, result.output
    made: dict[str, Any] = json.loads(result.output)
    return made


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["slack", "manifest", *words])


def attributes() -> Iterator[str]:
    """Every name behind a dot in the code that runs in AWS."""
    for package in ("hub", "chatops"):
        for path in (ROOT / package).rglob("*.py"):
            yield from (node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute))


def methods_called() -> set[str]:
    """The Web API's methods that the code calls."""
    known = {name for name in dir(WebClient) if re.match(r"[a-z]+_[a-z]", name)}
    return {name.replace("_", ".") for name in set(attributes()) & known}


@pytest.mark.parametrize("words", [("--request-url", URL), ("--socket-mode",)], ids=["address", "socket mode"])
def test_slacks_published_types_take_it(words: tuple[str, ...]) -> None:
    assert Strict().manifest_problems(printed(*words)) == []


def test_slacks_types_are_asked_in_earnest() -> None:
    wrong = manifest(URL)
    wrong["oauth_config"]["scopes"]["bot"].append("everything:write")
    assert Strict().manifest_problems(wrong) != []


def test_the_scopes_are_those_of_the_methods_that_the_code_calls() -> None:
    called = methods_called()
    assert called >= {"chat.postMessage", "chat.update", "conversations.history", "users.info", "views.open"}
    assert called <= METHODS.keys()

    needed = {scope for method in called for scope in SCOPES.get(method, ())} | {"commands"}

    assert set(printed("--socket-mode")["oauth_config"]["scopes"]["bot"]) == needed
    assert needed == BOT.scopes


def test_each_scope_is_told_with_what_it_is_for() -> None:
    install = (ROOT / "docs/install.md").read_text()
    assert [scope for scope in BOT.scopes if f"`{scope}`" not in install] == []


def test_the_events_are_those_that_the_app_hears() -> None:
    heard = re.findall(r'@app\.event\("([a-z_]+)"\)', (ROOT / "chatops/app.py").read_text())
    assert printed("--socket-mode")["settings"]["event_subscriptions"]["bot_events"] == heard != []


def test_slack_finds_the_app_at_one_address() -> None:
    made = printed("--request-url", URL)
    [command] = made["features"]["slash_commands"]
    settings = made["settings"]
    assert [
        command["url"],
        settings["event_subscriptions"]["request_url"],
        settings["interactivity"]["request_url"],
    ] == [URL] * 3
    assert settings["socket_mode_enabled"] is False


def test_in_socket_mode_there_is_no_address() -> None:
    made = printed("--socket-mode")
    assert re.findall(r'"([a-z_]*url)"', json.dumps(made)) == []
    assert made["settings"]["socket_mode_enabled"] is True


def test_people_have_a_home_and_can_click() -> None:
    made = printed("--socket-mode")
    assert made["features"]["app_home"]["home_tab_enabled"] is True
    assert made["settings"]["interactivity"]["is_enabled"] is True


def test_the_app_and_its_command_have_the_names_that_are_given() -> None:
    made = printed("--request-url", URL, "--name", "Strandwächter", "--command", "/fleet")
    assert made["display_information"]["name"] == made["features"]["bot_user"]["display_name"] == "Strandwächter"
    [command] = made["features"]["slash_commands"]
    assert command["command"] == "/fleet"


def test_the_hint_names_every_command() -> None:
    [command] = printed("--socket-mode")["features"]["slash_commands"]
    assert command["usage_hint"].strip("[]").split(" | ") == list(COMMANDS)
    assert len(command["usage_hint"]) <= 1000


def test_the_command_is_called_as_in_the_template() -> None:
    [command] = printed("--socket-mode")["features"]["slash_commands"]
    assert command["command"] == read("hub")["Parameters"]["SlackCommand"]["Default"]


@pytest.mark.parametrize("command", ["/ecs", "/" + "a" * 31, "/" + "a" * 32, "ecs", "/Ecs", "/e cs", "/", ""])
def test_a_command_is_taken_if_the_template_takes_it(command: str) -> None:
    taken = re.fullmatch(read("hub")["Parameters"]["SlackCommand"]["AllowedPattern"], command) is not None
    assert (run("--socket-mode", "--command", command).exit_code == 0) is taken


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        pytest.param([], "coastguard deploy", id="neither address nor socket mode"),
        pytest.param(["--socket-mode", "--request-url", URL], "or else --socket-mode", id="both"),
        pytest.param(["--request-url", "http://example.com/slack/events"], "https address", id="no https"),
        pytest.param(["--request-url", "https://"], "https address", id="no host"),
        pytest.param(["--request-url", f" {URL}"], "https address", id="a space"),
        pytest.param(["--socket-mode", "--name", "x" * 36], "1 to 35", id="a long name"),
        pytest.param(["--socket-mode", "--name", " "], "1 to 35", id="no name"),
        pytest.param(["--socket-mode", "--command", "ecs"], "like /ecs", id="a command without its slash"),
    ],
)
def test_what_slack_would_not_take_is_said_with_the_remedy(words: list[str], remedy: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert remedy in " ".join(re.sub(r"[│\n]", " ", result.output).split())
