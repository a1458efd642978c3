"""What log lines are about: each has the keys of its own unit of work, and nothing of anybody else's."""

import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from hub.runtime.log_keys import about, attached, in_threads, unit_of_work
from hub.runtime.telemetry import invocation, log_as_json
from tests.hub.factories import CLUSTER, ELSEWHERE

log = logging.getLogger("hub.x")
Lines = Callable[[], list[dict[str, Any]]]

OF_CLUSTER = {"account": CLUSTER.account, "region": CLUSTER.region, "cluster": CLUSTER.key}
OF_ELSEWHERE = {"account": ELSEWHERE.account, "region": ELSEWHERE.region, "cluster": ELSEWHERE.key}
ACCOUNTS = [f"account-{number}" for number in range(4)]
KEYS = {*OF_CLUSTER, "incident", "request", "group", "record", "invocation"}


@pytest.fixture(autouse=True)
def nothing_attached() -> Iterator[None]:
    assert attached() == {}
    yield
    assert attached() == {}


def fail() -> None:
    about(CLUSTER, request="r-1")
    raise ValueError("no")


def keys(lines: Lines) -> list[dict[str, Any]]:
    """The attached keys of each line."""
    return [{key: value for key, value in line.items() if key in KEYS} for line in lines()]


def test_each_line_of_a_unit_of_work_has_its_keys_and_none_afterwards(log_lines: Lines) -> None:
    with unit_of_work(group="a"):
        log.info("one")
        about(CLUSTER, incident="inc-1", request="")
        log.warning("two", extra={"reason": "three"})
    log.info("four")

    assert [line["message"] for line in log_lines()] == ["one", "two", "four"]
    assert keys(log_lines) == [{"group": "a"}, {"group": "a", **OF_CLUSTER, "incident": "inc-1"}, {}]
    assert log_lines()[1]["reason"] == "three"


def test_what_a_unit_goes_on_with_has_nothing_of_what_was_before(log_lines: Lines) -> None:
    with unit_of_work(group="a"):
        about(CLUSTER, incident="inc-1", request="r-1")
        about(ELSEWHERE)
        log.info("one")
        about()
        log.info("two")

    assert keys(log_lines) == [{"group": "a", **OF_ELSEWHERE}, {"group": "a"}]


def test_a_unit_within_another_has_both_ones_keys_and_leaves_the_outer_one_its_own(log_lines: Lines) -> None:
    with unit_of_work(invocation="i-1"):
        about(CLUSTER)
        with unit_of_work(group="a"):
            about(request="r-1")
            log.info("within")
        log.info("after")

    assert keys(log_lines) == [
        {"invocation": "i-1", **OF_CLUSTER, "group": "a", "request": "r-1"},
        {"invocation": "i-1", **OF_CLUSTER},
    ]


def test_the_line_that_tells_of_an_error_has_the_keys_and_the_next_unit_has_not(log_lines: Lines) -> None:
    for group, work in (("a", fail), ("b", lambda: None)):
        with unit_of_work(group=group):
            try:
                work()
            except ValueError:
                log.exception("failed")
            log.info("done")

    first = {"group": "a", **OF_CLUSTER, "request": "r-1"}
    assert keys(log_lines) == [first, first, {"group": "b"}]


def test_an_error_that_leaves_a_unit_takes_its_keys_along(log_lines: Lines) -> None:
    with pytest.raises(ValueError, match="no"), unit_of_work(group="a"):
        fail()
    log.info("one")

    assert keys(log_lines) == [{}]


def test_outside_of_a_unit_nothing_is_attached(log_lines: Lines) -> None:
    about(CLUSTER, request="r-1")
    log.info("one")

    assert keys(log_lines) == [{}]


def test_a_key_that_a_line_names_itself_is_the_lines(log_lines: Lines) -> None:
    with unit_of_work(group="a"):
        about(CLUSTER)
        log.info("one", extra={"cluster": ELSEWHERE.key})

    assert keys(log_lines) == [{"group": "a", **OF_CLUSTER, "cluster": ELSEWHERE.key}]


def test_threads_have_the_keys_of_who_began_them_and_each_its_own_besides(log_lines: Lines) -> None:
    both = Barrier(2, timeout=10)

    def visit(account: str) -> None:
        about(account=account)
        both.wait()  # now each has said what it is about
        log.info(account)
        both.wait()

    with ThreadPoolExecutor(2) as threads:
        with unit_of_work(invocation="i-1"):
            about(request="r-1")
            list(threads.map(in_threads(visit), ACCOUNTS))
            log.info("main")
        left = list(threads.map(lambda _: dict(attached()), range(4)))

    kept = {"invocation": "i-1", "request": "r-1"}
    by_account = {line["message"]: of for line, of in zip(log_lines(), keys(log_lines), strict=True)}
    assert by_account == {**{each: {**kept, "account": each} for each in ACCOUNTS}, "main": kept}
    assert left == [{}] * 4


def test_an_invocation_is_named_as_lambda_names_it(log_lines: Lines) -> None:
    class Context:
        aws_request_id = "8c1a2d3e"

    with invocation(Context()):
        log.info("one")
    with invocation(None):
        log.info("two")

    assert keys(log_lines) == [{"invocation": "8c1a2d3e"}, {}]


def test_what_libraries_log_has_the_keys_too(log_lines: Lines) -> None:
    with unit_of_work(group="a"):
        logging.getLogger("botocore.x").error("no answer")

    assert keys(log_lines) == [{"group": "a"}]


@pytest.mark.usefixtures("quiet_logs")
def test_a_function_that_is_wired_twice_writes_each_line_once(caplog: pytest.LogCaptureFixture) -> None:
    log_as_json()
    log_as_json()
    log.info("one")

    assert [json.loads(line)["message"] for line in caplog.text.splitlines()] == ["one"]
