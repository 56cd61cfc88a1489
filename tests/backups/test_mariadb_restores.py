"""A backup of MariaDB becomes a new database beside the source, which nobody touches."""

import io
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

from apps.backups.engines.backup import take_backup
from apps.backups.engines.mariadb import programs, restorer
from apps.backups.engines.mariadb.address import Address, rows_of
from apps.backups.engines.mariadb.moment import connected
from apps.backups.engines.mariadb.renaming import Renaming
from apps.backups.engines.mariadb.server import ThrowawayServer, throwaway_server
from apps.backups.engines.mariadb.source import MariaDBSource
from apps.backups.engines.register import engine_named
from apps.backups.engines.restoring import RestoreJob, RestoreReport, Target
from apps.backups.engines.storage import LocalStorage
from apps.backups.exceptions import RestoreFailed, RestoreRefused
from apps.common.postgresql.throwaway import throwaway_folder
from apps.common.shell import ToolFailed
from tests.backups.test_mariadb import SHOP

pytestmark = pytest.mark.skipif(programs.find_tool("mariadbd") is None, reason="MariaDB's server is not installed")

MARK = "seaworthy restore 7, claim 1"
# Written with its own name, as a view over two databases always is, and the default of a column that counts.
# The event that runs once may be gone before or after the backup, so it goes here.
NAMING = """
DROP EVENT once;
CREATE VIEW across AS SELECT c.id FROM shop.customer c JOIN mysql.seq s ON s.seq = c.id;
CREATE TABLE numbered (id BIGINT DEFAULT NEXTVAL(shop.ticket) PRIMARY KEY, name TEXT);
SET GLOBAL event_scheduler = ON;
CREATE USER reader@localhost IDENTIFIED BY 'reader';
GRANT SELECT ON *.* TO reader@localhost
"""

Restore = Callable[..., RestoreReport]


@pytest.fixture(scope="module")
def server() -> Iterator[ThrowawayServer]:
    with throwaway_folder() as folder, throwaway_server(folder, version="10.5", variables={}) as running:
        with connected(running.address_of("mysql")) as connection:
            rows_of(connection, "CREATE TABLE seq (seq INT PRIMARY KEY)")
            rows_of(connection, "INSERT INTO seq SELECT seq FROM seq_1_to_200")
            for statement in [*SHOP.split(";\n"), *NAMING.split(";\n")]:
                rows_of(connection, statement)
        yield running


@pytest.fixture(scope="module")
def storage(server: ThrowawayServer, tmp_path_factory: pytest.TempPathFactory) -> LocalStorage:
    """A storage with one backup of the shop."""
    storage = LocalStorage(tmp_path_factory.mktemp("storage"))
    take_backup(source=MariaDBSource(server.address_of("shop")), storage=storage, prefix="shop")
    return storage


@pytest.fixture
def restore(server: ThrowawayServer, storage: LocalStorage) -> Iterator[Restore]:
    made = []

    def run(name: str, *, address: Address | None = None, **options: object) -> RestoreReport:
        target = Target(name=name, mark=MARK, connection_url=url_of(address or server.address_of("shop")), **options)
        made.append(name)
        return engine_named("mariadb").restore(RestoreJob(storage, "shop", target))

    yield run
    for name in set(made) - {"shop"}:
        ask(server, f"DROP DATABASE IF EXISTS {name}")


def url_of(address: Address) -> str:
    place = f"?socket={quote(address.options['socket'], safe='')}"
    return f"mysql://{address.user}:{quote(address.password, safe='')}@localhost/{address.database}{place}"


def ask(server: ThrowawayServer, query: str) -> list[tuple[object, ...]]:
    with connected(server.address_of("mysql")) as connection:
        return rows_of(connection, query)


def is_there(server: ThrowawayServer, name: str) -> bool:
    return bool(ask(server, f"SHOW DATABASES LIKE '{name}'"))


def test_it_becomes_a_new_database_that_is_equal(server: ThrowawayServer, restore: Restore) -> None:
    told: list[tuple[int, int]] = []
    ask(server, "DELETE FROM shop.item")
    report = restore("again", progress=lambda done, total: told.append((done, total)))

    assert sorted(finding.message.partition(" and would")[0] for finding in report.findings) == [
        "The table numbered names the database shop",
        "The view across names the database shop",
    ]
    assert ask(server, "SELECT (SELECT COUNT(*) FROM again.item), (SELECT COUNT(*) FROM shop.item)") == [(200, 0)]
    assert ask(server, "SELECT DISTINCT status FROM information_schema.events WHERE event_schema = 'again'") == [
        ("DISABLED",)
    ]
    assert "do not run until somebody enables them: nightly." in report.outcome
    grants = [line for line in report.outcome.splitlines() if line.startswith("GRANT ")]
    assert any("`again`.`customer`" in line for line in grants)
    assert not any("`shop`" in line for line in grants)
    for grant in grants:
        ask(server, grant.removesuffix(";"))
    assert told[-1][0] == told[-1][1] > 0
    assert ask(server, restorer.COMMENT % "'again'") == [("Restored by Seaworthy",)]


def test_chosen_tables_keep_their_rows_and_everything_its_structure(server: ThrowawayServer, restore: Restore) -> None:
    report = restore("part", parts=["item"])

    assert ask(server, "SELECT (SELECT COUNT(*) FROM part.item), (SELECT COUNT(*) FROM part.customer)") == [(200, 0)]
    assert ask(server, "SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema = 'part'") == [(2,)]
    assert "What is partial is not compared." in report.outcome


def test_nothing_is_ever_overwritten(server: ThrowawayServer, restore: Restore) -> None:
    before = ask(server, "SELECT COUNT(*) FROM shop.customer")
    with pytest.raises(RestoreRefused, match="There is a database shop on the server already"):
        restore("shop")

    assert ask(server, "SELECT COUNT(*) FROM shop.customer") == before


def test_who_may_not_make_it_is_told_what_is_missing(server: ThrowawayServer, restore: Restore) -> None:
    reader = Address("shop", "reader", password="reader", options=server.address_of("shop").options)
    with pytest.raises(RestoreRefused, match=r"The user lacks CREATE, DROP.*GRANT ALL ON `again`\.\* TO 'reader'"):
        restore("again", address=reader)
    ask(server, "GRANT ALL ON again.* TO reader@localhost")
    with pytest.raises(RestoreRefused, match=r"run as .*GRANT SET USER ON \*\.\* TO 'reader'"):
        restore("again", address=reader)

    assert not is_there(server, "again")


def test_a_failure_leaves_no_half_made_database(
    server: ThrowawayServer, restore: Restore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        assert is_there(server, "again")
        raise ToolFailed("mariadb was killed by signal 9: it said nothing")

    monkeypatch.setattr(restorer, "_restore", fail)
    with pytest.raises(ToolFailed):
        restore("again")

    assert not is_there(server, "again")


def test_why_the_client_failed_is_said_without_the_rows_that_it_was_given(
    server: ThrowawayServer, restore: Restore, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = b"INSERT INTO nowhere VALUES ('a secret');\n"
    monkeypatch.setattr(Renaming, "chunks", lambda self, file: [b"USE `again`;\n", row])
    with pytest.raises(RestoreFailed, match=r"exit code 1: ERROR 1146 .*nowhere' doesn't exist") as failure:
        restore("again")

    assert "secret" not in failure.value.message


def test_what_a_dead_worker_left_is_dropped_by_its_mark_alone(server: ThrowawayServer) -> None:
    engine, url = engine_named("mariadb"), url_of(server.address_of("shop"))
    ask(server, f"CREATE DATABASE half COMMENT = '{MARK}'")

    assert not engine.discard(Target(name="half", mark="seaworthy restore 8, claim 1", connection_url=url))
    assert not engine.discard(Target(name="nowhere", mark=MARK, connection_url=url))
    assert engine.discard(Target(name="half", mark=MARK, connection_url=url))
    assert not is_there(server, "half")


@pytest.mark.parametrize("line_bytes", [7, 1 << 20])
def test_only_whole_lines_are_led_elsewhere(line_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.backups.engines.mariadb.renaming.LINE_BYTES", max(line_bytes, 60))
    rows = b"INSERT INTO `a` VALUES\n('" + b"USE `shop`; " * 20 + b"'),\n('CREATE DATABASE');\n"
    dump = b"USE `shop`;\n" + b"LOCK TABLES `a` WRITE;\n" + rows + b"UNLOCK TABLES;\nUSE `shop`;\n-- Dump completed\n"

    whole = b"".join(Renaming("shop", "again").chunks(io.BytesIO(dump)))
    part = b"".join(Renaming("shop", "again", ["b"]).chunks(io.BytesIO(dump)))

    assert whole == dump.replace(b"USE `shop`;\n", b"USE `again`;\n")
    assert part == b"USE `again`;\nUNLOCK TABLES;\nUSE `again`;\n-- Dump completed\n"
