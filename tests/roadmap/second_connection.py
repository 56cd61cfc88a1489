"""A second connection to the database of the tests, with a transaction of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection


@contextmanager
def second_connection() -> Iterator[psycopg.Connection]:
    """Yield a connection whose transaction begins with its first statement."""
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    with psycopg.connect(**parameters) as other:
        yield other
