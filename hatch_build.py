"""What hatchling asks before it builds: nothing but the editable installation of a checkout.

The checkout is the distribution. `coastguard deploy` and the local world read the templates in stacksets/, the pins in
requirements/ and the sources of hub, spoke and chatops, and build into build/; a wheel would leave them behind.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CheckoutOnly(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's own configuration classes
    """Refuses wheels and source distributions."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling passes it
        """Let the editable installation through and end every other build with the way that works."""
        if version != "editable":
            self.app.abort(
                "Coastguard is used from a checkout, and no wheel of it is built: clone the repository and run `make "
                "demo`, which sets up .venv/bin/coastguard. `coastguard package` builds the zip of the functions."
            )
