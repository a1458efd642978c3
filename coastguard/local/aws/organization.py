"""The accounts of the local organization: the hub, which manages it, and the members that a layout names."""

from dataclasses import dataclass

ORGANIZATION = "o-coastguard1"
ROOT = "r-root"
MEMBERS_UNIT = "ou-root-members1"
HUB_REGION = "eu-west-1"


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the organization and the alias people know it by."""

    id: str
    alias: str


HUB = Account("111122223333", "hub")


@dataclass(frozen=True, slots=True)
class Organization:
    """The hub and its members, all of them in one organizational unit."""

    members: tuple[Account, ...]

    @property
    def accounts(self) -> tuple[Account, ...]:
        """All accounts, the hub first."""
        return (HUB, *self.members)

    def id_of(self, account_id: str) -> str | None:
        """Return the organization an account belongs to, None for a stranger."""
        return ORGANIZATION if any(account.id == account_id for account in self.accounts) else None

    def accounts_under(self, unit: str) -> tuple[str, ...]:
        """Return the accounts that a service-managed StackSet reaches by naming a root or an organizational unit.

        The hub is the management account here, and those StackSets never deploy to it.
        """
        if unit in {ROOT, MEMBERS_UNIT}:
            return tuple(account.id for account in self.members)
        raise ValueError(f"The organization has no unit {unit}: it has {ROOT} and {MEMBERS_UNIT}.")
