"""What a folder held: totals and one sum per folder, and each entry by name where they are not too many."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from apps.backups.engines.differences import Content, Objects, Parts

from .entry import Entry, printable

LISTED_ENTRIES = 20_000  # more would make a manifest that nobody wants to read


@dataclass
class Tally:
    """Entries of one folder, whatever their order."""

    files: int = 0
    size_bytes: int = 0
    total: int = 0

    def add(self, entry: Entry) -> None:
        self.files += entry.kind != "folder"
        self.size_bytes += entry.size_bytes
        self.total += entry.digest


@dataclass(frozen=True)
class Fingerprint:
    """A folder of files. `objects` is empty where there are too many to name them."""

    files: int
    size_bytes: int
    folders: dict[str, Content]
    objects: Objects

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(**data | {"folders": {name: Content(**one) for name, one in data["folders"].items()}})


@dataclass
class Collector:
    """Adds entries up, folder by folder, in memory that grows with folders and not with files."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    listed: dict[str, tuple[str, Parts]] | None = field(default_factory=dict)

    def note(self, entry: Entry) -> None:
        """Take an entry in."""
        self.tallies.setdefault(printable(entry.folder), Tally()).add(entry)
        if self.listed is not None:
            self.listed[printable(entry.path)] = entry.kind, entry.parts
            if len(self.listed) > LISTED_ENTRIES:
                self.listed = None

    def fingerprint(self) -> Fingerprint:
        objects: Objects = {}
        for path, (kind, parts) in sorted((self.listed or {}).items()):
            objects.setdefault(kind, {})[path] = parts
        return Fingerprint(
            files=sum(tally.files for tally in self.tallies.values()),
            size_bytes=sum(tally.size_bytes for tally in self.tallies.values()),
            folders={name: Content(tally.files, str(tally.total)) for name, tally in sorted(self.tallies.items())},
            objects=objects,
        )


def fingerprint_of(entries: Iterable[Entry]) -> Fingerprint:
    """The fingerprint of entries that are known already."""
    collector = Collector()
    for entry in entries:
        collector.note(entry)
    return collector.fingerprint()
