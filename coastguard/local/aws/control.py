"""The control plane under /_world/: look at the world as nobody can in AWS, and let things happen in it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from coastguard.local.aws.loops import Chains
from coastguard.local.aws.silence import Silence
from coastguard.local.fleet import hosts, state
from coastguard.local.fleet.events import Event, emit
from coastguard.local.fleet.fleet import Fleet
from coastguard.local.fleet.illness import ILLNESSES, STOPPED
from coastguard.local.record import Record

PREFIX = "/_world/"

Json = dict[str, Any]
Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class Control:
    """An ASGI application that answers /_world/ in JSON. What cannot be done is answered 400 with {"error": why}."""

    def __init__(self, fleet: Fleet, record: Record, chains: Chains, silence: Silence) -> None:
        self._fleet = fleet
        self._record = record
        self._chains = chains
        self._silence = silence
        self._routes: dict[tuple[str, str], Callable[[Json], Awaitable[Json]]] = {
            ("GET", "fleet"): self._show_fleet,
            ("GET", "revision"): self._show_revision,
            ("GET", "calls"): self._show_calls,
            ("GET", "numbers"): self._show_numbers,
            ("GET", "refusals"): self._show_refusals,
            ("GET", "troubles"): self._show_troubles,
            ("GET", "chains"): self._show_chains,
            ("POST", "agents"): self._plug_agents,
            ("POST", "registrations"): self._register_anew,
            ("POST", "events"): self._emit_event,
            ("POST", "hosts"): self._act_on_host,
            ("POST", "silence"): self._keep_silent,
            ("POST", "boots"): self._hold_boots,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = {key: values[0] for key, values in parse_qs(scope["query_string"].decode()).items()}
        route = self._routes.get((scope["method"], scope["path"].removeprefix(PREFIX)))
        if route is None:
            await _answer(send, 404, {"error": f"There is no {scope['method']} {scope['path']}."})
            return
        try:
            body = await _body(receive)
            status, answer = 200, await route({**asked, **(json.loads(body) if body else {})})
        except KeyError as error:
            status, answer = 400, {"error": f"{error.args[0]} is missing."}
        except ValueError as error:
            status, answer = 400, {"error": str(error)}
        await _answer(send, status, answer)

    async def _show_fleet(self, asked: Json) -> Json:
        revision = self._record.revision
        ill, only = self._fleet.agents.told(), asked.get("account")
        accounts = await asyncio.to_thread(state.picture, self._fleet.layout, ill, only)
        return {"accounts": accounts, "revision": revision, "illnesses": dict(ILLNESSES)}

    async def _show_revision(self, _asked: Json) -> Json:
        return {"revision": self._record.revision}

    async def _show_calls(self, asked: Json) -> Json:
        return {"calls": self._record.calls(asked.get("action"))}

    async def _show_numbers(self, _asked: Json) -> Json:
        return {"numbers": self._record.numbers()}

    async def _show_refusals(self, _asked: Json) -> Json:
        return {"refusals": self._record.refusals()}

    async def _show_troubles(self, _asked: Json) -> Json:
        return {"now": self._record.now(), "troubles": self._fleet.troubles.told()}

    async def _show_chains(self, _asked: Json) -> Json:
        return self._chains.told()

    async def _keep_silent(self, asked: Json) -> Json:
        self._silence.keep(asked["account"], asked["region"], silent=asked["silent"])
        return {}

    async def _hold_boots(self, asked: Json) -> Json:
        await asyncio.to_thread(self._fleet.hold, asked["account"], asked["region"], held=asked["held"])
        return {}

    async def _plug_agents(self, asked: Json) -> Json:
        changed = await asyncio.to_thread(
            self._fleet.plug,
            asked["account"],
            asked["region"],
            connected=asked["connected"],
            cluster=asked.get("cluster"),
            zone=asked.get("zone"),
            chosen=asked.get("instances"),
            ill=asked.get("ill") or STOPPED,
        )
        return {"changed": changed}

    async def _register_anew(self, asked: Json) -> Json:
        place = asked["account"], asked["region"]
        return {"instance": await asyncio.to_thread(self._fleet.forget, *place, asked["instance"])}

    async def _emit_event(self, asked: Json) -> Json:
        resources = asked.get("resources", [])
        account, region, source = asked["account"], asked["region"], asked["source"]
        emit(Event(account, region, source, asked["detail-type"], asked["detail"], resources))
        return {}

    async def _act_on_host(self, asked: Json) -> Json:
        account, region = asked["account"], asked["region"]
        await asyncio.to_thread(hosts.act, account, region, asked["instance"], asked["action"])
        await asyncio.to_thread(self._fleet.catch_up, account, region)
        self._record.changed()
        return {}


async def _body(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def _answer(send: Send, status: int, answer: Json) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})
