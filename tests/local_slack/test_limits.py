import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from coastguard.local.slack.limits import Budgets
from tests.local_slack.conftest import Clock

CHANNEL = "C0ECSALERTS"


def wait_told(error: SlackApiError) -> tuple[int, str]:
    return error.response.status_code, error.response.headers["Retry-After"]


def test_nothing_is_limited_until_it_is_switched_on(client: WebClient, page: httpx.Client) -> None:
    for _ in range(3):
        client.chat_postMessage(channel=CHANNEL, text="at once")
    assert page.post("/slack/limits", json={"on": True}).json() == {"ok": True}
    client.chat_postMessage(channel=CHANNEL, text="one")
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=CHANNEL, text="two")
    assert wait_told(error.value) == (429, "1")
    page.post("/slack/limits", json={"on": False})
    client.chat_postMessage(channel=CHANNEL, text="three")


def test_the_fifty_first_edit_in_a_minute_has_to_wait(client: WebClient, page: httpx.Client, clock: Clock) -> None:
    ts = client.chat_postMessage(channel=CHANNEL, text="x")["ts"]
    page.post("/slack/limits", json={"on": True})
    client.chat_update(channel=CHANNEL, ts=ts, text="0")
    clock.now += 20
    for number in range(49):
        client.chat_update(channel=CHANNEL, ts=ts, text=str(number))
    with pytest.raises(SlackApiError) as error:
        client.chat_update(channel=CHANNEL, ts=ts, text="too much")
    assert wait_told(error.value) == (429, "40")
    clock.now += 40
    client.chat_update(channel=CHANNEL, ts=ts, text="again")


@pytest.mark.parametrize(
    ("method", "calls", "seconds"),
    [
        ("chat.postMessage", 1, 1),
        ("chat.update", 50, 60),
        ("chat.delete", 50, 60),
        ("chat.postEphemeral", 100, 60),
        ("conversations.history", 50, 60),
        ("conversations.replies", 50, 60),
        ("conversations.info", 50, 60),
        ("usergroups.list", 20, 60),
        ("usergroups.users.list", 20, 60),
        ("users.info", 100, 60),
        ("views.open", 100, 60),
        ("views.publish", 100, 60),
        ("views.push", 100, 60),
        ("views.update", 100, 60),
    ],
)
def test_each_method_has_slacks_budget(method: str, calls: int, seconds: int) -> None:
    budgets = Budgets(on=True)
    assert [budgets.spend(method, "C1", 1000.0) for _ in range(calls)] == [None] * calls
    assert budgets.spend(method, "C1", 1000.0) == seconds
    assert budgets.spend(method, "C1", 1000.0 + seconds) is None


def test_posting_is_counted_by_channel_and_editing_for_the_whole_app() -> None:
    budgets = Budgets(on=True)
    assert [budgets.spend("chat.postMessage", channel, 0.0) for channel in ("C1", "C2")] == [None, None]
    assert [budgets.spend("chat.update", str(number), 0.0) for number in range(51)][-1] == 60


def test_a_refused_call_does_not_count() -> None:
    budgets = Budgets(on=True)
    budgets.spend("chat.postMessage", "C1", 0.0)
    for tenth in range(1, 10):
        assert budgets.spend("chat.postMessage", "C1", tenth / 10) == 1
    assert budgets.spend("chat.postMessage", "C1", 1.0) is None


def test_asking_who_one_is_has_no_budget() -> None:
    assert [Budgets(on=True).spend("auth.test", "", 0.0) for _ in range(500)] == [None] * 500
