"""A dump's bytes: compressed with a checksum inside, hashed as they are stored, in constant memory."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import zstandard

from apps.backups.exceptions import ArtefactUnreadable

from .parts import Part

LEVEL = 3
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Written:
    """What was stored: its size and hash, how much it holds once decompressed, and the parts it was uploaded in."""

    size_bytes: int
    sha256: str
    content_bytes: int
    parts: tuple[Part, ...] = ()


class HashingWriter:
    """A file that counts and hashes what passes."""

    def __init__(self, file: IO[bytes]) -> None:
        self.size_bytes = 0
        self._file = file
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        self.size_bytes += len(data)
        return self._file.write(data)


def compress(source: IO[bytes], target: IO[bytes]) -> Written:
    """Compress everything from the source into the target."""
    hashing = HashingWriter(target)
    compressor = zstandard.ZstdCompressor(level=LEVEL, threads=_cores(), write_checksum=True)
    content_bytes = 0
    with compressor.stream_writer(cast("IO[bytes]", hashing), closefd=False) as writer:
        while chunk := source.read(CHUNK_BYTES):
            content_bytes += len(chunk)
            writer.write(chunk)
    return Written(hashing.size_bytes, hashing.sha256, content_bytes)


def decompress(source: Path, target: Path) -> int:
    """Decompress a file, and return the size of the result. Raises ArtefactUnreadable."""
    decompressor = zstandard.ZstdDecompressor()
    try:
        with source.open("rb") as compressed, target.open("xb") as file:
            _, written = decompressor.copy_stream(compressed, file, read_size=CHUNK_BYTES, write_size=CHUNK_BYTES)
    except zstandard.ZstdError as error:
        raise ArtefactUnreadable(f"The artefact cannot be decompressed: {error}") from error
    return int(written)


def hash_file(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _cores() -> int:
    return len(os.sched_getaffinity(0))
