"""The embedded AWS as its parent holds it: also one that does not end by itself leaves nothing behind."""

import os
import signal
from pathlib import Path

import pytest

from coastguard.local import aws_process
from coastguard.local.aws_process import AwsProcess
from tests.world.conftest import running_in


def test_an_aws_that_does_not_end_is_killed_and_its_folder_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(aws_process, "_STOP_SECONDS", 0.5)
    aws = AwsProcess()
    aws.wait_until_ready()
    [leader] = [entry for entry in Path("/proc").glob("[0-9]*") if is_leader_in(entry, tmp_path)]
    os.kill(int(leader.name), signal.SIGSTOP)
    aws.stop()
    assert (list(tmp_path.iterdir()), running_in(tmp_path)) == ([], [])


def is_leader_in(process: Path, folder: Path) -> bool:
    """Whether it is the embedded AWS that was given a folder in `folder`."""
    try:
        return str(folder).encode() in (process / "cmdline").read_bytes()
    except OSError:  # it has just ended
        return False
