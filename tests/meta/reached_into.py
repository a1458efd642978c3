"""What code and tests take from inside the libraries they use: what no release note speaks of when it changes.

`python -m tests.meta.reached_into` records how it is by now, once every place of a change has been looked at. What
the local world reaches into is recorded by coastguard.local.record_symbols, in the same way.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from coastguard.local.symbols import record

RECORD = Path(__file__).with_suffix(".json")
PACKAGES = ("botocore", "moto", "mutmut", "pynamodb", "pytest", "slack-bolt", "slack-sdk")
PLACES: Mapping[str, Sequence[str]] = {
    "chatops.app": ("slack_bolt.App.__init__", "slack_bolt.middleware.middleware.Middleware.process"),
    "hub.table.rows": (
        "pynamodb.connection.base.Connection.client",
        "pynamodb.connection.base.Connection.session",
        "pynamodb.connection.base.Connection.transact_write_items",
        "pynamodb.connection.table.TableConnection.__init__",
        "pynamodb.models.Model._get_connection",
    ),
    "hub.table.writes": ("pynamodb.exceptions.TransactWriteError", "pynamodb.exceptions.PynamoDBException"),
    "spoke.accounts": (
        "botocore.client.ClientCreator._get_client_args",
        "botocore.credentials.RefreshableCredentials.create_from_metadata",
        "botocore.credentials.RefreshableCredentials.get_frozen_credentials",
        "botocore.session.Session.create_client",
        "botocore.signers.RequestSigner.get_auth_instance",
    ),
    "spoke.curing": ("botocore.endpoint.Endpoint._needs_retry", "botocore.endpoint.Endpoint._send_request"),
    "spoke.models": (
        "botocore.endpoint.Endpoint._do_get_response",
        "botocore.loaders.Loader.load_service_model",
        "botocore.parsers.ResponseParser.parse",
    ),
    "tests.benchmarks.timeline": ("botocore.endpoint.Endpoint._needs_retry",),
    "tests.hub.conftest": (
        "moto.dynamodb.models.DynamoDBBackend.transact_write_items",
        "moto.dynamodb.models.table.Table.__init__",
    ),
    "tests.mutants.making": (
        "mutmut.mutation.diff_apply.read_mutant_function",
        "mutmut.mutation.diff_apply.read_original_function",
        "mutmut.mutation.file_mutation.MutationVisitor.__init__",
        "mutmut.mutation.file_mutation.combine_mutations_to_source",
        "mutmut.mutation.pragma_handling.get_ignored_lines",
        "mutmut.utils.format_utils.orig_function_and_class_names_from_key",
    ),
    "tests.mutants.playing": (
        "mutmut.mutation.trampoline.set_mutant_under_test",
        "mutmut.mutation.trampoline.wrap_in_trampoline",
        "mutmut.stats.record_trampoline_hit",
    ),
    "tests.nightly": ("_pytest.python.CallSpec.setmulti",),
    "tests.simulation.slack_line": ("slack_sdk.web.base_client.BaseClient._perform_urllib_http_request_internal",),
    "tests.simulation.stage": (
        "botocore.endpoint.Endpoint._needs_retry",
        "botocore.retries.quota.RetryQuota.__init__",
    ),
    "tests.wire.wire": (
        "botocore.awsrequest.AWSResponse",
        "botocore.endpoint.Endpoint._get_response",
        "botocore.endpoint.Endpoint._send",
        "botocore.handlers.BUILTIN_HANDLERS",
    ),
}
"""By module: the library's symbols that it replaces, overrides, or calls although they are private."""


if __name__ == "__main__":
    Path(sys.argv[1] if sys.argv[1:] else RECORD).write_text(record(PACKAGES, PLACES), "utf-8")
