"""Where requests are checked: the hub's table, a policy and a workspace, but no member account."""

from dataclasses import dataclass, field
from datetime import timedelta

from chatops.clicks.caps import Caps
from chatops.clicks.checks import Checks
from chatops.rights import Rights
from chatops.slack_users import SlackUsers
from coastguard.local.slack.directory import TEAM
from coastguard.local.slack.workspace import BOT_TOKEN
from hub.notify.account_cache import AccountCache
from hub.notify.routing import Routing
from hub.policy.matching import Facts
from hub.policy.source import PolicySource
from hub.policy.terms import Terms
from hub.scopes.account import Account
from hub.slack.client import Slack
from hub.table.store import Store
from tests.chatops.factories import CHANNEL, CLUSTER, Clock
from tests.chatops.policies import Ssm
from tests.patience import PATIENCE_SECONDS

HERE = Facts(CLUSTER, Account(CLUSTER.account))


@dataclass
class Desk:
    """What checks and caps work with."""

    store: Store
    slack: str
    clock: Clock = field(default_factory=Clock)
    ssm: Ssm = field(default_factory=Ssm)

    @property
    def rules(self) -> Routing:
        terms = Terms(timedelta(minutes=2), CHANNEL)
        return Routing(self._policy, AccountCache(self.store, self.clock), terms, self.clock)

    @property
    def checks(self) -> Checks:
        people = SlackUsers(lambda: Slack(BOT_TOKEN, self.slack, PATIENCE_SECONDS), TEAM.id, self.clock)
        return Checks(self.store, Rights(self._policy, people), self.rules, TEAM.id, self.clock)

    @property
    def caps(self) -> Caps:
        return Caps(self.store, self.rules, self.clock)

    @property
    def _policy(self) -> PolicySource:
        return PolicySource("ssm:/coastguard/policy", lambda _: self.ssm, self.clock)
