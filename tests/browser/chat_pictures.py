"""Draw docs/pictures: what docs/chatops.md shows, on the local Slack's page. No AWS is behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect
from slack_sdk import WebClient

from coastguard.checkout import ROOT
from coastguard.local.page_server import Server, application
from coastguard.local.slack.tickets import Origin
from coastguard.local.slack.workspace import BOT_TOKEN, Workspace
from tests.browser.calm import Calm
from tests.browser.chromium import chromium
from tests.browser.png import smaller
from tests.browser.scenes import ALICE, CHANNEL, NOW, SCENES, Asked, Home, Said, Scene

PICTURES = ROOT / "docs" / "pictures"
# Modals and Homes are taken whole, so the page is higher than a screen.
_WIDTH, _HEIGHT = 1280, 1800
_MARGINS = "[data-testid=home] .blocks { padding: 12px 16px; }"


@dataclass(frozen=True)
class Studio:
    """A workspace in which it is always the same moment, and a page that shows it to Alice."""

    workspace: Workspace
    client: WebClient
    page: Page

    def picture(self, scene: Scene) -> Locator:
        """Have a scene shown; returns what is to be seen in the picture."""
        match scene:
            case Said():
                return self._message(scene)
            case Asked():
                return self._modal(scene)
            case Home():
                self.client.views_publish(user_id=ALICE, view=scene.view)
                self.page.locator("[data-tab=home]").click()
                drawn = self.page.locator("[data-testid=home] .blocks")
                expect(drawn).to_contain_text("In trouble")
                return drawn

    def _message(self, scene: Said) -> Locator:
        blocks = [dict(block) for block in scene.blocks]
        if scene.whispered:
            self.client.chat_postEphemeral(channel=CHANNEL, user=ALICE, text=scene.text, blocks=blocks)
            return self.page.locator("[data-testid=channel] [data-ephemeral]")
        attachments = [dict(attachment) for attachment in scene.attachments]
        posted = self.client.chat_postMessage(channel=CHANNEL, text=scene.text, blocks=blocks, attachments=attachments)
        for text, reply, aloud in scene.replies:
            self.client.chat_postMessage(
                channel=CHANNEL,
                text=text,
                blocks=[dict(block) for block in reply],
                thread_ts=posted["ts"],
                reply_broadcast=aloud,
            )
        if not scene.replies:
            return self.page.locator("[data-testid=channel] .message")
        self.page.locator("[data-testid=channel] .message").first.get_by_role("button", name="repl").last.click()
        replies = self.page.locator("[data-testid=thread] .message")
        expect(replies).to_have_count(1 + len(scene.replies))
        return self.page.locator("[data-testid=thread] .messages")

    def _modal(self, scene: Asked) -> Locator:
        trigger, _ = self.workspace.tickets.hand_out(Origin(ALICE, CHANNEL), self.workspace.clock())
        self.client.views_open(trigger_id=trigger, view=scene.view)
        dialog = self.page.locator("dialog.modal")
        for block, text in scene.typed.items():
            dialog.locator(f"[data-block-id={block}]").get_by_role("textbox").fill(text)
        dialog.locator("h2").click()
        return dialog


@contextmanager
def studio(browser: Browser) -> Iterator[Studio]:
    """Open one, for one picture."""
    workspace, server = Workspace(NOW.timestamp), Server(0)
    server.start(application(Calm(), workspace, 5))  # type: ignore[arg-type]  # as much of AWS as the page needs
    context = browser.new_context(
        viewport={"width": _WIDTH, "height": _HEIGHT},
        color_scheme="light",
        timezone_id="UTC",
        locale="en-GB",
        bypass_csp=True,
    )
    try:
        page = context.new_page()
        page.clock.set_fixed_time(NOW)
        page.goto(server.url)
        page.add_style_tag(content=_MARGINS)
        page.locator("#live[data-live=live]").wait_for()
        page.locator(f"[data-user={ALICE}]").click()
        client = WebClient(BOT_TOKEN, base_url=f"{server.url}/api/", retry_handlers=[])
        yield Studio(workspace, client, page)
    finally:
        context.close()
        server.stop()


def take(browser: Browser, scene: Scene, path: Path) -> None:
    """Take one picture."""
    with studio(browser) as standing:
        seen = standing.picture(scene)
        expect(seen).to_be_visible()
        standing.page.mouse.move(0, 0)
        path.write_bytes(smaller(seen.screenshot(animations="disabled", caret="hide")))


def main() -> None:
    """Take all pictures, and remove those that are none any more."""
    PICTURES.mkdir(exist_ok=True)
    with chromium() as browser:
        for name, scene in SCENES.items():
            take(browser, scene, PICTURES / f"{name}.png")
    for path in PICTURES.glob("*.png"):
        if path.stem not in SCENES:
            path.unlink()


if __name__ == "__main__":
    main()
