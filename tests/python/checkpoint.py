"""A table whose log begins with a checkpoint of ours, for the official Delta package.

    checkpoint.py TABLE ROWS

Checks that it reads ROWS rows, appends one more, and cleans the log up as a maintenance job does.
"""

import sys

import duckdb
import pyarrow
from deltalake import DeltaTable, write_deltalake

folder, rows = sys.argv[1], int(sys.argv[2])
table = DeltaTable(folder)
assert table.metadata().name == "runs", table.metadata()
assert all(field.metadata.get("comment") for field in table.schema().fields)
held = table.to_pyarrow_table()
assert held.num_rows == rows, held.num_rows
assert duckdb.sql("SELECT count(DISTINCT run_id) FROM held").fetchall() == [(rows,)]
# Files without statistics of their own are counted from what the checkpoint says.
assert sum(table.get_add_actions(flatten=True)["num_records"].to_pylist()) == rows

write_deltalake(folder, pyarrow.table({"run_id": ["from-python"]}), mode="append", schema_mode="merge")
table = DeltaTable(folder)
assert table.to_pyarrow_table().num_rows == rows + 1
table.optimize.compact()
table.create_checkpoint()
table.cleanup_metadata()
assert DeltaTable(folder).to_pyarrow_table().num_rows == rows + 1
print(DeltaTable(folder).version())
