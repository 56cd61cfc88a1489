"""Proves backups of files: extracts them into a private folder, and compares each with what it was.

Contents are compared as they lie on the disk. Owners, modes and links are compared as the tar says them: a drill may
not give files away, and makes no links that somebody could follow.
"""

import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from apps.backups.engines import findings
from apps.backups.engines.artefact import hash_file
from apps.backups.engines.differences import compare_contents, compare_objects
from apps.backups.engines.findings import Finding
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.report import refuted

from .entry import Entry
from .fingerprint import Fingerprint, fingerprint_of

CHUNK_BYTES = 1 << 20


class FilesProver:
    """A private folder, and what should be in it."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self._source = Fingerprint.from_json(manifest.fingerprint)
        self._entries: dict[str, Entry] = {}

    def restore(self, dump: Path, *, timeout_seconds: float) -> None:
        try:
            with tarfile.open(dump, "r:", encoding="utf-8", errors="surrogateescape") as tar:
                while (member := tar.next()) is not None:
                    self._extract(tar, member)
                    vars(tar)["members"].clear()  # it would keep every member that it has seen
        except (tarfile.TarError, EOFError) as error:
            raise refuted(findings.RESTORE_FAILED, f"The artefact is no whole tar: {error}.") from error

    def compare(self) -> list[Finding]:
        entries = (self._as_restored(entry) for entry in self._entries.values())
        return compare(self._source, fingerprint_of(entries))

    def _extract(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        entry = Entry.from_member(member)
        require_harmless(entry)
        self._entries[entry.path] = entry
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

    def _as_restored(self, entry: Entry) -> Entry:
        return entry.holding(hash_file(self.folder / entry.path)) if entry.kind == "file" else entry


@contextmanager
def proving_files(manifest: Manifest, folder: Path) -> Iterator[FilesProver]:
    """A place in the drill's own folder."""
    place = folder / "restored"
    place.mkdir(mode=0o700)
    yield FilesProver(place, manifest)


def require_harmless(entry: Entry) -> None:
    """Refuse what would be written outside the folder, or is nothing that a backup puts into a tar."""
    path = PurePosixPath(entry.path)
    if path.is_absolute() or ".." in path.parts:
        raise refuted(findings.PATH_ESCAPES, f"The artefact holds {entry.path!r}, which leads out of the folder.")
    if entry.kind == "special file":
        raise refuted(findings.PATH_ESCAPES, f"The artefact holds {entry.path!r}, a device or a pipe.")


def compare(source: Fingerprint, restored: Fingerprint) -> list[Finding]:
    """Everything in which the restored folder is not what the source was: by file where they are listed."""
    lost = [
        Finding(findings.TABLE_MISSING, f"The folder {name} is missing after the restore.")
        for name in source.folders
        if name not in restored.folders
    ]
    found = [finding for finding in compare_objects(source.objects, restored.objects) if source.objects]
    return lost + (found or list(compare_contents(source.folders, restored.folders, kind="folder", rows="files")))
