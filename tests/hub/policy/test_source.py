"""The policy where it is kept, on moto's SSM and S3: new within a minute, the last good one kept, never half of one."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ConnectTimeoutError

from hub.policy.parse import LONGEST
from hub.policy.policy import Policy, Route
from hub.policy.source import BadPolicyPlace, PolicySource
from tests.hub.timing import Clock

BUCKET, KEY, NAME = "house-rules", "coastguard/policy.toml", "/coastguard/policy"
BAD = '[[routes]]\nchannel = "#ops"\n'


def routing_to(channel: str) -> str:
    return f'[[routes]]\nchannel = "{channel}"\n'


ONE, TWO = routing_to("C0ONE0001"), routing_to("C0TWO0002")
# Patience has a clock of its own, which no test can move.
ONCE = Config(retries={"total_max_attempts": 1})
POLICY_ONE = Policy(routes=(Route(channel="C0ONE0001"),))
POLICY_TWO = Policy(routes=(Route(channel="C0TWO0002"),))


class Place(Protocol):
    """Where a policy lies, as its owner sees it."""

    service: str
    address: str

    def put(self, text: str) -> None: ...

    def take_away(self) -> None: ...


@dataclass
class Parameter:
    client: Any
    service: str = "ssm"
    address: str = f"ssm:{NAME}"

    def put(self, text: str, kind: str = "String") -> None:
        self.client.put_parameter(Name=NAME, Value=text, Type=kind, Overwrite=True)

    def take_away(self) -> None:
        self.client.delete_parameter(Name=NAME)


@dataclass
class Object:
    client: Any
    service: str = "s3"
    address: str = f"s3://{BUCKET}/{KEY}"

    def put(self, text: str | bytes) -> None:
        self.client.put_object(Bucket=BUCKET, Key=KEY, Body=text)

    def take_away(self) -> None:
        self.client.delete_object(Bucket=BUCKET, Key=KEY)


@dataclass
class Line:
    """The hub's way to AWS: its requests are counted, and it breaks when told to."""

    session: boto3.Session
    made: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    fault: Callable[[], AWSResponse | None] = lambda: None

    def client(self, service: str) -> Any:
        self.made.append(service)
        client = self.session.client(service, config=ONCE)
        client.meta.events.register("before-send.*.*", self._before_send)
        client.meta.events.register("after-call.*.*", self._after_call)
        return client

    def _before_send(self, event_name: str, **_: object) -> AWSResponse | None:
        self.asked.append(event_name.rpartition(".")[2])
        return self.fault()

    def _after_call(self, http_response: AWSResponse, **_: object) -> None:
        self.answers.append(http_response.status_code)


@pytest.fixture
def line(aws: None, session: boto3.Session) -> Line:  # noqa: ARG001 - moto must be up
    return Line(session)


@pytest.fixture
def parameter(aws: None, session: boto3.Session) -> Parameter:  # noqa: ARG001 - moto must be up
    return Parameter(session.client("ssm"))


@pytest.fixture
def stored(aws: None, session: boto3.Session) -> Object:  # noqa: ARG001 - moto must be up
    client = session.client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return Object(client)


@pytest.fixture(params=["ssm", "s3"])
def place(request: pytest.FixtureRequest, parameter: Parameter, stored: Object) -> Place:
    return parameter if request.param == "ssm" else stored


@pytest.fixture
def source(place: Place, line: Line, clock: Clock) -> PolicySource:
    return PolicySource(place.address, line.client, clock)


def test_without_a_place_everything_is_as_without_a_policy_and_nobody_is_asked(line: Line, clock: Clock) -> None:
    source = PolicySource("", line.client, clock)

    assert (source.policy, source.problem) == (Policy(), "")
    assert line.made == []


def test_a_client_is_made_once_and_at_once(source: PolicySource, place: Place, line: Line, clock: Clock) -> None:
    place.put(ONE)
    assert line.made == [place.service]

    for _ in range(3):
        assert source.policy == POLICY_ONE
        clock.forward(minutes=2)

    assert line.made == [place.service]
    assert source.problem == ""


@pytest.mark.parametrize(
    ("seconds", "policy"),
    [pytest.param(59, POLICY_ONE, id="within a minute"), pytest.param(60, POLICY_TWO, id="after a minute")],
)
def test_a_new_policy_arrives_within_a_minute(
    source: PolicySource, place: Place, clock: Clock, line: Line, seconds: int, policy: Policy
) -> None:
    place.put(ONE)
    assert source.policy == POLICY_ONE
    place.put(TWO)

    clock.forward(seconds=seconds)

    assert [source.policy, source.policy] == [policy, policy]
    assert len(line.asked) == (1 if seconds < 60 else 2)


def test_a_bad_policy_leaves_the_last_good_one_in_force_and_says_what_is_wrong(
    source: PolicySource, place: Place, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    place.put(ONE)
    assert source.policy == POLICY_ONE
    place.put(BAD)
    caplog.set_level(logging.INFO, "hub.policy.source")
    said = set()

    for _ in range(4):
        clock.forward(minutes=1)
        assert source.policy == POLICY_ONE
        said.add(source.problem)

    [problem] = said
    assert f"The policy at {place.address} has 1 problem: line 2: channel is '#ops'" in problem
    assert "the last good one stays in force" in problem
    assert [record.getMessage() for record in caplog.records] == ["policy.problem"]


def test_a_mended_policy_ends_the_problem(
    source: PolicySource, place: Place, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    place.put(ONE)
    assert source.policy
    place.put(BAD)
    clock.forward(minutes=1)
    assert source.problem

    place.put(TWO)
    clock.forward(minutes=1)

    assert (source.problem, source.policy) == ("", POLICY_TWO)
    assert [record.getMessage() for record in caplog.records] == ["policy.problem", "policy.mended"]


def test_many_problems_are_said_in_a_few_words(source: PolicySource, place: Place) -> None:
    place.put(BAD * 9)

    assert "has 9 problems: line 2:" in source.problem
    assert "; and 6 more." in source.problem
    assert len(source.problem) < 600


def test_with_a_bad_policy_alone_there_is_none(source: PolicySource, place: Place) -> None:
    place.put(BAD)

    assert source.policy is None
    assert "actions are refused and alerts go to the stack's channel" in source.problem


def test_a_policy_that_is_not_there_is_not_an_empty_one(source: PolicySource, place: Place) -> None:
    assert source.policy is None
    assert f"The policy at {place.address} cannot be read: there is no such" in source.problem
    assert "PolicyPlace" in source.problem


def test_a_policy_that_was_taken_away_stays_in_force_and_is_missed(
    source: PolicySource, place: Place, clock: Clock
) -> None:
    place.put(ONE)
    assert source.policy
    place.take_away()

    clock.forward(minutes=1)

    assert source.policy == POLICY_ONE
    assert "there is no such" in source.problem


def test_a_policy_that_is_put_there_again_is_read(source: PolicySource, place: Place, clock: Clock) -> None:
    place.put(ONE)
    assert source.policy
    place.take_away()
    clock.forward(minutes=1)
    assert source.problem

    place.put(TWO)
    clock.forward(minutes=1)

    assert (source.policy, source.problem) == (POLICY_TWO, "")


def refused(code: str, status: int) -> Callable[[], AWSResponse]:
    body = f'<Error><Code>{code}</Code></Error>{{"__type": "{code}"}}'

    def answer() -> AWSResponse:
        response = AWSResponse("https://aws", status, {"x-amzn-errortype": code}, None)
        response._content = body.partition("{")[0].encode()
        return response

    return answer


def silent() -> AWSResponse:
    raise ConnectTimeoutError(endpoint_url="https://aws")


@pytest.mark.parametrize("fault", [silent, refused("SlowDown", 503)], ids=["silence", "throttled"])
def test_a_reading_that_fails_now_and_then_is_not_worth_a_word(
    source: PolicySource, place: Place, clock: Clock, line: Line, fault: Callable[[], AWSResponse | None]
) -> None:
    place.put(ONE)
    assert source.policy
    line.fault = fault

    for _ in range(4):
        clock.forward(minutes=1)
        assert (source.policy, source.problem) == (POLICY_ONE, "")

    line.fault = lambda: None
    clock.forward(minutes=1)
    assert (source.policy, source.problem) == (POLICY_ONE, "")
    line.fault = fault
    clock.forward(minutes=1)
    assert source.problem == ""


def test_what_lasts_is_told_while_the_last_good_policy_stays(
    source: PolicySource, place: Place, clock: Clock, line: Line
) -> None:
    place.put(ONE)
    assert source.policy
    line.fault = silent

    for _ in range(6):
        clock.forward(minutes=1)
        assert source.policy == POLICY_ONE
        problem = source.problem

    assert "AWS does not answer (ConnectTimeoutError)" in problem


def test_who_never_had_a_policy_tells_at_once(source: PolicySource, place: Place, clock: Clock, line: Line) -> None:
    place.put(ONE)
    line.fault = silent
    before = source.policy
    assert before is None
    assert "AWS does not answer" in source.problem

    line.fault = lambda: None
    clock.forward(minutes=1)

    assert (source.policy, source.problem) == (POLICY_ONE, "")


def test_a_bad_policy_is_still_bad_after_an_outage(
    source: PolicySource, place: Place, clock: Clock, line: Line
) -> None:
    place.put(BAD)
    before = source.problem
    line.fault = silent
    clock.forward(minutes=1)
    assert "AWS does not answer" in source.problem

    line.fault = lambda: None
    clock.forward(minutes=1)

    assert source.problem == before


@pytest.mark.parametrize("bad", [BAD, None], ids=["a bad one", "taken away"])
@pytest.mark.parametrize(("slept", "certain"), [(1, True), (2, True), (3, False), (600, False)])
def test_actions_are_refused_by_who_may_have_missed_a_policy(
    source: PolicySource, place: Place, clock: Clock, bad: str | None, slept: int, *, certain: bool
) -> None:
    """What it knows still says who hears; a newer one that it has not seen may forbid what it allows."""
    place.put(ONE)
    assert source.certain == POLICY_ONE
    if bad is None:
        place.take_away()
    else:
        place.put(bad)

    clock.forward(minutes=slept)
    knows_history = bad is not None and isinstance(place, Parameter)
    assert source.certain == (POLICY_ONE if certain or knows_history else None)
    assert source.policy == POLICY_ONE

    place.put(TWO)
    clock.forward(minutes=1)
    assert source.certain == POLICY_TWO


# SSM alone


def test_a_function_that_has_just_started_finds_the_last_good_version_of_a_parameter(
    parameter: Parameter, line: Line, clock: Clock
) -> None:
    for text in (TWO, ONE, BAD, "[[[", BAD):
        parameter.put(text)
    source = PolicySource(parameter.address, line.client, clock)

    assert source.policy == POLICY_ONE
    assert "has 1 problem" in source.problem
    assert "the last good one stays in force" in source.problem


def test_a_function_that_has_slept_does_not_take_its_own_for_the_last_good_version(
    parameter: Parameter, line: Line, clock: Clock
) -> None:
    """What it allowed, the version that others have gone on with may forbid."""
    source = PolicySource(parameter.address, line.client, clock)
    parameter.put(TWO)
    assert source.policy == POLICY_TWO
    clock.forward(hours=1)
    parameter.put(ONE)
    parameter.put(BAD)

    assert source.policy == POLICY_ONE


def test_it_does_not_look_for_ever(parameter: Parameter, line: Line, clock: Clock) -> None:
    for text in (ONE, *[BAD] * 7):
        parameter.put(text)
    source = PolicySource(parameter.address, line.client, clock)

    assert source.policy is None
    assert len(line.asked) == 6


def test_a_secret_parameter_is_refused_with_the_remedy(parameter: Parameter, line: Line, clock: Clock) -> None:
    parameter.put(ONE, "SecureString")
    source = PolicySource(parameter.address, line.client, clock)

    assert source.policy is None
    assert "of type SecureString: make it one of type String" in source.problem


def test_a_parameter_made_anew_is_read_though_its_version_is_the_same(
    parameter: Parameter, line: Line, clock: Clock
) -> None:
    parameter.put(ONE)
    source = PolicySource(parameter.address, line.client, clock)
    assert source.policy == POLICY_ONE
    parameter.take_away()
    clock.forward(seconds=90)
    parameter.put(TWO)

    assert source.policy == POLICY_TWO


# S3 alone


def test_an_object_is_sent_again_only_if_it_has_changed(stored: Object, line: Line, clock: Clock) -> None:
    stored.put(ONE)
    source = PolicySource(stored.address, line.client, clock)
    for _ in range(2):
        assert source.policy == POLICY_ONE
        clock.forward(minutes=1)
    stored.put(TWO)

    assert source.policy == POLICY_TWO
    assert line.answers == [200, 304, 200]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"\xff\xfe[\x00", "not text in UTF-8", id="as some editors save"),
        pytest.param(b"#" * (4 * LONGEST + 1), "400,001 bytes, which is no policy", id="a large file"),
    ],
)
def test_an_object_that_is_no_text_is_no_policy(
    stored: Object, line: Line, clock: Clock, body: bytes, said: str
) -> None:
    stored.put(body)
    source = PolicySource(stored.address, line.client, clock)

    assert source.policy is None
    assert said in source.problem


def test_a_function_that_has_just_started_has_no_policy_with_a_bad_object(
    stored: Object, line: Line, clock: Clock
) -> None:
    stored.put(ONE)
    stored.put(BAD)

    assert PolicySource(stored.address, line.client, clock).policy is None


@pytest.mark.parametrize(
    "place",
    ["policy.toml", "ssm:name", "s3:bucket/key", "s3://bucket", "s3://bucket/", "s3:///key", "https://x/y", ":"],
)
def test_what_is_no_place_is_said_at_the_start(place: str, line: Line, clock: Clock) -> None:
    with pytest.raises(BadPolicyPlace, match="write ssm:/name or s3://bucket/key"):
        PolicySource(place, line.client, clock)
