"""Slack's Web API on 127.0.0.1 as cheap as can be: it remembers messages, counts calls and takes its time.

It believes what it is told, so it stands in for Slack only where calls are counted and time is measured; whether Slack
would take a message, and what becomes of it, is checked with the local Slack (coastguard/local/slack).
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl

from coastguard.local.slack.directory import TEAM
from tests.wire.meter import Meter
from tests.wire.wire import Json

_BOT = "B0WIRE001"


@dataclass
class Slack:
    """What was said, by channel and ts. `latency` is how long each answer takes, in seconds."""

    meter: Callable[[], Meter]
    latency: float = 0.0
    url: str = ""
    strays: list[str] = field(default_factory=list)
    said: dict[tuple[str, str], Json] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def served(self) -> Iterator[None]:
        """Listen on some free port; `url` is where the Web API is."""
        with _Server(self) as server:
            self.url = f"http://127.0.0.1:{server.server_address[1]}/api/"
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()

    def answer(self, method: str, asked: Json) -> Json:
        with self._lock:
            match method:
                case "users.info":
                    return {"ok": True, "user": {"id": asked["user"], "team_id": TEAM.id, "tz": "Etc/UTC"}}
                case "auth.test":
                    return {"ok": True, "url": "https://acme.slack.com/", "bot_id": _BOT}
                case "chat.postMessage":
                    ts = f"{int(time.time())}.{next(self._numbers):06d}"
                    self.said[asked["channel"], ts] = {**asked, "ts": ts, "bot_id": _BOT}
                    return {"ok": True, "channel": asked["channel"], "ts": ts}
                case "chat.update" | "chat.delete":
                    return self._change(method, (asked["channel"], asked["ts"]), asked)
                case "conversations.history":
                    oldest, latest = float(asked.get("oldest", 0)), float(asked.get("latest", "inf"))
                    messages = [
                        message
                        for (channel, ts), message in self.said.items()
                        if channel == asked["channel"] and oldest <= float(ts) <= latest and "thread_ts" not in message
                    ]
                    return {"ok": True, "messages": messages[::-1]}
        self.strays.append(method)
        return {"ok": False, "error": "unknown_method"}

    def _change(self, method: str, message: tuple[str, str], asked: Json) -> Json:
        if message not in self.said:
            return {"ok": False, "error": "message_not_found"}
        if method == "chat.update":
            self.said[message] |= asked
        else:
            del self.said[message]
        return {"ok": True, "channel": message[0], "ts": message[1]}


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, slack: Slack) -> None:
        self.slack = slack
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Answer one request and close, as Slack's SDK has it."""
        began, cpu = time.perf_counter(), time.thread_time()
        slack, meter = self.server.slack, self.server.slack.meter()
        line = self.rfile.readline().decode("ascii")
        headers: dict[str, str] = {}
        while header := self.rfile.readline().decode("latin-1").strip():
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", 0))).decode()
        method = line.split(" ")[1].rsplit("/", 1)[-1]
        answer = json.dumps(slack.answer(method, _fields(headers, body))).encode()
        seconds = slack.latency - (time.perf_counter() - began)
        if seconds > 0:
            time.sleep(seconds)
        meter.called(f"slack:{method}", time.thread_time() - cpu)  # before anybody can have heard the answer
        self.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"
            % (len(answer), answer)
        )


def _fields(headers: dict[str, str], body: str) -> dict[str, Any]:
    if headers.get("content-type", "").startswith("application/json"):
        found: dict[str, Any] = json.loads(body)
        return found
    fields: dict[str, Any] = dict(parse_qsl(body, keep_blank_values=True))
    for name in ("blocks", "attachments", "metadata"):
        if name in fields:
            fields[name] = json.loads(fields[name])
    return fields
