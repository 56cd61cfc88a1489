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
from apps.common.postgresql.server import Server
from apps.common.postgresql.throwaway import end_server, remove_orphans, throwaway_folder

from . import tool
from .stanza import Stanza


@dataclass(frozen=True)
class Target:
    """How far the write-ahead log is replayed: the options of the restore, and the settings of the server."""

    options: Sequence[str]
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Recovery:
    """Which backup is restored, for which server, and how far its log is replayed."""

    stanza: Stanza
    label: str
    major: int
    superuser: str
    target: Target
    timeout_seconds: float


@contextmanager
def recovering(recovery: Recovery, stages: Stages) -> Iterator[Recovered]:
    """Restore into a private folder, gone afterwards, and replay the log up to the target. Raises Stopped."""
    remove_orphans()
    with throwaway_folder() as folder, recovering_in(folder, recovery, stages) as recovered:
        yield recovered


@contextmanager
def recovering_in(folder: Path, recovery: Recovery, stages: Stages) -> Iterator[Recovered]:
    """The same in a folder that stays. The server does not run any more when the block ends."""
    folder.chmod(0o711 if recovery.stanza.user else 0o700)
    server = _server(recovery, folder)
    with stages.measure("restore"):
        _restore(recovery, folder)
    disarm(server)
    try:
        with stages.measure("replay"):
            replay(server, before_blaming=lambda: tool.list_backups(recovery.stanza))
        yield Recovered(server)
    finally:
        end_server(server)


def _server(recovery: Recovery, folder: Path) -> Server:
    stanza = recovery.stanza
    for name in ("data", "tablespaces", "spool", "locks"):
        placement.private_folder(folder / name, stanza.user)
    command = {"restore_command": tool.make_restore_command(stanza, folder / "data")}
    return make_server(
        folder,
        major=recovery.major,
        superuser=recovery.superuser,
        user=stanza.user,
        settings=command | dict(recovery.target.settings),
        start_seconds=max(1, int(recovery.timeout_seconds)),
    )


def _restore(recovery: Recovery, folder: Path) -> None:
    options = tool.make_restore_options(recovery.label, folder, recovery.target.options)
    try:
        tool.call(recovery.stanza, "restore", *options, timeout_seconds=recovery.timeout_seconds)
    except ToolRefused as error:
        raise _explain_refusal(error) from error


def _explain_refusal(error: ToolRefused) -> Stopped:
    if error.exit_code in {tool.FORMAT_ERROR, tool.CHECKSUM_ERROR}:
        message = f"A file in the repository is not what was stored: {error.message}"
        return refuted(findings.ARTEFACT_CHECKSUM_DIFFERS, message)
    if error.exit_code == tool.FILE_MISSING:
        return refuted(findings.ARTEFACT_MISSING, f"A file of the backup is gone from the repository: {error.message}")
    return left_open(findings.RESTORE_FAILED, f"pgBackRest did not restore it: {error.message}")
