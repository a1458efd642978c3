"""What people say: each command goes through the front, is worked off, and is answered to whom it concerns."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chatops.clicks.requests import FRESH
from chatops.commands.message import to_message
from coastguard.local.slack.directory import CHANNELS, FOREIGNER, GUEST, TEAM
from coastguard.local.slack.faults import Fault
from hub.incidents.audit import Entry
from hub.incidents.hints import Hint, MuteHint, Why
from hub.incidents.mute import Mute, mute_id
from hub.notify.muting import MUTES_KEPT
from hub.queues import Record
from hub.scopes.account import Account
from hub.scopes.coverage import Visit
from hub.scopes.scope import Scope
from hub.slack.button_values import ACKNOWLEDGE, MUTE, UNMUTE
from hub.slack.client import InDoubt
from spoke.places import Cluster
from tests.chatops.factories import ALICE, BOB, CAROL, CHANNEL
from tests.chatops.story import Story
from tests.hub.factories import altered
from tests.spoke.fleet import ACCOUNT, REGION

SECURITY = "C0SECURITY"  # where the bot is not
OTHER = "333344445555"
FALLBACK = CHANNELS[1].id
# So long a function believes what it has read of mutes, and a little longer.
LATE = MUTES_KEPT + timedelta(seconds=5)


def what(entries: list[Entry]) -> list[tuple[str, str, str]]:
    return [(entry.who, entry.what, entry.reason) for entry in entries]


# mute, unmute, mutes


def test_an_account_is_muted_by_its_name_and_everybody_in_the_channel_reads_it(story: Story) -> None:
    story.trouble(grouped=False)
    story.know(name="Payments")
    story.looks_asked()

    assert story.say("mute payments 2h deploy of the new AMI") == []

    (mute,) = story.mutes()
    assert (str(mute.scope), mute.by, mute.reason, mute.channel) == (
        f"account:{ACCOUNT}",
        ALICE,
        "deploy of the new AMI",
        CHANNEL,
    )
    assert mute.until - mute.since == timedelta(hours=2)
    (said,) = story.aloud()
    assert f"Muted account `Payments` ({ACCOUNT}) until" in said
    assert f"<@{ALICE}>" in said
    (entry,) = story.done_by_people()
    assert (entry.who, entry.what, entry.where) == (ALICE, "muted", f"account:{ACCOUNT}")
    assert (entry.reason, entry.channel, entry.at) == ("deploy of the new AMI", CHANNEL, mute.since)
    assert story.looks_asked() == [Hint(story.cluster, Why.REQUEST)]


def test_what_is_muted_turns_grey_and_is_heard_of_again_when_it_is_unmuted(story: Story) -> None:
    story.trouble(grouped=False)
    story.say("mute all 2h we move")
    story.clock.go_on(LATE)
    story.look()
    assert ":no_bell:" in story.message()
    story.looks_asked()

    story.say("unmute all", user=BOB)
    story.clock.go_on(LATE)
    story.look()

    (mute,) = story.mutes()
    assert mute.ended_at is not None
    assert ":no_bell:" not in story.message()
    assert any("no longer muted, still in trouble" in line for line in story.thread())
    assert story.looks_asked() == [Hint(story.cluster, Why.REQUEST), MuteHint("organization", mute.id)]
    assert [said for said in story.aloud() if f"<@{BOB}> has unmuted `the whole organization`" in said] != []
    assert what(story.done_by_people()) == [(ALICE, "muted", "we move"), (BOB, "unmuted", "")]


@pytest.mark.parametrize(
    ("words", "scope"),
    [
        pytest.param("all", "organization", id="everything"),
        pytest.param(ACCOUNT, f"account:{ACCOUNT}", id="an account's id"),
        pytest.param("pay", f"account:{ACCOUNT}", id="an alias"),
        pytest.param("ou-ab12-34cd56ef", "unit:ou-ab12-34cd56ef", id="a unit"),
        pytest.param("eu-west-1", "region:*/eu-west-1", id="a Region"),
        pytest.param("Payments/eu-west-1", f"region:{ACCOUNT}/eu-west-1", id="an account's Region"),
        pytest.param("<cluster>", "cluster:<cluster>", id="a cluster"),
        pytest.param("<instance>", "instance:<cluster>/<instance>", id="an instance"),
    ],
)
def test_whatever_can_be_named_can_be_muted_and_unmuted(story: Story, words: str, scope: str) -> None:
    (victim,) = story.trouble(grouped=False)
    story.know(Account(OTHER, "Search", ("ou-ab12-34cd56ef",)), units=("ou-ab12-34cd56ef",))
    story.policy(f'[aliases]\npay = "{ACCOUNT}"\n')
    named = words.replace("<cluster>", story.cluster.name).replace("<instance>", victim.instance)

    assert story.say(f"mute {named} 1h x") == []
    (mute,) = story.mutes()
    assert str(mute.scope) == scope.replace("<cluster>", story.cluster.key).replace("<instance>", victim.instance)

    assert story.say(f"unmute {named}") == []
    assert story.mutes()[0].ended_at is not None


def test_a_time_is_that_of_whoever_says_it(story: Story) -> None:
    story.clock.now = datetime(2026, 1, 15, 12, tzinfo=UTC)
    story.say("mute 222233334444 until 18:00 x", user=ALICE)  # in Paris
    story.say("mute 333344445555 until 18:00 x", user=CAROL)  # in New York

    assert sorted(mute.until for mute in story.mutes()) == [
        datetime(2026, 1, 15, 17, tzinfo=UTC),
        datetime(2026, 1, 15, 23, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param("mute all forever x", "Nothing is muted for ever", id="for ever"),
        pytest.param("mute all 31d x", "30 days are the most", id="too long"),
        pytest.param("mute all until yesterday x", "no time", id="no time"),
        pytest.param("unmute 222233334444", "itself is not muted", id="not muted"),
        pytest.param("mute nonsuch 2h x", "Nothing known is called `nonsuch`", id="nothing of that name"),
        pytest.param("why nonsuch", "Nothing known is called `nonsuch`", id="why nothing"),
        pytest.param("why 222233334444", "Name a cluster, an instance or an incident", id="why an account"),
        pytest.param("show inc-0123456789", "There is no incident `inc-0123456789`", id="no such incident"),
        pytest.param("why inc-0123456789", "There is no incident `inc-0123456789`", id="why no such incident"),
        pytest.param("audit all 90d", "30 days are the most", id="too long ago"),
        pytest.param("start", "Repairs are not stopped", id="not stopped"),
    ],
)
def test_what_cannot_be_done_is_told_to_the_person_alone_and_changes_nothing(
    story: Story, line: str, told: str
) -> None:
    story.know()

    (answer,) = story.say(line)

    assert told in answer
    assert story.aloud() == []
    assert story.mutes() == []
    assert story.done_by_people() == []
    assert story.looks_asked() == []


def test_several_things_of_one_name_are_offered_as_buttons_that_say_the_command_again(story: Story) -> None:
    story.know(Account(OTHER, "Payments"))
    (answer,) = story.say("mute payments 2h a deploy")
    assert "may be several things" in answer
    assert story.mutes() == []
    ts, action, label = next(button for button in story.buttons() if OTHER in button[2])
    assert label == f"Account Payments · {OTHER}"

    assert story.press(action, ts=ts).error is None
    story.work()

    (mute,) = story.mutes()
    assert (str(mute.scope), mute.reason, mute.channel) == (f"account:{OTHER}", "a deploy", CHANNEL)


def test_a_pattern_mutes_what_is_well_when_it_is_typed_and_fails_later(story: Story) -> None:
    pattern = f"{story.cluster.name[:4]}*"
    story.know()
    story.list_clusters(story.cluster)
    assert story.say(f"mute {pattern} 2h a deploy") == []
    assert [str(mute.scope) for mute in story.mutes()] == [f"cluster:*/*/{pattern}"]
    assert f"Muted clusters `{pattern}` in all accounts until" in story.aloud()[0]
    story.clock.go_on(LATE)
    story.trouble(grouped=False)

    assert "1 incident, 1 mute in force" in story.say("status")[0]
    assert story.cluster.name in story.say(f"incidents {pattern}")[0]
    assert "Nothing known is called `nosuch-*`" in story.say("incidents nosuch-*")[0]
    (entry,) = story.done_by_people()
    assert (entry.what, entry.where, entry.cluster) == ("muted", f"cluster:*/*/{pattern}", "")
    assert "`muted`" in story.say(f"audit {story.cluster.name}")[0]

    story.looks_asked()
    story.say("mutes")
    ts, action, label = story.buttons()[0]
    assert label == "Unmute"
    story.press(action, ts=ts)
    story.work()

    (mute,) = story.mutes()
    assert mute.ended_at is not None
    assert len(story.aloud()) == 2  # that it was muted, and that it no longer is
    assert story.looks_asked() == [Hint(story.cluster, Why.REQUEST), MuteHint(f"cluster:*/*/{pattern}", mute.id)]


def test_a_muted_bulletins_button_ends_the_pattern_that_it_is_under(story: Story) -> None:
    story.trouble(grouped=False)
    story.say(f"mute {story.cluster.account}/{story.cluster.name[:4]}* 2h a deploy")
    story.clock.go_on(LATE)
    story.look()
    assert ":no_bell:" in story.message()

    story.press(UNMUTE)
    story.work()

    assert story.mutes()[0].ended_at is not None


@pytest.mark.parametrize(
    ("where", "words", "granted"),
    [
        pytest.param('cluster = "prod-*"', f"{ACCOUNT}/prod-*", False, id="some clusters"),
        pytest.param('group = "web"', f"{ACCOUNT}/prod-*", False, id="a group of clusters"),
        pytest.param(f'account = "{ACCOUNT}"', f"{ACCOUNT}/prod-*", True, id="the account"),
        pytest.param(f'account = "{ACCOUNT}"', "prod-*", False, id="an account, for all of them"),
        pytest.param(f'account = "{OTHER}"', f"{ACCOUNT}/prod-*", False, id="another account"),
        pytest.param('region = "eu-west-1"', f"{ACCOUNT}/eu-west-1/prod-*", True, id="the Region"),
        pytest.param('region = "eu-west-1"', "*/eu-west-1/prod-*", True, id="the Region of all accounts"),
        pytest.param('region = "eu-west-1"', f"{ACCOUNT}/prod-*", False, id="a Region, for all of them"),
        pytest.param("", "prod-*", True, id="everywhere"),
    ],
)
def test_a_pattern_needs_the_right_for_all_that_it_may_be_of(
    story: Story, where: str, words: str, granted: bool
) -> None:
    story.know(Account(OTHER, "Search"))
    story.list_clusters(story.cluster)
    narrowed = f"where = {{ {where} }}\n" if where else ""
    story.policy(f'[[rights]]\nwho = "{ALICE}"\nmay = "mute"\n{narrowed}')

    told = story.say(f"mute {words} 2h x")

    assert bool(story.mutes()) is granted
    assert ("You may not do that here (mute)." in " ".join(told)) is not granted


def test_to_unmute_a_pattern_ends_what_is_muted_of_it_cluster_by_cluster(story: Story) -> None:
    for name in ("prod-api", "prod-web", "test"):
        story.hub.store.keep_mute(
            Mute(Scope.of(Cluster(OTHER, REGION, name)), story.clock() + timedelta(hours=9), BOB, "x", story.clock())
        )

    story.say("unmute prod-*")

    assert {mute.scope.cluster: mute.ended_at is not None for mute in story.mutes()} == {
        "prod-api": True,
        "prod-web": True,
        "test": False,
    }
    assert len(story.done_by_people()) == 2


def test_a_new_mute_stands_beside_the_old_one_and_shows_what_overlaps(story: Story) -> None:
    story.say("mute all 2h first")
    story.say("mute 222233334444 1h second")
    story.say("mute all 30m third", user=BOB)

    assert {(str(mute.scope), mute.by, mute.reason) for mute in story.mutes()} == {
        ("organization", ALICE, "first"),
        ("account:222233334444", ALICE, "second"),
        ("organization", BOB, "third"),
    }
    assert "Muted as well, which overlaps" in story.aloud()[-1]
    assert "`first`" in story.aloud()[-1]
    assert "`second`" in story.aloud()[-1]
    (listed,) = story.say("mutes")
    assert "3 mutes in force" in listed
    assert listed.index("third") < listed.index("second") < listed.index("first")  # what ends first
    assert "Muted: 2 places" in story.open_home()


def side_by_side(story: Story) -> tuple[Mute, Mute]:
    """Alice's mute of everything, and Bob's."""
    story.say("mute all 2h hers")
    story.say("mute all 30m his", BOB)
    hers, his = sorted(story.mutes(), key=lambda mute: mute.by)
    assert (hers.by, his.by) == (ALICE, BOB)
    return hers, his


def in_force(story: Story) -> set[str]:
    return {mute.reason for mute in story.mutes() if mute.on(story.clock())}


@pytest.mark.parametrize("words", ["all", "organization"], ids=["as people call it", "as an older button does"])
def test_who_unmutes_what_is_muted_twice_is_asked_which(story: Story, words: str) -> None:
    side_by_side(story)

    (asked,) = story.say(f"unmute {words}", BOB)

    assert f"2 mutes of `{words}` are in force. Which one shall end?" in asked
    assert in_force(story) == {"hers", "his"}
    (ts, first, label), _ = story.buttons(BOB)  # what ends first: his
    assert label == "Unmute"
    story.press(first, BOB, ts=ts)
    story.work()
    assert in_force(story) == {"hers"}


def test_one_of_two_mutes_is_ended_by_its_id_and_the_other_is_said_to_go_on(story: Story) -> None:
    hers, his = side_by_side(story)

    assert story.say(f"unmute {his.id}", BOB) == []

    assert in_force(story) == {"hers"}
    told = story.aloud()[-1]
    assert f"<@{BOB}> has ended a mute of `the whole organization`. Other mutes go on." in told
    assert "Still muted, which overlaps" in told
    assert "`hers`" in told
    assert f"The mute `{his.id}` is not in force." in story.say(f"unmute {his.id}", BOB)[0]
    story.say(f"unmute {hers.id}", BOB)
    assert f"<@{BOB}> has unmuted `the whole organization`, which <@{ALICE}> had muted." in story.aloud()[-1]
    log = [(entry.who, entry.what, entry.result) for entry in story.done_by_people()[2:]]
    assert log == [(BOB, "unmuted", his.id), (BOB, "unmuted", hers.id)]


def test_a_button_of_one_mute_never_ends_another(story: Story) -> None:
    hers, his = side_by_side(story)
    story.say("mutes", BOB)
    (ts, first, _), _ = story.buttons(BOB)  # what ends first: his
    story.say(f"unmute {his.id}", BOB)

    story.press(first, BOB, ts=ts)
    story.work()

    assert in_force(story) == {"hers"}
    assert f"The mute `{his.id}` is not in force." in story.whispers(BOB)[-1]
    assert hers.until == next(mute.until for mute in story.mutes() if mute.by == ALICE)


def test_to_unmute_a_pattern_of_which_something_is_muted_twice_asks_which(story: Story) -> None:
    for name, by in (("prod-api", ALICE), ("prod-api", BOB), ("prod-web", BOB)):
        scope = Scope.of(Cluster(OTHER, REGION, name))
        until = story.clock() + timedelta(hours=9)
        story.hub.store.keep_mute(Mute(scope, until, by, f"{name} {by}", story.clock(), id=mute_id(f"{name} {by}")))

    (asked,) = story.say("unmute prod-*")

    assert "3 mutes of `prod-*` are in force. Which one shall end?" in asked
    assert len(in_force(story)) == 3


def test_who_may_not_unmute_is_refused_and_not_asked_which(story: Story) -> None:
    side_by_side(story)
    story.policy(f'[[rights]]\nwho = "{BOB}"\nmay = "mute"\n')

    (told,) = story.say("unmute all", CAROL)

    assert "You may not do that here (mute)." in told
    assert len(in_force(story)) == 2


def test_the_list_of_mutes_has_buttons_that_end_them(story: Story) -> None:
    story.say("mute all 2h x")
    story.say("unmute")  # what of?
    ts, action, label = story.buttons()[0]
    assert label == "Unmute"

    story.press(action, ts=ts)
    story.work()

    assert story.mutes()[0].ended_at is not None


# Where it is told


def link(story: Story) -> str:
    slack = story.bulletin().slack
    return f"<https://{TEAM.domain}.slack.com/archives/{slack.address}/p{slack.handle.replace('.', '')}|"


def test_incidents_link_to_the_messages_that_tell_of_them(story: Story) -> None:
    victim, *_ = story.trouble(grouped=False)

    assert f"{link(story)}message>" in story.say("incidents")[0]
    assert f"{link(story)}The message that tells of it>" in story.say(f"show {story.incident(victim).id}")[0]
    assert f"{link(story)}message>" in story.open_home()


def test_slack_is_asked_once_where_its_messages_are(story: Story) -> None:
    story.trouble(grouped=False)
    story.say("incidents")
    story.workspace.faults.order(Fault("auth.test", "server_error", times=9))

    assert f"{link(story)}message>" in story.say("incidents")[0]
    assert f"{link(story)}message>" in story.open_home()


def test_without_slacks_address_incidents_are_told_without_links(story: Story) -> None:
    story.trouble(grouped=False)
    story.workspace.faults.order(Fault("auth.test", "server_error"))

    (told,) = story.say("incidents")

    assert story.cluster.name in told
    assert "|message>" not in told
    assert f"{link(story)}message>" in story.say("incidents")[0]


# The bulletin's own buttons


def test_the_bulletins_button_asks_in_a_modal_and_mutes_the_cluster(story: Story) -> None:
    story.trouble(grouped=False)
    assert story.press(MUTE, user=BOB).error is None
    modal = story.modal(BOB)
    assert modal is not None
    assert f"cluster:{story.cluster.key}" in str(modal["blocks"])
    assert story.front.sent == []

    outcome = story.submit(BOB, span="4h", reason="a *deploy*")
    assert (outcome.delivery.error, outcome.errors) == (None, {})
    story.work()

    (mute,) = story.mutes()
    assert (mute.scope, mute.by, mute.reason, mute.channel) == (Scope.of(story.cluster), BOB, "a *deploy*", CHANNEL)
    assert mute.until - mute.since == timedelta(hours=4)
    assert "`a *deploy*`" in story.aloud()[0]
    story.clock.go_on(LATE)
    story.look()
    assert story.press(UNMUTE).error is None
    story.work()
    assert story.mutes()[0].ended_at is not None


def test_a_command_with_parts_missing_is_completed_in_a_modal(story: Story) -> None:
    story.know()
    assert story.type("mute payments").error is None
    assert story.front.sent == []
    assert story.modal() is not None

    assert story.submit(custom="until tomorrow", reason="").errors == {"reason": "Please complete this required field."}
    assert story.submit(reason="x").errors == {"span": "Choose how long, or say until when."}
    assert list(story.submit(reason="x", custom="5 bananas").errors) == ["custom"]
    assert list(story.submit(reason="x", custom="2h and so on").errors) == ["custom"]
    assert list(story.submit(reason="\u200b", custom="2h").errors) == ["reason"]
    assert story.submit(custom="1h30m", reason="x").errors == {}
    story.work()

    (mute,) = story.mutes()
    assert (str(mute.scope), mute.until - mute.since) == (f"account:{ACCOUNT}", timedelta(minutes=90))


@pytest.mark.parametrize("line", ["mute", f"mute {ACCOUNT}"])
@pytest.mark.parametrize(
    ("policy", "why"),
    [
        pytest.param(f'[[rights]]\nwho = "{BOB}"\nmay = "mute"\n', "You may not do that", id="somebody else may"),
        pytest.param("[[rights", "The policy cannot be read", id="nobody can tell who may"),
    ],
)
def test_who_may_mute_nowhere_is_refused_though_parts_are_missing(
    story: Story, policy: str, why: str, line: str
) -> None:
    story.know()
    story.policy(policy)

    (told,) = story.say(line)

    assert why in told
    assert "What is still broken" not in told  # the manual's words
    assert story.modal() is None
    (entry,) = story.done_by_people()
    assert (entry.who, entry.what) == (ALICE, "refused: mute")


def test_a_modal_that_is_submitted_twice_mutes_once(story: Story) -> None:
    story.type("mute all")
    story.submit(span="1h", reason="x")
    body = story.front.sent[0]
    story.work()
    story.clock.go_on(timedelta(minutes=1))

    story.attend(body, 2)

    assert len(story.mutes()) == len(story.done_by_people()) == len(story.aloud()) == 1


# What only tells


def test_how_things_stand(story: Story) -> None:
    story.trouble(grouped=False, size=2)
    story.say("mute all 1h x")
    story.say("stop it hurts")

    (status,) = story.say("status")

    assert "2 unresolved incidents" in status
    assert "2 incidents, 1 mute in force" in status
    assert f"All repairs stopped by <@{ALICE}>" in status
    assert "`it hurts`" in status


def test_what_is_in_trouble_is_told_by_account(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    story.know(Account(OTHER, "Search"))

    (everything,) = story.say("incidents")
    (there,) = story.say("incidents payments")
    (elsewhere,) = story.say("incidents search")
    (nowhere,) = story.say("incidents eu-central-1")

    assert victim.host in everything
    assert f"Account `Payments` ({ACCOUNT}): 1 instance" in there
    assert f"1 unresolved incident in `account {ACCOUNT}`." in there
    assert f"Nothing is in trouble in `account {OTHER}`." in elsewhere
    assert "Nothing known is called `eu-central-1`" in nowhere


def test_an_incident_is_shown_with_its_log_and_buttons(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    story.act(story.click(ACKNOWLEDGE, user=BOB))
    incident = story.incident(victim)

    (shown,) = story.say(f"show {incident.id}")

    assert victim.host in shown
    assert f"<@{BOB}> `acknowledged`" in shown
    assert [label for _, _, label in story.buttons()] == ["Why?", "Mute it…"]
    (ts, why, _), (_, mute, _) = story.buttons()
    story.press(why, ts=ts)
    story.work()
    assert story.whispers()[-1].startswith(f"*Why: `{story.cluster.name}`")
    story.press(mute, ts=ts)
    assert story.modal() is not None
    story.submit(span="1h", reason="x")
    story.work()
    assert story.mutes()[0].scope == Scope.of(story.cluster, victim.instance)


def test_an_incident_that_is_over_is_still_shown(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    story.act(story.click(ACKNOWLEDGE))
    incident = story.incident(victim)
    story.fleet.known(story.cluster, victim.instance).connected = True
    story.look()

    (shown,) = story.say(f"show {incident.id}")

    assert "is resolved" in shown


@pytest.mark.parametrize("by", ["the incident", "the instance", "the cluster"])
def test_why_tells_what_is_known_and_what_the_rules_say(story: Story, by: str) -> None:
    (victim,) = story.trouble(grouped=False)
    story.say("mute all 1h a reason")
    named = {"the incident": story.incident(victim).id, "the instance": victim.host, "the cluster": story.cluster.name}

    (told,) = story.say(f"why {named[by]}")

    assert ":no_bell: Muted until" in told
    assert "a reason" in told
    assert "Grace: an agent has to be gone for 2 min" in told
    assert "The sweep has not visited this Region" in told
    assert ("seen disconnected" in told) == (by != "the cluster")


def window(story: Story, where: str = "") -> None:
    """The policy has maintenance all day, which began at midnight."""
    day = f"{story.clock():%A}".lower()
    times = f'days = ["{day}"]\nstart = "00:00"\nlength = "24h"\nzone = "UTC"\nreason = "patching"\n'
    story.policy(f"[[windows]]\n{times}{where}\n")


def test_why_says_that_a_maintenance_window_mutes(story: Story) -> None:
    story.trouble(grouped=False)
    window(story)

    (told,) = story.say(f"why {story.cluster.name}")

    assert "by a maintenance window: `patching`" in told


def test_a_maintenance_window_is_among_the_mutes_wherever_they_are_told(story: Story) -> None:
    story.trouble(grouped=False)
    window(story, f'where = {{ account = "{ACCOUNT}" }}')

    (listed,) = story.say("mutes")
    home = story.open_home()

    assert "1 mute in force" in listed
    assert f"*account `{ACCOUNT}`*" in listed
    assert "1 incident, 1 mute in force" in story.say("status")[0]
    assert "*Muted: 1 place*" in home
    assert "`patching`" in listed
    assert "`patching`" in home
    assert story.buttons() == []


def test_what_is_muted_within_a_maintenance_window_is_told_that_it_overlaps(story: Story) -> None:
    story.know(Account(OTHER, "Search"))
    story.list_clusters(*(Cluster(ACCOUNT, REGION, name) for name in ("test", "prod-api")))
    window(story, f'where = {{ account = "{ACCOUNT}", cluster = "prod-*" }}')

    for named in (f"{ACCOUNT}/eu-west-1/test", OTHER, f"{ACCOUNT}/eu-west-1/prod-api", ACCOUNT, f"{ACCOUNT}/*-api"):
        story.say(f"mute {named} 1h x")

    assert ["`patching`" in told for told in story.aloud()] == [False, False, True, True, True]


def test_a_window_of_a_monitoring_group_is_told_as_what_mutes(story: Story) -> None:
    story.trouble(grouped=False)
    bulletin = story.hub.store.keep(altered(story.bulletin(), group="batch"))
    assert bulletin.episode.group == "batch"
    day = f"{story.clock():%A}".lower()
    window = f'days = ["{day}"]\nstart = "00:00"\nlength = "24h"\nzone = "UTC"\nreason = "patching"'
    story.policy(f'[[windows]]\n{window}\nwhere = {{ group = "batch" }}\n')

    (told,) = story.say(f"why {story.cluster.name}")
    assert "by a maintenance window: `patching`" in told
    assert "1 incident, 1 mute in force" in story.say("status")[0]
    assert ":no_bell:" in story.say("incidents")[0]


def test_why_of_several_asks_which(story: Story) -> None:
    for name in ("prod-api", "prod-web"):
        story.say(f"mute cluster:{OTHER}/{REGION}/{name} 1h x")
    story.trouble(grouped=False)
    (answer,) = story.say("why *")
    assert "Name a cluster" in answer  # an asterisk is everything
    story.clock.go_on(LATE)
    (answer,) = story.say(f"why {story.cluster.name[:3]}*")
    assert f"Why: `{story.cluster.name}`" in answer


def test_coverage_names_what_is_blind(story: Story) -> None:
    story.know()
    now = story.clock()
    story.hub.store.keep_seen(0, {(ACCOUNT, REGION): Visit(now, None, "access denied")}, now)

    (told,) = story.say("coverage")

    assert "1 blind" in told
    assert f"`{ACCOUNT}/{REGION}`" in told


def test_the_audit_tells_who_did_what_and_can_be_narrowed(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    story.know(Account(OTHER, "Search", ("ou-ab12-34cd56ef",)))
    story.act(story.click(ACKNOWLEDGE, user=BOB))
    story.say("mute search 1h because")
    story.say("stop we look")

    (everything,) = story.say("audit")
    assert "3 entries" in everything
    for part in (f"<@{BOB}> `acknowledged` `{victim.host}`", "`muted`", "`stopped all repairs`"):
        assert part in everything
    assert "`acknowledged`" in story.say(f"audit {story.cluster.name}")[0]
    assert "`muted`" not in story.say("audit payments")[0]
    assert "`muted`" in story.say("audit search 7d")[0]
    assert "`muted`" in story.say("audit ou-ab12-34cd56ef")[0]
    story.clock.go_on(timedelta(hours=3))
    assert "0 entries" in story.say("audit all 1h")[0]


def test_the_audit_counts_more_than_it_can_show(story: Story) -> None:
    for number in range(250):
        entry = Entry(story.clock(), BOB, "muted", "organization", "", request=f"r{number}", quiet=True)
        story.hub.store.log(None, entry)

    (told,) = story.say("audit")

    assert "250 entries" in told
    assert f"and {250 - told.count('`muted`')} more: coastguard audit has them, on the command line." in told


# stop, start


def test_somebody_stops_all_repairs_and_somebody_else_lets_them_go_on(story: Story) -> None:
    (victim,) = story.trouble()
    assert story.say("stop the last one went wrong") == []
    refused = story.click()
    story.act(refused)
    assert story.whispers()[-1].startswith(f"All repairs are stopped, by <@{ALICE}>")
    assert story.is_untouched(victim)
    assert "Repairs are stopped already" in story.say("stop again", user=BOB)[0]

    assert story.say("start", user=BOB) == []
    story.act(story.click(user=BOB))

    assert story.is_gone(victim)
    assert [said.split(" <")[0] for said in story.aloud()] != []
    assert what(story.done_by_people())[:1] == [(ALICE, "stopped all repairs", "the last one went wrong")]
    assert (BOB, "started repairs again", "") in what(story.done_by_people())


# The Home tab


def test_the_home_shows_what_is_open_muted_and_blind(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    story.know(Account(OTHER, "Search"))
    story.say("mute search 2h a reason")

    home = story.open_home(BOB)

    assert victim.host in home
    assert f"`Payments` ({ACCOUNT})" in home
    assert "a reason" in home
    assert "2 not visited yet" in home


def test_a_mute_is_ended_from_the_home_which_says_so_and_is_drawn_anew(story: Story) -> None:
    story.say("mute all 1h x")
    story.open_home(BOB)
    assert story.press_in_home(BOB, "coastguard.say.0").error is None
    story.work()

    assert story.mutes()[0].ended_at is not None
    assert f"<@{BOB}> has unmuted" in story.home(BOB)
    assert "*Muted: 0 places*" in story.home(BOB)
    assert story.done_by_people()[-1].channel == ""
    assert "has unmuted" not in story.open_home(BOB)
    assert f"<@{BOB}> has unmuted" in story.aloud()[-1]


def test_something_is_muted_from_the_home_and_everybody_is_told(story: Story) -> None:
    story.know(Account(OTHER, "Search"))
    story.open_home(BOB)
    assert story.press_in_home(BOB, "coastguard.say.mute").error is None
    outcome = story.submit(BOB, target="search", custom="2h", reason="moving")
    assert (outcome.delivery.error, outcome.errors) == (None, {})
    story.work()

    (mute,) = story.mutes()
    assert (str(mute.scope), mute.by, mute.reason, mute.channel) == (f"account:{OTHER}", BOB, "moving", CHANNEL)
    assert "Muted account `Search`" in story.home(BOB)
    assert "*Muted: 1 place*" in story.home(BOB)
    assert "Muted account `Search`" in story.aloud()[-1]
    assert story.whispers(BOB) == []


def test_a_mute_begun_where_the_bot_is_not_is_answered_there(story: Story) -> None:
    story.know(Account(OTHER, "Search"))
    assert story.type("mute search 1h", BOB, SECURITY).error is None
    outcome = story.submit(BOB, target="search", reason="moving")
    assert (outcome.delivery.error, outcome.errors) == (None, {})
    story.work()

    assert [str(mute.scope) for mute in story.mutes()] == [f"account:{OTHER}"]
    told = [m for c in story.workspace.state()["channels"] if c["id"] == SECURITY for m in c["messages"]]
    assert "Muted account" in str(told)


def test_what_was_done_in_a_channel_shows_in_the_home_at_once(story: Story) -> None:
    story.open_home(BOB)
    story.say("mute all 1h x", BOB)
    assert "*Muted: 1 place*" in story.home(BOB)


def test_what_was_done_from_the_home_is_said_in_the_fallback_where_the_channel_is_lost(story: Story) -> None:
    story.policy(f'[slack]\nfallback_channel = "{FALLBACK}"\n')
    story.say("mute all 1h x")
    story.open_home(BOB)
    story.lose_channel()
    assert story.press_in_home(BOB, "coastguard.say.0").error is None

    story.work()

    assert story.mutes()[0].ended_at is not None
    (said,) = story.aloud(FALLBACK)
    assert f"<@{BOB}> has unmuted" in said


def test_a_cluster_that_is_well_is_muted_by_its_full_name(story: Story) -> None:
    story.know()
    story.list_clusters(Cluster(ACCOUNT, REGION, "prod-well"))

    story.say("mute payments/eu-west-1/prod-well 2h moving")

    assert [str(mute.scope) for mute in story.mutes()] == [f"cluster:{ACCOUNT}/eu-west-1/prod-well"]
    assert "Nothing known is called" in story.say("mute payments/nowhere/prod-well 2h moving")[0]


def test_who_may_not_is_told_in_the_home_what_they_pressed_there(story: Story) -> None:
    story.say("mute all 1h x")
    story.policy(f'[[rights]]\nwho = "{ALICE}"\nmay = "*"\n')
    story.open_home(BOB)
    story.press_in_home(BOB, "coastguard.say.0")
    story.work()

    assert "You may not do that here (mute)." in story.home(BOB)
    assert f"Those who may: <@{ALICE}>" in story.home(BOB)
    assert story.mutes()[0].ended_at is None


@pytest.mark.parametrize("stranger", [GUEST.id, FOREIGNER.id])
def test_a_guest_or_a_stranger_sees_nothing_in_the_home(story: Story, stranger: str) -> None:
    (victim,) = story.trouble(grouped=False)
    home = story.open_home(stranger)
    assert "Only full members" in home
    assert victim.host not in home


def test_a_home_that_slack_rejects_is_not_tried_for_ever(story: Story) -> None:
    before = story.open_home(ALICE)
    story.say("stop", BOB)
    story.ask_for_home(ALICE)
    del story.workspace.people[ALICE]

    story.work()

    assert story.home(ALICE) == before


def test_a_home_that_slack_does_not_take_just_now_is_drawn_by_the_next_try(story: Story) -> None:
    story.workspace.faults.order(Fault("views.publish", "server_error"))
    story.ask_for_home(ALICE)
    (asked,) = story.front.take_all()
    with pytest.raises(InDoubt):
        story.attend(asked)

    story.attend(asked, 2)

    assert "Nothing" in story.home(ALICE) or "In trouble: 0 instances" in story.home(ALICE)


# Who does not get an answer, or not this way


@pytest.mark.parametrize("text", ["status", "incidents", "mute all 2h x", "mute all", "stop", "audit", "why x"])
def test_a_guest_is_answered_nothing_but_a_refusal_which_is_logged(story: Story, text: str) -> None:
    (victim,) = story.trouble(grouped=False)

    (told,) = story.say(text, user=GUEST.id)

    assert "Only full members" in told
    assert victim.host not in told
    assert story.mutes() == []
    assert not story.hub.store.switch().stopped
    (entry,) = story.done_by_people()
    assert (entry.who, entry.what) == (GUEST.id, f"refused: {text.split(maxsplit=1)[0]}")
    assert story.modal(GUEST.id) is None


@pytest.mark.parametrize(
    ("text", "told"), [("help", "What you can type"), ("help mute", "mute"), ("mtue all", "Did you mean *mute*?")]
)
def test_a_guest_is_told_how_commands_are_written(story: Story, text: str, told: str) -> None:
    assert told in story.say(text, user=GUEST.id)[0]
    assert story.done_by_people() == []


def test_what_lay_about_is_not_begun_any_more(story: Story) -> None:
    story.type("stop")
    (asked,) = story.front.take_all()
    story.clock.go_on(FRESH + timedelta(seconds=2))

    story.attend(asked)

    assert not story.hub.store.switch().stopped
    assert "more than 15 minutes ago" in story.whispers()[0]


def test_what_was_begun_in_time_is_gone_on_with_though_it_is_late(story: Story) -> None:
    story.type("mute all 2h x")
    (asked,) = story.front.take_all()
    story.hub.fate.die("after mute 1")
    with pytest.raises(Exception, match="after mute 1"):
        story.attend(asked)
    story.clock.go_on(FRESH + timedelta(minutes=1))

    story.attend(asked, 2)

    assert len(story.mutes()) == 1
    assert len(story.aloud()) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/slack/hooks/x",
        "https://hooks.slack.com.evil.example/x",
        "http://169.254.169.254/latest/meta-data/",
        "http://hooks.slack.com/x",
    ],
)
def test_nobody_is_answered_but_at_slacks_own_addresses(
    story: Story, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    story.type("status")
    (asked,) = story.front.said
    story.front.take_all()

    story.attend(Record("m", to_message(replace(asked, answers=url)), asked.group, "r", 1))

    assert len(story.whispers()) == 1  # in the channel, where nobody has to be reached by an address
    assert [record.getMessage() for record in caplog.records if "unsaid" in record.getMessage()] == []


def test_without_a_response_url_the_answer_comes_into_the_channel(story: Story) -> None:
    story.type("status")
    story.type("mute all 1h x")
    status, mute = (replace(asked, answers="") for asked in story.front.said)
    for asked in (status, mute):
        story.attend(Record("m", to_message(asked), asked.group, "r", 1))
    assert len(story.whispers()) == 1
    assert "Muted the whole organization" in story.aloud()[0]


def test_an_answer_that_its_address_does_not_take_is_said_in_the_channel(story: Story) -> None:
    story.type("mute all 1h x")
    (asked,) = story.front.said
    story.front.take_all()
    hook = asked.answers.rsplit("/", 1)[-1]
    story.workspace.tickets._hooks[hook].uses = 99

    story.attend(Record("m", to_message(asked), asked.group, "r", 1))

    assert len(story.mutes()) == 1
    assert len(story.aloud()) == 1


@pytest.mark.parametrize("kind", ["server_error", "ratelimit"])
def test_while_slack_does_not_say_who_asks_nothing_is_done(story: Story, kind: str) -> None:
    story.workspace.faults.order(Fault("users.info", kind, times=9))

    (told,) = story.say("mute all 1h x")

    assert "Slack did not say who you are" in told
    assert story.mutes() == []


def test_why_tells_what_the_person_may_do_there_by_their_groups(story: Story) -> None:
    story.trouble(grouped=False)
    story.policy('[[rights]]\nwho = "S0SRETEAM1"\nmay = "terminate"\n')

    assert f"<@{BOB}> may terminate here" in story.say(f"why {story.cluster.name}", BOB)[0]
    assert f"<@{CAROL}> may do nothing here" in story.say(f"why {story.cluster.name}", CAROL)[0]
    story.begin_anew()
    story.workspace.faults.order(Fault("usergroups.users.list", "server_error"))
    assert f"<@{BOB}> may" not in story.say(f"why {story.cluster.name}", BOB)[0]
