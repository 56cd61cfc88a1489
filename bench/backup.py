"""Backup and drill of one database against bare tools, in the same run: seconds, sizes and memory.

bench/backup.py [--size-mb 1000] [--memory-mb 100 4000] [--runs 2]

Those that are compared run in turn, several times, and the quickest run of each counts: whatever else the machine does
meanwhile then misleads less. Seconds of the processors are those of both sides, the server's included.
"""

import argparse
import itertools
import multiprocessing
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from _processes import cpu_seconds, peak_mb

from apps.backups.engines.artefact import Written, pack
from apps.backups.engines.backup import take_backup
from apps.backups.engines.drill import run_drill
from apps.backups.engines.encryption import make_identity, public_key_of
from apps.backups.engines.postgresql.address import parse_address
from apps.backups.engines.postgresql.dump import dumping, open_snapshot
from apps.backups.engines.postgresql.source import PostgreSQLSource
from apps.backups.engines.report import DrillReport
from apps.backups.engines.storage import LocalStorage
from apps.common.postgresql.binaries import newest_server_installation
from apps.common.postgresql.server import Server, running_postmaster
from apps.common.postgresql.throwaway import throwaway_server

# Two tables that grow in turn: numbers as in pgbench, and documents as in an application.
SCHEMA = """
CREATE TABLE account (id bigint PRIMARY KEY, branch int, balance bigint, filler char(84));
CREATE TABLE document (id bigserial PRIMARY KEY, owner uuid, body jsonb, changed_at timestamptz);
CREATE TABLE ballast (body text);
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
# Written quickly, for the sizes of which only the memory is shown.
ADD_BALLAST = "INSERT INTO ballast SELECT repeat(md5(n::text), 60) FROM generate_series(1, 25000) n"
DISK_FACTOR = 2
LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Measured:
    """One run of something. Memory is the peaks of all its processes together, but for the server's."""

    result: Any
    seconds: float
    processor_seconds: float
    peak_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size-mb", type=int, default=1000, help="of the database; the published figures are of 1000")
    parser.add_argument("--memory-mb", type=int, nargs="*", default=[100, 4000], help="of which only memory shows")
    parser.add_argument("--runs", type=int, default=2, help="of each, of which the quickest counts")
    options = parser.parse_args()
    with throwaway_server(newest_server_installation()) as server, tempfile.TemporaryDirectory() as folder:
        server.create_database("empty")
        server.create_database("bench")
        size_mb = fill(server, options.size_mb) / 1e6
        cores = len(os.sched_getaffinity(0))
        print(f"database: {size_mb:.0f} MB, PostgreSQL {server.installation.version}, {cores} cores", flush=True)
        compare_backups(server, Path(folder), options.runs)
        compare_drills(server, Path(folder), size_mb, options.runs)
    for size_mb in options.memory_mb:
        show_memory(size_mb)


def compare_backups(server: Server, folder: Path, runs: int) -> None:
    """Backups beside the tools that people use without Seaworthy."""
    url, storage = server.connection_url("bench"), LocalStorage(folder / "storage")
    recipients = [public_key_of(make_identity()) for _ in range(2)]
    gzip, zstd, dump, backup = best_of(
        runs,
        lambda: pipe(server, folder / "gzip", [], ["gzip"]),
        lambda: pipe(server, folder / "zstd", ["-Fc", "-Z0"], ["zstd", "-3", "-T0", "-q"]),
        lambda: in_child(dump_only, server, url, storage),
        lambda: in_child(back_up, server, url, storage, recipients),
    )
    line("pg_dump | gzip", gzip, gzip.result)
    line("pg_dump -Fc -Z0 | zstd -3 -T0", zstd, zstd.result)
    line("dump, compress, checksum, store", dump, dump.result.size_bytes)
    line("backup, encrypted and with the fingerprint", backup, backup.result.size_bytes)
    figure("backup: time, of pg_dump | gzip", backup.seconds / gzip.seconds, 0.6)
    figure("backup: size, of pg_dump | gzip", backup.result.size_bytes / gzip.result, 0.6)
    figure("dump and compress: time, of bare zstd", dump.seconds / zstd.seconds, 1.1)
    figure("dump and compress: processors, of bare zstd", dump.processor_seconds / zstd.processor_seconds, 1.1)
    figure("backup: peak memory, MB", backup.peak_mb, 150)


def compare_drills(server: Server, folder: Path, size_mb: float, runs: int) -> None:
    """Drills beside a bare restore, and a drill of nothing at all."""
    storage, identity = LocalStorage(folder / "storage"), make_identity()
    for name in ("bench", "empty"):
        source, recipients = source_of(server.connection_url(name)), [public_key_of(identity)]
        take_backup(source=source, storage=storage, prefix=f"drilled/{name}", recipients=recipients)
    dump = folder / "bare.dump"
    command = [server.installation.program("pg_dump"), "-Fc", "-Z0", "-f", dump, server.connection_url("bench")]
    subprocess.run(command, check=True)
    restore, drill, fixed = best_of(
        runs,
        lambda: bare_restore(server, dump),
        lambda: in_child(drill_of, server, "drilled/bench", storage, identity),
        lambda: in_child(drill_of, server, "drilled/empty", storage, identity),
    )
    stages = drill.result.stages
    print(f"drill: {drill.result.verdict.value}, {drill.seconds:.1f} s, peak memory {drill.peak_mb:.0f} MB")
    print("  " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in stages.items()))
    figure("drill: MB/s of database", size_mb / drill.seconds, 80, "at least")
    figure("drill: restore, of bare pg_restore -j2", stages["restore"] / restore.seconds)
    apart = fixed.seconds - fixed.result.stages["restore"] - fixed.result.stages["compare"]
    figure("drill of nothing: apart from restore and compare, s", apart, 1)


def show_memory(size_mb: int) -> None:
    """What a backup of a database of this size needs of the memory."""
    with tempfile.TemporaryDirectory() as folder:
        if shutil.disk_usage(folder).free < size_mb * 1_000_000 * DISK_FACTOR:
            print(f"peak memory at {size_mb} MB: not measured, the disk is too small")
            return
        with throwaway_server(newest_server_installation()) as server:
            server.create_database("bench")
            fill_quickly(server, size_mb)
            url, recipients = server.connection_url("bench"), [public_key_of(make_identity())]
            backup = in_child(back_up, server, url, LocalStorage(Path(folder) / "storage"), recipients)
    figure(f"backup of {size_mb} MB: peak memory, MB", backup.peak_mb, 150)


def fill(server: Server, size_mb: int) -> int:
    with psycopg.connect(**server.connection_parameters("bench"), autocommit=True) as connection:
        connection.execute(SCHEMA)
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


def fill_quickly(server: Server, size_mb: int) -> None:
    with psycopg.connect(**server.connection_parameters("bench"), autocommit=True) as connection:
        connection.execute(SCHEMA)
        while size_of(connection) < size_mb * 1_000_000:
            connection.execute(ADD_BALLAST)


def size_of(connection: psycopg.Connection[Any]) -> int:
    return connection.execute("SELECT pg_database_size(current_database())").fetchone()[0]


def source_of(url: str) -> PostgreSQLSource:
    return PostgreSQLSource(parse_address(url))


def pipe(server: Server, target: Path, options: list[str], compressor: list[str]) -> Measured:
    """Run `pg_dump OPTIONS | COMPRESSOR > target`. The result is its size."""
    if shutil.which(compressor[0]) is None:
        sys.exit(f"The benchmark compares with {compressor[0]}, which is not installed.")
    command = [server.installation.program("pg_dump"), *options, server.connection_url("bench")]
    with target.open("wb") as file:

        def work() -> None:
            dump = subprocess.Popen(command, stdout=subprocess.PIPE)
            subprocess.run(compressor, stdin=dump.stdout, stdout=file, check=True)
            if dump.wait():
                sys.exit("pg_dump failed")

        seconds, processor_seconds = timed(server, os.getpid(), work)
    return Measured(target.stat().st_size, seconds, processor_seconds, 0)


def bare_restore(server: Server, dump: Path) -> Measured:
    """Run `pg_restore -j2` into a server like that of a drill."""
    with throwaway_server(server.installation) as empty:
        target = empty.connection_url("template1")
        command = [empty.installation.program("pg_restore"), "--create", "-j2", f"--dbname={target}", dump]
        return Measured(None, *timed(empty, os.getpid(), lambda: subprocess.run(command, check=True)), 0)


def timed(server: Server, process: int, work: Callable[[], Any]) -> tuple[float, float]:
    """The seconds, and the seconds of the processors, that the process and the server used for the work."""
    roots = [process, running_postmaster(server.data_folder)]
    before, started = sum(map(cpu_seconds, roots)), time.monotonic()
    work()
    seconds = time.monotonic() - started
    return seconds, sum(map(cpu_seconds, roots)) - before


def in_child(function: Callable[..., Any], server: Server, *arguments: Any) -> Measured:
    """Run a function in a process of its own, so that its memory is known."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        child = pool.apply(os.getpid)  # it is there now, and has imported what it needs
        running, peaks = pool.apply_async(in_seconds, (function, *arguments)), [0.0]

        def watch() -> None:
            while not running.ready():
                peaks.append(peak_mb(child))
                running.wait(LOOK_SECONDS)

        _, processor_seconds = timed(server, child, watch)
        result, seconds = running.get()
        return Measured(result, seconds, processor_seconds, max(peaks))


def in_seconds(function: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    started = time.monotonic()
    return function(*arguments), time.monotonic() - started


def back_up(url: str, storage: LocalStorage, recipients: list[str]) -> Written:
    prefix = secrets.token_hex(4)
    return take_backup(source=source_of(url), storage=storage, prefix=prefix, recipients=recipients).artefact


def dump_only(url: str, storage: LocalStorage) -> Written:
    """Dump, compression, checksum and storing, without encryption and without the fingerprint beside it."""
    address = parse_address(url)
    with (
        open_snapshot(address) as snapshot,
        storage.write("dump/only") as file,
        dumping(address, snapshot, timeout_seconds=3600) as source,
    ):
        return pack(source, file)


def drill_of(prefix: str, storage: LocalStorage, identity: str) -> DrillReport:
    return run_drill(storage=storage, prefix=prefix, now=datetime.now(UTC), identities=[identity])


def best_of(runs: int, *contenders: Callable[[], Measured]) -> list[Measured]:
    """The quickest run of each, all taking turns."""
    rounds = [[contender() for contender in contenders] for _ in range(runs)]
    return [min(found, key=lambda measured: measured.seconds) for found in zip(*rounds, strict=True)]


def line(name: str, measured: Measured, size_bytes: int) -> None:
    times = f"{measured.seconds:.1f} s, {measured.processor_seconds:.1f} s of the processors"
    print(f"{name}: {times}, {size_bytes / 1e6:.1f} MB", flush=True)


def figure(name: str, value: float, goal: float | None = None, bound: str = "at most") -> None:
    print(f"  {name:<52} {value:8.2f}" + (f"  (goal: {bound} {goal:g})" if goal else ""), flush=True)


if __name__ == "__main__":
    main()
