"""Help pages: every command that people can type, with its form, what it does, and an example. Pure.

What the parser knows and what `help` tells is this one table.
"""

import difflib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """What is told of a command, or of another topic: then there is no `form`, and nothing to type.

    `needs` are the parts without which a command cannot be carried out; whoever leaves them out is asked.
    """

    topic: str
    form: str
    does: str
    example: str = ""
    more: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Help:
    """What `help` answers, in words of ours: each line a form to type, "" for none, and what it does.

    `asked` is a topic that is not in the manual, as it was typed; `examples` are lines to copy.
    """

    title: str
    lines: tuple[tuple[str, str], ...]
    examples: tuple[str, ...] = ()
    asked: str = ""


_COMMANDS = (
    Page(
        "mute",
        "mute <account|alias|cluster|all> <time> <reason>",
        "Record, but don't say, what happens there. What is still broken at its end is said then.",
        "mute payments 2h deploy of the new AMI",
        (
            "It takes an exact name, in upper or lower case; what is only nearly so is asked about.",
            "Whoever leaves out the time or the reason is asked for them. 30 days are the most.",
            "What has recovered is said in any case.",
            "A mute of what somebody has muted already stands beside theirs: what ends last counts.",
            "A pattern (prod-*) mutes those clusters too that are called so later.",
            "It needs a right to all that it may be of: an account, a Region, or everything.",
        ),
        ("target", "span", "reason"),
    ),
    Page(
        "unmute",
        "unmute <account|alias|cluster|all>",
        "End a mute now; what is still broken is said.",
        "unmute payments",
        (
            "What is muted more than once is asked about: each mute has a button, and an id (mute-0123456789).",
            "A pattern (prod-*) ends its own mute, and those of single clusters that it fits.",
        ),
        ("target",),
    ),
    Page(
        "mutes",
        "mutes",
        "Show what is muted, by whom, why, and until when.",
        "mutes",
        ("Maintenance windows of the policy are among them; those cannot be ended here.",),
    ),
    Page(
        "ack",
        "ack [cluster|Region of a storm]",
        "Take on all that is in trouble in a cluster, or in a storm: nobody is reminded of it any more.",
        "ack prod-payments",
        (
            "What gets worse after that is said again: one more zone, a larger share of the cluster, twice as many.",
            "Alone, it shows what nobody has acknowledged.",
        ),
    ),
    Page("status", "status", "Show how many incidents there are, what is muted, and whether repairs run.", "status"),
    Page(
        "incidents",
        "incidents [account]",
        "Show what is in trouble, by account.",
        "incidents payments",
    ),
    Page(
        "show",
        "show <incident|cluster|instance>",
        "Show what is known of an incident, and all that was done about it; or how a cluster or an instance is.",
        "show inc-0123456789",
        (
            "What is over is found for three days.",
            "An instance that is well is looked at: prod-web/i-0123456789abcdef0.",
        ),
        needs=("argument",),
    ),
    Page(
        "why",
        "why <incident|cluster|instance>",
        "Tell why Coastguard said something, or why it said nothing.",
        "why prod-payments",
        ("An instance that is well is looked at: prod-web/i-0123456789abcdef0.",),
        needs=("argument",),
    ),
    Page("coverage", "coverage", "Show which accounts and Regions are watched.", "coverage"),
    Page(
        "audit",
        "audit [account] [time]",
        "Show who did what, why, and what came of it.",
        "audit payments 7d",
        ("Without a time it is the last day. There is more on the command line: coastguard audit.",),
    ),
    Page(
        "stop",
        "stop [reason]",
        "Stop all repairs, everywhere, until somebody starts them again. Alerts go on.",
        "stop we are investigating the last repair",
    ),
    Page(
        "start",
        "start [reason]",
        "Let repairs run again.",
        "start",
        ("It takes the right to stop them. Without [[rights]] in a policy nobody may: docs/policy.md.",),
    ),
    Page("help", "help [command]", "Show this, or more about a command.", "help mute"),
)
_TOPICS = (
    Page(
        "times",
        "",
        "Times are written as a length, or as a moment on your own clock.",
        more=(
            "Lengths: 90m, 2h, 1d, 1h30m, an hour, half a day. A day is 24 hours.",
            "Moments: until 18:00, until 6pm, until tomorrow, until monday 9:00, until 2026-12-01 09:00.",
            "A length may stand anywhere. What may be anything in a sentence (an hour, tomorrow): behind the name.",
            "A day without a time begins at 9:00. 30 days are the most.",
        ),
    ),
    Page(
        "names",
        "",
        "Accounts go by id, name or alias; clusters by name.",
        more=(
            'Names with spaces may stand in quotes: "Payments Production".',
            "Several clusters of one name: payments/prod-web, or payments/eu-west-1/prod-web.",
            "What changes something takes the whole name. Copied code, bold words and 2222-3333-4444 are read.",
            "Clusters by a pattern, those to come too: prod-*, payments/prod-*, */eu-west-1/prod-*.",
            "In a pattern * is any characters and ? is one; upper and lower case differ.",
            "A Region everywhere: eu-west-1. One of an account: payments/eu-west-1. A unit: ou-ab12-11112222.",
            "One instance: its id, if it is in trouble or was; else with its cluster: prod-web/i-0123456789abcdef0.",
            "Everything: all.",
        ),
    ),
    Page(
        "rights",
        "",
        "Who may do what stands in the policy: docs/policy.md.",
        more=(
            "Without [[rights]] in it everybody may acknowledge, mute and stop; nobody may repair, approve or start.",
            "With [[rights]] only what is granted is allowed. What applies to a cluster is told by why.",
        ),
    ),
)
COMMANDS = {page.topic: page for page in _COMMANDS}
_PAGES = COMMANDS | {page.topic: page for page in _TOPICS}
# What people call things elsewhere. It is told, not done.
_ELSEWHERE = {
    "acknowledge": "ack",
    "silence": "mute",
    "snooze": "mute",
    "shut": "mute",
    "unsilence": "unmute",
    "silences": "mutes",
    "list": "incidents",
    "alerts": "incidents",
    "open": "incidents",
    "explain": "why",
    "describe": "show",
    "log": "audit",
    "history": "audit",
    "halt": "stop",
    "pause": "stop",
    "disable": "stop",
    "resume": "start",
    "enable": "start",
    "durations": "times",
    "time": "times",
    "accounts": "names",
    "clusters": "names",
}
REPAIRS = frozenset(
    {
        "terminate",
        "remove",
        "deregister",
        "repair",
        "kill",
        "restart",
        "reboot",
        "replace",
        "drain",
        "approve",
        "decline",
    }
)
"""What people type who want something done about an instance: a button alone does that."""
_LONGEST_WORD = 40


def nearest_command(word: str) -> str:
    """Name the command that somebody may have meant, or ""."""
    return _nearest(word, COMMANDS)


def help_text(topic: str = "") -> Help:
    """Find what the manual says of a topic; of one that it does not have, what the nearest one is, if any is near."""
    asked = topic.lower()
    page = _PAGES.get(asked)
    if page is None and asked:
        page = _PAGES.get(_nearest(asked, _PAGES))
    unknown = topic if asked and asked not in _PAGES else ""
    if page is None:
        topics = ", ".join(each.topic for each in _TOPICS)
        lines = (*((each.form, each.does) for each in _COMMANDS), ("", f"More to read with help: {topics}."))
        return Help("What you can type", lines, asked=unknown)
    lines = ((page.form, page.does), *(("", line) for line in page.more))
    return Help(page.topic, lines, (page.example,) if page.example else (), asked=unknown)


def _nearest(word: str, among: dict[str, Page]) -> str:
    typed = word.lower()
    if _ELSEWHERE.get(typed) in among:
        return _ELSEWHERE[typed]
    return next(iter(difflib.get_close_matches(typed[:_LONGEST_WORD], among, 1)), "")
