"""Proves backups of files: extracts them into a private folder, and compares each with what it was.

Contents are compared as they lie on the disk. Owners, modes and links are compared as the tar says them: a drill may
not give files away, and makes no links that somebody could follow.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.backups.engines import findings
from apps.backups.engines.artefact import hash_file
from apps.backups.engines.differences import compare_contents, compare_objects
from apps.backups.engines.findings import Finding
from apps.backups.engines.manifest import Manifest

from .entry import Entry
from .extraction import Extraction
from .fingerprint import Fingerprint, fingerprint_of


class FilesProver:
    """A private folder, and what should be in it."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self._source = Fingerprint.from_json(manifest.fingerprint)
        self._extraction = Extraction(folder)

    def restore(self, dump: Path, *, timeout_seconds: float) -> None:
        self._extraction.run(dump)

    def compare(self) -> list[Finding]:
        entries = (self._as_restored(entry) for entry in self._extraction.entries.values())
        return compare(self._source, fingerprint_of(entries))

    def _as_restored(self, entry: Entry) -> Entry:
        return entry.holding(hash_file(self.folder / entry.path)) if entry.kind == "file" else entry


@contextmanager
def proving_files(manifest: Manifest, folder: Path) -> Iterator[FilesProver]:
    """A place in the drill's own folder."""
    place = folder / "restored"
    place.mkdir(mode=0o700)
    yield FilesProver(place, manifest)


def compare(source: Fingerprint, restored: Fingerprint) -> list[Finding]:
    """Everything in which the restored folder is not what the source was: by file where they are listed."""
    lost = [
        Finding(findings.TABLE_MISSING, f"The folder {name} is missing after the restore.")
        for name in source.folders
        if name not in restored.folders
    ]
    found = [finding for finding in compare_objects(source.objects, restored.objects) if source.objects]
    return lost + (found or list(compare_contents(source.folders, restored.folders, kind="folder", rows="files")))
