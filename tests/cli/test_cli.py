"""The command line: what it says when it cannot do what was asked."""

import socket

import pytest
from typer.testing import CliRunner

from coastguard.cli.app import app

runner = CliRunner()


def test_without_a_command_it_shows_its_help() -> None:
    shown = runner.invoke(app, [])
    assert "Keep the ECS container instances" in shown.output
    for command in ("demo", "rehearse", "deploy", "package"):
        assert command in shown.output


def test_an_unknown_rehearsal_is_answered_with_the_known_ones() -> None:
    result = runner.invoke(app, ["rehearse", "no-such-story"])
    assert result.exit_code == 2
    assert "no-such-story" in result.output
    assert "one-agent" in result.output


def test_a_port_in_use_is_named_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = runner.invoke(app, ["demo", "--port", str(port)])
    assert result.exit_code == 1
    assert f"port {port} of 127.0.0.1" in result.output
    assert "--port" in result.output


def test_deploying_without_a_region_says_how_to_choose_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    options = ["--organization-id", "o-coastguard1", "--units", "ou-x", "--regions", "eu-west-1"]
    result = runner.invoke(app, ["deploy", *options, "--slack-team", "T0COAST01", "--slack-channel", "C0ECSALERTS"])
    assert result.exit_code == 1
    assert "AWS_DEFAULT_REGION" in result.output


def test_a_demo_in_a_real_workspace_says_all_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    result = runner.invoke(app, ["demo", "--slack"])
    assert result.exit_code == 1
    for words in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "--slack-channel", "coastguard slack manifest --socket-mode"):
        assert words in result.output


def test_a_channel_of_a_real_workspace_needs_the_option_that_asks_for_one() -> None:
    result = runner.invoke(app, ["demo", "--slack-channel", "C0123ABCD"])
    assert result.exit_code == 2
    assert "go with" in result.output
