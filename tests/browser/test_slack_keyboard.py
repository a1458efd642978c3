"""Where the keyboard goes on when something of the page is closed, in Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import pages
from tests.browser.slack_stage import ALICE, Stage, Visit, say
from tests.browser.small_app import MUTE, button, plain, words


@pytest.fixture
def visit(stage: Stage, browser: Browser) -> Iterator[Visit]:
    with pages(browser, stage.url) as open_page:
        yield open_page


def test_escape_from_a_modal_goes_back_to_what_opened_it(visit: Visit, stage: Stage) -> None:
    page = visit()
    say(page, "/ecs mute")
    expect(page.locator("dialog.modal")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.modal")).to_have_count(0)
    expect(page.locator("#composer input")).to_be_focused()

    page.locator("[data-tab=home]").click()
    opener = page.get_by_role("button", name="Mute…")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog.modal")).to_be_visible()
    again = [words("Since then, this."), {"type": "actions", "elements": [button("Mute…", "mute")]}]
    stage.client.views_publish(user_id=ALICE, view={"type": "home", "blocks": again})
    expect(page.locator("[data-testid=home]")).to_contain_text("Since then, this.")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.modal")).to_have_count(0)
    expect(opener).to_be_focused()


def test_escape_pressed_twice_leaves_no_modal_open_anywhere(visit: Visit, stage: Stage) -> None:
    page = visit()
    say(page, "/ecs mute")
    expect(page.locator("dialog.modal")).to_be_visible()
    stage.workspace.lock.acquire()  # so that Slack has not yet answered the first when the second is pressed
    try:
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        expect(page.locator("dialog.modal[open]")).to_have_count(1)
    finally:
        stage.workspace.lock.release()
    expect(page.locator("dialog.modal")).to_have_count(0)
    assert stage.workspace.state()["views"] == []
    say(page, "/ecs mute")
    expect(page.locator("dialog.modal")).to_be_visible()


def test_escape_from_a_menu_in_a_modal_closes_the_menu_alone(visit: Visit, stage: Stage) -> None:
    page = visit()
    say(page, "/ecs mute")
    expect(page.locator("dialog.modal")).to_be_visible()
    [modal] = stage.workspace.state()["views"]
    options = [{"text": plain(text), "value": text} for text in ("payments", "search")]
    choice = {"type": "static_select", "action_id": "look", "placeholder": plain("Which"), "options": options}
    view = {**MUTE, "blocks": [words("Of what?", accessory=choice), *MUTE["blocks"]]}
    stage.client.views_update(view_id=modal["view"]["id"], view=view)
    page.get_by_role("button", name="Which").click()
    expect(page.locator(".menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".menu")).to_have_count(0)
    expect(page.get_by_role("button", name="Which")).to_be_focused()
    expect(page.locator("dialog.modal")).to_be_visible()


def test_escape_from_a_question_goes_back_to_the_button_also_when_its_message_was_drawn_anew(
    visit: Visit, stage: Stage
) -> None:
    page = visit()
    question = {name: plain(name) for name in ("title", "text", "confirm", "deny")}
    offer = {"type": "actions", "elements": [{**button("Go on", "go"), "confirm": question}]}
    posted = stage.client.chat_postMessage(channel="C0ECSALERTS", text="first", blocks=[words("first"), offer])
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("dialog.confirm")).to_be_visible()
    again = [offer, words("second")]
    stage.client.chat_update(channel="C0ECSALERTS", ts=str(posted["ts"]), text="second", blocks=again)
    expect(page.locator("[data-testid=channel]")).to_contain_text("second")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.confirm")).to_have_count(0)
    expect(page.get_by_role("button", name="Go on")).to_be_focused()


def test_escape_from_a_thread_goes_back_to_its_replies(visit: Visit, stage: Stage) -> None:
    page = visit()
    posted = stage.client.chat_postMessage(channel="C0ECSALERTS", text="parent")
    stage.client.chat_postMessage(channel="C0ECSALERTS", text="reply", thread_ts=str(posted["ts"]))
    page.locator(".replies:visible").click()
    expect(page.locator(".thread")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".thread")).to_be_hidden()
    expect(page.locator("[data-testid=channel] .replies")).to_be_focused()


def test_a_dismissed_refusal_gives_the_focus_back(visit: Visit, stage: Stage) -> None:
    page = visit()
    stage.workspace.request_url = "http://127.0.0.1:1/"
    say(page, "/ecs mute")
    page.locator(".toast button").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_have_count(0)
    expect(page.locator("#composer input")).to_be_focused()
