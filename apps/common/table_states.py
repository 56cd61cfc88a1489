"""Whether a small table holds the same rows as before: told by PostgreSQL's own numbers of their versions."""

from django.db import connection, models

# Each write makes a version of a row, at a place and by a transaction that no other version has had.
_STATE = "SELECT count(*), bit_xor(hashtextextended(ctid::text || ' ' || xmin::text, 0)) FROM {table}"


def table_state(model: type[models.Model]) -> str:
    """Another text after any write to the table, whoever makes it. It looks at each row: for tables of hundreds."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE.format(table=connection.ops.quote_name(model._meta.db_table)))
        return " ".join(map(str, cursor.fetchone()))
