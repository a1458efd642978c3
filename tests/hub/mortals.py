"""A table, queues and a Slack in the hands of a function that may die at any step: just before it, or just after."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from slack_sdk.web import SlackResponse

from coastguard.local.slack.workspace import BOT_TOKEN
from hub.incidents.bulletin import Bulletin
from hub.incidents.hints import Chore, Hint
from hub.queues import Queues
from hub.slack.client import Slack
from hub.table.clusters import MessageRecord
from hub.table.store import Store
from tests.patience import PATIENCE_SECONDS


class Died(BaseException):
    """A function is gone in the middle of its work; SQS gives its batch out again when visibility is over."""


class Doom:
    """The moment at which the function dies, once: "before post 3" is before the third message is posted."""

    def __init__(self) -> None:
        self.moment = ""
        self._taken: Counter[str] = Counter()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self._taken[name] += 1
        number = self._taken[name]
        self._pass(f"before {name} {number}")
        yield
        self._pass(f"after {name} {number}")

    def _pass(self, moment: str) -> None:
        if moment == self.moment:
            self.moment = ""
            raise Died(moment)


class MortalStore(Store):
    def __init__(self, store: Store, doom: Doom) -> None:
        self.__dict__.update(vars(store))
        self._doom = doom

    def keep(self, record: MessageRecord) -> MessageRecord:
        with self._doom.step("keep"):
            return super().keep(record)

    def keep_all(self, bulletins: Sequence[Bulletin]) -> list[Bulletin]:
        with self._doom.step("keep all"):
            return super().keep_all(bulletins)


class MortalQueues(Queues):
    def __init__(self, queues: Queues, doom: Doom) -> None:
        self.__dict__.update(vars(queues))
        self._doom = doom

    def ask_looks(self, url: str, hints: Iterable[Hint | Chore], token: str) -> set[str]:
        with self._doom.step("ask"):
            return super().ask_looks(url, hints, token)

    def later(self, url: str, waits: Iterable[tuple[Hint | Chore, float]]) -> None:
        with self._doom.step("later"):
            super().later(url, waits)


class MortalSlack(Slack):
    def __init__(self, api_url: str, doom: Doom) -> None:
        super().__init__(BOT_TOKEN, api_url, PATIENCE_SECONDS)
        self._doom = doom

    def _call(self, method: Callable[..., SlackResponse], **arguments: Any) -> Mapping[str, Any]:
        names = {"chat_postMessage": "post", "chat_update": "edit"}
        with self._doom.step(names.get(method.__name__, "read")):
            return super()._call(method, **arguments)
