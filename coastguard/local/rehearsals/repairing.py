"""What the rehearsals of repairs have in common: the buttons, the thread, and what was really done."""

from coastguard.local.rehearsals.stage import ALICE, BrokenError, Json, Stage, state, words
from hub.slack.button_values import REPAIR
from spoke.places import Cluster

RESTART = f"{REPAIR}restart-agent"
_SETTLE_SECONDS = 90


def buttons(bulletin: Json) -> list[str]:
    """Name the buttons of a bulletin, as people read them."""
    drawn = [block for attachment in bulletin["attachments"] for block in attachment["blocks"]]
    rows = [block["elements"] for block in drawn if block["type"] == "actions"]
    return [element["text"]["text"] for row in rows for element in row if element["type"] == "button"]


def host_of(stage: Stage, cluster: Cluster, host: str) -> Json:
    """Show the container instance of a host."""
    return next((each for each in stage.members.instances(cluster) if each["host"] == host), {})


def sent(stage: Stage, cluster: Cluster) -> list[Json]:
    """Show the commands that Systems Manager has taken in an account."""
    return stage.calls("ssm:SendCommand", cluster.account)


def in_vain(stage: Stage, cluster: Cluster, cause: str) -> Json:
    """Restart an agent where that cannot help: the message says why, and offers what is left."""
    bulletin = stage.bulletins(cluster)[0]
    stage.click(ALICE, bulletin, RESTART)
    failed = stage.wait(
        f"a bulletin that says: {cause}",
        lambda: next((m for m in stage.bulletins(cluster) if cause in words(m)), None),
        _SETTLE_SECONDS,
    )
    stage.say(f"it failed: {cause}")
    if not {"Restart agent", "Terminate…"} <= set(offered := buttons(failed)):
        raise BrokenError(f"a repair that did not help gives the buttons back, there are {offered}")
    in_thread(stage, failed, "Restart agent failed", cause)
    if len(sent(stage, cluster)) != 1:
        raise BrokenError(f"one command was due, there were {len(sent(stage, cluster))}")
    return failed


def replaced(stage: Stage, cluster: Cluster, bulletin: Json, host: str) -> None:
    """Terminate the host, as the message suggests, and see the message become green."""
    stage.terminate(ALICE, bulletin, host, "a restart of its agent did not help")
    resolved(stage, cluster, "terminated, replaced")


def resolved(stage: Stage, cluster: Cluster, how: str) -> Json:
    """Wait until the cluster's message says that it is over, and how."""
    green = stage.wait(
        "the same bulletin, green",
        lambda: next((m for m in stage.bulletins(cluster) if state(m) == "resolved"), None),
        _SETTLE_SECONDS,
    )
    if how not in words(green) or len(stage.bulletins(cluster)) != 1:
        raise BrokenError(f"one message that says {how!r} was due: {words(green)}")
    stage.say(f"bulletin: {green['text']}")
    return green


def in_thread(stage: Stage, bulletin: Json, *expected: str) -> None:
    """Wait until something in the message's thread says all of that."""

    def told() -> Json | None:
        now = next(m for m in stage.messages() if m["ts"] == bulletin["ts"])
        replies: list[Json] = now["replies"]
        return next((reply for reply in replies if all(part in words(reply) for part in expected)), None)

    said = stage.wait(f"in the thread: {', '.join(expected)}", told, _SETTLE_SECONDS)
    stage.say(f"  in its thread: {said['text']}")
