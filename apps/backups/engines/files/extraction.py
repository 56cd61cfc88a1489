"""Extracts a tar into a private folder: files, folders and further names. Nothing is ever followed out of it."""

import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from apps.backups.engines import findings
from apps.backups.engines.report import refuted

from .entry import Entry

CHUNK_BYTES = 1 << 20

Wanted = Callable[[Entry], bool]
Tell = Callable[[int], None]


class Extraction:
    """What came out of a tar, by path. Symbolic links are among it, and are not made."""

    def __init__(self, folder: Path, *, wanted: Wanted = lambda entry: True) -> None:
        self.folder = folder
        self.entries: dict[str, Entry] = {}
        self._wanted = wanted

    def run(self, dump: Path, *, tell: Tell = lambda position: None) -> None:
        """Extract it, telling how much of the tar is done. Raises Stopped."""
        try:
            with tarfile.open(dump, "r:", encoding="utf-8", errors="surrogateescape") as tar:
                while (member := tar.next()) is not None:
                    self._extract(tar, member)
                    tell(tar.offset)
                    vars(tar)["members"].clear()  # it would keep every member that it has seen
        except (tarfile.TarError, EOFError) as error:
            raise refuted(findings.RESTORE_FAILED, f"The artefact is no whole tar: {error}.") from error

    def _extract(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        entry = Entry.from_member(member)
        require_harmless(entry)
        if not self._wanted(entry):
            return
        self.entries[entry.path] = entry
        path = self.folder / entry.path
        if entry.kind == "folder":
            path.mkdir(parents=True, exist_ok=True)
        elif entry.kind == "hard link":
            self._link(path, entry)
        elif entry.kind == "file" and (content := tar.extractfile(member)) is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:  # the same file once more, when it changed while it was read
                shutil.copyfileobj(content, file, CHUNK_BYTES)

    def _link(self, path: Path, entry: Entry) -> None:
        require_harmless(Entry.from_member(tarfile.TarInfo(entry.target)))
        target = self.folder / entry.target
        if not target.is_file():
            message = f"{entry.path} is a further name of {entry.target}, which is not in the artefact before it."
            raise refuted(findings.RESTORE_FAILED, message)
        if not path.exists():
            os.link(target, path)


def require_harmless(entry: Entry) -> None:
    """Refuse what would be written outside the folder, or is nothing that a backup puts into a tar."""
    path = PurePosixPath(entry.path)
    if path.is_absolute() or ".." in path.parts:
        raise refuted(findings.PATH_ESCAPES, f"The artefact holds {entry.path!r}, which leads out of the folder.")
    if entry.kind == "special file":
        raise refuted(findings.PATH_ESCAPES, f"The artefact holds {entry.path!r}, a device or a pipe.")
