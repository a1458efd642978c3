"""A clock for the hub, moto and the local Slack alike; it stands still unless a test moves it."""

from datetime import UTC, datetime, timedelta

import time_machine


class Clock:
    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller

    def __call__(self) -> datetime:
        return datetime.now(UTC)

    def seconds(self) -> float:
        return self().timestamp()

    def forward(self, **span: float) -> None:
        self._traveller.shift(timedelta(**span))
