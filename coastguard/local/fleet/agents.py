"""What is wrong with unplugged agents, and how hosts carry out the commands that Systems Manager brings them."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from moto.ssm.models import Command

from coastguard.local.fleet import illness, systems_manager
from coastguard.local.fleet.moto_lock import MOTO

# How long it takes until a host takes a command up, and until a restarted agent is connected.
TAKEN_UP_SECONDS = 0.3
CONNECTS_SECONDS = 1.0

Later = Callable[[float, Callable[[], None]], None]
Back = Callable[[str, str, str], None]


class Agents:
    """The illness of each host whose agent was unplugged. `back(account, region, host)` lets an agent connect again.

    Safe to use from any thread.
    """

    def __init__(self, later: Later, back: Back) -> None:
        self._later = later
        self._back = back
        self._ill: dict[str, str] = {}
        self._lock = threading.Lock()

    def fall_ill(self, host: str, name: str) -> None:
        """Let something be wrong with a host. ValueError if there is no such illness."""
        if name not in illness.ILLNESSES:
            raise ValueError(f"There is no illness {name}: there are {', '.join(illness.ILLNESSES)}.")
        with self._lock:
            self._ill[host] = name

    def recover(self, host: str) -> None:
        """Let nothing be wrong with a host."""
        with self._lock:
            self._ill.pop(host, None)

    def told(self) -> Mapping[str, str]:
        """Return the illness of each host that has one."""
        with self._lock:
            return dict(self._ill)

    def take(self, account: str, region: str, command: Command, content: Mapping[str, Any]) -> None:
        """Let the host of a command carry it out, if Systems Manager reaches it."""
        (host,) = command.instance_ids
        if systems_manager.PINGS.get(host, "Online") == "Online":
            self._later(TAKEN_UP_SECONDS, lambda: self._carry_out(account, region, host, command, content))

    def _carry_out(self, account: str, region: str, host: str, command: Command, content: Mapping[str, Any]) -> None:
        with MOTO:
            systems_manager.begin(command)
        wrong = self.told().get(host, illness.STOPPED)
        found = illness.play(content, wrong)
        with MOTO:
            systems_manager.end(command, "Failed" if found.code else "Success", found.code, found.output)
        if found.restarted and wrong == illness.STOPPED:
            self.recover(host)
            self._later(CONNECTS_SECONDS, lambda: self._back(account, region, host))
