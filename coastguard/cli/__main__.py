"""`python -m coastguard.cli`: the same as `coastguard`."""

from coastguard.cli.app import app

app()
