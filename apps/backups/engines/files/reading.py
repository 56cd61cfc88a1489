"""Reads files as one stream, and says what was in it and what could not be taken as it was."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from platform import python_version
from typing import IO, cast

from apps.backups.engines import findings
from apps.backups.engines.contract import Store, Taken
from apps.backups.engines.findings import Finding
from apps.backups.engines.manifest import Summary
from apps.backups.engines.stages import Stages
from apps.common.clock import now

from .archive import CHANGING, CHUNK_BYTES, SPECIAL, VANISHED, Note, Warn
from .entry import printable
from .fingerprint import Collector

NAMES_SHOWN = 5
SENTENCES = {
    VANISHED: (findings.FILES_VANISHED, "was there when its folder was listed, and gone when it was read"),
    CHANGING: (findings.CONTENT_UNSETTLED, "changed each time it was read, so its copy is of no single moment"),
    SPECIAL: (findings.FILES_LEFT_OUT, "is a socket, a pipe or a device, and was left out"),
}


def read_archive(make_chunks: Callable[[Note, Warn], Iterator[bytes]], store: Store, stages: Stages) -> Taken:
    """Hand the chunks to `store`, and sum up what they were said to hold."""
    collector, troubles, taken_at = Collector(), Troubles(), now()
    with stages.measure("dump"):
        store(cast("IO[bytes]", ChunkReader(make_chunks(collector.note, troubles.note))))
    fingerprint = collector.fingerprint()
    summary = Summary(len(fingerprint.folders), fingerprint.files, fingerprint.size_bytes, "")
    return Taken(taken_at, python_version(), summary, fingerprint.as_json(), warnings=troubles.findings())


@dataclass
class Troubles:
    """What could not be taken as it was: how often each kind, and the first names of it."""

    counts: dict[str, int] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)

    def note(self, kind: str, path: str) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        names = self.names.setdefault(kind, [])
        if len(names) < NAMES_SHOWN:
            names.append(printable(path))

    def findings(self) -> list[Finding]:
        return [
            Finding(SENTENCES[kind][0], f"{self._named(kind, count)}: each {SENTENCES[kind][1]}.")
            for kind, count in self.counts.items()
        ]

    def _named(self, kind: str, count: int) -> str:
        shown = ", ".join(self.names[kind])
        return f"{shown} and {count - NAMES_SHOWN} more" if count > NAMES_SHOWN else shown


class ChunkReader:
    """Chunks as a file to read from, small ones put together."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._buffer = bytearray()

    def read(self, size: int = CHUNK_BYTES) -> bytes:
        while len(self._buffer) < size and (chunk := next(self._chunks, None)) is not None:
            self._buffer += chunk
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data
