from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from coastguard.local.world import Plan, World
from tests.browser.chromium import chromium
from tests.browser.slack_stage import Stage, slack_stage

GRACE_SECONDS = 4
PATIENCE_MILLISECONDS = 200_000


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World(Plan(grace=GRACE_SECONDS), print) as standing:
        yield standing


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with chromium() as started:
        yield started


@pytest.fixture
def stage() -> Iterator[Stage]:
    """The page's Slack with a small app behind it, and no AWS."""
    with slack_stage() as standing:
        yield standing


@pytest.fixture
def visit(world: World, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open the page as one person; at the end, no page may have logged an error."""
    with pages(browser, world.url) as open_page:
        yield open_page


@contextmanager
def pages(browser: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """A function that opens the page at `url` as one person; at the end, no page may have logged an error."""
    errors: list[str] = []
    contexts = []

    def open_page(
        user: str = "U0ALICE01", scheme: str = "light", size: tuple[int, int] = (1280, 800), zone: str = "UTC"
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,  # type: ignore[arg-type]
            timezone_id=zone,
            locale="en-GB",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url)
        page.locator("#live[data-live=live]").wait_for()
        page.locator(f"[data-user={user}]").click()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
