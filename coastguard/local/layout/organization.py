"""The accounts of the local organization: the hub, which manages it, and the members that a layout names.

root ──▶ hub
  └────▶ workloads ──▶ members that are not for production
              └──────▶ prod ──▶ those that are
"""

from dataclasses import dataclass

ORGANIZATION = "o-coastguard1"
ROOT = "r-root"
HUB_REGION = "eu-west-1"


@dataclass(frozen=True, slots=True)
class Unit:
    """An organizational unit, and what it is in."""

    id: str
    name: str
    parent: str


WORKLOADS = Unit("ou-root-workloads", "workloads", ROOT)
PROD = Unit("ou-root-production", "prod", WORKLOADS.id)
UNITS = (WORKLOADS, PROD)


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the organization: the alias people know it by, which is its name, its unit and its tags."""

    id: str
    alias: str
    unit: str = PROD.id
    tags: tuple[tuple[str, str], ...] = ()


HUB = Account("111122223333", "hub", ROOT)


@dataclass(frozen=True, slots=True)
class Organization:
    """The hub and its members."""

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
        if unit not in {ROOT, *(known.id for known in UNITS)}:
            raise ValueError(
                f"The organization has no unit {unit}: it has {ROOT}, {', '.join(known.id for known in UNITS)}."
            )
        return tuple(member.id for member in self.members if unit in lineage(member.unit))


def lineage(unit: str) -> tuple[str, ...]:
    """Name a unit and all that it is in, up to the root."""
    parents = {known.id: known.parent for known in UNITS}
    line = [unit]
    while line[-1] in parents:
        line.append(parents[line[-1]])
    return tuple(line)
