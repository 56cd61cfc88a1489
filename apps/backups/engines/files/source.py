"""A folder of files as a source."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from apps.backups.engines.contract import Store, Taken
from apps.backups.engines.source_paths import allowed_path
from apps.backups.engines.stages import Stages
from apps.backups.exceptions import SourceUnreachable

from .archive import Archive, Note, Warn
from .bucket_address import SCHEME as BUCKET
from .bucket_source import BucketSource
from .reading import read_archive


@dataclass(frozen=True)
class FilesSource:
    """One folder with everything below it."""

    root: Path
    engine = "files"

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Raises AddressInvalid."""
        return cls(allowed_path(url, "file"))

    @property
    def name(self) -> str:
        return self.root.name

    def read(self, store: Store, stages: Stages) -> Taken:
        if not self.root.is_dir():
            raise SourceUnreachable(f"{self.root} is no folder, or is not there.")
        return read_archive(self._chunks, store, stages)

    def _chunks(self, note: Note, warn: Warn) -> Iterator[bytes]:
        return Archive(self.root, note=note, warn=warn).chunks()


def files_source(url: str) -> FilesSource | BucketSource:
    """A folder or a prefix of a bucket, as the URL says. Raises AddressInvalid."""
    is_bucket = url.startswith(f"{BUCKET}://")
    return BucketSource.from_url(url) if is_bucket else FilesSource.from_url(url)
