"""What the organization says of its accounts, and the table's word on them: names, units, tags, and at what price."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from hub.notify.account_cache import ACCOUNTS_KEPT, AccountCache
from hub.scopes.account import Account
from hub.sweeping import organization
from hub.sweeping.account_sync import CALLS_A_ROUND, AccountSync
from hub.sweeping.organization import PERMISSIONS, Organization
from hub.table.store import Store
from tests.hub.faults import Faults
from tests.hub.stack import create_table
from tests.hub.timing import Clock
from tests.spoke.fleet import ACCOUNT
from tests.wire.organization import ROOT, Enrolled
from tests.wire.organization import Organization as OnTheWire

HUB = "123456789012"
OTHER = "333344445555"
LISTS = {
    "ListAccounts",
    "ListRoots",
    "ListAccountsForParent",
    "ListOrganizationalUnitsForParent",
    "ListTagsForResource",
}


@dataclass
class Office:
    """The organization's own people, and a sync that reads what they do."""

    truth: OnTheWire
    client: Any
    store: Store
    clock: Clock
    faults: Faults
    dynamodb: Any
    calls: Counter[str] = field(default_factory=Counter)
    counted: Counter[str] = field(default_factory=Counter)
    paced: int = 0

    def sync(self) -> AccountSync:
        """One that remembers nothing."""
        return AccountSync(self.organization(), self.store, self.clock, self.count)

    def organization(self) -> Organization:
        return Organization(self.client, self.clock, self.pace)

    def count(self, name: str, number: int) -> None:
        self.counted[name] += number

    def pace(self) -> None:
        self.paced += 1

    def unit(self, parent: str, name: str) -> str:
        return self.truth.unit(parent, name)

    def move(self, account: str, unit: str) -> None:
        self.truth.accounts[account].unit = unit

    def enroll(self, account: str, name: str) -> None:
        self.truth.accounts[account] = Enrolled(name)

    def leave(self, account: str) -> None:
        self.truth.accounts[account].state = "CLOSED"

    def tag(self, account: str, **tags: str) -> None:
        self.truth.accounts[account].tags |= tags

    def called(self) -> Counter[str]:
        """What has been called of the organization since the last time somebody asked."""
        called = Counter({name: number for name, number in self.calls.items() if name in LISTS})
        self.calls.clear()
        return called


@pytest.fixture
def office(
    organization: OnTheWire, client_of: Callable[[str], Any], store: Store, clock: Clock, dynamodb: Any
) -> Iterator[Office]:
    faults, calls = Faults(), Counter[str]()

    def noted(model: Any, **_: object) -> None:
        calls[model.name] += 1

    client = client_of("organizations")
    events = client.meta.events
    events.register("before-call.organizations.*", noted)
    events.register("before-call.organizations.*", faults)
    yield Office(organization, client, store, clock, faults, dynamodb, calls)
    events.unregister("before-call.organizations.*", faults)
    events.unregister("before-call.organizations.*", noted)


# What is known of an account


def test_names_units_and_tags_are_known(office: Office) -> None:
    workloads = office.unit(ROOT, "workloads")
    prod = office.unit(workloads, "prod")
    office.move(ACCOUNT, prod)
    office.tag(ACCOUNT, team="payments", environment="prod")

    office.sync().keep([ACCOUNT])

    tags = (("environment", "prod"), ("team", "payments"))
    assert office.store.accounts()[ACCOUNT] == Account(ACCOUNT, "payments", (workloads, prod), tags)
    assert office.store.accounts()[HUB].units == ()
    assert office.counted == {}


def test_units_are_walked_as_deep_as_aws_nests_them(office: Office) -> None:
    units = [ROOT]
    for depth in range(5):
        units.append(office.unit(units[-1], f"level-{depth}"))
    office.move(ACCOUNT, units[-1])

    office.sync().keep()

    assert office.store.accounts()[ACCOUNT].units == tuple(units[1:])


def test_tags_are_read_only_of_those_whose_turn_it_is(office: Office) -> None:
    office.enroll(OTHER, "search")
    for account in (ACCOUNT, OTHER):
        office.tag(account, team="a")

    office.sync().keep([OTHER])

    known = office.store.accounts()
    assert (known[ACCOUNT].tags, known[OTHER].tags) == ((), (("team", "a"),))
    office.sync().keep([])
    assert office.store.accounts() == known


def test_an_account_that_has_left_is_soon_known_no_more_and_one_that_comes_back_is(office: Office) -> None:
    office.enroll(OTHER, "search")
    kept = office.sync()
    kept.keep()
    assert OTHER in office.store.accounts()

    office.leave(OTHER)
    for _ in range(2):
        office.clock.forward(minutes=10)
        kept.keep()
        assert OTHER in office.store.accounts()
    office.clock.forward(minutes=10)
    kept.keep()
    assert set(office.store.accounts()) == {HUB, ACCOUNT}
    row = office.dynamodb.get_item(TableName="coastguard", Key={"pk": {"S": "account"}, "sk": {"S": OTHER}})["Item"]
    assert int(row["expires"]["N"]) == office.clock.seconds()

    office.truth.accounts[OTHER].state = "ACTIVE"
    office.clock.forward(minutes=10)
    kept.keep()
    assert OTHER in office.store.accounts()


def test_the_row_of_an_account_knows_no_version_and_its_last_word_counts(office: Office) -> None:
    for name in ("a", "b", "a"):
        office.store.keep_accounts([Account(ACCOUNT, name)], now=office.clock())

    assert office.store.accounts() == {ACCOUNT: Account(ACCOUNT, "a")}


# At what price


def test_a_quiet_organization_costs_no_write_and_next_to_no_calls(office: Office, store: Store) -> None:
    office.tag(ACCOUNT, team="payments")
    kept = office.sync()
    kept.keep([ACCOUNT])
    before = dict(office.called())
    assert before == {
        "ListAccounts": 1,
        "ListRoots": 1,
        "ListAccountsForParent": 1,
        "ListOrganizationalUnitsForParent": 1,
        "ListTagsForResource": 1,
    }
    writes: list[object] = []
    store._write = writes.append  # type: ignore[method-assign,assignment]
    try:
        for _ in range(9):
            office.clock.forward(minutes=1)
            kept.keep([ACCOUNT])
        assert office.called() == {}
        office.clock.forward(minutes=1)
        kept.keep([ACCOUNT])
        office.sync().keep([ACCOUNT])
    finally:
        del store._write

    assert office.called()["ListTagsForResource"] == 1
    assert writes == []


def test_calls_grow_with_units_and_not_with_accounts(office: Office) -> None:
    for number in range(15):
        office.enroll(f"{444455556666 + number}", f"team-{number}")
    office.called()

    office.sync().keep()

    assert office.called().total() == 4


def test_a_round_makes_so_many_calls_and_the_next_ones_go_on(office: Office) -> None:
    units = [office.unit(ROOT, f"unit-{number}") for number in range(40)]
    office.move(ACCOUNT, units[-1])
    office.tag(ACCOUNT, team="payments")
    kept = office.sync()
    office.called()

    rounds = []
    for _ in range(4):
        kept.keep([ACCOUNT])
        rounds.append(office.called() - Counter({"ListAccounts": 1}))
        office.clock.forward(minutes=1)

    # The root, its accounts and two pages of units, then each unit's accounts and units; then the tags have their turn.
    assert [made.total() for made in rounds] == [CALLS_A_ROUND, CALLS_A_ROUND, 4 + 80 + 1 - 2 * CALLS_A_ROUND, 0]
    assert office.paced == 4 + 80 + 1
    assert office.store.accounts()[ACCOUNT] == Account(ACCOUNT, "payments", (units[-1],), (("team", "payments"),))


def test_until_the_units_are_read_what_was_known_of_them_stands(office: Office) -> None:
    office.store.keep_accounts([Account(ACCOUNT, "old name", ("ou-1",), (("a", "b"),))], now=office.clock())
    for number in range(CALLS_A_ROUND):
        office.unit(ROOT, f"unit-{number}")

    office.sync().keep()

    assert office.store.accounts()[ACCOUNT] == Account(ACCOUNT, "payments", ("ou-1",), (("a", "b"),))


def test_who_is_not_found_in_any_unit_keeps_what_was_known_of_its_units(office: Office) -> None:
    """Somebody moves it while the units are read, say, or it has joined since."""
    office.move(ACCOUNT, office.unit(ROOT, "prod"))
    kept = office.sync()
    kept.keep()
    before = office.store.accounts()[ACCOUNT]
    office.move(ACCOUNT, "ou-between")
    office.clock.forward(minutes=10)

    kept.keep()

    assert office.store.accounts()[ACCOUNT] == before
    assert len(before.units) == 1


def test_a_round_reads_so_many_tags_and_first_of_those_that_nobody_has_read(office: Office) -> None:
    accounts = [f"{444455556666 + number}" for number in range(2 * CALLS_A_ROUND)]
    for account in accounts:
        office.enroll(account, account)
    known = set(accounts[:5])
    kept = office.sync()
    kept.keep(known)
    for account in accounts:
        office.tag(account, new="tag")
    office.clock.forward(minutes=59)
    kept.keep()  # so that the units are known
    office.clock.forward(minutes=1)
    office.called()

    kept.keep(accounts)

    assert office.called() == {"ListTagsForResource": CALLS_A_ROUND}
    tagged = {account.id for account in office.store.accounts().values() if account.tags}
    assert len(tagged) == CALLS_A_ROUND
    assert not tagged & known
    office.clock.forward(hours=1)
    kept.keep()
    kept.keep(accounts)
    # Those that are still unread, then those that were read longest ago.
    assert {account.id for account in office.store.accounts().values() if account.tags} == set(accounts)


# What goes wrong


@pytest.mark.parametrize("operation", ["ListRoots", "ListAccountsForParent", "ListOrganizationalUnitsForParent"])
@pytest.mark.parametrize("code", ["AccessDeniedException", "TooManyRequestsException", "ParentNotFoundException"])
def test_units_that_cannot_be_read_cost_nothing_but_themselves(
    office: Office, operation: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    office.tag(ACCOUNT, team="payments")
    office.move(ACCOUNT, office.unit(ROOT, "prod"))
    office.faults.fail(f"organizations:{operation}", code)
    kept = office.sync()

    kept.keep([ACCOUNT])

    assert office.store.accounts()[ACCOUNT] == Account(ACCOUNT, "payments", (), (("team", "payments"),), ("units",))
    assert office.counted == {"untold": 1}
    (line,) = [each for each in caplog.records if each.getMessage() == "organization.unreadable"]
    assert (line.__dict__["what"], line.__dict__["reason"]) == ("units", code)
    office.faults.mend()
    kept.keep([ACCOUNT])
    assert len(office.store.accounts()[ACCOUNT].units) == 1
    assert office.store.accounts()[ACCOUNT].unread == ()


@pytest.mark.parametrize("silent", [False, True], ids=["refused", "silent"])
def test_tags_that_cannot_be_read_cost_nothing_but_themselves(office: Office, silent: bool) -> None:
    office.enroll(OTHER, "search")
    kept = office.sync()
    office.tag(ACCOUNT, team="payments")
    kept.keep([ACCOUNT])
    tags = "organizations:ListTagsForResource"
    if silent:
        office.faults.interrupt(tags, ConnectTimeoutError(endpoint_url="https://organizations"))
    else:
        office.faults.fail(tags, "AccessDeniedException")
    office.clock.forward(hours=2)
    office.called()

    kept.keep([ACCOUNT, OTHER])

    assert office.called()["ListTagsForResource"] == 1
    assert office.counted == {"untold": 1}
    assert office.store.accounts()[ACCOUNT].tags == (("team", "payments"),)


def test_a_table_that_cannot_be_written_costs_nothing_but_its_rows(
    office: Office, store: Store, dynamodb: Any, caplog: pytest.LogCaptureFixture
) -> None:
    dynamodb.delete_table(TableName="coastguard")
    kept = office.sync()

    kept.keep()

    assert office.counted == {"unwritten": 1}
    assert "accounts.unwritten" in [each.getMessage() for each in caplog.records]
    create_table(dynamodb)
    kept.keep()
    assert ACCOUNT in store.accounts()


# The organization's accounts


@pytest.mark.parametrize(
    ("raw", "active"),
    [
        pytest.param({"State": "ACTIVE", "Status": "ACTIVE"}, True, id="both say so"),
        pytest.param({"State": "ACTIVE"}, True, id="State"),
        pytest.param({"Status": "ACTIVE"}, True, id="Status, as it was before"),
        pytest.param({"State": "CLOSED", "Status": "ACTIVE"}, False, id="State counts"),
        pytest.param({"State": "PENDING_ACTIVATION"}, False, id="not yet"),
        pytest.param({"Status": "SUSPENDED"}, False, id="suspended"),
        pytest.param({}, False, id="nobody says"),
    ],
)
def test_which_accounts_are_active(raw: dict[str, str], active: bool) -> None:
    assert organization._is_active(raw) is active


def test_the_accounts_are_read_page_by_page_and_kept_for_ten_minutes(office: Office) -> None:
    registered = office.sync()
    for number in range(25):
        office.enroll(f"{444455556666 + number}", f"team-{number}")
    before = registered.accounts()
    assert len(before) == 27
    assert before == sorted(before)
    office.enroll(OTHER, "search")

    office.clock.forward(seconds=599)
    assert registered.accounts() == before
    office.clock.forward(seconds=1)

    assert set(registered.accounts()) - set(before) == {OTHER}


def test_an_organization_that_cannot_be_read_is_an_error(office: Office) -> None:
    office.faults.fail("organizations:ListAccounts", "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        office.sync().accounts()


def test_what_is_called_is_what_is_declared(office: Office) -> None:
    office.sync().keep([ACCOUNT])

    assert sorted(f"organizations:{name}" for name in office.called()) == list(PERMISSIONS)


# Who reads it


def test_an_account_is_known_for_five_minutes_without_asking_again(office: Office) -> None:
    known = AccountCache(office.store, office.clock)
    office.store.keep_accounts([Account(ACCOUNT, "before")], now=office.clock())
    assert known.of(ACCOUNT).name == "before"
    office.sync().keep()

    office.clock.forward(seconds=ACCOUNTS_KEPT.total_seconds() - 1)
    assert known.of(ACCOUNT).name == "before"
    office.clock.forward(seconds=1)

    assert known.of(ACCOUNT).name == "payments"
    assert known.everyone().keys() == {HUB, ACCOUNT}
    assert known.of(OTHER) == Account(OTHER)


def test_until_an_account_is_known_at_all_it_is_asked_again_soon(office: Office) -> None:
    known = AccountCache(office.store, office.clock)
    assert known.of(ACCOUNT) == Account(ACCOUNT)
    office.sync().keep()

    assert known.of(ACCOUNT) == Account(ACCOUNT)
    office.clock.forward(seconds=30)

    assert known.of(ACCOUNT).name == "payments"


def test_a_table_that_cannot_be_read_costs_nothing_but_the_names(
    office: Office, dynamodb: Any, caplog: pytest.LogCaptureFixture
) -> None:
    office.sync().keep()
    known, new = (AccountCache(office.store, office.clock) for _ in range(2))
    assert known.of(ACCOUNT).name == "payments"
    dynamodb.delete_table(TableName="coastguard")
    office.clock.forward(seconds=ACCOUNTS_KEPT.total_seconds())

    for _ in range(3):
        assert known.of(ACCOUNT).name == "payments"
        assert new.of(ACCOUNT) == Account(ACCOUNT)

    # Each asks once, and not for every look.
    assert [each.getMessage() for each in caplog.records].count("accounts.unreadable") == 2
    office.clock.forward(seconds=30)
    assert new.of(ACCOUNT) == Account(ACCOUNT)
    assert [each.getMessage() for each in caplog.records].count("accounts.unreadable") == 3
