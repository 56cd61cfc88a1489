"""Streams a folder as a tar, in constant memory and in one order, and says what went in.

Each file is read once. One that changes meanwhile is read again and put in again; who extracts keeps the last copy.
"""

import grp
import hashlib
import os
import pwd
import stat
import tarfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from apps.backups.exceptions import SourceUnreachable

from .entry import Entry

CHUNK_BYTES = 1 << 18
ATTEMPTS = 3
OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe that nobody writes to would block for ever

Note = Callable[[Entry], None]
Warn = Callable[[str, str], None]
Put = tuple[Entry | None, bool]  # what was put in, and whether it stayed the same meanwhile

VANISHED, CHANGING, SPECIAL = "vanished", "changing", "special"


class Archive:
    """What is in a folder, as chunks of a tar. Tells `note` of each entry, and `warn` of what is not whole."""

    def __init__(self, root: Path, *, note: Note, warn: Warn) -> None:
        self._root = root
        self._note = note
        self._warn = warn
        self._linked: dict[tuple[int, int], str] = {}

    def chunks(self) -> Iterator[bytes]:
        """The whole tar. Raises SourceUnreachable for what may not be read: a backup without it is none."""
        for path, folders, names, descriptor in os.fwalk(self._root, onerror=self._refuse):
            folders.sort()
            relative = os.path.relpath(path, self._root)
            yield from self._folder(relative, descriptor)
            yield from self._members(relative, sorted([*names, *_links(folders, descriptor)]), descriptor)
        yield bytes(tarfile.RECORDSIZE)

    def _folder(self, path: str, descriptor: int) -> Iterator[bytes]:
        entry = replace(_entry(path, "folder", os.fstat(descriptor)), attributes=_attributes(descriptor))
        yield make_header(entry)
        self._note(entry)

    def _members(self, folder: str, names: list[str], descriptor: int) -> Iterator[bytes]:
        """The folder's files, and again those that changed while they were read."""
        last: dict[str, Entry] = {}
        for _ in range(ATTEMPTS):
            changed = []
            for name in names:
                entry, is_whole = yield from self._member(_join(folder, name), name, descriptor)
                last |= {name: entry} if entry else {}
                changed += [] if is_whole else [name]
            names = changed
        for name in names:
            self._warn(CHANGING, _join(folder, name))
        for entry in last.values():
            self._note(entry)

    def _member(self, path: str, name: str, descriptor: int) -> Generator[bytes, None, Put]:
        """One entry: what was put in, and whether it stayed the same meanwhile."""
        try:
            status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                return (yield from _link(path, status, "symbolic link", os.readlink(name, dir_fd=descriptor)))
            first = self._linked.get((status.st_dev, status.st_ino), path)
            if first != path:
                return (yield from _link(path, status, "hard link", first))
            if stat.S_ISREG(status.st_mode):
                return (yield from self._file(path, name, descriptor))
            self._warn(SPECIAL, path)
        except FileNotFoundError:
            self._warn(VANISHED, path)
        except OSError as error:
            raise SourceUnreachable(f"{self._root / path} cannot be read: {error.strerror}.") from error
        return None, True

    def _file(self, path: str, name: str, descriptor: int) -> Generator[bytes, None, Put]:
        with open(os.open(name, OPEN, dir_fd=descriptor), "rb", buffering=0) as file:
            before = os.fstat(file.fileno())
            if before.st_nlink > 1:
                self._linked[before.st_dev, before.st_ino] = path
            attributes = _attributes(file.fileno())
            entry = replace(_entry(path, "file", before), size_bytes=before.st_size, attributes=attributes)
            yield make_header(entry)
            digest, left = hashlib.sha256(), before.st_size
            while left:
                # A file that became shorter is filled up, since its size is written already.
                chunk = file.read(min(CHUNK_BYTES, left)) or bytes(min(CHUNK_BYTES, left))
                digest.update(chunk)
                left -= len(chunk)
                yield chunk
            yield bytes(-before.st_size % tarfile.BLOCKSIZE)
            return entry.holding(digest.hexdigest()), _version(before) == _version(os.fstat(file.fileno()))

    def _refuse(self, error: OSError) -> None:
        if isinstance(error, FileNotFoundError) and error.filename != str(self._root):
            self._warn(VANISHED, str(error.filename))
            return
        raise SourceUnreachable(f"{error.filename} cannot be read: {error.strerror}.") from error


def make_header(entry: Entry) -> bytes:
    """The blocks that come before what an entry holds."""
    return entry.as_member().tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _link(path: str, status: os.stat_result, kind: str, target: str) -> Generator[bytes, None, Put]:
    entry = replace(_entry(path, kind, status), target=target)
    yield make_header(entry)
    return entry, True


def _entry(path: str, kind: str, status: os.stat_result) -> Entry:
    return Entry(
        path=path,
        kind=kind,
        mode=status.st_mode,
        user_id=status.st_uid,
        group_id=status.st_gid,
        user=_user(status.st_uid),
        group=_group(status.st_gid),
        modified_nanoseconds=status.st_mtime_ns,
    )


def _version(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _attributes(descriptor: int) -> dict[str, str]:
    """Extended attributes, where the file system has them."""
    try:
        names = os.listxattr(descriptor)
        return {name: os.fsdecode(os.getxattr(descriptor, name)) for name in names}
    except OSError:
        return {}


def _links(folders: list[str], descriptor: int) -> list[str]:
    """The symbolic links among what looks like folders: they are kept, and never followed."""
    return [name for name in folders if _is_link(name, descriptor)]


def _is_link(name: str, descriptor: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def _join(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"


@cache
def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return ""


@cache
def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return ""
