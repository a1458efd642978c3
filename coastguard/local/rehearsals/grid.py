"""A workspace of an Enterprise Grid organization, a channel whose id changes, and answers whose address is no more."""

from coastguard.local.rehearsals.stage import ALICE, BrokenError, Json, Stage, state, words
from coastguard.local.slack.directory import GRID_PEOPLE, Channel
from coastguard.local.slack.faults import Fault
from hub.slack.button_values import ACKNOWLEDGE, MUTE
from spoke.places import Cluster

ABOUT = "people of an organization act, a channel's id changes under its buttons, and late answers still arrive"

# Two who are in the team, whatever Slack counts them to, and one who is not.
FATIMA, HANNAH, GUSTAV = (person.id for person in GRID_PEOPLE)
_OLD = Channel("G0SHORE001", "shore-alerts", private=True)
POLICY = f"""
[[routes]]
where = {{ account = "444455556666" }}
channel = "{_OLD.id}"

[[rights]]
who = ["{FATIMA}", "{HANNAH}", "{GUSTAV}"]
may = "*"
"""
_FIRST = Cluster("444455556666", "eu-west-1", "prod-media")
_SECOND = Cluster("444455556666", "us-east-1", "prod-media")
_STRANGER = "Only full members of this workspace may do that"
_PROMPT_SECONDS = 15
_SETTLE_SECONDS = 60
# A response URL is good for half an hour.
_LUNCH_MINUTES = 35


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    slack = stage.world.workspace
    with slack.changing():
        slack.join_organization(everywhere=True)
        slack.create(_OLD)
    stage.say("the workspace is one of an organization, and the app is installed everywhere in that")
    host, bulletin = stage.lose_one(_FIRST, _PROMPT_SECONDS)
    with slack.changing():
        new = slack.convert(bulletin["channel"])
    stage.say(f"the channel is made one to be shared: {bulletin['channel']} is {new} from now on")
    _click(stage, host)
    _mute_late(stage, new)
    _tell_elsewhere(stage, new)
    _end(stage, host)
    _lose_another(stage, new)


def _click(stage: Stage, host: str) -> None:
    """Somebody of another workspace is refused, and somebody of this one heard, at a button from before."""
    slack = stage.world.workspace
    stage.click(GUSTAV, _bulletin(stage), ACKNOWLEDGE)
    note = stage.wait(f"an answer to {GUSTAV}", lambda: next(iter(stage.told(GUSTAV)), None), _PROMPT_SECONDS)
    stage.say(f"  told {GUSTAV}: {note['text']}")
    if _STRANGER not in words(note):
        raise BrokenError("somebody of another workspace was not refused as such")
    with slack.lock:
        slack.faults.order(Fault("chat.postEphemeral", "word", word="user_not_in_channel"))
    stage.click(GUSTAV, _bulletin(stage), ACKNOWLEDGE)
    _said(stage, slack.people[GUSTAV].home, _STRANGER)
    stage.click(FATIMA, _bulletin(stage), ACKNOWLEDGE)
    stage.wait(
        f"the bulletin about {host}, acknowledged by {FATIMA}",
        lambda: f"<@{FATIMA}>" in words(_bulletin(stage)) and state(_bulletin(stage)) == "acknowledged",
        _PROMPT_SECONDS,
    )
    stage.say(f"bulletin: {_bulletin(stage)['text']}")


def _mute_late(stage: Stage, channel: str) -> None:
    """A mute is begun, and submitted when nobody can be answered at its address any more."""
    stage.click(HANNAH, _bulletin(stage), MUTE)
    with stage.world.workspace.lock:
        stage.world.workspace.tickets.let_pass(_LUNCH_MINUTES * 60)
    stage.say(f"{_LUNCH_MINUTES} minutes pass for what Slack has handed out")
    stage.fill(HANNAH, span="1h", reason="new AMI")
    _said(stage, channel, f"Muted cluster `{_FIRST.name}`")


def _tell_elsewhere(stage: Stage, channel: str) -> None:
    """What is typed in a direct message is said where the bulletins are, too."""
    with stage.world.workspace.changing():
        direct = stage.world.workspace.direct(ALICE, FATIMA).channel.id
    stage.command(FATIMA, "unmute media/eu-west-1/prod-media", direct)
    for place in (direct, channel):
        _said(stage, place, f"<@{FATIMA}> has unmuted")


def _end(stage: Stage, host: str) -> None:
    """A modal of somebody whom Slack counts to another workspace ends the host, and the message says so."""
    stage.terminate(HANNAH, _bulletin(stage), host, "its agent does not come back")
    stage.wait("the same bulletin, green", lambda: state(_bulletin(stage)) == "resolved", _SETTLE_SECONDS)
    stage.say(f"bulletin: {_bulletin(stage)['text']}")


def _lose_another(stage: Stage, channel: str) -> None:
    """What begins later is posted by the id of the policy, and stands where the first one does."""
    _, bulletin = stage.lose_one(_SECOND, _PROMPT_SECONDS)
    if bulletin["channel"] != channel:
        raise BrokenError(f"the second bulletin stands in {bulletin['channel']}, not in {channel}")
    stage.members.plug(_SECOND, connected=True)
    stage.wait(
        "the second bulletin, green",
        lambda: all(state(message) == "resolved" for message in stage.bulletins(_SECOND)),
        _SETTLE_SECONDS,
        sweeping=True,
    )
    for cluster in (_FIRST, _SECOND):
        if len(stage.bulletins(cluster)) != 1:
            raise BrokenError(f"one message was due for {cluster.key}, there are {len(stage.bulletins(cluster))}")


def _bulletin(stage: Stage) -> Json:
    """Return the first cluster's message as it is by now."""
    (message,) = stage.bulletins(_FIRST)
    return message


def _said(stage: Stage, channel: str, expected: str) -> None:
    """Wait until a message in a channel says that."""
    said = stage.wait(
        f"a message in {channel}: {expected}",
        lambda: next((m for m in stage.messages() if m["channel"] == channel and expected in words(m)), None),
        _PROMPT_SECONDS,
    )
    stage.say(f"  said in {channel}: {said['text']}")
