"""Functions: each gets what was agreed and nothing else, is called by whom it should be, and leaves a log."""

from dataclasses import fields
from typing import Any

import botocore.session

from chatops import act, front
from coastguard.concurrency import AT_ONCE
from hub import ingest, look, sweep
from tests.templates.deploying import Stack
from tests.templates.examining import like
from tests.templates.world import RUNTIME, SIGNING_SECRET, TOKEN, World

HANDLERS = {
    "coastguard-ingest": "hub.ingest.handler",
    "coastguard-look": "hub.look.handler",
    "coastguard-sweep": "hub.sweep.handler",
    "coastguard-front": "chatops.front.handler",
    "coastguard-act": "chatops.act.handler",
}

OLDEST_MINOR = 11
LARGEST_ENVIRONMENT, LONGEST_REGION = 4_096, "ap-southeast-99"

# Each function gets what its code asks for and nothing else: what it is not told, it cannot be made to use.
SETTINGS = {
    f"coastguard-{module.__name__.rpartition('.')[2]}": {field.name.upper() for field in fields(module.Settings)}
    for module in (ingest, look, sweep, front, act)
}

# Lambda waits this long at most. Front answers Slack, which waits 3 s; a sweep ends before the next one starts.
TIMEOUTS = {
    "coastguard-ingest": 60,
    "coastguard-look": 60,
    "coastguard-sweep": 55,
    "coastguard-front": 5,
    "coastguard-act": 60,
}

# Queue, largest batch.
SOURCES = {
    "coastguard-ingest": ("coastguard-delay", 1000),
    "coastguard-look": ("coastguard-looks.fifo", 10),
    "coastguard-act": ("coastguard-acts.fifo", 1),
}


def functions_are_as_agreed(world: World) -> list[str]:
    """Five functions out of one zip, on arm64 with its Python; only front may have concurrency of its own."""
    faults = []
    kept_free = world.wishes.front if int(world.wishes.front) else None
    functions = {function.name: function.properties for function in world.hub.of_type("Lambda::Function")}
    if functions.keys() != HANDLERS.keys():
        faults.append(f"The functions are {sorted(functions)}.")
    for name, properties in functions.items():
        wanted = {
            "Handler": HANDLERS.get(name),
            "Runtime": RUNTIME,
            "Architectures": ["arm64"],
            "Timeout": TIMEOUTS.get(name),
            "Code": {"S3Bucket": "code", "S3Key": "coastguard.zip"},
            "ReservedConcurrentExecutions": kept_free if name == "coastguard-front" else None,
            "Role": world.hub.named("IAM::Role", f"coastguard-hub-{name.removeprefix('coastguard-')}").arn,
        }
        faults += [
            f"{name} has {key} {properties.get(key)}." for key, value in wanted.items() if properties.get(key) != value
        ]
    return faults


def every_runtime_that_fits_may_be_chosen(world: World) -> list[str]:
    """The runtimes to choose from are those that Lambda has for a Python that Coastguard runs on."""
    known = botocore.session.Session().get_service_model("lambda").shape_for("Runtime").enum
    wanted = [name for name in known if name.startswith("python3.") and int(name.rpartition(".")[2]) >= OLDEST_MINOR]
    given = world.templates["hub"]["Parameters"]["Runtime"]["AllowedValues"]
    return [] if given == wanted else [f"One may choose {given}, and Lambda has {wanted}."]


def settings_are_as_agreed(world: World) -> list[str]:
    """Each function's environment has the agreed names, and each name the right thing behind it."""
    values = _settings(world)
    faults = []
    for function in world.hub.of_type("Lambda::Function"):
        names = {f"COASTGUARD_{name}" for name in SETTINGS.get(function.name, ())}
        wanted = {
            **{name: values[name] for name in names},
            "POWERTOOLS_SERVICE_NAME": function.name,
            "POWERTOOLS_METRICS_NAMESPACE": "Coastguard",
        }
        given = function.properties["Environment"]["Variables"]
        faults += [
            f"{function.name} gets {name}={given.get(name)!r}, not {wanted.get(name)!r}."
            for name in sorted(wanted.keys() | given.keys())
            if str(given.get(name)) != str(wanted.get(name))
        ]
    return faults


def environments_fit(world: World) -> list[str]:
    """What somebody may give at most fits into the 4 KB that Lambda has for a function's environment."""
    shapes = world.templates["hub"]["Parameters"]
    longest = {
        name: f"/{'x' * (int(shape['MaxLength']) - 1)}" for name, shape in shapes.items() if "MaxLength" in shape
    }
    hub = Stack(world.templates["hub"], world.hub.parameters | longest, world.hub.account, LONGEST_REGION)
    faults = []
    for function in hub.of_type("Lambda::Function"):
        variables = function.properties["Environment"]["Variables"]
        size = sum(len(name) + len(str(value)) for name, value in variables.items())
        if size > LARGEST_ENVIRONMENT:
            faults.append(f"{function.name} may be told {size} bytes.")
        faults += [
            f"{function.name} may be told any length of {value['Ref']}."
            for value in world.templates["hub"]["Resources"][function.logical_id]["Properties"]["Environment"][
                "Variables"
            ].values()
            if isinstance(value, dict) and (shape := shapes.get(value.get("Ref"))) and not _is_bounded(shape)
        ]
    return faults


def secrets_stay_in_the_secret(world: World) -> list[str]:
    """Slack's token and signing secret reach the secret, and no environment, no output and no other resource."""
    faults = []
    kept = world.hub.resources["Secret"].properties["SecretString"]
    if kept != f'{{"bot_token":"{TOKEN}","signing_secret":"{SIGNING_SECRET}"}}':
        faults.append("The secret is not the agreed JSON.")
    others: list[tuple[str, Any]] = [
        *((resource.logical_id, resource.properties) for resource in world.hub.resources.values()),
        *world.hub.outputs.items(),
    ]
    faults += [
        f"{name} carries a Slack secret."
        for name, value in others
        if name != "Secret" and any(secret in str(value) for secret in (TOKEN, SIGNING_SECRET))
    ]
    faults += [
        f"{name} would be shown in the console."
        for name in ("SlackBotToken", "SlackSigningSecret")
        if (shape := world.templates["hub"]["Parameters"][name]).get("NoEcho") is not True or "Default" in shape
    ]
    return faults


def logs_are_ready_and_end(world: World) -> list[str]:
    """Each function writes to a log group of the stack's, which is there first and does not keep logs for ever."""
    groups = {group.name: group for group in world.hub.of_type("Logs::LogGroup")}
    faults = []
    for function in world.hub.of_type("Lambda::Function"):
        name = f"/aws/lambda/{function.name}"
        raw = world.templates["hub"]["Resources"][function.logical_id]["Properties"].get("LoggingConfig", {})
        if name not in groups:
            faults.append(f"{function.name} has no log group {name}.")
        elif raw.get("LogGroup") != {"Ref": groups[name].logical_id}:
            faults.append(f"{function.name} does not refer to its log group, so it may start before it.")
        elif groups[name].properties.get("RetentionInDays") != world.hub.parameters["RetentionDays"]:
            faults.append(f"{name} keeps logs for ever.")
    return faults


def queues_feed_their_functions(world: World) -> list[str]:
    """Each mapping hands out the agreed batches and takes back the records that failed, not their neighbours."""
    faults = []
    mappings = {
        mapping.properties["FunctionName"]: mapping.properties
        for mapping in world.hub.of_type("Lambda::EventSourceMapping")
    }
    if mappings.keys() != SOURCES.keys():
        faults.append(f"The functions fed by queues are {sorted(mappings)}.")
    for function, properties in mappings.items():
        queue, batch = SOURCES[function]
        window = int(properties.get("MaximumBatchingWindowInSeconds", 0))
        size = int(properties.get("BatchSize", 10))
        if properties["EventSourceArn"] != world.hub.named("SQS::Queue", queue).arn:
            faults.append(f"{function} is not fed by {queue}.")
        if properties.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            faults.append(f"One bad record makes the whole batch of {function} come back.")
        if size != (batch if window or batch <= 10 else 10):
            faults.append(f"{function} takes batches of {size} with a window of {window} seconds.")
        if queue.endswith(".fifo") and "MaximumBatchingWindowInSeconds" in properties:
            faults.append(f"{function} has a window, which Lambda does not offer for FIFO queues.")
        bound = int(properties.get("ScalingConfig", {}).get("MaximumConcurrency", 0))
        if not 2 <= bound <= 1000:
            faults.append(f"{function} has no bound to its concurrency.")
        # What `coastguard deploy` holds against what the account has.
        if bound != AT_ONCE.get(function.removeprefix("coastguard-"), int(world.hub.parameters["LookConcurrency"])):
            faults.append(f"{function} runs {bound} times at once.")
    return faults


def only_the_right_callers_may_invoke(world: World) -> list[str]:
    """The clock may call sweep and the API front, each for one source; nobody else may call anything."""
    api = world.hub.resources["Api"].name
    path = f"arn:aws:execute-api:{world.hub.region}:{world.hub.account}:{api}"
    callers = {
        "coastguard-sweep": (
            "events.amazonaws.com",
            world.hub.named("Events::Rule", "coastguard-sweep").arn,
            f"{path}/x",
        ),
        "coastguard-front": (
            "apigateway.amazonaws.com",
            f"{path}/$default/POST/slack/events",
            f"{path}/$default/GET/other",
        ),
    }
    given = {
        permission.properties["FunctionName"]: permission.properties
        for permission in world.hub.of_type("Lambda::Permission")
    }
    faults = [] if given.keys() == callers.keys() else [f"Functions that may be invoked: {sorted(given)}."]
    for function, (principal, right, wrong) in callers.items():
        properties = given.get(function, {})
        source = properties.get("SourceArn", "*")
        if (properties.get("Action"), properties.get("Principal")) != ("lambda:InvokeFunction", principal):
            faults.append(f"{principal} may not invoke {function}.")
        if (
            not like(source, right)
            or like(source, wrong)
            or like(source, f"arn:aws:events:eu-west-1:{world.hub.account}:rule/x")
        ):
            faults.append(f"{function} may be invoked for {source}.")
    return faults


def slack_reaches_front(world: World) -> list[str]:
    """POST /slack/events goes to front with the body untouched, throttled, and without an authorizer."""
    [integration] = world.hub.of_type("ApiGatewayV2::Integration")
    [route] = world.hub.of_type("ApiGatewayV2::Route")
    [stage] = world.hub.of_type("ApiGatewayV2::Stage")
    api = world.hub.resources["Api"]
    settings = stage.properties.get("DefaultRouteSettings", {})
    truths = {
        "The API is an HTTP API.": api.properties["ProtocolType"] == "HTTP",
        "All three belong to it.": {part.properties["ApiId"] for part in (integration, route, stage)} == {api.name},
        "Slack's requests come by POST /slack/events.": route.properties["RouteKey"] == "POST /slack/events",
        "The route leads to the integration.": route.properties["Target"] == f"integrations/{integration.name}",
        "The integration is front.": integration.properties["IntegrationUri"]
        == world.hub.named("Lambda::Function", "coastguard-front").arn,
        "The body arrives as in payload format 2.0.": (
            integration.properties["IntegrationType"],
            integration.properties["PayloadFormatVersion"],
        )
        == ("AWS_PROXY", "2.0"),
        "The stage adds nothing to the path.": (stage.properties["StageName"], stage.properties.get("AutoDeploy"))
        == ("$default", True),
        "A flood is throttled.": all(
            settings.get(key, 0) > 0 for key in ("ThrottlingRateLimit", "ThrottlingBurstLimit")
        ),
        "The output is the Request URL.": world.hub.outputs["SlackRequestUrl"]
        == f"https://{api.name}.execute-api.eu-west-1.amazonaws.com/slack/events",
    }
    return [f"Not so: {sentence}" for sentence, holds in truths.items() if not holds]


def sweep_goes_every_minute(world: World) -> list[str]:
    """The clock calls sweep each minute; late or failed sweeps are not repeated, the next one does."""
    rule = world.hub.named("Events::Rule", "coastguard-sweep").properties
    [retries] = world.hub.of_type("Lambda::EventInvokeConfig")
    wanted = ("rate(1 minute)", "ENABLED", [world.hub.named("Lambda::Function", "coastguard-sweep").arn], 0)
    given = (
        rule.get("ScheduleExpression"),
        rule.get("State"),
        [target["Arn"] for target in rule["Targets"]],
        retries.properties.get("MaximumRetryAttempts"),
    )
    return [] if given == wanted else [f"The sweep's clock is {given}."]


def silence_of_the_sweep_raises_an_alarm(world: World) -> list[str]:
    """What heals everything else is watched itself, also when it gives no data at all."""
    alarms = [
        alarm.properties
        for alarm in world.hub.of_type("CloudWatch::Alarm")
        if alarm.properties.get("Dimensions") == [{"Name": "FunctionName", "Value": "coastguard-sweep"}]
    ]
    given = {(alarm["MetricName"], alarm["TreatMissingData"], alarm["ComparisonOperator"]) for alarm in alarms}
    wanted = {
        ("Invocations", "breaching", "LessThanThreshold"),
        ("Errors", "notBreaching", "GreaterThanOrEqualToThreshold"),
    }
    return [] if given == wanted else [f"The sweep is watched by {given}."]


def loops_are_let_run_and_watched(world: World) -> list[str]:
    """Who is in a loop (look again, a longer grace) is not stopped for it, and if it is, that is an alarm."""
    looped = ("coastguard-ingest", "coastguard-look")
    let = {f.name for f in world.hub.of_type("Lambda::Function") if f.properties.get("RecursiveLoop") == "Allow"}
    watched = {
        alarm.properties["Dimensions"][0]["Value"]
        for alarm in world.hub.of_type("CloudWatch::Alarm")
        if alarm.properties["MetricName"] == "RecursiveInvocationsDropped"
        and (alarm.properties.get("AlarmActions") or not world.wishes.alarm_topic)
    }
    return [
        f"{what} {sorted(given)}, not {', '.join(looped)}."
        for what, given in (("Let run in loops are", let), ("Watched for dropped loops are", watched))
        if given != set(looped)
    ]


CHECKS = (
    functions_are_as_agreed,
    every_runtime_that_fits_may_be_chosen,
    settings_are_as_agreed,
    environments_fit,
    secrets_stay_in_the_secret,
    logs_are_ready_and_end,
    queues_feed_their_functions,
    only_the_right_callers_may_invoke,
    slack_reaches_front,
    sweep_goes_every_minute,
    silence_of_the_sweep_raises_an_alarm,
    loops_are_let_run_and_watched,
)


def _is_bounded(shape: dict[str, Any]) -> bool:
    return shape["Type"] == "Number" or "MaxLength" in shape or "AllowedValues" in shape


def _settings(world: World) -> dict[str, str]:
    """Return the right value of every setting there is."""
    hub, path = world.hub, world.wishes.spoke_path.removeprefix("/")
    return {
        "COASTGUARD_TABLE": "coastguard",
        "COASTGUARD_DELAY_QUEUE_URL": hub.named("SQS::Queue", "coastguard-delay").name,
        "COASTGUARD_DEAD_QUEUE_URL": hub.named("SQS::Queue", "coastguard-delay-dead").name,
        "COASTGUARD_LOOKS_QUEUE_URL": hub.named("SQS::Queue", "coastguard-looks.fifo").name,
        "COASTGUARD_ACTS_QUEUE_URL": hub.named("SQS::Queue", "coastguard-acts.fifo").name,
        "COASTGUARD_GRACE_SECONDS": world.wishes.grace,
        "COASTGUARD_LONGER_GRACE": "222233334444=1800",
        "COASTGUARD_CLUSTER_TAGS": "prod batch",
        "COASTGUARD_GROUP_CHANNELS": "batch=C0BATCH01",
        "COASTGUARD_INCIDENT_PAGES": "yes",
        "COASTGUARD_POLICY_PLACE": world.wishes.policy,
        "COASTGUARD_REGIONS": "eu-west-1,us-east-1",
        "COASTGUARD_SLACK_SECRET_ARN": hub.resources["Secret"].arn,
        "COASTGUARD_SLACK_CHANNEL": "C0ECSALERTS",
        "COASTGUARD_SLACK_TEAM": "T0COAST01",
        "COASTGUARD_SLACK_API_URL": "https://slack.com/api/",
        "COASTGUARD_SLACK_COMMAND": "/coast",
        "COASTGUARD_READER_ROLE": f"{path}coastguard-reader",
        "COASTGUARD_REMEDIATOR_ROLE": f"{path}coastguard-remediator",
    }
