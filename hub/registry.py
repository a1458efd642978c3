"""The registry: which member accounts the organization has."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

_KEPT = timedelta(minutes=10)


class Registry:
    """Reads the organization's active accounts, and keeps them for some minutes.

    `organizations` is a boto3 client. AWS lets the management account read them, and a delegated administrator.
    """

    def __init__(self, organizations: Any, clock: Callable[[], datetime]) -> None:  # noqa: ANN401  # boto3 has no types
        self._organizations = organizations
        self._clock = clock
        self._kept: tuple[datetime, list[str]] | None = None

    def accounts(self) -> list[str]:
        """Name the active accounts, in an order that does not change."""
        now = self._clock()
        if self._kept is None or now - self._kept[0] >= _KEPT:
            pages = self._organizations.get_paginator("list_accounts").paginate()
            self._kept = (now, sorted(raw["Id"] for page in pages for raw in page["Accounts"] if _is_active(raw)))
        return self._kept[1]


def _is_active(raw: dict[str, str]) -> bool:
    """Whether the account can have anything in it. `State` has taken the place of `Status` in September 2026."""
    return raw.get("State", raw.get("Status")) == "ACTIVE"
