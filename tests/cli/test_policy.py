"""`coastguard policy`: a file is judged by its exit status, and explained for a cluster."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from coastguard.cli.app import app
from coastguard.local.layout.layouts import DEMO
from coastguard.local.slack.directory import CHANNELS, USER_GROUPS
from coastguard.local.world import POLICY
from hub.policy.parse import read as read_policy

GOOD = """
[aliases]
Pay = "222233334444"
[[routes]]
where.unit = "ou-ab12-34cd56ef"
channel = "C0UNIT001"
[[rights]]
who = "S0TEAM001"
may = ["acknowledge", "repair"]
where = { severity = "critical", group = "prod" }
[[approvals]]
more_than = "25%"
[[windows]]
days = "tuesday"
start = "02:00"
length = "2h"
zone = "UTC"
"""
CLUSTER = ["--account", "222233334444", "--cluster", "prod", "--region", "eu-west-1"]


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    Path("policy.toml").write_text(GOOD, "utf-8")


def policy(*words: str) -> Result:
    return CliRunner().invoke(app, ["policy", *words])


def explained(*more: str) -> str:
    result = policy("explain", "policy.toml", *CLUSTER, *more)
    assert result.exit_code == 0
    return result.output


def test_a_good_policy_is_said_to_be_one_with_its_warnings() -> None:
    result = policy("check", "policy.toml")

    assert result.exit_code == 0
    assert "line 7: nobody may mute anywhere" in result.output
    assert "policy.toml is a policy: 1 route, 1 right, 1 approval, 0 caps, 1 window." in result.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b'a = 1\n[[routes]]\nchannel = "#x"\n', ["line 1: there is no table 'a'", "line 3:"], id="wrong"),
        pytest.param(b"[[", ["line 1: this is not TOML"], id="no TOML"),
        pytest.param("[slack]".encode("utf-16"), ["this is not text in UTF-8: save it as such"], id="no UTF-8"),
        pytest.param(b"[[routes]]\n'[red]x' = 1", ["there is no key '[red]x' of routes"], id="no markup of ours"),
    ],
)
@pytest.mark.parametrize("words", [("check",), ("explain", *CLUSTER)], ids=["check", "explain"])
def test_a_bad_one_fails_with_all_its_problems(words: tuple[str, ...], content: bytes, said: list[str]) -> None:
    Path("policy.toml").write_bytes(content)

    result = policy(words[0], "policy.toml", *words[1:])

    assert result.exit_code == 1
    for text in said:
        assert text in result.output


def test_a_file_that_is_not_there_is_named() -> None:
    result = policy("check", "other.toml")

    assert result.exit_code == 2
    assert "other.toml" in result.output


def test_what_is_not_told_is_not_known() -> None:
    said = explained()

    assert "Route: none applies: the channel that the stack's parameters give." in said
    assert "[[routes]] 1 in line 4 does not: nobody knows if it has unit ou-ab12-34cd56ef." in said
    assert "[[rights]] 1 in line 7 does not apply: the group is none, not prod." in said


def test_what_is_told_counts() -> None:
    more = ["--name", "Payments", "--unit", "ou-ab12-00000000", "--unit", "ou-ab12-34cd56ef", "--group", "prod"]

    said = explained(*more, "--severity", "critical", "--user", "U0ALICE01", "--user-group", "S0TEAM001")

    assert "Route: [[routes]] 1 in line 4 applies: channel C0UNIT001." in said
    assert "U0ALICE01 may acknowledge, use every remedy here, as S0TEAM001 in [[rights]] 1 in line 7." in said
    assert "every remedy with more than 25% of the cluster in trouble needs the approval of nobody within 15m" in said


def test_somebody_without_a_right_may_do_nothing() -> None:
    assert "U0BOB0002 may do nothing here." in explained("--user", "U0BOB0002", "--severity", "critical")


def test_without_rights_nobody_may_repair() -> None:
    Path("policy.toml").write_text("")

    said = explained("--user", "U0BOB0002")

    rights = "everybody may acknowledge, mute, stop, audit, and nobody may repair, approve or start repairs"
    for words in (rights, "U0BOB0002 may acknowledge, mute, stop, audit.", "Caps: none.", "Windows: none."):
        assert words in said


@pytest.mark.parametrize(
    ("at", "state"),
    [
        pytest.param("2026-11-24T03:59", "in force until 2026-11-24 04:00 UTC", id="in UTC"),
        pytest.param("2026-11-24T04:59+01:00", "in force until 2026-11-24 04:00 UTC", id="elsewhere"),
        pytest.param("2026-11-24T04:00", "not in force", id="after it"),
    ],
)
def test_windows_are_explained_for_a_moment(at: str, state: str) -> None:
    assert f"tuesday from 02:00 for 2h, UTC: {state}." in explained("--at", at)


def test_an_account_goes_by_its_alias_and_the_region_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    result = policy("explain", "policy.toml", "--account", "pay", "--cluster", "prod", "--name", "x", "--unit", "y")

    assert "does not: the unit is y, not ou-ab12-34cd56ef." in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["--account", "search", *CLUSTER[2:]], "'search' is not an account id", id="an unknown alias"),
        pytest.param([*CLUSTER[:2], "--cluster", "a/b", *CLUSTER[4:]], "is not a cluster name", id="a cluster's key"),
        pytest.param([*CLUSTER, "--at", "tomorrow"], "is no time", id="a time in words"),
        pytest.param(CLUSTER[:4], "--region", id="no Region"),
    ],
)
def test_what_cannot_be_is_said(words: list[str], said: str) -> None:
    result = policy("explain", "policy.toml", *words)

    assert result.exit_code == 2
    assert said in result.output


# For programs


def test_a_policy_is_judged_as_an_object() -> None:
    result = policy("check", "policy.toml", "--format", "json")

    [told] = map(json.loads, result.output.splitlines())
    assert result.exit_code == 0
    assert (told["file"], told["valid"], told["problems"]) == ("policy.toml", True, [])
    assert told["contents"] == {"route": 1, "right": 1, "approval": 1, "cap": 0, "window": 1}
    assert (7, "nobody may mute anywhere") in {(warned["line"], warned["what"]) for warned in told["warnings"]}


@pytest.mark.parametrize("words", [("check",), ("explain", *CLUSTER)], ids=["check", "explain"])
@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        pytest.param(b"a = 1\n", 1, "there is no table 'a'", id="wrong"),
        pytest.param(b"[slack]\n# caf\xe9\n", 2, "this is not text in UTF-8", id="no UTF-8"),
    ],
)
def test_a_bad_one_is_an_object_with_its_problems(words: tuple[str, ...], content: bytes, line: int, what: str) -> None:
    Path("policy.toml").write_bytes(content)

    result = policy(words[0], "policy.toml", *words[1:], "--format", "json")

    [told] = map(json.loads, result.output.splitlines())
    assert (result.exit_code, told["valid"]) == (1, False)
    assert {key: told["problems"][0][key] for key in ("line", "what")} == {"line": line, "what": what}
    assert told["problems"][0]["remedy"]


def test_what_a_policy_says_of_a_cluster_is_an_object() -> None:
    more = ["--unit", "ou-ab12-34cd56ef", "--name", "Payments", "--group", "prod", "--severity", "critical"]
    who = ["--user", "U0ALICE01", "--user-group", "S0TEAM001", "--at", "2026-11-24T03:59"]

    told = json.loads(explained(*more, *who, "--format", "json"))

    assert (told["account"], told["region"], told["cluster"]) == ("222233334444", "eu-west-1", "prod")
    assert (told["route"]["line"], told["route"]["channel"]) == (4, "C0UNIT001")
    assert told["may"] == ["acknowledge", "restart-agent", "terminate", "remove-registration"]
    assert (told["at"], told["window_until"]) == ("2026-11-24T03:59:00+00:00", "2026-11-24T04:00:00+00:00")
    assert told["lines"] == explained(*more, *who).splitlines()
    assert json.loads(explained("--format", "json"))["may"] is None


def test_an_account_goes_by_its_number_as_it_is_shown() -> None:
    shown = policy("explain", "policy.toml", "--account", "2222-3333-4444", *CLUSTER[2:])

    assert (shown.exit_code, shown.output) == (0, explained())


# The local world's


def test_the_local_worlds_policy_is_one_and_names_what_is_there() -> None:
    result = policy("check", str(POLICY))

    assert result.exit_code == 0
    assert "is a policy: 2 routes, 2 rights, 1 approval, 0 caps, 0 windows." in result.output
    assert len(result.output.splitlines()) == 1
    read = read_policy(POLICY.read_text("utf-8"))
    groups = {group.id for group in USER_GROUPS if group.enabled}
    named = [*read.rights, *read.approvals]
    assert {who for each in named for who in getattr(each, "who", ()) or getattr(each, "approvers", ())} <= groups
    assert {route.channel for route in read.routes if route.channel} <= {channel.id for channel in CHANNELS}
    assert dict(read.aliases) == {m.alias: m.id for m in DEMO.organization.members if m.alias in {"payments", "search"}}


@pytest.mark.parametrize(
    ("account", "cluster", "said"),
    [
        pytest.param("payments", "prod-payments", "the environment none is not prod", id="one person is enough"),
        pytest.param("payments", "staging-payments", "channel C0PAYMENTS; mentions S0PAYMENTS", id="another channel"),
        pytest.param("search", "prod-search", "terminate needs the approval of S0PLATFORM or S0SRETEAM1", id="two"),
    ],
)
def test_the_local_worlds_policy_says_what_its_document_says(account: str, cluster: str, said: str) -> None:
    words = ["--account", account, "--cluster", cluster, "--region", "eu-west-1", "--name", account]

    result = policy("explain", str(POLICY), *words, "--user", "U0CAROL03", "--user-group", "S0PAYMENTS")

    assert said in result.output
    assert f"U0CAROL03 may {'acknowledge, mute' if account == 'payments' else 'do nothing'} here" in result.output
