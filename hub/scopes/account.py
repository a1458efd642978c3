"""Accounts: what the organization says of them. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the organization; one that nobody could read up has its id alone.

    `units` are the ids of the organizational units it is in, outermost first, the root left out; `tags` its tags as
    pairs of key and value; `unread` names those of these that nobody has read yet: they are empty for that alone.
    """

    id: str
    name: str = ""
    units: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    unread: tuple[str, ...] = ()
