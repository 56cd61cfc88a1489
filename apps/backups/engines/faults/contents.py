"""Faults of what a whole artefact holds: the backup is restored, changed by SQL, and dumped with right checksums."""
# ruff: noqa: S608 - the queries are composed of constants; what they find comes quoted by regclass and quote_ident

from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from apps.backups.engines import findings
from apps.backups.engines.postgresql.catalog_queries import RELATIONS

from .case import Case
from .fault import Fault, NotApplicable, drilled, make_fault
from .scratch import scratch_database

OWN = f"{RELATIONS} AND c.relkind"
LARGEST = "ORDER BY pg_relation_size(c.oid) DESC, c.oid LIMIT 1"
FIRST = "ORDER BY c.oid LIMIT 1"
STORED = f"{OWN} = 'r' AND pg_relation_size(c.oid) > 0"
UNREFERENCED = f"{STORED} AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.confrelid = c.oid)"
MEMBERS = "NOT EXISTS (SELECT FROM pg_depend x WHERE x.objid = {oid} AND x.deptype IN ('e', 'i'))"
SYSTEM = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"
ROUTINES = f"""FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE {SYSTEM} AND {MEMBERS.format(oid="p.oid")}"""
TYPES = f"""FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE {SYSTEM} AND {MEMBERS.format(oid="t.oid")}"""


@dataclass(frozen=True)
class Change:
    """What is looked for in the database, and what is done to it; the statement's {0}, {1} are what was found."""

    what: str
    target: str
    statement: str

    def __call__(self, connection: psycopg.Connection[tuple[str, ...]]) -> None:
        found = connection.execute(self.target).fetchone()
        if found is None:
            raise NotApplicable(f"The database has no {self.what}.")
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
    mode: int, identifier: str, sentence: str, expected: str | tuple[str, ...], what: str, target: str, statement: str
) -> Fault:
    """A fault of one change."""
    happen = drilled(changed(Change(what, target, statement)))
    return make_fault(mode, identifier, sentence, expected, happen, engines=("postgresql",))


def of_relation(catalog: str, key: str, *columns: str, where: str = "true") -> str:
    """The first row of a catalog whose relation is the database's own."""
    return f"""SELECT {", ".join(columns)} FROM {catalog} o JOIN pg_class c ON c.oid = o.{key}
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {SYSTEM} AND {MEMBERS.format(oid="c.oid")} AND {where} ORDER BY o.oid LIMIT 1"""


def of_table(where: str, *columns: str, order: str = FIRST) -> str:
    """One relation of the database's own."""
    return f"SELECT {', '.join(columns or ('c.oid::regclass::text',))} {OWN} {where} {order}"


TABLE = "c.oid::regclass::text"
COLUMN = "quote_ident(a.attname)"
PLAIN_TEXT = f"""SELECT {TABLE}, {COLUMN} FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND {SYSTEM} AND {MEMBERS.format(oid="c.oid")} AND pg_relation_size(c.oid) > 0
      AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.atttypid = 'text'::regtype
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND a.attnum = ANY (k.conkey))
      AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND a.attnum = ANY (i.indkey))
    ORDER BY pg_relation_size(c.oid) DESC LIMIT 1"""
MOVED_SEQUENCE = f"""SELECT c.oid::regclass::text, s.seqmin, pg_sequence_last_value(c.oid) + 1000
    {RELATIONS.replace("FROM pg_class c", "FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid")}
      AND s.seqincrement > 0 AND pg_sequence_last_value(c.oid) BETWEEN s.seqmin + 1 AND s.seqmax - 1000
    {FIRST}"""
OTHER_ROLE = """SELECT quote_ident(r.rolname) FROM pg_roles r
    WHERE r.oid <> c.relowner AND r.rolname !~ '^pg_' AND r.rolname <> session_user"""
HERE = "SELECT quote_ident(current_database())"

MISSING = [
    content(
        17, "missing-table", "A table is not in the dump.", findings.TABLE_MISSING,
        "table", of_table("= 'r' AND NOT c.relispartition", order=LARGEST), "DROP TABLE {0} CASCADE",
    ),
    content(
        17, "missing-partition", "One partition of a table is not in the dump.", findings.TABLE_MISSING,
        "partition", of_table("= 'r' AND c.relispartition"), "DROP TABLE {0} CASCADE",
    ),
    content(
        17, "missing-schema", "A schema, with all that is in it, is not in the dump.",
        (findings.OBJECT_MISSING, findings.TABLE_MISSING),
        "schema", of_table("IN ('r', 'p')", "quote_ident(n.nspname)"), "DROP SCHEMA {0} CASCADE",
    ),
    content(
        26, "stale-include-list", "The dump was made by a list of schemas that is older than the newest schema.",
        findings.LARGE_OBJECTS_DIFFER,
        "schema beside large objects",
        f"""SELECT quote_ident(n.nspname) {OWN} IN ('r', 'p')
            AND EXISTS (SELECT FROM pg_largeobject_metadata) ORDER BY n.oid DESC LIMIT 1""",
        "DROP SCHEMA {0} CASCADE; SELECT lo_unlink(oid) FROM pg_largeobject_metadata",
    ),
    content(
        23, "missing-index", "An index is not in the dump.", findings.SCHEMA_DIFFERS,
        "index of its own",
        of_relation(
            "(SELECT indexrelid AS oid, * FROM pg_index)", "indrelid", "o.indexrelid::regclass::text",
            where="NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = o.indexrelid) AND c.relkind = 'r'"
            " AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = o.indexrelid)",
        ),
        "DROP INDEX {0}",
    ),
    content(
        23, "missing-foreign-key", "A foreign key is not in the dump.", findings.SCHEMA_DIFFERS,
        "foreign key",
        of_relation("pg_constraint", "conrelid", TABLE, "quote_ident(o.conname)", where="o.contype = 'f'"
                    " AND o.conparentid = 0"),
        "ALTER TABLE {0} DROP CONSTRAINT {1} CASCADE",
    ),
    content(
        23, "missing-check", "A check constraint is not in the dump.", findings.SCHEMA_DIFFERS,
        "check constraint",
        of_relation("pg_constraint", "conrelid", TABLE, "quote_ident(o.conname)", where="o.contype = 'c'"
                    " AND o.coninhcount = 0"),
        "ALTER TABLE {0} DROP CONSTRAINT {1} CASCADE",
    ),
    content(
        23, "missing-primary-key", "A primary key is not in the dump.", findings.SCHEMA_DIFFERS,
        "primary key",
        of_relation("pg_constraint", "conrelid", TABLE, "quote_ident(o.conname)", where="o.contype = 'p'"
                    " AND o.conparentid = 0"),
        "ALTER TABLE {0} DROP CONSTRAINT {1} CASCADE",
    ),
    content(
        23, "missing-trigger", "A trigger is not in the dump.", findings.SCHEMA_DIFFERS,
        "trigger",
        of_relation("pg_trigger", "tgrelid", TABLE, "quote_ident(o.tgname)", where="NOT o.tgisinternal"
                    " AND o.tgparentid = 0"),
        "DROP TRIGGER {1} ON {0}",
    ),
    content(
        23, "missing-function", "A function is not in the dump.", findings.OBJECT_MISSING,
        "function", f"SELECT p.oid::regprocedure::text {ROUTINES} AND p.prokind = 'f' ORDER BY p.oid LIMIT 1",
        "DROP FUNCTION {0} CASCADE",
    ),
    content(
        23, "missing-policy", "A row security policy is not in the dump.", findings.SCHEMA_DIFFERS,
        "policy", of_relation("pg_policy", "polrelid", TABLE, "quote_ident(o.polname)"), "DROP POLICY {1} ON {0}",
    ),
    content(
        23, "missing-view", "A view is not in the dump.", findings.OBJECT_MISSING,
        "view", of_table("= 'v'"), "DROP VIEW {0} CASCADE",
    ),
    content(
        23, "missing-type", "A type is not in the dump, nor are the columns that have it.", findings.OBJECT_MISSING,
        "enumeration", f"SELECT t.oid::regtype::text {TYPES} AND t.typtype = 'e' ORDER BY t.oid LIMIT 1",
        "DROP TYPE {0} CASCADE",
    ),
    content(
        23, "missing-statistics", "Extended statistics are not in the dump.", findings.OBJECT_MISSING,
        "extended statistics",
        """SELECT format('%I.%I', n.nspname, o.stxname) FROM pg_statistic_ext o
            JOIN pg_namespace n ON n.oid = o.stxnamespace ORDER BY o.oid LIMIT 1""",
        "DROP STATISTICS {0}",
    ),
    content(
        24, "missing-publication", "A publication is not in the dump.", findings.OBJECT_MISSING,
        "publication", "SELECT quote_ident(pubname) FROM pg_publication ORDER BY oid LIMIT 1",
        "DROP PUBLICATION {0}",
    ),
    content(
        24, "missing-event-trigger", "An event trigger is not in the dump.", findings.OBJECT_MISSING,
        "event trigger",
        f"SELECT quote_ident(e.evtname) FROM pg_event_trigger e WHERE {MEMBERS.format(oid='e.oid')} LIMIT 1",
        "DROP EVENT TRIGGER {0}",
    ),
    content(
        20, "missing-large-objects", "The large objects are not in the dump.", findings.LARGE_OBJECTS_DIFFER,
        "large object", "SELECT 1 FROM pg_largeobject_metadata LIMIT 1",
        "SELECT lo_unlink(oid) FROM pg_largeobject_metadata",
    ),
    content(
        35, "missing-extension", "An extension is not in the dump.", findings.EXTENSION_MISSING,
        "extension", "SELECT quote_ident(extname) FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY oid LIMIT 1",
        "DROP EXTENSION {0} CASCADE",
    ),
]  # fmt: skip

ROWS = [
    content(
        18, "missing-row", "One row of a table is not in the dump.", findings.ROW_COUNT_DIFFERS,
        "row in a table that no foreign key names", f"SELECT {TABLE} {UNREFERENCED} {LARGEST}",
        "DELETE FROM ONLY {0} WHERE ctid = (SELECT ctid FROM ONLY {0} LIMIT 1)",
    ),
    content(
        18, "empty-table", "The table is there, and its rows are not.", findings.ROW_COUNT_DIFFERS,
        "row in a table that no foreign key names", f"SELECT {TABLE} {UNREFERENCED} {LARGEST}",
        "DELETE FROM ONLY {0}",
    ),
    content(
        19, "changed-row", "One value of one row is another.", findings.CONTENT_DIFFERS,
        "text that no constraint names", PLAIN_TEXT,
        "UPDATE ONLY {0} SET {1} = coalesce({1}, '') || '~' WHERE ctid = (SELECT ctid FROM ONLY {0} LIMIT 1)",
    ),
    content(
        28, "emptied-unlogged-table", "The dump of a standby lacks the rows of an unlogged table.",
        findings.ROW_COUNT_DIFFERS,
        "unlogged table with rows", f"SELECT {TABLE} {STORED} AND c.relpersistence = 'u' {FIRST}",
        "DELETE FROM ONLY {0}",
    ),
    content(
        43, "violated-foreign-key", "Rows name others that are not there.",
        (findings.RESTORE_FAILED, "constraint-violated"),
        "foreign key with rows",
        f"SELECT {TABLE} {STORED} AND EXISTS (SELECT FROM pg_constraint k WHERE k.confrelid = c.oid"
        f" AND k.conrelid <> c.oid AND pg_relation_size(k.conrelid) > 0) {LARGEST}",
        "DELETE FROM ONLY {0}",
    ),
    content(
        20, "changed-large-object", "One large object holds something else.", findings.LARGE_OBJECTS_DIFFER,
        "large object", "SELECT oid FROM pg_largeobject_metadata ORDER BY oid LIMIT 1",
        r"SELECT lo_put({0}, 0, '\x5eaf')",
    ),
    content(
        21, "sequence-set-back", "A sequence would give numbers that were given already.", findings.SEQUENCE_BEHIND,
        "sequence in use", MOVED_SEQUENCE, "SELECT setval('{0}', {1}, false)",
    ),
    content(
        21, "sequence-run-ahead", "A sequence would leave a gap.", findings.SEQUENCE_AHEAD,
        "sequence in use", MOVED_SEQUENCE, "SELECT setval('{0}', {2})",
    ),
    content(
        22, "unpopulated-view", "A materialized view was not filled.", findings.SCHEMA_DIFFERS,
        "filled materialized view", of_table("= 'm' AND c.relispopulated"),
        "REFRESH MATERIALIZED VIEW {0} WITH NO DATA",
    ),
]  # fmt: skip

DEFINITIONS = [
    content(
        23, "unvalidated-constraint", "A constraint was not validated.", findings.SCHEMA_DIFFERS,
        "foreign key",
        of_relation("pg_constraint", "conrelid", "o.oid", where="o.contype = 'f' AND o.convalidated"
                    " AND o.conparentid = 0"),
        "UPDATE pg_constraint SET convalidated = false WHERE oid = {0}",
    ),
    content(
        23, "disabled-trigger", "A trigger is there, and does not fire.", findings.SCHEMA_DIFFERS,
        "trigger",
        of_relation("pg_trigger", "tgrelid", TABLE, "quote_ident(o.tgname)", where="NOT o.tgisinternal"),
        "ALTER TABLE {0} DISABLE TRIGGER {1}",
    ),
    content(
        23, "changed-function", "A function does something else.", findings.SCHEMA_DIFFERS,
        "function in PL/pgSQL",
        f"""SELECT p.oid {ROUTINES} AND p.prokind = 'f'
            AND p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql') ORDER BY p.oid LIMIT 1""",
        "UPDATE pg_proc SET prosrc = prosrc || ' -- changed' WHERE oid = {0}",
    ),
    content(
        23, "changed-view", "A view shows something else.", findings.SCHEMA_DIFFERS,
        "view", of_table("= 'v'", TABLE, "rtrim(pg_get_viewdef(c.oid), ';')"),
        "CREATE OR REPLACE VIEW {0} AS SELECT * FROM ({1}) AS seaworthy LIMIT 1",
    ),
    content(
        23, "row-security-off", "Row security of a table is off.", findings.SCHEMA_DIFFERS,
        "table with row security", of_table("IN ('r', 'p') AND c.relrowsecurity"),
        "ALTER TABLE {0} DISABLE ROW LEVEL SECURITY",
    ),
    content(
        23, "missing-default", "A column has lost its default.", findings.SCHEMA_DIFFERS,
        "default",
        f"""SELECT {TABLE}, {COLUMN} FROM pg_attrdef d JOIN pg_attribute a ON (a.attrelid, a.attnum) =
            (d.adrelid, d.adnum) JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE {SYSTEM} AND {MEMBERS.format(oid="c.oid")} AND c.relkind = 'r' AND a.attgenerated = ''
            ORDER BY d.oid LIMIT 1""",
        "ALTER TABLE {0} ALTER COLUMN {1} DROP DEFAULT",
    ),
    content(
        23, "nullable-column", "A column may be empty that may not.", findings.SCHEMA_DIFFERS,
        "required column",
        f"""SELECT {TABLE}, {COLUMN} FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {SYSTEM} AND {MEMBERS.format(oid="c.oid")}
              AND c.relkind = 'r' AND NOT c.relispartition AND a.attnum > 0 AND a.attnotnull AND a.attidentity = ''
              AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary
                              AND a.attnum = ANY (i.indkey)) ORDER BY c.oid, a.attnum LIMIT 1""",
        "ALTER TABLE {0} ALTER COLUMN {1} DROP NOT NULL",
    ),
    content(
        23, "changed-enumeration", "An enumeration has another label.", findings.SCHEMA_DIFFERS,
        "enumeration", f"SELECT t.oid::regtype::text {TYPES} AND t.typtype = 'e' ORDER BY t.oid LIMIT 1",
        "ALTER TYPE {0} ADD VALUE 'seaworthy'",
    ),
    content(
        23, "detached-partition", "A partition stands alone.", findings.SCHEMA_DIFFERS,
        "partition",
        f"""SELECT i.inhparent::regclass::text, {TABLE} FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE c.relispartition AND c.relkind = 'r' ORDER BY c.oid LIMIT 1""",
        "ALTER TABLE {0} DETACH PARTITION {1}",
    ),
    content(
        23, "smuggled-table", "The dump holds a table that the source did not have.", findings.OBJECT_UNEXPECTED,
        "schema", HERE, "CREATE TABLE public.seaworthy_smuggled ()",
    ),
    content(
        25, "changed-comment", "A comment says something else.", findings.SCHEMA_DIFFERS,
        "table", of_table("= 'r'"), "COMMENT ON TABLE {0} IS 'changed after the fingerprint'",
    ),
    content(
        25, "changed-setting", "A setting of the database is another.", findings.SCHEMA_DIFFERS,
        "name", HERE, "ALTER DATABASE {0} SET work_mem = '77MB'",
    ),
    content(
        24, "disabled-event-trigger", "An event trigger is there, and does not fire.", findings.SCHEMA_DIFFERS,
        "event trigger",
        f"SELECT quote_ident(e.evtname) FROM pg_event_trigger e WHERE {MEMBERS.format(oid='e.oid')} LIMIT 1",
        "ALTER EVENT TRIGGER {0} DISABLE",
    ),
]  # fmt: skip

RIGHTS = [
    content(
        36, "changed-owner", "A table belongs to another role.", findings.OWNER_DIFFERS,
        "table and a second role",
        of_table(f"= 'r' AND EXISTS ({OTHER_ROLE})", TABLE, f"({OTHER_ROLE} ORDER BY r.oid LIMIT 1)"),
        "ALTER TABLE {0} OWNER TO {1}",
    ),
    content(
        36, "unknown-owner", "A table belongs to a role that was not there at backup time.", findings.OWNER_DIFFERS,
        "table", of_table("= 'r'"),
        "CREATE ROLE {stranger}; ALTER TABLE {0} OWNER TO {stranger}",
    ),
    content(
        36, "granted-privilege", "Everybody may delete from a table.", findings.PRIVILEGES_DIFFER,
        "table", of_table("= 'r'"), "GRANT DELETE ON {0} TO PUBLIC",
    ),
    content(
        36, "revoked-privilege", "Privileges on a table are gone.", findings.PRIVILEGES_DIFFER,
        "table with privileges", of_table("IN ('r', 'p') AND c.relacl IS NOT NULL"),
        "UPDATE pg_class SET relacl = NULL WHERE oid = '{0}'::regclass",
    ),
    content(
        36, "granted-column", "Everybody may read a column.", findings.PRIVILEGES_DIFFER,
        "table with a column",
        f"""SELECT {TABLE}, {COLUMN} FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {SYSTEM} AND {MEMBERS.format(oid="c.oid")}
            AND c.relkind = 'r' AND a.attnum > 0 AND a.attacl IS NULL ORDER BY c.oid LIMIT 1""",
        "GRANT UPDATE ({1}) ON {0} TO PUBLIC",
    ),
    content(
        36, "granted-schema", "Everybody may create in a schema.", findings.PRIVILEGES_DIFFER,
        "schema of its own", of_table("IN ('r', 'p') AND n.nspname <> 'public'", "quote_ident(n.nspname)"),
        "GRANT CREATE ON SCHEMA {0} TO PUBLIC",
    ),
    content(
        36, "granted-database", "Everybody may create schemas.", findings.PRIVILEGES_DIFFER,
        "name", HERE, "GRANT CREATE ON DATABASE {0} TO PUBLIC",
    ),
    content(
        36, "changed-default-privileges", "What is made later will belong to everybody.", findings.PRIVILEGES_DIFFER,
        "name", HERE, "ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO PUBLIC",
    ),
]  # fmt: skip

ENVIRONMENT = [
    content(
        37, "wrong-encoding", "The database would be created in another encoding.", findings.ENCODING_DIFFERS,
        "encoding other than SQL_ASCII",
        f"{HERE} FROM pg_database WHERE datname = current_database() AND encoding <> 0",
        "UPDATE pg_database SET encoding = 0 WHERE datname = current_database()",
    ),
    content(
        37, "wrong-collation", "The database would sort text otherwise.", findings.COLLATION_DIFFERS,
        "collation other than POSIX",
        f"{HERE} FROM pg_database WHERE datname = current_database() AND datlocprovider = 'c'"
        " AND datcollate <> 'POSIX'",
        "UPDATE pg_database SET datcollate = 'POSIX', datctype = 'POSIX', datcollversion = NULL"
        " WHERE datname = current_database()",
    ),
    content(
        35, "extension-not-here", "The dump needs an extension that this machine does not have.",
        findings.EXTENSION_NOT_INSTALLED_HERE,
        "extension", "SELECT oid FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY oid LIMIT 1",
        "UPDATE pg_extension SET extname = 'seaworthy_absent' WHERE oid = {0}",
    ),
    content(
        38, "locale-not-here", "The dump needs a locale that this machine does not have.",
        findings.LOCALE_NOT_INSTALLED_HERE,
        "name", HERE,
        "CREATE COLLATION public.seaworthy_absent (provider = libc, locale = 'C'); UPDATE pg_collation"
        " SET collcollate = 'xx_YY.UTF-8', collctype = 'xx_YY.UTF-8' WHERE collname = 'seaworthy_absent'",
    ),
]  # fmt: skip

CONTENT_FAULTS = [*MISSING, *ROWS, *DEFINITIONS, *RIGHTS, *ENVIRONMENT]
