"""What can go wrong here, sorted by who hears of it.

Exception
├─ SlackError      the app, as Slack tells it: HTTP 200 and {"ok": false, "error": code}
│  ├─ MissingScope the app: which scope it needs, and which it has
│  └─ RateLimited  the app: HTTP 429 with Retry-After
├─ Refused         the person at the page: a sentence (HTTP 409)
└─ NotUnderstood   whoever called a control address wrongly: a sentence (HTTP 400)
"""

from collections.abc import Iterable


class SlackError(Exception):
    """An error of the Web API: Slack's word for it, and what exactly was wrong where Slack would say so."""

    def __init__(self, code: str, problems: Iterable[str] = ()) -> None:
        self.code = code
        self.problems = tuple(problems)
        super().__init__(code, *self.problems)


class MissingScope(SlackError):
    """A method that the app was not given any of the `needed` scopes for."""

    def __init__(self, needed: Iterable[str], provided: Iterable[str]) -> None:
        super().__init__("missing_scope")
        self.needed = ",".join(needed)
        self.provided = ",".join(sorted(provided))


class RateLimited(SlackError):
    """Too much too fast: wait `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after


class Refused(Exception):
    """What a person cannot do right now, as a sentence."""


class NotUnderstood(Exception):
    """A control request that says nothing we know, as a sentence."""
