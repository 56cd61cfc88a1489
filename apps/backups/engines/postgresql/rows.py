"""Counts and hashes the rows of tables, piece by piece, so that it can rest in between and use several connections."""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from .catalog_queries import LARGE_OBJECT_PIECES, LARGE_OBJECTS_AFTER, STORED_TABLES

PIECE_PAGES = 8192  # 64 MiB
LARGE_OBJECT_PIECE_BYTES = 4 << 20

# The alias is odd because a column of the same name would be counted instead of the row.
PIECE_CONTENT = sql.SQL("""
SELECT count(*), coalesce(sum({hash}){sample}, 0)::text
FROM ONLY {table} AS "seaworthy row" {pages}
""")
TEXT_HASH = sql.SQL("""hashtextextended({row}::text COLLATE "C", 0)""")
# PostgreSQL adds the hashes of the columns up. Without a last mixing the sum over all rows would be the same after
# values changed places between rows.
COLUMNS_HASH = sql.SQL("hashint8extended(0, hash_record_extended(ROW({columns}), 0))")
COLUMNS_HASH_SINCE = 14_00_00
SAMPLE = sql.SQL(""" FILTER (WHERE hashtextextended(ROW({key})::text COLLATE "C", 0) % {one_in} = 0)""")
PAGES = sql.SQL("""WHERE "seaworthy row".ctid >= {first}::tid AND "seaworthy row".ctid < {end}::tid""")
LAST_PAGES = sql.SQL("""WHERE "seaworthy row".ctid >= {first}::tid""")


@dataclass(frozen=True)
class Effort:
    """How much of a source is read, and how busy that may keep it."""

    sample_above_bytes: int = 0
    rest_percent: int = 0

    def one_in(self, table: "StoredTable") -> int:
        """1 for every row; otherwise a row in so many is compared, so that about the limit is read."""
        if not self.sample_above_bytes or table.size_bytes <= self.sample_above_bytes or not table.key:
            return 1
        return -(-table.size_bytes // self.sample_above_bytes)

    def rest(self, worked_seconds: float) -> None:
        """Leave the server alone for its share of the time."""
        if self.rest_percent:
            time.sleep(worked_seconds * self.rest_percent / (100 - self.rest_percent))


FULL = Effort()


class RowHash(StrEnum):
    """What of a row is hashed. Both tell any two rows apart; two fingerprints compare when they are of one."""

    TEXT = "text"  # the row as it is written, as all manifests had it once, and sources before PostgreSQL 14 still do
    COLUMNS = "columns"  # each column by itself, most without becoming text, in little more than half of the time


@dataclass(frozen=True)
class TableContent:
    """A table's exact number of rows, and a sum over them (or over one in so many) whatever their order."""

    rows: int
    content: str
    one_in: int = 1


@dataclass(frozen=True)
class LargeObjects:
    """All large objects together."""

    count: int
    size_bytes: int
    content: str


@dataclass(frozen=True)
class StoredTable:
    """A table with rows of its own. `columns` is given where a restore may place them otherwise."""

    schema: str
    relation: str
    name: str
    columns: list[str] | None
    hashed_columns: LiteralString
    key: list[str] | None
    pages: int
    size_bytes: int
    is_divisible: bool


@dataclass(frozen=True)
class Piece:
    """Some pages of a table."""

    table: StoredTable
    row_hash: RowHash
    one_in: int
    pages: sql.Composable


def best_row_hash(connection: psycopg.Connection[Any]) -> RowHash:
    """The quickest that this server can compute."""
    return RowHash.COLUMNS if connection.info.server_version >= COLUMNS_HASH_SINCE else RowHash.TEXT


def read_tables(
    connections: Sequence[psycopg.Connection[Any]],
    *,
    row_hash: RowHash,
    effort: Effort = FULL,
    samples: Mapping[str, int] | None = None,
) -> dict[str, TableContent]:
    """Every table's content. `samples` says how each was sampled before, and so has to be again."""
    tables = [StoredTable(*row) for row in connections[0].execute(STORED_TABLES).fetchall()]
    one_in = {table.name: effort.one_in(table) if samples is None else samples.get(table.name, 1) for table in tables}
    pieces = deque(piece for table in tables for piece in _pieces(table, row_hash, one_in[table.name]))
    rows, sums = dict.fromkeys(one_in, 0), dict.fromkeys(one_in, 0)
    for name, counted, content in _work_together(connections, pieces, effort):
        rows[name] += counted
        sums[name] += int(content)
    return {name: TableContent(rows[name], str(sums[name]), one_in[name]) for name in sorted(one_in)}


def read_large_objects(connection: psycopg.Connection[Any], *, effort: Effort = FULL) -> LargeObjects:
    """All large objects, a bounded number of bounded pieces at a time."""
    count = size_bytes = content = 0
    last = 0
    while oids := [oid for (oid,) in connection.execute(LARGE_OBJECTS_AFTER, [last]).fetchall()]:
        count, last = count + len(oids), oids[-1]
        for piece_bytes, piece_content in _read_objects(connection, oids, effort):
            size_bytes += piece_bytes
            content += piece_content
    return LargeObjects(count, size_bytes, str(content))


def _read_objects(connection: psycopg.Connection[Any], oids: list[int], effort: Effort) -> Iterator[tuple[int, int]]:
    number = 0
    while oids:
        started = time.monotonic()
        parameters = {"oids": oids, "number": number, "size": LARGE_OBJECT_PIECE_BYTES}
        found = connection.execute(LARGE_OBJECT_PIECES, parameters).fetchall()
        # A piece beyond the end is no part of the object, but an empty object has one that is empty.
        yield from ((size, content) for _, size, content in found if size or number == 0)
        oids, number = [oid for oid, size, _ in found if size == LARGE_OBJECT_PIECE_BYTES], number + 1
        effort.rest(time.monotonic() - started)


def _pieces(table: StoredTable, row_hash: RowHash, one_in: int) -> Iterator[Piece]:
    if not table.is_divisible or table.pages <= PIECE_PAGES:
        yield Piece(table, row_hash, one_in, sql.SQL(""))
        return
    for first in range(0, table.pages, PIECE_PAGES):
        end = first + PIECE_PAGES
        # The last is open: rows may have moved to pages that were added since the size was read.
        template = PAGES if end < table.pages else LAST_PAGES
        pages = template.format(first=sql.Literal(f"({first},0)"), end=sql.Literal(f"({end},0)"))
        yield Piece(table, row_hash, one_in, pages)


def _work_together(
    connections: Sequence[psycopg.Connection[Any]], pieces: "deque[Piece]", effort: Effort
) -> Iterable[tuple[str, int, str]]:
    def work(connection: psycopg.Connection[Any]) -> list[tuple[str, int, str]]:
        done = []
        try:
            while pieces:
                done.append(_read_piece(connection, pieces.popleft(), effort))
        except IndexError:  # another connection took the last piece in between
            pass
        except BaseException:
            pieces.clear()
            raise
        return done

    if len(connections) == 1:
        return work(connections[0])
    with ThreadPoolExecutor(max_workers=len(connections)) as pool:
        return [result for done in pool.map(work, connections) for result in done]


def _read_piece(connection: psycopg.Connection[Any], piece: Piece, effort: Effort) -> tuple[str, int, str]:
    started = time.monotonic()
    row = connection.execute(_make_query(piece)).fetchone()
    assert row is not None  # noqa: S101 - an aggregate without GROUP BY has one row
    effort.rest(time.monotonic() - started)
    return piece.table.name, row[0], row[1]


def _make_query(piece: Piece) -> sql.Composed:
    table = piece.table
    return PIECE_CONTENT.format(
        hash=_hash(table, piece.row_hash),
        sample=_sample(table.key, piece.one_in),
        table=sql.Identifier(table.schema, table.relation),
        pages=piece.pages,
    )


def _hash(table: StoredTable, row_hash: RowHash) -> sql.Composed:
    if row_hash == RowHash.COLUMNS:
        return COLUMNS_HASH.format(columns=sql.SQL(table.hashed_columns))
    return TEXT_HASH.format(row=_row(table.columns))


def _row(columns: list[str] | None) -> sql.Composable:
    """The whole row, or its columns in an order of their own where a restore may place them otherwise."""
    return sql.Identifier("seaworthy row") if columns is None else _row_of(columns)


def _sample(key: list[str] | None, one_in: int) -> sql.Composable:
    if one_in == 1 or not key:
        return sql.SQL("")
    return SAMPLE.format(key=sql.SQL(", ").join(map(sql.Identifier, key)), one_in=sql.Literal(one_in))


def _row_of(columns: list[str]) -> sql.Composable:
    return sql.SQL("ROW({})").format(sql.SQL(", ").join(map(sql.Identifier, columns)))
