"""Faults of what a whole artefact holds: the backup is restored, changed by SQL, and dumped with right checksums."""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from apps.backups.engines import findings

from . import targets
from .case import Case
from .fault import Fault, NotApplicable, drilled, make_fault
from .scratch import scratch_database


@dataclass(frozen=True)
class Change:
    """What is done to a target; the statement's {0}, {1} are what its query found."""

    target: targets.Target
    statement: str

    def __call__(self, connection: psycopg.Connection[tuple[str, ...]]) -> None:
        found = connection.execute(self.target.query.encode()).fetchone()
        if found is None:
            raise NotApplicable(f"The database has no {self.target.what}.")
        stranger = f"stranger_{connection.info.dbname}"
        connection.execute(self.statement.format(*found, stranger=stranger).encode())


def changed(change: Callable[[psycopg.Connection[tuple[str, ...]]], None]) -> Callable[[Case], None]:
    """The copy holds the database with the change made to it."""

    def damage(case: Case) -> None:
        with scratch_database(case) as scratch:
            with scratch.connect() as connection:
                change(connection)
            case.replace_artefact(scratch.url)

    return damage


def content(
    mode: int, identifier: str, sentence: str, expected: str | tuple[str, ...], target: targets.Target, statement: str
) -> Fault:
    """A fault of one change."""
    happen = drilled(changed(Change(target, statement)))
    return make_fault(mode, identifier, sentence, expected, happen, engines=("postgresql",))


DROP_CONSTRAINT = "ALTER TABLE {0} DROP CONSTRAINT {1} CASCADE"
FORGET_LARGE_OBJECTS = "SELECT lo_unlink(oid) FROM pg_largeobject_metadata"

MISSING = [
    content(
        17, "missing-table", "A table is not in the dump.", findings.TABLE_MISSING,
        targets.LARGEST_TABLE, "DROP TABLE {0} CASCADE",
    ),
    content(
        17, "missing-partition", "One partition of a table is not in the dump.", findings.TABLE_MISSING,
        targets.PARTITION, "DROP TABLE {0} CASCADE",
    ),
    content(
        17, "missing-schema", "A schema, with all that is in it, is not in the dump.",
        (findings.OBJECT_MISSING, findings.TABLE_MISSING),
        targets.ANY_SCHEMA, "DROP SCHEMA {0} CASCADE",
    ),
    content(
        26, "stale-include-list", "The dump was made by a list of schemas that is older than the newest schema.",
        findings.LARGE_OBJECTS_DIFFER,
        targets.NEWEST_SCHEMA, "DROP SCHEMA {0} CASCADE; " + FORGET_LARGE_OBJECTS,
    ),
    content(
        23, "missing-index", "An index is not in the dump.", findings.SCHEMA_DIFFERS,
        targets.INDEX, "DROP INDEX {1}",
    ),
    content(
        23, "missing-foreign-key", "A foreign key is not in the dump.", findings.SCHEMA_DIFFERS,
        targets.FOREIGN_KEY, DROP_CONSTRAINT,
    ),
    content(
        23, "missing-check", "A check constraint is not in the dump.", findings.SCHEMA_DIFFERS,
        targets.CHECK, DROP_CONSTRAINT,
    ),
    content(
        23, "missing-primary-key", "A primary key is not in the dump.", findings.SCHEMA_DIFFERS,
        targets.PRIMARY_KEY, DROP_CONSTRAINT,
    ),
    content(
        23, "missing-trigger", "A trigger is not in the dump.", findings.SCHEMA_DIFFERS,
        targets.TRIGGER, "DROP TRIGGER {1} ON {0}",
    ),
    content(
        23, "missing-function", "A function is not in the dump.", findings.OBJECT_MISSING,
        targets.FUNCTION, "DROP FUNCTION {0} CASCADE",
    ),
    content(
        23, "missing-policy", "A row security policy is not in the dump.", findings.SCHEMA_DIFFERS,
        targets.POLICY, "DROP POLICY {1} ON {0}",
    ),
    content(
        23, "missing-view", "A view is not in the dump.", findings.OBJECT_MISSING,
        targets.VIEW, "DROP VIEW {0} CASCADE",
    ),
    content(
        23, "missing-type", "A type is not in the dump, nor are the columns that have it.", findings.OBJECT_MISSING,
        targets.ENUMERATION, "DROP TYPE {0} CASCADE",
    ),
    content(
        23, "missing-statistics", "Extended statistics are not in the dump.", findings.OBJECT_MISSING,
        targets.STATISTICS, "DROP STATISTICS {0}",
    ),
    content(
        24, "missing-publication", "A publication is not in the dump.", findings.OBJECT_MISSING,
        targets.PUBLICATION, "DROP PUBLICATION {0}",
    ),
    content(
        24, "missing-event-trigger", "An event trigger is not in the dump.", findings.OBJECT_MISSING,
        targets.EVENT_TRIGGER, "DROP EVENT TRIGGER {0}",
    ),
    content(
        20, "missing-large-objects", "The large objects are not in the dump.", findings.LARGE_OBJECTS_DIFFER,
        targets.LARGE_OBJECT, FORGET_LARGE_OBJECTS,
    ),
    content(
        35, "missing-extension", "An extension is not in the dump.", findings.EXTENSION_MISSING,
        targets.EXTENSION, "DROP EXTENSION {0} CASCADE",
    ),
]  # fmt: skip

ROWS = [
    content(
        18, "missing-row", "One row of a table is not in the dump.", findings.ROW_COUNT_DIFFERS,
        targets.ROWS, "DELETE FROM ONLY {0} WHERE ctid = (SELECT ctid FROM ONLY {0} LIMIT 1)",
    ),
    content(
        18, "empty-table", "The table is there, and its rows are not.", findings.ROW_COUNT_DIFFERS,
        targets.ROWS, "DELETE FROM ONLY {0}",
    ),
    content(
        19, "changed-row", "One value of one row is another.", findings.CONTENT_DIFFERS,
        targets.TEXT,
        "UPDATE ONLY {0} SET {1} = coalesce({1}, '') || '~' WHERE ctid = (SELECT ctid FROM ONLY {0} LIMIT 1)",
    ),
    content(
        28, "emptied-unlogged-table", "The dump of a standby lacks the rows of an unlogged table.",
        findings.ROW_COUNT_DIFFERS,
        targets.UNLOGGED_ROWS, "DELETE FROM ONLY {0}",
    ),
    content(
        43, "violated-foreign-key", "Rows name others that are not there.",
        (findings.RESTORE_FAILED, "constraint-violated"),
        targets.REFERENCED_ROWS, "DELETE FROM ONLY {0}",
    ),
    content(
        20, "changed-large-object", "One large object holds something else.", findings.LARGE_OBJECTS_DIFFER,
        targets.LARGE_OBJECT, r"SELECT lo_put({0}, 0, '\x5eaf')",
    ),
    content(
        21, "sequence-set-back", "A sequence would give numbers that were given already.", findings.SEQUENCE_BEHIND,
        targets.SEQUENCE, "SELECT setval('{0}', {1}, false)",
    ),
    content(
        21, "sequence-run-ahead", "A sequence would leave a gap.", findings.SEQUENCE_AHEAD,
        targets.SEQUENCE, "SELECT setval('{0}', {2})",
    ),
    content(
        22, "unpopulated-view", "A materialized view was not filled.", findings.SCHEMA_DIFFERS,
        targets.FILLED_VIEW, "REFRESH MATERIALIZED VIEW {0} WITH NO DATA",
    ),
]  # fmt: skip

DEFINITIONS = [
    content(
        23, "unvalidated-constraint", "A constraint was not validated.", findings.SCHEMA_DIFFERS,
        targets.FOREIGN_KEY, "UPDATE pg_constraint SET convalidated = false WHERE oid = {2}",
    ),
    content(
        23, "disabled-trigger", "A trigger is there, and does not fire.", findings.SCHEMA_DIFFERS,
        targets.TRIGGER, "ALTER TABLE {0} DISABLE TRIGGER {1}",
    ),
    content(
        23, "changed-function", "A function does something else.", findings.SCHEMA_DIFFERS,
        targets.PROCEDURAL_FUNCTION, "UPDATE pg_proc SET prosrc = prosrc || ' -- changed' WHERE oid = {1}",
    ),
    content(
        23, "changed-view", "A view shows something else.", findings.SCHEMA_DIFFERS,
        targets.VIEW, "CREATE OR REPLACE VIEW {0} AS SELECT * FROM ({1}) AS seaworthy LIMIT 1",
    ),
    content(
        23, "row-security-off", "Row security of a table is off.", findings.SCHEMA_DIFFERS,
        targets.TABLE_WITH_ROW_SECURITY, "ALTER TABLE {0} DISABLE ROW LEVEL SECURITY",
    ),
    content(
        23, "missing-default", "A column has lost its default.", findings.SCHEMA_DIFFERS,
        targets.DEFAULT, "ALTER TABLE {0} ALTER COLUMN {1} DROP DEFAULT",
    ),
    content(
        23, "nullable-column", "A column may be empty that may not.", findings.SCHEMA_DIFFERS,
        targets.REQUIRED_COLUMN, "ALTER TABLE {0} ALTER COLUMN {1} DROP NOT NULL",
    ),
    content(
        23, "changed-enumeration", "An enumeration has another label.", findings.SCHEMA_DIFFERS,
        targets.ENUMERATION, "ALTER TYPE {0} ADD VALUE 'seaworthy'",
    ),
    content(
        23, "detached-partition", "A partition stands alone.", findings.SCHEMA_DIFFERS,
        targets.PARTITION, "ALTER TABLE {1} DETACH PARTITION {0}",
    ),
    content(
        23, "smuggled-table", "The dump holds a table that the source did not have.", findings.OBJECT_UNEXPECTED,
        targets.DATABASE, "CREATE TABLE public.seaworthy_smuggled ()",
    ),
    content(
        25, "changed-comment", "A comment says something else.", findings.SCHEMA_DIFFERS,
        targets.ANY_TABLE, "COMMENT ON TABLE {0} IS 'changed after the fingerprint'",
    ),
    content(
        25, "changed-setting", "A setting of the database is another.", findings.SCHEMA_DIFFERS,
        targets.DATABASE, "ALTER DATABASE {0} SET work_mem = '77MB'",
    ),
    content(
        24, "disabled-event-trigger", "An event trigger is there, and does not fire.", findings.SCHEMA_DIFFERS,
        targets.EVENT_TRIGGER, "ALTER EVENT TRIGGER {0} DISABLE",
    ),
]  # fmt: skip

RIGHTS = [
    content(
        36, "changed-owner", "A table belongs to another role.", findings.OWNER_DIFFERS,
        targets.TABLE_AND_ROLE, "ALTER TABLE {0} OWNER TO {1}",
    ),
    content(
        36, "unknown-owner", "A table belongs to a role that was not there at backup time.", findings.OWNER_DIFFERS,
        targets.ANY_TABLE, "CREATE ROLE {stranger}; ALTER TABLE {0} OWNER TO {stranger}",
    ),
    content(
        36, "granted-privilege", "Everybody may delete from a table.", findings.PRIVILEGES_DIFFER,
        targets.ANY_TABLE, "GRANT DELETE ON {0} TO PUBLIC",
    ),
    content(
        36, "revoked-privilege", "Privileges on a table are gone.", findings.PRIVILEGES_DIFFER,
        targets.TABLE_WITH_PRIVILEGES, "UPDATE pg_class SET relacl = NULL WHERE oid = '{0}'::regclass",
    ),
    content(
        36, "granted-column", "Everybody may read a column.", findings.PRIVILEGES_DIFFER,
        targets.ANY_COLUMN, "GRANT UPDATE ({1}) ON {0} TO PUBLIC",
    ),
    content(
        36, "granted-schema", "Everybody may create in a schema.", findings.PRIVILEGES_DIFFER,
        targets.OWN_SCHEMA, "GRANT CREATE ON SCHEMA {0} TO PUBLIC",
    ),
    content(
        36, "granted-database", "Everybody may create schemas.", findings.PRIVILEGES_DIFFER,
        targets.DATABASE, "GRANT CREATE ON DATABASE {0} TO PUBLIC",
    ),
    content(
        36, "changed-default-privileges", "What is made later will belong to everybody.", findings.PRIVILEGES_DIFFER,
        targets.DATABASE, "ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO PUBLIC",
    ),
]  # fmt: skip

ENVIRONMENT = [
    content(
        37, "wrong-encoding", "The database would be created in another encoding.", findings.ENCODING_DIFFERS,
        targets.ENCODING, "UPDATE pg_database SET encoding = 0 WHERE datname = current_database()",
    ),
    content(
        37, "wrong-collation", "The database would sort text otherwise.", findings.COLLATION_DIFFERS,
        targets.COLLATION,
        "UPDATE pg_database SET datcollate = 'POSIX', datctype = 'POSIX', datcollversion = NULL WHERE datname ="
        " current_database()",
    ),
    content(
        35, "extension-not-here", "The dump needs an extension that this machine does not have.",
        findings.EXTENSION_NOT_INSTALLED_HERE,
        targets.EXTENSION, "UPDATE pg_extension SET extname = 'seaworthy_absent' WHERE oid = {1}",
    ),
    content(
        38, "locale-not-here", "The dump needs a locale that this machine does not have.",
        findings.LOCALE_NOT_INSTALLED_HERE,
        targets.DATABASE,
        "CREATE COLLATION public.seaworthy_absent (provider = libc, locale = 'C'); UPDATE pg_collation SET"
        " collcollate = 'xx_YY.UTF-8', collctype = 'xx_YY.UTF-8' WHERE collname = 'seaworthy_absent'",
    ),
]  # fmt: skip

CONTENT_FAULTS = [*MISSING, *ROWS, *DEFINITIONS, *RIGHTS, *ENVIRONMENT]
