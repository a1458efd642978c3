"""Acting: what comes out of acts.fifo, sorted into what clicks ask for and what people say."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatops.clicks import requests
from chatops.clicks.caps import Caps
from chatops.clicks.handler import ClickHandler
from chatops.commands import message
from chatops.commands.handler import CommandHandler
from chatops.rights import Rights
from chatops.slack_users import SlackUsers
from hub.looks.lifecycle import Lifecycle
from hub.notify.account_cache import AccountCache
from hub.notify.routing import Routing
from hub.policy.source import PolicySource
from hub.policy.terms import Terms
from hub.queues import Record
from hub.runtime.log_keys import about
from hub.wiring import Hub
from spoke.accounts import Accounts


@dataclass(frozen=True, slots=True)
class Act:
    """What act works with: `clicks` does what clicks ask for, `commands` what people say."""

    hub: Hub
    clicks: ClickHandler
    commands: CommandHandler

    def attend(self, waiting: Sequence[Record]) -> None:
        """Work off one group's messages in their order. What it raises is worth another try."""
        for record in waiting:
            about(record=record.id)
            asked = message.from_message(record.body)
            if asked:
                about(request=asked.id, user=asked.user)
                self.commands.hear(asked)
                continue
            request = requests.from_message(record.body)
            about(request.cluster, incident=request.incident, request=request.id, user=request.user)
            self.clicks.execute(request, record.tries)
            if request.wish in {requests.APPROVING, requests.DECLINING}:
                self.commands.refresh(request.user)


def assemble(  # noqa: PLR0913  # what act needs besides, each of it once
    hub: Hub,
    *,
    accounts: Accounts,
    remediator: str,
    team: str,
    terms: Terms,
    policy: PolicySource,
    regions: Sequence[str],
    command: str,
) -> Act:
    """Put together what acts. `command` is what the slash command is called, `regions` are the members'."""
    people = SlackUsers(hub.slack, team, hub.clock)
    rights = Rights(policy, people)
    rules = Routing(policy, AccountCache(hub.table, hub.clock), terms, hub.clock)
    clicks = ClickHandler(
        hub=hub,
        lifecycle=Lifecycle(hub.table),
        accounts=accounts,
        remediator=remediator,
        rights=rights,
        rules=rules,
        caps=Caps(hub.table, rules, hub.clock),
        team=team,
    )
    commands = CommandHandler(hub=hub, rules=rules, rights=rights, people=people, regions=regions, command=command)
    return Act(hub, clicks, commands)
