"""A host whose disk is full: a restart of its agent cannot help, and says why; to replace the host does."""

from coastguard.local.rehearsals.repairing import in_vain, replaced
from coastguard.local.rehearsals.stage import Stage
from spoke.places import Cluster

ABOUT = "where a disk is full a restart fails, says so and gives the buttons back; the host is replaced"

_PROMPT_SECONDS = 30
_TROUBLED = Cluster("222233334444", "eu-west-1", "prod-payments")


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    host, _ = stage.lose_one(_TROUBLED, _PROMPT_SECONDS, ill="disk-full")
    failed = in_vain(stage, _TROUBLED, "a disk of the host is full")
    replaced(stage, _TROUBLED, failed, host)
