"""How a policy is read: whatever is written is what comes of it, and whatever is wrong is said at its line."""

from datetime import time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.policy.matching import Match
from hub.policy.parse import LONGEST, read
from hub.policy.policy import Approval, Cap, Policy, Right, Route
from hub.policy.problems import BadPolicy, Problem
from hub.policy.windows import Window
from tests.hub.policy.policies import Writing, writings
from tests.hub.policy.tables import RIGHT, ROUTE, WHERE, WINDOW
from tests.nightly import examples

LINKS = '[links]\nportal = "https://example.awsapps.com/start"\n'

THOROUGH = settings(max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def problems(text: str) -> list[str]:
    with pytest.raises(BadPolicy) as caught:
        read(text)
    return list(map(str, caught.value.problems))


# What is written is what comes of it


@THOROUGH
@given(writings())
def test_a_policy_is_read_as_it_is_written(written: tuple[Policy, Writing]) -> None:
    policy, writing = written

    assert read(writing.text) == policy
    assert read("\ufeff" + writing.text.replace("\n", "\r\n")) == policy


@THOROUGH
@given(writings())
def test_every_table_knows_its_line(written: tuple[Policy, Writing]) -> None:
    writing = written[1]

    policy = read(writing.text)

    tables: dict[str, tuple[Route | Right | Approval | Cap | Window, ...]] = {
        "routes": policy.routes,
        "rights": policy.rights,
        "approvals": policy.approvals,
        "caps": policy.caps,
        "windows": policy.windows,
    }
    for name, entries in tables.items():
        lines = [number for number, line in enumerate(writing.lines, 1) if line == f"[[{name}]]"]
        assert [entry.line for entry in entries] == lines


def test_an_empty_text_is_a_policy_that_changes_nothing() -> None:
    assert read("") == read("# nothing yet\n") == Policy()


def test_a_whole_policy() -> None:
    text = """
[aliases]
payments = "222233334444"

[[routes]]
where = { account = "Payments", cluster = ["prod-*", "live"] }
channel = "C0PAYMENTS"

[[rights]]
who = "S0PAYMENTS"
may = ["acknowledge", "repair"]

[[approvals]]
environment = "prod"
more_than = "20%"

[[caps]]
remedy = "terminate"
most = 3
per = "1h30m"

[[windows]]
days = ["sunday", "monday"]
start = 02:00:00
length = "2h"
zone = "Europe/Paris"
"""
    assert read(text) == Policy(
        routes=(Route(Match(account=("222233334444",), cluster=("prod-*", "live")), channel="C0PAYMENTS"),),
        rights=(Right(("S0PAYMENTS",), ("acknowledge", "repair")),),
        approvals=(Approval(environments=("prod",), more_than_share=0.2),),
        caps=(Cap(3, timedelta(minutes=90), remedies=("terminate",)),),
        windows=(Window((0, 6), time(2), timedelta(hours=2), "Europe/Paris"),),
        aliases=(("payments", "222233334444"),),
    )


# What is wrong is said at its line


@THOROUGH
@given(writings(), st.data())
def test_a_wrong_value_is_found_on_its_line(written: tuple[Policy, Writing], data: st.DataObject) -> None:
    lines, values = written[1].lines, written[1].values
    if not values:
        return
    at = data.draw(st.sampled_from(values))
    broken = [*lines[: at - 1], f"{lines[at - 1].partition(' = ')[0]} = 3.5", *lines[at:]]

    with pytest.raises(BadPolicy) as caught:
        read("\n".join(broken))

    assert [problem.line for problem in caught.value.problems] == [at]


@THOROUGH
@given(writings(), st.data())
def test_every_unknown_key_is_found_on_its_line(written: tuple[Policy, Writing], data: st.DataObject) -> None:
    lines, headers = written[1].lines, [h for h in written[1].headers if written[1].lines[h - 1] != "[aliases]"]
    chosen = data.draw(st.sets(st.sampled_from(headers), min_size=1))
    broken: list[str] = []
    wrong: list[int] = []
    for number, line in enumerate(lines, 1):
        broken.append(line)
        if number in chosen:
            broken.append("nonsense = { of = ['somebody'] }")
            wrong.append(len(broken))

    with pytest.raises(BadPolicy) as caught:
        read("\n".join(broken))

    assert [problem.line for problem in caught.value.problems] == wrong
    assert all("'nonsense'" in problem.what for problem in caught.value.problems)


@THOROUGH
@given(writings(), st.data())
def test_what_is_no_toml_is_found_on_its_line(written: tuple[Policy, Writing], data: st.DataObject) -> None:
    lines, headers = written[1].lines, written[1].headers
    at = data.draw(st.sampled_from(headers))
    broken = [*lines[:at], "this is not TOML", *lines[at:]]

    with pytest.raises(BadPolicy) as caught:
        read("\n".join(broken))

    assert [problem.line for problem in caught.value.problems] == [at + 1]
    assert "not TOML" in caught.value.problems[0].what


@settings(max_examples=examples(300), deadline=None)
@given(st.text(max_size=60) | st.text(st.sampled_from("[]{}=\"'\n ,.1arouteshw"), max_size=60))
def test_any_text_is_a_policy_or_a_bad_one(text: str) -> None:
    for problem in wrong_with(text):
        assert 1 <= problem.line <= text.count("\n") + 1
        assert problem.what
        assert problem.remedy


def wrong_with(text: str) -> tuple[Problem, ...]:
    try:
        read(text)
    except BadPolicy as error:
        return error.problems
    return ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("[[route]]", ["line 1: there is no table 'route': did you mean routes?"], id="unknown table"),
        pytest.param("channel = 1", ["line 1: there is no table 'channel': known are routes, rights"], id="a lone key"),
        pytest.param("[routes]", ["line 1: routes is a table: begin each with [[routes]]"], id="single brackets"),
        pytest.param("routes = [1]", ["line 1: routes is a list: begin each with [[routes]]"], id="a list of numbers"),
        pytest.param("[[slack]]", ["line 1: slack is a list: write it as a table, [slack]"], id="double brackets"),
        pytest.param(
            ROUTE + "owner = 1", ["line 2: there is no key 'owner' of routes: did you mean owners?"], id="key"
        ),
        pytest.param(ROUTE + 'channel = "#ops"', ["line 2: channel is '#ops': give a channel's id"], id="channel name"),
        pytest.param(ROUTE + 'channel = ""', ["line 2: channel is '': give it 1 to 200"], id="empty text"),
        pytest.param(ROUTE + "channel = 1979-05-27", ["line 2: channel is a date or time: write"], id="a date"),
        pytest.param(ROUTE + 'owners = "bob@example.com"', ["line 2: owners is 'bob@example.com': give"], id="mail"),
        pytest.param(ROUTE + 'owners = [\n"U0BOB01",\n"<!here>"]', ["line 4: owners is '<!here>'"], id="a mention"),
        pytest.param(ROUTE + "owners = []", ["line 2: owners is an empty list, which fits nothing"], id="no owners"),
        pytest.param(ROUTE + 'sns_topic = "pager"', ["line 2: sns_topic is 'pager': give the ARN"], id="topic"),
        pytest.param(
            ROUTE + 'environment = "Prod!"', ["line 2: environment is 'Prod!': give one word"], id="environment"
        ),
        pytest.param(ROUTE + 'remind_after = "1m"', ["line 2: remind_after is '1m': write it like \"90m\""], id="soon"),
        pytest.param(ROUTE + 'runbook = "wiki"', ["line 2: runbook is 'wiki': give a page's address"], id="runbook"),
        pytest.param(
            ROUTE + 'runbook = "https://wiki.example.com/a|b>"', ["line 2: runbook is 'https://wiki"], id="link's end"
        ),
        pytest.param(
            ROUTE + 'runbook = "javascript:alert(1)"', ["line 2: runbook is 'javascript:alert(1)'"], id="script"
        ),
        pytest.param('[[links]]\nportal = "x"', ["line 1: links is a list: write it as a table, [links]"], id="links"),
        pytest.param(
            '[links]\nrole = "ReadOnlyAccess"', ["line 1: portal is missing in links: give it, like"], id="no portal"
        ),
        pytest.param(
            LINKS.replace("awsapps.com", "awsapps.com.evil.net"), ["line 2: portal is 'https://example"], id="portal"
        ),
        pytest.param(
            LINKS.replace("example.awsapps.com/start", "ssoins-1.portal.mars-1.app.aws"),
            ["as IAM Identity Center's settings show it, like https://example.awsapps.com/start"],
            id="a portal in no Region",
        ),
        pytest.param(
            LINKS.replace("example.awsapps.com/start", "start.eu-west-1.us-gov-home.awsapps.com/directory/d-1"),
            ["like https://example.awsapps.com/start"],
            id="a portal in another partition's Region",
        ),
        pytest.param(
            LINKS.replace("example.awsapps.com/start", "start.home.awsapps.cn.evil.net/directory/d-1"),
            ["like https://example.awsapps.com/start"],
            id="a portal that only looks like one",
        ),
        pytest.param(LINKS + 'role = "a b"', ["line 3: role is 'a b': give a permission set's name"], id="role"),
        pytest.param(
            LINKS + 'log_group = "/ecs/{host}"',
            ["line 3: log_group is '/ecs/{host}': give a log group's name; {account}, {region}, {cluster}, {instance}"],
            id="log group's part",
        ),
        pytest.param(LINKS + 'log_group = "/ecs/<a>"', ["line 3: log_group is '/ecs/<a>'"], id="log group"),
        pytest.param(ROUTE + 'where = "prod"', ["line 2: where is a text: write it in braces"], id="where as text"),
        pytest.param(WHERE + "account = 222233334444", ["line 3: account is a number: write"], id="id without quotes"),
        pytest.param(
            WHERE + 'account = "12345"', ["line 3: account is '12345': give an account id of 12"], id="short id"
        ),
        pytest.param(WHERE + 'unit = "r-ab12"', ["line 3: unit is 'r-ab12': give an organizational"], id="the root"),
        pytest.param(WHERE + 'region = "eu-*"', ["line 3: region is 'eu-*': give a Region's code"], id="Regions"),
        pytest.param(WHERE + 'cluster = "a/b"', ["line 3: cluster is 'a/b': give a cluster's name"], id="cluster key"),
        pytest.param(WHERE + 'severity = "Critical"', ['did you mean "critical"?'], id="severity"),
        pytest.param('[[rights]]\nmay = "mute"', ["line 1: who is missing in rights: give it"], id="rights of whom"),
        pytest.param(RIGHT + '[[rights]]\nwho="U0B"\nmay="aprove"', ["line 6: may is 'aprove': did you"], id="verb"),
        pytest.param(RIGHT + "where = {}", ["line 4: where is empty, which fits nothing"], id="a right nowhere"),
        pytest.param('[[rights]]\nwho="U0B"\nmay=[]', ["line 3: may is an empty list"], id="a right to nothing"),
        pytest.param(
            '[[approvals]]\nremedy="reset"', ["line 2: remedy is 'reset': known are restart-agent"], id="remedy"
        ),
        pytest.param(
            "[[approvals]]\nmore_than=true", ["line 2: more_than is True: give a number"], id="more than true"
        ),
        pytest.param('[[approvals]]\nmore_than="100%"', ["line 2: more_than is '100%': give a"], id="more than all"),
        pytest.param('[[approvals]]\nexpires="25h"', ["line 2: expires is '25h': write it like"], id="for too long"),
        pytest.param("[[caps]]\nmost=-1\nper=1", ["line 2: most is -1: give", "line 3: per is a number"], id="cap"),
        pytest.param("[[caps]]", ["line 1: most is missing", "line 1: per is missing"], id="empty cap"),
        pytest.param(WINDOW.replace("daily", "fridy"), ["line 2: days is 'fridy': did you mean \"friday\"?"], id="day"),
        pytest.param(WINDOW.replace("02:00", "24:00"), ["line 3: start is '24:00': write hours and"], id="clock"),
        pytest.param(WINDOW.replace('"02:00"', "02:00:30"), ["line 3: start is '02:00:30'"], id="seconds"),
        pytest.param(
            WINDOW.replace("2h", "23h30m"), ["line 4: this window begins again before it ends"], id="for ever"
        ),
        pytest.param(WINDOW.replace("2h", "4d"), ["line 4: length is '4d': write it like"], id="for days"),
        pytest.param(WINDOW.replace("UTC", "Mars/Base"), ["line 5: zone is 'Mars/Base': give a zone"], id="zone"),
        pytest.param(WINDOW.replace("UTC", "../../etc/passwd"), ["line 5: zone is '../../etc"], id="a path as zone"),
        pytest.param(WINDOW.replace("UTC", "Europe"), ["line 5: zone is 'Europe'"], id="half a zone"),
        pytest.param("[aliases]\na = 1", ["line 2: a is a number"], id="alias of a number"),
        pytest.param('[aliases]\n"1234" = "222233334444"', ["line 2: the alias is '1234'"], id="alias of digits"),
        pytest.param(
            '[aliases]\npay = "222233334444"\nPay = "333344445555"',
            ["line 3: the alias 'Pay' is there twice: capital letters make no difference"],
            id="alias twice",
        ),
        pytest.param("[aliases]\na = 1\na = 2", ["line 3: this is not TOML: Cannot overwrite a value"], id="key twice"),
        pytest.param('[slack]\noperators = "@ops"', ["line 2: operators is '@ops'"], id="operators"),
        pytest.param("a = [\n1,\n", ["line 3: this is not TOML"], id="an end too early"),
        pytest.param("a = " + "[" * 5000, ["line 1: this cannot be read"], id="too deep"),
        pytest.param("a = " + "9" * 5000, ["line 1: this cannot be read"], id="too many digits"),
        pytest.param(
            "#" * (LONGEST + 1), ["line 1: the policy has 100,001 characters: at most 100,000"], id="too long"
        ),
        pytest.param(ROUTE + f'channel = "{"x" * 500}"', [f"line 2: channel is '{'x' * 60}…'"], id="a long word"),
        pytest.param(ROUTE + 'channel = "a\\u202Eb\\n"', ["line 2: channel is 'a\\u202eb'"], id="hidden letters"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_remedy(text: str, said: list[str]) -> None:
    found = problems(text)

    assert len(found) == len(said)
    for whole, words in zip(found, said, strict=True):
        assert words in whole


def test_everything_wrong_is_said_at_once_in_the_order_of_its_lines() -> None:
    text = ROUTE + 'channel = "ops"\nwhere = { acount = "x", region = "e" }\n[[rights]]\n' + WINDOW.replace("UTC", "X")

    assert [problem.partition(":")[0] for problem in problems(text)] == [
        "line 2",
        "line 3",
        "line 3",
        "line 4",
        "line 4",
        "line 9",
    ]


@pytest.mark.parametrize(
    ("days", "length", "is_read"),
    [
        pytest.param('"daily"', "23h", True, id="an hour each day is left"),
        pytest.param('"daily"', "23h1m", False, id="less than an hour each day"),
        pytest.param('["saturday", "sunday"]', "2d", True, id="a weekend and a Monday"),
        pytest.param('["monday", "wednesday", "friday", "sunday"]', "2d", False, id="the whole week"),
        pytest.param('["monday", "wednesday", "friday"]', "2d", True, id="all but one day"),
        pytest.param('["monday"]', "3d", True, id="three days of a week"),
    ],
)
def test_no_window_is_for_ever(days: str, length: str, is_read: bool) -> None:
    text = WINDOW.replace('"daily"', days).replace("2h", length)

    if is_read:
        assert read(text).windows
    else:
        assert len(problems(text)) == 1


def test_a_problem_reads_as_a_sentence_with_its_line() -> None:
    assert str(Problem(3, "it is wrong", "mend it")) == "line 3: it is wrong: mend it"
    assert str(BadPolicy([Problem(4, "b", "c"), Problem(3, "a", "c")])) == "line 3: a: c; line 4: b: c"


@pytest.mark.parametrize(
    "written",
    [
        "https://example.awsapps.com/start",
        "https://d-1234567890.awsapps.com/start/",
        "https://d-1234567890.awsapps.com/start#/",
        "https://d-1234567890.awsapps.com/start/#",
        "https://ssoins-1234567890abcdef.portal.eu-west-1.app.aws",
        "https://ssoins-1234567890abcdef.portal.eu-west-1.app.aws/",
        "https://ssoins-1234567890abcdef.us-west-2.portal.amazonaws.com",
        "https://start.us-gov-home.awsapps.com/directory/d-1234567890",
        "https://start.us-gov-east-1.us-gov-home.awsapps.com/directory/example#",
        "https://ssoins-1234567890abcdef.portal.us-gov-west-1.app.aws",
        "https://start.home.awsapps.cn/directory/example#/",
        "https://start.cn-north-1.home.awsapps.cn/directory/d-1234567890",
        "https://ssoins-1234567890abcdef.portal.cn-north-1.app.amazonwebservices.com.cn",
        "https://ssoins-1234567890abcdef.cn-northwest-1.portal.amazonaws.com.cn/",
        "https://ssoins-1234567890abcdef.portal.eusc-de-east-1.api.amazonwebservices.eu",
        "https://ssoins-1234567890abcdef.eusc-de-east-1.portal.amazonaws.eu",
    ],
)
def test_a_portals_address_is_read_as_people_copy_it(written: str) -> None:
    address = read(f'[links]\nportal = "{written}"').links.portal

    assert written.startswith(address)
    assert written.removeprefix(address) in {"", "/", "#", "#/", "/#"}
    assert address[-1] not in "/#"
