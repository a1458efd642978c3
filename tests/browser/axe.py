"""What axe finds on a page that people who use a keyboard, a screen reader or their eyes alone would stumble over."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SCHEMES = ("light", "dark")


def violations(page: Page) -> list[str]:
    """What breaks axe's rules, the good habits among them, as the page is now: the rule, and where."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{rule['id']}: {rule['help']}: {node['html']}" for rule in found for node in rule["nodes"]]


def violations_by_scheme(page: Page) -> dict[str, list[str]]:
    """The same for the light and the dark theme, one after the other."""
    seen = {}
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of two words
        seen[scheme] = violations(page)
    return seen


NONE: dict[str, list[str]] = {scheme: [] for scheme in SCHEMES}
