"""The triggers that note which services were changed. A migration attaches them to a table with `note_changes`."""

from django.db import migrations

# `changed` holds the rows of the statement, as they were and as they are.
CREATE_FUNCTION = """
CREATE FUNCTION roadmap_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed text := CASE TG_OP
        WHEN 'INSERT' THEN 'SELECT * FROM new_rows'
        WHEN 'DELETE' THEN 'SELECT * FROM old_rows'
        WHEN 'UPDATE' THEN 'SELECT * FROM old_rows UNION ALL SELECT * FROM new_rows'
    END;
    touched text := CASE TG_OP WHEN 'TRUNCATE' THEN 'SELECT id AS service_id FROM catalog_service'
        ELSE format('WITH changed AS (%s) %s', changed, TG_ARGV[0]) END;
BEGIN
    EXECUTE format(
        'INSERT INTO roadmap_servicechange (service_id, transaction)
         SELECT DISTINCT touched.service_id, pg_current_xact_id() FROM (%s) AS touched
         WHERE touched.service_id IS NOT NULL AND NOT EXISTS (
             SELECT FROM roadmap_servicechange AS noted
             WHERE noted.service_id = touched.service_id AND noted.transaction = pg_current_xact_id())', touched);
    RETURN NULL;
END $$;
"""
DROP_FUNCTION = "DROP FUNCTION roadmap_note_change();"

_CREATE = """
CREATE TRIGGER note_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION roadmap_note_change($query${services}$query$);
CREATE TRIGGER note_update AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION roadmap_note_change($query${services}$query$);
CREATE TRIGGER note_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION roadmap_note_change($query${services}$query$);
CREATE TRIGGER note_truncate AFTER TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION roadmap_note_change($query${services}$query$);
"""
_DROP = """
DROP TRIGGER note_insert ON {table}; DROP TRIGGER note_update ON {table};
DROP TRIGGER note_delete ON {table}; DROP TRIGGER note_truncate ON {table};
"""

OWN_SERVICE = "SELECT service_id FROM changed"
EVERY_SERVICE = "SELECT id AS service_id FROM catalog_service WHERE EXISTS (SELECT FROM changed)"


def note_changes(table: str, services: str = OWN_SERVICE) -> migrations.RunSQL:
    """An operation for a migration: from here on every write to the table is noted for the services it touches.

    `services` selects a column `service_id` from the rows `changed`.
    """
    return migrations.RunSQL(_CREATE.format(table=table, services=services), _DROP.format(table=table))


def through(table: str, key: str) -> str:
    """The services of the rows of another table that the changed ones point to."""
    return f"SELECT parent.service_id FROM changed JOIN {table} AS parent ON parent.id = changed.{key}"  # noqa: S608
