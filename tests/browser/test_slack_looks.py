"""What there is to see on the page's Slack, in Chromium: by axe's rules, in both themes, and in small windows."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.axe import NONE, violations, violations_by_scheme
from tests.browser.conftest import pages
from tests.browser.slack_stage import Stage, Visit, say
from tests.browser.small_app import MUTE, button, plain, words


@pytest.fixture
def visit(stage: Stage, browser: Browser) -> Iterator[Visit]:
    with pages(browser, stage.url) as open_page:
        yield open_page


def test_axe_finds_what_is_wrong(visit: Visit) -> None:
    page = visit()
    page.locator("#theme").evaluate("button => button.removeAttribute('aria-label') ?? button.removeAttribute('title')")
    page.locator("#theme").evaluate("button => { button.textContent = ''; }")
    assert [found.partition(":")[0] for found in violations(page)] == ["button-name"]


TABLE = {"type": "table", "rows": [[{"type": "raw_text", "text": text} for text in row] for row in ("ab", "cd")]}
EVERYTHING = [
    {"type": "header", "text": plain("A header")},
    words("*bold* `code` <https://example.com|a link> <@U0BOB0002> ~gone~ :red_circle:\n> quoted\n```fenced```"),
    {"type": "section", "fields": [words("*one*")["text"], words("*two*")["text"]]},
    {"type": "context", "elements": [words("_small_ `code`")["text"]]},
    {"type": "divider"},
    {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a graph", "title": plain("Title")},
    {
        "type": "actions",
        "elements": [
            {**button("Primary", "b1"), "style": "primary"},
            {**button("Danger", "b2"), "style": "danger"},
            button("Plain", "b3"),
            {
                "type": "overflow",
                "action_id": "more",
                "options": [{"text": plain("One"), "value": "1", "description": plain("more")}],
            },
        ],
    },
]


def test_axe_finds_nothing_in_a_channel_and_a_thread(visit: Visit, stage: Stage) -> None:
    page = visit()
    bar = {"color": "#e01e5a", "blocks": [*EVERYTHING[1:4], *EVERYTHING[6:]]}
    posted = stage.client.chat_postMessage(
        channel="C0ECSALERTS", text="all of it", blocks=[*EVERYTHING, TABLE], attachments=[bar]
    )
    stage.client.chat_postMessage(
        channel="C0ECSALERTS", text="reply", thread_ts=str(posted["ts"]), reply_broadcast=True
    )
    stage.client.chat_update(
        channel="C0ECSALERTS", ts=str(posted["ts"]), text="it", blocks=EVERYTHING, attachments=[bar]
    )
    say(page, "which")
    expect(page.locator("[data-ephemeral]")).to_be_visible()
    assert violations_by_scheme(page) == NONE
    page.locator(".replies:visible").first.click()
    expect(page.locator(".thread")).to_be_visible()
    assert violations_by_scheme(page) == NONE
    page.get_by_role("button", name="More actions").first.click()
    expect(page.locator(".menu")).to_be_visible()
    assert violations_by_scheme(page) == NONE


def test_axe_finds_nothing_in_modals_homes_and_refusals(visit: Visit, stage: Stage) -> None:
    page = visit()
    page.locator("[data-tab=home]").click()
    expect(page.locator("[data-testid=home]")).to_contain_text("Nothing is open")
    assert violations_by_scheme(page) == NONE
    page.get_by_role("button", name="Mute…").click()
    page.locator("dialog.modal [data-submit]").click()
    expect(page.locator(".field-error:visible")).to_have_count(2)
    levels = [{"type": "alert", "level": level, "text": plain(level)} for level in ("info", "success", "error")]
    [modal] = stage.workspace.state()["views"]
    stage.client.views_update(view_id=modal["view"]["id"], view={**MUTE, "blocks": [*levels, *MUTE["blocks"]]})
    expect(page.locator("dialog.modal .alert")).to_have_count(4)
    assert violations_by_scheme(page) == NONE
    stage.workspace.request_url = "http://127.0.0.1:1/"
    page.locator("dialog.modal [data-close=one]").click()
    page.locator("[data-channel=C0PAYMENTS]").click()
    say(page, "which")
    expect(page.locator("#toasts .toast")).to_be_visible()
    assert violations_by_scheme(page) == NONE


@pytest.mark.parametrize("size", [(800, 600), (390, 844)], ids=str)
def test_nothing_is_wider_than_a_small_window(visit: Visit, stage: Stage, size: tuple[int, int]) -> None:
    page = visit(size=size)
    posted = stage.client.chat_postMessage(channel="C0ECSALERTS", text="x", blocks=[*EVERYTHING, TABLE])
    stage.client.chat_postMessage(channel="C0ECSALERTS", text="a reply", thread_ts=str(posted["ts"]))
    page.locator(".replies:visible").click()
    expect(page.locator(".thread")).to_contain_text("a reply")
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    page.get_by_role("button", name="Close thread").click()
    say(page, "/ecs mute")
    expect(page.locator("[data-submit]")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
