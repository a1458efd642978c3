"""Curing: a refusal that signing anew may mend is tried once more, before anybody hears of it.

AWS sometimes does not know credentials that are good (https://github.com/boto/boto3/issues/509), and a role that was
deleted and made again makes its old sessions worthless. So whoever is refused as stale signs in anew, if it can, and
repeats the one request.

That is safe for requests of any kind. AWS authenticates a request before it authorizes it, and begins an operation only
after both (https://docs.aws.amazon.com/IAM/latest/UserGuide/intro-structure.html): what is refused so has had no
effect. What botocore itself has sent before, and got no answer to, it would have repeated as well.
"""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.hooks import BaseEventHooks

from spoke.errors import STALE

_TRIED = "coastguard_signed_anew"


def cure(events: BaseEventHooks, renew: Callable[[], None] = lambda: None) -> None:
    """Have the clients that are made with these events send a request once more that is refused as stale.

    `renew` makes the next signature another one.
    """

    def once_more(
        response: tuple[object, Mapping[str, Any]] | None, request_dict: dict[str, Any], **_: object
    ) -> float | None:
        code = response[1].get("Error", {}).get("Code") if response else None
        if code not in STALE or request_dict["context"].get(_TRIED):
            return None
        request_dict["context"][_TRIED] = True
        renew()
        return 0

    events.register("needs-retry", once_more)
