"""Records a sample of each kind that has none yet: `python -m tests.shapes`, from the checkout."""

import os

import boto3

from hub.table.store import Store
from tests.hub.stack import create_table
from tests.shapes.recording import Json, record_messages, record_rows, record_surfaces
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

        def taken() -> list[Json]:
            rows = tables.rows("coastguard")
            for row in rows:
                client.delete_item(TableName="coastguard", Key={"pk": row["pk"], "sk": row["sk"]})
            return rows

        record_rows(store, taken)
    record_messages()
    record_surfaces()
