"""A prefix of a bucket as a source."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from apps.backups.engines.contract import Store, Taken
from apps.backups.engines.stages import Stages

from .archive import Note, Warn
from .bucket_address import BucketAddress
from .reading import read_archive

if TYPE_CHECKING:
    from .bucket_archive import BucketArchive


@dataclass(frozen=True)
class BucketSource:
    """Every object below one prefix."""

    address: BucketAddress
    engine = "files"

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Raises AddressInvalid."""
        return cls(BucketAddress.from_url(url))

    @property
    def name(self) -> str:
        return self.address.name

    def read(self, store: Store, stages: Stages) -> Taken:
        return read_archive(self._chunks, store, stages)

    def look(self) -> None:
        """List below the prefix, and begin to read the first object. Raises SourceUnreachable."""
        self._open(ignore, ignore).look()

    def _chunks(self, note: Note, warn: Warn) -> Iterator[bytes]:
        return self._open(note, warn).chunks()

    def _open(self, note: Note, warn: Warn) -> "BucketArchive":
        # Its library takes half a second to load, which commands that need no bucket are spared.
        from .bucket_archive import BucketArchive, refusing

        with refusing():
            return BucketArchive(self.address, note=note, warn=warn)


def ignore(*_: object) -> None:
    """For whoever only looks."""
