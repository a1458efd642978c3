"""A function as Lambda runs it: the zip unpacked, AWS's own runtime client, and nothing else of this environment.

The client (awslambdaric) is what Lambda's Python runtimes start. It asks the Runtime API for an event, calls the
handler and sends back what came of it; that API is the one thing of Lambda's that is played here.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from coastguard.local.aws_process import AwsProcess
from tests.patience import PATIENCE_SECONDS

# The client and what it needs, which Lambda keeps in /var/runtime; everything else has to come from the zip.
_CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")
_START = "import sys; sys.path[:0] = sys.argv[1:3]; from awslambdaric.__main__ import main; main(['', sys.argv[3]])"
_API = "/2018-06-01/runtime"


class FunctionFailed(Exception):
    """The function did not start, or raised; the text is what it told Lambda, and what it printed."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Runs deployed functions. `task` is the zip unpacked, `client` the folder of the runtime client."""

    aws: AwsProcess
    task: Path
    client: Path

    @classmethod
    def make(cls, aws: AwsProcess, task: Path, folder: Path) -> "Runtime":
        """Put the runtime client, as it is installed here, into a folder of its own."""
        folder.mkdir()
        for name in _CLIENT:
            installed = distribution(name)
            for top in {file.parts[0] for file in installed.files or ()} - {".."}:
                (folder / top).symlink_to(str(installed.locate_file(top)))
        return cls(aws, task, folder)

    def invoke(self, function: str, event: object) -> Any:
        """Start a function afresh, hand it an event and return its answer. Raises FunctionFailed."""
        with _runtime_api(json.dumps(event).encode()) as api:
            deployed = self.aws.client("lambda").get_function_configuration(FunctionName=function)
            command = [sys.executable, "-I", "-S", "-c", _START, str(self.task), str(self.client), deployed["Handler"]]
            with subprocess.Popen(
                command, env=self._environment(deployed, api.address), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            ) as process:

                def watching() -> None:
                    process.wait()
                    api.ended.set()

                watch = threading.Thread(target=watching, daemon=True)
                watch.start()
                in_time = api.ended.wait(PATIENCE_SECONDS)
                process.kill()
                printed = process.stdout.read().decode() if process.stdout else ""
                watch.join()
        if not in_time or api.problem or api.answer is None:
            raise FunctionFailed(f"{function}: {api.problem or 'no answer'}\n{printed}")
        return json.loads(api.answer)

    def _environment(self, deployed: dict[str, Any], api: str) -> dict[str, str]:
        """What Lambda gives a function: what the template says, the place, and the keys of the function's role."""
        role = deployed["Role"]
        keys = self.aws.client("sts").assume_role(RoleArn=role, RoleSessionName=deployed["FunctionName"])["Credentials"]
        return {
            **deployed["Environment"]["Variables"],
            "AWS_LAMBDA_RUNTIME_API": api,
            "AWS_LAMBDA_FUNCTION_NAME": deployed["FunctionName"],
            "LAMBDA_TASK_ROOT": str(self.task),
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
            "AWS_ENDPOINT_URL": self.aws.url,
        }


@dataclass
class _Api:
    """What the Runtime API is told. `ended` once there is an answer, or will be none."""

    event: bytes
    address: str = ""
    answer: bytes | None = None
    problem: str = ""
    asked: int = 0
    ended: threading.Event = field(default_factory=threading.Event)


@contextmanager
def _runtime_api(event: bytes) -> Iterator[_Api]:
    api = _Api(event)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Hand out the one event; who asks for a second waits, as a function does until it is frozen."""
            api.asked += 1
            if api.asked > 1:
                api.ended.wait(PATIENCE_SECONDS)
                return
            self.send_response(200)
            self.send_header("Lambda-Runtime-Aws-Request-Id", str(uuid.uuid4()))
            self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + PATIENCE_SECONDS) * 1000)))
            self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:111122223333:function:x")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(api.event)))
            self.end_headers()
            self.wfile.write(api.event)

        def do_POST(self) -> None:
            """Take the answer, or what went wrong."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.startswith(f"{_API}/invocation/") and self.path.endswith("/response"):
                api.answer = body
            else:
                api.problem = body.decode()
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()
            api.ended.set()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing of connections that break off: a function is killed with its own open."""

    with Server(("127.0.0.1", 0), Handler) as server:
        api.address = "127.0.0.1:{1}".format(*server.server_address)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield api
        api.ended.set()
        server.shutdown()
        thread.join()
