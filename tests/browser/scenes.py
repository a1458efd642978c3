"""What docs/chatops.md shows: messages, answers, modals and the Home, drawn by the functions that draw them in AWS.

The incidents in them are made up; the names, too.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chatops import modals
from chatops.commands import answers, home, incident_answers, mute_answers
from chatops.commands.acknowledging import acknowledged
from chatops.commands.answer_parts import Answer
from chatops.commands.help_pages import help_text
from chatops.commands.incident_answers import Standing
from chatops.commands.known_names import KnownNames
from chatops.commands.name_lookup import find
from chatops.commands.parse import Command, Mistake, parse
from chatops.commands.reasons import reasons
from hub.incidents.acknowledgement import Acknowledgement, Extent
from hub.incidents.audit import Entry
from hub.incidents.breakdown import Breakdown
from hub.incidents.bulletin import Bulletin
from hub.incidents.content import compose
from hub.incidents.growth import GROWN
from hub.incidents.incident import Incident, Pending, Repair, State
from hub.incidents.mute import Mute
from hub.incidents.storm import Count, Storm
from hub.incidents.storm import lock as locked_by
from hub.notify.account_cache import AccountCache
from hub.notify.routing import Routing
from hub.policy.parse import read
from hub.policy.policy import Policy
from hub.policy.terms import Terms
from hub.scopes.account import Account
from hub.scopes.coverage import Visit, coverage
from hub.scopes.scope import Scope
from hub.slack.blocks import Block
from hub.slack.bulletin_message import render
from hub.slack.button_values import REPAIR, Subject
from hub.slack.mrkdwn import code, date, mention
from hub.slack.mute_message import digest, warning
from hub.slack.notes import channel_lost, note, reminding
from hub.slack.storm_message import render_storm
from hub.table.clusters import KnownCluster as KnownOfCluster
from spoke.places import Cluster
from spoke.repairs import REMEDIES
from spoke.sighting import Registration, Sighting
from tests.hub import factories

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
ALICE, BOB, CAROL = "U0ALICE01", "U0BOB0002", "U0CAROL03"
ON_CALL = "S0SRETEAM1"
CHANNEL = "C0ECSALERTS"
COMMAND = "/ecs"
PAYMENTS = Cluster("222233334444", "eu-west-1", "prod-payments")
SEARCH = Cluster("333344445555", "us-east-1", "prod-search")
BATCH = Cluster("222233334444", "eu-west-1", "prod-payments-batch")
ACCOUNTS = {
    "222233334444": Account("222233334444", "Payments Production"),
    "333344445555": Account("333344445555", "Search"),
    "444455556666": Account("444455556666", "Media"),
}
NAMES = {account.id: account.name for account in ACCOUNTS.values()}
_EPISODE = "ep-20261124T102000000000"
_POLICY = """
[reminders]
after = "30m"
[[routes]]
where.cluster = "prod-*"
channel = "C0ECSALERTS"
owners = ["S0SRETEAM1"]
environment = "production"
[[approvals]]
environment = "production"
remedy = "terminate"
approvers = "S0SRETEAM1"
"""


def ago(**span: float) -> datetime:
    """That long before the pictures are taken."""
    return NOW - timedelta(**span)


def ahead(**span: float) -> datetime:
    """That long after."""
    return NOW + timedelta(**span)


@dataclass(frozen=True, slots=True)
class Said:
    """A message in the channel with its thread's replies; with `whispered`, one that Alice alone sees."""

    text: str
    blocks: Sequence[Block]
    attachments: Sequence[Block] = ()
    replies: Sequence[tuple[str, Sequence[Block], bool]] = ()
    whispered: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A modal, with what is typed into some of its blocks."""

    view: Block
    typed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Home:
    """Alice's Home tab."""

    view: Block


Scene = Said | Asked | Home


# The fleet's troubles


def sighting(number: int = 1, **more: object) -> Sighting:
    """A host that is well, and whose agent is gone."""
    usual = Sighting(
        instance=f"{0xA1B2C3D4E5F60718293A4B5C6D7E8F00 + number:032x}",
        status="ACTIVE",
        connected=False,
        version=7,
        host=f"i-{0x0B7C9D1E2F3A4B500 + number * 4_099:017x}",
        host_state="running",
        checks="ok",
        zone=f"eu-west-1{'abc'[number % 3]}",
        instance_type="m7g.xlarge",
        os="linux",
        agent_version="1.86.0",
        ami="ami-0d71ea30463e0ff8d",
        running_tasks=4 + number % 3,
        others=(),
    )
    return replace(usual, **more)  # type: ignore[arg-type]  # any field of a sighting


ALIVE = Registration(
    PAYMENTS, f"{0x5D2C8B7A6F1E4D3C9B8A7F6E5D4C3B2A:032x}", connected=True, status="ACTIVE", running_tasks=7
)
"""Under which a host is well whose old registration has no agent."""


def incident(number: int = 1, state: State = State.OPEN, cluster: Cluster = PAYMENTS, **more: object) -> Incident:
    """One that was opened some minutes ago."""
    seen = sighting(number)
    usual = Incident(
        id=f"inc-{0x4F2A9C81D0 + number:010x}",
        cluster=cluster,
        instance=seen.instance,
        episode=_EPISODE,
        state=state,
        since=ago(minutes=11, seconds=number * 7),
        opened_at=ago(minutes=9),
        sighting=seen,
    )
    return replace(usual, **more)  # type: ignore[arg-type]  # any field of an incident


def bulletin(cluster: Cluster = PAYMENTS, **more: object) -> Bulletin:
    """That cluster's."""
    name = NAMES[cluster.account]
    usual = factories.bulletin(
        cluster=cluster, episode=_EPISODE, channel=CHANNEL, opened_at=ago(minutes=9), registered=12, account_name=name
    )
    return factories.altered(usual, **more)


ASKED = Repair("3f2a9c81d4e5b6077788", "terminate", BOB, ago(minutes=2), reason="disk is full", approved_by=ALICE)
DONE = replace(
    ASKED,
    finished=ago(minutes=1),
    group="payments-asg",
    steps=("Terminated i-0b7c9d1e2f3a4c503 through payments-asg.", "Took it out of the cluster."),
)
WAITS = Pending(ASKED.request, "terminate", BOB, ago(minutes=1), ahead(minutes=14), (ON_CALL,), "disk is full")
ACCOUNT_MUTE = Mute(Scope(account=PAYMENTS.account), ahead(hours=2), ALICE, "deploy of the new AMI", ago(minutes=10))
CLUSTER_MUTE = Mute(Scope.of(SEARCH), ahead(hours=7), BOB, "reindexing", ago(hours=1))
MANY = [incident(number) for number in range(1, 9)]
LOG = [
    Entry(ago(minutes=8), ALICE, "acknowledged", sighting().host, "", incident().id),
    Entry(
        ago(minutes=4),
        BOB,
        "asked: Terminate, needs approval",
        sighting().host,
        "",
        incident().id,
        aloud=True,
        mentions=(ON_CALL,),
    ),
    Entry(
        ago(minutes=2),
        ALICE,
        "approved: Terminate",
        sighting().host,
        "",
        incident().id,
        approved_by=ALICE,
        mentions=(BOB,),
    ),
    Entry(ago(minutes=1), BOB, "Terminate done", sighting().host, " ".join(DONE.steps), incident().id),
]


MESSAGE = f"https://coast.slack.com/archives/{CHANNEL}/p1795175700000100"


# Messages


def shown(incidents: Sequence[Incident], mute: Mute | None = None, lock: str = "", **more: object) -> Said:
    """A cluster's bulletin."""
    about = bulletin(incidents[0].cluster, **more)
    message = render(compose(about.episode, incidents, lock, mute), about.episode)
    return Said(message.text, message.blocks, message.attachments)


def thread() -> Said:
    """A bulletin that is over, and what its thread tells."""
    over = incident(
        state=State.RESOLVED, repair=DONE, resolved_at=NOW, ending="terminated", replacement="i-0f6e5d4c3b2a19088"
    )
    about = compose(bulletin().episode, [incident()])
    return replace(shown([over]), replies=[(*note(entry, about, MESSAGE), entry.aloud) for entry in LOG])


def storm(*, over: bool) -> Said:
    """A zone is lost."""
    fleet = [
        (bulletin(Cluster(account, "eu-west-1", name)), number)
        for account, name, number in (
            (PAYMENTS.account, "prod-payments", 31),
            (SEARCH.account, "prod-search", 24),
            ("444455556666", "prod-transcode", 18),
            (PAYMENTS.account, "prod-ledger", 9),
        )
    ]
    tally = Breakdown(114, {"eu-west-1b": 112, "eu-west-1a": 2}, {"ami-0d71ea30463e0ff8d": 60}, {"1.86.0": 80})
    count = Count(3, 14, tally, tuple(fleet), 9)
    standing = Storm(
        CHANNEL, "eu-west-1", _EPISODE, ago(minutes=6), ago(minutes=4), most=(3, 16, 131), over=over, ts="1"
    )
    message = render_storm(standing, Count(0, 0, Breakdown(), (), 0) if over else count)
    return Said(message.text, message.blocks, message.attachments)


def reminded() -> Said:
    """What is said again, to the channel too."""
    about = bulletin(owners=(ON_CALL,))
    told = reminding(compose(about.episode, [incident()]), timedelta(minutes=30))
    return replace(shown([incident()], owners=(ON_CALL,)), replies=[(*told, True)])


def grown() -> Said:
    """What is told when something has got worse since it was acknowledged."""
    fact = Acknowledgement(ALICE, ago(minutes=8), Extent(1, ("eu-west-1b",)))
    incidents = [incident(1), *(incident(number, opened_at=ago(minutes=2)) for number in (2, 3))]
    about = compose(bulletin(owners=(ON_CALL,), acknowledged=fact).episode, incidents)
    what = "also in eu-west-1a, eu-west-1c; more than 10 % of the cluster; 3 instances, there were 1"
    told = note(Entry(NOW, "", GROWN, PAYMENTS.name, what, aloud=True), about)
    return replace(shown(incidents, owners=(ON_CALL,), acknowledged=fact), replies=[(*told, True)])


# Answers


def whispered(answer: Answer) -> Said:
    """What Alice alone sees."""
    return Said(*answer, whispered=True)


def said(answer: Answer) -> Said:
    """What everybody in the channel sees, because it changes something for all."""
    return Said(*answer)


def mistaken(typed: str) -> Said:
    """The answer to something that is no command."""
    mistake = parse(typed)
    if not isinstance(mistake, Mistake):
        raise TypeError(f"{typed} is a command")
    return whispered(answers.mistaken(COMMAND, mistake))


def found(words: str) -> Any:  # what may be meant, or nothing
    """What words may mean in this fleet."""
    return find(words, KnownNames(list(ACCOUNTS.values()), {}, [PAYMENTS, BATCH, SEARCH], MANY))


def why() -> Said:
    """Why one is told of prod-payments."""

    class Source:
        policy: Policy | None = read(_POLICY)
        problem = ""

    class Table:
        def accounts(self) -> Mapping[str, Account]:
            return ACCOUNTS

    accounts = AccountCache(Table(), lambda: NOW)  # type: ignore[arg-type]  # as much of the table as is needed
    rules = Routing(Source(), accounts, Terms(timedelta(seconds=120), CHANNEL), lambda: NOW)  # type: ignore[arg-type]  # the same
    seen = Visit(ago(minutes=4), ago(minutes=4))
    lines = reasons(
        PAYMENTS, KnownOfCluster({}, bulletin()), incident(), seen, rules, NOW, ALICE, (ON_CALL,), muted=False
    )
    title = f"Why: {code(PAYMENTS.name)} in {PAYMENTS.region}, account {code(PAYMENTS.account)}"
    return whispered(answers.explained(title, lines))


def everywhere() -> tuple[str, list[tuple[str, str]]]:
    """What is watched, and what is not."""
    places = [(account, region) for account in ACCOUNTS for region in ("eu-west-1", "us-east-1")]
    fine = {place: Visit(ago(minutes=3), ago(minutes=3)) for place in places}
    refused = Visit(ago(minutes=3), None, "the role coastguard-reader in 444455556666/us-east-1 cannot be assumed")
    told = coverage(ACCOUNTS, ["eu-west-1", "us-east-1"], fine | {places[-1]: refused}, NOW)
    return told.line, [("/".join(place), problem) for place, problem in told.blind]


STANDING = Standing(Counter({State.OPEN: 3, State.ACKNOWLEDGED: 1, State.REPAIRING: 1}), muted=2, mutes=2)
STOPPED = replace(
    STANDING, stopped_by=BOB, stopped_at=ago(minutes=5), stopped_reason="we are investigating the last repair"
)
TROUBLED = [
    incident(1),
    incident(2, State.ACKNOWLEDGED, acknowledged_by=ALICE, acknowledged_at=ago(minutes=3)),
    incident(3, State.REPAIRING, repair=ASKED),
    incident(4, cluster=SEARCH),
]
ITS_LOG = [
    replace(entry, where=TROUBLED[1].sighting.host, incident=TROUBLED[1].id, reason=reason)
    for entry, reason in zip(LOG[:2], ("", "its disk is full"), strict=True)
]
MESSAGES = {each.id: MESSAGE for each in TROUBLED}
ENTRIES = [
    Entry(ago(hours=3), CAROL, "muted", "cluster:222233334444/eu-west-1/prod-payments-batch", "until 09:00 UTC"),
    Entry(ago(hours=1), CAROL, "refused: mute", "Search", "You may not do that here (mute)."),
    *LOG,
]


# Modals and the Home


def terminating() -> Asked:
    """What is asked before an instance is terminated."""
    about = incident()
    seen = about.sighting
    value = f"{Subject(about.cluster, about.instance, about.id)} {seen.host} {seen.running_tasks} running"
    body = {"container": {"channel_id": CHANNEL, "message_ts": "1795175700.000100"}}
    action = {"action_id": f"{REPAIR}terminate", "value": value}
    view = modals.repair_view(
        REMEDIES["terminate"], body, action, f"It waits until {mention(ON_CALL)} has approved it."
    )
    return Asked(view, {"reason": "its disk is full"})


def tab() -> home.Tab:
    """Alice may approve what Bob has asked for."""
    waiting = replace(incident(5), pending=WAITS)
    places = coverage(
        ACCOUNTS, ["eu-west-1"], {(a, "eu-west-1"): Visit(ago(minutes=3), ago(minutes=3)) for a in ACCOUNTS}, NOW
    )
    mutes, messages = [ACCOUNT_MUTE, CLUSTER_MUTE], MESSAGES | {waiting.id: MESSAGE}
    return home.Tab(ALICE, [*TROUBLED, waiting], mutes, [waiting], places, NAMES, messages=messages)


SCENES: dict[str, Scene] = {
    # A cluster's message
    "bulletin": shown([incident()], owners=(ON_CALL,)),
    "acknowledged": shown([incident(state=State.ACKNOWLEDGED, acknowledged_by=ALICE, acknowledged_at=ago(minutes=3))]),
    "several": shown([incident(1), incident(2)]),
    "many": shown([*MANY[:-1], replace(MANY[-1], picked_at=NOW)], registered=40),
    "ghost": shown([incident(sighting=sighting(running_tasks=0, others=(ALIVE,)))]),
    "waiting": shown([incident(pending=WAITS)]),
    "repairing": shown([incident(state=State.REPAIRING, repair=DONE)]),
    "resolved": thread(),
    "muted": shown([incident()], ACCOUNT_MUTE),
    "locked": shown([incident()], lock=locked_by("eu-west-1")),
    "unchecked": shown(
        [incident(sighting=sighting(connected=None, unchecked=("the role coastguard-reader cannot be assumed",)))]
    ),
    "reminder": reminded(),
    "grown": grown(),
    # Messages about more than a cluster
    "storm": storm(over=False),
    "storm-over": storm(over=True),
    "digest": Said(*digest(ACCOUNT_MUTE, 7, TROUBLED[:3])),
    "mute-ends": Said(*warning(replace(ACCOUNT_MUTE, until=ahead(minutes=55)))),
    "channel-lost": Said(*channel_lost("C0PAYMENTS", "is_archived", (ON_CALL,))),
    # Answers
    "help": whispered(answers.helped(COMMAND, help_text())),
    "mistake": mistaken("mtue payments 2h deploy"),
    "ambiguous": whispered(answers.ambiguous(Command("mute", "prod-pay", "2h", "deploy"), found("prod-pay"))),
    "unknown": whispered(
        answers.unknown(COMMAND, Command("mute", "prod-paymets", "2h", "deploy"), found("prod-paymets"))
    ),
    "mute": said(mute_answers.muted(ACCOUNT_MUTE, [replace(CLUSTER_MUTE, scope=Scope.of(BATCH))], NOW, NAMES)),
    "unmute": said(
        answers.done(
            f"{mention(ALICE)} has unmuted {code(ACCOUNT_MUTE.scope.label)}."
            " What is still broken there is said within a minute."
        )
    ),
    "mutes": whispered(mute_answers.all_mutes([ACCOUNT_MUTE, CLUSTER_MUTE], NOW, NAMES)),
    "ack": whispered(acknowledged(f"3 instances of {code(PAYMENTS.name)}")),
    "status": whispered(incident_answers.status(STANDING)),
    "incidents": whispered(incident_answers.open_incidents(COMMAND, TROUBLED, NAMES, {TROUBLED[3].id}, MESSAGES)),
    "show": whispered(incident_answers.shown(TROUBLED[1], ITS_LOG, NAMES, message=MESSAGE)),
    "why": why(),
    "coverage": whispered(answers.covered(*everywhere())),
    "audit": whispered(incident_answers.audited(f"What people did since {date(ago(days=1))}", ENTRIES)),
    "stop": said(
        answers.done(f"{mention(BOB)} has stopped all repairs, everywhere. Alerts go on.", STOPPED.stopped_reason)
    ),
    "stopped": whispered(incident_answers.status(STOPPED)),
    "start": said(answers.done(f"{mention(BOB)} has started repairs again.")),
    "refused": whispered(answers.refused("You may not do that here (mute).", may=(ON_CALL, BOB))),
    # What is asked, and the Home
    "terminate-modal": terminating(),
    "mute-modal": Asked(
        modals.mute_view(Command("mute", "payments", "4h"), CHANNEL, ""), {"reason": "deploy of the new AMI"}
    ),
    "home": Home(home.draw(tab(), COMMAND, NOW)),
}
