"""What PostgreSQL's catalogs say of every object that pg_dump carries.

Objects that belong to an extension are left out, as pg_dump leaves them out; so are invalid indexes, which no dump
restores.
"""
# ruff: noqa: S608 - the queries are composed of this file's own constants

from collections.abc import Mapping
from dataclasses import dataclass

# Aspects whose text does not change from one major version of the server to another.
PORTABLE_PARTS = frozenset({"owner", "columns", "labels", "is_populated"})

FIRST_OWN_OBJECT = 16384  # what initdb makes has lower numbers
NOT_A_MEMBER = """NOT EXISTS (SELECT FROM pg_depend x
    WHERE x.classid = o.classoid AND x.objid = o.objoid AND x.deptype = 'e')"""
NOT_OF_SYSTEM = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"


@dataclass(frozen=True)
class Kind:
    """One kind of object: SQL for its name, its owner, and the aspects in which two of them may differ."""

    name: str
    owner: str
    parts: Mapping[str, str]
    rows: str

    @property
    def query(self) -> str:
        """A query that returns rows of (name, owner, parts)."""
        parts = ", ".join(f"'{aspect}', {expression}" for aspect, expression in self.parts.items())
        return f"SELECT {self.name}, pg_get_userbyid({self.owner}), jsonb_build_object({parts}) {self.rows}"


def hashed(text: str) -> str:
    return f"""hashtextextended(coalesce({text}, '') COLLATE "C", 0)::text"""


CAST = r"""::("[^"]+"|[a-z_][a-z0-9_. ]*)(\(\d+(,\d+)?\))?(\[\])*"""


def settled(definition: str) -> str:
    """The definition without casts, parentheses and white space.

    PostgreSQL places them otherwise once a dump was restored: `status IN ('a', 'b')` on a varchar comes back with
    each element cast instead of the whole array, which means the same.
    """
    return rf"regexp_replace(regexp_replace({definition}, '{CAST}', '', 'g'), '[\s()]', '', 'g')"


def hashed_lines(line: str, rows: str) -> str:
    """The hash of many lines, whatever their order."""
    return hashed(f"""(SELECT string_agg({line}, chr(10) ORDER BY {line} COLLATE "C") {rows})""")


def privileges(kind: str, granted: str, owner: str) -> str:
    grantee = "CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END"
    return hashed_lines(
        f"format('%s %s %s', {grantee}, a.privilege_type, a.is_grantable)",
        f"FROM aclexplode(coalesce({granted}, acldefault('{kind}', {owner}))) a",
    )


# A child gets its parent's columns first when it is restored, wherever they stood before.
IS_CHILD = "(NOT c.relispartition AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid))"


def columns(relation: str) -> str:
    positions = f"""SELECT a.*, CASE WHEN {IS_CHILD} THEN 0 ELSE row_number() OVER (ORDER BY a.attnum) END AS position
                    FROM pg_attribute a WHERE a.attrelid = {relation} AND a.attnum > 0 AND NOT a.attisdropped"""
    return hashed_lines(
        """format('%s %s %s %s %s %s', lpad(p.position::text, 4), p.attname, format_type(p.atttypid, p.atttypmod),
                  p.attnotnull, p.attidentity, p.attgenerated)""",
        f"FROM ({positions}) p",
    )


def not_of_extension(catalog: str, oid: str) -> str:
    return f"""NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '{catalog}'::regclass
                           AND x.objid = {oid} AND x.deptype IN ('e', 'i'))"""


RELATIONS = f"""FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relpersistence <> 't' AND {NOT_OF_SYSTEM}
      AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass
                      AND x.objid = c.oid AND x.deptype = 'e')"""
INDEXES = hashed_lines(
    settled("pg_get_indexdef(i.indexrelid)"),
    "FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid AND i.indisready",
)
TRIGGERS = hashed_lines(
    f"format('%s %s', {settled('pg_get_triggerdef(t.oid)')}, t.tgenabled)",
    "FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal",
)

# In the order in which a person wants to hear of differences.
KINDS = {
    "table": Kind(
        "format('%I.%I', n.nspname, c.relname)",
        "c.relowner",
        {
            "columns": columns("c.oid"),
            "defaults": hashed_lines(
                f"format('%s %s', a.attname, {settled('pg_get_expr(d.adbin, d.adrelid)')})",
                """FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
                   WHERE d.adrelid = c.oid""",
            ),
            "constraints": hashed_lines(
                f"format('%s %s %s', k.conname, {settled('pg_get_constraintdef(k.oid)')}, k.convalidated)",
                "FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('c', 'f', 'p', 'u', 'x')",
            ),
            "indexes": INDEXES,
            "triggers": TRIGGERS,
            "policies": hashed_lines(
                f"""format('%s %s %s %s %s %s', p.polname, p.polcmd, p.polpermissive,
                           (SELECT string_agg(r::regrole::text, ' ' ORDER BY r::regrole::text)
                              FROM unnest(p.polroles) r),
                           {settled("pg_get_expr(p.polqual, p.polrelid)")},
                           {settled("pg_get_expr(p.polwithcheck, p.polrelid)")})""",
                "FROM pg_policy p WHERE p.polrelid = c.oid",
            ),
            "row_security": "format('%s %s', c.relrowsecurity, c.relforcerowsecurity)",
            "storage": "format('%s %s %s', c.relkind, c.relpersistence, c.reloptions)",
            "partitioning": "format('%s %s', pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid))",
            "parents": hashed_lines("i.inhparent::regclass::text", "FROM pg_inherits i WHERE i.inhrelid = c.oid"),
            "privileges": privileges("r", "c.relacl", "c.relowner"),
            "column_privileges": hashed_lines(
                "format('%s %s %s %s', a.attname, pg_get_userbyid(g.grantee), g.privilege_type, g.is_grantable)",
                "FROM pg_attribute a, aclexplode(a.attacl) g WHERE a.attrelid = c.oid",
            ),
        },
        f"{RELATIONS} AND c.relkind IN ('r', 'p', 'f')",
    ),
    "database": Kind(
        "'database'",
        "d.datdba",
        {
            "settings": hashed_lines(
                "format('%s %s', s.setrole::regrole, c)",
                "FROM pg_db_role_setting s, unnest(s.setconfig) c WHERE s.setdatabase = d.oid",
            ),
            "privileges": privileges("d", "d.datacl", "d.datdba"),
            "default_privileges": hashed_lines(
                """format('%s %s %s %s %s %s', pg_get_userbyid(p.defaclrole), p.defaclnamespace::regnamespace,
                          p.defaclobjtype, pg_get_userbyid(a.grantee), a.privilege_type, a.is_grantable)""",
                "FROM pg_default_acl p, aclexplode(p.defaclacl) a",
            ),
            "comments": hashed_lines(
                "format('%s %s', pg_describe_object(o.classoid, o.objoid, o.objsubid), o.description)",
                f"FROM pg_description o WHERE o.objoid >= {FIRST_OWN_OBJECT} AND {NOT_A_MEMBER}",
            ),
            "comment": hashed("shobj_description(d.oid, 'pg_database')"),
            "large_object_privileges": """(SELECT coalesce(sum(hashtextextended(format('%s %s %s %s %s', m.oid,
                pg_get_userbyid(m.lomowner), a.grantee::regrole, a.privilege_type, a.is_grantable), 0)), 0)::text
                FROM pg_largeobject_metadata m,
                     aclexplode(coalesce(m.lomacl, acldefault('L', m.lomowner))) a)""",
        },
        "FROM pg_database d WHERE d.datname = current_database()",
    ),
    "schema": Kind(
        "format('%I', n.nspname)",
        "n.nspowner",
        {"privileges": privileges("n", "n.nspacl", "n.nspowner")},
        f"FROM pg_namespace n WHERE {NOT_OF_SYSTEM} AND {not_of_extension('pg_namespace', 'n.oid')}",
    ),
    "view": Kind(
        "format('%I.%I', n.nspname, c.relname)",
        "c.relowner",
        {
            "definition": hashed(settled("pg_get_viewdef(c.oid)")),
            "is_populated": "c.relispopulated::text",
            "indexes": INDEXES,
            "triggers": TRIGGERS,
            "storage": "format('%s %s', c.relkind, c.reloptions)",
            "privileges": privileges("r", "c.relacl", "c.relowner"),
        },
        f"{RELATIONS} AND c.relkind IN ('v', 'm')",
    ),
    "sequence": Kind(
        "format('%I.%I', n.nspname, c.relname)",
        "c.relowner",
        {
            "definition": """(SELECT format('%s %s %s %s %s %s %s', format_type(s.seqtypid, NULL), s.seqstart,
                s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle)
                FROM pg_sequence s WHERE s.seqrelid = c.oid)""",
            "privileges": privileges("s", "c.relacl", "c.relowner"),
        },
        f"{RELATIONS} AND c.relkind = 'S'",
    ),
    "routine": Kind(
        "format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))",
        "p.proowner",
        {
            "definition": hashed("CASE p.prokind WHEN 'a' THEN p.prosrc ELSE pg_get_functiondef(p.oid) END"),
            "aggregate": hashed_lines(
                "format('%s %s %s %s', a.aggtransfn, a.aggfinalfn, a.aggtranstype::regtype, a.agginitval)",
                "FROM pg_aggregate a WHERE a.aggfnoid = p.oid",
            ),
            "privileges": privileges("f", "p.proacl", "p.proowner"),
        },
        f"""FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE {NOT_OF_SYSTEM} AND {not_of_extension("pg_proc", "p.oid")}""",
    ),
    "type": Kind(
        "format('%I.%I', n.nspname, t.typname)",
        "t.typowner",
        {
            "labels": hashed("""(SELECT string_agg(e.enumlabel, chr(10) ORDER BY e.enumsortorder)
                                 FROM pg_enum e WHERE e.enumtypid = t.oid)"""),
            "columns": columns("t.typrelid"),
            "domain": "format('%s %s %s', format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault)",
            "constraints": hashed_lines(
                f"format('%s %s', k.conname, {settled('pg_get_constraintdef(k.oid)')})",
                "FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'",
            ),
            "privileges": privileges("T", "t.typacl", "t.typowner"),
        },
        f"""FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
            WHERE (t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'c' AND c.relkind = 'c')) AND {NOT_OF_SYSTEM}
              AND {not_of_extension("pg_type", "t.oid")}""",
    ),
    "event trigger": Kind(
        "format('%I', e.evtname)",
        "e.evtowner",
        {"definition": "format('%s %s %s %s', e.evtevent, e.evtfoid::regproc, e.evtenabled, e.evttags)"},
        f"FROM pg_event_trigger e WHERE {not_of_extension('pg_event_trigger', 'e.oid')}",
    ),
    "publication": Kind(
        "format('%I', p.pubname)",
        "p.pubowner",
        {
            "definition": """format('%s %s %s %s %s %s', p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete,
                                    p.pubtruncate, p.pubviaroot)""",
            "tables": hashed_lines(
                "format('%I.%I', t.schemaname, t.tablename)",
                "FROM pg_publication_tables t WHERE t.pubname = p.pubname",
            ),
        },
        "FROM pg_publication p",
    ),
    # Without its connection string, which holds a password; and whether it is enabled, which no restore says.
    "subscription": Kind(
        "format('%I', s.subname)",
        "s.subowner",
        {"publications": hashed("(SELECT string_agg(p, ' ' ORDER BY p) FROM unnest(s.subpublications) p)")},
        "FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = current_database()",
    ),
    "statistics": Kind(
        "format('%I.%I', n.nspname, s.stxname)",
        "s.stxowner",
        {"definition": hashed("pg_get_statisticsobjdef(s.oid)")},
        f"FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE {NOT_OF_SYSTEM}",
    ),
    "foreign server": Kind(
        "format('%I', s.srvname)",
        "s.srvowner",
        {
            "definition": "format('%s %s %s', w.fdwname, s.srvtype, s.srvversion)",
            "privileges": privileges("S", "s.srvacl", "s.srvowner"),
        },
        f"""FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
            WHERE {not_of_extension("pg_foreign_server", "s.oid")}""",
    ),
}

# A column as its hash takes it. Only where the type's own hash tells all its values apart, as that of numeric does not
# (1.0 and 1.00), and is the same in every database, as that of an enum is not, does it go without becoming text.
HASHED_COLUMN = """format(CASE
    WHEN a.atttypid = ANY ('{bool,int2,int4,int8,oid,name,bytea,uuid,date,time,timestamp,timestamptz}'::regtype[])
      THEN '%1$I'
    WHEN a.atttypid = ANY ('{text,varchar}'::regtype[]) OR a.atttypid = 'bpchar'::regtype AND a.atttypmod > 0
      THEN '%1$I COLLATE "C"'
    WHEN a.atttypid = ANY ('{json,jsonb,numeric,float4,float8}'::regtype[])
      THEN '%1$I::text COLLATE "C"'
    ELSE 'ROW(%1$I)::text COLLATE "C"' END, a.attname)"""

# The largest first, so that what remains to the end is short.
STORED_TABLES = f"""SELECT n.nspname, c.relname, format('%I.%I', n.nspname, c.relname),
      CASE WHEN {IS_CHILD} THEN (SELECT array_agg(a.attname ORDER BY a.attname) FROM pg_attribute a
                                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) END,
      (SELECT coalesce(string_agg({HASHED_COLUMN}, ', ' ORDER BY a.attname), '') FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
      (SELECT array_agg(a.attname ORDER BY a.attname) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
         WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)),
      pg_relation_size(c.oid) / current_setting('block_size')::int,
      pg_table_size(c.oid),
      (SELECT m.amname = 'heap' FROM pg_am m WHERE m.oid = c.relam)
        AND current_setting('server_version_num')::int >= 140000 -- older ones would read the whole table for each piece
    {RELATIONS} AND c.relkind = 'r' AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery()) ORDER BY c.relpages DESC"""

# Columns that older majors lack are read from the row as a whole.
DATABASE_FACTS = """
SELECT current_setting('server_version'), current_setting('server_version_num')::int / 10000,
  pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, coalesce(to_jsonb(d)->>'datlocprovider', 'c'),
  coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale'), to_jsonb(d)->>'datcollversion',
  current_setting('data_checksums') = 'on', pg_database_size(d.oid)
FROM pg_database d WHERE d.datname = current_database()
"""

EXTENSIONS = "SELECT extname, extversion FROM pg_extension ORDER BY 1"

LARGE_OBJECTS_AFTER = "SELECT oid FROM pg_largeobject_metadata WHERE oid > %s ORDER BY oid LIMIT 1000"
# A hole in a large object reads as zeros, and is zeros once it was restored, so it is read as a reader sees it.
LARGE_OBJECT_PIECES = """
SELECT p.oid, p.size_bytes,
  hashtextextended(CASE WHEN %(number)s = 0 THEN format('%%s %%s', p.oid, p.digest)
                   ELSE format('%%s %%s %%s', p.oid, %(number)s, p.digest) END COLLATE "C", 0)
FROM (SELECT o.oid, length(d.data) AS size_bytes, md5(d.data) AS digest
      FROM unnest(%(oids)s::oid[]) o(oid), LATERAL lo_get(o.oid, %(number)s::bigint * %(size)s, %(size)s) d(data)) p
"""

ROLES = """
SELECT r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication,
  r.rolbypassrls,
  coalesce((SELECT array_agg(DISTINCT g.rolname ORDER BY g.rolname) FROM pg_auth_members m
            JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid), '{}') AS member_of,
  coalesce((SELECT array_agg(DISTINCT g.rolname ORDER BY g.rolname) FROM pg_auth_members m
            JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid AND m.admin_option), '{}') AS admin_of,
  r.rolconnlimit, r.rolvaliduntil::text, coalesce(r.rolconfig, '{}')
FROM pg_roles r WHERE r.rolname !~ '^pg_' ORDER BY 1
"""
