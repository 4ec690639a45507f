"""Runs the genie-enhance binary in a Databricks job, signed in as the job.

python run.py BINARY WAREHOUSE_ID ARGUMENT…
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

binary, warehouse, *arguments = sys.argv[1:]

environment = dict(os.environ, DATABRICKS_WAREHOUSE_ID=warehouse)
if "DATABRICKS_TOKEN" not in environment:
    # Only here: the script also runs where there is nothing to sign in to.
    from databricks.sdk.core import Config

    config = Config()
    environment["DATABRICKS_HOST"] = config.host
    environment["DATABRICKS_TOKEN"] = config.authenticate()["Authorization"].removeprefix("Bearer ")

with tempfile.TemporaryDirectory() as folder:
    # A volume keeps no permission to execute.
    program = shutil.copy(binary, Path(folder) / "genie-enhance")
    os.chmod(program, 0o700)
    done = subprocess.run([program, *arguments], cwd=Path(__file__).resolve().parent.parent, env=environment)
# 2 says that there is drift or a change: that is news, and no failed job.
sys.exit(0 if done.returncode == 2 else done.returncode)
