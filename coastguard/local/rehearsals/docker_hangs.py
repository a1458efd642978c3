"""A host whose Docker hangs: its agent is not restarted, for that would hang too, and Docker is left alone."""

from coastguard.local.rehearsals.repairing import host_of, in_vain, replaced
from coastguard.local.rehearsals.stage import BrokenError, Stage
from spoke.places import Cluster

ABOUT = "where Docker hangs a restart gives up at once, says so and gives the buttons back; the host is replaced"

_PROMPT_SECONDS = 30
_TROUBLED = Cluster("222233334444", "us-east-1", "prod-payments")


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    host, _ = stage.lose_one(_TROUBLED, _PROMPT_SECONDS, ill="docker-hangs")
    failed = in_vain(stage, _TROUBLED, "Docker does not answer on the host")
    if host_of(stage, _TROUBLED, host).get("ill") != "docker-hangs":
        raise BrokenError("something was done to Docker")
    replaced(stage, _TROUBLED, failed, host)
