"""Templates given by address: from the world's own S3, in the forms in which AWS takes an address of S3.

MiniStack reads an address's path alone, so a bucket in the host is lost on it, and any host's word is as good as S3's.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import s3
from ministack.services.cloudformation import helpers

from spoke.partitions import partition_of

_S3 = re.compile(r"(?:(?P<bucket>.+)\.)?s3(?:[.-](?P<region>[a-z0-9]+-[a-z0-9-]+))?\.(?P<suffix>[a-z0-9.-]+)", re.ASCII)

Read = tuple[str | None, tuple[int, dict[str, str], bytes] | None]


def install() -> None:
    """Let MiniStack's CloudFormation read them, wherever a request may name one."""
    read: Callable[..., Read] = helpers._resolve_document  # noqa: SLF001 - asserted in symbols

    def resolve_document(params: Mapping[str, Any], body_key: str, url_key: str, label: str) -> Read:
        address = helpers._p(params, url_key)  # noqa: SLF001 - asserted in symbols
        if not address:
            return read(params, body_key, url_key, label)
        bucket, key = _place(address)
        if not bucket or not key:
            reason = f"S3 error: Domain name specified in {address} is not a valid S3 domain"
            return None, helpers._error("ValidationError", reason)  # noqa: SLF001 - asserted in symbols
        # This world's CloudFormation asks nobody's leave to read in S3: whose the bucket is, is all it has to know.
        owner = s3._bucket_owner_account(bucket) or get_account_id()  # noqa: SLF001 - asserted in symbols
        with request_scope(owner, get_region()):
            return read({url_key: f"https://s3/{bucket}/{key}"}, body_key, url_key, label)

    helpers._resolve_document = resolve_document  # noqa: SLF001 - asserted in symbols


def _place(address: str) -> tuple[str, str]:
    """Return the bucket and the key, both empty if it is no address of S3."""
    url = urlsplit(address)
    host = _S3.fullmatch(url.hostname or "")
    partition = partition_of((host["region"] if host else None) or "us-east-1")
    if url.scheme != "https" or not host or partition is None or host["suffix"] != partition.dns_suffix:
        return "", ""
    path = unquote(url.path).lstrip("/")
    if host["bucket"]:
        return host["bucket"], path
    bucket, _, key = path.partition("/")
    return bucket, key
