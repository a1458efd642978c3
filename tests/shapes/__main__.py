"""Records a sample of each kind that has none yet: `python -m tests.shapes`, from the checkout."""

import os

import boto3

from hub.table.store import Store
from tests.hub.stack import create_table
from tests.shapes.recording import record_messages, record_rows, record_surfaces, take_rows
from tests.wire.table import Tables
from tests.wire.wire import Wire

if __name__ == "__main__":
    os.environ |= {"AWS_ACCESS_KEY_ID": "AKIAHUB0000000000000", "AWS_SECRET_ACCESS_KEY": "hub-not-a-secret"}
    wire, tables = Wire(), Tables()
    tables.hang(wire)
    with wire.hung():
        client = boto3.client("dynamodb", region_name="eu-west-1")
        store = Store("coastguard", "eu-west-1")
        create_table(client)
        record_rows(store, lambda: take_rows(tables, client))
    record_messages()
    record_surfaces()
