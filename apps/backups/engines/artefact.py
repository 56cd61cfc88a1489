"""A dump's bytes: compressed with a checksum inside, encrypted, and hashed as they are stored, in constant memory."""

import hashlib
import io
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self, cast

import zstandard

from apps.backups.exceptions import ArtefactDiffers, ArtefactTruncated, ArtefactUnreadable, KeyMissing

from . import encryption
from .parts import Part
from .stages import Stages
from .streams import (
    CHUNK_BYTES,
    CountingReader,
    DecompressingWriter,
    HashingReader,
    HashingWriter,
    Readable,
    Writable,
    written_beside,
)

LEVEL = 3
ARTEFACT_NAME = "database.dump.zst"
ENCRYPTED_SUFFIX = ".age"


@dataclass(frozen=True)
class Written:
    """What was stored: size, hash and parts, what it holds once decompressed, who can decrypt it, and its name."""

    size_bytes: int
    sha256: str
    content_bytes: int
    parts: tuple[Part, ...] = ()
    recipients: tuple[str, ...] = ()
    name: str = ARTEFACT_NAME

    def as_json(self) -> dict[str, Any]:
        scheme = "age" if self.recipients else None
        return asdict(self) | {"compression": "zstd", "encryption": scheme}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        known = {name: value for name, value in data.items() if name in cls.__dataclass_fields__}
        known["recipients"] = tuple(known.get("recipients", ()))
        known["parts"] = tuple(Part(**part) for part in known.get("parts", ()))
        return cls(**known)


@dataclass(frozen=True)
class Companion:
    """A small object beside the artefact, encrypted to the same recipients. Hash and size are of what is stored."""

    name: str
    size_bytes: int
    sha256: str


def name_for(recipients: Sequence[str], name: str = ARTEFACT_NAME) -> str:
    """What an object is called when these can decrypt it."""
    return name + (ENCRYPTED_SUFFIX if recipients else "")


def pack(source: Readable, target: Writable, *, recipients: Sequence[str] = ()) -> Written:
    """Compress everything from the source into the target, and encrypt it when there are recipients."""
    content, stored = CountingReader(source), HashingWriter(target)
    compressor = zstandard.ZstdCompressor(level=LEVEL, threads=_cores(), write_checksum=True)
    compressed = compressor.stream_reader(cast("Any", content), read_size=CHUNK_BYTES, closefd=False)
    if recipients:
        encryption.encrypt(compressed, stored, recipients)
    else:
        shutil.copyfileobj(compressed, stored, CHUNK_BYTES)
    return Written(
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
        content_bytes=content.size_bytes,
        recipients=tuple(recipients),
        name=name_for(recipients),
    )


def store_companion(name: str, content: bytes, target: Writable, *, recipients: Sequence[str] = ()) -> Companion:
    """Write a small file as it is, or encrypted when there are recipients."""
    stored = HashingWriter(target)
    if recipients:
        encryption.encrypt(io.BytesIO(content), stored, recipients)
    else:
        stored.write(content)
    return Companion(name_for(recipients, name), stored.size_bytes, stored.sha256)


def read_companion(stored: Path, recipients: Sequence[str], identities: Sequence[str]) -> bytes:
    """What was written beside the artefact. Raises KeyMissing, ArtefactUnreadable."""
    content = io.BytesIO()
    with stored.open("rb") as file:
        if recipients:
            encryption.decrypt(file, content, identities)
        else:
            shutil.copyfileobj(file, content)
    return content.getvalue()


def unpack(
    stored: Path, target: Path, expected: Written, *, identities: Sequence[str] = (), stages: Stages | None = None
) -> None:
    """Hash, decrypt and decompress a stored artefact, in one reading of it.

    Raises ArtefactDiffers when the bytes are not those that were stored, and otherwise KeyMissing or
    ArtefactUnreadable.
    """
    _require_length(stored, expected)
    started = time.monotonic()
    with stored.open("rb") as file, target.open("xb") as content:
        reader, writer = HashingReader(file), DecompressingWriter(content)
        try:
            with written_beside(writer) as compressed:
                if expected.recipients:
                    encryption.decrypt(reader, compressed, identities)
                else:
                    shutil.copyfileobj(reader, compressed, CHUNK_BYTES)
        except (ArtefactUnreadable, KeyMissing):
            _require_same(reader, expected)  # the better reason, where it holds
            raise
        _require_same(reader, expected)
        _require_content(writer, expected)
    if stages is not None:
        seconds = time.monotonic() - started
        if expected.recipients:
            stages.add("decrypt", seconds - writer.seconds)
        stages.add("decompress", writer.seconds if expected.recipients else seconds)


def hash_file(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_length(stored: Path, expected: Written) -> None:
    size_bytes = stored.stat().st_size
    if size_bytes < expected.size_bytes:
        raise ArtefactTruncated(f"The artefact has {size_bytes} bytes; {expected.size_bytes} were stored.")


def _require_same(reader: HashingReader, expected: Written) -> None:
    reader.drain()
    if reader.sha256 != expected.sha256:
        raise ArtefactDiffers("The SHA-256 of the artefact is not that of the bytes that were stored.")


def _require_content(writer: DecompressingWriter, expected: Written) -> None:
    if writer.content_bytes != expected.content_bytes:
        message = f"The artefact holds {writer.content_bytes} bytes of dump; {expected.content_bytes} went in."
        raise ArtefactUnreadable(message)


def _cores() -> int:
    return len(os.sched_getaffinity(0))
