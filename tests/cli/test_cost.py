"""`coastguard cost`: its numbers are what is counted times what is published, and docs/cost.md shows the same."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from coastguard.checkout import ROOT
from coastguard.cli.app import app
from coastguard.cost import ALARMS, COUNTED, MEMORY, METRICS, PRICES, Counts, Fleet, dollars, month
from tests.benchmarks.costs import table
from tests.templates.reading import read

runner = CliRunner()
FLEET = Fleet(accounts=1_000, regions=4, instances=20_000, drops=1)
PAGE = (ROOT / "docs/cost.md").read_text()


def told(*options: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(runner.invoke(app, ["cost", *options, "--format", "json"]).stdout)
    return answer


@pytest.mark.parametrize(("drops", "hub", "members"), [(0.1, 15, 8), (1, 39, 22), (2, 65, 36)])
def test_a_month_of_a_thousand_accounts_comes_to_so_many_dollars(drops: float, hub: int, members: int) -> None:
    found = told("--accounts", "1000", "--instances", "20000", "--drops", str(drops))["dollars"]

    assert (round(found["hub"]), round(found["members"])) == (hub, members)


def test_each_line_is_a_number_times_a_price_that_says_where_it_is_published() -> None:
    for line in told()["lines"]:
        price = line["price"]
        assert line["dollars"] == pytest.approx(line["number"] * price["dollars"] / price["per"])
        assert price["source"].startswith("https://aws.amazon.com/")


def test_twice_the_drops_are_twice_the_events_and_no_more_visits() -> None:
    once, twice = (
        {line.what: line.number for line in month(replace(FLEET, drops=drops), COUNTED) if line.whose == "members"}
        for drops in (1, 2)
    )

    assert twice["EventBridge events to another account"] == 2 * once["EventBridge events to another account"]
    assert twice["SQS standard requests"] == once["SQS standard requests"]


def test_nobody_and_nothing_still_has_a_hub() -> None:
    empty = replace(FLEET, instances=0)
    quiet = replace(COUNTED, visit=Counts({}, {}, {}))

    assert dollars(month(empty, quiet), "members") == 0
    assert 0 < dollars(month(empty, quiet), "hub") < dollars(month(FLEET, COUNTED), "hub")


def test_people_read_the_same_as_programs() -> None:
    shown = runner.invoke(app, ["cost"], env={"COLUMNS": "200"}).stdout
    found = told()

    for line in found["lines"]:
        assert re.search(rf"{re.escape(line['what'])} +{line['number']:,.0f} +{line['dollars']:,.2f}", shown)
    assert f"hub: ${found['dollars']['hub']:,.2f} a month" in shown


def test_the_page_says_what_the_command_says() -> None:
    assert table() in PAGE


def test_what_is_always_there_is_what_the_template_makes() -> None:
    resources: dict[str, Any] = read("hub")["Resources"]
    functions = {
        name: resource["Properties"]["MemorySize"]
        for name in MEMORY
        for key, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Function" and resource["Properties"]["Handler"] == f"hub.{name}.handler"
    }
    assert functions == MEMORY
    assert sum(each["Type"] == "AWS::CloudWatch::Alarm" for each in resources.values()) == ALARMS
    assert sum(each["Type"] == "AWS::SecretsManager::Secret" for each in resources.values()) == 1
    section = (ROOT / "docs/how-it-works.md").read_text().split("## Counts")[1]
    assert len(set(re.findall(r"`([a-z]+)`", section))) == METRICS
    assert f"{METRICS} metrics and {ALARMS} alarms" in PAGE


def test_every_price_is_in_the_bill() -> None:
    assert {line.what for line in month(FLEET, COUNTED)} == set(PRICES)
