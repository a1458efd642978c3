"""The demo's page: where things are, and what people do there."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

Visit = Callable[..., Page]
TERMINATE = "[data-action-id='coastguard.repair.terminate']"
ACKNOWLEDGE = "[data-action-id='coastguard.acknowledge']"
ACKNOWLEDGE_ALL = "[data-action-id='coastguard.ackall']"


def cluster(page: Page, account: str, region: str, name: str) -> Locator:
    return page.locator(f"[data-account='{account}'] [data-region='{region}'] [data-cluster='{name}']")


def bulletin(page: Page, words: str) -> Locator:
    """A message about a cluster; what its thread says to the channel too is none."""
    messages = page.locator("[data-testid=channel] [data-ts]").filter(has_text=words)
    return messages.filter(has_not=page.locator(".broadcast"))


def terminate(page: Page, report: Locator, host: str) -> None:
    """Click Terminate and fill in the modal that asks before it."""
    report.locator(TERMINATE).click()
    confirm(page, host)


def confirm(page: Page, host: str) -> None:
    """Fill in the modal that asks before a termination."""
    page.get_by_label("Last four characters").fill(host[-4:])
    page.get_by_label("Reason").fill("its agent does not come back")
    page.locator("dialog.modal [data-submit]").click()
    expect(page.locator("dialog.modal")).to_have_count(0)
