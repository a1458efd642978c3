"""An AWS on 127.0.0.1 that hands out credentials, answers everything, and remembers who asked."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import parse_qs

_CREDENTIAL = re.compile(r"Credential=([^/]+)/[0-9]+/([^/]+)/([^/]+)/")


@dataclass(frozen=True)
class Asked:
    """One request, as it came over the wire."""

    operation: str
    key: str  # access key id of the signature
    token: str
    region: str  # of the signature
    fields: dict[str, str]


@dataclass
class RecordingAws:
    """What it does, and what it saw. Access keys tell the account: ASIA + account + a number for each sign-in."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    refuse_roles_in: set[str] = field(default_factory=set)
    stumbles: Counter[str] = field(default_factory=Counter)  # by cluster: so many 503 before an answer
    stale_keys: set[str] = field(default_factory=set)
    stale_code: str = "UnrecognizedClientException"
    forgets_once: bool = False  # the hub's credentials: the first AssumeRole is refused as stale
    pages: int = 1
    _sign_ins: int = 0
    _lock: Lock = field(default_factory=Lock)

    def signed_in(self) -> list[dict[str, str]]:
        return [asked.fields for asked in self.asked if asked.operation == "AssumeRole"]

    def calls(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.operation != "AssumeRole"]

    def answer(self, asked: Asked) -> tuple[int, str]:
        with self._lock:
            self.asked.append(asked)
            if asked.operation == "AssumeRole" and self.forgets_once:
                self.forgets_once = False
                return 403, "<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>"
            if asked.operation == "AssumeRole":
                return self._assume_role(asked.fields)
            if asked.key in self.stale_keys:
                return 400, json.dumps({"__type": self.stale_code, "message": "stale"})
            if self.stumbles[asked.fields.get("cluster", "")] > 0:
                self.stumbles[asked.fields["cluster"]] -= 1
                return 503, json.dumps({"__type": "ServiceUnavailable", "message": "later"})
            page = int(asked.fields.get("nextToken") or 0) + 1
            more = {"nextToken": str(page)} if page < self.pages else {}
            return 200, json.dumps({"containerInstanceArns": [], "clusterArns": [], **more})

    def _assume_role(self, fields: dict[str, str]) -> tuple[int, str]:
        account = fields["RoleArn"].split(":")[4]
        if account in self.refuse_roles_in:
            return (
                403,
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>hub-not-a-secret</Message></Error></ErrorResponse>",
            )
        self._sign_ins += 1
        ends = datetime.now(UTC) + timedelta(seconds=int(fields.get("DurationSeconds", 3600)))
        return 200, (
            "<AssumeRoleResponse><AssumeRoleResult><Credentials>"
            f"<AccessKeyId>ASIA{account}{self._sign_ins:04}</AccessKeyId><SecretAccessKey>not-a-secret</SecretAccessKey>"
            f"<SessionToken>token-{account}</SessionToken><Expiration>{ends:%Y-%m-%dT%H:%M:%SZ}</Expiration>"
            "</Credentials></AssumeRoleResult></AssumeRoleResponse>"
        )


@contextmanager
def recording_aws() -> Iterator[RecordingAws]:
    aws = RecordingAws()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found = _CREDENTIAL.search(self.headers.get("Authorization", ""))
            if "X-Amz-Target" in self.headers:
                operation = self.headers["X-Amz-Target"].rsplit(".", maxsplit=1)[-1]
                fields = json.loads(body)
            else:
                fields = {name: values[0] for name, values in parse_qs(body).items()}
                operation = fields["Action"]
            status, answer = aws.answer(
                Asked(
                    operation=operation,
                    key=found[1] if found else "",
                    token=self.headers.get("X-Amz-Security-Token", ""),
                    region=found[2] if found else "",
                    fields=fields,
                )
            )
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer.encode())))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

    with Server(("127.0.0.1", 0), Handler) as server:
        aws.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield aws
        finally:
            server.shutdown()
            thread.join()
