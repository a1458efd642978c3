"""The numbers of the documents: what each says, and the value in the code or the templates that it has to be.

A claim is a piece of a document with its numbers in angle brackets, beside the values that hold them. Numbers are read
as people write them: `<ten>`, `<1,000>`, `<half an hour>`, `<two and a half hours>`, `<3.11>`.
"""

import inspect
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from types import ModuleType
from typing import Any

import chatops.clicks.caps
import chatops.clicks.repair
import chatops.clicks.requests
import chatops.clicks.wishes
import chatops.commands.context
import chatops.commands.speaker
import chatops.gate
import chatops.http_adapter
import chatops.modals
import chatops.slack_users
import coastguard.cli.audit
import coastguard.cli.demo
import coastguard.concurrency
import coastguard.cost
import coastguard.local.aws.lineage
import coastguard.local.real_slack
import coastguard.local.rehearsals.flood
import coastguard.local.rehearsals.grid
import coastguard.local.rehearsals.loop
import coastguard.local.rehearsals.poison
import coastguard.local.rehearsals.scale_in
import coastguard.local.rehearsals.slack_outage
import coastguard.local.rehearsals.slow_region
import coastguard.local.slack.delivery
import coastguard.local.slack.tickets
import coastguard.redrive
import hub.chain
import hub.incidents.audit
import hub.incidents.content
import hub.incidents.delivery
import hub.incidents.episode
import hub.incidents.eventbridge
import hub.incidents.flapping
import hub.incidents.growth
import hub.incidents.hints
import hub.incidents.incident
import hub.incidents.mute
import hub.incidents.reminders
import hub.incidents.repair_progress
import hub.incidents.severity
import hub.incidents.storm
import hub.looks.batch
import hub.looks.cluster_tags
import hub.looks.gathering
import hub.looks.ingestion
import hub.notify.account_cache
import hub.notify.muting
import hub.notify.policy_alarm
import hub.notify.publisher
import hub.notify.storm_turn
import hub.policy.parse
import hub.policy.source
import hub.policy.values
import hub.queues
import hub.scopes.absence
import hub.scopes.coverage
import hub.sweeping.account_sync
import hub.sweeping.organization
import hub.sweeping.sweeper
import hub.table.accounts
import hub.table.incident_rows
import hub.table.mutes
import hub.table.requests
import hub.table.writes
import hub.times
import spoke.accounts
import spoke.hosts
import spoke.registrations
import spoke.repairs.restart_agent
import spoke.sightings
import tests.benchmarks.__main__ as bench
import tests.benchmarks.clicks
import tests.benchmarks.cold
import tests.benchmarks.counting
import tests.benchmarks.crew
import tests.benchmarks.goals
import tests.benchmarks.lambdas
import tests.benchmarks.losses
import tests.benchmarks.organization
import tests.simulation.promises
from coastguard.checkout import ROOT
from coastguard.local.layout.layouts import CROWD, DEMO, WIDE, Layout
from coastguard.local.world import POLICY
from hub.policy.parse import read as read_policy
from hub.policy.policy import Approval, Policy
from hub.policy.values import Unfit
from hub.slack.listing import Asked, Told, parts
from spoke.states import Power
from tests.benchmarks.storms import CLUSTER
from tests.hub.factories import CLUSTER as PLACE
from tests.hub.factories import incident as failed
from tests.meta.test_sizes import LONGEST
from tests.templates.reading import read

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
Value = int | float | str | timedelta


@dataclass(frozen=True)
class Claim:
    """A piece of a document; `values` are what the numbers in its angle brackets have to be, one after another."""

    text: str
    values: tuple[Value, ...]


def says(text: str, *values: Value) -> Claim:
    return Claim(text, values)


COUNTED = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
WORDS = {word: float(number) for number, word in enumerate(COUNTED)} | {
    "a": 1,
    "an": 1,
    "twice": 2,
    "two and a half": 2.5,
    "fifteen": 15,
    "hundred": 100,
    "hundreds": 100,
    "half": 0.5,
    "half a": 0.5,
    "half an": 0.5,
    "quarter": 0.25,
    "tenth": 0.1,
}
UNITS = {"s": SECOND, "second": SECOND, "minute": MINUTE, "hour": HOUR, "day": DAY, "week": 7 * DAY}


def value_of(written: str) -> Value:
    """Read a number, a part or a length of time as people write it. Raises KeyError for anything else."""
    if re.fullmatch(r"\d+\.\d+", written):
        return written  # a version
    if re.fullmatch(r"\d[\d,]*", written):
        return int(written.replace(",", ""))
    if written in WORDS:
        return WORDS[written]
    number, _, unit = written.rpartition(" ")
    many = value_of(number)
    if isinstance(many, str | timedelta):
        raise KeyError(written)
    return many * UNITS[unit.removesuffix("s") or "s"]


# ------------------------------------------------------------------ what has to be counted
HUB = read("hub")
PARAMETERS = HUB["Parameters"]


def resource(name: str) -> dict[str, Any]:
    found: dict[str, Any] = HUB["Resources"][name]["Properties"]
    return found


def tries(queue: str) -> int:
    return int(resource(queue)["RedrivePolicy"]["maxReceiveCount"])


def alarm(name: str) -> dict[str, Any]:
    [found] = [
        each["Properties"] for each in HUB["Resources"].values() if each.get("Properties", {}).get("AlarmName") == name
    ]
    return {**found, "Lasts": found["Period"] * found["EvaluationPeriods"] * SECOND, "Each": found["Period"] * SECOND}


def kinds(template: str, kind: str) -> int:
    return Counter(each["Type"] for each in read(template)["Resources"].values())[kind]


def size_of(layout: Layout) -> tuple[int, int, int]:
    """Members, clusters and container instances of a layout."""
    plans = [plan for _, _, plan in layout.planned()]
    return len(layout.organization.members), len(plans), sum(plan.size for plan in plans)


def wait_to_stop() -> float:
    """For how many seconds a stop is tried on the average: the waits between its tries, each cut by chance."""
    first, longest = hub.table.writes._FIRST_SECONDS, hub.table.writes._LONGEST_SECONDS
    return sum(min(first * float(2**tried), longest) for tried in range(hub.table.requests._TRIES_TO_STOP - 1)) / 2


def found(module: ModuleType, pattern: str) -> list[int]:
    """Numbers that stand in a module's text and nowhere by a name."""
    return [int(number) for number in re.findall(pattern, inspect.getsource(module))]


def zones(layout: Layout) -> set[str]:
    return {plan.zone(region, number) for _, region, plan in layout.planned() for number in range(plan.size)}


def bounds(span: Callable[[Any], timedelta]) -> tuple[timedelta, timedelta]:
    """The shortest and the longest time that a key of the policy takes, as its refusal names them."""
    try:
        span("0m")
    except Unfit as error:
        found = re.findall(r"(\d+)([mhd])", str(error).rpartition(" from ")[2])
        shortest, longest = (int(number) * {"m": MINUTE, "h": HOUR, "d": DAY}[unit] for number, unit in found)
        return shortest, longest
    raise ValueError("a time of no length is taken")


DEMO_GRACE: timedelta = inspect.signature(coastguard.cli.demo.demo).parameters["grace"].default * SECOND
[PYTHON] = re.findall(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text())
RUNTIME = PARAMETERS["Runtime"]["Default"].removeprefix("python")
[HELD_HOURS] = re.findall(r"up to (\d+)", hub.incidents.content.HELD_UP)
_, _, CROWDED = size_of(CROWD)
BIG, SMALL = (plan.size for _, _, plan in CROWD.planned())
LOCAL_POLICY = read_policy(POLICY.read_text())
VISITED = hub.sweeping.sweeper.ROUND * hub.sweeping.sweeper.ROUND_MINUTES
# A second, of an account and Region: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html
ECS_READS = 20
UNANSWERED = spoke.accounts._CONFIG.read_timeout * spoke.accounts._CONFIG.retries["total_max_attempts"] * SECOND
POISON = [*coastguard.local.rehearsals.poison._events("a", "b"), *coastguard.local.rehearsals.poison._raw()]
WAITS_FOR_APPROVAL = inspect.signature(Approval).parameters["expires"].default
WELL = len(coastguard.local.rehearsals.slow_region._WELL)
LISTED = len([*parts(Asked("request", "U0ALICE01", PLACE), [failed(number) for number in range(1_000)], Told())])

flapping, repair_progress = hub.incidents.flapping, hub.incidents.repair_progress
absence, incident, storm = hub.scopes.absence, hub.incidents.incident, hub.incidents.storm
content, mute, chain = hub.incidents.content, hub.incidents.mute, hub.chain
organization, sweeper = hub.sweeping.organization, hub.sweeping.sweeper
batch, gathering = hub.looks.batch, hub.looks.gathering
AT_ONCE, PACE = hub.looks.ingestion.CLUSTERS_AT_ONCE, hub.looks.ingestion.PACE_SECONDS * SECOND
turn, publisher, values = hub.notify.storm_turn, hub.notify.publisher, hub.policy.values
LISTS, tickets = chatops.clicks.wishes.LISTS, coastguard.local.slack.tickets
repair, sync, tables = chatops.clicks.repair, hub.sweeping.account_sync, hub.table

# ------------------------------------------------------------------ what the documents say
CLAIMS = {
    "CONTRIBUTING.md": [
        says("at most <300> lines", LONGEST),
        says("pass on Python <3.11> and on <3.13>, which Lambda has", PYTHON, RUNTIME),
    ],
    "README.md": [
        says("Python <3.11> or newer, and `make`", PYTHON),
        says("Unplug an agent, wait <ten seconds>, see", DEMO_GRACE),
        says("gives up <100> of <1,000> instances", coastguard.local.rehearsals.scale_in._LEAVING, BIG),
        says("<1,000> agents of one cluster are lost", BIG),
        says("a zone of <200> accounts is lost: one storm bulletin, each of <400> clusters", *size_of(WIDE)[:2]),
        says("the sweep finds within <ten minutes>", VISITED),
    ],
    "docs/how-it-works.md": [
        says("kept in pages of up to <100> KB", hub.table.incident_rows.PAGE_BYTES // 1_000),
        says("is left, <three days> after the last", incident.RESOLVED_KEPT),
        says("may ask for <three> in <ten minutes>", LISTS.most, LISTS.per),
        says("<ten> at most. What is not called", chatops.commands.speaker.MOST_CHANNELS),
        says("(<30 minutes> are over, say)", tickets.HOOK_SECONDS * SECOND),
        says("└───────────┘ <1,000> └────────┘", resource("IngestMapping")["BatchSize"]["Fn::If"][-1]),
        says("sweep every <ten>: each member Region", sweeper.ROUND_MINUTES),
        says("forwards <three> kinds of event", len(hub.incidents.eventbridge.KINDS)),
        says("in parts of <15 minutes> if need be", chain.LONGEST_WAIT),
        says("more than <ten> parts", chain._WAITING_HOPS),
        says("(`ClusterTags`; kept for <five minutes>)", hub.looks.cluster_tags.TAGS_KEPT),
        says("up to <100> container instances in a call", spoke.sightings._ECS_A_CALL),
        says("once in <ten minutes>, a <tenth> of them each minute", VISITED, sweeper.ROUND / VISITED),
        says(
            "under a <quarter> of ECS's read limits",
            max(sweeper.CLUSTER_READS[1], sweeper.RESOURCE_READS[1]) / ECS_READS,
        ),
        says("more than <120> clusters in one Region it takes the next <120>", *[sweeper.CLUSTERS_A_VISIT] * 2),
        says("Where <five> clusters or more", storm.CROWD),
        says("tell of <five> clusters or more of a Region", storm.CROWD),
        says("look waits <two seconds> for the others", batch.GATHERS_SECONDS * SECOND),
        says(
            "Region <100> clusters of a batch go on at once, and <100> more every <15 seconds>", AT_ONCE, AT_ONCE, PACE
        ),
        says("down to <five> levels", organization._DEPTH),
        says("a call for each account, once <an hour>", organization.TAGS_KEPT),
        says("at most <30> a round, <five> at once and <four> a second", sync.CALLS_A_ROUND, *sync.PACE),
        says("read anew every <ten minutes>", organization.LIST_KEPT),
        says("at most once in <five minutes>. What the org", hub.notify.account_cache.ACCOUNTS_KEPT),
        says("<Three> in a row without it, each <ten minutes> after", absence.TIMES, absence.APART),
        says("more than <35 minutes> ago", hub.scopes.coverage.STALE),
        says("<three days> after it is resolved", incident.RESOLVED_KEPT),
        says("an audit entry | <400 days>", hub.incidents.audit.LOG_KEPT),
        says("what came of it | <30 days>", tables.requests.REQUEST_KEPT),
        says("<four days> after its end", tables.mutes.MUTE_KEPT),
        says("about no single cluster | <400 days>", hub.incidents.audit.LOG_KEPT),
        says("| <an hour>; about <a day> |", tables.mutes.BUDGET_KEPT, hub.notify.policy_alarm._AGAIN),
        says("| <a week> after it was missing last", tables.accounts.ABSENCE_KEPT),
        says("of one minute of <ten>, <1,000> in a row", sweeper.ROUND_MINUTES, tables.accounts.SEEN_A_ROW),
        says("| <a day> after it was written last", tables.accounts.SEEN_KEPT),
        says("names of its clusters, <1,000> in a row", tables.accounts.NAMES_A_ROW),
        says("| <seven days> after they were written last", tables.accounts.NAMES_KEPT),
        says("waits up to <ten minutes> for the replacement", repair_progress.REPAIR_PATIENCE),
        says("another grace period, at most <twice>, and is believed", hub.incidents.hints.MOST_WAITS),
        says("<three> times within <an hour> is one flapping", incident.FLAPS, incident.FLAP_WINDOW),
        says("been back for <20 minutes>", flapping.STEADY),
        says("hold one for up to <48> hours", int(HELD_HOURS)),
        says("After <ten minutes> the message says so", repair_progress.REPAIR_PATIENCE),
        says("confirms at most <five> instances", content.ROWS),
        says("of up to <100> hosts in one call", spoke.registrations.HOSTS_A_CALL),
        says("within <ten minutes> of its last goes on", hub.incidents.episode.REOPENS),
        says("More than <ten> clusters of one Region and channel", storm.MANY),
        says("fall into trouble within <five minutes> are a storm", storm.FRESH),
        says("a message a second, <30> in a turn", turn.TURN),
        says("has just seen <ten> others fall into trouble", storm.MANY),
        says("in one batch that they must be more than <ten>", storm.MANY),
        says("at most <ten> are left and none has joined for <ten minutes>", storm.MANY, storm.CALM),
        says("when none has joined for <an hour>", storm.LONG),
        says("a budget of <45> a minute", publisher.EDITS_A_MINUTE),
        says("one edit in <three seconds>", publisher.EDIT_GAP),
        says("mutes that are <ten seconds> old at most", hub.notify.muting.MUTES_KEPT),
        says("may go by older ones, of up to <five minutes>", hub.notify.muting.MUTES_HOLD),
        says("within <five minutes> a lone alarm of this one", hub.notify.muting.MUTES_HOLD),
        says(
            "of more than <200> it lists the account's hosts, <1,000> a page",
            spoke.sightings._MANY_HOSTS,
            spoke.hosts._EC2_A_PAGE,
        ),
        says("A mute of <four hours> or longer is announced to its author <an hour> before", mute.LONG, mute.WARNING),
        says("once <a day> for the same words", hub.notify.policy_alarm._AGAIN),
        says("about <16> times in it", coastguard.local.aws.lineage.MOST_INVOCATIONS),
        says("more than <12> times. What would", chain.MOST_HOPS),
        says("<10>, <10>, <10>, <15>, <20>, <30>, <30> and <30> seconds", *chain._REPAIR_SECONDS),
        says("turns, of <30> clusters each | after <12> of them", turn.TURN, chain.MOST_HOPS),
        says("after <12> tries", chain.MOST_HOPS),
        says("more than <two and a half hours> |", chain.LONGEST_WAIT * chain._WAITING_HOPS),
        says("Slack gives <three seconds> for that", coastguard.local.slack.delivery.PATIENCE_SECONDS * SECOND),
        says("the last <four> characters", chatops.modals._PROOF_LENGTH),
        says("for at most <20 seconds>: if so", repair._ASKS_SECONDS * SECOND),
        says("**More than <five> instances**", content.ROWS),
        says("the <ten> that are gone longest", content.OLDEST),
        says("up to <25> of them", content.CHOICES),
        says("<1,000> in <four> messages", 1_000, LISTED),
        says("within <ten minutes> (more where a Region has over <120> clusters)", VISITED, sweeper.CLUSTERS_A_VISIT),
        says("comes back after <5>\N{EN DASH}<60> s", hub.queues._BACKOFF[0], hub.queues._BACKOFF[-1]),
        says("after <five> tries (a look: <eight>)", tries("DelayQueue"), tries("LooksQueue")),
        says("tried <three> times, then announced", gathering.PATIENCE),
        says("counted as `blind`, tried again in <ten minutes>", VISITED),
        says("after <half an hour> its incidents", absence.TIMES * absence.APART),
        says("Slack answers <429>", HTTPStatus.TOO_MANY_REQUESTS),
        says("(<10 s>; <60 s> in a storm's turn)", hub.incidents.delivery.LEASE, turn._LEASE),
        says("for some <25> seconds each time", round(wait_to_stop() / 5) * 5),
        says("does not answer | <ten seconds> in a batch", UNANSWERED),
        says("after <12> hops it ends", chain.MOST_HOPS),
        says("in the <two minutes> before", hub.policy.source._CERTAIN),
        says("for more than <15 minutes> | it is refused", chatops.clicks.requests.FRESH),
        says("for up to <50 hours>", repair_progress.LONGEST_HELD),
        says("does not end within <ten minutes>", repair_progress.REPAIR_PATIENCE),
        says("posted within <two minutes>", tests.simulation.promises._POSTED),
        says("said within <five>", tests.simulation.promises._CLOSED / MINUTE),
    ],
    "docs/glossary.md": [
        says("in one of <five> words", len(Power)),
    ],
    "docs/chatops.md": [
        says("not back within <five minutes>, the message", spoke.repairs.restart_agent.PATIENCE),
        says("connected again for <a minute>, or as long", Policy().steady),
        says("<three> times in <ten minutes> for each person", LISTS.most, LISTS.per),
        says("where there are more than <five>: shows", content.ROWS),
        says("Up to <five> instances have a row each", content.ROWS),
        says("the <ten> that are gone longest", content.OLDEST),
        says("begins within <ten minutes> goes on", hub.incidents.episode.REOPENS),
        says("past <10>, <25>, <50> or <75> %, or", *hub.incidents.growth.SHARES),
        says("at least <two> more.", hub.incidents.growth.AT_LEAST_MORE),
        says(
            "gathered for <a minute>, and not said again within <five minutes>",
            hub.incidents.growth.GATHERS,
            hub.incidents.growth.SELDOM,
        ),
        says(
            "at most <24 hours> apart, for <7 days>",
            hub.incidents.reminders.LONGEST_GAP,
            hub.incidents.reminders.KEEPS_ON,
        ),
        says("the last <four> characters", chatops.modals._PROOF_LENGTH),
        says("(<15 minutes>, unless the policy says", WAITS_FOR_APPROVAL),
        says("more than <ten> clusters of a Region fall", storm.MANY),
        says("within <five minutes>, one message", storm.FRESH),
        says("for <four hours> or longer is told <an hour> before", mute.LONG, mute.WARNING),
        says("It lasts <30 days> at most", hub.times.LONGEST),
        says("is found for <three days>", incident.RESOLVED_KEPT),
        says("in trouble, and for <three days> after", incident.RESOLVED_KEPT),
        says("member Region's clusters once in <ten minutes>", VISITED),
        says("more than <15 minutes> ago |", chatops.clicks.requests.FRESH),
        says("could not be read in <20 seconds>", repair._ASKS_SECONDS * SECOND),
        says("in the audit log for <400 days>", hub.incidents.audit.LOG_KEPT),
    ],
    "docs/install.md": [
        says(
            "(<0>\N{EN DASH}<900> s, default <120>)",
            *(PARAMETERS["GraceSeconds"][key] for key in ("MinValue", "MaxValue", "Default")),
        ),
        says("(<3.11> or newer, as far", PYTHON),
        says("looks alone may take <ten> (", PARAMETERS["LookConcurrency"]["Default"]),
        says("reserves <50> for what answers", coastguard.concurrency.FOR_FRONT),
        says("over the <100> that Lambda keeps", coastguard.concurrency._LEFT_BY_LAMBDA),
        says("of the stack to <50>", coastguard.concurrency.FOR_FRONT),
    ],
    "docs/cost.md": [
        says(
            "each of the <three> queues with <five> connections of <20 seconds> while",
            coastguard.cost._QUEUES,
            coastguard.cost._CONNECTIONS,
            coastguard.cost._WAIT * SECOND,
        ),
        says("<26> metrics and <9> alarms are there", coastguard.cost.METRICS, coastguard.cost.ALARMS),
    ],
    "docs/local-world.md": [
        says("sends <200> well-formed events of clusters", coastguard.local.rehearsals.flood._EVENTS),
        says("good for <five> answers in <30 minutes>", tickets.HOOK_USES, tickets.HOOK_SECONDS * SECOND),
        says("lets <35 minutes> pass before a modal", coastguard.local.rehearsals.grid._LUNCH_MINUTES * 60 * SECOND),
        says("in <two> Regions | <32> | <90> |", len(DEMO.regions), *size_of(DEMO)[1:]),
        says("one message about <twelve> clusters", len(DEMO.clusters[DEMO.organization.members[-1].id])),
        says("one of <1,000>, one of <100> | <1,100> |", BIG, SMALL, CROWDED),
        says("| wide | <200> | <400>, each over three zones | <1,200> |", *size_of(WIDE)),
        says("each over <three> zones", len(zones(WIDE))),
        says("for its <400> stacks", 2 * size_of(WIDE)[0]),
        says("said again after <half an hour>", LOCAL_POLICY.remind_after or "never"),
        says(
            "in search after <five minutes>",
            *[route.remind_after for route in LOCAL_POLICY.routes if route.remind_after],
        ),
        says("where there are more than <250>)", coastguard.local.real_slack._MOST_PEOPLE),
        says("a function more than <12> times", chain.MOST_HOPS),
        says("give up <100> of <1,000> hosts", coastguard.local.rehearsals.scale_in._LEAVING, BIG),
        says("unplugs <1,000> agents", BIG),
        says("in each of <400> clusters of <200> accounts", size_of(WIDE)[1], size_of(WIDE)[0]),
        says("sends <14> hostile or malformed", len(POISON)),
        says("all <14> in", len(POISON)),
        says("lets Slack answer <500>", *found(coastguard.local.rehearsals.slack_outage, r"with (\d+); what")),
        says("put off all by <two seconds>", coastguard.local.rehearsals.loop._RETRY_SECONDS * SECOND),
        says("a grace of <five hours>", coastguard.local.rehearsals.loop._HOURS * HOUR),
        says("chains that end after <12> invocations", chain.MOST_HOPS),
        says("an agent there and <three> elsewhere | the <three> in time", WELL, WELL),
        says("after <three> tries; all <four> resolved", gathering.PATIENCE, WELL + 1),
        says("invoked <16> times in a chain", coastguard.local.aws.lineage.MOST_INVOCATIONS),
    ],
    "docs/operate.md": [
        says("The sweep finds the agents all the same, within <ten minutes>", VISITED),
        says("looks failed <eight> times", tries("LooksQueue")),
        says("clicked failed <five> times", tries("ActsQueue")),
        says("waited for over <10 minutes>", alarm("coastguard-looks-late")["Threshold"] * SECOND),
        says("no sweep for <15 minutes>", alarm("coastguard-sweep-silent")["Lasts"]),
        says(
            "at least <3> failed sweeps in each <5 minutes>, for <15 minutes>",
            *(alarm("coastguard-sweep-failing")[key] for key in ("Threshold", "Each", "Lasts")),
        ),
        says("ends after <12> hops", chain.MOST_HOPS),
        says(
            "Once <three> lists of the organization's accounts in a row, <ten minutes> apart",
            absence.TIMES,
            absence.APART,
        ),
        says("ingest failed on <five> times", tries("DelayQueue")),
        says("look failed on <eight> times", tries("LooksQueue")),
        says("act failed on <five> times", tries("ActsQueue")),
        says("A request older than <15 minutes>", chatops.clicks.requests.FRESH),
        says("Messages are kept for <14 days>", resource("DelayDeadQueue")["MessageRetentionPeriod"] * SECOND),
        says("reads up to <1,000> messages", coastguard.redrive.MOST_LOOKED_AT),
        says("for <a minute> at most if it dies", coastguard.redrive.HIDDEN_SECONDS * SECOND),
        says("visits a Region, once in <ten minutes>", VISITED),
        says("Entries are kept for <400 days>", hub.incidents.audit.LOG_KEPT),
        says("longer than <a second>, a bar", coastguard.cli.audit._PATIENCE_SECONDS * SECOND),
    ],
    "docs/performance.md": [
        says("Its <1,000> events are <100> timed ones", CLUSTER.events, bench._BASELINE),
        says("times <ten>: each is", CLUSTER.events // bench._BASELINE),
        says("tells <1,000> people <1,000> times", CLUSTER.events, CLUSTER.events),
        says("measured <fifteen> times in turns", bench._CPU_ROUNDS),
        says("in the middle of <seven>. The stand-ins", bench._ROUNDS),
        says("with <30> ms for each call to AWS, <60> ms", bench.AWS * 1_000, bench.STS * 1_000),
        says("and <150> ms for each call to Slack", bench.SLACK * 1_000),
        says("Ingest runs up to <five> times at once", tests.benchmarks.lambdas.INGESTS),
        says("look up to <ten> times", tests.benchmarks.lambdas.LOOKS),
        says("up to <ten> messages of one", tests.benchmarks.lambdas.LOOK_BATCH),
        says("who clicks within the last <five>", chatops.slack_users.USERS_KEPT / MINUTE),
        says(
            "<fifteen> rounds of a <hundred> clicks", tests.benchmarks.clicks._ROUNDS, tests.benchmarks.clicks._CLICKS
        ),
        says("started <fifteen> times in turns", tests.benchmarks.cold.ROUNDS),
        says("counts <seven> calls where", tests.benchmarks.goals.CALLS_OF_ONE_EVENT),
        says(
            "for another cluster <five seconds>, <half a minute> or <four minutes> before",
            *(minutes * MINUTE for minutes in tests.benchmarks.counting._BEFORE),
        ),
        says("posted and <five minutes> longer", tests.benchmarks.crew._AFTERWARDS),
        says("<19> other clusters", tests.benchmarks.counting.RECONNECTED),
        says("or <1,500> that an account invents", tests.benchmarks.counting.FLOODING),
        says("with <200> ms for each call: what", tests.benchmarks.organization._SLOW * 1_000),
        says("DynamoDB takes <1,000> a second", tests.benchmarks.counting.PARTITION),
        says("One of the <seven> asks", tests.benchmarks.goals.CALLS_OF_ONE_EVENT),
        says("over <six minutes>, then mended", tests.benchmarks.losses._TROUBLE),
        says("instances described in <hundreds>", spoke.sightings._ECS_A_CALL),
    ],
    "docs/policy.md": [
        says("up to <100,000> characters", hub.policy.parse.LONGEST),
        says("in force **within <a minute>**", hub.policy.source.POLICY_KEPT),
        says("up to <five> versions back", hub.policy.source._VERSIONS_BACK),
        says("more than <two minutes> older", hub.policy.source._CERTAIN),
        says("or <half> the cluster is gone", hub.incidents.severity.LARGE_SHARE),
        says("`[reminders]`, <5 minutes> to <7 days>", *bounds(values.reminder)),
        says("the request waits, <1 minute> to <24 hours>", *bounds(values.expiry)),
        says("at once, up to <90>", chatops.clicks.caps._MOST),
        says(
            "(<0>: none at all, up to <1,000>) in such a time, <1 minute> to <7 days>",
            values.repairs(0),
            values._MOST_REPAIRS,
            *bounds(values.cap_span),
        ),
        says("how long it lasts, <5 minutes> to <3 days>", *bounds(values.length)),
        says("not helped, <2 minutes> to <1 hour>", *bounds(values.patience)),
        says("for Restart agent, <5 minutes>", spoke.repairs.restart_agent.PATIENCE),
        says("repair is over, <1 minute> to <1 hour>", *bounds(values.steady)),
    ],
    "docs/security.md": [
        says("with another one of <15 minutes>, whose", spoke.accounts._SHORTEST * SECOND),
        says("<Three> roles, made by", kinds("roles", "AWS::IAM::Role")),
        says("at most once in <five minutes>: a right", chatops.slack_users.USERS_KEPT),
        says("taken away in the policy <a minute>", hub.policy.source.POLICY_KEPT),
        says("(<four> characters, a reason)", chatops.modals._PROOF_LENGTH),
        says("as people wrote them, for <400 days>", hub.incidents.audit.LOG_KEPT),
        says("are answered <401> and", chatops.http_adapter._UNAUTHORIZED),
        says("another workspace is answered <403>", *found(chatops.gate, r"BoltResponse\(status=(\d+)\)")),
    ],
    "stacksets/README.md": [
        says("the <five> functions", kinds("hub", "AWS::Lambda::Function")),
        says("<three> EventBridge rules", kinds("rules", "AWS::Events::Rule")),
        says("<two> StackSets that put", kinds("organization", "AWS::CloudFormation::StackSet")),
    ],
}

# What stands in the documents and is not ours to choose, or is held by a test of its own: where that is said.
ELSEWHERE = {
    "docs/how-it-works.md": [
        (
            "takes <1,000> write units a second",
            "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html",
        ),
        ("<1,000> are less than that, in one transaction", "tests/hub/table/test_pages.py"),
    ],
    "docs/install.md": [
        (
            "<1,000> as a rule, <10> in a new account",
            "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
        ),
    ],
    "docs/local-world.md": [
        ("seconds since <1970>", "https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap04.html"),
    ],
    "docs/operate.md": [
        (
            "of a FIFO group no more than <ten>",
            "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/",
        ),
        ("the exit status is <1>", "tests/redrive/test_redrive.py"),
    ],
    "docs/performance.md": [
        ("after <99> more accounts", "tests/benchmarks/test_counts.py"),
    ],
    "docs/policy.md": [
        (
            "(up to <4> KB, <8> KB in the advanced tier)",
            "https://docs.aws.amazon.com/systems-manager/latest/userguide/",
        ),
        ("and ends with <1>", "tests/meta/test_policy_docs.py"),
    ],
    "stacksets/README.md": [
        ("takes <51,200> bytes of a template", "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"),
    ],
}
