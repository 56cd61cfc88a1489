"""docs/recovery.md, run as it stands: nothing of Seaworthy, nothing but the system's own tools."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql

from apps.backups.engines import encryption
from apps.backups.engines.backup import take_backup
from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.postgresql.source import PostgreSQLSource
from apps.backups.engines.storage import LocalStorage
from apps.common.postgresql.binaries import Installation, find_installations
from apps.common.postgresql.server import Server
from apps.common.postgresql.throwaway import throwaway_server
from tests.backups.conftest import SHOP

PAGE = Path(__file__).parents[2] / "docs" / "recovery.md"
SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TOOLS = ("age", "zstd", "psql", "pg_restore")

pytestmark = pytest.mark.skipif(
    not all(shutil.which(tool, path=SYSTEM) for tool in TOOLS), reason=f"the system has not all of {', '.join(TOOLS)}"
)


def system_installation() -> Installation:
    """The server of the version that the system's own pg_restore is of."""
    version = subprocess.run(["pg_restore", "--version"], env={"PATH": SYSTEM}, capture_output=True, check=True).stdout
    found = re.search(rb"(\d+)", version)
    assert found
    fitting = [one for one in find_installations() if one.major == int(found[1]) and one.has_server]
    if not fitting:
        pytest.skip(f"there is no server of PostgreSQL {found[1].decode()} beside its client")
    return fitting[0]


@pytest.fixture
def source() -> Iterator[Server]:
    with throwaway_server(system_installation()) as server:
        server.create_database("shop")
        with Address(server.connection_parameters("shop")).connect() as connection:
            connection.execute(SHOP)
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'sesame'").format(sql.Identifier("o'w\"ner")))
            connection.execute("CREATE ROLE everyone")
            connection.execute(sql.SQL("GRANT everyone TO {}").format(sql.Identifier("o'w\"ner")))
            for statement in ("ALTER TABLE sales.customer OWNER TO {}", "GRANT ALL ON SCHEMA sales TO {}"):
                connection.execute(sql.SQL(statement).format(sql.Identifier("o'w\"ner")))
        yield server


TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'sales'::regnamespace ORDER BY 1"
OWNERS = "SELECT relname, relowner::regrole::text FROM pg_class WHERE relnamespace = 'sales'::regnamespace ORDER BY 1"
MEMBERS = "SELECT roleid::regrole::text, member::regrole::text FROM pg_auth_members WHERE member > 16000 ORDER BY 1, 2"
MAY_SIGN_IN = "SELECT rolname FROM pg_roles WHERE rolcanlogin ORDER BY 1"


def facts(server: Server) -> list[object]:
    """What must be the same afterwards: rows of every table, owners, who belongs to whom, who may sign in."""
    with Address(server.connection_parameters("shop")).connect() as connection:
        counts = {
            name: connection.execute(sql.SQL("SELECT count(*) FROM sales.{}").format(sql.Identifier(name))).fetchone()
            for (name,) in connection.execute(TABLES).fetchall()
        }
        return [counts, *(connection.execute(query).fetchall() for query in (OWNERS, MEMBERS, MAY_SIGN_IN))]


def script(backup: Path, key: Path, server: Server) -> str:
    """The page's commands, one after the other, with the places of this test."""
    commands = "".join(re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL))
    parameters = server.connection_parameters("template1")
    places = {
        "BACKUP": backup,
        "KEY": key,
        "PGHOST": parameters["host"],
        "PGPORT": parameters["port"],
        "PGUSER": parameters["user"],
        "PGPASSWORD": parameters["password"],
    }
    for name, value in places.items():
        commands, number = re.subn(rf"\b{name}=\S+", f"{name}='{value}'", commands, count=1)
        assert number == 1, name
    return commands


def run(commands: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "home").mkdir()
    environment = {"PATH": SYSTEM, "HOME": str(folder / "home"), "TMPDIR": str(folder)}
    return subprocess.run(
        ["/bin/bash", "-c", commands], env=environment, cwd=folder, capture_output=True, text=True, check=False
    )


def test_the_page_restores_an_encrypted_backup_without_seaworthy(source: Server, tmp_path: Path) -> None:
    held, offline = (encryption.make_identity() for _ in range(2))
    key = tmp_path / "recovery.key"
    key.write_text(f"# the offline recovery key\n{offline}\n")
    manifest = take_backup(
        source=PostgreSQLSource(Address(source.connection_parameters("shop"))),
        storage=LocalStorage(tmp_path / "storage"),
        prefix="shop/1",
        recipients=[encryption.public_key_of(one) for one in (held, offline)],
    )
    folder = tmp_path / "storage" / "shop" / "1"
    names = ["database.dump.zst.age", "globals.sql.age", "manifest.json"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}

    with throwaway_server(source.installation, superuser=source.superuser) as bare:
        done = run(script(folder, key, bare), tmp_path)

        assert done.returncode == 0, done.stderr
        assert manifest.artefact.sha256 in done.stdout
        assert facts(bare) == facts(source)


@pytest.mark.parametrize("fault", ["a wrong key", "a cut dump", "a flipped bit"])
def test_the_page_stops_before_it_restores_what_is_wrong(source: Server, tmp_path: Path, fault: str) -> None:
    identity = encryption.make_identity()
    (tmp_path / "key").write_text(encryption.make_identity() if fault == "a wrong key" else identity)
    take_backup(
        source=PostgreSQLSource(Address(source.connection_parameters("shop"))),
        storage=LocalStorage(tmp_path),
        prefix="shop",
        recipients=[encryption.public_key_of(identity)],
    )
    dump = tmp_path / "shop" / "database.dump.zst.age"
    data = bytearray(dump.read_bytes())
    if fault == "a flipped bit":
        data[len(data) // 2] ^= 1
    dump.write_bytes(data[: len(data) // 2] if fault == "a cut dump" else data)

    with throwaway_server(source.installation, superuser="another") as bare:
        done = run(script(tmp_path / "shop", tmp_path / "key", bare), tmp_path)

        assert done.returncode != 0
        with Address(bare.connection_parameters()).connect() as connection:
            assert connection.execute("SELECT 1 FROM pg_database WHERE datname = 'shop'").fetchone() is None


def test_globals_hold_no_password(source: Server, tmp_path: Path) -> None:
    take_backup(
        source=PostgreSQLSource(Address(source.connection_parameters("shop"))),
        storage=LocalStorage(tmp_path),
        prefix="shop",
    )

    text = (tmp_path / "shop" / "globals.sql").read_text()

    assert "CREATE ROLE" in text
    assert "SCRAM" not in text
    assert "sesame" not in text


def test_the_page_names_every_command_and_page_as_it_is() -> None:
    text = PAGE.read_text()

    for name in re.findall(r"manage\.py (\w+)", text):
        assert (PAGE.parents[1] / "apps" / "backups" / "management" / "commands" / f"{name}.py").exists(), name
