"""The command line: what it says of itself, and when it cannot do what was asked."""

import json
import socket
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from coastguard.checkout import ROOT
from coastguard.cli import deploy as deploying
from coastguard.cli.app import app
from coastguard.cli.options import account_number
from coastguard.local.rehearsals import SCENARIOS
from coastguard.template_parameters import misfits
from tests.templates.reading import FILES, read

runner = CliRunner()
DEPLOYED = {
    "--organization-id": "o-coastguard1",
    "--units": "ou-ab12-34cd56ef, r-ab12",
    "--regions": "eu-west-1, us-east-1",
    "--slack-team": "T0COAST01",
    "--slack-channel": "C0ECSALERTS",
}


def every_command(of: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each command and group as typer makes them, with the words that call it."""
    command = of or typer.main.get_command(app)
    yield words, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from every_command(inner, (*words, name))


def options_of(words: dict[str, str], **other: str) -> list[str]:
    changed = {f"--{name.replace('_', '-')}": value for name, value in other.items()}
    return [word for pair in (words | changed).items() for word in pair]


def test_without_a_command_it_shows_its_help() -> None:
    shown = runner.invoke(app, [])
    assert "Keep the ECS container instances" in shown.output
    for command in ("demo", "rehearse", "deploy", "package"):
        assert command in shown.output


def test_it_says_its_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    shown = runner.invoke(app, ["--version"])
    assert (shown.exit_code, shown.output) == (0, f"coastguard {version}\n")


@pytest.mark.parametrize(
    ("words", "command"), list(every_command()), ids=lambda part: " ".join(part) if isinstance(part, tuple) else ""
)
def test_help_is_whole_in_a_narrow_terminal(words: tuple[str, ...], command: Any) -> None:
    short = runner.invoke(app, [*words, "-h"], env={"COLUMNS": "60"}, terminal_width=60)
    assert short.exit_code == 0
    assert short.output == runner.invoke(app, [*words, "--help"], env={"COLUMNS": "60"}, terminal_width=60).output
    assert "..." not in short.output.replace("COMMAND [ARGS]...", "").replace("scenarios...", "").replace(
        "scenarios]...", ""
    )
    told = set(short.output.replace(",", " ").split())
    names = {name for parameter in command.params if parameter.param_type_name == "option" for name in parameter.opts}
    assert names | {"--help"} <= told
    for name in getattr(command, "commands", {}):
        assert name in told
    assert max(map(len, short.output.splitlines())) <= 60


def test_the_shell_completes_commands_options_and_stories() -> None:
    def offered(words: str) -> set[str]:
        asked = {"_COASTGUARD_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        done = runner.invoke(app, [], prog_name="coastguard", env=asked)
        assert done.exit_code == 0
        return set(done.output.split())

    assert offered("coastguard re") == {"redrive", "rehearse"}
    assert offered("coastguard rehearse s") == {name for name in SCENARIOS if name.startswith("s")}
    assert offered("coastguard redrive --queue ") == {"delay", "looks", "acts"}
    assert "--send-back" in offered("coastguard redrive --s")


def test_rehearsals_are_listed() -> None:
    shown = runner.invoke(app, ["rehearse", "--list"], env={"COLUMNS": "60"})
    assert shown.exit_code == 0
    assert [line.split()[0] for line in shown.output.splitlines() if line[:1].strip()] == ["rehearsal", *SCENARIOS]
    one = runner.invoke(app, ["rehearse", "storm", "--list", "--format", "json"])
    assert [json.loads(line) for line in one.output.splitlines()] == [
        {"rehearsal": "storm", "about": SCENARIOS["storm"].about, "layout": "crowd", "grace": 10}
    ]


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


@pytest.mark.parametrize(
    ("written", "number"),
    [
        pytest.param("222233334444", "222233334444", id="plain"),
        pytest.param("2222-3333-4444", "222233334444", id="as the console and the page show it"),
        pytest.param(" 2222-3333-4444 ", "222233334444", id="copied with blanks"),
        pytest.param("22-223333-4444", "22-223333-4444", id="grouped in another way"),
        pytest.param("payments", "payments", id="a name"),
    ],
)
def test_an_account_goes_by_its_number_as_it_is_shown(written: str, number: str) -> None:
    assert account_number(written) == number


# What deploy is given


@pytest.fixture
def without_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is signed in, so what is asked of AWS first fails with a word about Regions."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")


@pytest.mark.usefixtures("without_region")
def test_deploying_without_a_region_says_how_to_choose_one() -> None:
    result = runner.invoke(app, ["deploy", *options_of(DEPLOYED)])
    assert result.exit_code == 1
    assert "AWS_DEFAULT_REGION" in result.output


@pytest.mark.usefixtures("without_region")
def test_deploy_says_all_that_the_templates_do_not_take_before_it_asks_anything() -> None:
    wrong = {
        "organization_id": "222233334444",
        "units": "ou-ab12-34cd56ef, workloads",
        "regions": "Ireland",
        "slack_team": "coast",
        "slack_channel": "#ecs-alerts",
        "slack_bot_token": "xoxp-not-a-bot",
        "slack_signing_secret": "short",
        "management_account": "4444-5555",
        "policy_place": "policy.toml",
    }
    result = runner.invoke(app, ["deploy", *options_of(DEPLOYED, **wrong)])
    assert result.exit_code == 2
    assert "AWS_DEFAULT_REGION" not in result.output
    for name, value in wrong.items():
        [line] = [line for line in result.output.splitlines() if line.startswith(f"  --{name.replace('_', '-')}: ")]
        assert (repr(value) in line) is (name not in {"slack_bot_token", "slack_signing_secret"})
    assert "like C0123ABCD, not its name" in result.output
    assert "xoxp-not-a-bot" not in result.output


@pytest.mark.usefixtures("without_region")
def test_deploy_takes_an_account_as_it_is_shown() -> None:
    given = options_of(DEPLOYED, management_account="4444-5555-6666", policy_place="ssm:/coastguard/policy")
    assert "AWS_DEFAULT_REGION" in runner.invoke(app, ["deploy", *given]).output


def test_each_parameter_that_deploy_gives_has_its_option_and_the_secret_ones_are_not_shown() -> None:
    declared = {**read("hub")["Parameters"], **read("organization")["Parameters"]}
    assert deploying._OPTIONS.keys() <= declared.keys()
    assert {name for name in deploying._OPTIONS if declared[name].get("NoEcho")} == deploying._SECRET
    known = {option for _, command in every_command() for parameter in command.params for option in parameter.opts}
    assert set(deploying._OPTIONS.values()) <= known


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        pytest.param("SlackTeam", "T0COAST01", True, id="a pattern"),
        pytest.param("SlackTeam", "T0COAST01\n", False, id="a line's end"),
        pytest.param("SlackTeam", f"T{'0' * 30}", False, id="too long"),
        pytest.param("GraceSeconds", "900", True, id="a number"),
        pytest.param("GraceSeconds", "901", False, id="a number too high"),
        pytest.param("GraceSeconds", "soon", False, id="no number"),
        pytest.param("TopicKeyArns", "", True, id="an empty list"),
        pytest.param(
            "TopicKeyArns", "arn:aws:kms:eu-west-1:111122223333:key/a, nonsense", False, id="a part of a list"
        ),
        pytest.param("RetentionDays", "30", True, id="one of several values"),
        pytest.param("RetentionDays", "31", False, id="none of them"),
    ],
)
def test_a_value_is_judged_as_cloudformation_judges_it(name: str, value: str, fits: bool) -> None:
    expected = {} if fits else {name: read("hub")["Parameters"][name]["ConstraintDescription"]}
    assert misfits(FILES["hub"], {name: value}) == expected
