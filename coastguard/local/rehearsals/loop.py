"""Chains of messages that would go on for long: a replacement that never comes, a Slack that puts off, a long grace.

Lambda's guard against recursive loops is on. The hub ends its chains before, and the sweep goes on with what is left.
"""

from coastguard.local.rehearsals.stage import ALICE, BrokenError, Stage, state
from coastguard.local.slack.faults import ANY_METHOD, Fault
from hub.chain import MOST_HOPS, repair_looked_at_in
from spoke.places import Cluster

ABOUT = "chains of looks that could go on for long end by themselves: Lambda stops none, and nothing is lost"

_REPAIRED = Cluster("222233334444", "eu-west-1", "prod-payments")
_PATIENT = Cluster("222233334444", "eu-west-1", "staging-payments")
_HOURS = 5
LONGER_GRACE = f"{_PATIENT.key}={_HOURS * 3600}"
_PUT_OFF = Cluster("444455556666", "eu-west-1", "prod-media")
_PROMPT_SECONDS = 15
_REPAIR_SECONDS = 60
_SWEEP_SECONDS = 150
_RETRY_SECONDS = 2
_FOREVER = 1_000_000


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    _waits_long(stage)
    victim = stage.members.instances(_REPAIRED)[0]
    stage.members.plug(_REPAIRED, [victim["id"]], connected=False)
    stage.say(f"unplugged {victim['host']} in {_REPAIRED.key}")
    bulletin = stage.wait(
        "a bulletin", lambda: next(iter(stage.bulletins(_REPAIRED)), None), stage.world.plan.grace + _PROMPT_SECONDS
    )
    stage.members.hold_boots(_REPAIRED.account, _REPAIRED.region, held=True)
    stage.say(f"no new host of {_REPAIRED.account}/{_REPAIRED.region} boots any more")
    stage.terminate(ALICE, bulletin, victim["host"], "the rehearsal of loops")
    stage.wait("a repair at work", lambda: _states(stage, _REPAIRED) == ["repairing"], _REPAIR_SECONDS)
    stage.say("terminated; its replacement will not come")
    _slack_puts_off(stage)
    looks = sum(1 for hops in range(MOST_HOPS) if repair_looked_at_in(hops))
    stage.wait(
        f"the repair's chain to end, after {looks} looks",
        lambda: not stage.waiting(),
        sum(wait.seconds for hops in range(looks) if (wait := repair_looked_at_in(hops))) + _SWEEP_SECONDS,
        far=lambda: f"{_longest(stage)} invocations in the longest chain so far",
    )
    stage.say(f"no message is on its way any more; the longest chain has invoked a function {_longest(stage)} times")
    stage.members.hold_boots(_REPAIRED.account, _REPAIRED.region, held=False)
    stage.say("new hosts boot again")
    stage.wait(
        "the same bulletin, green, by the sweep",
        lambda: _states(stage, _REPAIRED) == ["resolved"],
        _SWEEP_SECONDS,
        sweeping=True,
    )
    stage.say("the sweep has found the replacement")
    stage.members.plug(_PATIENT, connected=True)
    stage.say(f"the longest chain of all has invoked a function {_longest(stage)} times")


def _waits_long(stage: Stage) -> None:
    """A grace of hours is no chain of waits: the table keeps it."""
    patient = stage.members.instances(_PATIENT)[0]
    stage.members.plug(_PATIENT, [patient["id"]], connected=False)
    stage.say(f"unplugged {patient['host']} in {_PATIENT.key}, whose grace is {_HOURS} hours")
    stage.wait(
        "a row that waits in the table",
        lambda: (_PATIENT.key, patient["id"]) in stage.kept().waiting and not stage.waiting(),
        stage.world.plan.grace + _PROMPT_SECONDS,
    )
    stage.say("it waits in the table; no message is on its way")


def _slack_puts_off(stage: Stage) -> None:
    """Slack puts off whatever is said, for so long that a chain of tries would go far beyond what Lambda allows."""
    fault = Fault(ANY_METHOD, "ratelimit", times=_FOREVER, retry_after=_RETRY_SECONDS)
    with stage.world.workspace.lock:
        stage.world.workspace.faults.order(fault)
    other = stage.members.instances(_PUT_OFF)[0]
    stage.members.plug(_PUT_OFF, [other["id"]], connected=False)
    stage.say(f"Slack puts off everything by {_RETRY_SECONDS} s; unplugged {other['host']} in {_PUT_OFF.key}")
    stage.wait(
        "a chain of tries that ends",
        lambda: _longest(stage) >= MOST_HOPS,
        stage.world.plan.grace + _SWEEP_SECONDS,
        far=lambda: f"{_longest(stage)} invocations in the longest chain so far",
    )
    stage.mend_slack()
    stage.say("Slack takes messages again")
    stage.wait("a bulletin", lambda: _states(stage, _PUT_OFF) == ["open"], _SWEEP_SECONDS, sweeping=True)
    stage.say(f"bulletin of {_PUT_OFF.key}: the sweep has had it posted")


def _longest(stage: Stage) -> int:
    """Tell how often the longest chain has invoked a function. Raises BrokenError if Lambda has dropped any."""
    told = stage.world.aws.ask("chains")
    if told["dropped"]:
        raise BrokenError(f"Lambda's guard has dropped {told['dropped']} batches: {told['longest']}")
    return max(told["longest"].values(), default=0)


def _states(stage: Stage, cluster: Cluster) -> list[str]:
    return [state(message) for message in stage.bulletins(cluster)]
