"""The accounts and Regions of the local organization, as data."""

from dataclasses import dataclass

ORGANIZATION = "o-coastguard1"
ROOT = "r-root"
MEMBERS_UNIT = "ou-root-members1"
HUB_REGION = "eu-west-1"
REGIONS = ("eu-west-1", "us-east-1")


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the organization and the alias people know it by."""

    id: str
    alias: str


HUB = Account("111122223333", "hub")
MEMBERS = (
    Account("222233334444", "payments"),
    Account("333344445555", "search"),
    Account("444455556666", "media"),
)
ACCOUNTS = (HUB, *MEMBERS)


def organization_of(account_id: str) -> str | None:
    """Return the organization an account belongs to, None for a stranger."""
    return ORGANIZATION if any(account.id == account_id for account in ACCOUNTS) else None


def accounts_under(unit: str) -> tuple[str, ...]:
    """Return the accounts that a service-managed StackSet reaches by naming a root or an organizational unit.

    The hub is the management account here, and those StackSets never deploy to it.
    """
    if unit in {ROOT, MEMBERS_UNIT}:
        return tuple(account.id for account in MEMBERS)
    raise ValueError(f"The organization has no unit {unit}: it has {ROOT} and {MEMBERS_UNIT}.")
