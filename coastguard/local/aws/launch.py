"""How the embedded AWS is asked to start: the JSON argument, and the environment that follows from it."""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

from coastguard.local.layout.layouts import DEMO, LAYOUTS
from coastguard.local.layout.organization import HUB, HUB_REGION

# What a process needs to run at all. Everything else of the developer's (profiles, proxies, PYTHONPATH) stays outside,
# because MiniStack hands its own environment on to the Lambda functions.
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Launch:
    """One start of the embedded AWS.

    `folder` must be empty or absent: everything in it is the embedded AWS's own and goes when it ends.
    `layout` names one of LAYOUTS. `boot_seconds` is how long a new instance of an Auto Scaling group takes until its
    ECS agent registers.
    """

    folder: Path
    layout: str = DEMO.name
    port: int = 0
    auth: bool = True
    boot_seconds: float = 3.0

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the JSON argument; ValueError tells what is wrong with it."""
        try:
            given = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"The argument is no JSON: {error}.") from error
        if not isinstance(given, dict) or not given.get("folder"):
            raise ValueError('The argument must be a JSON object with at least a "folder".')
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(given) - known):
            raise ValueError(f"Unknown settings {', '.join(unknown)}: the known ones are {', '.join(sorted(known))}.")
        if given.get("layout", DEMO.name) not in LAYOUTS:
            raise ValueError(f"There is no layout {given['layout']}: there are {', '.join(LAYOUTS)}.")
        return cls(**{**given, "folder": Path(given["folder"]).resolve()})

    @property
    def log(self) -> Path:
        """Where MiniStack's and moto's output goes."""
        return self.folder / "aws.log"


def claim_folder(folder: Path) -> None:
    """Make the folder ours; ValueError if it holds something, since it is removed at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ValueError(f"{folder} is not empty. Name an empty folder: it is removed when the embedded AWS ends.")


def release_folder(folder: Path) -> None:
    """Remove the folder with everything in it."""
    shutil.rmtree(folder, ignore_errors=True)


def environment(launch: Launch, port: int, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment in which MiniStack and the Lambda workers run."""
    folder = str(launch.folder)
    return {
        **{name: inherited[name] for name in KEPT_VARIABLES if name in inherited},
        "HOME": folder,
        "TMPDIR": folder,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AUTH": "true" if launch.auth else "false",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": HUB.id,
        "MINISTACK_REGION": HUB_REGION,
        "STATE_DIR": f"{folder}/state",
        "S3_DATA_DIR": f"{folder}/s3",
        "LAMBDA_EXECUTOR": "local",
        # A Docker daemon on the developer's machine is none of our business, nor are further ports.
        "DOCKER_HOST": f"unix://{folder}/no-docker.sock",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # The fleet names its AMI literally; reading moto's list of them takes seconds.
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    }


def enter_environment(variables: Mapping[str, str]) -> None:
    """Replace this process's environment. To be called before MiniStack is imported, which reads it then."""
    os.environ.clear()
    os.environ.update(variables)
    tempfile.tempdir = variables["TMPDIR"]
