"""Records samples: rows as the store writes them, messages as they are sent, surfaces as Slack is given them."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from chatops import modals
from chatops.clicks import requests
from chatops.commands import answers, home, incident_answers, message, mute_answers
from chatops.commands.home import Tab
from chatops.commands.name_lookup import Candidates
from chatops.commands.parse import Command
from hub.chain import Waiting
from hub.incidents import hint_messages
from hub.incidents.audit import Entry
from hub.incidents.bulletin import Bulletin
from hub.incidents.content import compose
from hub.incidents.incident import Incident
from hub.incidents.mute import Mute
from hub.incidents.storm import Storm, count
from hub.policy.repair_stop import RepairStop
from hub.scopes.absence import Absence
from hub.scopes.account import Account
from hub.scopes.coverage import Coverage
from hub.scopes.scope import Scope
from hub.slack import listing
from hub.slack.bulletin_message import render
from hub.slack.listing import Asked, Told
from hub.slack.mute_message import warning
from hub.slack.storm_message import render_storm
from hub.table.accounts import NamesRow
from hub.table.clusters import Alongside
from hub.table.requests import Claim
from hub.table.store import Store
from spoke.places import Cluster
from spoke.repairs import REMEDIES
from tests.hub.factories import altered
from tests.shapes import meant
from tests.shapes.meant import ALICE, ASKED, CHANNEL, CLUSTER, NOW, Gone, MutesChanged, Spent, instance
from tests.wire.table import Tables

SAMPLES = Path(__file__).parent
Json = dict[str, Any]


def samples(kind: str) -> dict[str, Any]:
    """What is recorded of a kind: rows, messages or surfaces, by name."""
    found: dict[str, Any] = json.loads((SAMPLES / f"{kind}.json").read_text("utf-8"))
    return found


# Rows


class InPages(Store):
    """A store of a stack that keeps incidents that begin in pages."""

    def __init__(self, store: Store) -> None:
        self.__dict__.update(vars(store))
        self._opens_in_pages = True


def write(store: Store, name: str, value: object) -> None:  # noqa: C901, PLR0912  # one way for each kind
    """Have the store write the row that means this value; its version is the one that the row gets."""
    match value:
        case Incident():
            store.save([replace(value, version=value.version - 1)])
        case meant.Paged(incidents):
            InPages(store).save([replace(each, version=0) for each in incidents])
        case Bulletin():
            store.keep(altered(value, version=value.episode.version - 1))
        case Storm():
            store.keep(replace(value, version=value.version - 1))
        case Entry(cluster=cluster):
            store.log(Cluster.from_key(cluster) if cluster else None, value)
        case Claim(outcome=""):
            store.claim(value.request, value.at)
        case Claim():
            store.finish(store.claim(value.request, value.at), value.outcome)
        case Mute():
            store.keep_mute(replace(value, version=value.version - 1))
        case MutesChanged(at):
            store.keep_mute(replace(meant.MUTE, version=0), at)
        case RepairStop():
            store.turn(replace(value, version=value.version - 1))
        case Account():
            store.keep_accounts([value], now=NOW)
        case Waiting():
            store.keep_waiting([replace(value, version=value.version - 1)])
        case NamesRow():
            store.keep_cluster_names(value)
        case Absence():
            store.keep_absences([value])
        case Gone(account):
            store.keep_accounts([], [account], now=NOW)
        case Spent(what="muted", number=number):
            store.recorded(meant.ROWS["mute"], number)  # type: ignore[arg-type]  # it is one
        case Spent(what=what) if what.startswith("told "):
            store.note_told(what.removeprefix("told "), NOW)
        case Spent(what, number):
            for _ in range(number):
                store.spend(what, NOW)
        case _ if name == "seen":
            store.keep_seen(3, value, NOW)  # type: ignore[arg-type]  # it is what was seen
        case _ if name == "ledger":
            ((cap, ledger),) = value.items()  # type: ignore[attr-defined]  # it is a ledger by its cap
            store.save([], alongside=Alongside(used={cap: (replace(ledger, version=ledger.version - 1), NOW)}))
        case _:
            raise TypeError(f"nobody knows how to write {name}")


def take_rows(tables: Tables, client: Any) -> list[Json]:
    """Take all rows out of the table."""
    rows = tables.rows("coastguard")
    for row in rows:
        client.delete_item(TableName="coastguard", Key={"pk": row["pk"], "sk": row["sk"]})
    return rows


def record_rows(store: Store, taken: Callable[[], list[Json]]) -> None:
    """Record the rows that are not recorded yet; `taken` takes all rows out of the table."""
    _add("rows", ((name, partial(_row, store, taken, name, value)) for name, value in meant.ROWS.items()))


def _row(store: Store, taken: Callable[[], list[Json]], name: str, value: object) -> Json | list[Json]:
    """Write it, and return its row, or its rows if it has several."""
    write(store, name, value)
    rows = taken()
    return rows if len(rows) > 1 else rows[0]


def rows_of(name: str) -> list[Json]:
    """The rows that were recorded of a value."""
    recorded = samples("rows")[name]
    return recorded if isinstance(recorded, list) else [recorded]


# Messages


def record_messages() -> None:
    """Record the messages that are not recorded yet."""
    own = {name: hint_messages.to_message(hint) for name, hint in meant.HINTS.items()}
    for name, act in meant.ACTS.items():
        own[name] = requests.to_message(act) if isinstance(act, requests.Request) else message.to_message(act)
    _add("messages", ((name, partial(str, text)) for name, text in own.items()))


# What stands in Slack


def record_surfaces() -> None:
    """Record the messages, modals and the Home tab that are not recorded yet."""
    _add("surfaces", _surfaces())


def _surfaces() -> Iterator[tuple[str, Callable[[], Json]]]:
    incidents: Mapping[str, Any] = meant.ROWS
    bulletin, storm, mute = incidents["bulletin, posted"], incidents["storm, raging"], incidents["mute"]
    one, waits = incidents["incident, open"], incidents["incident, waiting for approval"]
    many = [
        replace(one, id=f"inc-{n:010x}", instance=instance(n), sighting=replace(one.sighting, instance=instance(n)))
        for n in range(20, 30)
    ]
    mutes = [mute]
    asked = Asked(ASKED, ALICE, CLUSTER)
    answered: dict[str, tuple[str, Any]] = {
        "mute that ends soon": warning(mute),
        "answer, ambiguous": answers.ambiguous(
            Command("incidents", "prod"), Candidates((("prod-payments", str(Scope.of(CLUSTER))),))
        ),
        "answer, mutes": mute_answers.all_mutes(mutes, NOW, {}),
        "answer, mutes with ids": mute_answers.all_mutes([incidents["mute with an id"]], NOW, {}),
        "answer, one incident": incident_answers.shown(one, [], {}),
    }
    episode = bulletin.episode
    yield "bulletin", lambda: _message(render(compose(episode, [one]), episode))
    yield (
        "bulletin, waiting for approval",
        lambda: _message(render(compose(episode, [waits]), episode)),
    )
    yield "bulletin of many", lambda: _message(render(compose(episode, many), episode))
    yield "bulletin of several", lambda: _message(render(compose(episode, many[:3]), episode))
    yield "bulletin, muted", lambda: _message(render(compose(episode, [one], mute=mute), episode))
    yield (
        "bulletin, muted by a mute with an id",
        lambda: _message(render(compose(episode, [one], mute=incidents["mute with an id"]), episode)),
    )
    ghost = incidents["incident, an old registration of a host that is well"]
    yield (
        "bulletin of an old registration",
        lambda: _message(render(compose(episode, [ghost]), episode)),
    )
    yield "bulletin of an agent", lambda: _message(render(compose(episode, [one]), episode))
    yield "storm", lambda: _message(render_storm(storm, count([bulletin])))
    yield "storm that nobody has acknowledged", lambda: _message(render_storm(storm, count([bulletin])))
    yield "list", lambda: _message(next(listing.parts(asked, [one], Told())))
    for name, (text, blocks) in answered.items():
        yield name, partial(dict, text=text, blocks=blocks)
    coverage = Coverage(((CLUSTER.account, CLUSTER.region),), (), ())
    yield "home", lambda: home.draw(Tab(ALICE, [one], mutes, [waits], coverage, {}), "/ecs", NOW)

    def terminate() -> Json:
        drawn = elements(render(compose(episode, [one]), episode).attachments)
        return next(element for element in drawn if element["action_id"].endswith("terminate"))

    container = {"channel_id": CHANNEL, "message_ts": bulletin.slack.handle}
    yield "modal, repair", lambda: modals.repair_view(REMEDIES["terminate"], {"container": container}, terminate())
    yield (
        "modal, mute",
        lambda: modals.mute_view(
            Command("mute", str(Scope.of(CLUSTER)), reason="the new AMI"), CHANNEL, "https://hooks.slack.com/x"
        ),
    )


def elements(value: Any) -> list[Json]:
    """Everything in a surface that people can use, in order."""
    match value:
        case {"action_id": str()}:
            return [dict(value)]
        case dict():
            return [found for part in value.values() for found in elements(part)]
        case list() | tuple():
            return [found for part in value for found in elements(part)]
    return []


def _message(drawn: Any) -> Json:
    parts = {"text": drawn.text, "blocks": list(drawn.blocks), "metadata": dict(drawn.metadata)}
    attachments = list(getattr(drawn, "attachments", ()))
    return parts | ({"attachments": attachments} if attachments else {})


def _add(kind: str, made: Iterator[tuple[str, Callable[[], object]]]) -> None:
    """Add what has no sample yet; what has one stays as it was written."""
    path = SAMPLES / f"{kind}.json"
    found = samples(kind) if path.exists() else {}
    found |= {name: make() for name, make in made if name not in found}
    lines = (f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in found.items())
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
