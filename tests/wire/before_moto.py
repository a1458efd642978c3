"""The wire for what it has, and moto for all the rest where it is up: what the hub seldom asks for.

Moto takes several milliseconds for each call, and a story makes hundreds of them. It answers one call at a time:
several threads of ours ask at once, and moto copies its tables while others write to them.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.handlers import BUILTIN_HANDLERS
from moto.core.config import DefaultConfig
from moto.core.models import botocore_stubber

from tests.signed_in import KEYS
from tests.wire.wire import MEMBER_KEY, Wire

# mock_aws signs everybody in anew, unless it is told not to; but the wire knows the hub by its credentials.
AS_SIGNED_IN: DefaultConfig = {"core": {"mock_credentials": False}}
_MOTO = ("before-send", botocore_stubber)
_ONE_AT_A_TIME = threading.RLock()
# The hub, and who has signed in to a member account on the wire.
_OURS = re.compile(rf"Credential=({KEYS['AWS_ACCESS_KEY_ID']}|{MEMBER_KEY.pattern})/")


class WireBeforeMoto(Wire):
    """Answers for the services that it has, and hands all others on to moto."""

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Stand in moto's place in every botocore session that is begun meanwhile, for as long as that lives."""
        place = BUILTIN_HANDLERS.index(_MOTO)
        BUILTIN_HANDLERS[place] = ("before-send", self)
        try:
            yield
        finally:
            BUILTIN_HANDLERS[place] = _MOTO

    def __call__(self, request: AWSPreparedRequest, event_name: str, **more: object) -> AWSResponse | None:
        service = event_name.split(".")[1]
        signature = request.headers.get("Authorization", "")
        signed = signature.decode() if isinstance(signature, bytes) else signature
        if service in self.services and _OURS.search(signed):
            return super().__call__(request, event_name, **more)
        with _ONE_AT_A_TIME:
            answer: AWSResponse | None = botocore_stubber(event_name, request, **more)
        return answer
