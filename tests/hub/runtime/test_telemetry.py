"""Logs and counts as Lambda and CloudWatch read them."""

import json
import logging

import pytest

from hub.runtime.telemetry import Counts, log_as_json


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Coastguard")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "coastguard-look")
    return Counts()


def test_what_is_counted_is_told_in_one_line_without_a_dimension_of_its_own(
    counts: Counts, capsys: pytest.CaptureFixture[str]
) -> None:
    counts.add("looks", 1)
    counts.add("announced", 2)
    counts.add("unreadable", 0)

    counts.flush()

    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert {name: told[name] for name in ("looks", "announced", "service")} == {
        "looks": [1.0],
        "announced": [2.0],
        "service": "coastguard-look",
    }
    assert "unreadable" not in told
    assert told["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Coastguard"
    assert told["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]


def test_the_next_invocation_counts_anew(counts: Counts, capsys: pytest.CaptureFixture[str]) -> None:
    counts.add("looks", 5)
    counts.flush()
    counts.add("looks", 1)
    counts.flush()

    assert [json.loads(line)["looks"] for line in capsys.readouterr().out.splitlines()] == [[5.0], [1.0]]


def test_nothing_counted_is_nothing_told(counts: Counts, capsys: pytest.CaptureFixture[str]) -> None:
    counts.flush()

    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("quiet_logs")
def test_log_lines_are_json_with_their_keys(caplog: pytest.LogCaptureFixture) -> None:
    log_as_json(quiet=("chatty",))

    logging.getLogger("hub.x").info("announced", extra={"cluster": "222233334444/eu-west-1/prod"})
    logging.getLogger("chatty").warning("never mind")
    logging.getLogger("botocore.x").info("every request")

    (line,) = caplog.text.splitlines()
    told = json.loads(line)
    assert (told["level"], told["message"], told["cluster"]) == ("INFO", "announced", "222233334444/eu-west-1/prod")
