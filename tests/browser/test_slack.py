"""The page's Slack as people use it, in Chromium: channels, ephemerals, modals, Homes. No AWS is behind it."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import pages
from tests.browser.slack_stage import ALICE, BOB, FOREIGNER, GUEST, Stage, Visit, say
from tests.browser.small_app import MUTE


@pytest.fixture
def visit(stage: Stage, browser: Browser) -> Iterator[Visit]:
    with pages(browser, stage.url) as open_page:
        yield open_page


def asked(page: Page, block: str) -> Locator:
    return page.locator(f"dialog.modal [data-block-id={block}]")


def test_a_modal_is_filled_in_corrected_and_submitted(visit: Visit, stage: Stage) -> None:
    page = visit()
    say(page, "/ecs mute")
    dialog = page.locator("dialog.modal")
    expect(dialog).to_contain_text("Nothing is said about 3 open incidents.")
    reason = page.get_by_label("Reason")
    expect(reason).to_be_focused()
    page.keyboard.press("Enter")
    expect(asked(page, "reason").locator(".field-error")).to_have_text("Please complete this required field.")
    expect(asked(page, "tell").locator(".field-error")).to_have_text("Please complete this required field.")
    expect(asked(page, "also").locator(".field-error")).to_be_hidden()
    expect(reason).to_be_focused()

    reason.fill("why not")
    page.get_by_label("Whole account").check()
    page.get_by_label("Owner").select_option(label="Bob Okafor")
    page.get_by_label("Tell").select_option("owners")
    page.get_by_label("Remind me").check()
    page.get_by_label("Until").fill("2026-12-01T09:00")
    dialog.locator("[data-submit]").click()
    expect(asked(page, "reason").locator(".field-error")).to_have_text("Say why.")
    expect(asked(page, "tell").locator(".field-error")).to_be_hidden()
    expect(page.get_by_label("Whole account")).to_be_checked()

    reason.fill("AMI bake")
    dialog.locator("[data-submit]").click()
    expect(dialog).to_have_count(0)
    expect(page.locator("[data-testid=channel] .message")).to_contain_text("Muted by @Alice Moreau")
    [values] = stage.app.submitted
    assert values["reason"]["value"] == "AMI bake"
    assert values["scope"]["selected_option"]["value"] == "account"
    assert values["owner"]["selected_user"] == BOB
    assert values["tell"]["selected_option"]["value"] == "owners"
    assert [option["value"] for option in values["also"]["selected_options"]] == ["remind"]
    nine = datetime(2026, 12, 1, 9, tzinfo=ZoneInfo("Europe/Paris"))
    assert values["until"]["selected_date_time"] == nine.timestamp()


def test_a_modal_that_is_updated_keeps_what_was_filled_in(visit: Visit, stage: Stage) -> None:
    page = visit()
    say(page, "/ecs mute")
    page.get_by_label("Reason").fill("AMI bake")
    [modal] = stage.workspace.state()["views"]
    more = {"type": "section", "block_id": "more", "text": {"type": "plain_text", "text": "Since then, 4."}}
    later = {**MUTE, "title": {"type": "plain_text", "text": "Mute more"}, "blocks": [more, *MUTE["blocks"]]}
    stage.client.views_update(view_id=modal["view"]["id"], view=later)
    expect(page.get_by_role("dialog", name="Mute more")).to_contain_text("Since then, 4.")
    expect(page.get_by_label("Reason")).to_have_value("AMI bake")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.modal")).to_have_count(0)
    assert stage.workspace.state()["views"] == []


def test_a_failing_app_is_told_inside_the_modal(visit: Visit, stage: Stage) -> None:
    page = visit()
    say(page, "/ecs mute")
    page.get_by_label("Reason").fill("AMI bake")
    page.get_by_label("Tell").select_option("all")
    stage.workspace.request_url = "http://127.0.0.1:1/"
    page.locator("[data-submit]").click()
    expect(page.locator("dialog.modal .toast")).to_contain_text("dispatch_failed")
    page.locator("dialog.modal [data-close=all]").click()
    expect(page.locator("dialog.modal")).to_have_count(0)


def test_everyone_has_a_home_of_their_own(visit: Visit) -> None:
    page = visit()
    page.locator("[data-tab=home]").click()
    home = page.locator("[data-testid=home]")
    expect(home).to_contain_text("Nothing is open, @Alice Moreau.")
    expect(page.locator("#composer")).to_be_hidden()
    page.locator(f"[data-user={BOB}]").click()
    expect(home).to_contain_text("Nothing is open, @Bob Okafor.")

    home.get_by_role("button", name="All accounts").click()
    page.locator(".menu [data-value=search]").click()
    expect(home).to_contain_text("Nothing is open in search.")
    page.locator(f"[data-user={ALICE}]").click()
    home.get_by_role("button", name="Mute…").click()
    expect(page.locator("dialog.modal")).to_contain_text("Reason")
    page.locator("[data-close=one]").click()
    page.locator("[data-channel=C0ECSALERTS]").click()
    expect(home).to_be_hidden()
    expect(page.locator("#composer")).to_be_visible()


def test_people_see_the_channels_they_are_in(visit: Visit, stage: Stage) -> None:
    page = visit()
    stage.client.chat_postMessage(channel="C0PAYMENTS", text="for payments")
    expect(page.locator("[data-testid=channel] .empty")).to_be_visible()
    page.locator("[data-channel=C0PAYMENTS]").click()
    expect(page.locator("[data-testid=channel]")).to_contain_text("for payments")
    page.locator("[data-channel=C0FORMERLY]").click()
    expect(page.locator("#composer input")).to_be_disabled()
    page.locator(f"[data-user={FOREIGNER}]").click()
    expect(page.locator("[data-channel]")).to_have_count(2)
    expect(page.locator("[data-channel=C0ECSALERTS]")).to_have_attribute("aria-current", "page")


def test_an_ephemeral_offer_is_taken_by_the_guest_who_sees_it(visit: Visit) -> None:
    page = visit(GUEST)
    say(page, "which")
    note = page.locator("[data-ephemeral]")
    note.get_by_role("button", name="search").click()
    expect(note).to_contain_text("It is search.")
    expect(note.get_by_role("button", name="search")).to_have_count(0)
    page.locator(f"[data-user={ALICE}]").click()
    expect(note).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_modals_and_homes_fit_a_small_laptop(visit: Visit, stage: Stage, scheme: str) -> None:
    page = visit(scheme=scheme)
    page.locator("[data-tab=home]").click()
    page.get_by_role("button", name="Mute…").click()
    expect(page.locator("dialog.modal")).to_be_visible()
    [modal] = stage.workspace.state()["views"]
    lines = [{"type": "divider"}] * 90
    stage.client.views_update(view_id=modal["view"]["id"], view={**MUTE, "blocks": [*MUTE["blocks"], *lines]})
    stage.client.views_publish(user_id=ALICE, view={"type": "home", "blocks": lines})
    expect(page.locator("dialog.modal hr")).to_have_count(90)
    expect(page.locator("[data-testid=home] hr")).to_have_count(90)
    expect(page.locator("[data-submit]")).to_be_in_viewport()
    size = page.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]")
    assert size == [800, 1280]
