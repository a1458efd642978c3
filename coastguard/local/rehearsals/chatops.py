"""What a team does in Slack: mutes, approvals, the stop, and the log of all of it."""

from coastguard.local.rehearsals.stage import ALICE, BOB, CAROL, BrokenError, Stage, state, words
from hub.slack.button_values import APPROVE
from spoke.places import Cluster

ABOUT = "a muted account is silent until its mute ends, nobody approves their own request, a stop stops, all is logged"

_PROMPT_SECONDS = 15
_SETTLE_SECONDS = 60
# Whether many are heard of again together, which would be a storm, shows after a quarter of a minute.
_HEARD_AGAIN_SECONDS = 40
_SWEEP_SECONDS = 100
_MUTED = (Cluster("444455556666", "eu-west-1", "prod-media"), Cluster("444455556666", "us-east-1", "prod-media"))
_GUARDED = Cluster("333344445555", "us-east-1", "prod-search")
_PLAIN = Cluster("222233334444", "eu-west-1", "prod-payments")


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    _mute(stage)
    _approve(stage)
    _stop(stage)
    _answer(stage)


def _mute(stage: Stage) -> None:
    stage.command(CAROL, "mute media 2h new AMI")
    _told(stage, CAROL, "You may not do that here")
    stage.command(ALICE, "mute media 2h new AMI")
    _said(stage, "Muted account `media`")
    lost = sum(stage.members.plug(cluster, connected=False) for cluster in _MUTED)
    stage.say(f"unplugged all {lost} agents of the account")
    stage.wait(
        f"{lost} incidents",
        lambda: len(stage.kept().unresolved) == lost,
        stage.world.plan.grace + _PROMPT_SECONDS,
        far=lambda: f"{len(stage.kept().unresolved)} so far",
    )
    stage.settle(_SETTLE_SECONDS)
    if any(stage.bulletins(cluster) for cluster in _MUTED):
        raise BrokenError("a muted account was spoken of")
    stage.say(f"{lost} incidents are kept, and not a word")
    stage.command(BOB, "why media/eu-west-1/prod-media")
    _told(stage, BOB, f"by <@{ALICE}>: `new AMI`")
    stage.command(BOB, "unmute media")
    _said(stage, f"Still in trouble: {lost} instances of {len(_MUTED)} clusters")
    stage.wait(
        f"{len(_MUTED)} bulletins",
        lambda: all(stage.bulletins(cluster) for cluster in _MUTED),
        _HEARD_AGAIN_SECONDS,
    )
    for cluster in _MUTED:
        stage.members.plug(cluster, connected=True)
    stage.wait(
        "both bulletins, green",
        lambda: all(state(message) == "resolved" for cluster in _MUTED for message in stage.bulletins(cluster)),
        _SWEEP_SECONDS,
        sweeping=True,
    )
    stage.say("what was still broken has been said once, and is resolved")


def _approve(stage: Stage) -> None:
    host, bulletin = stage.lose_one(_GUARDED, _PROMPT_SECONDS)
    stage.terminate(ALICE, bulletin, host, "its agent does not come back")
    stage.wait(
        "a bulletin that asks for an approval",
        lambda: f"Terminate asked by <@{ALICE}>" in words(stage.bulletins(_GUARDED)[0]),
        _PROMPT_SECONDS,
    )
    (waiting,) = stage.bulletins(_GUARDED)
    stage.click(ALICE, waiting, APPROVE)
    _told(stage, ALICE, "Somebody else has to approve")
    if stage.calls("autoscaling:TerminateInstanceInAutoScalingGroup", _GUARDED.account):
        raise BrokenError("the instance was terminated before anybody had approved it")
    stage.click(BOB, waiting, APPROVE)
    _resolved(stage, _GUARDED)


def _stop(stage: Stage) -> None:
    stage.command(BOB, "stop the last one hit a healthy host")
    _said(stage, "has stopped all repairs")
    host, bulletin = stage.lose_one(_PLAIN, _PROMPT_SECONDS)
    stage.terminate(ALICE, bulletin, host, "its agent does not come back")
    _told(stage, ALICE, "All repairs are stopped")
    if stage.calls("autoscaling:TerminateInstanceInAutoScalingGroup", _PLAIN.account):
        raise BrokenError("the instance was terminated although all repairs are stopped")
    stage.command(BOB, "start")
    _said(stage, "has started repairs again")
    stage.terminate(ALICE, bulletin, host, "its agent does not come back")
    _resolved(stage, _PLAIN)


def _answer(stage: Stage) -> None:
    """Read the log in Slack: everything that was done, and by whom."""
    stage.command(BOB, "audit")
    entries = ("refused: mute", "muted", "unmuted", "asked: Terminate, needs approval", "approved: Terminate")
    _told(stage, BOB, *entries, "stopped all repairs", "refused: terminate", "started repairs again")


def _resolved(stage: Stage, cluster: Cluster) -> None:
    bulletin = stage.wait(
        "the same bulletin, green",
        lambda: next((m for m in stage.bulletins(cluster) if state(m) == "resolved"), None),
        _SETTLE_SECONDS,
    )
    stage.say(f"bulletin: {bulletin['text']}")
    ended = stage.calls("autoscaling:TerminateInstanceInAutoScalingGroup", cluster.account)
    if len(ended) != 1 or len(stage.bulletins(cluster)) != 1:
        raise BrokenError(f"one termination and one message were due, there were {len(ended)}")


def _said(stage: Stage, expected: str) -> None:
    """Wait until a message says that to everybody."""
    said = stage.wait(
        f"a message: {expected}",
        lambda: next((m for m in stage.everything_said() if expected in words(m)), None),
        _PROMPT_SECONDS,
    )
    stage.say(f"  said: {said['text']}")


def _told(stage: Stage, user: str, *expected: str) -> None:
    """Wait until what somebody alone was told last says all of that."""
    note = stage.wait(
        f"an answer to {user}: {', '.join(expected)}",
        lambda: next((n for n in stage.told(user)[-1:] if all(part in words(n) for part in expected)), None),
        _PROMPT_SECONDS,
    )
    stage.say(f"  told {user}: {note['text']}")
