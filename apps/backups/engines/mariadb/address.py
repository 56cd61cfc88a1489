"""Where a MariaDB database is, as its tools and its driver want to hear it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pymysql
from pymysql.cursors import Cursor

from apps.backups.exceptions import AddressInvalid, SourceUnreachable

Connection = Any  # the driver carries no types

SCHEMES = {"mysql", "mariadb"}
OPTIONS = {"socket", "ssl_ca"}
CONNECT_SECONDS = 10
DEFAULT_PORT = 3306
FORM = "mysql://USER:PASSWORD@HOST:PORT/NAME"


@dataclass(frozen=True)
class Address:
    """One database. The password travels by environment or inside the driver, never on a command line."""

    database: str
    user: str
    host: str = "localhost"
    port: int = DEFAULT_PORT
    password: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {"MYSQL_PWD": self.password}

    @property
    def arguments(self) -> list[str]:
        """How the tools are told where to connect. They read no configuration of this machine."""
        place = (
            [f"--socket={self.options['socket']}"]
            if "socket" in self.options
            else [f"--host={self.host}", f"--port={self.port}", "--protocol=tcp"]
        )
        security = [f"--ssl-ca={self.options['ssl_ca']}"] if "ssl_ca" in self.options else []
        return ["--no-defaults", *place, f"--user={self.user}", *security]

    def connect(self) -> Connection:
        """A new connection, or SourceUnreachable with the server's own words."""
        place = {"unix_socket": self.options["socket"]} if "socket" in self.options else {"port": self.port}
        security = {"ssl": {"ca": self.options["ssl_ca"]}} if "ssl_ca" in self.options else {}
        try:
            return pymysql.connect(
                host=self.host,
                user=self.user,
                password=self.password,
                database=self.database or None,
                charset="utf8mb4",
                connect_timeout=CONNECT_SECONDS,
                autocommit=True,
                **place,
                **security,
            )
        except (pymysql.Error, OSError, RuntimeError) as error:
            message = f"Cannot connect to the database {self.database}: {words_of(error)}"
            raise SourceUnreachable(message) from error


def parse_address(url: str) -> Address:
    """Read a mysql:// URL. Raises AddressInvalid, which never repeats the URL: it holds a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        raise AddressInvalid(f"The connection URL is not one; write {FORM}, and in a password %40 for @") from None
    name = unquote(parts.path.removeprefix("/"))
    if parts.scheme not in SCHEMES or not parts.username:
        raise AddressInvalid(f"The connection URL is not one; write {FORM}")
    if not name:
        raise AddressInvalid("The connection URL names no database: it should end in /NAME")
    if "@" in parts.path or "/" in name:
        raise AddressInvalid("The connection URL has an @ or / too many: in a password or name write %40 and %2F")
    if options.keys() - OPTIONS:
        raise AddressInvalid(f"After the ? only {' and '.join(sorted(OPTIONS))} are known.")
    return Address(
        database=name,
        user=unquote(parts.username),
        host=parts.hostname or "localhost",
        port=port or DEFAULT_PORT,
        password=unquote(parts.password or ""),
        options=options,
    )


def rows_of(connection: Connection, query: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    cursor: Cursor
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def run(connection: Connection, statement: str) -> None:
    """Run a statement that returns nothing."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


def identifier(name: str) -> str:
    """A name, quoted."""
    return "`" + name.replace("`", "``") + "`"


def words_of(error: Exception) -> str:
    """What a driver's error says, on one line, without its number."""
    said = error.args[-1] if isinstance(error, pymysql.Error) and error.args else error
    return " ".join(str(said).split())


@contextmanager
def translated(address: Address) -> Iterator[None]:
    """Turn the driver's errors into the words of this app."""
    try:
        yield
    except pymysql.Error as error:
        raise SourceUnreachable(f"The database {address.database} could not be read: {words_of(error)}") from error
