"""What the test of a connection asks PostgreSQL. Written for 13 to 18, and for a user who may do little."""

FACTS = """
SELECT current_setting('server_version_num')::int / 10000 AS major,
       split_part(current_setting('server_version'), ' ', 1) AS version,
       current_user::text AS role,
       coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS is_encrypted,
       pg_is_in_recovery() AS is_replica,
       extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float AS lag_seconds,
       pg_database_size(current_database()) AS size_bytes,
       clock_timestamp() AS time
"""

SCHEMAS_WITHOUT_USAGE = """
SELECT n.nspname FROM pg_namespace n
WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND NOT has_schema_privilege(n.oid, 'USAGE') ORDER BY 1
"""

# Tables of an extension are made by the extension; a dump reads those only that it names as its configuration.
RELATIONS_WITHOUT_SELECT = """
SELECT n.nspname, CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind,
       array_agg(c.relname::text ORDER BY c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND c.relkind IN ('r', 'p', 'm', 'S')
  AND NOT CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'SELECT')
                         ELSE has_table_privilege(c.oid, 'SELECT') END
  AND NOT EXISTS (
    SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
      AND NOT c.oid = ANY (coalesce(e.extconfig, '{}')))
GROUP BY 1, 2 ORDER BY 1, 2
"""

LARGE_OBJECTS_WITHOUT_SELECT = """
SELECT count(*), min(m.oid) FROM pg_largeobject_metadata m
WHERE NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
  AND NOT pg_has_role(m.lomowner, 'USAGE')
  AND NOT EXISTS (
    SELECT FROM aclexplode(m.lomacl) a
    WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE')))
"""

TABLES_WITH_HIDDEN_ROWS = """
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND c.relrowsecurity
  AND row_security_active(c.oid) ORDER BY 1
"""

EXTENSIONS = "SELECT extname, extversion FROM pg_extension ORDER BY 1"

COLLATION = """
SELECT datcollate, datctype, CASE WHEN to_jsonb(d) ->> 'datlocprovider' = 'i' THEN 'icu' ELSE 'libc' END
FROM pg_database d WHERE datname = current_database()
"""
