"""Reads every index and every page of a restored copy with pg_amcheck."""

import os
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg

from apps.backups.engines import findings
from apps.backups.engines.findings import Finding
from apps.common import shell
from apps.common.postgresql.binaries import Installation

AVAILABLE = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'amcheck')"
# Such as: btree index "shop.sales.customer_pkey":
REPORTED = re.compile(r'^(?P<kind>btree index|heap table) "(?P<name>.+?)"(?P<where>.*):$')
CORRUPTION_FOUND = 2
SHOWN = 20


def is_available(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server can be given the extension."""
    row = connection.execute(AVAILABLE).fetchone()
    return row is not None and bool(row[0])


def run_amcheck(
    installation: Installation, parameters: dict[str, Any], *, options: str, timeout_seconds: float
) -> list[Finding]:
    """What pg_amcheck reports of the database. Raises ToolFailed when it could not look."""
    parameters = dict(parameters)
    password = parameters.pop("password")
    command = shell.Command(
        [installation.program("pg_amcheck"), *make_amcheck_arguments(parameters)],
        environment={"PGPASSWORD": password, "PGOPTIONS": options},
        secrets=[password],
        timeout_seconds=timeout_seconds,
    )
    said = b""
    try:
        with shell.program(command) as running:
            said = running.stdout.read()
    except shell.ToolFailed as error:
        if error.exit_code != CORRUPTION_FOUND or not said:
            raise
    return read_reports(said.decode(errors="replace"))


def make_amcheck_arguments(parameters: dict[str, Any]) -> list[str | Path]:
    """Arguments of pg_amcheck: every row of every table must be in its indexes."""
    return [
        "--heapallindexed",
        "--install-missing",
        "--no-password",
        f"--jobs={max(2, len(os.sched_getaffinity(0)))}",
        f"--host={parameters['host']}",
        f"--port={parameters['port']}",
        f"--username={parameters['user']}",
        f"--database={parameters['dbname']}",
    ]


def read_reports(text: str) -> list[Finding]:
    """One finding for each index or table that pg_amcheck complains of, with its first words."""
    found: dict[tuple[str, str], str] = {}
    for line, following in pairwise([*text.splitlines(), ""]):
        if report := REPORTED.match(line):
            found.setdefault((report["kind"], report["name"]), following.strip())
    return [_finding(kind, name, words) for (kind, name), words in list(found.items())[:SHOWN]]


def _finding(kind: str, name: str, words: str) -> Finding:
    if kind == "btree index":
        return Finding(findings.INDEX_CORRUPT, f"The index {name} is corrupt in the restored copy: {words}")
    return Finding(findings.HEAP_CORRUPT, f"The table {name} is corrupt in the restored copy: {words}")
