"""Backup and drill of one database, against `pg_dump | gzip` and `pg_dump -Fc -Z0 | zstd -3 -T0` in the same run.

bench/backup.py [--size-mb 200]
"""

import argparse
import itertools
import multiprocessing
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from apps.backups.engines.artefact import pack
from apps.backups.engines.backup import take_backup
from apps.backups.engines.drill import run_drill
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.postgresql.address import Address, parse_address
from apps.backups.engines.postgresql.dump import dumping, open_snapshot
from apps.backups.engines.postgresql.source import PostgreSQLSource
from apps.backups.engines.report import DrillReport
from apps.backups.engines.storage import LocalStorage
from apps.common.postgresql.binaries import newest_server_installation
from apps.common.postgresql.server import Server
from apps.common.postgresql.throwaway import throwaway_server

# Two tables that grow in turn: numbers as in pgbench, and documents as in an application.
FILL = """
CREATE TABLE account (id bigint PRIMARY KEY, branch int, balance bigint, filler char(84));
CREATE TABLE document (id bigserial PRIMARY KEY, owner uuid, body jsonb, changed_at timestamptz);
"""
ADD_ACCOUNTS = "INSERT INTO account SELECT %(from)s + n, n %% 50, n * 7 %% 100000, '' FROM generate_series(1, 390000) n"
WORDS = "the of backup and restore to a in proof is that for milestone on owner with service target as drill at by"
ADD_DOCUMENTS = f"""
INSERT INTO document (owner, body, changed_at)
SELECT md5((n % 1000)::text)::uuid,
       jsonb_build_object('name', 'document ' || n, 'tags', array[w[n % 20 + 1], w[n % 7 + 1]], 'size', n, 'text',
         concat_ws(' ', w[n % 20 + 1], w[n / 20 % 20 + 1], w[n / 400 % 20 + 1], w[n % 19 + 1], w[n % 17 + 1],
                   w[n % 13 + 1], w[n / 3 % 11 + 1], n * 7919::bigint % 100003)),
       timestamptz '2026-01-01+00' + n * interval '1 second'
FROM generate_series(1, 280000) n, string_to_array('{WORDS}', ' ') w
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size-mb", type=int, default=200, help="of the database; the published figures are of 1000")
    options = parser.parse_args()
    with throwaway_server(newest_server_installation()) as server, tempfile.TemporaryDirectory() as folder:
        size_mb = fill(server, options.size_mb) / 1e6
        print(
            f"database: {size_mb:.0f} MB, PostgreSQL {server.installation.version}, {multiprocessing.cpu_count()} cores"
        )
        compare(server, Path(folder), size_mb)


def fill(server: Server, size_mb: int) -> int:
    server.create_database("bench")
    with psycopg.connect(**server.connection_parameters("bench"), autocommit=True) as connection:
        connection.execute(FILL)
        for part in itertools.count():
            if size_of(connection) >= size_mb * 1_000_000:
                break
            if part % 2 == 0:
                connection.execute(ADD_ACCOUNTS, {"from": part * 390_000})
            else:
                connection.execute(ADD_DOCUMENTS)
        for statement in ("CREATE INDEX ON document (owner)", "VACUUM ANALYZE", "CHECKPOINT"):
            connection.execute(statement)
        return size_of(connection)


def size_of(connection: psycopg.Connection) -> int:
    return connection.execute("SELECT pg_database_size(current_database())").fetchone()[0]


def compare(server: Server, folder: Path, size_mb: float) -> None:
    gzip_seconds, gzip_bytes = pipe(server, folder / "gzip", [], ["gzip"])
    zstd_seconds, zstd_bytes = pipe(server, folder / "zstd", ["-Fc", "-Z0"], ["zstd", "-3", "-T0", "-q"])
    address = parse_address(server.connection_url("bench"))
    storage = LocalStorage(folder / "storage")
    manifest, backup_seconds, peak_mb = in_child(back_up, address, storage)
    report, drill_seconds, drill_peak_mb = in_child(drill, storage, None)

    dump_seconds, _, _ = in_child(dump_only, address, storage)
    restore_seconds = bare_restore(server, folder)

    line("pg_dump | gzip", gzip_seconds, gzip_bytes)
    line("pg_dump -Fc -Z0 | zstd -3 -T0", zstd_seconds, zstd_bytes)
    line("backup (dump, compress, checksum, store, fingerprint)", backup_seconds, manifest.artefact.size_bytes)
    print(f"  time of pg_dump | gzip:       {backup_seconds / gzip_seconds:.2f}  (goal 0.60)")
    print(f"  size of pg_dump | gzip:       {manifest.artefact.size_bytes / gzip_bytes:.2f}  (goal 0.60)")
    print(f"  dump + compress, of bare zstd: {dump_seconds / zstd_seconds:.2f}  (goal 1.10)")
    print(f"  peak memory of the backup:    {peak_mb:.0f} MB (goal 150)")
    print(f"drill: {report.verdict.value}, {drill_seconds:.1f} s")
    print(f"  {size_mb / drill_seconds:.0f} MB/s of database (goal 80)")
    print("  " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in report.stages.items()))
    print(
        f"  restore, of bare pg_restore -j2 ({restore_seconds:.1f} s): {report.stages['restore'] / restore_seconds:.2f}"
    )
    growing = sum(report.stages[name] for name in ("fetch", "decompress", "restore", "compare"))
    print(f"  what does not grow with the size: {drill_seconds - growing:.2f} s (goal 1)")
    print(f"  peak memory of the drill: {drill_peak_mb:.0f} MB")


def pipe(server: Server, target: Path, options: list[str], compressor: list[str]) -> tuple[float, int]:
    """Run `pg_dump OPTIONS | COMPRESSOR > target`."""
    if shutil.which(compressor[0]) is None:
        sys.exit(f"The benchmark compares with {compressor[0]}, which is not installed.")
    command = [server.installation.program("pg_dump"), *options, server.connection_url("bench")]
    started = time.monotonic()
    with target.open("wb") as file:
        dump = subprocess.Popen(command, stdout=subprocess.PIPE)
        subprocess.run(compressor, stdin=dump.stdout, stdout=file, check=True)
        if dump.wait():
            sys.exit("pg_dump failed")
    return time.monotonic() - started, target.stat().st_size


def bare_restore(server: Server, folder: Path) -> float:
    """Seconds of `pg_restore -j2` into a server like that of a drill."""
    dump = folder / "bare.dump"
    command = [server.installation.program("pg_dump"), "-Fc", "-Z0", "-f", dump, server.connection_url("bench")]
    subprocess.run(command, check=True)
    with throwaway_server(server.installation) as empty:
        started = time.monotonic()
        target = empty.connection_url("template1")
        restore = [empty.installation.program("pg_restore"), "--create", "-j2", f"--dbname={target}", dump]
        subprocess.run(restore, check=True)
        return time.monotonic() - started


def back_up(address: Address, storage: LocalStorage) -> Manifest:
    return take_backup(source=PostgreSQLSource(address), storage=storage, prefix="bench")


def dump_only(address: Address, storage: LocalStorage) -> float:
    """The seconds of dump, compression, checksum and storing, without the fingerprint beside it."""
    started = time.monotonic()
    with (
        open_snapshot(address) as snapshot,
        storage.write("dump/only") as file,
        dumping(address, snapshot, timeout_seconds=3600) as source,
    ):
        pack(source, file)
    return time.monotonic() - started


def drill(storage: LocalStorage, nothing: None) -> DrillReport:
    return run_drill(storage=storage, prefix="bench", now=datetime.now(UTC))


def in_child(function, *arguments):
    """The result, the seconds and the peak memory in MB of a function, run in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(measured, (function, *arguments))


def measured(function, *arguments):
    started = time.monotonic()
    result = function(*arguments)
    return result, time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def line(name: str, seconds: float, size_bytes: int) -> None:
    print(f"{name}: {seconds:.1f} s, {size_bytes / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
