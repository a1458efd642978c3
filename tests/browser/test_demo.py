"""The demo as people use it, in Chromium. Each story has a cluster of its own in the one world."""

import re

import pytest
from playwright.sync_api import expect

from coastguard.local.world import World
from tests.browser.axe import NONE, violations_by_scheme
from tests.browser.conftest import GRACE_SECONDS
from tests.browser.page import ACKNOWLEDGE, TERMINATE, Visit, bulletin, cluster, confirm


def test_an_unplugged_agent_is_reported_and_replaced_by_one_click(visit: Visit, world: World) -> None:
    page = visit()
    tiles = cluster(page, "222233334444", "eu-west-1", "prod-payments").locator(".tile")
    host = tiles.first.get_attribute("data-host") or ""
    before = {tile.get_attribute("data-host") for tile in tiles.all()}
    tiles.first.click()
    expect(page.locator(f".tile[data-host={host}]")).to_have_attribute("data-state", "grace")

    report = bulletin(page, host)
    expect(report).to_have_count(1)
    expect(report).to_contain_text("ECS agent disconnected on 1 instance")
    report.locator(TERMINATE).click()
    modal = page.locator("dialog.modal")
    expect(modal.locator(".alert")).to_contain_text("Tasks on it: ")
    page.get_by_label(f"Last four characters of {host}").fill("i-00")
    page.get_by_label("Reason").fill("its agent does not come back")
    modal.locator("[data-submit]").click()
    expect(modal.locator(".field-error").first).to_have_text(re.compile("last four characters"))
    page.get_by_label("Last four characters").fill(host[-4:])
    modal.locator("[data-submit]").click()
    expect(modal).to_have_count(0)

    expect(report).to_contain_text("Resolved: ECS agent on 1 instance (terminated)")
    expect(page.locator(f".tile[data-host={host}]")).to_have_count(0)
    newcomer = ({tile.get_attribute("data-host") for tile in tiles.all()} - before).pop() or ""
    expect(report).to_contain_text(f"{host} → {newcomer}")
    assert len(bulletin(page, "prod-payments").all()) == 1
    assert sum("TerminateInstance" in call["action"] for call in world.aws.ask("calls")["calls"]) == 1


def test_an_agent_that_is_back_within_the_grace_period_gives_no_message(visit: Visit) -> None:
    page = visit()
    tiles = cluster(page, "333344445555", "us-east-1", "prod-search").locator(".tile")
    tiles.nth(1).click()
    expect(tiles.nth(1)).to_have_attribute("data-connected", "false")
    tiles.nth(1).click()
    expect(tiles.nth(1)).to_have_attribute("data-connected", "true")
    page.wait_for_timeout((GRACE_SECONDS + 6) * 1000)
    assert bulletin(page, "prod-search").count() == 0


def test_of_two_people_who_click_one_is_told_that_the_other_was_first(visit: Visit, world: World) -> None:
    alice, bob = visit("U0ALICE01"), visit("U0BOB0002")
    tile = cluster(alice, "444455556666", "us-east-1", "prod-media").locator(".tile").first
    host = tile.get_attribute("data-host") or ""
    tile.click()
    for page in (alice, bob):
        bulletin(page, host).locator(TERMINATE).click()
        expect(page.locator("dialog.modal")).to_have_count(1)
    for page in (alice, bob):
        confirm(page, host)
    # Which one it is depends on how far Alice's repair has come.
    expect(bob.locator("[data-ephemeral]")).to_contain_text(re.compile("has asked for this already|is over"))
    expect(bulletin(alice, host)).to_contain_text("Resolved")
    ended = [call for call in world.aws.ask("calls")["calls"] if "TerminateInstance" in call["action"]]
    assert [call["account"] for call in ended].count("444455556666") == 1
    assert alice.locator("[data-ephemeral]").count() == 0


def test_an_acknowledged_incident_says_by_whom_and_ends_when_the_agent_is_back(visit: Visit) -> None:
    page = visit("U0CAROL03")
    page.locator("[data-channel=C0PAYMENTS]").click()
    tile = cluster(page, "222233334444", "us-east-1", "staging-payments").locator(".tile").first
    tile.click()
    report = bulletin(page, "staging-payments")
    report.locator(ACKNOWLEDGE).click()
    expect(report).to_contain_text("Acknowledged: ECS agent disconnected on 1 instance")
    expect(report).to_contain_text("Acknowledged by @Carol Lindqvist")
    expect(report.locator(ACKNOWLEDGE)).to_have_count(0)
    tile.click()
    # Nothing tells that an agent is back: the sweep finds it, about once a minute.
    expect(report).to_contain_text("Resolved: ECS agent on 1 instance (reconnected)", timeout=600_000)


def test_a_lost_zone_gives_one_message_for_each_cluster(visit: Visit) -> None:
    page = visit()
    region = page.locator("[data-account='333344445555'] [data-region='eu-west-1']")
    region.locator("[data-plug=zone]").first.click()
    report = bulletin(page, "prod-search")
    expect(report).to_contain_text("ECS agent disconnected on 2 instances")
    expect(report).to_have_count(1)


def test_of_many_instances_one_is_picked_by_keyboard_and_all_are_listed(visit: Visit) -> None:
    page = visit()
    tiles = cluster(page, "444455556666", "eu-west-1", "prod-media").locator(".tile")
    hosts = [tile.get_attribute("data-host") or "" for tile in tiles.all()]
    for tile in tiles.all():
        tile.click()
    report = bulletin(page, "prod-media").filter(has_text="6 of 6 instances (100 %)")
    expect(report.locator(ACKNOWLEDGE)).to_have_count(0)

    report.get_by_role("button", name="Show one instance…").focus()
    for key in ("Enter", "ArrowDown", "End", "ArrowUp"):
        page.keyboard.press(key)
    chosen = page.locator(".menu button:focus").inner_text()
    assert chosen.split(" · ")[0] in hosts
    page.keyboard.press("Enter")
    expect(report.locator(ACKNOWLEDGE)).to_have_count(1)
    expect(report.locator(".fields").nth(1)).to_contain_text(chosen.split(" · ")[0])

    report.locator("[data-action-id='coastguard.list']").click()
    report.locator(".replies").click()
    listed = page.locator(".thread pre")
    for host in hosts:
        expect(listed).to_contain_text(host)
    expect(page.locator(".thread")).to_contain_text("asked for by @Alice")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_small_laptop(visit: Visit, scheme: str) -> None:
    page = visit(scheme=scheme)
    expect(page.locator(".tile")).to_have_count(90)
    size = page.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]")
    assert size == [800, 1280]


# The last of them, because in its Region nothing can be terminated while the storm lasts.
def test_a_lost_region_of_many_clusters_is_one_storm_and_axe_finds_nothing_on_the_page(visit: Visit) -> None:
    page = visit()
    region = page.locator("[data-account='666677778888'] [data-region='us-east-1']")
    tiles, clusters = region.locator(".tile").count(), region.locator(".cluster").count()
    region.locator("[data-plug=region]").click()
    expect(region.locator(".tile[data-state=grace]").first).to_be_visible()
    assert violations_by_scheme(page) == NONE
    storm = page.locator("[data-testid=channel] [data-ts]").filter(has_text="Storm in us-east-1")
    expect(storm).to_contain_text("Terminate is locked")
    expect(region.locator(".tile[data-state=trouble]")).to_have_count(tiles)
    expect(storm.locator(".replies")).to_have_text(re.compile(rf"^{clusters} replies"))
    assert violations_by_scheme(page) == NONE
    storm.locator(".replies").click()
    expect(page.locator(".thread")).to_contain_text("prod-wishlist")
    page.get_by_role("button", name="Close thread").click()
    region.locator("[data-plug=region]").click()
    expect(region.locator(".tile[data-state=connected]")).to_have_count(tiles)
    # Nothing tells that agents are back: the sweep finds it.
    expect(storm).to_contain_text("Storm in us-east-1 is over", timeout=600_000)
