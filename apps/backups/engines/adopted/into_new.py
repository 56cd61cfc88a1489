"""Restores a dump that another tool wrote into a new database, for people."""

from dataclasses import replace
from pathlib import Path

from apps.backups.engines import findings
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.postgresql.contents import read_contents
from apps.backups.engines.postgresql.into_new import DESTINATION as COMPARED
from apps.backups.engines.postgresql.into_new import PARTIAL, Backed, restored_database, say
from apps.backups.engines.report import refuted
from apps.backups.engines.restoring import Restored, Target
from apps.backups.engines.stages import Stages
from apps.backups.exceptions import RestoreRefused
from apps.common import shell
from apps.common.postgresql.binaries import installation_for

from .form import Form
from .made_up_roles import roles_named_in

DESTINATION = replace(COMPARED, is_compared=False)
BY_HAND = {
    Form.SCRIPT: "A script says nothing of its database. Run: createdb NAME; psql -v ON_ERROR_STOP=1 -d NAME -f {0}",
    Form.BARMAN: "Barman restores whole servers itself. Run: barman recover {1} {2} /path/of/a/new/folder",
}
UNMEASURED = "It was restored without an error. Nobody measured its source, so nothing could be compared."


def require_restorable(form: Form, place: str, file: str) -> None:
    """Refuse what its own tool restores better, and say how. Raises RestoreRefused."""
    if form in BY_HAND:
        raise RestoreRefused(BY_HAND[form].format(f"{place}/{file}", Path(place).name, Path(file).name))


def restore_dump(manifest: Manifest, dump: Path, target: Target, stages: Stages) -> Restored:
    """Make the database of the dump. Raises RestoreRefused, ToolFailed, Stopped."""
    with stages.measure("list"):
        backed = _read(dump, int(manifest.extras["major"]))
    with restored_database(backed, dump, target, stages):
        return Restored([], say(target, PARTIAL if target.parts else UNMEASURED))


def _read(dump: Path, major: int) -> Backed:
    """What the dump says of itself."""
    installation = installation_for(major)
    try:
        owners = frozenset(role.name for role in roles_named_in(dump, installation))
        return Backed(major, owners, read_contents(installation, dump).tables)
    except shell.ToolFailed as error:
        raise refuted(findings.ARTEFACT_UNREADABLE, f"pg_restore cannot read the dump: {error.message}") from error
