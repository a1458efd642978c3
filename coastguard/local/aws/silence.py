"""Silence: a member Region whose ECS, EC2, Auto Scaling and Systems Manager take calls and do not answer."""

import asyncio
from contextlib import suppress

# Nobody's client waits for so long.
_LONGEST_SECONDS = 120


class Silence:
    """The Regions that are silent just now, each as (account, Region), with what ends their silence."""

    def __init__(self) -> None:
        self._silent: dict[tuple[str, str], asyncio.Event] = {}

    def keep(self, account: str, region: str, *, silent: bool) -> None:
        """Let a Region fall silent, or answer again."""
        if silent:
            self._silent.setdefault((account, region), asyncio.Event())
        elif over := self._silent.pop((account, region), None):
            over.set()

    async def swallows(self, account: str, region: str) -> bool:
        """Wait while the Region is silent; whether it was, so that the call is lost."""
        over = self._silent.get((account, region))
        if over is None:
            return False
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), _LONGEST_SECONDS)
        return True
