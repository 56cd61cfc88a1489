"""Restores a dump into a new database of a running MariaDB, for people. A failure leaves no half-made database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from apps.backups.engines.destinations import NewDatabase
from apps.backups.engines.differences import Objects
from apps.backups.engines.findings import Finding
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.report import refuting
from apps.backups.engines.restoring import Restored, Target
from apps.backups.engines.stages import Stages
from apps.backups.exceptions import RestoreFailed
from apps.common import shell

from .acceptance import require_acceptance
from .address import Address, Connection, identifier, parse_address, rows_of, run, translated
from .comparison import compare
from .fingerprint import Fingerprint, has_history, take_fingerprint
from .moment import connected
from .programs import tool_for
from .prover import RESTORE_ARGUMENTS, require_end, without_statement
from .references import find_references
from .renaming import Renaming
from .users import Grant, make_grant

GRANTS_SHOWN = 20
COMMENT = "SELECT schema_comment FROM information_schema.schemata WHERE schema_name = %s"
EQUAL = "It was compared with what was backed up."
PARTIAL = (
    "It holds the whole structure and the rows of the chosen tables only; foreign keys may have lost their other ends. "
    "What is partial is not compared."
)


class MariaDBRestorer:
    """Into a new database of a running server."""

    destination = NewDatabase(
        server_engine="mariadb",
        parts_help="One table a line. The structure comes whole, their rows alone. Empty: everything.",
    )

    def restore(self, manifest: Manifest, dump: Path, target: Target, stages: Stages) -> Restored:
        source, server = Fingerprint.from_json(manifest.fingerprint), parse_address(target.connection_url)
        require_end(dump)
        with translated(server), connected(server) as connection:
            require_acceptance(connection, source, target)
            with _new_database(connection, source, target):
                address = replace(server, database=target.name)
                with stages.measure("restore"):
                    _restore(source, manifest.database, dump, address, target)
                found = list(find_references(connection, target.name, old_name=manifest.database))
                if target.parts:
                    return Restored(found, f"{PARTIAL}{_events(source)} {_access(manifest, target)}")
                with stages.measure("compare"):
                    found += _compare(source, address, old_name=manifest.database)
                return Restored(found, f"{EQUAL}{_events(source)} {_access(manifest, target)}")

    def discard(self, target: Target) -> bool:
        """Drop the database if it still bears the mark of a restore that did not end."""
        with connected(parse_address(target.connection_url)) as connection:
            if rows_of(connection, COMMENT, [target.name]) != [(target.mark,)]:
                return False
            run(connection, f"DROP DATABASE {identifier(target.name)}")
        return True


@contextmanager
def _new_database(connection: Connection, source: Fingerprint, target: Target) -> Iterator[None]:
    """An empty database that bears the mark; dropped again unless the block ends well."""
    name, texts = identifier(target.name), f"CHARACTER SET {source.encoding} COLLATE {source.collation}"
    rows_of(connection, f"CREATE DATABASE {name} {texts} COMMENT = %s", [target.mark])
    try:
        yield
        rows_of(connection, f"ALTER DATABASE {name} COMMENT = %s", ["Restored by Seaworthy"])
    except BaseException:
        run(connection, f"DROP DATABASE {name}")
        raise


def _restore(source: Fingerprint, old_name: str, dump: Path, address: Address, target: Target) -> None:
    client = tool_for("mariadb", source.server_version, package="mariadb-client")
    renaming, size_bytes = Renaming(old_name, target.name, target.parts), dump.stat().st_size

    def chunks() -> Iterator[bytes]:
        with dump.open("rb") as file:
            for chunk in renaming.chunks(file):
                target.progress(file.tell(), size_bytes)
                yield chunk

    command = shell.Command(
        # Only what comes while the new database is in use is run at all.
        [client.path, *address.arguments, *RESTORE_ARGUMENTS, "--one-database", target.name],
        environment=address.environment,
        secrets=[address.password],
        timeout_seconds=target.timeout_seconds,
        input_chunks=chunks(),
    )
    try:
        shell.run(command)
    except shell.ToolFailed as error:
        raise RestoreFailed(without_statement(error.message)) from error


def _compare(source: Fingerprint, address: Address, *, old_name: str) -> list[Finding]:
    with connected(address) as connection:
        restored = take_fingerprint(
            connection, address.database, with_history=has_history(source.server_version), written_as=old_name
        )
    return refuting(compare(_comparable(source), _comparable(restored)))


def _comparable(fingerprint: Fingerprint) -> Fingerprint:
    """Without what stays with the old name, or is otherwise on purpose: privileges, and whether events run."""
    objects: Objects = {kind: named for kind, named in fingerprint.objects.items() if kind not in {"user", "event"}}
    events = fingerprint.objects.get("event", {})
    disabled = {
        name: {part: text for part, text in parts.items() if part != "definition"} for name, parts in events.items()
    }
    return replace(fingerprint, objects=objects | ({"event": disabled} if disabled else {}))


def _access(manifest: Manifest, target: Target) -> str:
    """Who might use the source, as the statements that would let them use the new one. No password is in them."""
    grants = [Grant.from_json(data) for data in manifest.extras.get("grants", ())]
    if not grants:
        return "Who may use it is not restored: GRANT it anew."
    shown = "".join(f"\n{make_grant(grant.moved(target.name))};" for grant in grants[:GRANTS_SHOWN])
    more = len(grants) - GRANTS_SHOWN
    rest = f"\nand {more} more, which its manifest lists." if more > 0 else ""
    return f"Who may use it is not restored. What was granted on the source, for the new one:{shown}{rest}"


def _events(source: Fingerprint) -> str:
    events = ", ".join(source.objects.get("event", {}))
    return f" Its events are there, and do not run until somebody enables them: {events}." if events else ""
