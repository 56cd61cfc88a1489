"""Tables whose rows the database itself refuses to change or delete."""

from django.db import migrations

_CREATE = """
CREATE OR REPLACE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{table} is append-only: its rows are never changed or deleted'; END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION {table}_is_append_only();
"""
_DROP = "DROP TRIGGER append_only ON {table}; DROP FUNCTION {table}_is_append_only();"


def make_append_only(table: str) -> migrations.RunSQL:
    """An operation for a migration: from here on the table only grows."""
    return migrations.RunSQL(_CREATE.format(table=table), _DROP.format(table=table))
