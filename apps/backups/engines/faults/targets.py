"""What a fault is done to: a query finds it in whatever database there is."""
# ruff: noqa: S608 - the queries are composed of constants; what they find comes quoted by regclass and quote_ident

from dataclasses import dataclass

from apps.backups.engines.postgresql.catalog_queries import RELATIONS

SYSTEM = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"
MEMBERS = "NOT EXISTS (SELECT FROM pg_depend x WHERE x.objid = {oid} AND x.deptype IN ('e', 'i'))"
OWN = f"{RELATIONS} AND c.relkind"
STORED = f"{OWN} = 'r' AND pg_relation_size(c.oid) > 0"
UNREFERENCED = f"{STORED} AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.confrelid = c.oid)"
OWN_OF_CLASS = f"{SYSTEM} AND {MEMBERS.format(oid='c.oid')}"
LARGEST = "ORDER BY pg_relation_size(c.oid) DESC, c.oid LIMIT 1"
FIRST = "ORDER BY c.oid LIMIT 1"
TABLE = "c.oid::regclass::text"
SCHEMA = "quote_ident(n.nspname)"
COLUMN = "quote_ident(a.attname)"


@dataclass(frozen=True)
class Target:
    """What people call it, and the query whose first row names it."""

    what: str
    query: str


def relation(what: str, where: str, *columns: str, order: str = FIRST) -> Target:
    """One relation of the database's own, by its kind."""
    return Target(what, f"SELECT {', '.join(columns or (TABLE,))} {OWN} {where} {order}")


def part_of_relation(what: str, catalog: str, key: str, name: str, where: str = "true") -> Target:
    """The first row of a catalog that hangs on a relation of the database's own."""
    return Target(
        what,
        f"""SELECT {TABLE}, {name}, o.oid FROM {catalog} o JOIN pg_class c ON c.oid = o.{key}
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OWN_OF_CLASS} AND {where} ORDER BY o.oid LIMIT 1""",
    )


def constraint(what: str, where: str) -> Target:
    """One constraint of a table."""
    return part_of_relation(what, "pg_constraint", "conrelid", "quote_ident(o.conname)", where)


def column(what: str, where: str, joined: str = "", order: str = "c.oid, a.attnum") -> Target:
    """One column of a table."""
    return Target(
        what,
        f"""SELECT {TABLE}, {COLUMN} FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace {joined}
        WHERE {OWN_OF_CLASS} AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND {where}
        ORDER BY {order} LIMIT 1""",
    )


def in_schema(what: str, catalog: str, schema_key: str, name: str, where: str) -> Target:
    """One routine or type of the database's own."""
    return Target(
        what,
        f"""SELECT {name}, o.oid FROM {catalog} o JOIN pg_namespace n ON n.oid = o.{schema_key}
        WHERE {SYSTEM} AND {MEMBERS.format(oid="o.oid")} AND {where} ORDER BY o.oid LIMIT 1""",
    )


DATABASE = Target("name", "SELECT quote_ident(current_database())")
ANY_TABLE = relation("table", "= 'r'")
LARGEST_TABLE = relation("table", "= 'r' AND NOT c.relispartition", order=LARGEST)
TABLE_WITH_PRIVILEGES = relation("table with privileges", "IN ('r', 'p') AND c.relacl IS NOT NULL")
TABLE_WITH_ROW_SECURITY = relation("table with row security", "IN ('r', 'p') AND c.relrowsecurity")
OTHER_ROLE = """SELECT quote_ident(r.rolname) FROM pg_roles r
    WHERE r.oid <> c.relowner AND r.rolname !~ '^pg_' AND r.rolname <> session_user"""
TABLE_AND_ROLE = relation(
    "table and a second role", f"= 'r' AND EXISTS ({OTHER_ROLE})", TABLE, f"({OTHER_ROLE} ORDER BY r.oid LIMIT 1)"
)
PARTITION = relation("partition", "= 'r' AND c.relispartition", TABLE, "(SELECT i.inhparent::regclass::text"
                     " FROM pg_inherits i WHERE i.inhrelid = c.oid)")  # fmt: skip
ANY_SCHEMA = relation("schema", "IN ('r', 'p')", SCHEMA)
OWN_SCHEMA = relation("schema of its own", "IN ('r', 'p') AND n.nspname <> 'public'", SCHEMA)
NEWEST_SCHEMA = relation(
    "schema beside large objects", "IN ('r', 'p') AND EXISTS (SELECT FROM pg_largeobject_metadata)", SCHEMA,
    order="ORDER BY n.oid DESC LIMIT 1",
)  # fmt: skip
VIEW = relation("view", "= 'v'", TABLE, "rtrim(pg_get_viewdef(c.oid), ';')")
FILLED_VIEW = relation("filled materialized view", "= 'm' AND c.relispopulated")

ROWS = Target("row in a table that no foreign key names", f"SELECT {TABLE} {UNREFERENCED} {LARGEST}")
UNLOGGED_ROWS = Target("unlogged table with rows", f"SELECT {TABLE} {STORED} AND c.relpersistence = 'u' {FIRST}")
REFERENCED_ROWS = Target(
    "foreign key with rows",
    f"""SELECT {TABLE} {STORED} AND EXISTS (SELECT FROM pg_constraint k
        WHERE k.confrelid = c.oid AND k.conrelid <> c.oid AND pg_relation_size(k.conrelid) > 0) {LARGEST}""",
)
LONG_VALUES = Target(
    "table with long values",
    f"SELECT c.reltoastrelid AS oid {STORED} AND pg_relation_size(c.reltoastrelid) > 0 {LARGEST}",
)
LARGEST_ROWS = Target("table with rows", f"SELECT c.oid, {TABLE} {STORED} {LARGEST}")

INDEX = part_of_relation(
    "index of its own", "(SELECT indexrelid AS oid, * FROM pg_index)", "indrelid", "o.indexrelid::regclass::text",
    "NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = o.indexrelid) AND c.relkind = 'r'"
    " AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = o.indexrelid)",
)  # fmt: skip
FOREIGN_KEY = constraint("foreign key", "o.contype = 'f' AND o.convalidated AND o.conparentid = 0")
CHECK = constraint("check constraint", "o.contype = 'c' AND o.coninhcount = 0")
PRIMARY_KEY = constraint("primary key", "o.contype = 'p' AND o.conparentid = 0")
TRIGGER = part_of_relation(
    "trigger", "pg_trigger", "tgrelid", "quote_ident(o.tgname)", "NOT o.tgisinternal AND o.tgparentid = 0"
)
POLICY = part_of_relation("policy", "pg_policy", "polrelid", "quote_ident(o.polname)")

ANY_COLUMN = column("table with a column", "a.attacl IS NULL")
REQUIRED_COLUMN = column(
    "required column",
    """NOT c.relispartition AND a.attnotnull AND a.attidentity = '' AND NOT EXISTS
        (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey))""",
)
DEFAULT = column(
    "default", "a.attgenerated = ''",
    joined="JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)", order="d.oid",
)  # fmt: skip
TEXT = column(
    "text that no constraint names",
    """pg_relation_size(c.oid) > 0 AND a.attgenerated = '' AND a.atttypid = 'text'::regtype
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND a.attnum = ANY (k.conkey))
        AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND a.attnum = ANY (i.indkey))""",
    order="pg_relation_size(c.oid) DESC",
)

FUNCTION = in_schema("function", "pg_proc", "pronamespace", "o.oid::regprocedure::text", "o.prokind = 'f'")
PROCEDURAL_FUNCTION = in_schema(
    "function in PL/pgSQL", "pg_proc", "pronamespace", "o.oid::regprocedure::text",
    "o.prokind = 'f' AND o.prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')",
)  # fmt: skip
ENUMERATION = in_schema("enumeration", "pg_type", "typnamespace", "o.oid::regtype::text", "o.typtype = 'e'")
STATISTICS = in_schema(
    "extended statistics", "pg_statistic_ext", "stxnamespace", "format('%I.%I', n.nspname, o.stxname)", "true"
)
SEQUENCE = Target(
    "sequence in use",
    f"""SELECT {TABLE}, s.seqmin, pg_sequence_last_value(c.oid) + 1000
    {RELATIONS.replace("FROM pg_class c", "FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid")}
      AND s.seqincrement > 0 AND pg_sequence_last_value(c.oid) BETWEEN s.seqmin + 1 AND s.seqmax - 1000
    {FIRST}""",
)
LARGE_OBJECT = Target("large object", "SELECT oid FROM pg_largeobject_metadata ORDER BY oid LIMIT 1")
PUBLICATION = Target("publication", "SELECT quote_ident(pubname) FROM pg_publication ORDER BY oid LIMIT 1")
EVENT_TRIGGER = Target(
    "event trigger",
    f"SELECT quote_ident(e.evtname) FROM pg_event_trigger e WHERE {MEMBERS.format(oid='e.oid')} LIMIT 1",
)
EXTENSION = Target(
    "extension",
    "SELECT quote_ident(extname), oid FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY oid LIMIT 1",
)
ENCODING = Target(
    "encoding other than SQL_ASCII",
    "SELECT encoding FROM pg_database WHERE datname = current_database() AND encoding <> 0",
)
COLLATION = Target(
    "collation other than POSIX",
    "SELECT datcollate FROM pg_database"
    " WHERE datname = current_database() AND datlocprovider = 'c' AND datcollate <> 'POSIX'",
)
