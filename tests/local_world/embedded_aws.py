"""The embedded AWS as a test sees it."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config

from coastguard.local.layout.organization import HUB, HUB_REGION
from tests.patience import PATIENCE_SECONDS

T = TypeVar("T")
Json = dict[str, Any]


def wait_for(what: Callable[[], T], seconds: float = PATIENCE_SECONDS) -> T:
    """Ask again and again until the answer is something."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return found


@dataclass(frozen=True)
class EmbeddedAws:
    """A running `python -m coastguard.local.aws`."""

    url: str
    process: "subprocess.Popen[str]"
    folder: Path

    @classmethod
    def start(cls, folder: Path, environment: Mapping[str, str] | None = None, **settings: object) -> "EmbeddedAws":
        argument = json.dumps({"folder": str(folder), **settings})
        process = subprocess.Popen(
            [sys.executable, "-m", "coastguard.local.aws", argument],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        assert process.stdout
        port = next(words["port"] for words in map(json.loads, process.stdout) if "port" in words)
        return cls(f"http://127.0.0.1:{port}", process, folder)

    def close_stdin(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()

    def stop(self) -> None:
        self.close_stdin()
        self.process.wait(PATIENCE_SECONDS)
        assert self.process.stdout
        self.process.stdout.close()

    def client(self, service: str, account: str = HUB.id, region: str = HUB_REGION, **keys: str) -> Any:
        """As the account's root, or as the session whose keys are given."""
        root = {"aws_access_key_id": account, "aws_secret_access_key": "test"}
        config = Config(retries={"total_max_attempts": 1})
        return boto3.client(service, region_name=region, endpoint_url=self.url, config=config, **(keys or root))

    def get(self, path: str) -> Json:
        return self._ask(path, None)

    def post(self, path: str, **body: object) -> Json:
        return self._ask(path, json.dumps(body).encode())

    def _ask(self, path: str, body: bytes | None) -> Json:
        """Ask the control plane; a refusal comes back as its JSON."""
        try:
            with urllib.request.urlopen(f"{self.url}/_world/{path}", body) as answer:
                found: Json = json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                found = json.load(error)
        return found

    def instances(self, account: str, region: str, cluster: str) -> list[Json]:
        accounts = {found["id"]: found for found in self.get("fleet")["accounts"]}
        regions = {found["name"]: found for found in accounts[account]["regions"]}
        clusters = {found["name"]: found for found in regions[region]["clusters"]}
        instances: list[Json] = clusters[cluster]["instances"]
        return instances

    def refusals(self) -> list[str]:
        return [refusal["text"] for refusal in self.get("refusals")["refusals"]]

    def stacks(self, account: str = HUB.id, region: str = HUB_REGION) -> set[str]:
        stacks = self.client("cloudformation", account, region).describe_stacks()["Stacks"]
        return {stack["StackName"] for stack in stacks}

    def deploy(self, name: str, resources: Json, account: str = HUB.id, region: str = HUB_REGION) -> str:
        """Create or update a stack; return its final status, with the reasons if it failed."""
        cloudformation = self.client("cloudformation", account, region)
        act = cloudformation.update_stack if name in self.stacks(account, region) else cloudformation.create_stack
        template = json.dumps({"Resources": resources})
        act(StackName=name, TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"])

        def final() -> str:
            status: str = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
            return "" if status.endswith("_IN_PROGRESS") else status

        status = wait_for(final)
        if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            return status
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        reasons = [e.get("ResourceStatusReason", "") for e in events if e["ResourceStatus"].endswith("FAILED")]
        return f"{status}: {'; '.join(reasons)}"

    def drain(self, queue: str, account: str = HUB.id, region: str = HUB_REGION) -> list[Any]:
        """Take what lies in a queue, as JSON."""
        sqs = self.client("sqs", account, region)
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        taken = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                taken.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return taken
