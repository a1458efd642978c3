"""The policies of a simulation, and what each of them allows: so few that a promise can be held to them."""

from dataclasses import dataclass
from datetime import timedelta

from tests.hub.factories import ALICE, BOB
from tests.simulation.fleet import ACCOUNTS

_B = f'where = {{ account = "{ACCOUNTS["B"]}" }}'


@dataclass(frozen=True)
class Policy:
    """Who may do what, in which accounts somebody else has to agree, and how many terminations an hour there may be.

    One that is not `good` changes nothing.
    """

    text: str | None
    may: frozenset[str] = frozenset({ALICE, BOB})
    approved_in: frozenset[str] = frozenset({ACCOUNTS["B"]})
    most: int | None = None
    good: bool = True


def _rights(*who: str) -> str:
    return f'[[rights]]\nwho = {list(who)}\nmay = "*"\n'.replace("'", '"')


def _approvals(where: str = "") -> str:
    return f'[[approvals]]\n{where}\nremedy = "terminate"\nexpires = "1h"\n'


def _cap(most: int) -> str:
    return f'[[caps]]\nremedy = "terminate"\nmost = {most}\nper = "1h"\n'


REMINDS = timedelta(minutes=30)
# In each of them, for reminders to keep their times whatever changes.
REMINDERS = '[reminders]\nafter = "30m"\n'
USUAL = REMINDERS + _rights(ALICE, BOB) + _approvals(_B)
POLICIES = {
    # In account B, somebody else has to agree to a termination.
    "usual": Policy(USUAL),
    "approvals everywhere": Policy(
        REMINDERS + _rights(ALICE, BOB) + _approvals(), approved_in=frozenset(ACCOUNTS.values())
    ),
    "approvals nowhere": Policy(REMINDERS + _rights(ALICE, BOB), approved_in=frozenset()),
    "Bob may nothing": Policy(REMINDERS + _rights(ALICE) + _approvals(_B), may=frozenset({ALICE})),
    "nobody may": Policy(REMINDERS + _rights("U0NOBODY1") + _approvals(_B), may=frozenset()),
    "one an hour": Policy(USUAL + _cap(1), most=1),
    "none at all": Policy(USUAL + _cap(0), most=0),
    "no policy any more": Policy(None, good=False),
    "no TOML": Policy("[[rights", good=False),
}
