"""AWS's clients in the hub: how long they wait, and what they try again."""

from typing import Any

from botocore.config import Config
from botocore.credentials import CredentialResolver, EnvProvider

from spoke import USER_AGENT
from spoke.curing import cure
from spoke.sessions import LeanSession

AWS = Config(
    connect_timeout=3,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    user_agent=USER_AGENT,
)


class HubSession:
    """The function's own credentials and Region. Its clients try once more what is refused as stale.

    Lambda gives a function its credentials in its environment, and they are looked for nowhere else: what makes ready
    to ask a metadata service takes longer than to make a client, and there is none.
    Botocore's, because to import boto3 on top takes a cold start longer, and gives nothing that is used here.
    """

    def __init__(self) -> None:
        self._session = LeanSession(CredentialResolver([EnvProvider()]))
        cure(self._session.events)

    @property
    def region_name(self) -> str:
        """The Region that the function is in."""
        return self._session.region

    def client(self, service: str, *, config: Config, region_name: str | None = None) -> Any:  # noqa: ANN401  # botocore's clients have no type
        """Make a client of a service, of this Region unless another one is named. Any thread may ask."""
        return self._session.client(service, region_name, config)
