"""Acknowledging all: a bulletin or a storm as a whole, by its button or by `ack`, in one write."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.incidents.acknowledgement import Acknowledgement, Extent
from hub.incidents.breakdown import Breakdown
from hub.incidents.hints import Hint, StormHint, Why
from hub.incidents.incident import State
from hub.incidents.storm import Storm, count
from hub.slack.button_values import ACKNOWLEDGE, ACKNOWLEDGE_ALL, LIST
from hub.slack.storm_message import render_storm
from hub.table.writes import Conflict
from spoke.places import Cluster
from tests.chatops.factories import ALICE, BOB, CAROL, CHANNEL
from tests.chatops.fate import Died
from tests.chatops.story import Story
from tests.hub.factories import altered, bulletin
from tests.spoke.fleet import REGION

ONLY_BOB = f'[[rights]]\nwho = ["{BOB}"]\nmay = "acknowledge"\n'


def press(story: Story, user: str = ALICE, ts: str = "") -> list[str]:
    """Somebody presses Acknowledge all, and it is worked off; what they alone are told."""
    before = len(story.whispers(user))
    assert story.press(ACKNOWLEDGE_ALL, user, ts=ts).error is None
    story.work()
    return story.whispers(user)[before:]


@pytest.mark.parametrize("size", [2, 5, 8])
def test_all_of_a_bulletin_are_taken_on_in_one_write(story: Story, size: int) -> None:
    victims = story.trouble(grouped=False, size=size)
    before = [story.incident(victim) for victim in victims]
    story.looks_asked()

    (told,) = press(story)

    assert f"You have taken on {size} instances of `{story.cluster.name}`." in told
    fact = story.bulletin().episode.acknowledged
    assert fact
    assert (fact.by, fact.extent.instances) == (ALICE, size)
    assert [story.incident(victim) for victim in victims] == before
    assert story.looks_asked() == [Hint(story.cluster, Why.REQUEST)]
    (entry,) = [entry for entry in story.done_by_people() if entry.what == "acknowledged all"]
    assert (entry.who, entry.where, entry.result) == (ALICE, story.cluster.name, f"{size} instances")
    story.look()
    assert f"*Acknowledged: ECS agent disconnected on {size} instances*" in story.message()
    assert any(f"<@{ALICE}> *acknowledged all*" in line for line in story.thread())
    assert "Acknowledge all" not in story.message()
    assert story.aloud() == []


@pytest.mark.parametrize("words", ["<name>", "<key>"])
def test_it_can_be_typed(story: Story, words: str) -> None:
    story.trouble(grouped=False, size=2)
    named = words.replace("<name>", story.cluster.name).replace("<key>", story.cluster.key)

    (told,) = story.say(f"ack {named}")

    assert "You have taken on 2 instances" in told
    assert story.bulletin().episode.acknowledged


def test_what_it_covers_is_acknowledged_wherever_it_is_shown(story: Story) -> None:
    first, _ = story.trouble(grouped=False, size=2)
    story.say("ack prod-payments")

    (told,) = story.say("status")
    assert ":red_circle: 0" in told
    assert ":large_yellow_circle: 2" in told
    (told,) = story.say("incidents")
    assert told.count(":large_yellow_circle:") == 2
    (told,) = story.say(f"show {story.incident(first).id}")
    assert f"by <@{ALICE}>" in told
    assert "is acknowledged" in told
    (told,) = story.say(f"show {story.cluster.key}")
    assert told.count(":large_yellow_circle:") == 2
    (told,) = story.say(f"why {story.incident(first).id}")
    assert "in trouble for" in told
    assert "acknowledged" in told
    assert "acknowledged" in story.open_home()


def test_the_list_of_all_says_that_they_are_acknowledged(story: Story) -> None:
    story.trouble(grouped=False, size=8)
    press(story)
    story.look()

    story.act(story.click(LIST))

    (listed,) = [line for line in story.thread() if "```" in line]
    assert listed.count(" acked\n") == 8
    assert " open" not in listed


def test_what_comes_up_later_is_not_covered(story: Story) -> None:
    story.trouble(grouped=False, size=2)
    story.say("ack prod-payments")
    story.clock.go_on(timedelta(minutes=1))
    story.trouble(grouped=False)

    (told,) = story.say("status")
    assert ":red_circle: 1" in told

    (told,) = press(story, BOB)
    assert "You have taken on 3 instances" in told
    fact = story.bulletin().episode.acknowledged
    assert fact
    assert (fact.by, fact.extent.instances) == (BOB, 3)


def test_who_comes_second_is_told_who_was_first(story: Story) -> None:
    (victim, _) = story.trouble(grouped=False, size=2)
    late = story.click(ACKNOWLEDGE, user=BOB, victim=victim)
    press(story)

    (told,) = story.say("ack prod-payments", user=BOB)
    assert f"<@{ALICE}> has acknowledged this already, " in told
    story.act(late)
    assert f"<@{ALICE}> has acknowledged this already, " in story.whispers(BOB)[-1]
    assert story.incident(victim).acknowledged_by == ""
    fact = story.bulletin().episode.acknowledged
    assert fact
    assert fact.by == ALICE


def test_what_was_acknowledged_one_by_one_need_not_be_again(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    story.act(story.click(ACKNOWLEDGE, user=BOB))

    (told,) = story.say("ack prod-payments")

    assert f"<@{BOB}> has acknowledged this already" in told
    assert story.bulletin().episode.acknowledged is None
    assert story.state(victim) is State.ACKNOWLEDGED


def test_who_may_not_is_told_who_may(story: Story) -> None:
    story.trouble(grouped=False, size=2)
    story.policy(ONLY_BOB)

    (told,) = press(story, CAROL)

    assert "You may not do that" in told
    assert f"<@{BOB}>" in told
    assert story.bulletin().episode.acknowledged is None
    (entry,) = [entry for entry in story.done_by_people() if entry.who == CAROL]
    assert entry.what == "refused: acknowledge"
    assert "You have taken on" in press(story, BOB)[0]


def test_a_button_of_an_earlier_episode_takes_nothing_on(story: Story) -> None:
    story.trouble(grouped=False, size=2)
    kept = story.bulletin()
    story.hub.store.keep(altered(kept, episode="ep-later"))

    (told,) = press(story)

    assert "This message no longer shows how things are" in told
    assert story.bulletin().episode.acknowledged is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param("ack prod-search", "Nothing known is called `prod-search`", id="unknown"),
        pytest.param("ack all", "Name a cluster, or the Region of a storm", id="too wide"),
        pytest.param("ack eu-west-1", "There is no storm in `eu-west-1`", id="no storm"),
        pytest.param("ack <host>", "Name a cluster, or the Region of a storm", id="an instance"),
        pytest.param("ack bulletin:x", "Name a cluster, or the Region of a storm", id="no bulletin"),
        pytest.param("ack storm:x", "Name a cluster, or the Region of a storm", id="no storm's name"),
        pytest.param("ack storm:C0X/eu-west-1#st-9", "This message no longer shows how things are", id="another storm"),
        pytest.param("acknowledge prod", "Did you mean *ack*?", id="in full"),
    ],
)
def test_what_cannot_be_taken_on_is_told(story: Story, words: str, told: str) -> None:
    (victim,) = story.trouble(grouped=False)

    (answer,) = story.say(words.replace("<host>", victim.instance))

    assert told in answer
    assert story.bulletin().episode.acknowledged is None


def test_what_is_over_cannot_be_taken_on(story: Story) -> None:
    story.trouble(grouped=False, size=2)
    now = story.clock()
    story.hub.store.keep(altered(story.bulletin(), closed=True, closed_at=now))

    assert "This incident is over." in press(story)[0]


def test_alone_it_shows_what_nobody_has_acknowledged(story: Story) -> None:
    story.trouble(grouped=False, size=2)

    (told,) = story.say("ack")
    assert f"`{story.cluster.name}` in {REGION}" in told
    assert "2 instances" in told
    ((ts, action, label),) = story.buttons()
    assert label == "Acknowledge all"
    assert story.press(action, ALICE, ts=ts).error is None
    story.work()

    assert story.bulletin().episode.acknowledged
    (told,) = story.say("ack")
    assert "Nothing is left that nobody has acknowledged." in told


@pytest.mark.parametrize("moment", ["before save 1", "after save 1"])
def test_after_a_crash_it_is_done_and_logged_once(story: Story, moment: str) -> None:
    story.trouble(grouped=False, size=2)
    assert story.press(ACKNOWLEDGE_ALL).error is None
    (record,) = story.front.take_all()
    story.hub.fate.die(moment)
    with pytest.raises(Died):
        story.attend(record)

    story.clock.go_on(timedelta(seconds=30))
    story.begin_anew()
    story.attend(record, tries=2)

    assert [entry.what for entry in story.done_by_people()] == ["acknowledged all"]
    assert story.bulletin().episode.acknowledged
    assert "You have taken on 2 instances" in story.whispers()[-1]


def test_a_look_that_writes_at_the_same_moment_is_waited_out(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.trouble(grouped=False, size=2)
    save, met = story.hub.store.save, list[int]()

    def contested(*parts: object, **more: object) -> object:
        if not met:
            met.append(1)
            story.hub.store.keep(story.bulletin())
            raise Conflict("a look was quicker")
        return save(*parts, **more)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(story.hub.store, "save", contested)

    press(story)

    assert story.bulletin().episode.acknowledged
    assert met


# Storms


def stormy(story: Story, number: int = 12, **more: object) -> Storm:
    """A storm of so many clusters, with its message in the channel."""
    now = story.clock()
    store = story.hub.store
    members = [
        bulletin(
            cluster=Cluster(story.cluster.account, REGION, f"c-{each}"),
            tally=Breakdown(2, {"eu-west-1a": 2}),
            opened_at=now,
            storm=f"{CHANNEL}/{REGION}#st-1",
        )
        for each in range(number)
    ]
    store.keep_all([altered(member, handle=f"1.{each}") for each, member in enumerate(members)])
    storm = Storm(CHANNEL, REGION, "st-1", now, now, **more)  # type: ignore[arg-type]  # any field
    message = render_storm(storm, count(members))
    ts = (
        story._wired(story._slack, story.hub.queues)
        .slack()
        .post(CHANNEL, message.text, message.blocks, message.attachments, message.metadata)
    )
    kept = store.keep(replace(storm, ts=ts, shown=message.digest))
    assert isinstance(kept, Storm)
    return kept


@pytest.mark.parametrize("how", ["button", "typed"])
def test_a_storm_is_taken_on_in_one_write(story: Story, how: str) -> None:
    storm = stormy(story)

    (told,) = press(story, ts=storm.ts) if how == "button" else story.say(f"ack {REGION}")

    assert f"You have taken on 24 instances of 12 clusters in `{REGION}`." in told
    kept = story.hub.store.storm(CHANNEL, REGION)
    assert kept
    assert kept.acknowledged
    assert (kept.acknowledged.by, kept.acknowledged.extent) == (ALICE, Extent(24, ("eu-west-1a",)))
    assert kept.version == storm.version + 1
    assert [b.episode.version for b in story.hub.store.open_bulletins()] == [1] * 12
    assert story.looks_asked() == [StormHint(CHANNEL, REGION)]
    (entry,) = story.done_by_people()
    assert (entry.what, entry.where, entry.result) == ("acknowledged all", f"storm in {REGION}", "24 instances")


def test_of_a_storm_the_second_person_is_told_who_was_first(story: Story) -> None:
    stormy(story, acknowledged=Acknowledgement(BOB, story.clock(), Extent(24)))

    (told,) = story.say(f"ack {REGION}")

    assert f"<@{BOB}> has acknowledged this already" in told


def test_a_storm_that_has_grown_can_be_taken_on_again(story: Story) -> None:
    stormy(story, acknowledged=Acknowledgement(BOB, story.clock(), Extent(2)), grows_since=story.clock())

    (told,) = story.say(f"ack {REGION}")

    assert "You have taken on 24 instances" in told
    kept = story.hub.store.storm(CHANNEL, REGION)
    assert kept
    assert kept.acknowledged
    assert (kept.acknowledged.by, kept.grows_since) == (ALICE, None)


def test_who_may_not_everywhere_in_a_storm_may_not_take_it_on(story: Story) -> None:
    stormy(story)
    story.policy(f'[[rights]]\nwho = ["{ALICE}"]\nmay = "acknowledge"\nwhere = {{ cluster = ["c-1*"] }}\n')

    (told,) = story.say(f"ack {REGION}")

    assert "You may not do that here" in told
    kept = story.hub.store.storm(CHANNEL, REGION)
    assert kept
    assert kept.acknowledged is None


def test_a_storm_that_is_over_cannot_be_taken_on(story: Story) -> None:
    storm = stormy(story)
    story.hub.store.keep(replace(storm, closed=True, over=True))

    (told,) = press(story, ts=storm.ts)

    assert "This storm is over." in told
