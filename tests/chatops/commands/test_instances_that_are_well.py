"""What people ask of instances that are well, or were in trouble until minutes ago: a look answers, or what is kept."""

from datetime import timedelta

import pytest

from coastguard.local.slack.faults import Fault
from hub.incidents.hints import Hint, Why
from hub.scopes.scope import Scope
from tests.chatops.factories import ALICE, BOB, CHANNEL
from tests.chatops.story import Story, Victim


def well(story: Story) -> Victim:
    """An instance whose agent is connected."""
    (host,) = story.fleet.hosts()
    story.know()
    story.list_clusters(story.cluster)
    return Victim(story.fleet.register(story.cluster, host), host)


def over(story: Story) -> Victim:
    """An instance that was in trouble until a moment ago; nobody has done anything about it."""
    (victim,) = story.trouble(grouped=False)
    story.know()
    story.fleet.known(story.cluster, victim.instance).connected = True
    story.look()
    assert not story.incident(victim).unresolved
    story.looks_asked()
    return victim


@pytest.mark.parametrize("verb", ["why", "show"])
@pytest.mark.parametrize("by", ["host", "instance"])
@pytest.mark.parametrize("where", ["prod-payments/", "Payments/eu-west-1/prod-payments/", "prod-payments "])
def test_a_look_tells_how_an_instance_is_that_is_well(story: Story, verb: str, by: str, where: str) -> None:
    victim = well(story)

    (told,) = story.say(f"{verb} {where}{getattr(victim, by).upper()}")
    assert "Coastguard looks at it now" in told
    story.look_as_asked()

    found = story.whispers()[-1]
    assert f"`{victim.host}` is well: its agent is connected." in found
    assert victim.instance in found
    assert "none that is kept" in found
    assert story.aloud() == []


def test_act_reads_nothing_in_the_member_account_and_asks_for_one_look(story: Story) -> None:
    victim = well(story)
    story.hub.trail.calls.clear()

    story.say(f"why prod-payments/{victim.host}")

    assert not any(action.startswith(("ecs:", "ec2:", "sts:")) for action, _ in story.hub.trail.calls)
    (hint,) = story.looks_asked()
    assert isinstance(hint, Hint)
    assert (hint.cluster, hint.why, hint.drops) == (story.cluster, Why.REQUEST, ())
    assert [question.instance for question in hint.questions] == [victim.host]


def test_who_wants_to_mute_an_instance_that_is_well_does_so_with_the_answers_button(story: Story) -> None:
    victim = well(story)

    (told,) = story.say(f'mute prod-payments/{victim.host} 2h "we & they" test it')
    assert story.mutes() == []
    assert "Coastguard looks at it now" in told
    story.look_as_asked()
    (ts, action, label) = story.buttons()[-1]
    assert label == "Mute it…"
    assert story.press(action, ts=ts).error is None
    story.work()

    (mute,) = story.mutes()
    assert mute.scope == Scope.of(story.cluster, victim.instance)
    assert (mute.reason, mute.until - mute.since) == ('"we & they" test it', timedelta(hours=2))


def test_nobody_is_sent_to_look_for_who_may_not_mute(story: Story) -> None:
    victim = well(story)
    story.policy(f'[[rights]]\nwho = "{BOB}"\nmay = "mute"\n')

    (told,) = story.say(f"mute prod-payments/{victim.host} 2h x")

    assert "You may not do that here (mute)." in told
    assert story.looks_asked() == []


def test_an_instance_that_ecs_does_not_know_is_told_as_that(story: Story) -> None:
    well(story)
    story.say("why prod-payments/i-0123456789abcdef0")
    story.look_as_asked()

    assert "ECS knows no such instance there." in story.whispers()[-1]


def test_an_agent_that_a_question_finds_gone_has_its_grace_and_is_then_said(story: Story) -> None:
    victim = well(story)
    story.fleet.unplug(story.cluster, victim.instance)
    story.say(f"why prod-payments/{victim.host}")
    story.look_as_asked()

    assert "has lost its agent, for less than the grace as far as is known" in story.whispers()[-1]
    assert story.hub.store.known(story.cluster).incidents == {}


def test_a_question_is_answered_in_the_channel_where_its_response_url_is_good_no_more(story: Story) -> None:
    victim = well(story)
    story.say(f"why prod-payments/{victim.host}")
    story.clock.go_on(timedelta(minutes=31))
    story.look_as_asked()
    assert "is well: its agent is connected." in story.whispers()[-1]


@pytest.mark.parametrize("word", ["user_not_in_channel", "is_archived", "fatal_error"])
def test_a_question_is_answered_in_a_direct_message_where_the_channel_takes_no_answer(story: Story, word: str) -> None:
    victim = well(story)
    story.say(f"why prod-payments/{victim.host}")
    story.clock.go_on(timedelta(minutes=31))
    story.workspace.faults.order(Fault("chat.postEphemeral", "word", word=word))
    story.look_as_asked()

    (written,) = story.written()
    assert "is well: its agent is connected." in written


def test_an_answer_that_slack_takes_nowhere_holds_up_no_look(story: Story, caplog: pytest.LogCaptureFixture) -> None:
    victim = well(story)
    story.workspace.messages_tab = False
    story.say(f"why prod-payments/{victim.host}")
    story.clock.go_on(timedelta(minutes=31))
    story.workspace.faults.order(Fault("chat.postEphemeral", "server_error"))
    before = story.whispers()
    story.look_as_asked()

    assert (story.whispers(), story.written()) == (before, [])
    assert "answer.unsaid" in [record.getMessage() for record in caplog.records]


def test_an_instance_that_is_well_is_muted_from_the_home_by_the_button_of_a_direct_message(story: Story) -> None:
    victim = well(story)
    story.open_home(BOB)
    assert story.press_in_home(BOB, "coastguard.say.mute").error is None
    outcome = story.submit(BOB, target=f"prod-payments/{victim.host}", custom="2h", reason="we test it")
    assert (outcome.delivery.error, outcome.errors) == (None, {})
    story.work()

    assert "how it is follows in a direct message in a moment." in story.home(BOB)
    assert story.mutes() == []
    story.look_as_asked()
    (written,) = story.written(BOB)
    assert f"`{victim.host}` is well: its agent is connected." in written

    direct = story.workspace.direct(BOB).channel.id
    (message,) = [m for c in story.workspace.state()["channels"] if c["id"] == direct for m in c["messages"]]
    (action,) = [e["action_id"] for b in message["blocks"] for e in b.get("elements", ()) if e["type"] == "button"]
    assert story.press(action, BOB, ts=message["ts"], channel=direct).error is None
    story.work()
    (mute,) = story.mutes()
    assert (mute.scope, mute.by, mute.reason) == (Scope.of(story.cluster, victim.instance), BOB, "we test it")
    assert "Muted" in story.aloud()[-1]


@pytest.mark.parametrize("many", [False, True])
def test_an_instance_without_its_cluster_is_asked_for(story: Story, many: bool) -> None:
    victim = well(story)
    if many:
        story.list_clusters(*(type(story.cluster)(story.cluster.account, "eu-west-1", f"c-{n}") for n in range(11)))

    (told,) = story.say(f"why {victim.host}")

    assert "In which cluster is it?" in told
    assert "`/ecs why prod-web/i-0123456789abcdef0`" in told
    if many:
        return
    ((ts, action, label),) = story.buttons()
    assert label.startswith(victim.host)
    story.press(action, ts=ts)
    story.work()
    story.look_as_asked()
    assert "is well: its agent is connected." in story.whispers()[-1]


@pytest.mark.parametrize("by", ["incident", "host", "instance", "place"])
def test_what_was_over_minutes_ago_is_shown_explained_and_muted(story: Story, by: str) -> None:
    victim = over(story)
    incident = story.incident(victim)
    names = {"incident": f"{incident.id}.", "host": victim.host, "instance": victim.instance}
    name = (names | {"place": f"prod-payments/{victim.host}"})[by]

    (shown,) = story.say(f"show {name}")
    (why,) = story.say(f"why {name}")
    story.say(f"mute {name} 1h it is being patched")

    assert f"`{incident.id}`: `{victim.host}` is resolved." in shown
    assert f"{incident.id}: {victim.host} is reconnected. It was in trouble for" in why
    (mute,) = story.mutes()
    assert mute.scope == Scope.of(story.cluster, victim.instance)


def test_a_cluster_tells_of_what_is_over_there_with_its_id(story: Story) -> None:
    victim = over(story)
    incident = story.incident(victim)

    (why,) = story.say(f"why {story.cluster.name}")
    (shown,) = story.say(f"show {story.cluster.name}")

    assert f"Over in the last three days: 1 incident: {incident.id}." in why
    assert "nothing is in trouble, 1 incident over in the last three days." in shown
    assert f"`{incident.id}`" in shown


def test_ids_of_people_and_groups_are_never_shown_as_such(story: Story) -> None:
    story.trouble(grouped=False)
    rights = f'[[rights]]\nwho = ["{ALICE}", "S0SRETEAM1"]\nmay = "terminate"\nwhere = {{ cluster = "prod-*" }}\n'
    story.policy(f'{rights}[[routes]]\nchannel = "{CHANNEL}"\nowners = ["{BOB}"]\n')

    (told,) = story.say("why prod-payments")

    assert f"<@{ALICE}>, <!subteam^S0SRETEAM1> may terminate." in told
    assert f"mentions <@{BOB}>" in told
    bare = told.replace(f"<@{ALICE}>", "").replace(f"<@{BOB}>", "").replace("<!subteam^S0SRETEAM1>", "")
    assert [who for who in (ALICE, BOB, "S0SRETEAM1") if who in bare] == []
