"""What a bulletin looks like in Slack: always taken, never too long, with the right buttons."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.incidents.content import ROWS, compose
from hub.incidents.incident import Incident, State
from hub.slack.bulletin_message import render
from hub.slack.button_values import MUTE, UNMUTE
from hub.slack.notes import reminding
from tests.hub.factories import (
    ALICE,
    CLUSTER,
    EPISODE,
    LONGEST,
    bulletin,
    finished,
    incident,
    instance_id,
    muted,
    pending,
)
from tests.hub.rendering import all_blocks, buttons, check_bulletin, drawn, length, words
from tests.hub.slack.messages import ALIVE, longest, silenced
from tests.nightly import examples


@pytest.mark.product
@pytest.mark.parametrize("failed", [False, True], ids=["", "repair failed"])
@pytest.mark.parametrize("count", [1, 2, ROWS, ROWS + 1, 1_000])
@pytest.mark.parametrize("state", State)
def test_slack_takes_every_bulletin_with_the_longest_legal_names(state: State, count: int, failed: bool) -> None:
    crowd = [longest(number, state, failed=failed) for number in range(1, count + 1)]
    message = drawn(*crowd, account_name="&" * 50, group="&" * 256)

    check_bulletin(message)
    assert length(message) < 10_000


@pytest.mark.parametrize("count", [1, ROWS, ROWS + 1, 1_000])
@pytest.mark.parametrize("state", State)
def test_slack_takes_every_bulletin(state: State, count: int) -> None:
    message = drawn(*(incident(number, state) for number in range(1, count + 1)))

    check_bulletin(message)
    assert length(message) < 10_000


@given(st.lists(st.tuples(st.sampled_from(State), st.booleans(), st.booleans()), min_size=1, max_size=8))
@settings(max_examples=examples(40), deadline=None)
def test_slack_takes_every_mixture(kinds: list[tuple[State, bool, bool]]) -> None:
    def made(number: int, state: State, failed: bool, long: bool) -> Incident:
        if long:
            return longest(number, state, failed=failed)
        return incident(number, state, cluster=LONGEST, **({"repair": finished(problem="no")} if failed else {}))

    message = drawn(*(made(number, *kind) for number, kind in enumerate(kinds, 1)))

    check_bulletin(message)
    assert length(message) < 10_000


def test_a_bulletin_with_no_incident_of_its_episode_is_still_a_message() -> None:
    forgotten = drawn(incident(episode="ep-before"))

    check_bulletin(forgotten)
    assert "Instances" not in str(forgotten.attachments)
    assert "prod-payments" in str(forgotten.attachments)


@pytest.mark.parametrize(
    ("state", "emoji", "color"),
    [
        (State.OPEN, ":red_circle:", "#D93025"),
        (State.ACKNOWLEDGED, ":large_yellow_circle:", "#E8A317"),
        (State.REPAIRING, ":large_blue_circle:", "#1D7AFC"),
        (State.RESOLVED, ":large_green_circle:", "#2EB67D"),
    ],
)
def test_emoji_color_and_metadata_say_the_same(state: State, emoji: str, color: str) -> None:
    message = drawn(incident(state=state))

    (attachment,) = message.attachments
    assert message.blocks[0]["text"]["text"].startswith(emoji)
    assert attachment["color"] == color
    assert message.metadata == {
        "event_type": "coastguard_bulletin",
        "event_payload": {"bulletin": f"{CLUSTER.key}#{EPISODE}", "state": str(state)},
    }


@pytest.mark.parametrize("state", State)
def test_the_text_is_a_sentence_for_notifications_and_screen_readers(state: State) -> None:
    message = drawn(incident(state=state))

    assert message.text[0].isupper()
    assert message.text.endswith(f"`{CLUSTER.name}` in {CLUSTER.region}, account {CLUSTER.account}.")
    assert message.attachments[0]["fallback"] == message.text


@pytest.mark.parametrize("count", [1, ROWS, ROWS + 1, 1_000])
@pytest.mark.parametrize("state", State)
def test_slack_takes_every_bulletin_of_old_registrations(state: State, count: int) -> None:
    crowd = [longest(number, state, failed=False) for number in range(1, count + 1)]
    ghosts = [replace(one, sighting=replace(one.sighting, host=f"i-{1:017x}", others=(ALIVE,))) for one in crowd]

    check_bulletin(drawn(*ghosts, account_name="&" * 50, group="&" * 256))


@pytest.mark.parametrize("count", [1, ROWS, ROWS + 1])
def test_a_muted_bulletin_is_grey_and_says_by_whom_and_why(count: int) -> None:
    message = silenced(*map(incident, range(1, count + 1)), mute=muted(f"account:{CLUSTER.account}"))

    check_bulletin(message)
    assert message.text.startswith("Muted: ECS agent disconnected")
    assert message.blocks[0]["text"]["text"].startswith(":no_bell:")
    assert message.attachments[0]["color"] == "#8D8D8D"
    assert message.metadata["event_payload"]["state"] == "muted"
    assert f"`account {CLUSTER.account}` is muted by <@{ALICE}> until <!date^" in words(message)
    assert "the new AMI" in words(message)
    (unmute,) = [one for one in buttons(all_blocks(message)) if one["action_id"] == UNMUTE]
    assert unmute["value"] == f"account:{CLUSTER.account}"
    assert MUTE not in {one["action_id"] for one in buttons(all_blocks(message))}


def test_once_it_is_over_no_mute_matters() -> None:
    over = incident(state=State.RESOLVED)

    assert silenced(over, mute=muted()).digest == drawn(over).digest


@pytest.mark.parametrize("state", State)
def test_owners_are_mentioned_in_the_messages_own_blocks_while_it_lasts(state: State) -> None:
    message = drawn(incident(state=state), owners=("S0OWNERS1", ALICE))

    check_bulletin(message)
    assert ("<!subteam^S0OWNERS1>" in json.dumps(message.blocks)) is (state is not State.RESOLVED)
    assert "S0OWNERS1" not in json.dumps(message.attachments)


def test_more_owners_than_people_read_are_not_all_mentioned() -> None:
    shown = bulletin(owners=tuple(f"U0OWNER{number:03}" for number in range(50)))
    content = compose(shown.episode, [incident()])

    assert json.dumps(render(content, shown.episode).blocks).count("<@U0OWNER") == 20
    assert reminding(content, timedelta(minutes=30))[0].count("<@U0OWNER") == 20


@pytest.mark.product
@pytest.mark.parametrize("failed", [False, True], ids=["", "repair failed"])
@pytest.mark.parametrize("waits", [False, True], ids=["", "waiting for approval"])
@pytest.mark.parametrize("count", [1, 2, ROWS, ROWS + 1, 1_000])
@pytest.mark.parametrize("state", State)
def test_slack_takes_the_longest_names_also_when_muted_and_owned(
    state: State, count: int, *, waits: bool, failed: bool
) -> None:
    asked = pending(reason="r" * 3_000, approvers=("S" + "0" * 10,) * 50) if waits else None
    crowd = [replace(longest(n, state, failed=failed), pending=asked) for n in range(1, count + 1)]
    mute = muted(f"instance:{LONGEST.key}/{instance_id()}", reason="r" * 3_000)
    message = silenced(*crowd, mute=mute, account_name="&" * 50, group="&" * 256, owners=("S" + "0" * 10,) * 50)

    check_bulletin(message)
    assert length(message) < 10_000
    if state is not State.RESOLVED:
        assert UNMUTE in {button["action_id"] for button in buttons(all_blocks(message))}
