"""Who is signed in to AWS while tests run: whoever runs them may be so to a real account, and that is left alone."""

import os

import pytest

HUB_ACCOUNT, HUB_REGION = "123456789012", "eu-west-1"
FOREIGN = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_REGION")
NOBODY = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",  # a second for each test, and nobody asks for one
}
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAHUB0000000000000", "AWS_SECRET_ACCESS_KEY": "hub-not-a-secret"}
HUB = NOBODY | KEYS | {"AWS_DEFAULT_REGION": HUB_REGION}


def sign_in(environment: pytest.MonkeyPatch, told: dict[str, str] = HUB) -> None:
    """Let boto3 find these settings and no others."""
    for name in FOREIGN:
        environment.delenv(name, raising=False)
    for name, value in told.items():
        environment.setenv(name, value)
