"""Logs and counts, as Lambda and CloudWatch like them: JSON lines, and metrics in the embedded metric format.

A count never has an account or an instance as its dimension: CloudWatch bills each combination as a metric.
"""

import logging

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import Metrics, MetricUnit


def log_as_json(*, quiet: tuple[str, ...] = ()) -> None:
    """Make every log line JSON with its keys; loggers named in `quiet` keep to errors."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    if not root.handlers:
        root.addHandler(logging.StreamHandler())
    for handler in root.handlers:
        handler.setFormatter(LambdaPowertoolsFormatter())
    for name in (*quiet, "botocore", "boto3", "urllib3"):
        logging.getLogger(name).setLevel(logging.ERROR)


class Counts:
    """Counts what happens in one invocation; `flush` prints them as one metrics line."""

    def __init__(self) -> None:
        self._metrics = Metrics()

    def add(self, name: str, number: int) -> None:
        """Count `number` more of `name`."""
        if number:
            self._metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)

    def flush(self) -> None:
        """Print what was counted."""
        if self._metrics.metric_set:
            self._metrics.flush_metrics()
