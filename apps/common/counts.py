"""How many rows there are: counted again only after something was written, since a table is counted row by row."""

from django.db import connection

# Two snapshots of the same words see the same rows. The count is not taken while they are the same.
_UNLESS_SEEN = """
SELECT pg_current_snapshot()::text, CASE WHEN pg_current_snapshot()::text <> %s THEN ({question}) END
"""
_counted: dict[str, tuple[str, int]] = {}


def count_by(question: str) -> int:
    """What the question, which counts and has no parameters, says now."""
    seen, number = _counted.get(question, ("", 0))
    with connection.cursor() as cursor:
        if connection.in_atomic_block:  # a snapshot does not tell of what its own transaction wrote
            cursor.execute(question)
            return int(cursor.fetchone()[0])
        cursor.execute(_UNLESS_SEEN.format(question=question), [seen])
        seen, counted = cursor.fetchone()
    number = number if counted is None else counted
    _counted[question] = seen, number
    return number
