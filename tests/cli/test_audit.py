"""`coastguard audit`: the log as a table, as JSON and as CSV, read from the hub's table."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import boto3
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from rich.console import Console
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from typer.testing import CliRunner, Result

from coastguard.audit import COLUMNS, AuditError, BadTime, Wanted, account_of, as_csv, as_json, find_account, moment
from coastguard.cli.app import app
from coastguard.cli.audit import Format, Screen
from hub.incidents.audit import LOG_KEPT, Entry
from hub.scopes.account import Account
from hub.table.store import Store
from tests.hub.factories import ALICE, BOB, CLUSTER, ELSEWHERE, NOON, entry
from tests.hub.stack import create_table
from tests.local_slack.serving import served
from tests.signed_in import sign_in
from tests.wire.before_moto import AS_SIGNED_IN
from tests.wire.table import Tables
from tests.wire.wire import Wire

DAY = timedelta(days=1)
REGION = "eu-west-1"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(monkeypatch)
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def aws(wire_before_moto: Wire) -> Iterator[Wire]:
    with time_machine.travel(NOON, tick=False), mock_aws(config=AS_SIGNED_IN):
        yield wire_before_moto
    wire_before_moto.services.clear()


@pytest.fixture
def store(aws: Wire) -> Store:
    Tables().hang(aws)
    create_table(boto3.client("dynamodb"))
    return Store("coastguard", REGION)


def audit(*words: str) -> Result:
    return CliRunner().invoke(app, ["audit", *words])


def told(*words: str) -> list[dict[str, str]]:
    result = audit("--format", "json", *words)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def whats(*words: str) -> list[str]:
    return [line["what"] for line in told(*words)]


# What is shown


def test_everything_of_an_entry_is_told(store: Store) -> None:
    whole = entry(
        "approved: Terminate",
        at=NOON - DAY,
        result="in AWS's hands",
        incident="inc-0123456789",
        request="r-1",
        source_identity="slack-T-U",
        reason="it burns",
        approved_by=BOB,
        channel="C0ECSALERTS",
        checks="repairs are not stopped",
    )
    store.log(CLUSTER, whole)
    assert told() == [
        {
            "at": "2026-11-19T12:00:00.000Z",
            "who": ALICE,
            "what": "approved: Terminate",
            "where": "i-0b7c9d1e2f3a4b5c6",
            "result": "in AWS's hands",
            "reason": "it burns",
            "checks": "repairs are not stopped",
            "approved_by": BOB,
            "channel": "C0ECSALERTS",
            "account": "222233334444",
            "region": "eu-west-1",
            "cluster": "prod-payments",
            "incident": "inc-0123456789",
            "request": "r-1",
            "source_identity": "slack-T-U",
        }
    ]


def test_every_part_of_an_entry_has_a_column() -> None:
    # How loud the bulletin's thread says it, and to whom, is no part of the log.
    assert set(Entry.__dataclass_fields__) - {"quiet", "aloud", "mentions"} <= set(COLUMNS)


def test_what_people_did_in_a_week_comes_oldest_first_and_nothing_else(store: Store) -> None:
    store.log(CLUSTER, entry("second", at=NOON - DAY))
    store.log(ELSEWHERE, entry("first", at=NOON - 6 * DAY))
    store.log(None, entry("third", at=NOON - timedelta(seconds=1)))
    store.log(CLUSTER, entry("too old", at=NOON - 8 * DAY))
    store.log(CLUSTER, entry("by nobody", at=NOON - DAY, who=""))
    assert whats() == ["first", "second", "third"]


def test_since_and_until_cut_it(store: Store) -> None:
    for days in range(1, 70, 10):
        store.log(CLUSTER, entry(f"{days} days ago", at=NOON - days * DAY))
    assert whats("--since", "30d") == ["21 days ago", "11 days ago", "1 days ago"]
    assert whats("--since", "2026-10-01", "--until", "3w") == ["41 days ago", "31 days ago"]
    assert whats("--since", "9999d") == [f"{days} days ago" for days in range(61, 0, -10)]


def test_an_account_is_asked_for_by_its_id_or_name(store: Store) -> None:
    store.keep_accounts([Account("222233334444", "Payments"), Account("333344445555", "Search")], now=NOON)
    store.log(CLUSTER, entry("in a cluster", at=NOON - DAY))
    store.log(ELSEWHERE, entry("elsewhere", at=NOON - DAY))
    store.log(None, entry("muted", at=NOON - DAY / 2, where="account:222233334444"))
    store.log(None, entry("stopped all repairs", at=NOON - DAY / 2, where="organization"))
    for written in ("222233334444", "2222-3333-4444", "payments"):
        assert whats("--account", written) == ["in a cluster", "muted"]
    assert whats("--account", "search") == ["elsewhere"]


def test_a_person_is_asked_for_as_who_did_it_or_agreed(store: Store) -> None:
    store.log(CLUSTER, entry("asked", at=NOON - DAY))
    store.log(CLUSTER, entry("approved", at=NOON - DAY / 2, who=BOB))
    store.log(CLUSTER, entry("done", at=NOON - DAY / 3, approved_by=BOB))
    assert whats("--who", BOB) == ["approved", "done"]


def test_the_table_is_for_people(store: Store) -> None:
    store.log(CLUSTER, entry("muted", at=NOON - DAY, result="until 18:00", reason="AMI bake", approved_by=BOB))
    result = audit()
    assert result.exit_code == 0
    head, *rows = (re.sub(r" +", " ", line).strip() for line in result.stdout.splitlines())
    assert head == "when who what where why, and what came of it"
    assert rows[0].startswith("2026-11-19 12:00 U0ALICE01 muted i-0b7c9d1e2f3a4b5c6 · prod-payments ·")
    assert rows[0].endswith("AMI bake · until 18:00 · approved by U0BOB0002")
    assert rows[1] == "222233334444 · eu-west-1"
    assert "1 entry, oldest first" in result.stderr


def test_a_long_log_has_one_head(store: Store) -> None:
    for number in range(120):
        store.log(CLUSTER, entry(f"deed {number}", at=NOON - DAY + timedelta(seconds=number)))
    result = audit()
    assert result.stdout.count("why, and what came of it") == 1
    assert [f"deed {number} " in result.stdout for number in range(120)] == [True] * 120
    assert "120 entries" in result.stderr


@pytest.mark.parametrize(
    ("form", "printed"), [("table", ""), ("json", ""), ("csv", f"{','.join(COLUMNS)}\r\n")], ids=lambda text: text[:5]
)
def test_where_nobody_did_anything_that_is_said(store: Store, form: str, printed: str) -> None:
    assert store.accounts() == {}
    result = audit("--format", form)
    assert result.exit_code == 0
    assert result.stdout_bytes.decode() == printed
    assert "Nobody did anything there from 2026-11-13 12:00 until 2026-11-20 12:00." in result.stderr


# What is foreign in it


def records(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@given(st.text())
def test_csv_is_read_back_as_one_record_of_one_line(words: str) -> None:
    line = as_csv(entry(reason=words, where=f'{words}",\n'))
    [read] = records(line)
    assert len(read) == len(COLUMNS)
    assert line.splitlines() == [line]


@given(st.sampled_from(["=", "+", "-", "@", "\t=", "\r+", " =", "\x00@", "\uff1d"]), st.text())
def test_no_cell_is_a_formula(first: str, rest: str) -> None:
    written = records(as_csv(entry(reason=first + rest)))[0][COLUMNS.index("reason")]
    assert written.startswith("'")


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("\x1b[31m\x1b]0;title\x07 \x9b2J", id="orders to a terminal"),
        pytest.param("one\r\ntwo\x0b\x0c\x85\u2028\u2029", id="lines"),
        pytest.param("\u202egnihton\u202c \u2066\u2069\u200b", id="right to left"),
        pytest.param("\ud800 half a character \udfff", id="halves"),
        pytest.param("[red]markup[/red] [/] [link=https://evil.example]", id="markup of ours"),
        pytest.param("x" * 5_000, id="long"),
        pytest.param("\x00\x08\x7f\t", id="control characters"),
        pytest.param("", id="nothing"),
    ],
)
def test_hostile_words_give_a_terminal_no_orders(words: str) -> None:
    foreign = entry(words, reason=words, where=words, result=words)
    for form in Format:
        shown = io.StringIO()
        Screen(Console(file=shown, width=120), Console(file=io.StringIO())).show(
            [foreign], Wanted(NOON, NOON + DAY), form
        )
        lines = shown.getvalue().replace("\r\n", "\n").split("\n")
        assert [c for line in lines for c in line if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}] == []
    assert json.loads(as_json(foreign))["reason"] == words


# How far it is


def test_a_read_that_takes_long_shows_how_far_it_is() -> None:
    shown = io.StringIO()
    terminal = Console(file=shown, force_terminal=True, width=120)
    ticks = count(1)

    def slowly() -> Iterator[Entry]:
        for number in range(3):
            while next(ticks) < 2_000_000 and "reading the log" not in shown.getvalue():
                pass
            yield entry(at=NOON + number * timedelta(hours=6))

    Screen(Console(file=io.StringIO()), terminal, patience=0).show(slowly(), Wanted(NOON, NOON + DAY), Format.JSON)
    assert "reading the log" in shown.getvalue()


@pytest.mark.parametrize("form", Format)
def test_what_is_piped_is_entries_alone(form: Format) -> None:
    shown, beside = io.StringIO(), io.StringIO()
    Screen(Console(file=shown), Console(file=beside), patience=0).show([entry()], Wanted(NOON, NOON + DAY), form)
    assert "reading" not in shown.getvalue() + beside.getvalue()
    assert "\x1b" not in shown.getvalue()


# What goes wrong


@pytest.mark.usefixtures("aws")
def test_a_table_that_is_not_there_is_said_with_the_remedy() -> None:
    result = audit("--table", "another", "--region", "eu-west-2")
    assert result.exit_code == 1
    assert "no table another in Region eu-west-2" in result.stderr
    assert "--region" in result.stderr
    assert result.stdout == ""


def test_without_credentials_it_says_how_to_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    result = audit()
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no AWS credentials: sign in to the hub account" in result.stderr


def test_a_profile_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "hub-prod")
    result = audit("--region", REGION)
    assert result.exit_code == 1
    assert "hub-prod" in result.stderr


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("AccessDeniedException", "dynamodb:Query on the table and on its index `open`"),
        ("ExpiredTokenException", "sign in again"),
        ("UnrecognizedClientException", "sign in again"),
        ("ValidationException", "cannot be read"),
    ],
)
def test_what_aws_refuses_is_said_with_the_remedy(code: str, remedy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(_request: Request) -> JSONResponse:
        return JSONResponse({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "No."}, 400)

    with served(Starlette(routes=[Route("/", refuse, methods=["POST"])])) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", address)
        result = audit()
    assert (result.exit_code, result.stdout) == (1, "")
    assert remedy in result.stderr


def test_without_a_region_it_says_how_to_choose_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    result = audit()
    assert result.exit_code == 1
    assert "AWS_DEFAULT_REGION" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["--since", "yesterday"], "2026-11-24T09:00", id="no time"),
        pytest.param(["--until", "7d"], "--until has to be later", id="nothing between"),
        pytest.param(["--since", "1h", "--until", "2h"], "--until has to be later", id="the wrong way round"),
        pytest.param(["--format", "xml"], "'table', 'json', 'csv'", id="another format"),
    ],
)
def test_what_cannot_be_is_said(words: list[str], said: str) -> None:
    result = audit(*words)
    assert result.exit_code == 2
    assert said in " ".join(re.sub(r"[│\n]", " ", result.stderr).split())


ACCOUNTS = {
    account.id: account
    for account in (
        Account("111111111111", "Payments"),
        Account("222222222222", "Search"),
        Account("333333333333", "search"),
        Account("444444444444"),
    )
}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param("paymets", "The nearest names: Payments", id="misspelt"),
        pytest.param("SEARCH", "give the id, 222222222222, 333333333333", id="several"),
        pytest.param("\x1b[31mzzz", "no account called '[31mzzz'. Give its id", id="hostile"),
    ],
)
def test_an_account_nobody_knows_is_said_with_the_nearest(words: str, said: str) -> None:
    with pytest.raises(AuditError, match=re.escape(said)):
        find_account(words, ACCOUNTS)


# Times and places


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("90m", NOON - timedelta(minutes=90)),
        ("1d12h", NOON - 1.5 * DAY),
        (" 2W ", NOON - 14 * DAY),
        ("999999w", NOON - LOG_KEPT),
        ("2026-11-19", NOON - 1.5 * DAY),
        ("2026-11-20T11:00", NOON - timedelta(hours=1)),
        ("2026-11-20T12:00+01:00", NOON - timedelta(hours=1)),
        ("2026-11-20T11:00Z", NOON - timedelta(hours=1)),
    ],
)
def test_times_are_read(text: str, at: object) -> None:
    assert moment(text, NOON) == at


@given(st.text())
def test_what_is_no_time_is_refused_and_nothing_else_happens(text: str) -> None:
    with suppress(BadTime):
        assert moment(text, NOON).tzinfo is not None


@pytest.mark.parametrize(
    ("changes", "account"),
    [
        ({}, "222233334444"),
        ({"cluster": "", "where": "region:222233334444/eu-west-1"}, "222233334444"),
        ({"cluster": "", "where": "region:*/eu-west-1"}, ""),
        ({"cluster": "", "where": "222233334444"}, "222233334444"),
        ({"cluster": "", "where": "i-222233334444aaaaa"}, ""),
        ({"cluster": "", "where": "payments"}, ""),
    ],
)
def test_the_account_is_that_of_the_cluster_or_the_scope(changes: dict[str, Any], account: str) -> None:
    assert account_of(replace(entry(), **changes)) == account
