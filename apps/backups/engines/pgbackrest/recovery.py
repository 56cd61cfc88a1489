"""Restores a backup of pgBackRest into a throwaway server, and replays its log."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from apps.backups.engines import findings
from apps.backups.engines.postgresql.recovery import Recovered, disarm, make_server, replay
from apps.backups.engines.report import Stopped, left_open, refuted
from apps.backups.engines.stages import Stages
from apps.backups.exceptions import ToolRefused
from apps.common.postgresql import placement
from apps.common.postgresql.throwaway import end_server, remove_orphans, throwaway_folder

from . import tool
from .stanza import Stanza


@dataclass(frozen=True)
class Target:
    """How far the write-ahead log is replayed: the options of the restore, and the settings of the server."""

    options: Sequence[str]
    settings: Mapping[str, str]


@contextmanager
def recovering(
    stanza: Stanza, *, label: str, major: int, superuser: str, target: Target, stages: Stages, timeout_seconds: float
) -> Iterator[Recovered]:
    """Restore the backup into a private folder and replay the log up to the target. Raises Stopped."""
    remove_orphans()
    with throwaway_folder() as folder:
        folder.chmod(0o711 if stanza.user else 0o700)
        for name in ("data", "tablespaces", "spool", "locks"):
            placement.private_folder(folder / name, stanza.user)
        command = {"restore_command": tool.make_restore_command(stanza, folder / "data")}
        server = make_server(
            folder,
            major=major,
            superuser=superuser,
            user=stanza.user,
            settings=command | dict(target.settings),
            start_seconds=max(1, int(timeout_seconds)),
        )
        with stages.measure("restore"):
            _restore(stanza, label, folder, target, timeout_seconds)
        disarm(server)
        try:
            with stages.measure("replay"):
                replay(server, before_blaming=lambda: tool.list_backups(stanza))
            yield Recovered(server)
        finally:
            end_server(server)


def _restore(stanza: Stanza, label: str, folder: Path, target: Target, timeout_seconds: float) -> None:
    options = tool.make_restore_options(label, folder, target.options)
    try:
        tool.call(stanza, "restore", *options, timeout_seconds=timeout_seconds)
    except ToolRefused as error:
        raise _explain_refusal(error) from error


def _explain_refusal(error: ToolRefused) -> Stopped:
    if error.exit_code in {tool.FORMAT_ERROR, tool.CHECKSUM_ERROR}:
        message = f"A file in the repository is not what was stored: {error.message}"
        return refuted(findings.ARTEFACT_CHECKSUM_DIFFERS, message)
    if error.exit_code == tool.FILE_MISSING:
        return refuted(findings.ARTEFACT_MISSING, f"A file of the backup is gone from the repository: {error.message}")
    return left_open(findings.RESTORE_FAILED, f"pgBackRest did not restore it: {error.message}")
