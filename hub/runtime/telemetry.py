"""Logs and counts, as Lambda and CloudWatch like them: JSON lines, and metrics in the embedded metric format.

A line is the name of an event and keys: its own, and those of the unit of work (hub.runtime.log_keys).
A count never has an account or an instance as its dimension: CloudWatch bills each combination as a metric.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from hub.runtime.log_keys import attached, unit_of_work


def log_as_json(*, quiet: tuple[str, ...] = ()) -> None:
    """Make every log line JSON with its keys; loggers named in `quiet` keep to errors."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    if not root.handlers:
        root.addHandler(logging.StreamHandler())
    for handler in root.handlers:
        handler.setFormatter(_WithKeys())
    for name in (*quiet, "botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.ERROR)


class _WithKeys(LambdaPowertoolsFormatter):
    """Writes lines as JSON, each with what is attached; a key that the line names itself is the line's."""

    def format(self, record: logging.LogRecord) -> str:
        for key, value in attached().items():
            record.__dict__.setdefault(key, value)
        return super().format(record)


@contextmanager
def invocation(context: object) -> Iterator[None]:
    """Attach the id by which Lambda's own lines call an invocation; without a context there is none."""
    number = getattr(context, "aws_request_id", "")
    with unit_of_work(**{"invocation": number} if number else {}):
        yield


class Counts:
    """Counts what happens in one invocation; `flush` prints them as one metrics line."""

    def __init__(self) -> None:
        self._metrics = EphemeralMetrics()  # the others share what they have counted with the whole process

    def add(self, name: str, number: int) -> None:
        """Count `number` more of `name`."""
        if number:
            self._metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)

    def flush(self) -> None:
        """Print what was counted."""
        if self._metrics.metric_set:
            self._metrics.flush_metrics()
