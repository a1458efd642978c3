"""The private symbols of MiniStack and moto that are patched or used here, checked before anything is served.

Both are pinned to exact versions. When a pin moves and a symbol is gone, the start says which one, instead of leaving
a world in which some rule of AWS is silently no longer kept.
"""

import importlib
from collections.abc import Mapping, Sequence
from importlib.metadata import version

PINS = {"ministack": "1.5.33", "moto": "5.2.5"}

Used = Mapping[str, Mapping[str, Sequence[str]]]
"""Package, module, symbols."""

USED: Used = {
    "ministack": {
        "ministack.app": ("AUTH", "SERVICE_HANDLERS", "_MAIN_LOOP", "app", "pin_request_origin"),
        "ministack.core.arn": ("parse_arn",),
        "ministack.core.iam_actions": ("access_denied_response", "extract_resource_arn"),
        "ministack.core.iam_evaluator": (
            "AuthError",
            "EvalContext",
            "_gather_role_policies",
            "_permissions_boundary",
            "_principal_keys",
            "_principal_org_id",
            "_request_origin",
            "_resolve_condition_key",
            "combine_resource_policy",
            "enforce",
            "evaluate",
            "evaluate_resource_policy",
            "evaluate_trust_policy",
            "pin_request_origin",
            "resolve_credential",
        ),
        "ministack.core.lambda_runtime": ("reset", "zipfile"),
        "ministack.core.responses": ("get_account_id", "get_region", "request_scope"),
        "ministack.core.router": ("extract_access_key_id",),
        "ministack.services.cloudformation": ("_stack_events", "_stacks", "handle_request"),
        "ministack.services.cloudformation.helpers": ("_error", "_p", "_resolve_document"),
        "ministack.services.cloudformation.provisioners": ("_RESOURCE_HANDLERS",),
        "ministack.services.cloudformation.stacks": ("_runs_on_worker_thread",),
        "ministack.services.eventbridge": (
            "_archive_event",
            "_dispatch_event",
            "_dispatch_to_sqs",
            "_event_bus_policies",
            "_event_buses",
            "_invoke_target",
            "_pattern_event_view",
            "_put_events",
        ),
        "ministack.services.iam": ("_roles",),
        "ministack.services.lambda_svc": (
            "_docker_extracted_dir",
            "_esms",
            "_get_func_record_for_ref",
            "_run_sqs_batch",
            "_xray_trace_id_for_invocation",
            "function_policy_for_arn",
        ),
        "ministack.services.organizations": (
            "_DISPATCH",
            "_accounts",
            "_ensure_org",
            "_json",
            "_orgs",
            "_ous",
            "_roots",
            "_tags",
        ),
        "ministack.services.s3": ("_bucket_owner_account", "_dispatch", "_error"),
        "ministack.services.sqs": ("_build_send_sys_attrs", "_queue_by_arn", "_queues", "_receive_messages_for_esm"),
        "ministack.services.sts": ("_error", "_principal_keys", "_sessions", "handle_request", "register_session"),
        "ministack.services.tagging": ("resource_tags",),
    },
    "moto": {
        "moto.autoscaling.models": ("ASG_NAME_TAG", "InstanceState", "autoscaling_backends"),
        "moto.autoscaling.responses": ("AutoScalingResponse.dispatch",),
        "moto.core.exceptions": ("ServiceException",),
        "moto.core.request": ("Request.from_primitives",),
        "moto.ec2.models": ("ec2_backends",),
        "moto.ec2.responses": ("EC2Response.dispatch",),
        "moto.ecs.models": ("ecs_backends",),
        "moto.ecs.responses": ("EC2ContainerServiceResponse.dispatch",),
        "moto.ssm.responses": ("SimpleSystemManagerResponse.dispatch",),
    },
}


class SymbolMissing(Exception):
    """An installed MiniStack or moto is not the one this world was written for."""


def check(used: Used = USED) -> None:
    """Raise SymbolMissing that names every private symbol that is not where it was."""
    missing = [
        f"{name} of {package} {version(package)}"
        for package, modules in used.items()
        for module, symbols in modules.items()
        for name in (f"{module}.{symbol}" for symbol in symbols)
        if not _stands(module, name)
    ]
    if missing:
        pins = " and ".join(f"{package}=={pin}" for package, pin in PINS.items())
        raise SymbolMissing(f"Missing: {', '.join(missing)}. This world needs {pins}.")


def _stands(module: str, name: str) -> bool:
    try:
        thing: object = importlib.import_module(module)
    except ModuleNotFoundError:
        return False
    for attribute in name.removeprefix(f"{module}.").split("."):
        if not hasattr(thing, attribute):
            return False
        thing = getattr(thing, attribute)
    return True
