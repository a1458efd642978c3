"""What every command prints to, and how each ends: known errors in one line, and nothing left behind."""

import json
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from coastguard.audit import AuditError
from coastguard.deploy import DeployError
from coastguard.local.aws_process import WorldError
from coastguard.local.rehearsals.stage import BrokenError
from coastguard.package import PackagingError
from coastguard.redrive import RedriveError

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

out = Console(highlight=False, soft_wrap=True)
aside = Console(highlight=False, soft_wrap=True, stderr=True)


def session() -> boto3.Session:
    """Make the operator's session; raises DeployError if no Region is chosen."""
    made = boto3.Session()
    if not made.region_name:
        raise DeployError("No Region is chosen for the hub: set AWS_DEFAULT_REGION or `region` in your AWS profile.")
    return made


@contextmanager
def tidy(screen: Console = out) -> Iterator[None]:
    """Let what was begun be removed when we are told to stop, and turn known errors into one line."""

    def stop(_signal: int, _frame: object) -> None:
        # Once is enough: terminals and `make` tell us more than once, and the clearing away must not be cut off.
        for number in _STOPS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in _STOPS:
        signal.signal(number, stop)
    try:
        yield
    except KeyboardInterrupt:
        screen.print("Stopped; nothing is left behind.")
        raise typer.Exit(130) from None
    except (DeployError, PackagingError, WorldError, RedriveError, AuditError) as error:
        screen.print(Text(f"Failed: {error}", style="red"))
        raise typer.Exit(1) from None
    except BrokenError as error:
        screen.print(Text(f"Broken: {error}", style="red"))
        raise typer.Exit(1) from None
    except (BotoCoreError, ClientError) as error:
        screen.print(
            Text(f"AWS refused: {error}. Which account and Region: `aws sts get-caller-identity`.", style="red")
        )
        raise typer.Exit(1) from None


def progress(screen: Console = out) -> Callable[[str], None]:
    """Print each step with the seconds since the first."""
    begun = time.monotonic()
    return lambda text: screen.print(Text(f"{time.monotonic() - begun:6.1f} s  {text}", style="dim"))


def say_json(told: Mapping[str, Any]) -> None:
    """Write an object as one line to the standard output; whatever is not ASCII in it is escaped."""
    typer.echo(json.dumps(told))
