"""The history as other readers see it: the official Delta package, pandas and DuckDB.

    history.py FOLDER COUNTS.json

Checks that every table holds as many rows as COUNTS says (by table and plan), in all three
readers, then appends a run as another writer would, and leaves a checkpoint.
"""

import datetime
import json
import sys

import duckdb
import pandas
import pyarrow
from deltalake import DeltaTable, write_deltalake

folder, expected = sys.argv[1], json.load(open(sys.argv[2]))
found = {}
for name, count in expected.items():
    table = DeltaTable(f"{folder}/{name}")
    protocol = table.protocol()
    assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2), protocol
    held = table.to_pyarrow_table()
    frame = table.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    counted = duckdb.sql("SELECT count(*) FROM held").fetchall()[0][0]
    found[name] = {"delta": held.num_rows, "pandas": len(frame), "duckdb": counted}
    assert set(found[name].values()) == {count}, (name, count, found[name])
    comments = [field.metadata.get("comment") for field in table.schema().fields]
    assert all(comments), (name, comments)

runs = DeltaTable(f"{folder}/runs").to_pyarrow_table()
latest = duckdb.sql(
    "SELECT command, started_at < ended_at, correct_after, total_after, typeof(started_at) FROM runs ORDER BY started_at DESC"
).fetchall()
print(json.dumps({"found": found, "runs": [list(map(str, row)) for row in latest]}))

# Another writer appends, with the columns that it knows, in its own order and Arrow types.
now = datetime.datetime.now(datetime.timezone.utc)
row = {
    "actor": ["파이썬"],
    "run_id": ["from-python"],
    "folder": ["20990101T000000Z"],
    "command": ["score"],
    "status": ["ok"],
    "started_at": pyarrow.array([now], pyarrow.timestamp("us", tz="UTC")),
    "correct_after": pyarrow.array([3], pyarrow.int64()),
    "total_after": pyarrow.array([4], pyarrow.int64()),
}
write_deltalake(f"{folder}/runs", pyarrow.table(row), mode="append", schema_mode="merge")
DeltaTable(f"{folder}/runs").create_checkpoint()
