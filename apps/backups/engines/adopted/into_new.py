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
from apps.common import shell
from apps.common.postgresql.binaries import installation_for

from .converted import CONVERTED
from .form import Form
from .made_up_roles import roles_named_in

DESTINATION = replace(COMPARED, is_compared=False)
UNMEASURED = "It was restored without an error. Nobody measured its source, so nothing could be compared."


def restore_dump(manifest: Manifest, dump: Path, target: Target, stages: Stages) -> Restored:
    """Make the database of the archive. Raises RestoreRefused, ToolFailed, Stopped."""
    words = (PARTIAL if target.parts else UNMEASURED) + CONVERTED.get(Form(manifest.extras.get("form", "custom")), "")
    with stages.measure("list"):
        backed = _read(dump, int(manifest.extras["major"]))
    with restored_database(backed, dump, target, stages):
        return Restored([], say(target, words))


def _read(dump: Path, major: int) -> Backed:
    """What the dump says of itself."""
    installation = installation_for(major)
    try:
        owners = frozenset(role.name for role in roles_named_in(dump, installation))
        return Backed(major, owners, read_contents(installation, dump).tables)
    except shell.ToolFailed as error:
        raise refuted(findings.ARTEFACT_UNREADABLE, f"pg_restore cannot read the dump: {error.message}") from error
