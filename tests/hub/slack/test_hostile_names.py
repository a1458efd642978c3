"""Whatever a member account calls its things: in Slack nobody is mentioned, nothing linked or formatted by it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.incidents.audit import Entry
from hub.incidents.breakdown import Breakdown
from hub.incidents.content import ROWS, compose
from hub.incidents.incident import Incident, State
from hub.incidents.storm import Storm, lock
from hub.incidents.storm import count as counted
from hub.slack.bulletin_message import render
from hub.slack.button_values import UNMUTE
from hub.slack.mute_message import digest, warning
from hub.slack.notes import channel_lost, note, reminding
from hub.slack.storm_message import render_storm
from tests.hub.factories import CHANNEL, NOON, bulletin, entry, finished, incident, muted, pending, repair, sighting
from tests.hub.foreign_words import HOSTILE, everywhere
from tests.hub.rendering import all_blocks, buttons, check, check_bulletin, drawn, length, tricks


def seen(name: str) -> Callable[[str, int], Incident]:
    return lambda text, number: incident(number, sighting=sighting(number, **{name: text}))


def blind(text: str, number: int) -> Incident:
    unchecked = tuple(f"{text} {n}" for n in range(20))
    return incident(number, sighting=sighting(number, connected=None, unchecked=unchecked))


def ended(text: str, number: int) -> Incident:
    return incident(number, State.RESOLVED, ending="terminated", repair=finished(group=text))


PLACES: dict[str, Callable[[str, int], Incident]] = {
    "host": seen("host"),
    "zone": seen("zone"),
    "type": seen("instance_type"),
    "agent version": seen("agent_version"),
    "operating system": seen("os"),
    "status": seen("status"),
    "unchecked": blind,
    "host's state": lambda text, n: incident(n, sighting=sighting(n, checks=None, host_state=text)),
    "checks": seen("checks"),
    "ping": seen("ping"),
    "who acknowledged": lambda text, n: incident(n, State.ACKNOWLEDGED, acknowledged_by=text),
    "who repairs": lambda text, n: incident(n, State.REPAIRING, repair=repair(by=text)),
    "who repaired": lambda text, n: incident(n, State.RESOLVED, repair=finished(by=text)),
    "remedy": lambda text, n: incident(n, State.REPAIRING, repair=repair(remedy=text)),
    "steps": lambda text, n: incident(n, State.REPAIRING, repair=finished(steps=(text,) * 9)),
    "problem": lambda text, n: incident(n, repair=finished(problem=text)),
    "group of the repair": lambda text, n: incident(n, State.REPAIRING, repair=finished(group=text)),
    "group that did not replace": ended,
    "who asked": lambda text, n: incident(n, pending=pending(by=text)),
    "who may approve": lambda text, n: incident(n, pending=pending(approvers=(text,) * 9)),
    "reason of a request": lambda text, n: incident(n, pending=pending(reason=text)),
    "remedy that waits": lambda text, n: incident(n, pending=pending(remedy=text)),
    "replacement": lambda text, n: incident(n, State.RESOLVED, ending="terminated", replacement=text),
}


@pytest.mark.product
@pytest.mark.parametrize("count", [1, ROWS, ROWS + 1])
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_bulletin_shows_foreign_words_as_words(place: Callable[[str, int], Incident], count: int) -> None:
    for name, text in HOSTILE.items():
        message = drawn(*(place(text, number) for number in range(1, count + 1)))

        assert tricks(all_blocks(message), message.text, message.attachments[0]["fallback"]) == [], name
        assert length(message) < 10_000, name


@pytest.mark.product
@pytest.mark.parametrize("count", [1, ROWS, ROWS + 1])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_an_account_may_be_called_anything(text: str, count: int) -> None:
    message = drawn(*(incident(number) for number in range(1, count + 1)), account_name=text)

    check_bulletin(message)
    assert tricks(all_blocks(message), message.text, message.attachments[0]["fallback"]) == []
    assert length(message) < 10_000


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_storm_may_be_in_accounts_called_anything(text: str) -> None:
    clusters = [bulletin(tally=Breakdown.of([incident()]), account_name=text) for _ in range(11)]
    message = render_storm(Storm(CHANNEL, "eu-west-1", "st-1", NOON, NOON, most=(1, 11, 11)), counted(clusters))

    check_bulletin(message)
    assert tricks(all_blocks(message), message.text) == []


@pytest.mark.product
@pytest.mark.parametrize("count", [1, ROWS, ROWS + 1])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_slack_takes_a_bulletin_full_of_foreign_words(text: str, count: int) -> None:
    message = drawn(*(everywhere(text, number) for number in range(1, count + 1)))

    check_bulletin(message)
    assert tricks(all_blocks(message), message.text) == []
    assert length(message) < 10_000


def asked_everywhere(text: str, number: int) -> Incident:
    """The same where a repair waits for approval."""
    return replace(everywhere(text, number), pending=pending(by=text, approvers=(text,) * 9, reason=text, remedy=text))


@pytest.mark.product
@pytest.mark.parametrize("made", [everywhere, asked_everywhere])
@pytest.mark.parametrize("count", [1, ROWS, ROWS + 1])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_mute_an_owner_and_a_request_may_hold_anything(
    text: str, count: int, made: Callable[[str, int], Incident]
) -> None:
    shown = bulletin(owners=(text,) * 2, account_name=text, group=text)
    crowd = [made(text, number) for number in range(1, count + 1)]
    message = render(
        compose(shown.episode, crowd, lock("eu-west-1"), muted(by=text or "x", reason=text)), shown.episode
    )

    check_bulletin(message)
    assert tricks(all_blocks(message), message.text) == []
    assert length(message) < 10_000
    assert UNMUTE in {button["action_id"] for button in buttons(all_blocks(message))}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_said_of_mutes_reminders_and_channels_shows_foreign_words_as_words(text: str) -> None:
    mute = muted(by=text or "x", reason=text)
    still = [incident(number) for number in range(3)]
    shown = bulletin(owners=(text,) * 3)
    for line, blocks in (
        digest(mute, 5, still),
        warning(mute),
        reminding(compose(shown.episode, still), timedelta(minutes=5)),
        channel_lost(text, text, (text,)),
    ):
        check(line, blocks)
        assert tricks(blocks, line) == []
        assert len(line) < 1_000


@pytest.mark.product
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda text: entry(who=text), id="who"),
        pytest.param(lambda text: entry(where=text), id="where"),
        pytest.param(lambda text: entry(result=text), id="result"),
        pytest.param(lambda text: entry(reason=text), id="reason"),
        pytest.param(lambda text: entry(who=text, where=text, result=text, reason=text), id="everywhere"),
    ],
)
def test_a_note_shows_foreign_words_as_words(written: Callable[[str], Entry], text: str) -> None:
    line, blocks = note(written(text))

    check(line, blocks)
    assert tricks(blocks, line) == []


def test_the_search_for_tricks_finds_them() -> None:
    """What the tests above look for must be found where nothing was made harmless."""
    for text in ("<!channel>", "@here", "#general", "https://evil.example", "a\x00b", "`a\nb`", "EVIL", "`a<b`"):
        assert tricks([], text)
    assert tricks([{"type": "mrkdwn", "text": "fine", "verbatim": False}])
    assert tricks([{"type": "plain_text", "text": ":fire:", "emoji": True}])
    assert not tricks([{"type": "plain_text", "text": "<!channel> *EVIL*", "emoji": False}], "`EVIL @here`")
