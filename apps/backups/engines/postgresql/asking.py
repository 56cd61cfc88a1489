"""Asks a restored copy the questions of its people, as a role that can only read."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from apps.backups.engines import findings
from apps.backups.engines.checks import Check, CheckKind
from apps.backups.engines.findings import Finding

from .address import Address

STATEMENT_SECONDS = 60
READER_OPTIONS = f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_SECONDS}s"


@contextmanager
def reading(owner: psycopg.Connection[Any], parameters: dict[str, Any]) -> Iterator[psycopg.Connection[Any]]:
    """A connection of a new role that reads everything and writes nothing: a question is no place for orders."""
    name, password = f"asking_{secrets.token_hex(4)}", secrets.token_urlsafe(24)
    create = "CREATE ROLE {} LOGIN BYPASSRLS PASSWORD {} IN ROLE pg_read_all_data"
    owner.execute(sql.SQL(create).format(sql.Identifier(name), sql.Literal(password)))
    grant = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}")
    owner.execute(grant.format(sql.Identifier(parameters["dbname"]), sql.Identifier(name)))
    options = {"user": name, "password": password, "options": READER_OPTIONS}
    with psycopg.connect(**parameters | options, autocommit=True) as connection:
        yield connection


def ask_all(connection: psycopg.Connection[Any], checks: Sequence[Check], taken_at: datetime) -> list[Finding]:
    """A finding for each check that does not hold, or could not be asked."""
    answers = [(check, ask(connection, check, taken_at)) for check in checks]
    return [
        Finding(findings.CHECK_FAILED, f"The check {check.name} failed: {answer}")
        for check, answer in answers
        if answer
    ]


def ask(connection: psycopg.Connection[Any], check: Check, taken_at: datetime) -> str:
    """Why the check does not hold. Empty when it does."""
    try:
        # Prepared, because the server takes only one statement then.
        row = connection.execute(make_question(check), prepare=True).fetchone()
    except psycopg.Error as error:
        if connection.broken:  # the server is gone, which says nothing of the check
            raise
        return f"it could not be asked: {' '.join(str(error).split())}"
    value = row[0] if row else None
    match check.kind:
        case CheckKind.CANARY:
            return "" if value else f"no row of {check.table} has {check.value!r} in {check.column}"
        case CheckKind.FRESHNESS:
            return _staleness(check, value, taken_at)
        case _:
            return "" if value not in (None, False, 0, Decimal(0), "") else f"the answer was {value!r}"


def explain(address: Address, check: Check) -> str:
    """What the source says against the question, without asking it. Raises SourceUnreachable."""
    with address.connect() as connection:
        connection.read_only = True
        connection.execute("SELECT set_config('statement_timeout', '5s', true)")
        try:
            # The parentheses keep a question that begins with ANALYZE from being carried out.
            query = sql.SQL("EXPLAIN (COSTS off) ").as_bytes(connection) + _as_bytes(make_question(check), connection)
            connection.execute(query, prepare=True)
        except (psycopg.ProgrammingError, psycopg.DataError) as error:
            return f"The database would not answer it: {str(error).splitlines()[0]}"
    return ""


def _as_bytes(question: sql.Composed | bytes, connection: psycopg.Connection[Any]) -> bytes:
    return question if isinstance(question, bytes) else question.as_bytes(connection)


def make_question(check: Check) -> sql.Composed | bytes:
    """The query of a check; its first value is the answer."""
    if check.kind == CheckKind.SQL:
        return check.sql.encode()
    table, column = sql.Identifier(*check.table.split(".")), sql.Identifier(check.column)
    if check.kind == CheckKind.CANARY:
        query = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE {}::text = {})")
        return query.format(table, column, sql.Literal(check.value))
    return sql.SQL("SELECT max({}) FROM {}").format(column, table)


def _staleness(check: Check, newest: Any, taken_at: datetime) -> str:
    moment = _as_moment(newest)
    if moment is None:
        return f"{check.table} has no time in {check.column}"
    age = taken_at - moment
    if check.maximum_age is not None and age > check.maximum_age:
        return (
            f"the newest {check.column} of {check.table} was {age} old at backup time; {check.maximum_age} is allowed"
        )
    return ""


def _as_moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), tzinfo=UTC)
    return None
