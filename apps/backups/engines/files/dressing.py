"""Gives extracted files what a tar says of them: owners, modes, extended attributes, times; and makes the links."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from apps.backups.exceptions import RestoreRefused

from .entry import Entry


def dress(folder: Path, entries: Mapping[str, Entry], *, with_owners: bool) -> None:
    """Links are made once nothing can be written through them, and folders get their times last, the deepest first."""
    folders = [entry for entry in entries.values() if entry.kind == "folder"]
    for entry in entries.values():
        if entry.kind != "folder":
            _dress(folder / entry.path, entry, with_owners=with_owners)
    for entry in sorted(folders, key=lambda one: len(Path(one.path).parts), reverse=True):
        _dress(folder / entry.path, entry, with_owners=with_owners)


def _dress(path: Path, entry: Entry, *, with_owners: bool) -> None:
    is_link = entry.kind == "symbolic link"
    if is_link:
        path.unlink(missing_ok=True)
        path.symlink_to(entry.target)
    if with_owners:
        _give(path, entry)
    if not is_link:
        _set_attributes(path, entry.attributes)
        path.chmod(entry.mode & 0o7777)  # after the owner, whose change takes the setuid bit away
    os.utime(path, ns=(entry.modified_nanoseconds, entry.modified_nanoseconds), follow_symlinks=False)


def _give(path: Path, entry: Entry) -> None:
    status = path.lstat()
    if (status.st_uid, status.st_gid) == (entry.user_id, entry.group_id):
        return
    try:
        os.lchown(path, entry.user_id, entry.group_id)
    except PermissionError as error:
        owner = f"{entry.user or entry.user_id}:{entry.group or entry.group_id}"
        message = f"The worker may not give {entry.path} to its owner {owner}: only root may. Restore without owners."
        raise RestoreRefused(message) from error


def _set_attributes(path: Path, attributes: Mapping[str, str]) -> None:
    for name, value in attributes.items():
        with suppress(OSError):  # not every file system has each: what is missing is found by comparing
            os.setxattr(path, name, os.fsencode(value))
