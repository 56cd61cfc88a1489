"""A small database with a bit of everything that a dump carries, for proofs that name no database."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from apps.common.postgresql.binaries import newest_server_installation
from apps.common.postgresql.server import Server
from apps.common.postgresql.throwaway import throwaway_server

DATABASE = "harbour"
OWNER = "harbour_master"
EXTENSION = "vector"  # one that needs no other, where it is installed

SAMPLE = """
CREATE SCHEMA port AUTHORIZATION harbour_master;
SET ROLE harbour_master;
CREATE TYPE port.state AS ENUM ('expected', 'moored', 'left');
CREATE DOMAIN port.tonnes AS numeric(12, 3) CHECK (VALUE >= 0);
CREATE TYPE port.berth_range AS RANGE (subtype = int);
CREATE SEQUENCE port.ticket START 100 INCREMENT 5;
CREATE TABLE port.ship (
  id bigserial PRIMARY KEY, name varchar(60) NOT NULL UNIQUE, remark text, papers jsonb NOT NULL DEFAULT '{}',
  weight port.tonnes NOT NULL DEFAULT 0, state port.state NOT NULL DEFAULT 'expected',
  size varchar(10) NOT NULL DEFAULT 'small' CHECK (size IN ('small', 'large')),
  label text GENERATED ALWAYS AS (upper(remark)) STORED
);
CREATE TABLE port.visit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ship_id bigint NOT NULL REFERENCES port.ship,
  arrived_at timestamptz NOT NULL, berths port.berth_range, fee numeric(10, 2), share double precision, note text
);
CREATE INDEX visit_open ON port.visit (ship_id, arrived_at DESC) WHERE fee IS NULL;
CREATE INDEX ship_remark ON port.ship (lower(remark));
CREATE STATISTICS port.visit_kinds ON ship_id, fee FROM port.visit;
CREATE TABLE port.tide (measured_on date NOT NULL, height real, remark text) PARTITION BY RANGE (measured_on);
CREATE TABLE port.tide_2025 PARTITION OF port.tide FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE port.tide_2026 PARTITION OF port.tide FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE UNLOGGED TABLE port.sighting (seen_at timestamptz, picture bytea);
CREATE TABLE port.person (name text, born_on date);
CREATE TABLE port.pilot (licence text) INHERITS (port.person);
CREATE VIEW port.moored AS SELECT id, name, weight FROM port.ship WHERE state = 'moored';
CREATE MATERIALIZED VIEW port.busiest AS SELECT ship_id, count(*) AS visits FROM port.visit GROUP BY ship_id;
CREATE UNIQUE INDEX busiest_ship ON port.busiest (ship_id);
CREATE FUNCTION port.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION port.fee_of(days int) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT days * 12.5';
CREATE AGGREGATE port.total(int) (sfunc = int4pl, stype = int, initcond = '0');
CREATE TRIGGER stamped BEFORE UPDATE ON port.ship FOR EACH ROW EXECUTE FUNCTION port.stamp();
ALTER TABLE port.ship ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON port.ship USING (state <> 'left');
COMMENT ON TABLE port.ship IS 'Everything that floats';
COMMENT ON COLUMN port.visit.fee IS 'in euro';
GRANT USAGE ON SCHEMA port TO PUBLIC;
GRANT SELECT ON port.ship, port.moored TO pilot;
GRANT SELECT (id, ship_id) ON port.visit TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA port GRANT SELECT ON TABLES TO pilot;
INSERT INTO port.ship (name, remark, papers, weight, state, size)
  SELECT 'Ship ' || n, md5(n::text), jsonb_build_object('flag', chr(65 + n % 26)), n * 1.5,
         (ARRAY['expected', 'moored', 'left']::port.state[])[1 + n % 3], (ARRAY['small', 'large'])[1 + n % 2]
  FROM generate_series(1, 400) n;
INSERT INTO port.visit (ship_id, arrived_at, berths, fee, share, note)
  SELECT 1 + n % 400, timestamptz '2026-03-29 01:30+00' + n * interval '17 minutes', port.berth_range(n % 9, n % 9 + 2),
         CASE WHEN n % 5 > 0 THEN n / 7.0 END, n / 3.0, repeat(md5((n * 7)::text), 8)
  FROM generate_series(1, 4000) n;
INSERT INTO port.tide SELECT date '2025-10-01' + n, sin(n), 'tide ' || n FROM generate_series(0, 299) n;
INSERT INTO port.sighting SELECT now(), decode(md5(n::text), 'hex') FROM generate_series(1, 50) n;
INSERT INTO port.pilot SELECT 'Pilot ' || n, date '1980-01-01' + n, 'L' || n FROM generate_series(1, 20) n;
INSERT INTO port.visit (ship_id, arrived_at, note)
  SELECT 1, timestamptz '2026-05-01', string_agg(md5(n::text), '') FROM generate_series(1, 2000) n;
SELECT nextval('port.ticket') FROM generate_series(1, 10);
SELECT lo_from_bytea(0, decode(repeat(md5(n::text), 400), 'hex')) FROM generate_series(1, 3) n;
REFRESH MATERIALIZED VIEW port.busiest;
RESET ROLE;
CREATE PUBLICATION departures FOR TABLE port.visit;
CREATE FUNCTION port.watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watched ON ddl_command_end EXECUTE FUNCTION port.watch();
ALTER DATABASE harbour SET work_mem = '8MB';
GRANT TEMPORARY ON DATABASE harbour TO pilot;
"""


@contextmanager
def sample_server() -> Iterator[Server]:
    """A throwaway server with the sample in it."""
    with throwaway_server(newest_server_installation()) as server:
        with psycopg.connect(**server.connection_parameters(), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {OWNER}")
            connection.execute("CREATE ROLE pilot")
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
        with psycopg.connect(**server.connection_parameters(DATABASE)) as connection:
            connection.execute("SET client_min_messages = error")  # a server without replicas warns of publications
            connection.execute(SAMPLE.encode())
            if connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = %s", [EXTENSION]).fetchone():
                connection.execute(f"CREATE EXTENSION {EXTENSION}")
        yield server
