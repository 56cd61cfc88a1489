"""The pgbackrest program: pure builders of its arguments, and the calls."""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from apps.backups.engines.stages import TIMEOUT_SECONDS
from apps.backups.exceptions import ToolAbsent, ToolRefused
from apps.common import shell

from .listing import BackupSet, Repository, read_info
from .stanza import Stanza

PROGRAM = "pgbackrest"
ASK_SECONDS = 120
FORMAT_ERROR, CHECKSUM_ERROR, FILE_MISSING = 29, 26, 55
SAID = re.compile(r"^(?:P\d+\s+)?(?:ERROR|WARN): ", re.MULTILINE)


def make_arguments(stanza: Stanza, command: str, *options: str) -> list[str]:
    """One call: only its warnings and errors are said, and they come on standard error."""
    common = [f"--stanza={stanza.name}", f"--config={stanza.config}"]
    return [PROGRAM, *common, "--log-level-console=off", "--log-level-stderr=warn", command, *options]


def make_restore_options(label: str | None, folder: Path, target: Sequence[str]) -> list[str]:
    """Into an empty folder, tablespaces too, whatever the configuration says of the source's own."""
    return [
        f"--pg1-path={folder / 'data'}",
        "--reset-pg1-host",
        f"--tablespace-map-all={folder / 'tablespaces'}",
        f"--spool-path={folder / 'spool'}",  # a restore empties it, and the configured one may be the source's
        f"--lock-path={folder / 'locks'}",
        "--log-level-file=off",
        "--archive-mode=off",
        "--process-max=2",
        "--job-retry=0",
        *([f"--set={label}"] if label else []),
        *target,
        "--target-action=promote",
    ]


def lsn_target(lsn: str) -> list[str]:
    """Everything before the position in the write-ahead log, and nothing of what begins there."""
    return ["--type=lsn", f"--target={lsn}", "--target-exclusive"]


def time_target(at: datetime) -> list[str]:
    """Everything that was committed by then."""
    return ["--type=time", f"--target={at.isoformat(sep=' ')}"]


def make_restore_command(stanza: Stanza, data_folder: Path) -> str:
    """How the recovering server reads the archive. It never writes there."""
    options = [f"--pg1-path={data_folder}", "--reset-pg1-host", "--no-archive-async", "--log-level-file=off"]
    arguments = make_arguments(stanza, "archive-get", *options)
    return " ".join([*arguments, "%f", '"%p"'])


def list_backups(stanza: Stanza) -> Repository:
    """What the repositories hold. Raises ToolRefused."""
    return read_info(call(stanza, "info", "--output=json").stdout)


def back_up(stanza: Stanza, kind: str) -> BackupSet:
    """Take a backup, wait until its log is archived, and return it. Raises ToolRefused."""
    known = {one.label for one in list_backups(stanza).backups}
    call(stanza, "backup", f"--type={kind}", timeout_seconds=TIMEOUT_SECONDS)
    new = [one for one in list_backups(stanza).backups if one.label not in known]
    if not new:
        raise ToolRefused("pgbackrest ended well, and its list names no new backup.")
    return new[0]


def push_log(stanza: Stanza) -> None:
    """Let the server end its current file of write-ahead log, and wait until it is archived. Raises ToolRefused."""
    call(stanza, "check")


def read_set_manifest(stanza: Stanza, label: str) -> bytes:
    """pgBackRest's own manifest of a backup, as it is stored: it holds the checksum of every file."""
    return call(stanza, "repo-get", "--raw", f"backup/{stanza.name}/{label}/backup.manifest").stdout


def invalid_sets(stanza: Stanza) -> set[str]:
    """The backups in which `pgbackrest verify` finds damage. It ends with exit code 0 whatever it finds."""
    said = call(stanza, "verify", "--output=text", "--verbose", timeout_seconds=TIMEOUT_SECONDS).text
    return set(re.findall(r"backup: (\S+), status: invalid", said))


def call(stanza: Stanza, command: str, *options: str, timeout_seconds: float = ASK_SECONDS) -> shell.Result:
    """Run it. Raises ToolRefused with its own words, without its log's decoration."""
    arguments = make_arguments(stanza, command, *options)
    try:
        return shell.run(shell.Command(arguments, user=stanza.user, timeout_seconds=timeout_seconds))
    except shell.ToolMissing as error:
        raise ToolAbsent("pgbackrest is not installed here. Install the package pgbackrest.") from error
    except shell.ToolFailed as error:
        raise ToolRefused(SAID.sub("", error.message), exit_code=error.exit_code) from error
