"""The demo as a process: what it prints, and that nothing of it stays however it is stopped."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.nightly import by_day
from tests.patience import PATIENCE_SECONDS
from tests.world.conftest import left_in


@pytest.mark.parametrize(
    "signals",
    [(signal.SIGINT,), by_day((signal.SIGTERM, signal.SIGTERM), played=False), by_day((signal.SIGKILL,), played=False)],
    ids=str,
)
def test_a_stopped_demo_leaves_nothing_behind(signals: tuple[signal.Signals, ...], tmp_path: Path) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    demo = subprocess.Popen(
        [sys.executable, "-m", "coastguard.cli", "demo", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
    )
    assert demo.stdout
    url = next(found[0] for line in demo.stdout if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
    with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as page:
        assert b"Coastguard" in page.read()
    for number in signals:
        demo.send_signal(number)
    rest = demo.communicate(timeout=2 * PATIENCE_SECONDS)[0]
    if signal.SIGKILL not in signals:
        assert demo.returncode == 130
        assert "nothing is left behind" in rest
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), PATIENCE_SECONDS)
    assert left_in(folder) == []
