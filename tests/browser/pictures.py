"""Draw docs/demo.png: the demo with one bulletin resolved, one open, and the fleet they come from."""

from playwright.sync_api import expect

from coastguard.checkout import ROOT
from coastguard.local.world import Plan, World
from tests.browser.chromium import chromium
from tests.browser.page import bulletin, cluster, terminate

PATIENCE_MILLISECONDS = 300_000


def main() -> None:
    """Play the demo and take the picture."""
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with World(Plan(grace=5), print) as world, chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
        page.goto(world.url)
        first = cluster(page, "222233334444", "eu-west-1", "prod-payments").locator(".tile").first
        host = first.get_attribute("data-host") or ""
        first.click()
        terminate(page, bulletin(page, host), host)
        expect(bulletin(page, host)).to_contain_text("Resolved")
        cluster(page, "333344445555", "us-east-1", "prod-search").locator(".tile").nth(2).click()
        expect(bulletin(page, "prod-search")).to_contain_text("disconnected on 1 instance")
        expect(page.locator(".tile[data-state=trouble]")).to_have_count(1)
        page.mouse.move(0, 0)
        page.screenshot(path=ROOT / "docs" / "demo.png")


if __name__ == "__main__":
    main()
