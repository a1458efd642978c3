"""What is told of incidents: how things stand, one incident, and the log."""

import json
from dataclasses import replace

import pytest

from chatops.commands import incident_answers
from chatops.commands.incident_answers import Standing
from chatops.commands.parse import Command, parse
from hub.incidents.incident import Incident, State
from hub.slack.mrkdwn import date, escape, mention
from spoke.places import Cluster
from tests.chatops.commands.reading_answers import HOUR, NAMES, examine, lines, mute, said
from tests.hub.factories import ALICE, BOB, CLUSTER, ELSEWHERE, LONGEST, NOON, entry, finished, incident, sighting


def test_status_counts_by_state() -> None:
    counts = {State.OPEN: 1_200, State.ACKNOWLEDGED: 2, State.REPAIRING: 1, State.RESOLVED: 99}

    answer = incident_answers.status(Standing(counts, muted=3, mutes=1, storms=["eu-west-1"]))

    examine(answer)
    for words in (
        "1,203 unresolved incidents.",
        "*Open*\n:red_circle: 1,200",
        "*Acknowledged*\n:large_yellow_circle: 2",
        "*Repairing*\n:large_blue_circle: 1",
        "*Muted*\n:no_bell: 3 incidents, 1 mute in force",
        "*Storms*\n`eu-west-1`",
        "*Repairs*\nallowed",
    ):
        assert words in said(answer)


def test_of_many_storms_a_few_are_named() -> None:
    answer = incident_answers.status(Standing({}, storms=[f"eu-west-{n}" for n in range(9)]))

    examine(answer)
    assert said(answer).count("`eu-west-") == 5
    assert "`eu-west-4` and 4 more" in said(answer)


def test_status_says_who_has_stopped_repairs() -> None:
    answer = incident_answers.status(Standing({}, stopped_by=ALICE, stopped_at=NOON, stopped_reason="it *hurts*"))

    examine(answer)
    assert f":octagonal_sign: All repairs stopped by <@{ALICE}> <!date^" in said(answer)
    assert ": `it *hurts*`" in said(answer)
    assert "*Repairs*\nstopped" in said(answer)
    assert "Nothing is in trouble." in said(answer)


def test_incidents_stand_by_account_the_worst_first_the_longest_gone_on_top() -> None:
    elsewhere = [incident(n, cluster=ELSEWHERE, since=NOON - n * HOUR) for n in range(1, 4)]
    here = incident(9, State.ACKNOWLEDGED)

    answer = incident_answers.open_incidents("/ecs", [here, *elsewhere], NAMES, {here.id})

    examine(answer)
    words = said(answer)
    places = [words.index(each.id) for each in (*reversed(elsewhere), here)]
    assert places == sorted(places)
    assert "4 unresolved incidents." in words
    assert "*Account 333344445555: 3 instances*\n:red_circle: `i-" in words
    assert "*Account `Payments Production` (222233334444): 1 instance*\n:large_yellow_circle: :no_bell: `i-" in words


@pytest.mark.parametrize("count", [0, 1, 5, 6, 20, 21, 1_000])
@pytest.mark.parametrize("accounts", [1, 2, 200])
@pytest.mark.parametrize("long", [False, True], ids=["", "longest names"])
def test_every_incident_is_shown_or_counted(count: int, accounts: int, long: bool) -> None:
    def place(number: int) -> Cluster:
        return replace(LONGEST if long else CLUSTER, account=f"{number % accounts:012d}")

    several = [incident(number, cluster=place(number)) for number in range(count)]

    answer = incident_answers.open_incidents("/ecs", several, NAMES)

    examine(answer)
    words = said(answer)
    shown = sum(each.id in words for each in several)
    counted = [int(line.split()[1].replace(",", "")) for line in words.splitlines() if line.startswith("and ")]
    assert shown + sum(counted) == count
    assert shown >= min(count, 5)


def test_a_thousand_incidents_are_as_long_as_a_hundred() -> None:
    sizes = [
        len(json.dumps(incident_answers.open_incidents("/ecs", [incident(n) for n in range(count)], NAMES)[1]))
        for count in (100, 1_000, 5_000)
    ]

    assert max(sizes) - min(sizes) < 50


# One incident


@pytest.mark.parametrize(
    ("one", "words"),
    [
        pytest.param(incident(), "is open.", id="open"),
        pytest.param(incident(state=State.ACKNOWLEDGED), f"*Acknowledged*\nby <@{ALICE}> <!date^", id="acknowledged"),
        pytest.param(incident(state=State.REPAIRING), f"*Repair*\n`terminate` asked by <@{ALICE}>", id="repairing"),
        pytest.param(incident(repair=finished(problem="no")), f"asked by <@{ALICE}>, failed", id="failed"),
        pytest.param(incident(state=State.RESOLVED), ", after 6 min: `reconnected`", id="resolved"),
        pytest.param(incident(sighting=sighting(zone="", instance_type="")), "*Zone · type*\nunknown", id="no zone"),
        pytest.param(incident(sighting=sighting(agent_version="")), "`unknown` · 6", id="no agent"),
    ],
)
def test_an_incident_is_shown_with_its_facts(one: Incident, words: str) -> None:
    answer = incident_answers.shown(one, [], NAMES)

    examine(answer)
    assert words in said(answer)
    for fact in (one.id, "`prod-payments`", "`Payments Production` (222233334444) · eu-west-1", one.instance):
        assert fact in said(answer)


def test_what_can_be_asked_about_an_incident_are_buttons() -> None:
    one = incident()

    assert [parse(line) for line in lines(incident_answers.shown(one, [], NAMES))] == [
        Command("why", argument=one.id),
        Command("mute", target=f"instance:{CLUSTER.key}/{one.instance}"),
    ]
    assert [parse(line) for line in lines(incident_answers.shown(incident(state=State.RESOLVED), [], NAMES))] == [
        Command("why", argument=one.id)
    ]


def test_an_incident_that_is_muted_says_so() -> None:
    answer = incident_answers.shown(incident(), [], NAMES, mute())

    examine(answer)
    assert "Muted: until <!date^" in said(answer)


def test_the_log_of_an_incident_has_the_newest_on_top() -> None:
    log = [entry(what, at=NOON + n * HOUR, result="so") for n, what in enumerate(("began", "acknowledged", "ended"))]

    answer = incident_answers.shown(incident(), log, NAMES)

    examine(answer)
    places = [said(answer).index(f"`{what}`") for what in ("ended", "acknowledged", "began")]
    assert places == sorted(places)
    assert "`i-0b7c9d1e2f3a4b5c6`\n`so`" in said(answer)


def test_an_entry_tells_why_and_who_agreed() -> None:
    told = entry("asked for terminate", result="done", reason="it *hangs*", approved_by=BOB)

    for answer in (incident_answers.audited("Audit", [told]), incident_answers.shown(incident(), [told], NAMES)):
        examine(answer)
        assert f"`i-0b7c9d1e2f3a4b5c6`: `it *hangs*`, approved by <@{BOB}>\n`done`" in said(answer)
    assert "approved by" not in said(incident_answers.audited("Audit", [entry()]))


@pytest.mark.parametrize("what", ["refused: terminate", "Terminate: request withdrawn"])
def test_people_and_moments_of_a_refusal_are_shown_as_such(what: str) -> None:
    sentence = f"All repairs are stopped, by {mention(BOB)} {date(NOON)}."
    refused, foreign = entry(what, result=sentence), entry("Terminate failed", result=sentence)

    for answer in (incident_answers.audited("Audit", [refused]), incident_answers.shown(incident(), [refused], NAMES)):
        examine(answer)
        assert f"\n{sentence}" in said(answer)
    assert f"`All repairs are stopped, by {escape(mention(BOB))}" in said(incident_answers.audited("Audit", [foreign]))


@pytest.mark.parametrize("count", [0, 1, 20, 21, 1_000])
def test_every_entry_of_the_audit_is_shown_or_counted(count: int) -> None:
    answer = incident_answers.audited("Audit of the last day", [entry(at=NOON + n * HOUR) for n in range(count)])

    examine(answer)
    left = count - said(answer).count("`acknowledged`")
    assert (f"and {left:,} more: coastguard audit has them" in said(answer)) is bool(left)
    assert said(answer).startswith(f"Audit of the last day: {count:,} entr{'y' if count == 1 else 'ies'}.")


def test_what_coastguard_did_itself_is_told_of_it() -> None:
    assert " Coastguard `resolved`" in said(incident_answers.audited("Audit", [entry("resolved", who="")]))
