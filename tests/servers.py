"""Starts a throwaway PostgreSQL and Redis for the whole test run, before Django reads its settings.

Loaded by `-p tests.servers`. Set DATABASE_URL or REDIS_URL to use servers of your own instead, and TMPDIR to keep
what the tests write: else it is in memory, and gone afterwards.
"""

import atexit
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

PROJECT_DIRECTORY = Path(__file__).resolve().parent.parent


def url_on_test_server(database: str = "postgres") -> str:
    """The address of another database on the server of this test run."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()


def _start() -> None:
    serving = subprocess.Popen(
        [sys.executable, "-m", "tests.serving"],
        cwd=PROJECT_DIRECTORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the tests; the servers end when the tests have
    )
    assert serving.stdout is not None
    atexit.register(serving.communicate)
    addresses = serving.stdout.readline()
    if not addresses:
        sys.exit("The servers of the tests did not start.")
    os.environ.update(json.loads(addresses))
    tempfile.tempdir = None  # TMPDIR may be another now


# xdist's workers inherit the addresses from the process that started them.
if "PYTEST_XDIST_WORKER" not in os.environ:
    _start()
