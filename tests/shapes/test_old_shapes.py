"""What an older release has written or posted is read by today's code, and means what it meant.

The samples are rows of the table, messages that wait in the queues, and what stands in Slack to be clicked. They are
never written anew: if one cannot be read any more, mend the reader (a field that is new has a default, one that is old
stays). A new kind needs a sample: a line in meant.py, then `python -m tests.shapes`.
"""

import ast
import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import chatops
import hub
from chatops import modals as views
from chatops.clicks import requests
from chatops.clicks.requests import Request
from chatops.commands import help_pages, message
from chatops.commands.message import CommandMessage
from chatops.commands.parse import Command, parse
from coastguard.local.slack import clicks, modals
from coastguard.local.slack.clicks import Press
from coastguard.local.slack.modals import Pressed, Submitted
from hub.chain import Waiting
from hub.incidents import hint_messages, hints
from hub.incidents.audit import Entry
from hub.incidents.bulletin import Bulletin
from hub.incidents.incident import Incident, State
from hub.incidents.mute import Mute
from hub.incidents.storm import Storm
from hub.policy.ledger import Ledger
from hub.policy.repair_stop import RepairStop
from hub.scopes.absence import Absence
from hub.scopes.account import Account
from hub.slack import listing
from hub.slack.message import event_type
from hub.table import store
from hub.table.accounts import NamesRow
from hub.table.clusters import Alongside
from hub.table.requests import Claim
from hub.table.store import Store
from hub.table.writes import Conflict
from spoke.places import Cluster
from spoke.repairs import REMEDIES
from tests.shapes.conftest import Kept, Office
from tests.shapes.meant import (
    ACTS,
    ALICE,
    ASKED,
    CHANNEL,
    CLICKS,
    COMMANDS,
    HINTS,
    HOME_CLICKS,
    METADATA,
    MODALS,
    NOW,
    ROWS,
    Asks,
    Click,
    Gone,
    MutesChanged,
    Paged,
    Spent,
)
from tests.shapes.recording import elements, rows_of, samples, write

# Rows


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_read_as_what_it_meant(kept: Kept, name: str) -> None:
    rows = rows_of(name)
    for row in rows:
        kept.put(row)
    meant = ROWS[name]
    assert read(kept.store, rows[0], meant) == meant


def test_a_row_that_is_recorded_today_means_the_same(kept: Kept) -> None:
    # What has a sample is never recorded again: only here does anybody see that the recorder still can.
    for name, meant in ROWS.items():
        write(kept.store, name, meant)
        first, *_ = sorted(kept.tables.rows("coastguard"), key=lambda row: row["sk"]["S"])
        assert read(kept.store, first, meant) == meant, name
        kept.taken()


def read(store: Store, row: dict[str, Any], meant: object) -> object:  # noqa: C901, PLR0911, PLR0912  # a reader for each kind
    """What the store makes of the one row in its table."""
    match meant:
        case Incident(cluster=cluster, instance=instance):
            found = store.incident(cluster, instance)
            assert store.known(cluster).incidents == {instance: found}
            assert store.clusters_in_trouble() == ({cluster} if meant.unresolved else set())
            # Those that an older release has written are in no index once they are over.
            assert list(store.lately_over()) == ([meant] if "open_pk" in row and not meant.unresolved else [])
            return found
        case Paged(incidents):
            cluster, troubled = incidents[0].cluster, any(each.unresolved for each in incidents)
            several = tuple(each for one in incidents if (each := store.incident(cluster, one.instance)))
            assert store.known(cluster).incidents == {each.instance: each for each in several}
            assert store.clusters_in_trouble() == ({cluster} if troubled else set())
            assert list(store.everything_open()) == [each for each in incidents if each.unresolved]
            assert list(store.lately_over()) == [each for each in incidents if not each.unresolved]
            return Paged(several)
        case Bulletin(cluster=cluster):
            assert {b.id: b.slack for b in store.open_bulletins()} == (
                {} if meant.episode.closed else {meant.id: meant.slack}
            )
            assert store.bulletin(cluster) == meant
            return store.known(cluster).bulletin
        case Storm(channel=channel, region=region):
            assert store.open_storms() == ([] if meant.closed else [meant])
            return store.storm(channel, region)
        case Entry(cluster=cluster):
            done = list(store.done_by_people(NOW, NOW.replace(minute=1)))
            assert done == ([meant] if meant.who else [])
            entries = store.entries(Cluster.from_key(cluster), "") if cluster else [("", each) for each in done]
            return entries[0][1]
        case Claim(request=request):
            return store.claim(request, NOW)
        case Mute():
            return store.mutes()[0]
        case MutesChanged(at):
            with pytest.raises(Conflict):
                store.save([], alongside=Alongside(mutes_since=at))
            store.save([], alongside=Alongside(mutes_since=at + timedelta(milliseconds=1)))
            return meant
        case RepairStop():
            return store.switch()
        case Account(id=account):
            return store.accounts()[account]
        case Waiting(cluster=cluster, drop=drop, due=due):
            assert store.clusters_waiting(due) == (set() if meant.over else {cluster})
            return store.known(cluster).waiting[drop.instance]
        case NamesRow():
            return store.cluster_names()[0]
        case Absence(name=name):
            return store.absences()[name]
        case Gone(account):
            assert store.accounts() == {}
            return meant if row["sk"]["S"] == account.id else None
        case Spent(what="muted"):
            mute = ROWS["mute"]
            assert isinstance(mute, Mute)
            return Spent("muted", store.recorded(mute))
        case Spent(what=what) if what.startswith("told "):
            return Spent(what, int(store.told(what.removeprefix("told "))))
        case Spent(what=what):
            return Spent(what, store.spend(what, NOW) - 1)
        case {"cap-1": Ledger()}:
            return {"cap-1": store.ledger("cap-1")}
        case dict():
            return store.places_seen()
    raise AssertionError(f"nobody knows how to read {meant}")


def test_every_kind_of_row_has_a_sample() -> None:
    rows = [(row["pk"]["S"], row["sk"]["S"]) for name in ROWS for row in rows_of(name)]
    lacking = [kind for kind in kinds_of_rows() if not any(kind.fullmatch(f"{pk} {sk}") for pk, sk in rows)]
    assert lacking == []
    strange = [row for row in rows if not any(kind.fullmatch(" ".join(row)) for kind in kinds_of_rows())]
    assert strange == [], "the docstring of hub/table/store.py tells of every kind of row"


def test_every_state_of_an_incident_has_a_sample() -> None:
    assert {meant.state for meant in ROWS.values() if isinstance(meant, Incident)} == set(State)


def kinds_of_rows() -> list[re.Pattern[str]]:
    """The keys that the store's docstring tells of, each as a pattern of "pk sk"."""
    table = (store.__doc__ or "").partition("index `open`\n")[2].partition("\n\n")[0]
    kinds, pk = [], ""
    for line in table.splitlines():
        first, sk, *_ = re.split(r"\s{2,}", line.strip())
        pk = pk if first == "same" else first
        kinds.append(re.compile(re.sub(r"<[^>]*>", r".+", f"{pk} {sk}")))
    return kinds


def test_every_row_that_the_store_makes_has_a_sample() -> None:
    """By the texts with which its keys begin in the code."""
    samples_begin = [row["pk"]["S"] for name in ROWS for row in rows_of(name)]
    begins = {text for path in Path(store.__file__).parent.glob("*.py") for text in key_texts(path)}
    assert begins
    assert [text for text in begins if not any(pk.startswith(text) for pk in samples_begin)] == []


def key_texts(path: Path) -> Iterator[str]:
    """What partition keys begin with: literals that stand first where rows are made."""
    makers = {"draft", "_row", "Draft"}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in makers:
            keys = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "pk")]
            yield from filter(None, map(first_text, keys))


def first_text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            return text
        case ast.IfExp(body=body, orelse=orelse):
            return first_text(body) or first_text(orelse)
    return ""


# Messages of the queues


@pytest.mark.parametrize("name", HINTS)
def test_a_message_for_ingest_or_look_is_read_as_what_it_meant(name: str) -> None:
    assert hint_messages.from_message(samples("messages")[name]) == HINTS[name]


@pytest.mark.parametrize("name", ACTS)
def test_a_message_for_act_is_read_as_what_it_meant(name: str) -> None:
    text = samples("messages")[name]
    asked = message.from_message(text)
    assert (asked or requests.from_message(text)) == ACTS[name]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.verb)
def test_a_command_that_waits_in_the_queue_is_read_as_what_it_meant(command: Command) -> None:
    asked = message.from_message(samples("messages")[f"ask, {command.verb}"])
    assert asked
    assert parse(asked.line) == command


def test_every_kind_of_message_has_a_sample() -> None:
    assert {type(hint) for hint in HINTS.values()} == {hints.Hint, *hints.Chore.__args__}
    whys = {hint.why for hint in HINTS.values() if isinstance(hint, hints.Hint)}
    assert whys == set(hints.Why)
    wishes = {act.wish for act in ACTS.values() if isinstance(act, Request)}
    assert wishes == {requests.PICKING, *requests._WISHES.values(), *REMEDIES}
    said = {act.line.split(" ")[0] for act in ACTS.values() if isinstance(act, CommandMessage)}
    assert said == {*help_pages.COMMANDS, message.HOME}


# What stands in Slack


@pytest.mark.parametrize("click", CLICKS, ids=lambda click: f"{click.surface}: {click.action}")
def test_a_click_on_an_old_message_does_what_it_said(office: Office, click: Click) -> None:
    drawn = samples("surfaces")[click.surface]
    parts = drawn["text"], drawn["blocks"], drawn.get("attachments", ()), drawn.get("metadata")
    ts = office.slack.post(CHANNEL, *parts)
    element = first(elements(drawn), click.action)
    value = element["options"][0]["value"] if element["type"] == "static_select" else None
    press = Press(ALICE, CHANNEL, ts, element["action_id"], value=value)
    assert asyncio.run(clicks.click(office.workspace, office.address, press)).error is None
    assert outcome(office) == of_message(CLICKS[click], ts)


@pytest.mark.parametrize("action", HOME_CLICKS)
def test_a_click_in_an_old_home_tab_does_what_it_said(office: Office, action: str) -> None:
    office.slack.publish(ALICE, samples("surfaces")["home"])
    view = office.workspace.views.home(ALICE)
    assert view
    pressed = modals.press(office.workspace, office.address, Pressed(ALICE, view["id"], action))
    assert asyncio.run(pressed).error is None
    assert outcome(office) == HOME_CLICKS[action]


@pytest.mark.parametrize("name", MODALS)
def test_an_old_modal_that_is_submitted_does_what_it_said(office: Office, name: str) -> None:
    office.workspace.views.open(ALICE, samples("surfaces")[f"modal, {name}"])
    assert outcome(office, span="30m") == MODALS[name]


def outcome(office: Office, span: str = "") -> object:
    """What came of it in the end: a modal is filled in, but for one that asks for what a command lacks."""
    view = office.workspace.views.top(ALICE)
    if view and view["callback_id"] == views.MUTE and not span:
        office.workspace.views.close(view["id"])
        typed = {block["block_id"]: block["element"].get("initial_value", "") for block in view["blocks"][:-1]}
        return Asks(Command("mute", typed["target"], "", typed["reason"]))
    if view:
        given = {"proof": {"typed": "0001"}, "reason": {"typed": "it hangs"}}
        if span:
            given = {"span": {"span": span}} if view["callback_id"] == views.MUTE else given
        submitted = modals.submit(office.workspace, office.address, Submitted(ALICE, view["id"], given))
        answer = asyncio.run(submitted)
        assert (answer.delivery.error, answer.errors) == (None, {})
    if office.front.taken:
        return replace(office.front.taken[-1], id=ASKED, at=NOW)
    return parse(office.front.said[-1].line)


def of_message(meant: object, ts: str) -> object:
    return replace(meant, message=ts) if isinstance(meant, Request) else meant


def first(found: list[dict[str, Any]], action: str) -> dict[str, Any]:
    return next(element for element in found if element["action_id"].startswith(action))


@pytest.mark.parametrize("name", METADATA)
def test_the_metadata_of_an_old_message_is_what_a_message_of_today_is_known_by(name: str) -> None:
    kind, payload = METADATA[name]
    metadata = samples("surfaces")[name]["metadata"]
    assert (metadata["event_type"], metadata["event_payload"]) == (kind, payload)
    assert kind == {"bulletin": event_type(Bulletin.kind), "storm": event_type(Storm.kind)}.get(
        name, listing.EVENT_TYPE
    )
    assert listing.told(ASKED, [metadata["event_payload"]]).number == payload.get("number", 0)


def test_every_element_that_people_can_use_has_a_sample() -> None:
    """By the action and callback ids in the code."""
    used = [click.action for click in CLICKS] + list(HOME_CLICKS)
    ids = {element["action_id"] for drawn in samples("surfaces").values() for element in elements(drawn)}
    assert all(any(each.startswith(action) for each in ids) for action in used)
    opened = {samples("surfaces")[f"modal, {name}"]["callback_id"] for name in MODALS}
    wanted = set(ids_in_code()) | {f"coastguard.repair.{name}" for name in REMEDIES}
    assert [name for name in sorted(wanted) if name not in opened and not any(a.startswith(name) for a in used)] == []


def ids_in_code() -> Iterator[str]:
    """Every text of hub and chatops that looks like an id of ours; a drill's is EventBridge's."""
    for package in (hub, chatops):
        for path in Path(next(iter(package.__path__))).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                match node:
                    case ast.Constant(value=str(text)) if re.fullmatch(r"coastguard\.[a-z]+\.?", text):
                        yield from [text] if text != "coastguard.drill" else []
