"""The embedded AWS as its parent sees it: started, asked, and stopped by its own process id."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

from coastguard.local.layout.layouts import DEMO, Layout
from coastguard.local.layout.organization import HUB, HUB_REGION

_START_SECONDS = 60
_STOP_SECONDS = 20
_ASK_SECONDS = 20


class WorldError(Exception):
    """The local world cannot do what was asked; the text says why."""


class AwsProcess:
    """A running `python -m coastguard.local.aws`. It removes its temporary folder itself, even if we are killed.

    `progress` is called, by a thread of ours, with what takes it long.
    """

    def __init__(self, layout: Layout = DEMO, progress: Callable[[str], None] | None = None) -> None:
        self._folder = tempfile.mkdtemp(prefix="coastguard-")
        self._progress = progress
        argument = json.dumps({"folder": self._folder, "layout": layout.name})
        self._process = subprocess.Popen(  # noqa: S603  # ourselves
            [sys.executable, "-m", "coastguard.local.aws", argument],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # with its Lambda workers, so that all of them can be ended together
        )
        self.url = ""
        self._told = threading.Event()
        self._listener = threading.Thread(target=self._listen, name="aws-process", daemon=True)
        self._listener.start()

    def wait_until_ready(self) -> None:
        """Wait until it answers. Raises WorldError if it ends instead, or takes too long."""
        impatience = threading.Timer(_START_SECONDS, self._process.kill)
        impatience.start()
        try:
            self._told.wait()
        finally:
            impatience.cancel()
        if not self.url:
            self.stop()
            raise WorldError("the embedded AWS did not start; if it said why, that stands above")

    def _listen(self) -> None:
        """Read what it prints, until its end."""
        for line in self._process.stdout or ():
            words = json.loads(line)
            if "port" in words:
                self.url = f"http://127.0.0.1:{words['port']}"
                self._told.set()
            elif self._progress:
                self._progress(words["progress"])
        self._told.set()

    def stop(self) -> None:
        """End it: it notices that its stdin is closed. Kill it and its children if it does not."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._listener.join(_STOP_SECONDS)
        if self._process.stdout:
            self._process.stdout.close()
        # What a function was still unpacking while the folder was removed would stay behind.
        shutil.rmtree(self._folder, ignore_errors=True)

    def session(self, account: str = HUB.id, region: str = HUB_REGION) -> boto3.Session:
        """Sign in as an account's root: there, an account's id is its access key."""
        return boto3.Session(aws_access_key_id=account, aws_secret_access_key="local", region_name=region)  # noqa: S106  # a word, not a secret

    def client(  # boto3 has no types
        self, service: str, account: str = HUB.id, region: str = HUB_REGION, config: Config | None = None
    ) -> Any:  # noqa: ANN401
        """Make a client that speaks to this AWS."""
        return self.session(account, region).client(service, endpoint_url=self.url, config=config)

    def ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call the control plane: GET, or POST if there is a body. Raises WorldError with its reason."""
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(f"{self.url}/_world/{path}", data, _ASK_SECONDS) as answer:  # noqa: S310  # 127.0.0.1
                result: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise WorldError(json.load(error).get("error", str(error))) from error
        except OSError as error:
            raise WorldError(f"the embedded AWS does not answer: {error}") from error
        return result
