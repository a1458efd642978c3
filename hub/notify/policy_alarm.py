"""The policy alarm: tells the operators when something is wrong with the policy, once for each thing that is."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.notify.notice import give_notice
from hub.notify.routing import Routing
from hub.slack.blocks import context, plain, section
from hub.slack.client import Slack
from hub.slack.mrkdwn import mention, visible
from hub.table.store import Store

_AGAIN = timedelta(days=1)
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class PolicyAlarm:
    """What the alarm works with."""

    store: Store
    slack: Callable[[], Slack]
    rules: Routing
    clock: Callable[[], datetime]

    def attend(self) -> None:
        """Say what is wrong with the policy, in the stack's channel or its fallback; twice at worst, if we die over it.

        Raises SlackError: then it has not been said.
        """
        problem = self.rules.source.problem
        what = f"policy {hashlib.sha256(problem.encode()).hexdigest()[:16]}"
        if not problem or self.store.told(what):
            return
        who = "".join(f"{mention(operator)} " for operator in self.rules.policy.operators)
        line = f"{who}Something is wrong with Coastguard's policy."
        blocks = [section(f":warning: {line}"), context(plain(visible(problem, _LONGEST)))]
        give_notice(self.slack(), self.rules, (line, blocks))
        self.store.note_told(what, self.clock() + _AGAIN)
