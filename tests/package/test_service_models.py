"""What the zip has of botocore's data: every operation that is called, and each as it is in the whole."""

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import UNSIGNED, xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import OperationModel, Shape

from coastguard import service_models
from coastguard.checkout import PACKAGES, ROOT
from coastguard.service_models import OPERATIONS
from spoke.models import LeanLoader
from tests.templates.reading import read

CALLED = [(service, operation) for service, operations in OPERATIONS.items() for operation in sorted(operations)]
# How the hub's modules call the clients that they are given.
HUBS_CLIENTS = {"sqs", "self._sqs", "self._client", "self._sts", "self._clients[region]"}
# What stands in a policy by another name than the operation's, or for an operation that Lambda's pollers call.
ALSO_GRANTED = {
    "dynamodb:ConditionCheckItem": {"TransactWriteItems"},
    "sqs:ChangeMessageVisibility": {"ChangeMessageVisibilityBatch"},
    "sqs:SendMessage": {"SendMessage", "SendMessageBatch"},
    "sqs:DeleteMessage": set[str](),
    "sqs:ReceiveMessage": set[str](),
    "sts:SetSourceIdentity": set[str](),
}


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `coastguard package` writes."""
    folder = tmp_path_factory.mktemp("data")
    service_models.write(Path(Loader.BUILTIN_DATA_PATH), folder)
    return folder


@pytest.fixture(scope="module")
def small(trimmed: Path) -> botocore.session.Session:
    return _session(LeanLoader(str(trimmed)))


@pytest.fixture(scope="module")
def whole() -> botocore.session.Session:
    return _session(LeanLoader())


def _session(loader: LeanLoader) -> botocore.session.Session:
    session = botocore.session.Session()
    session.register_component("data_loader", loader)
    return session


# ------------------------------------------------------------------ which operations


@cache
def parsed() -> Sequence[ast.AST]:
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return [node for path in paths for node in ast.walk(ast.parse(path.read_text()))]


def texts(call: ast.Call) -> list[str]:
    return [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]


@cache
def names() -> Mapping[str, Mapping[str, str]]:
    """By service: how Python spells its operations, and how AWS does."""
    loader = LeanLoader()
    return {
        service: {xform_name(name): name for name in loader.load_service_model(service, "service-2")["operations"]}
        for service in OPERATIONS
    }


def called_in_members() -> set[tuple[str, str]]:
    """What `Member.call`, `Member.once` and `Member.pages` are asked for."""
    calls = [node for node in parsed() if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    asked = [texts(call)[:2] for call in calls if call.func.attr in {"call", "once", "pages"} and len(texts(call)) >= 2]  # type: ignore[attr-defined]
    return {(service, names()[service][operation]) for service, operation in asked}


@cache
def called_in_the_hub() -> frozenset[str]:
    """What is called of the hub's own clients, as Python spells it, pages included."""
    found = {
        node.attr for node in parsed() if isinstance(node, ast.Attribute) and ast.unparse(node.value) in HUBS_CLIENTS
    }
    calls = [node for node in parsed() if isinstance(node, ast.Call)]
    pages = [call for call in calls if ast.unparse(call.func).endswith(("get_paginator", "._pages"))]
    return frozenset(found | {text for call in pages for text in texts(call)})


def test_every_operation_that_is_called_is_in_the_zip_and_no_other() -> None:
    in_members = called_in_members()
    assert in_members <= set(CALLED)
    left = [(service, operation) for service, operation in CALLED if (service, operation) not in in_members]
    operations = {name for service in OPERATIONS for name in names()[service]}
    # The table's are called by pynamodb: what is granted says which.
    assert {xform_name(operation) for service, operation in left if service != "dynamodb"} == (
        called_in_the_hub() & operations
    )


def granted() -> Iterator[str]:
    """The actions that the templates grant to functions and to roles of members."""

    def statements(part: object) -> Iterator[Mapping[str, Any]]:
        if isinstance(part, dict):
            if part.get("Effect") == "Allow" and "Principal" not in part:
                yield part
            for each in part.values():
                yield from statements(each)
        elif isinstance(part, list):
            for each in part:
                yield from statements(each)

    for name in ("hub", "roles"):
        for statement in statements(read(name)["Resources"]):
            actions = statement["Action"]
            yield from [actions] if isinstance(actions, str) else actions


def test_every_operation_that_is_granted_is_in_the_zip_and_no_other() -> None:
    operations: set[tuple[str, str]] = set()
    for action in granted():
        service, name = action.split(":")
        if service in OPERATIONS:
            operations |= {(service, each) for each in ALSO_GRANTED.get(action, {name})}
    assert operations == set(CALLED)


# ------------------------------------------------------------------ each as in the whole


def described(shape: Shape | None) -> dict[str, object]:
    """All that botocore knows of a shape and of the shapes that it is made of, by name."""
    found: dict[str, object] = {}
    ahead = [shape] if shape else []
    while ahead:
        one = ahead.pop()
        if one.name not in found:
            parts = {name: getattr(one, name) for name in ("member", "key", "value") if hasattr(one, name)}
            parts |= getattr(one, "members", {})
            found[one.name] = (traits(one), [(name, part.name, traits(part)) for name, part in parts.items()])
            ahead += parts.values()
    return found


def traits(shape: Shape) -> tuple[object, ...]:
    return shape.type_name, dict(shape.serialization), dict(shape.metadata), shape._shape_model.get("document")


def everything_of(operation: OperationModel) -> dict[str, object]:
    return {
        "traits": {name: value for name, value in operation._operation_model.items() if name != "documentation"},
        "input": described(operation.input_shape),
        "output": described(operation.output_shape),
        "errors": [described(shape) for shape in operation.error_shapes],
        "made up": operation.idempotent_members,
    }


@pytest.mark.parametrize(("service", "name"), CALLED)
def test_an_operation_is_what_it_is_in_the_whole(
    service: str, name: str, small: botocore.session.Session, whole: botocore.session.Session
) -> None:
    ours, theirs = (each.get_service_model(service).operation_model(name) for each in (small, whole))
    # That a model says which parameters choose an account's own endpoint is taken away on both sides.
    assert everything_of(ours) == everything_of(theirs)


@pytest.mark.parametrize("service", OPERATIONS)
def test_a_service_has_its_errors_its_pages_and_its_rules(
    service: str, small: botocore.session.Session, whole: botocore.session.Session
) -> None:
    ours, theirs = (each.get_service_model(service) for each in (small, whole))
    assert ours.metadata == theirs.metadata
    assert set(ours.operation_names) == OPERATIONS[service]
    assert ours.client_context_parameters == theirs.client_context_parameters
    assert [*map(described, ours.error_shapes)] == [*map(described, theirs.error_shapes)]
    ours, theirs = (each.get_component("data_loader") for each in (small, whole))
    pages = theirs.load_service_model(service, "paginators-1")["pagination"]
    assert ours.load_service_model(service, "paginators-1")["pagination"] == {
        name: how for name, how in pages.items() if name in OPERATIONS[service]
    }
    rules = "endpoint-rule-set-1"
    assert ours.load_service_model(service, rules) == theirs.load_service_model(service, rules)


def test_every_region_of_every_partition_has_the_endpoints_that_it_has_in_the_whole(
    small: botocore.session.Session, whole: botocore.session.Session
) -> None:
    ours, theirs = (each._get_internal_component("endpoint_resolver") for each in (small, whole))
    assert ours.get_available_partitions() == theirs.get_available_partitions()
    for service in OPERATIONS:
        prefix = whole.get_service_model(service).endpoint_prefix
        for partition in theirs.get_available_partitions():
            regions = theirs.get_available_endpoints(prefix, partition)
            assert ours.get_available_endpoints(prefix, partition) == regions
            for region in [*regions, "xx-new-1"]:
                found = [each.construct_endpoint(prefix, region, partition) for each in (ours, theirs)]
                assert found[0] == found[1]
    for name in ("_retry", "partitions", "sdk-default-configuration"):
        found = [each.get_component("data_loader").load_data(name) for each in (small, whole)]
        assert found[0] == found[1]


# ------------------------------------------------------------------ a client


SIMPLE: Mapping[str, Any] = {"boolean": True, "timestamp": 1_780_000_000, "blob": "abc"}


def sample(shape: Shape, around: tuple[str, ...] = ()) -> Any:
    """A value for each part of a shape; one that is within itself ends there."""
    inner, again = (*around, shape.name), shape.name in around
    least = shape.metadata.get("min", 0)
    match shape.type_name:
        case "structure":
            members = {} if again else shape.members
            chosen = [*members.items()][:1] if shape.is_tagged_union else members.items()
            value: Any = {name: sample(member, inner) for name, member in chosen}
        case "list":
            value = [] if again else [sample(shape.member, inner)]
        case "map":
            value = {} if again else {sample(shape.key, inner): sample(shape.value, inner)}
        case "string":
            value = shape.enum[0] if shape.enum else "x" * max(least, 3)
        case "integer" | "long":
            value = max(least, 1)
        case simple:
            value = SIMPLE[simple]
    return value


def asked(session: botocore.session.Session, service: str, name: str, code: str) -> tuple[object, ...]:
    """What a client sends, and what it raises when AWS answers with that error."""
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    client = session.create_client(service, "eu-west-1", config=config)
    sent: list[object] = []

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        kept = {key: value for key, value in request.headers.items() if key.lower() != "amz-sdk-invocation-id"}
        body = request.body.read() if hasattr(request.body, "read") else request.body
        sent.append((request.method, request.url, kept, body))
        response = AWSResponse(request.url, 400, {}, None)
        response._content = answers(client.meta.service_model.protocol, code)
        return response

    client.meta.events.register("before-send", answer)
    model = client.meta.service_model.operation_model(name)
    given = sample(model.input_shape) if model.input_shape else {}
    with pytest.raises(ClientError) as raised:
        getattr(client, xform_name(name))(**given)
    error = raised.value
    found = {key: value for key, value in error.response.items() if key != "ResponseMetadata"}
    return sent, type(error).__name__, [each.__name__ for each in type(error).__mro__], found


def answers(protocol: str, code: str) -> bytes:
    if protocol == "json":
        return json.dumps({"__type": code, "message": "no"}).encode()
    if protocol == "ec2":
        return f"<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors></Response>".encode()
    if protocol == "query":
        return f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>".encode()
    return f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()


@pytest.mark.parametrize(("service", "name"), CALLED)
def test_a_client_sends_and_raises_what_one_of_the_whole_does(
    service: str, name: str, small: botocore.session.Session, whole: botocore.session.Session
) -> None:
    errors = [shape.error_code for shape in whole.get_service_model(service).error_shapes][:2]
    for code in [*errors, "SomethingElse"]:
        assert asked(small, service, name, code) == asked(whole, service, name, code)
