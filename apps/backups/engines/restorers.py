"""What backups of each streamed engine are made into, for people."""

from .files.restorer import FilesRestorer
from .mariadb.restorer import MariaDBRestorer
from .postgresql.into_new import PostgreSQLRestorer
from .restoring import Restorer
from .sqlite.restorer import SQLiteRestorer

RESTORERS: dict[str, Restorer] = {
    "postgresql": PostgreSQLRestorer(),
    "mariadb": MariaDBRestorer(),
    "files": FilesRestorer(),
    "sqlite": SQLiteRestorer(),
}
