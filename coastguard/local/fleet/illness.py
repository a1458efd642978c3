"""Illnesses: what may be wrong with an unplugged agent's host, and what Coastguard's own document finds there.

The steps are not played: the script of the document runs as it is, by a shell that finds nothing but stand-ins for what
it would ask on a host (docker, systemctl, curl, df), each of which answers as on a host with that illness.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STOPPED = "stopped"

ILLNESSES: Mapping[str, str] = {
    STOPPED: "the agent has stopped, and can be started again",
    "disk-full": "a disk is full",
    "docker-stopped": "Docker does not run",
    "docker-hangs": "Docker hangs",
    "exit-5": "the agent ends with exit code 5, for good",
    "no-route": "the agent runs, but there is no route to ECS",
}
"""What may be wrong, by name. Only the first is cured by a restart of the agent."""

_STEP_SECONDS = 30

# What a script may ask, and what it is told; $ILLNESS is the host's, $HOME a folder of this run alone.
_STAND_INS: Mapping[str, str] = {
    "docker": '[ "$ILLNESS" != docker-stopped ]',
    # Nobody has to wait for what hangs: it is known how that ends.
    "timeout": '[ "$1" = -k ] && shift 2; shift; [ "$ILLNESS $1" = "docker-hangs docker" ] && exit 124; "$@"',
    "systemctl": """case "$1" in
restart) : > "$HOME/restarted" ;;
show) if [ "$ILLNESS" = exit-5 ]; then echo ExecMainStatus=5; else echo ExecMainStatus=0; fi ;;
esac""",
    "curl": '[ -e "$HOME/restarted" ] || exit 7; case "$ILLNESS" in stopped|no-route) exit 0 ;; *) exit 7 ;; esac',
    "df": 'used=41; [ "$ILLNESS" = disk-full ] && used=100; echo Capacity; echo "/dev/disk 100 $used 0 $used% $2"',
    "sleep": "exit 0",
}
_TOOLS = ("awk",)


@dataclass(frozen=True, slots=True)
class Findings:
    """How a script ended, what it has printed, and whether it has restarted the agent."""

    code: int
    output: str
    restarted: bool


def script_of(content: Mapping[str, Any]) -> str:
    """Return what a document's step for Linux runs. ValueError if it has none."""
    for step in content["mainSteps"]:
        if step.get("precondition", {}).get("StringEquals") == ["platformType", "Linux"]:
            return "\n".join(step["inputs"]["runCommand"])
    raise ValueError("The document has no step for Linux.")


def play(content: Mapping[str, Any], illness: str) -> Findings:
    """Run a document's step for Linux on a host with that illness."""
    shell, tools = shutil.which("sh"), {tool: shutil.which(tool) for tool in _TOOLS}
    if shell is None or None in tools.values():
        raise ValueError(f"The local world needs sh and {', '.join(tools)} to play what runs on a host.")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for name, body in _STAND_INS.items():
            (home / name).write_text(f"#!{shell}\n{body}\n")
            (home / name).chmod(0o755)
        for tool, there in tools.items():
            (home / tool).symlink_to(str(there))
        done = subprocess.run(  # noqa: S603 - the script is our own document's
            [shell, "-c", script_of(content)],
            env={"PATH": folder, "HOME": folder, "ILLNESS": illness},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_STEP_SECONDS,
            check=False,
        )
        return Findings(done.returncode, done.stdout, (home / "restarted").exists())
