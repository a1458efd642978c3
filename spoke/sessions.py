"""Sessions of botocore that begin sooner, and serve many threads.

A session registers hooks for whatever any of AWS's services ever needed, and for their documentation: more than a
hundred, which takes as long as to make a client or two, and each client copies all of them. Here a service's hooks are
registered when its first client is made; those of no service's own, at once.

Functions have their credentials in their environment or from STS, so no file is looked for either.
"""

from threading import Lock
from typing import Any

from botocore import handlers
from botocore.config import Config
from botocore.hooks import BaseEventHooks
from botocore.loaders import Loader
from botocore.session import Session

from spoke.models import lean_loader

# Hooks that write documentation, when somebody asks for help.
_DOCS = "docs"


class LeanSession:
    """Makes clients with such credentials, and by default with the models of the whole process. Any thread may ask."""

    def __init__(self, provider: object, loader: Loader | None = None) -> None:
        self._core = Session(include_builtin_handlers=False)
        for file in ("config_file", "credentials_file"):
            self._core.set_config_variable(file, "")
        self._core.register_component("credential_provider", provider)
        self._core.register_component("data_loader", loader or lean_loader())
        self._hooked: set[str] = set()
        self._hook("")
        self._lock = Lock()

    @property
    def events(self) -> BaseEventHooks:
        """Botocore's event hooks of all its clients. Register before a client is made, which copies them."""
        return self._core.get_component("event_emitter")

    @property
    def region(self) -> str:
        """The Region that the environment names."""
        region: str = self._core.get_config_variable("region")
        return region

    def client(self, service: str, region: str | None, config: Config) -> Any:  # noqa: ANN401  # botocore's clients have no type
        """Make a client of a service, of the environment's Region unless another one is named."""
        with self._lock:  # a botocore session may not make two clients at once
            self._hook(service)
            return self._core.create_client(service, region, config=config)

    def _hook(self, service: str) -> None:
        """Register what botocore registers for a service, or for none, in its order."""
        if service in self._hooked:
            return
        self._hooked.add(service)
        events = self.events
        places = {handlers.REGISTER_FIRST: events.register_first, handlers.REGISTER_LAST: events.register_last}
        for event, hook, *place in handlers.BUILTIN_HANDLERS:
            kind, _, rest = event.partition(".")
            if kind != _DOCS and rest.partition(".")[0] == service:
                register = places[place[0]] if place else events.register
                register(event, hook)
