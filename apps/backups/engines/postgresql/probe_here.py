"""What the machine that drills must have: a server of that version, its extensions, the locale."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from apps.backups.engines.probe import Line, fine, missing
from apps.common import shell
from apps.common.postgresql.binaries import Installation, PostgreSQLMissing, installation_for

from . import probe_queries

ALWAYS_THERE = {"c", "posix", "cutf8"}


def drill_lines(connection: psycopg.Connection[Any], major: int) -> Iterator[Line]:
    """What a drill of this database needs on this machine."""
    try:
        server = installation_for(major, with_server=True)
    except PostgreSQLMissing as error:
        yield missing("drill-server", error.message, f"apt-get install postgresql-{major}")
        return
    yield fine("drill-server", f"A drill can start PostgreSQL {server.version} here.")
    yield _extensions(connection, server)
    yield _locale(connection)


def _extensions(connection: psycopg.Connection[Any], server: Installation) -> Line:
    wanted = [name for name, _ in connection.execute(probe_queries.EXTENSIONS).fetchall()]
    absent = sorted(set(wanted) - installed_extensions(server))
    if not absent:
        return fine("extensions", f"Its extensions are installed here: {', '.join(wanted) or 'none'}.")
    message = f"PostgreSQL {server.version} here lacks the extensions {', '.join(absent)}."
    advice = f"Install postgresql-contrib, or a package such as postgresql-{server.major}-{absent[0]}."
    return missing("extensions", message, advice)


@cache
def installed_extensions(server: Installation) -> frozenset[str]:
    """The extensions that the installation's servers can create."""
    command = shell.Command([server.program("pg_config"), "--sharedir"], timeout_seconds=10)
    folder = Path(shell.run(command).text.strip()) / "extension"
    return frozenset(file.stem for file in folder.glob("*.control"))


def _locale(connection: psycopg.Connection[Any]) -> Line:
    row = connection.execute(probe_queries.COLLATION).fetchone()
    assert row is not None  # noqa: S101 - the database that is asked exists
    names, provider = {name for name in row[:2] if name}, row[2]
    absent = sorted(name for name in names if provider == "libc" and _normal(name) not in _installed_locales())
    if not absent:
        return fine("locale", f"Its locale {', '.join(sorted(names))} is installed here.")
    advice = f"Add {absent[0]} to /etc/locale.gen and run locale-gen."
    return missing("locale", f"The locale {', '.join(absent)} is not installed here.", advice)


@cache
def _installed_locales() -> frozenset[str]:
    names = shell.run(shell.Command(["locale", "-a"], timeout_seconds=10)).text.split()
    return frozenset({_normal(name) for name in names} | ALWAYS_THERE)


def _normal(name: str) -> str:
    """The spellings of one locale alike: C.UTF-8 and C.utf8."""
    return name.lower().replace("-", "").replace(".", "")
