"""Restores a whole server into a new folder, for people: replayed to the asked moment, looked at, and stopped again.

The log is replayed here, so that the folder needs no archive any more, and so that it is known to start.
"""

from pathlib import Path

from apps.backups.engines import findings
from apps.backups.engines.destinations import NewPath
from apps.backups.engines.findings import Finding
from apps.backups.engines.growth import telling_growth
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.new_paths import allowed_new_path, appearing, discard_unfinished, unfinished_path
from apps.backups.engines.postgresql.prover import PostgreSQLProver
from apps.backups.engines.postgresql.recovery import Recovered
from apps.backups.engines.reading import fetch_manifest
from apps.backups.engines.report import refuting
from apps.backups.engines.restoring import Restored, RestoreJob
from apps.backups.engines.restoring import Target as Place
from apps.backups.engines.stages import Stages
from apps.backups.exceptions import RestoreFailed, RestoreRefused
from apps.common import shell
from apps.common.postgresql import placement
from apps.common.postgresql.server import Server, kill_server
from apps.common.postgresql.throwaway import guarded, throwaway_folder

from . import tool
from .drill import find_set, lsn_settings
from .instant import Instant, late_commits
from .lasting import make_lasting
from .listing import BackupSet
from .point import choose_base, look, time_settings
from .recovery import Recovery, Target, recovering_in
from .stanza import Stanza

ENTRY_SECONDS = 30
DESTINATION = NewPath(noun="folder", parts_help="", reaches_instants=True)


def restore_into_folder(job: RestoreJob, stages: Stages) -> Restored:
    """Make the folder. Raises RestoreRefused, RestoreFailed, ToolRefused, Stopped."""
    stanza, place = Stanza.from_url(job.connection_url), job.target
    with stages.measure("look"), throwaway_folder() as folder:
        manifest = fetch_manifest(job.storage, job.prefix, folder, job.manifest_sha256)
        base, target = _choose(stanza, manifest, place)
    superuser = Instant.from_json(manifest.extras["instant"]).superuser
    recovery = Recovery(stanza, base.label, base.server_major, superuser, target, place.timeout_seconds)
    size_bytes = base.database_size_bytes
    with appearing(place.name, place.mark, needed_bytes=size_bytes) as unfinished:
        _require_entry(unfinished.parent, stanza.user)
        unfinished.mkdir(mode=0o700)
        with guarded(unfinished), telling_growth(unfinished, size_bytes, place.progress):
            restored = _recover(unfinished, recovery, manifest, place, stages)
        placement.give(unfinished, stanza.user)
        unfinished.chmod(0o700)
    return restored


def discard_folder(place: Place) -> bool:
    """End the server in it, if one is left, and remove it."""
    kill_server(unfinished_path(allowed_new_path(place.name), place.mark) / "data")
    return discard_unfinished(place.name, place.mark)


def _require_entry(folder: Path, user: str | None) -> None:
    """Whoever runs pgBackRest may not be the worker's own user. Raises RestoreRefused."""
    try:
        shell.run(shell.Command(["test", "-x", folder], user=user, timeout_seconds=ENTRY_SECONDS))
    except shell.ToolFailed as error:
        message = f"pgBackRest runs as {user}, who may not enter {folder}. Allow it, or choose another folder."
        raise RestoreRefused(message) from error


def _choose(stanza: Stanza, manifest: Manifest, place: Place) -> tuple[BackupSet, Target]:
    """The backup to begin with, and how far its log is replayed: to the asked moment, or to that of the manifest."""
    if place.at:
        base = choose_base(tool.list_backups(stanza), place.at)
        return base, Target(tool.time_target(place.at), time_settings(place.at))
    instant = Instant.from_json(manifest.extras["instant"])
    return find_set(stanza, manifest), Target(tool.lsn_target(instant.lsn), lsn_settings(instant))


def _recover(folder: Path, recovery: Recovery, manifest: Manifest, place: Place, stages: Stages) -> Restored:
    """Leaves a server that is stopped, with everything on the disk."""
    with recovering_in(folder, recovery, stages) as recovered:
        with stages.measure("compare"):
            found = _examine(recovered, manifest, place)
        recovered.server.stop()
    path = allowed_new_path(place.name)
    with stages.measure("settle"):
        make_lasting(recovered.server, path)
    return Restored(found, _outcome(recovered.server, path, place))


def _examine(recovered: Recovered, manifest: Manifest, place: Place) -> list[Finding]:
    """In what it is not what was backed up; of another moment nobody knows more than whether it was reached."""
    if place.at is None:
        return _compare(recovered, manifest)
    _, found = look(recovered, manifest.database, place.at)
    if found:
        raise RestoreFailed(found[0].message)
    return []


def _compare(recovered: Recovered, manifest: Manifest) -> list[Finding]:
    found = refuting(PostgreSQLProver(recovered.server, manifest).compare())
    with recovered.connect("template1") as connection:
        late = late_commits(connection, Instant.from_json(manifest.extras["instant"]))
    if found and late:
        message = f"It holds {len(late)} transactions more, which committed while the moment was noted."
        return [Finding(findings.INSTANT_NOT_EXACT, f"{message} Nobody can say whether all else is equal.")]
    return found


def _outcome(server: Server, path: Path, place: Place) -> str:
    at = f"{place.at:%Y-%m-%d %H:%M:%S} UTC" if place.at else "the moment of the backup"
    known = "recovered to it and stopped there" if place.at else "recovered to it and compared with what was backed up"
    program, user = server.installation.program("pg_ctl"), server.user or "the worker's user"
    return (
        f"It is as of {at}: a server was {known}. It is stopped now, needs no archive and archives nothing. "
        f"Start it as {user}: {program} -D {path / 'data'} -o '-p 5433' start. "
        "The source's own settings lie in it, in files that end with .source."
    )
