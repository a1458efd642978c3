import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from coastguard.local.layout.organization import HUB
from tests.local_world.embedded_aws import EmbeddedAws, Json, wait_for
from tests.patience import PATIENCE_SECONDS

Start = Callable[..., EmbeddedAws]

TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
PROBE = """
import os, time
def handler(event, context):
    time.sleep(event.get("seconds", 0))
    return {"pid": os.getpid(), "environment": dict(os.environ)}
"""


def probe(aws: EmbeddedAws) -> Json:
    """Invoke a function that tells what it sees of its surroundings."""
    aws.client("iam").create_role(
        RoleName="probe", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    )
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("probe.py", PROBE)
    functions = aws.client("lambda")
    functions.create_function(
        FunctionName="probe",
        Runtime="python3.13",
        Handler="probe.handler",
        Role=f"arn:aws:iam::{HUB.id}:role/probe",
        Code={"ZipFile": code.getvalue()},
    )
    found: Json = json.load(functions.invoke(FunctionName="probe")["Payload"])
    return found


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def answers(url: str) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) == 0


def left_behind(aws: EmbeddedAws, worker: int) -> list[str]:
    traces = {"folder": aws.folder.exists(), "worker": lives(worker), "port": answers(aws.url)}
    return [trace for trace, left in traces.items() if left]


def test_the_end_of_stdin_ends_it_without_a_trace_even_while_functions_and_long_polls_run(
    start_aws: Start, tmp_path: Path
) -> None:
    aws = start_aws(tmp_path / "world")
    worker = probe(aws)["pid"]
    assert left_behind(aws, worker) == ["folder", "worker", "port"]
    queue = aws.client("sqs").create_queue(QueueName="empty")["QueueUrl"]
    invoke = aws.client("lambda").invoke
    polls = aws.client("sqs").receive_message
    with ThreadPoolExecutor() as busy:
        calls = [
            busy.submit(invoke, FunctionName="probe", Payload=json.dumps({"seconds": 50})),
            busy.submit(polls, QueueUrl=queue, WaitTimeSeconds=20),
        ]
        time.sleep(0.5)
        aws.close_stdin()
        assert aws.process.wait(PATIENCE_SECONDS) == 0
        assert all(call.exception() for call in calls)
    assert left_behind(aws, worker) == []


def test_sigterm_ends_it_without_a_trace(start_aws: Start, tmp_path: Path) -> None:
    aws = start_aws(tmp_path / "world")
    worker = probe(aws)["pid"]
    aws.process.send_signal(signal.SIGTERM)
    assert aws.process.wait(PATIENCE_SECONDS) == 0
    assert left_behind(aws, worker) == []


def test_it_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "world"
    parent = (
        "import json, subprocess, sys, time\n"
        "command = [sys.executable, '-m', 'coastguard.local.aws', json.dumps({'folder': sys.argv[1]})]\n"
        "aws = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)\n"
        "ready = next(words for words in map(json.loads, aws.stdout) if 'port' in words)\n"
        "print(json.dumps({**ready, 'pid': aws.pid}), flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", parent, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        started = json.loads(process.stdout.readline())
        assert answers(f"http://127.0.0.1:{started['port']}")
        process.kill()
    wait_for(lambda: not lives(started["pid"]))
    assert not folder.exists()


def test_functions_see_nothing_of_the_developers_environment(start_aws: Start, tmp_path: Path) -> None:
    names = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "HTTPS_PROXY", "COASTGUARD_TABLE", "MINISTACK_REGION")
    mine = {**dict.fromkeys(names, "the-developers"), "PYTHONPATH": str(tmp_path)}
    aws = start_aws(tmp_path / "world", environment=mine)
    seen = probe(aws)["environment"]
    assert "the-developers" not in seen.values()
    assert "PYTHONPATH" not in seen
    assert seen["HOME"] == str(aws.folder)
    assert seen["AWS_ENDPOINT_URL"] == aws.url


def test_the_log_stays_in_the_folder(aws: EmbeddedAws) -> None:
    aws.client("sqs").list_queues()
    assert "services available on port" in (aws.folder / "aws.log").read_text()


def run(argument: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "coastguard.local.aws", argument]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


OTHER_MOTO = """
import runpy, sys
from moto.core.request import Request
del Request.from_primitives
sys.argv[1:] = [{argument!r}]
runpy.run_module("coastguard.local.aws", run_name="__main__")
"""


def test_another_moto_than_the_one_that_is_patched_is_not_started(tmp_path: Path) -> None:
    script = OTHER_MOTO.format(argument=json.dumps({"folder": str(tmp_path / "world")}))
    command = [sys.executable, "-c", script]
    refused = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    assert refused.returncode == 1
    reason = "moto.core.request.Request.from_primitives is gone: look at coastguard.local.aws.moto_mount again"
    assert reason in refused.stderr.splitlines()[-1]
    assert not (tmp_path / "world").exists()


@pytest.mark.parametrize(("end", "seen"), [("", ""), ("raise SystemExit('why')", "late\nwhy\n")], ids=["well", "badly"])
def test_what_is_said_at_the_very_end_goes_into_the_log_unless_it_ended_badly(
    end: str, seen: str, tmp_path: Path
) -> None:
    log = tmp_path / "aws.log"
    code = (
        "import atexit, os, pathlib\n"
        "from coastguard.local.aws.__main__ import output_into\n"
        "atexit.register(lambda: os.write(2, b'late\\n'))\n"
        f"with output_into(pathlib.Path({str(log)!r})):\n"
        "    os.write(2, b'early\\n')\n"
        f"    {end or 'pass'}\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert sorted(done.stderr.split()) == sorted(seen.split())
    assert log.read_text() == ("early\n" if end else "early\nlate\n")


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    refused = run(json.dumps({"folder": str(tmp_path)}))
    assert refused.returncode == 1
    assert "is not empty" in refused.stderr
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_port_that_is_taken_is_refused_with_its_number(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = run(json.dumps({"folder": str(tmp_path / "world"), "port": port}))
    assert refused.returncode == 1
    assert f"Port {port} of 127.0.0.1 cannot be used" in refused.stderr
    assert not (tmp_path / "world").exists()


@pytest.mark.parametrize(
    ("argument", "complaint"),
    [("{}", 'at least a "folder"'), ('{"folder": "x", "colour": 1}', "Unknown settings colour"), ("nonsense", "JSON")],
    ids=["no folder", "unknown setting", "no JSON"],
)
def test_an_argument_that_makes_no_sense_is_refused_with_a_reason(argument: str, complaint: str) -> None:
    refused = run(argument)
    assert refused.returncode == 1
    assert complaint in refused.stderr
