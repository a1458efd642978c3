"""What a team does in the demo's Slack, in Chromium: mutes, approvals, the stop, the log, Home. Two stories."""

import re

from playwright.sync_api import Locator, Page, expect

from coastguard.local.world import World
from tests.browser.page import ACKNOWLEDGE, ACKNOWLEDGE_ALL, TERMINATE, Visit, bulletin, cluster, terminate

ALICE, BOB, CAROL = "U0ALICE01", "U0BOB0002", "U0CAROL03"
GREW = "grown since it was acknowledged"
APPROVE = "[data-action-id='coastguard.approve']"
MEDIA, SEARCH, PAYMENTS = "444455556666", "333344445555", "222233334444"
# Whether many are heard of again together, which would be a storm, shows after half a minute.
HEARD_AGAIN_MILLISECONDS = 600_000
# A response URL is good for half an hour.
LUNCH_SECONDS = 35 * 60
TERMINATIONS = "calls?action=autoscaling:TerminateInstanceInAutoScalingGroup"


def test_a_team_mutes_approves_stops_and_reads_the_log(visit: Visit, world: World) -> None:
    page = visit(ALICE)
    half_a_name_is_asked_about_and_mutes_nothing(page)
    lost = an_account_is_muted_by_command_and_modal(page)
    its_storm_stays_silent_and_stands_in_home(page, lost)
    why_it_is_silent_is_told(page)
    when_its_mute_ends_it_is_said(page, lost)
    host = a_termination_waits_for_an_approval(page)
    who_asked_may_not_approve(page, world)
    somebody_else_approves_and_it_is_done(page, world, host)
    while_repairs_are_stopped_none_is_begun(page, world)
    when_they_are_started_again_they_are(page, world)
    who_did_what_is_read(page)


def test_two_people_mute_the_same_side_by_side(visit: Visit, world: World) -> None:
    page = visit(ALICE)
    both_mute_it(page)
    who_unmutes_is_asked_which(page)
    the_other_mute_goes_on(page)
    when_both_are_over_it_is_heard_again(page)
    what_is_submitted_after_lunch_is_answered_all_the_same(page, world)


def test_growth_is_news_and_one_click_acknowledges_all_of_it(visit: Visit) -> None:
    page = visit(ALICE)
    tiles = cluster(page, SEARCH, "eu-west-1", "prod-search").locator(".tile")
    report = bulletin(page, "prod-search").filter(has_text="eu-west-1")
    tiles.nth(0).click()
    report.locator(ACKNOWLEDGE).click()
    expect(report).to_contain_text("Acknowledged by @Alice Moreau")
    assert message(page, GREW).count() == 0

    tiles.nth(1).click()
    tiles.nth(2).click()
    expect(report).to_contain_text("ECS agent disconnected on 3 instances")
    expect(message(page, GREW)).to_contain_text("ECS agent disconnected on 3 instances: prod-search in eu-west-1")
    fits(page)

    page.locator(f"[data-user={BOB}]").click()
    report.locator(ACKNOWLEDGE_ALL).click()
    expect(report).to_contain_text("Acknowledged: ECS agent disconnected on 3 instances")
    expect(report).to_contain_text("Acknowledged by @Bob Okafor")
    expect(report.locator(ACKNOWLEDGE_ALL)).to_have_count(0)
    told(page, "You have taken on 3 instances of prod-search.")
    fits(page)
    for number in range(3):
        tiles.nth(number).click()
    # Nothing tells that agents are back: the sweep finds it, about once a minute.
    over = bulletin(page, "prod-search").filter(has_text="Resolved: ECS agent on 3 instances")
    expect(over).to_have_count(1, timeout=600_000)
    expect(message(page, GREW)).to_have_count(1)


def half_a_name_is_asked_about_and_mutes_nothing(page: Page) -> None:
    say(page, "mute dia 1h a guess")
    choice = told(page, "Nothing is called exactly dia")
    expect(choice.get_by_role("button", name="Account media")).to_be_visible()
    say(page, "mutes")
    expect(told(page, "Nothing is muted.")).to_be_visible()


def an_account_is_muted_by_command_and_modal(page: Page) -> int:
    say(page, "mute media")
    modal = page.locator("dialog.modal")
    expect(page.get_by_label("What")).to_have_value("media")
    fits(page)
    page.get_by_label("How long").select_option("1h")
    page.get_by_label("Reason").fill("new AMI")
    modal.locator("[data-submit]").click()
    expect(modal).to_have_count(0)
    expect(message(page, "Muted account media (444455556666) until")).to_contain_text("new AMI")
    return page.locator(f"[data-account='{MEDIA}'] .tile").count()


def its_storm_stays_silent_and_stands_in_home(page: Page, lost: int) -> None:
    for switch in page.locator(f"[data-account='{MEDIA}'] [data-plug=region]").all():
        switch.click()
    expect(page.locator(f"[data-account='{MEDIA}'] .tile[data-state=trouble]")).to_have_count(lost)
    home = open_home(page, f"In trouble: {lost} instances")
    expect(home).to_contain_text("Muted: 1 place")
    expect(home).to_contain_text("by @Alice Moreau: new AMI")
    fits(page)
    page.locator("[data-channel=C0ECSALERTS]").click()
    assert bulletin(page, "prod-media").count() == 0


def why_it_is_silent_is_told(page: Page) -> None:
    say(page, "why prod-media")
    choice = told(page, "may be several things")
    choice.get_by_role("button", name="us-east-1").click()
    answer = told(page, "Why: prod-media in us-east-1")
    expect(answer).to_contain_text("6 instances are in trouble: inc-")
    expect(answer).to_contain_text("and 1 more")
    expect(answer).to_contain_text("by @Alice Moreau: new AMI")
    expect(answer).to_contain_text("@Alice Moreau may do everything here, as @platform")
    expect(answer).not_to_contain_text("U0ALICE01")
    fits(page)


def when_its_mute_ends_it_is_said(page: Page, lost: int) -> None:
    home = open_home(page, "Muted: 1 place")
    home.get_by_role("button", name="Unmute").click()
    expect(home).to_contain_text("Muted: 0 places")
    page.locator("[data-channel=C0ECSALERTS]").click()
    digest = message(page, "is no longer muted")
    expect(digest).to_contain_text(f"Meanwhile {lost} incidents came up; over by now: 0.")
    expect(digest).to_contain_text(f"Still in trouble: {lost} instances of 2 clusters")
    expect(digest).to_contain_text("until @Alice Moreau ended that")
    expect(message(page, "has unmuted")).to_contain_text("@Alice Moreau")
    for region in ("eu-west-1", "us-east-1"):
        report = bulletin(page, "6 of 6 instances (100 %)").filter(has_text=region)
        expect(report).to_have_count(1, timeout=HEARD_AGAIN_MILLISECONDS)
    expect(message(page, "is no longer muted")).to_have_count(1)
    fits(page)
    for switch in page.locator(f"[data-account='{MEDIA}'] [data-plug=region]").all():
        switch.click()


def a_termination_waits_for_an_approval(page: Page) -> str:
    tile = cluster(page, SEARCH, "us-east-1", "prod-search").locator(".tile").first
    host = tile.get_attribute("data-host") or ""
    tile.click()
    terminate(page, bulletin(page, host), host)
    expect(bulletin(page, host)).to_contain_text(re.compile(r"Terminate asked by @Alice Moreau; @platform or @sre may"))
    expect(bulletin(page, host)).to_contain_text("its agent does not come back")
    expect(bulletin(page, host).locator(TERMINATE)).to_have_count(0)
    fits(page)
    return host


def who_asked_may_not_approve(page: Page, world: World) -> None:
    bulletin(page, "prod-search").locator(APPROVE).click()
    told(page, "Somebody else has to approve what you have asked for yourself.")
    page.locator(f"[data-user={CAROL}]").click()
    bulletin(page, "prod-search").locator(APPROVE).click()
    told(page, "You may not approve that.")
    assert ended(world, SEARCH) == 0


def somebody_else_approves_and_it_is_done(page: Page, world: World, host: str) -> None:
    page.locator(f"[data-user={BOB}]").click()
    home = open_home(page, "Waiting for your approval")
    expect(home).to_contain_text(host)
    fits(page)
    home.get_by_role("link", name="message").first.click()
    report = bulletin(page, host)
    expect(report).to_be_in_viewport()
    expect(report.get_by_role("link", name="EC2 instance")).to_have_attribute("href", re.compile(f"instanceId={host}$"))
    report.locator(APPROVE).click()
    expect(report).to_contain_text("Resolved: ECS agent on 1 instance (terminated)")
    expect(report).to_contain_text("asked by @Alice Moreau")
    assert ended(world, SEARCH) == 1
    report.locator(".replies").click()
    expect(page.locator(".thread")).to_contain_text("@Bob Okafor approved: Terminate")
    fits(page)
    page.get_by_role("button", name="Close thread").click()


def while_repairs_are_stopped_none_is_begun(page: Page, world: World) -> None:
    say(page, "stop looking into the last one")
    expect(message(page, "has stopped all repairs, everywhere")).to_contain_text("looking into the last one")
    tile = cluster(page, PAYMENTS, "us-east-1", "prod-payments").locator(".tile").first
    host = tile.get_attribute("data-host") or ""
    tile.click()
    page.locator(f"[data-user={ALICE}]").click()
    terminate(page, bulletin(page, host), host)
    told(page, "All repairs are stopped, by @Bob Okafor")
    assert ended(world, PAYMENTS) == 0
    fits(page)


def when_they_are_started_again_they_are(page: Page, world: World) -> None:
    page.locator(f"[data-user={BOB}]").click()
    say(page, "start")
    expect(message(page, "has started repairs again")).to_have_count(1)
    page.locator(f"[data-user={ALICE}]").click()
    report = bulletin(page, "prod-payments")
    host = re.findall(r"i-[0-9a-f]{17}", report.inner_text())[0]
    terminate(page, report, host)
    expect(report).to_contain_text("Resolved: ECS agent on 1 instance (terminated)")
    assert ended(world, PAYMENTS) == 1


def who_did_what_is_read(page: Page) -> None:
    say(page, "audit")
    log = told(page, "What people did since")
    for said in (
        "@Alice Moreau muted account:444455556666",
        "@Alice Moreau unmuted account:444455556666",
        "@Alice Moreau asked: Terminate, needs approval",
        "@Carol Lindqvist refused: approve",
        "@Bob Okafor approved: Terminate",
        "@Bob Okafor stopped all repairs",
        "@Alice Moreau refused: terminate",
        "@Bob Okafor started repairs again",
    ):
        expect(log).to_contain_text(said)
    page.locator(f"[data-user={CAROL}]").click()
    say(page, "audit")
    told(page, "You may not do that here (audit).")
    fits(page)


def both_mute_it(page: Page) -> None:
    say(page, "mute search 2h moving the index")
    expect(message(page, f"Muted account search ({SEARCH}) until")).to_contain_text("moving the index")
    page.locator(f"[data-user={BOB}]").click()
    say(page, "mute search 30m a short deploy")
    his = message(page, "Muted as well, which overlaps")
    expect(his).to_contain_text("a short deploy")
    expect(his).to_contain_text("by @Alice Moreau: moving the index")
    fits(page)


def who_unmutes_is_asked_which(page: Page) -> None:
    say(page, "unmute search")
    asked = told(page, "2 mutes of search are in force. Which one shall end?")
    buttons = asked.get_by_role("button", name="Unmute")
    expect(buttons).to_have_count(2)
    fits(page)
    buttons.first.click()  # what ends first: his own


def the_other_mute_goes_on(page: Page) -> None:
    ended = message(page, f"@Bob Okafor has ended a mute of account {SEARCH}. Other mutes go on.")
    expect(ended).to_contain_text("by @Alice Moreau: moving the index")
    digest = message(page, f"A mute of account {SEARCH} is over; it stays muted until")
    expect(digest).to_contain_text("by @Alice Moreau")
    home = open_home(page, "Muted: 1 place")
    expect(home).to_contain_text("moving the index")
    expect(home).not_to_contain_text("a short deploy")
    fits(page)
    page.locator("[data-channel=C0ECSALERTS]").click()


def when_both_are_over_it_is_heard_again(page: Page) -> None:
    page.locator(f"[data-user={ALICE}]").click()
    say(page, "unmute search")
    expect(message(page, f"@Alice Moreau has unmuted account {SEARCH}.")).to_have_count(1)
    expect(message(page, f"account {SEARCH} is no longer muted")).to_have_count(1)
    fits(page)


def what_is_submitted_after_lunch_is_answered_all_the_same(page: Page, world: World) -> None:
    submit_late(page, world, "serch")
    told(page, "Nothing known is called serch")
    submit_late(page, world, "search")
    said = message(page, f"Muted account search ({SEARCH}) until").filter(has_text="back from lunch")
    expect(said).to_have_count(1)
    fits(page)
    say(page, "unmute search")
    expect(message(page, f"@Alice Moreau has unmuted account {SEARCH}.")).to_have_count(2)


def submit_late(page: Page, world: World, what: str) -> None:
    """Begin a mute, and submit its modal when no answer can be given any more at where it was begun."""
    say(page, f"mute {what}")
    expect(page.get_by_label("What")).to_have_value(what)
    with world.workspace.lock:
        world.workspace.tickets.let_pass(LUNCH_SECONDS)
    page.get_by_label("How long").select_option("1h")
    page.get_by_label("Reason").fill("back from lunch")
    page.locator("dialog.modal [data-submit]").click()
    expect(page.locator("dialog.modal")).to_have_count(0)


def say(page: Page, text: str) -> None:
    """Type the command, and wait until the app has taken it."""
    line = page.locator("#composer input")
    line.fill(f"/ecs {text}")
    page.keyboard.press("Enter")
    expect(line).to_have_value("")


def open_home(page: Page, until: str) -> Locator:
    """Open Home again and again, until it shows that: what is known changes while it stands there."""
    home = page.locator("[data-testid=home]")
    for _ in range(20):
        page.locator("[data-tab=home]").click()
        page.wait_for_timeout(1000)
        if until in home.inner_text():
            break
    expect(home).to_contain_text(until)
    return home


def message(page: Page, words: str) -> Locator:
    """A message to everybody."""
    return page.locator("[data-testid=channel] [data-ts]:not([data-ephemeral])").filter(has_text=words)


def told(page: Page, words: str) -> Locator:
    """The last message that whoever acts alone can see; it says that."""
    last = page.locator("[data-testid=channel] [data-ephemeral]").last
    expect(last).to_contain_text(words)
    return last


def ended(world: World, account: str) -> int:
    """So many instances of an account were terminated."""
    calls = world.aws.ask(TERMINATIONS)["calls"]
    return sum(call["account"] == account and call["allowed"] for call in calls)


def fits(page: Page) -> None:
    """The page itself is never scrolled."""
    size = page.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]")
    assert size == [800, 1280]
