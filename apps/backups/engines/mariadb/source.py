"""A MariaDB database as a source: dump and fingerprint of the same moment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from apps.backups.engines import findings
from apps.backups.engines.contract import Store, Taken
from apps.backups.engines.findings import Finding
from apps.backups.engines.manifest import Summary
from apps.backups.engines.stages import Stages
from apps.backups.exceptions import SourceUnreachable

from .address import Address, Connection, parse_address, rows_of, translated
from .contents import Table, read_counters, read_tables
from .fingerprint import Fingerprint, Outline, has_history, make_fingerprint, read_outline
from .moment import connected, dump_and_read
from .privileges import grant_for, missing_privileges
from .programs import tool_for
from .users import read_grants

NAMES_SHOWN = 5
VERSION_CHARACTERS = 40  # some builds put their whole pedigree into it


@dataclass(frozen=True)
class MariaDBSource:
    """One database of a MariaDB server."""

    address: Address
    engine = "mariadb"

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Raises AddressInvalid."""
        return cls(parse_address(url))

    @property
    def name(self) -> str:
        return self.address.database

    def read(self, store: Store, stages: Stages) -> Taken:
        with translated(self.address), connected(self.address) as connection:
            return self._read(connection, store, stages)

    def _read(self, connection: Connection, store: Store, stages: Stages) -> Taken:
        version = require_readable(connection, self.name)
        tool = tool_for("mariadb-dump", version, package="mariadb-client")
        with_history = has_history(version)
        outline, counters = read_outline(connection, self.name), read_counters(connection, self.name)
        tables = read_tables(connection, self.name, with_history=with_history)
        moment = dump_and_read(self.address, tool, tables, with_history=with_history, store=store, stages=stages)
        require_same_structure(outline, read_outline(connection, self.name))
        counted = {name: (counters[name], number) for name, number in read_counters(connection, self.name).items()}
        fingerprint = make_fingerprint(outline, moment.contents, counted)
        return Taken(
            snapshot_at=moment.taken_at,
            tool_version=tool.version,
            summary=summary_of(fingerprint),
            fingerprint=fingerprint.as_json(),
            extras={"grants": [grant.as_json() for grant in read_grants(connection, self.name) or []]},
            warnings=list(warnings_on(fingerprint, tables)),
        )


def require_readable(connection: Connection, database: str) -> str:
    """The server's version. Raises SourceUnreachable for another kind of server, or a user who would not see all."""
    version = str(rows_of(connection, "SELECT VERSION()")[0][0])
    require_mariadb(version)
    if lacking := missing_privileges(connection, database):
        statement = grant_for(connection, database, lacking)
        raise SourceUnreachable(f"The user may not see all of it. An administrator should run: {statement}")
    return version


def require_mariadb(version: str) -> None:
    """Refuse a server whose backups nothing here could prove."""
    if "mariadb" not in version.lower():
        raise SourceUnreachable(
            f"The server is MySQL {version}. No drill here could prove backups of it, so none is taken. "
            "Let mysqldump write to a folder, and add that with the engine Files: its bytes are kept and compared."
        )


def require_same_structure(before: Outline, after: Outline) -> None:
    """A dump of a structure that changed meanwhile is of no single moment."""
    if before.objects != after.objects:
        kinds = before.objects.keys() | after.objects.keys()
        changed = [
            f"{kind} {name}"
            for kind in sorted(kinds)
            for name, _ in sorted(set(_flat(before, kind)) ^ set(_flat(after, kind)))
        ]
        named = ", ".join(dict.fromkeys(changed))
        raise SourceUnreachable(f"The structure changed while the dump ran ({named}). Take the backup again.")


def summary_of(fingerprint: Fingerprint) -> Summary:
    """The figures that lists show."""
    return Summary(
        tables=len(fingerprint.tables),
        rows=fingerprint.row_count,
        size_bytes=fingerprint.size_bytes,
        server_version=fingerprint.server_version[:VERSION_CHARACTERS],
    )


def warnings_on(fingerprint: Fingerprint, tables: Sequence[Table]) -> Iterator[Finding]:
    """What somebody should know about this backup."""
    exposed = [table.name for table in tables if not table.is_transactional]
    if exposed:
        message = f"No snapshot holds these tables still, since their engine has no transactions: {_named(exposed)}."
        yield Finding(findings.TABLE_NOT_TRANSACTIONAL, message)
    moving = [name for name, content in fingerprint.tables.items() if not content.is_settled]
    if moving:
        message = f"These tables moved while the dump began, so their rows cannot be compared: {_named(moving)}."
        yield Finding(findings.CONTENT_UNSETTLED, message)
    if not fingerprint.has_grants:
        message = "Who may do what is not recorded: the backup's user may not read the mysql database."
        yield Finding(findings.PRIVILEGES_NOT_READ, message)


def _flat(outline: Outline, kind: str) -> list[tuple[str, str]]:
    return [(name, repr(parts)) for name, parts in outline.objects.get(kind, {}).items()]


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMES_SHOWN])
    return f"{shown} and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else shown
