"""What is posted beside bulletins: notes, reminders, and word of a lost channel."""

from datetime import timedelta

import pytest

from hub.incidents.content import compose
from hub.incidents.growth import GROWN
from hub.slack.mrkdwn import date, mention
from hub.slack.notes import channel_lost, note, notes, posts, reminding
from hub.slack.permalinks import LONGEST
from tests.hub.factories import (
    ALICE,
    BOB,
    CLUSTER,
    NOON,
    bulletin,
    entry,
    incident,
)
from tests.hub.rendering import check

ABOUT = compose(bulletin(owners=("S0OWNERS1",), account_name="Payments").episode, [incident()])


@pytest.mark.parametrize("what", ["reopened", "no longer muted, still in trouble", GROWN])
def test_what_is_said_aloud_repeats_numbers_and_place_and_mentions_the_owners(what: str) -> None:
    text, blocks = note(entry(what, who="", where=CLUSTER.name, aloud=True, result="also in eu-west-1b"), ABOUT)

    check(text, blocks)
    assert text == (
        f"<!subteam^S0OWNERS1> *{what}*: ECS agent disconnected on 1 instance: `{CLUSTER.name}` in {CLUSTER.region},"
        f" account `Payments` ({CLUSTER.account})."
    )
    assert blocks[0]["text"]["text"] == text
    assert blocks[1]["elements"][0]["text"] == "also in eu-west-1b"


def test_who_is_to_approve_something_is_mentioned_with_a_link() -> None:
    asked = entry("asked: Terminate, needs approval", aloud=True, mentions=(BOB, "S0LEADS01"))

    text, blocks = note(asked, ABOUT, "https://acme.slack.com/archives/C1/p2")

    check(text, blocks)
    assert text.startswith(f"<@{BOB}> <!subteam^S0LEADS01> <@{ALICE}> *asked: Terminate, needs approval* `i-0b7c9")
    assert text.endswith("<https://acme.slack.com/archives/C1/p2|Open the message>")
    assert "S0OWNERS1" not in text


def test_a_link_into_a_storms_thread_is_written_as_slack_reads_one() -> None:
    asked = entry("asked: Terminate, needs approval", aloud=True, mentions=(BOB,))

    text, _ = note(asked, ABOUT, "https://acme.slack.com/archives/C1/p2?thread_ts=1.000002&cid=C1")

    assert text.endswith("<https://acme.slack.com/archives/C1/p2?thread_ts=1.000002&amp;cid=C1|Open the message>")


def test_what_is_not_said_aloud_mentions_whom_it_concerns_and_no_more() -> None:
    text, _ = note(entry("declined: Terminate", who=BOB, mentions=(ALICE,)), ABOUT, "https://acme.slack.com/x")

    assert text == f"<@{ALICE}> <@{BOB}> *declined: Terminate* `i-0b7c9d1e2f3a4b5c6`"


def test_a_reminder_says_what_how_long_and_whom() -> None:
    shown = bulletin(owners=("S0OWNERS1",))
    text, blocks = reminding(compose(shown.episode, [incident()]), timedelta(minutes=30))

    check(text, blocks)
    assert text == (
        "<!subteam^S0OWNERS1> Nobody has acknowledged this for 30 min: ECS agent disconnected on 1 instance:"
        f" `{CLUSTER.name}` in {CLUSTER.region}, account {CLUSTER.account}."
    )
    text, blocks = reminding(compose(bulletin().episode, [incident()]), timedelta(minutes=30))
    check(text, blocks)
    assert text.startswith("Nobody")


@pytest.mark.parametrize("operators", [(), ("S0OPERATE", BOB)])
def test_operators_are_told_what_slack_says_and_what_to_do(operators: tuple[str, ...]) -> None:
    text, blocks = channel_lost("C0LOST", "is_archived", operators)

    check(text, blocks)
    assert text.startswith("<!subteam^S0OPERATE> <@U0BOB0002> Channel `C0LOST`" if operators else "Channel `C0LOST`")
    assert "`is_archived`" in text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        pytest.param(entry(), f"<@{ALICE}> *acknowledged* `i-0b7c9d1e2f3a4b5c6`", id="somebody"),
        pytest.param(
            entry("resolved", who="", result="reconnected"), "*resolved* `i-0b7c9d1e2f3a4b5c6`", id="Coastguard"
        ),
        pytest.param(entry("began", where=""), f"<@{ALICE}> *began*", id="about nothing in particular"),
    ],
)
def test_a_note_says_who_did_what_where(written: object, text: str) -> None:
    said, blocks = note(written)  # type: ignore[arg-type]  # an entry

    assert said == text
    check(said, blocks)


def test_a_note_tells_what_came_of_it() -> None:
    _, blocks = note(entry("Terminate done", result="Terminated it; Took it out."))

    assert blocks[1]["elements"][0]["text"] == "Terminated it; Took it out."


def test_a_note_shows_people_and_moments_of_a_refusal_as_such_and_nobody_elses() -> None:
    sentence = f"All repairs are stopped, by {mention(BOB)} {date(NOON)}."

    _, blocks = note(entry("Terminate: request withdrawn", result=sentence))
    assert (blocks[1]["elements"][0]["type"], blocks[1]["elements"][0]["text"]) == ("mrkdwn", sentence)
    _, blocks = note(entry("Terminate failed", result=sentence))
    assert blocks[1]["elements"][0]["type"] == "plain_text"


def test_a_note_tells_why_in_the_words_of_whoever_asked() -> None:
    text, blocks = note(entry("Terminate done", result="Terminated it.", reason="<!channel> *now* `x`"))

    check(text, blocks)
    assert [(one["type"], one["text"]) for one in blocks[1]["elements"]] == [
        ("plain_text", "Terminated it."),
        ("plain_text", "Reason: <!channel> *now* `x`"),
    ]
    assert [one["text"] for one in note(entry(reason="it hangs"))[1][1]["elements"]] == ["Reason: it hangs"]
    assert len(note(entry())[1]) == 1


def test_a_backlog_with_links_is_as_few_posts_as_slack_takes_however_long_they_are() -> None:
    backlog = [entry(f"step {n}", result="x" * 900, aloud=True, mentions=(BOB,)) for n in range(20)]
    link = "https://acme.slack.com/archives/C1/p2"

    parts = posts(backlog, ABOUT)

    for part in parts:
        check(*notes(part, ABOUT, link.ljust(LONGEST, "x")))
    assert [each for part in parts for each in part] == backlog


def test_a_backlog_of_long_notes_is_as_few_posts_as_slack_takes() -> None:
    backlog = [entry(f"step {number}", result="x" * 900, reason="y" * 500) for number in range(20)]

    parts = posts(backlog, ABOUT)

    for part in parts:
        check(*notes(part, ABOUT))
    assert 1 < len(parts) < len(backlog)
    lines = [line for part in parts for line in notes(part, ABOUT)[0].split("\n")]
    assert lines == [note(each, ABOUT)[0] for each in backlog]
    assert len(posts([entry(f"step {number}") for number in range(20)], ABOUT)) == 1
    assert posts([], ABOUT) == []


def test_a_note_about_five_hosts_and_more_names_them_all() -> None:
    hosts = ", ".join(f"mi-{number:017x}" for number in range(5)) + " and 995 more"

    assert hosts in note(entry(where=hosts))[0]
