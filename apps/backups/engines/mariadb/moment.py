"""One moment for dump and fingerprint. MariaDB cannot lend a snapshot, so both begin theirs while nobody can commit."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import IO, cast

import pymysql

from apps.backups.engines.contract import Store
from apps.backups.engines.differences import Content
from apps.backups.engines.stages import TIMEOUT_SECONDS, Stages

from .address import Address, Connection, rows_of, run
from .contents import Table, read_content
from .dump import dumping
from .fingerprint import prepare_session
from .programs import Tool

LOCK_WAIT_SECONDS = 5  # writers wait behind a lock that is waited for
BEGIN_SECONDS = 20  # and behind one that is held, so a dump that does not begin is given up
SNAPSHOT = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"

Contents = dict[str, Content]


@dataclass(frozen=True)
class Moment:
    """When it was, and what the tables held then."""

    taken_at: datetime
    contents: Contents


@contextmanager
def connected(address: Address) -> Iterator[Connection]:
    """A connection whose session is prepared."""
    connection = address.connect()
    try:
        prepare_session(connection)
        yield connection
    finally:
        connection.close()


def dump_and_read(
    address: Address, tool: Tool, tables: Sequence[Table], *, with_history: bool, store: Store, stages: Stages
) -> Moment:
    """Store a dump, and read what the tables held in its moment.

    Where commits cannot be held, rows are read in two snapshots around that moment, and tables without transactions are
    always read before and after the dump. What is not the same both times is not settled.
    """
    exposed = [table for table in tables if not table.is_transactional]
    dump = dumping(address, tool, with_history=with_history, timeout_seconds=TIMEOUT_SECONDS)
    with connected(address) as control, connected(address) as first, connected(address) as second:
        before = _read(control, exposed)
        with ExitStack() as until_dumped:
            with commits_held(control) as is_held:
                taken_at = begin_snapshot(first)
                stream = until_dumped.enter_context(dump)  # not sooner: its transaction could begin before the hold
                stream.wait_until_begun(timeout_seconds=BEGIN_SECONDS)
            begin_snapshot(second)
            readers = [first] if is_held else [first, second]
            safe = [table for table in tables if table.is_transactional]
            with reading(readers, safe, control) as contents:
                with stages.measure("dump"):
                    store(cast("IO[bytes]", stream))
                with stages.measure("fingerprint"):  # what of it took longer than the dump
                    found = contents.result()
        return Moment(taken_at, found | _settled(before, _read(control, exposed)))


@contextmanager
def commits_held(control: Connection) -> Iterator[bool]:
    """Let nobody commit during the block. Yields False where that is not allowed, or would take too long."""
    is_held = _hold(control)
    try:
        yield is_held
    finally:
        if is_held:
            run(control, "UNLOCK TABLES")


@contextmanager
def reading(readers: Sequence[Connection], tables: Sequence[Table], control: Connection) -> Iterator[Future[Contents]]:
    """Read the tables in a thread beside whatever the block does, and stop reading when the block breaks."""

    def work() -> Contents:
        found = [_read(connection, tables) for connection in readers]
        return _settled(found[0], found[-1])

    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(work)
        try:
            yield future
        except BaseException:
            for connection in readers:
                with suppress(pymysql.Error):
                    run(control, f"KILL {connection.thread_id()}")
            raise


def begin_snapshot(connection: Connection) -> datetime:
    """Hold one moment still for this connection, and say which."""
    rows_of(connection, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    run(connection, SNAPSHOT)
    (moment,) = rows_of(connection, "SELECT UTC_TIMESTAMP(6)")[0]
    return moment.replace(tzinfo=UTC)


def _hold(control: Connection) -> bool:
    try:
        run(control, f"SET SESSION lock_wait_timeout = {LOCK_WAIT_SECONDS}")
        run(control, "FLUSH TABLES WITH READ LOCK")
    except pymysql.err.OperationalError:
        return False
    return True


def _read(connection: Connection, tables: Sequence[Table]) -> Contents:
    return {table.name: read_content(connection, table) for table in tables}


def _settled(before: Contents, after: Contents) -> Contents:
    return {name: replace(content, is_settled=content == before[name]) for name, content in after.items()}
