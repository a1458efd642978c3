"""Commands as people type them: copied, bold, misspelt, half a name. Answers help, and none does what was not meant.

What changes something takes exact names; all else is asked about, with a button for each thing that may be meant.
"""

from dataclasses import dataclass, field

import pytest

from hub.scopes.account import Account
from spoke.places import Cluster
from tests.chatops.story import Story
from tests.spoke.fleet import ACCOUNT, REGION

MEDIA = "444455556666"
WEB, API = Cluster(ACCOUNT, REGION, "prod-web"), Cluster(ACCOUNT, REGION, "prod-api")
FILMS = Cluster(MEDIA, REGION, "prod-media")
PAYMENTS = f"cluster:{ACCOUNT}/{REGION}/prod-payments"
HYPHEN, MINUS, BLANK = "\u2011", "\u2212", "\u00a0"


@dataclass(frozen=True)
class Typed:
    """What somebody types; what is muted then, and for what; what is said, aloud or alone; which buttons there are."""

    line: str
    says: str
    mutes: dict[str, str] = field(default_factory=dict)
    offers: tuple[str, ...] = ()


ACCOUNT_MUTED, CLUSTER_MUTED = "Muted account `Payments` (222233334444) until", "Muted cluster `prod-payments` in"
TWENTY = {
    "half a name": Typed(
        "mute prod 2h deploy",
        "Nothing is called exactly `prod`. What changes something takes an exact name. Do you mean this?",
        offers=("prod-api", "prod-payments", "prod-web", "prod-media"),
    ),
    "half of one name": Typed(
        "mute prod-me 2h deploy", "Nothing is called exactly `prod-me`. What changes", offers=("prod-media",)
    ),
    "a part of two names": Typed(
        "mute dia 2h deploy", "Nothing is called exactly `dia`.", offers=("Account media", "prod-media")
    ),
    "bold": Typed("mute *Payments* 2h deploy", ACCOUNT_MUTED, {f"account:{ACCOUNT}": "deploy"}),
    "italic, struck": Typed("mute _~Payments~_ *2h* deploy", ACCOUNT_MUTED, {f"account:{ACCOUNT}": "deploy"}),
    "copied as code": Typed("mute `prod-payments` 2h deploy", CLUSTER_MUTED, {PAYMENTS: "deploy"}),
    "a whole line of code": Typed("`/ecs mute prod-payments 2h deploy`", CLUSTER_MUTED, {PAYMENTS: "deploy"}),
    "a phone's quotes": Typed("mute “Payments” an hour deploy", ACCOUNT_MUTED, {f"account:{ACCOUNT}": "deploy"}),
    "upper case": Typed("MUTE PAYMENTS/EU-WEST-1/PROD-PAYMENTS 2H Deploy", CLUSTER_MUTED, {PAYMENTS: "Deploy"}),
    "an account's id with hyphens": Typed(
        "mute 2222-3333-4444 2h deploy", ACCOUNT_MUTED, {f"account:{ACCOUNT}": "deploy"}
    ),
    "another hyphen, another blank": Typed(
        f"mute{BLANK}prod{HYPHEN}payments{BLANK}tomorrow{BLANK}moving", CLUSTER_MUTED, {PAYMENTS: "moving"}
    ),
    "the time last": Typed(
        "mute payments deploy of the new AMI 2h", ACCOUNT_MUTED, {f"account:{ACCOUNT}": "deploy of the new AMI"}
    ),
    "the time first": Typed("mute 2h prod-payments deploy", CLUSTER_MUTED, {PAYMENTS: "deploy"}),
    "an emoji": Typed("mute payments 2h :fire: again", ":fire: again", {f"account:{ACCOUNT}": ":fire: again"}),
    "a minus in a reason": Typed("mute payments 2h -5% traffic", "-5% traffic", {f"account:{ACCOUNT}": "-5% traffic"}),
    "a minus before a time": Typed(f"mute payments {MINUS}2h deploy", "Write 2h, without the minus."),
    "a name with a slip": Typed(
        "mute prod-paymnets 2h deploy", "Nothing known is called `prod-paymnets`", offers=("prod-payments",)
    ),
    "two names at once": Typed(
        "mute prod-payments, prod-web 2h deploy",
        "Nothing known is called `prod-payments, prod-web`",
        offers=("prod-payments", "prod-web"),
    ),
    "what kind of thing it is, and then its name": Typed(
        "mute the prod-api cluster in eu-west-1 2h deploy",
        "Nothing known is called `the prod-api cluster in eu-west-1`",
        offers=("prod-api", "Region eu-west-1"),
    ),
    "everything among other words": Typed(
        "mute absolutely all 2h deploy", "Nothing known is called `absolutely all`", offers=()
    ),
    "a repair as a command": Typed(
        "terminate prod-payments", "There is no such command. Repairs are begun with the buttons of a message"
    ),
    "an order with a full stop": Typed("status.", "1 unresolved incident."),
    "an order with a question mark": Typed("Mutes?", "Nothing is muted."),
    "a Region that there is not": Typed(
        "mute eu-west-9 2h deploy", "Nothing known is called `eu-west-9`", offers=("Region eu-west-1",)
    ),
    "a full name with a slip": Typed(
        "mute payments/eu-west-1/prod-paymnets 2h deploy",
        "Nothing known is called `payments/eu-west-1/prod-paymnets`",
        offers=("prod-payments", "prod-paymnets all the same"),
    ),
    "a pattern that fits nothing": Typed(
        "mute PROD-* 2h deploy",
        "Nothing known is called `PROD-*`",
        offers=("Clusters prod-*", "PROD-* all the same"),
    ),
    "an account, and then its cluster": Typed(
        "mute payments prod-web 2h",
        "Nothing is muted yet: say why `payments prod-web` shall be.",
        offers=("Say why…",),
    ),
    "everything, and then a name": Typed(
        "mute all prod 2h",
        "In `all prod` it is not clear where the name ends.",
        offers=("The whole organization", "prod-api"),
    ),
    "why of a name that nobody has seen": Typed(
        "why payments/eu-west-1/prod-nosuch", "`prod-nosuch` has never been seen in eu-west-1 of account `Payments`"
    ),
    "why of half a name that nobody has seen": Typed(
        "why nosuch",
        "Nothing known is called `nosuch`: no such account, Region, cluster or incident has ever been seen.",
    ),
    "why, with a question mark": Typed("why prod-web?", "Nothing in this cluster is in trouble"),
    "why, with a full stop": Typed("why `prod-payments`.", "1 instance is in trouble: inc-"),
    "show a cluster that is well": Typed(
        "show prod-web", "`prod-web`: nothing is in trouble", offers=("Why?", "Mute it…")
    ),
    "unmute what is not": Typed("unmute prod", "Nothing is called exactly `prod`.", offers=("prod-api",)),
}


def test_somebody_in_a_hurry_stops_repairs(story: Story) -> None:
    assert story.say("STOP!!") == []

    assert story.hub.store.switch().stopped
    assert "has stopped all repairs, everywhere." in story.aloud()[-1]


def test_who_acknowledges_by_half_a_name_is_offered_what_is_in_trouble(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    story.know(Account(MEDIA, "media"))
    story.list_clusters(story.cluster, WEB, API, FILMS)

    (told,) = story.say("ack prod")
    assert "Nothing is called exactly `prod`." in told
    assert [label.split(" ")[0] for _, _, label in story.buttons()] == ["prod-payments"]
    assert not story.incident(victim).acknowledged_by

    (told,) = story.say("ack prod-me")
    assert [label.split(" ")[0] for _, _, label in story.buttons()] == ["prod-media"]


@pytest.mark.parametrize("typed", TWENTY.values(), ids=TWENTY)
def test_each_answer_helps_and_none_does_what_was_not_meant(story: Story, typed: Typed) -> None:
    story.trouble(grouped=False)
    story.know(Account(MEDIA, "media"))
    story.list_clusters(story.cluster, WEB, API, FILMS)

    alone = story.say(typed.line)

    said = "\n".join([*alone, *story.aloud()])
    assert typed.says in said
    assert {str(mute.scope): mute.reason for mute in story.mutes()} == typed.mutes
    labels = [label for _, _, label in story.buttons()] if alone else []
    assert [label for label in typed.offers if not any(each.startswith(label) for each in labels)] == []
    assert bool(alone) is not bool(typed.mutes)
