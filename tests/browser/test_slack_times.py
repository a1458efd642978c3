"""What time it is on the page's Slack, in Chromium: everybody's own, by the world's clock."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import pages
from tests.browser.slack_stage import ALICE, BOB, CAROL, Stage, Visit
from tests.browser.small_app import words


@pytest.fixture
def visit(stage: Stage, browser: Browser) -> Iterator[Visit]:
    with pages(browser, stage.url) as open_page:
        yield open_page


def clock_of(at: datetime) -> re.Pattern[str]:
    """How a clock shows it; some languages leave out a leading zero."""
    return re.compile(f"0?{at.hour}:{at.minute:02}")


def test_everybody_sees_all_times_in_their_own_zone_wherever_the_browser_is(visit: Visit, stage: Stage) -> None:
    page = visit(zone="Asia/Tokyo")
    at = int(datetime(2026, 7, 1, 22, 30, tzinfo=ZoneInfo("UTC")).timestamp())
    text = f"It began <!date^{at}^{{date_num}} {{time}}|then>."
    posted = stage.client.chat_postMessage(channel="C0ECSALERTS", text=text, blocks=[words(text)])
    message = page.locator("[data-testid=channel] .message")
    for person, place, zone, began in (
        (ALICE, "Paris", "Europe/Paris", "2026-07-02 0?0:30"),
        (BOB, "Lagos", "Africa/Lagos", "2026-07-01 23:30"),
        (CAROL, "New York", "America/New_York", "2026-07-01 18:30"),
    ):
        page.locator(f"[data-user={person}]").click()
        expect(message).to_contain_text(re.compile(f"It began {began}[.]"))
        said = datetime.fromtimestamp(float(str(posted["ts"])), ZoneInfo(zone))
        expect(message.locator(".byline time")).to_have_text(clock_of(said))
        expect(page.locator(".clock")).to_contain_text(place)
        expect(page.locator(".clock")).to_have_attribute(
            "title",
            f"All times of this Slack are those of {zone}, where "
            f"{page.locator(f'[data-user={person}] .person-name').inner_text()} is",
        )


def test_today_is_the_worlds_and_not_the_browsers(visit: Visit, stage: Stage) -> None:
    stage.clock.ahead = timedelta(days=3)
    stage.client.chat_postMessage(channel="C0ECSALERTS", text="Hello")
    page = visit()
    expect(page.locator("[data-testid=channel] .day")).to_have_text("Today")
    there = datetime.fromtimestamp(stage.clock(), ZoneInfo("Europe/Paris"))
    late = there + timedelta(minutes=1)  # it may have gone on meanwhile
    shown = "|".join(clock_of(moment).pattern for moment in (there, late))
    expect(page.locator(".clock")).to_have_text(re.compile(f"({shown}) Paris"))


@pytest.mark.parametrize(
    ("typed", "zone", "meant"),
    [
        pytest.param("2026-07-01T09:00", "Europe/Paris", "2026-07-01T07:00+00:00", id="in summer"),
        pytest.param("2026-03-29T03:30", "Europe/Paris", "2026-03-29T01:30+00:00", id="just after clocks went forward"),
        pytest.param("2026-10-25T00:30", "Europe/Paris", "2026-10-24T22:30+00:00", id="just before they go back"),
        pytest.param("2026-10-25T04:30", "Europe/Paris", "2026-10-25T03:30+00:00", id="just after"),
        pytest.param("2026-11-01T23:00", "America/New_York", "2026-11-02T04:00+00:00", id="in the west"),
    ],
)
def test_a_moment_is_typed_by_the_clock_of_whoever_acts(visit: Visit, typed: str, zone: str, meant: str) -> None:
    page = visit(zone="Asia/Tokyo")
    asked = "async ([zone, wall]) => { const { calendarOf } = await import('/dates.js');"
    asked += " const there = calendarOf(zone, () => 0); const at = there.at(wall); return [at, there.wall(at)]; }"
    assert page.evaluate(asked, [zone, typed]) == [datetime.fromisoformat(meant).timestamp(), typed]
