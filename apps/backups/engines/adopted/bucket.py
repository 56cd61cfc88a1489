"""The dumps below a prefix of a bucket: known by their first bytes, and fetched whole to be restored."""

import io
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath

from apps.backups.engines.files.bucket_address import BucketAddress
from apps.backups.engines.files.bucket_archive import open_bucket, refusing
from apps.backups.engines.s3.errors import translated
from apps.backups.engines.s3.storage import S3Storage
from apps.backups.engines.storage import Listed
from apps.backups.exceptions import DumpUnreadable

from .dumps import BROKEN, GZIP, START_BYTES, ZSTD, decompressed, make_dump, require_settled
from .header import CONTENTS_FILE, Header, read_any_header
from .location import Location
from .stored import Dump

COMPRESSED_START_BYTES = 160 << 10  # zstd gives nothing before a block is whole


def find_objects(address: BucketAddress, location: Location, now: datetime) -> Iterator[Callable[[], Dump]]:
    """How to look at each object. Raises SourceUnreachable."""
    with refusing():
        storage = S3Storage(open_bucket(address))
        for found in storage.objects():
            yield partial(_examine, storage, location, found, now)


def fetch_object(address: BucketAddress, name: str, folder: Path) -> Path:
    """Its bytes, in the folder. Raises ObjectMissing, StorageFailed."""
    return S3Storage(open_bucket(address)).fetch(name, folder)


def _examine(storage: S3Storage, location: Location, found: Listed, now: datetime) -> Dump:
    path = PurePosixPath(found.key)
    require_settled(location, path, found.stored_at, now)
    if not found.size_bytes:
        raise DumpUnreadable("Empty.")
    if path.name == CONTENTS_FILE:
        raise DumpUnreadable("A dump in the directory format, which is adopted from a folder only.")
    header = _read_header(storage, found.key)
    return make_dump(location, Path(path), found.key, header, found.stored_at, found.size_bytes)


def _read_header(storage: S3Storage, key: str) -> Header:
    start = _read_start(storage, key, START_BYTES)
    if start.startswith((GZIP, ZSTD)):
        start = _read_start(storage, key, COMPRESSED_START_BYTES)
    try:
        return read_any_header(decompressed(io.BytesIO(start)).read(START_BYTES))
    except BROKEN as error:
        raise DumpUnreadable("Cannot be read or decompressed.") from error


def _read_start(storage: S3Storage, key: str, size_bytes: int) -> bytes:
    bucket = storage.bucket
    where = {"Bucket": bucket.name, "Key": bucket.prefix + key, "Range": f"bytes=0-{size_bytes - 1}"}
    with refusing(), translated(bucket, key):
        start: bytes = storage.client.get_object(**where)["Body"].read()
    return start
