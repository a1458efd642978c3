"""An agent that has stopped is restarted by one click; its containers run on, and its host stays."""

from coastguard.local.rehearsals.repairing import RESTART, buttons, host_of, in_thread, resolved, sent
from coastguard.local.rehearsals.stage import ALICE, BOB, BrokenError, Stage, words
from spoke.places import Cluster

ABOUT = "an agent that has stopped is restarted by one click, and the incident ends when it has stayed"

_PROMPT_SECONDS = 30
_TROUBLED = Cluster("222233334444", "eu-west-1", "prod-payments")


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    host, bulletin = stage.lose_one(_TROUBLED, _PROMPT_SECONDS)
    if (first := buttons(bulletin)[:2]) != ["Acknowledge", "Restart agent"]:
        raise BrokenError(f"Restart agent is to be the first repair that is offered, the buttons begin with {first}")
    for person in (ALICE, BOB):
        stage.click(person, bulletin, RESTART)
    back = stage.wait(
        f"the agent of {host} connected again",
        lambda: host_of(stage, _TROUBLED, host).get("connected"),
        _PROMPT_SECONDS,
    )
    stage.say(f"the agent of {host} is connected again: {back}")
    green = resolved(stage, _TROUBLED, "agent restarted")
    in_thread(stage, green, "Restart agent begun", f"Had Systems Manager restart the agent on {host}")
    in_thread(stage, green, "agent restarted")
    if len(sent(stage, _TROUBLED)) != 1:
        raise BrokenError(f"one command was due for two clicks, there were {len(sent(stage, _TROUBLED))}")
    (command,) = sent(stage, _TROUBLED)
    if command["source_identity"] != f"slack-T0COAST01-{ALICE}":
        raise BrokenError(f"the member's record names {command['source_identity']}, not the one who clicked first")
    if stage.calls("autoscaling:TerminateInstanceInAutoScalingGroup", _TROUBLED.account):
        raise BrokenError("a host was terminated")
    if host not in words(green):
        raise BrokenError(f"the green bulletin does not name {host}: {words(green)}")
    stage.say(f"one command, by {command['source_identity']}, and {host} runs on")
