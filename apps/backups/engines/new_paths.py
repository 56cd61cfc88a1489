"""Where on the worker a restore may write, and how something new appears there: whole, at once, never over an old one.

Until it is whole it lies beside, under a name that bears the mark of its restore; nothing else is ever removed.
"""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from apps.backups.exceptions import RestoreFailed, RestoreRefused

LONGEST_NAME_BYTES = 255
SPARED_BYTES = 64 << 20  # what a restore leaves free for everybody else on the disk


def allowed_new_path(text: str) -> Path:
    """The absolute path of something new below RESTORE_DIRECTORIES, links in its folder followed.

    Raises RestoreRefused.
    """
    if not settings.RESTORE_DIRECTORIES:
        raise RestoreRefused("The worker may write no files: RESTORE_DIRECTORIES is not set.")
    path = Path(text)
    if not path.is_absolute() or "\0" in text or path.name in {"", ".."}:
        raise RestoreRefused(f"Write an absolute path, such as {suggested_path('again')}")
    if not text.isprintable() or len(os.fsencode(path.name)) > LONGEST_NAME_BYTES:
        raise RestoreRefused(f"A name is at most {LONGEST_NAME_BYTES} bytes long, and holds no control characters.")
    path = path.parent.resolve() / path.name
    if not any(path.parent.is_relative_to(Path(folder).resolve()) for folder in settings.RESTORE_DIRECTORIES):
        raise RestoreRefused(f"{path} lies outside the folders that RESTORE_DIRECTORIES allows.")
    return path


def suggested_path(name: str) -> str:
    """A path that would be allowed; empty where none is."""
    return f"{settings.RESTORE_DIRECTORIES[0].rstrip('/')}/{name}" if settings.RESTORE_DIRECTORIES else ""


def unfinished_path(path: Path, mark: str) -> Path:
    """Where it lies until it is whole."""
    return path.with_name("." + re.sub(r"\W+", "-", mark))


@contextmanager
def appearing(text: str, mark: str, *, needed_bytes: int) -> Iterator[Path]:
    """Yield a path to make something at, which appears under the wanted one when the block ends well.

    Otherwise nothing is left of it. Raises RestoreRefused, RestoreFailed.
    """
    path = allowed_new_path(text)
    _require_free(path, needed_bytes)
    unfinished = unfinished_path(path, mark)
    try:
        yield unfinished
        _publish(unfinished, path)
    except OSError as error:
        raise RestoreFailed(_words(path, error)) from error
    finally:
        remove(unfinished)


def discard_unfinished(text: str, mark: str) -> bool:
    """Remove what a restore that did not end left behind. False: there was nothing of it."""
    unfinished = unfinished_path(allowed_new_path(text), mark)
    return remove(unfinished)


def remove(path: Path) -> bool:
    """Remove a file or a whole folder. False: it was not there."""
    if not os.path.lexists(path):
        return False
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink()
    return True


def _require_free(path: Path, needed_bytes: int) -> None:
    if os.path.lexists(path):
        raise RestoreRefused(f"There is something at {path} already. Choose another path.")
    if not path.parent.is_dir():
        raise RestoreRefused(f"The folder {path.parent} is not there. Make it first, or choose another.")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise RestoreRefused(
            f"The worker may not write to {path.parent}. Let its user do so, or choose another folder."
        )
    free = shutil.disk_usage(path.parent).free
    if free < needed_bytes + SPARED_BYTES:
        needed = (needed_bytes + SPARED_BYTES) >> 20
        raise RestoreRefused(f"It needs {needed} MiB in {path.parent}, and {free >> 20} MiB are free.")


def _publish(unfinished: Path, path: Path) -> None:
    if unfinished.is_dir():
        unfinished.rename(path)  # refused by the system where something is, but for an empty folder
        return
    os.link(unfinished, path)  # a rename would replace a file that has come meanwhile
    unfinished.unlink()


def _words(path: Path, error: OSError) -> str:
    if error.errno in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
        return f"Something has come to {path} meanwhile, and was left alone. Choose another path."
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"The disk of {path.parent} is full. Free space there, or choose another folder."
    return f"{path} could not be written: {error.strerror or error}."
