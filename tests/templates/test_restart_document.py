"""The steps of the document coastguard-restart-agent, run by a true shell: what they do, leave alone, and say."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from coastguard.local.fleet.illness import ILLNESSES, play, script_of
from spoke.findings import AGENT_UP, CAUSES, read
from spoke.repairs.restart_agent import DOCUMENT
from tests.templates.reading import read as read_template

# What a host has at hand, as far as the steps need it; everything else is a stand-in of this test's.
REAL = ("sh", "awk", "timeout", "cat", "sleep")
DF = """echo "Filesystem 1024-blocks Used Available Capacity Mounted on"
case "$2" in /var/log/ecs) exit 1 ;; esac
echo "/dev/nvme0n1p1 100 {used} 10 {used}% $2" """


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    resources = read_template("rules")["Resources"]
    (found,) = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::SSM::Document"]
    return dict(found)


@dataclass
class Host:
    folder: Path

    def has(self, name: str, body: str) -> None:
        tool = self.folder / name
        tool.unlink(missing_ok=True)
        tool.write_text(f'#!/bin/sh\necho {name} "$@" >> {self.folder}/asked\n{body}\n')
        tool.chmod(0o755)

    def runs(self, script: str) -> tuple[int, tuple[str, ...], list[str]]:
        """How the script ends, what it says, and what it has asked of the host."""
        done = subprocess.run(
            ["/bin/sh", "-c", script], env={"PATH": str(self.folder)}, capture_output=True, text=True, check=False
        )
        asked = self.folder / "asked"
        return done.returncode, read(done.stdout), asked.read_text().splitlines() if asked.exists() else []


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """One whose agent has stopped, and is well otherwise."""
    for name in REAL:
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    host = Host(tmp_path)
    host.has("df", DF.format(used=61))
    host.has("docker", "exit 0")
    host.has("systemctl", f'[ "$1" = restart ] && : > {tmp_path}/up; exit 0')
    host.has("curl", f"[ -e {tmp_path}/up ]")
    host.has("sleep", "exit 0")
    return host


def test_the_document_is_the_one_that_is_asked_for_and_takes_no_parameters(document: dict[str, Any]) -> None:
    assert (document["Name"], document["UpdateMethod"]) == (DOCUMENT, "NewVersion")
    assert "parameters" not in document["Content"]
    assert "{{" not in str(document["Content"])


def test_each_platform_has_its_own_step(document: dict[str, Any]) -> None:
    steps = [(step["action"], step["precondition"]["StringEquals"][1]) for step in document["Content"]["mainSteps"]]

    assert steps == [("aws:runShellScript", "Linux"), ("aws:runPowerShellScript", "Windows")]


@pytest.mark.parametrize("number", [0, 1])
def test_every_word_that_is_said_is_known_and_docker_is_only_asked(document: dict[str, Any], number: int) -> None:
    script = "\n".join(document["Content"]["mainSteps"][number]["inputs"]["runCommand"])
    words = {word.strip("};") for line in script.splitlines() for word in _said(line)}

    assert words <= {AGENT_UP, *CAUSES}
    assert words >= {"agent-up", "docker-hangs", "docker-stopped", "no-agent", "disk-full", "agent-silent"}
    docker = [line.strip() for line in script.splitlines() if "docker" in line.lower() and "say" not in line.lower()]
    assert all("info" in line or line.startswith(("#", "for place")) for line in docker)


def _said(line: str) -> list[str]:
    parts = line.replace("Say ", "say ").split("say ")[1:]
    return [part.split()[0] for part in parts if part.split() and not part.startswith("that")]


def test_an_agent_that_has_stopped_is_restarted(document: dict[str, Any], host: Host) -> None:
    code, said, asked = host.runs(script_of(document["Content"]))

    assert (code, said) == (0, ("agent-up",))
    assert [line for line in asked if "restart" in line] == ["systemctl restart ecs"]


def test_where_docker_hangs_nothing_else_is_touched(document: dict[str, Any], host: Host) -> None:
    host.has("docker", f"exec {shutil.which('sleep')} 60")

    code, said, asked = host.runs(script_of(document["Content"]))

    assert (code, said) == (1, ("docker-hangs",))
    assert not [line for line in asked if line.startswith("systemctl")]


@pytest.mark.parametrize("body", ["exit 1", None])
def test_where_docker_does_not_run_nothing_else_is_touched(
    document: dict[str, Any], host: Host, body: str | None
) -> None:
    if body:
        host.has("docker", body)
    else:
        (host.folder / "docker").unlink()

    code, said, asked = host.runs(script_of(document["Content"]))

    assert (code, said) == (1, ("docker-stopped",))
    assert not [line for line in asked if line.startswith("systemctl")]


def test_a_full_disk_is_said_and_the_agent_restarted_all_the_same(document: dict[str, Any], host: Host) -> None:
    host.has("df", DF.format(used=100))

    assert host.runs(script_of(document["Content"]))[:2] == (0, ("disk-full", "agent-up"))


def test_an_agent_that_ends_for_good_is_told_from_one_that_is_silent(document: dict[str, Any], host: Host) -> None:
    host.has("curl", "exit 7")
    silent = host.runs(script_of(document["Content"]))
    host.has("systemctl", '[ "$1" = show ] && echo ExecMainStatus=5; exit 0')

    assert silent[:2] == (1, ("agent-silent",))
    assert host.runs(script_of(document["Content"]))[:2] == (1, ("exit-5", "agent-silent"))


def test_a_host_without_the_service_is_left_alone(document: dict[str, Any], host: Host) -> None:
    host.has("systemctl", '[ "$1" != cat ]')

    code, said, asked = host.runs(script_of(document["Content"]))

    assert (code, said) == (1, ("no-agent",))
    assert not [line for line in asked if "restart" in line]


@pytest.mark.parametrize(
    ("illness", "said", "restarted"),
    [
        ("stopped", ("agent-up",), True),
        ("no-route", ("agent-up",), True),
        ("disk-full", ("disk-full", "agent-silent"), True),
        ("exit-5", ("exit-5", "agent-silent"), True),
        ("docker-stopped", ("docker-stopped",), False),
        ("docker-hangs", ("docker-hangs",), False),
    ],
)
def test_the_local_world_plays_each_illness(
    document: dict[str, Any], illness: str, said: tuple[str, ...], restarted: bool
) -> None:
    found = play(document["Content"], illness)

    assert (read(found.output), found.restarted, found.code == 0) == (said, restarted, said == ("agent-up",))


def test_each_illness_of_the_local_world_is_played_here() -> None:
    (marks,) = [mark for mark in test_the_local_world_plays_each_illness.pytestmark if mark.name == "parametrize"]

    assert {case[0] for case in marks.args[1]} == set(ILLNESSES)
