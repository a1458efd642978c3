"""ExpectedBucketOwner, the header by which a caller of S3 says whose bucket they mean; MiniStack reads over it."""

from ministack.services import s3

HEADER = "x-amz-expected-bucket-owner"

Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Let MiniStack's S3 refuse whoever means another's bucket, also where its policy would let them in."""
    ministacks_dispatch = s3._dispatch  # noqa: SLF001 - asserted in symbols

    def dispatch(method: str, bucket: str, key: str, headers: dict[str, str], *others: object) -> Answer:
        expected, owner = headers.get(HEADER), s3._bucket_owner_account(bucket)  # noqa: SLF001 - asserted in symbols
        if expected and owner and expected != owner:
            answer: Answer = s3._error("AccessDenied", "Access Denied", 403, f"/{bucket}")  # noqa: SLF001 - the same
        else:
            answer = ministacks_dispatch(method, bucket, key, headers, *others)
        return answer

    s3._dispatch = dispatch  # noqa: SLF001 - asserted in symbols
