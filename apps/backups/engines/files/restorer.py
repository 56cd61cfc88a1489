"""Restores files into a new folder, for people, and reads each of them again to compare it."""

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from apps.backups.engines.destinations import NewPath
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.new_paths import appearing, discard_unfinished
from apps.backups.engines.restoring import Restored, Target
from apps.backups.engines.stages import Stages
from apps.backups.exceptions import RestoreRefused

from .archive import Archive
from .dressing import dress
from .entry import Entry, printable
from .extraction import Extraction
from .fingerprint import Collector, Fingerprint
from .prover import compare

EQUAL = "Each file was read again, and compared with what was backed up."
PARTIAL = "It holds the chosen files and folders only. What is partial is not compared."
OWNERLESS = " Everything belongs to the worker's user."


class FilesRestorer:
    """Into a new folder of the worker."""

    destination = NewPath(
        noun="folder",
        parts_help="One file or folder a line, as it is called below the folder that was backed up. Empty: everything.",
        leaves_owners=True,
    )

    def restore(self, manifest: Manifest, dump: Path, target: Target, stages: Stages) -> Restored:
        size_bytes = dump.stat().st_size
        with appearing(target.name, target.mark, needed_bytes=size_bytes) as unfinished:
            with stages.measure("restore"):
                unfinished.mkdir(mode=0o700)
                chosen = Chosen(target.parts)
                extraction = Extraction(unfinished, wanted=chosen)
                extraction.run(dump, tell=lambda position: target.progress(position, size_bytes))
                chosen.require_found(extraction.entries)
                dress(unfinished, extraction.entries, with_owners=target.with_owners)
            owners = "" if target.with_owners else OWNERLESS
            if target.parts:
                return Restored([], PARTIAL + owners)
            with stages.measure("compare"):
                restored = read_again(unfinished, extraction.entries, with_owners=target.with_owners)
            return Restored(compare(Fingerprint.from_json(manifest.fingerprint), restored), EQUAL + owners)

    def discard(self, target: Target) -> bool:
        return discard_unfinished(target.name, target.mark)


class Chosen:
    """Whether an entry is one of the chosen, lies below one, or is a folder above one. Without any, all are."""

    def __init__(self, parts: Collection[str]) -> None:
        self._parts = {part.strip().removeprefix("./").strip("/") for part in parts} - {""}

    def __call__(self, entry: Entry) -> bool:
        if not self._parts or entry.path == ".":
            return True
        path = printable(entry.path)
        return self._holds(path) or any(part.startswith(f"{path}/") for part in self._parts)

    def require_found(self, entries: Mapping[str, Entry]) -> None:
        """Raises RestoreRefused."""
        missing = self._parts - {printable(path) for path in entries}
        if missing:
            raise RestoreRefused(f"The backup has no file or folder {', '.join(sorted(missing))}.")

    def _holds(self, path: str) -> bool:
        return any(path == part or path.startswith(f"{part}/") for part in self._parts)


def read_again(folder: Path, entries: Mapping[str, Entry], *, with_owners: bool) -> Fingerprint:
    """What lies on the disk now, as a backup of it would describe it."""
    collector = Collector()

    def note(entry: Entry) -> None:
        collector.note(entry if with_owners else _owned_as(entry, entries.get(entry.path, entry)))

    deque(Archive(folder, note=note, warn=lambda kind, path: None).chunks(), maxlen=0)
    return collector.fingerprint()


def _owned_as(entry: Entry, other: Entry) -> Entry:
    return replace(entry, user_id=other.user_id, group_id=other.group_id, user=other.user, group=other.group)
