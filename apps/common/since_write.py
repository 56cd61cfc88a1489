"""What the database answered, for as long as nobody writes anything to it."""

from collections.abc import Hashable
from typing import Any

from django.db import connection

MOST = 2_000
# Which transactions are seen: each that writes and ends makes it another one than there ever was. Only a server that
# was restored could number them again, and that one was started anew.
_STATE = "SELECT pg_current_snapshot()::text || ' ' || pg_postmaster_start_time()::text"

Answers = dict[Hashable, Any]
_last: tuple[str, Answers] = ("", {})


def answers_since_write() -> Answers:
    """The answers that hold still, by their questions: to look up, and to add what is asked from here on.

    Empty after each write of whomever, to any database of the server; and inside a transaction, which may have
    written what others do not see.
    """
    global _last
    if connection.in_atomic_block:
        return {}
    last, state = _last, _read_state()
    if last[0] != state or len(last[1]) >= MOST:
        last = _last = (state, {})
    return last[1]


def forget() -> None:
    """Ask everything anew from here on."""
    global _last
    _last = ("", {})


def _read_state() -> str:
    with connection.cursor() as cursor:
        cursor.execute(_STATE)
        return str(cursor.fetchone()[0])
