"""Every agent of a big cluster is lost at once: one message of constant size, whatever the number."""

import json

from coastguard.local.layout.layouts import CROWD
from coastguard.local.rehearsals.stage import BrokenError, Json, Stage, state, words
from spoke.places import Cluster

ABOUT = "1,000 agents of one cluster are lost at once: one message of constant size"

_PROMPT_SECONDS = 60
_BACK_SECONDS = 150
# Slack takes 50 blocks a message, and people take less.
_MOST_BLOCKS = 20
_MOST_LETTERS = 12_000


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    account, region, plan = next(CROWD.planned())
    cluster = Cluster(account, region, plan.name)
    stage.limit_slack()
    lost = stage.members.plug(cluster, connected=False)
    stage.say(f"unplugged {lost} agents of {cluster.key}; Slack keeps its rate limits")
    stage.wait(
        f"{lost} incidents",
        lambda: len(stage.kept().unresolved) == lost,
        stage.world.plan.grace + _PROMPT_SECONDS,
        far=lambda: f"{len(stage.kept().unresolved)} so far",
    )
    stage.say(f"{lost} incidents are kept")
    bulletin = stage.wait(
        f"a bulletin that counts {lost:,}",
        lambda: next((m for m in stage.bulletins(cluster) if f"{lost:,} instances" in m["text"]), None),
        _PROMPT_SECONDS,
    )
    stage.say(f"bulletin: {bulletin['text']}")
    _small(stage, bulletin)
    stage.members.plug(cluster, connected=True)
    stage.say(f"plugged all {lost} in again")
    green = stage.wait(
        "the same bulletin, green",
        lambda: next((m for m in stage.bulletins(cluster) if state(m) == "resolved"), None),
        _BACK_SECONDS,
        far=lambda: f"{len(stage.kept().unresolved)} incidents go on",
        sweeping=True,
    )
    stage.say(f"bulletin: {green['text']}")
    if green["ts"] != bulletin["ts"] or len(stage.messages()) != 1:
        raise BrokenError(f"one message was due from beginning to end, Slack has {len(stage.messages())}")


def _small(stage: Stage, bulletin: Json) -> None:
    """Check that a message about 1,000 instances is no bigger than one about a handful."""
    blocks = len(bulletin["blocks"]) + sum(len(a.get("blocks", ())) for a in bulletin["attachments"])
    letters = len(words(bulletin))
    if blocks > _MOST_BLOCKS or letters > _MOST_LETTERS:
        raise BrokenError(f"the bulletin has {blocks} blocks and {letters} letters: {json.dumps(bulletin)[:500]}")
    stage.say(f"the bulletin has {blocks} blocks and {letters} letters")
