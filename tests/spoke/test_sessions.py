"""Sessions that begin sooner make the very clients that botocore's make."""

from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import NoRegionError
from botocore.handlers import BUILTIN_HANDLERS

from coastguard.service_models import OPERATIONS
from spoke.sessions import LeanSession

KINDS = sorted({event.partition(".")[0] for event, *_ in BUILTIN_HANDLERS} - {"docs"})


class _Signed:
    """Provides credentials."""

    def load_credentials(self) -> Credentials:
        return Credentials("key", "secret")


def hooked(client: Any, kind: str, operation: str) -> list[str]:
    """What is asked when such an event of an operation happens, in its order.

    But for Powertools, which names itself in every session of a process that has imported it, wherever it stands.
    """
    event = client.meta.events._alias_event_name(f"{kind}.{client.meta.service_model.service_name}.{operation}")
    found = client.meta.events._emitter._handlers.prefix_search(event)
    named = [getattr(each, "__qualname__", type(each).__qualname__) for each in found]
    return [name for name in named if "powertools" not in name]


@pytest.mark.parametrize("service", OPERATIONS)
def test_a_client_is_hooked_as_botocores_own_is(service: str) -> None:
    usual = botocore.session.Session()
    usual.register_component("credential_provider", _Signed())
    theirs = usual.create_client(service, "eu-west-1", config=Config())
    session = LeanSession(_Signed())
    session.client("sqs", "eu-west-1", Config())
    ours = session.client(service, "eu-west-1", Config())

    for operation in OPERATIONS[service]:
        for kind in KINDS:
            assert hooked(ours, kind, operation) == hooked(theirs, kind, operation), (kind, operation)


def test_no_file_is_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nregion = us-west-2\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("AWS_REGION", raising=False)

    with pytest.raises(NoRegionError):
        LeanSession(_Signed()).client("sqs", None, Config())
