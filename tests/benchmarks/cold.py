"""Cold starts: what a function takes until it could begin with its first event, beside what the usual way takes.

Each is a process of its own that finds the zip as Lambda has it: unpacked, its modules compiled, nothing else of this
machine's. It imports, wires, and makes the clients that its first event needs; no event comes. The usual way is what
the libraries' own documentation shows, for a function with the same libraries and the same clients: boto3's default
session, Powertools' logger and metrics, and Bolt with its adapter for Lambda where Slack calls.
"""

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from coastguard import package
from coastguard.local.slack.directory import TEAM
from tests.hub.factories import CHANNEL
from tests.signed_in import HUB_REGION

ROUNDS = 15
MODULES = {
    "ingest": "hub.ingest",
    "look": "hub.look",
    "sweep": "hub.sweep",
    "front": "chatops.front",
    "act": "chatops.act",
}
# What the first event needs besides what is wired: clients of members, and the app that waits for Slack's secret.
_FIRST = {
    "look": f"[wired[0].seeing.accounts._clients.get(service, {HUB_REGION!r}) for service in ('ecs', 'ec2')]",
    "sweep": f"wired[0].accounts._clients.get('ecs', {HUB_REGION!r})",
    "front": "from hub.runtime.secrets import SlackSecret; wired[0]._app(SlackSecret('none', 'none'))",
    "act": f"[wired[0].clicks.accounts._clients.get(service, {HUB_REGION!r}) for service in ('ecs', 'ec2')]",
}
_POWERTOOLS = "from aws_lambda_powertools import Logger, Metrics; Logger(service='x'); Metrics(namespace='x')"
_WEB_CLIENT = "from slack_sdk import WebClient; WebClient(token='none')"
_BOLT = (
    "from slack_bolt import App; from slack_bolt.adapter.aws_lambda import SlackRequestHandler; "
    "app = App(token='none', signing_secret='none', process_before_response=True, token_verification_enabled=False); "
    "SlackRequestHandler(app)"
)
_USUALLY = {
    "ingest": (("sqs",), ""),
    "look": (("dynamodb", "ec2", "ecs", "secretsmanager", "sqs", "ssm", "sts"), _WEB_CLIENT),
    "sweep": (("dynamodb", "ecs", "organizations", "sqs", "ssm", "sts"), ""),
    "front": (("secretsmanager", "sqs", "ssm"), _BOLT),
    "act": (("dynamodb", "ec2", "ecs", "secretsmanager", "sqs", "ssm", "sts"), _WEB_CLIENT),
}
_MEASURED = """
import time
began = time.process_time()
{code}
cpu = time.process_time() - began
import json, re
[most] = re.findall(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())
print(json.dumps([cpu * 1_000, int(most) / 1_024]))
"""
# Not what getrusage says: that begins with the memory of whoever has started the process.


@dataclass(frozen=True)
class Start:
    """CPU in ms and the memory that the process has taken in MiB, the middle of rounds; each beside the usual way's."""

    cpu: float
    memory: float
    usual_cpu: float
    usual_memory: float

    @property
    def cpu_share(self) -> float:
        return self.cpu / self.usual_cpu

    @property
    def memory_share(self) -> float:
        return self.memory / self.usual_memory


def measure(rounds: int = ROUNDS) -> Mapping[str, Start]:
    """Start every function, and what the usual way starts, in turns: so many rounds, after one that counts nowhere."""
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(package.build(lambda _: None)).extractall(folder)
        task, usual = Path(folder), Path(sysconfig.get_path("purelib"))
        found: dict[str, tuple[list[tuple[float, float]], list[tuple[float, float]]]] = {}
        for _ in range(1 + rounds):
            for name in MODULES:
                ours, theirs = found.setdefault(name, ([], []))
                ours.append(started(task, of_ours(name)))
                theirs.append(started(usual, usually(name)))
    return {name: Start(*_of(ours[1:]), *_of(theirs[1:])) for name, (ours, theirs) in found.items()}


def of_ours(name: str) -> str:
    """The code that starts a function as far as its first event: in Lambda, to import it is to wire it."""
    return f"import {MODULES[name]} as function; wired = function.wire(); {_FIRST.get(name, '')}"


def usually(name: str) -> str:
    """The code that starts such a function in the usual way."""
    clients, more = _USUALLY[name]
    return f"import boto3; [boto3.client(service) for service in {clients!r}]\n{_POWERTOOLS}\n{more}"


def _of(starts: list[tuple[float, float]]) -> tuple[float, float]:
    return median(cpu for cpu, _ in starts), median(memory for _, memory in starts)


def started(libraries: Path, code: str) -> tuple[float, float]:
    """Run that in a process of its own; the milliseconds of CPU and the MiB that it took."""
    begin = f"import sys; sys.path.insert(0, {str(libraries)!r})"
    command = [sys.executable, "-I", "-S", "-c", begin + _MEASURED.format(code=code)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{code} does not start: {done.stderr}")
    cpu, memory = json.loads(done.stdout.splitlines()[-1])
    return cpu, memory


def _queue(name: str) -> str:
    return f"https://sqs.{HUB_REGION}.amazonaws.com/111122223333/coastguard-{name}"


ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "AWS_LAMBDA_FUNCTION_NAME": "coastguard-measured",
    "AWS_REGION": HUB_REGION,
    "AWS_DEFAULT_REGION": HUB_REGION,
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_SESSION_TOKEN": "none",
    "POWERTOOLS_SERVICE_NAME": "coastguard",
    "POWERTOOLS_METRICS_NAMESPACE": "Coastguard",
    "COASTGUARD_TABLE": "coastguard",
    "COASTGUARD_DELAY_QUEUE_URL": _queue("delay"),
    "COASTGUARD_DEAD_QUEUE_URL": _queue("delay-dead"),
    "COASTGUARD_LOOKS_QUEUE_URL": _queue("looks.fifo"),
    "COASTGUARD_ACTS_QUEUE_URL": _queue("acts.fifo"),
    "COASTGUARD_GRACE_SECONDS": "120",
    "COASTGUARD_SLACK_SECRET_ARN": f"arn:aws:secretsmanager:{HUB_REGION}:111122223333:secret:coastguard-slack",
    "COASTGUARD_SLACK_CHANNEL": CHANNEL,
    "COASTGUARD_SLACK_API_URL": "https://slack.com/api/",
    "COASTGUARD_SLACK_TEAM": TEAM.id,
    "COASTGUARD_READER_ROLE": "coastguard/coastguard-reader",
    "COASTGUARD_REMEDIATOR_ROLE": "coastguard/coastguard-remediator",
    "COASTGUARD_REGIONS": HUB_REGION,
    "COASTGUARD_POLICY_PLACE": "ssm:/coastguard/policy",
}
"""What Lambda and the template give a function. All have all of it: none reads what is not its own."""
