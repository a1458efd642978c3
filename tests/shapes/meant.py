"""What each sample means, in the words of today's code. A field that is new takes its default here, as in the sample.

A new kind is one more entry, and `python -m tests.shapes` records it; what is recorded already is never written anew.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from chatops.clicks.requests import Request
from chatops.commands.message import HOME, CommandMessage
from chatops.commands.parse import Command, to_line
from hub.chain import Waiting
from hub.incidents.acknowledgement import Acknowledgement, Extent
from hub.incidents.audit import Entry
from hub.incidents.breakdown import Breakdown
from hub.incidents.bulletin import Bulletin
from hub.incidents.delivery import SLACK, SNS, Delivery
from hub.incidents.episode import Episode
from hub.incidents.hints import Chore, Drop, Gathered, Hint, MuteHint, PolicyHint, Question, StormHint, Why
from hub.incidents.incident import (
    Incident,
    Pending,
    Repair,
    State,
    acknowledge,
    await_approval,
    begin_repair,
    end_repair,
    pick,
)
from hub.incidents.mute import Mute
from hub.incidents.storm import Storm
from hub.policy.ledger import Ledger
from hub.policy.repair_stop import RepairStop
from hub.scopes.absence import Absence
from hub.scopes.account import Account
from hub.scopes.coverage import Visit
from hub.scopes.scope import Scope
from hub.table.accounts import NamesRow
from hub.table.requests import Claim
from spoke.places import Cluster
from spoke.sighting import Registration, Sighting
from tests.hub.factories import altered

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CLUSTER = Cluster("222233334444", "eu-west-1", "prod-payments")
OTHER = Cluster("333344445555", "us-east-1", "search")
CHANNEL, FALLBACK, TEAM = "C0ECSALERTS", "C0PAYMENTS", "T0COAST01"
ALICE, BOB = "U0ALICE01", "U0BOB0002"
ASKED, APPROVED = "3f2a9c81d4e5b6077788", "887706b5e4d18c9a2f3a"
_MINUTE = timedelta(minutes=1)


def instance(number: int) -> str:
    return f"{number:032x}"


# Rows: what the store reads out of each


def _incident(number: int, **more: object) -> Incident:
    began = NOW - 5 * _MINUTE
    sighting = Sighting(
        instance=instance(number),
        status="ACTIVE",
        connected=False,
        version=7,
        host=f"i-{number:017x}",
        host_state="running",
        checks="impaired",
        since=began,
        runtime_impaired=True,
        zone="eu-west-1a",
        instance_type="m7g.xlarge",
        os="linux",
        agent_version="1.86.0",
        ami="ami-0123456789abcdef0",
        running_tasks=6,
        lifecycle="InService",
    )
    usual = Incident(
        id=f"inc-{number:010x}",
        cluster=CLUSTER,
        instance=instance(number),
        episode="ep-20261120T115500000000",
        state=State.OPEN,
        since=began - 2 * _MINUTE,
        opened_at=began,
        sighting=sighting,
        drops=(began - 2 * _MINUTE,),
        version=1,
    )
    return replace(usual, **more)  # type: ignore[arg-type]  # any field of an incident


_REPAIR = Repair(ASKED, "terminate", ALICE, NOW, reason="it hangs", approved_by=BOB, approval=APPROVED)
_DONE = replace(_REPAIR, finished=NOW + _MINUTE, group="payments-asg", steps=("Terminated it.", "Took it out."))
_FAILED = replace(_REPAIR, finished=NOW + _MINUTE, problem="it did not finish within 10 minutes")
_RESTART = Repair(
    ASKED,
    "restart-agent",
    ALICE,
    NOW,
    finished=NOW + _MINUTE / 6,
    steps=("Had it restarted.",),
    hits_host=False,
    by_then=NOW + 5 * _MINUTE,
    steady_seconds=60,
    tried_at=NOW + _MINUTE / 12,
    command="0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
    called="agent restarted",
    otherwise="What may help next: terminate it.",
)
_PENDING = Pending(ASKED, "terminate", ALICE, NOW, NOW + 15 * _MINUTE, (BOB, "S0LEADS01"), "it hangs")
_OVER: dict[str, Any] = {"state": State.RESOLVED, "resolved_at": NOW + 3 * _MINUTE}
_UNSEEN = Sighting(
    instance(9),
    "UNKNOWN",
    host="mi-0123456789abcdef0",
    ping="ConnectionLost",
    managed=True,
    unchecked=("EC2 status: access denied",),
)

_ALIVE = Registration(CLUSTER, instance(13), connected=True, status="ACTIVE", running_tasks=7)
_SHOWN = Delivery(
    SLACK,
    "ep-20261120T115500000000",
    CHANNEL,
    handle="1795175700.000100",
    shown="0123456789abcdef",
    shown_at=NOW,
    noted="log#2026-11-20T11:55:00.000+00:00#01234567",
    version=1,
)
_EPISODE = Episode(
    cluster=CLUSTER,
    episode="ep-20261120T115500000000",
    channel=CHANNEL,
    opened_at=NOW - 5 * _MINUTE,
    said_again_at=NOW,
    group="payments",
    owners=(ALICE, "S0LEADS01"),
    topic="arn:aws:sns:eu-west-1:111122223333:alerts",
    tally=Breakdown(2, {"eu-west-1a": 2}, {"ami-0123456789abcdef0": 2}, {"1.86.0": 2}),
    registered=20,
    account_name="Payments",
    version=1,
)
_TOPIC = Delivery(SNS, _EPISODE.episode, _EPISODE.topic, shown="open", version=1)
_BULLETIN = Bulletin(_EPISODE, (_SHOWN, _TOPIC))
# Of what is not posted the topic has not heard.
_UNPOSTED = altered(_BULLETIN, handle="", shown="", shown_at=None).shows(replace(_TOPIC, shown=""))
_FACT = Acknowledgement(ALICE, NOW, Extent(2, ("eu-west-1a",), 20))
_STORM = Storm(
    channel=CHANNEL,
    region="eu-west-1",
    episode="st-20261120T120000000000",
    began_at=NOW,
    newest_at=NOW + _MINUTE,
    most=(12, 24, 240),
    ts="1795176000.000100",
    shown="0123456789abcdef",
    shown_at=NOW + _MINUTE,
    version=1,
)
MUTE = Mute(Scope.of(CLUSTER), NOW + 480 * _MINUTE, ALICE, "the new AMI", NOW, channel=CHANNEL, version=1)
_MUTE_BESIDE = replace(MUTE, id="mute-0123456789")
_ENTRY = Entry(
    at=NOW,
    who=ALICE,
    what="terminated",
    where="i-0b7c9d1e2f3a4b5c6",
    result="It is gone.",
    incident="inc-0000000001",
    request=ASKED,
    source_identity=f"slack-{TEAM}-{ALICE}",
    quiet=True,
    aloud=True,
    reason="it hangs",
    checks="the agent is gone",
    approved_by=BOB,
    cluster=CLUSTER.key,
    channel=CHANNEL,
)


class Spent(NamedTuple):
    """How often something was used up in a minute, or anything else that is counted in a budget's row."""

    what: str
    number: int


class Gone(NamedTuple):
    """An account that has left the organization."""

    account: Account


class MutesChanged(NamedTuple):
    """When what is muted was changed last."""

    at: datetime


@dataclass(frozen=True)
class Paged:
    """Incidents of a cluster that stand together in a page."""

    incidents: tuple[Incident, ...]


ROWS: dict[str, object] = {
    "incident, open": _incident(1),
    "page of incidents": Paged((_incident(1), _incident(10, **_OVER, ending="reconnected"))),
    "page of incidents that are over": Paged((_incident(10, **_OVER, ending="reconnected"),)),
    "incident, acknowledged": acknowledge(_incident(2), ALICE, NOW),
    "incident, repairing": begin_repair(_incident(3), _REPAIR),
    "incident, repaired, its replacement awaited": end_repair(begin_repair(_incident(4), _REPAIR), _DONE),
    "incident, its repair failed": end_repair(begin_repair(_incident(5), _REPAIR), _FAILED),
    "incident, waiting for approval": await_approval(acknowledge(_incident(6), ALICE, NOW), _PENDING),
    "incident, picked": pick(_incident(7), NOW),
    "incident, flapping": _incident(
        8, drops=tuple(NOW - n * _MINUTE for n in (40, 20, 7)), calm_since=NOW - 3 * _MINUTE
    ),
    "incident, unreadable": _incident(9, sighting=_UNSEEN),
    "incident, resolved": _incident(10, **_OVER, ending="reconnected"),
    "incident, terminated and replaced": replace(
        end_repair(begin_repair(_incident(11), _REPAIR), _DONE), **_OVER, ending="terminated", replacement="i-0aa0bb0cc"
    ),
    "incident, its agent being restarted": begin_repair(_incident(15), _RESTART),
    "incident, its agent restarted": replace(
        begin_repair(_incident(16), replace(_RESTART, well_since=NOW + 2 * _MINUTE)), **_OVER, ending="agent restarted"
    ),
    "incident, a restart has found the cause": _incident(
        17,
        sighting=replace(_incident(17).sighting, reached=True, command="Failed", found=("disk-full", "agent-silent")),
        repair=replace(_RESTART, problem="a disk of the host is full. What may help next: terminate it."),
    ),
    "bulletin, posted": _BULLETIN,
    "bulletin, in doubt": altered(_UNPOSTED, doubt_since=NOW, lease_until=NOW + _MINUTE / 6),
    "bulletin, muted": altered(_BULLETIN, muted=True),
    "bulletin, aside": altered(_UNPOSTED, aside=True),
    "bulletin, in a storm": altered(_BULLETIN, storm=f"{_STORM.id}", thread=_STORM.ts),
    "bulletin, moved": altered(_BULLETIN, channel=FALLBACK, lost=(CHANNEL,)),
    "bulletin, closed": altered(_BULLETIN, closed=True, closed_at=NOW, tally=Breakdown()),
    "episode, posted": _BULLETIN,
    "episode, in doubt": altered(_UNPOSTED, doubt_since=NOW, lease_until=NOW + _MINUTE / 6),
    "episode, in a storm": altered(_BULLETIN, storm=f"{_STORM.id}", thread=_STORM.ts, untold=True),
    "episode, closed": altered(_BULLETIN, closed=True, closed_at=NOW, tally=Breakdown()).shows(
        replace(_TOPIC, shown="resolved")
    ),
    "bulletin, acknowledged as a whole": altered(_BULLETIN, acknowledged=_FACT),
    "bulletin, grown since": altered(
        _BULLETIN,
        acknowledged=_FACT,
        grown=Extent(4, ("eu-west-1a", "eu-west-1b"), 20),
        grown_at=NOW + 5 * _MINUTE,
        heard_at=NOW,
    ),
    "log entry of a cluster": _ENTRY,
    "log entry that mentions people": replace(_ENTRY, mentions=(BOB, "S0LEADS01")),
    "log entry of the organization": replace(_ENTRY, what="stop", cluster="", incident=""),
    "log entry of Coastguard itself": replace(_ENTRY, who="", what="resolved", source_identity="", channel=""),
    "storm, raging": _STORM,
    "storm, acknowledged": replace(_STORM, acknowledged=_FACT, grows_since=NOW + _MINUTE),
    "storm, grown since": replace(
        _STORM, acknowledged=_FACT, grown=Extent(300, ("eu-west-1a",)), grown_at=NOW + 5 * _MINUTE
    ),
    "storm, in doubt": replace(_STORM, ts="", shown="", shown_at=None, doubt_since=NOW, lease_until=NOW + _MINUTE),
    "storm, over": replace(_STORM, closed=True, closed_at=NOW + 30 * _MINUTE, over=True),
    "incident, an old registration of a host that is well": _incident(
        12, sighting=replace(_incident(12).sighting, others=(_ALIVE,), auto_repair=False)
    ),
    "drop that waits": Waiting(
        CLUSTER, Drop(instance(1), NOW, 7, 1, "i-00000000000000001"), NOW + 90 * _MINUTE, version=1
    ),
    "drop that has waited": Waiting(CLUSTER, Drop(instance(1), None), NOW, over=True, version=1),
    "request, claimed": Claim(ASKED, NOW, version=1),
    "request, finished": Claim(ASKED, NOW, "done", version=2),
    "mute": MUTE,
    "mute, warned of": replace(MUTE, warned_at=NOW + 420 * _MINUTE),
    "mute, ended early and told": replace(MUTE, ended_at=NOW, ended_by=BOB, told_at=NOW + _MINUTE),
    "mute with an id": _MUTE_BESIDE,
    "mute with an id, warned of": replace(_MUTE_BESIDE, warned_at=NOW + 420 * _MINUTE),
    "mute with an id, ended early and told": replace(_MUTE_BESIDE, ended_at=NOW, ended_by=BOB, told_at=NOW + _MINUTE),
    "mute of a unit": replace(MUTE, scope=Scope(unit="ou-ab12-11112222")),
    "mute of a pattern": replace(MUTE, scope=Scope.parse("cluster:*/*/prod-*")),
    "mute of an instance": replace(MUTE, scope=Scope.of(CLUSTER, instance(1))),
    "mute of a maintenance window": replace(MUTE, scope=Scope(), by="", channel=""),
    "mutes, changed": MutesChanged(NOW),
    "switch, stopped": RepairStop(ALICE, NOW, "the last repair went wrong", version=1),
    "switch, started": RepairStop(version=1),
    "ledger": {"cap-1": Ledger({ASKED: NOW}, version=1)},
    "account": Account(CLUSTER.account, "Payments", ("ou-ab12-11112222",), (("team", "payments"),), ("tags",)),
    "account, gone": Gone(Account(OTHER.account, "Search")),
    "seen": {
        (CLUSTER.account, CLUSTER.region): Visit(NOW, NOW),
        (OTHER.account, OTHER.region): Visit(NOW, None, "no"),
    },
    "names": NamesRow((CLUSTER.account, CLUSTER.region), 0, (CLUSTER.name, "prod-web"), NOW + timedelta(days=7)),
    "absent": Absence(OTHER.account, 2, NOW),
    "budget of edits": Spent("chat.update", 3),
    "budget, what the operators were told": Spent("told policy", 1),
    "budget, what a mute has recorded": Spent("muted", 2),
}

# Messages of the queues

_DROPS = (Drop(instance(1), NOW, 7, 1, "i-00000000000000001"), Drop(instance(2), None))


def _request(wish: str, **more: object) -> Request:
    usual = Request(
        id=ASKED,
        wish=wish,
        cluster=CLUSTER,
        instance=instance(1),
        incident="inc-0000000001",
        user=ALICE,
        team=TEAM,
        channel=CHANNEL,
        message="1795175700.000100",
        at=NOW,
    )
    return replace(usual, **more)  # type: ignore[arg-type]  # any field of a request


COMMANDS = (
    Command("mute", str(Scope.of(CLUSTER)), "2h", 'deploy of "the new" AMI & more'),
    Command("unmute", str(Scope.of(CLUSTER))),
    Command("mutes"),
    Command("ack", f"bulletin:{_BULLETIN.id}"),
    Command("status"),
    Command("incidents", "payments"),
    Command("show", argument="inc-0000000001"),
    Command("why", argument="prod-payments"),
    Command("coverage"),
    Command("audit", "payments", "7d"),
    Command("stop", reason="the last repair went wrong"),
    Command("start", reason="all is well"),
    Command("help", argument="mute"),
)


def _ask(line: str) -> CommandMessage:
    return CommandMessage(
        ASKED, line, ALICE, TEAM, CHANNEL, NOW, "https://hooks.slack.com/commands/T0COAST01/1/x", "You may not."
    )


HINTS: dict[str, Hint | Chore] = {
    **{f"hint, {why}": Hint(CLUSTER, why, _DROPS, 12) for why in Why},
    "hint of a chain": Hint(CLUSTER, Why.AGAIN, _DROPS, 0, hops=3, until=NOW),
    "hint without drops": Hint(CLUSTER, Why.SWEEP),
    "hint with a question": Hint(
        CLUSTER,
        Why.REQUEST,
        questions=(
            Question(
                "i-00000000000000001",
                ALICE,
                CHANNEL,
                "https://hooks.slack.com/commands/T0COAST01/1/x",
                "mute",
                '2h "the new AMI"',
            ),
        ),
    ),
    "hint of a storm": StormHint(CHANNEL, "eu-west-1"),
    "hint of a mute": MuteHint(str(Scope.of(CLUSTER))),
    "hint of a mute with an id": MuteHint(MUTE.key, _MUTE_BESIDE.id),
    "hint of the policy": PolicyHint(),
    "hints that were gathered": Gathered(
        (
            Hint(CLUSTER, Why.STATE_CHANGE, _DROPS, 12),
            Hint(replace(CLUSTER, name="prod-search"), Why.HEALTH_CHANGE, _DROPS[:1], 12),
        ),
        hops=2,
    ),
}
ACTS: dict[str, Request | CommandMessage] = {
    "request, acknowledge": _request("acknowledge"),
    "request, pick": _request("pick"),
    "request, list": _request("list", instance="", incident=""),
    "request, approve": _request("approve", about=APPROVED),
    "request, decline": _request("decline", about=APPROVED),
    "request, terminate": _request("terminate", reason="it hangs", refused="You may not."),
    "request, remove an old registration": _request("remove-registration"),
    "request, restart an agent": _request("restart-agent"),
    **{f"ask, {command.verb}": _ask(to_line(command)) for command in COMMANDS},
    "ask, home": _ask(HOME),
}

# What stands in Slack: what comes of a click there, of whichever surface and element


class Click(NamedTuple):
    """An element of a surface, by what its action id begins with."""

    surface: str
    action: str


class Asks(NamedTuple):
    """A modal that asks for what a command lacks."""

    command: Command


def _clicked(wish: str, number: int = 1, **more: object) -> Request:
    usual = _request(wish, instance=instance(number), incident=f"inc-{number:010x}", message="")
    return replace(usual, **more)  # type: ignore[arg-type]  # any field of a request


CLICKS: dict[Click, Request | Command | Asks] = {
    Click("bulletin", "coastguard.acknowledge"): _clicked("acknowledge"),
    Click("bulletin", "coastguard.repair.terminate"): _clicked("terminate", reason="it hangs"),
    Click("bulletin of an old registration", "coastguard.repair.remove-registration"): _clicked(
        "remove-registration", 12
    ),
    Click("bulletin of an agent", "coastguard.repair.restart-agent"): _clicked("restart-agent"),
    Click("bulletin", "coastguard.mute"): Asks(Command("mute", str(Scope.of(CLUSTER)))),
    Click("bulletin, waiting for approval", "coastguard.approve"): _clicked("approve", 6, about=ASKED),
    Click("bulletin, waiting for approval", "coastguard.decline"): _clicked("decline", 6, about=ASKED),
    Click("bulletin of many", "coastguard.pick."): _clicked("pick", 20),
    Click("bulletin of many", "coastguard.list"): _clicked("list", instance="", incident=""),
    Click("bulletin of several", "coastguard.ackall"): Command("ack", f"bulletin:{_BULLETIN.id}"),
    Click("storm that nobody has acknowledged", "coastguard.ackall"): Command("ack", f"storm:{_STORM.id}"),
    Click("bulletin, muted", "coastguard.unmute"): Command("unmute", str(Scope.of(CLUSTER))),
    Click("mute that ends soon", "coastguard.unmute"): Command("unmute", str(Scope.of(CLUSTER))),
    Click("bulletin, muted by a mute with an id", "coastguard.unmute"): Command("unmute", _MUTE_BESIDE.key),
    Click("answer, mutes with ids", "coastguard.say."): Command("unmute", _MUTE_BESIDE.key),
    Click("answer, ambiguous", "coastguard.say."): Command("incidents", str(Scope.of(CLUSTER))),
    Click("answer, mutes", "coastguard.say."): Command("unmute", str(Scope.of(CLUSTER))),
    Click("answer, one incident", "coastguard.say.0"): Command("why", argument="inc-0000000001"),
    Click("answer, one incident", "coastguard.say.1"): Asks(Command("mute", str(Scope.of(CLUSTER, instance(1))))),
}
HOME_CLICKS: dict[str, Command | Asks] = {
    "coastguard.say.mute": Asks(Command("mute")),
    "coastguard.say.0": Command("unmute", str(Scope.of(CLUSTER))),
}
"""The elements of the Home tab, by their action ids."""

MODALS: dict[str, Request | Command] = {
    "repair": _clicked("terminate", reason="it hangs", message="1795175700.000100"),
    "mute": Command("mute", str(Scope.of(CLUSTER)), "30m", "the new AMI"),
}
METADATA: dict[str, tuple[str, dict[str, object]]] = {
    "bulletin": ("coastguard_bulletin", {"bulletin": _BULLETIN.id, "state": "open"}),
    "storm": ("coastguard_storm", {"storm": _STORM.id, "state": "open"}),
    "list": (
        "coastguard_list",
        {"list": ASKED, "number": 1, "last": f"2026-11-20T11:53:00.000000+00:00 {instance(1)}"},
    ),
}
