"""A copy of another server's files, recovered in a throwaway server up to the end of its backup."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from apps.backups.engines import findings
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.postgresql.prover import PostgreSQLProver
from apps.backups.engines.postgresql.recovery import Recovered, disarm, make_server, replay
from apps.backups.engines.report import refuted
from apps.backups.engines.stages import TIMEOUT_SECONDS, Stages
from apps.backups.engines.streams import CHUNK_BYTES
from apps.backups.engines.watch import Limits, watched
from apps.backups.exceptions import DumpUnreadable
from apps.common import shell
from apps.common.isolation import isolation_for
from apps.common.postgresql import placement
from apps.common.postgresql.server import Server
from apps.common.postgresql.throwaway import end_server, remove_orphans, throwaway_folder

from .barman import RECORD, Record
from .dumps import BROKEN, opened
from .restored import Copy

TO_THE_END = {"recovery_target": "immediate", "recovery_target_timeline": "current"}


@contextmanager
def recovered_copy(manifest: Manifest, stored: Path, superuser: str, stages: Stages, limits: Limits) -> Iterator[Copy]:
    """Copy the files and the log that they need, and let a server recover from them. Raises Stopped."""
    record, user = _record(stored), placement.server_user()
    remove_orphans()
    with throwaway_folder() as folder:
        folder.chmod(0o711 if user else 0o700)
        server = make_server(
            folder,
            major=int(manifest.extras["major"]),
            superuser=superuser,
            user=user,
            settings=TO_THE_END | {"restore_command": f'cp "{folder}/log/%f" "%p"'},
            start_seconds=max(1, int(limits.timeout_seconds)),
            isolation=isolation_for(user),
        )
        prover = PostgreSQLProver(server, _as_if_taken_here(manifest))
        with watched(prover, limits):
            with stages.measure("restore"):
                _lay_out(record, server)
                disarm(server)
            try:
                with stages.measure("replay"):
                    replay(server)
                _require_database(server, manifest.database)
                yield Copy(server, prover, [])
            finally:
                end_server(server)


def _record(stored: Path) -> Record:
    try:
        return Record.read(stored / RECORD)
    except DumpUnreadable as error:
        raise refuted(findings.ARTEFACT_UNREADABLE, error.message) from error


def _as_if_taken_here(manifest: Manifest) -> Manifest:
    return replace(
        manifest, fingerprint={"server_major": manifest.extras["major"], "objects": {}}, extras={"roles": []}
    )


def _lay_out(record: Record, server: Server) -> None:
    """The files where the server looks for them, and nothing that leads elsewhere."""
    folder, data = server.folder, server.data_folder
    shutil.copytree(record.folder / "data", data, ignore=_links)
    (data / "tablespace_map").unlink(missing_ok=True)
    (data / "pg_wal").mkdir(exist_ok=True)
    for oid in record.tablespaces:
        tablespace, link = folder / "tablespaces" / str(oid), data / "pg_tblspc" / str(oid)
        shutil.copytree(record.folder / str(oid), tablespace, ignore=_links)
        link.symlink_to(tablespace)
    _check_files(server)
    _copy_log(record, folder / "log")
    (data / "recovery.signal").touch(mode=0o600)
    for place in (data, folder / "tablespaces", folder / "log"):
        _give_all(place, server.user)
    data.chmod(0o700)


def _give_all(place: Path, user: str | None) -> None:
    for path in (place, *place.rglob("*")):
        if path.exists() and not path.is_symlink():
            placement.give(path, user)


def _links(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if Path(folder, name).is_symlink()]


def _check_files(server: Server) -> None:
    """Against the manifest that pg_basebackup writes with its copy, where there is one."""
    if not (server.data_folder / "backup_manifest").is_file():
        return
    program = server.installation.program("pg_verifybackup")
    try:  # the log lies elsewhere
        command = shell.Command([program, "-q", "-n", server.data_folder], timeout_seconds=TIMEOUT_SECONDS)
        shell.run(command)
    except shell.ToolFailed as error:
        message = f"The files are not those that pg_basebackup copied: {error.message}"
        raise refuted(findings.ARTEFACT_CHECKSUM_DIFFERS, message) from error


def _copy_log(record: Record, target: Path) -> None:
    target.mkdir()
    for segment in record.log_files:
        if not segment.is_file():
            message = f"The write-ahead log {segment.name}, which the backup needs, is not in {segment.parent.parent}."
            raise refuted(findings.WAL_MISSING, message)
        try:
            with opened(segment) as source, (target / segment.name).open("xb") as file:
                shutil.copyfileobj(source, file, CHUNK_BYTES)
        except BROKEN as error:
            message = f"The write-ahead log {segment.name} cannot be read or decompressed: {error}"
            raise refuted(findings.WAL_MISSING, message) from error


def _require_database(server: Server, database: str) -> None:
    with Recovered(server).connect("template1") as connection:
        found = {name for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()}
    if database not in found:
        message = f"The recovered server has no database {database}. It has: {', '.join(sorted(found))}."
        raise refuted(findings.OBJECT_MISSING, message)
