"""Streams what is below a prefix of a bucket as a tar, in constant memory and in the order of its keys.

There is no snapshot of a bucket. An object is read as the very version that its first answer named; one that is
replaced meanwhile is read again and put in again, and who extracts keeps the last copy.
"""

import hashlib
import stat
import tarfile
from collections import deque
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError

from apps.backups.engines.s3.bucket import Bucket, connect
from apps.backups.engines.s3.errors import translated
from apps.backups.exceptions import ObjectExists, ObjectMissing, SourceUnreachable, StorageFailed
from apps.common.dialling.addresses import allowed_networks

from .archive import ATTEMPTS, CHANGING, CHUNK_BYTES, VANISHED, Note, Warn, make_header
from .bucket_address import BucketAddress
from .entry import NANOSECONDS, Entry

Answer = dict[str, Any]
Asked = tuple[str, str, Future[Answer] | None]

RECONNECTIONS = 5
ASKED_AHEAD = 6  # small objects cost a way there and back each
LONGEST_NAME_BYTES = 255
FOLDER_MODE, FILE_MODE = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o644
OWNER = "root"  # objects belong to no user of a machine
ATTRIBUTE = "user.s3."
KEPT = {  # what a bucket knows of an object beside its bytes
    "ContentType": "content-type",
    "ContentEncoding": "content-encoding",
    "ContentDisposition": "content-disposition",
    "ContentLanguage": "content-language",
    "CacheControl": "cache-control",
    "ETag": "etag",
}


class BucketArchive:
    """What is below a prefix, as chunks of a tar. Tells `note` of each entry, and `warn` of what is not whole."""

    def __init__(self, address: BucketAddress, *, note: Note, warn: Warn) -> None:
        self._bucket = open_bucket(address)
        self._client = connect(self._bucket)
        self._note = note
        self._warn = warn

    def chunks(self) -> Iterator[bytes]:
        """The whole tar. Raises SourceUnreachable for what may not be read: a backup without it is none."""
        with refusing():
            within: list[str] = []
            for key, path, asked in self._asked_ahead():
                above, within = within, folders_of(path, is_folder=asked is None)
                for folder in within:
                    if folder not in above:
                        yield from self._folder(folder)
                if asked is not None:
                    yield from self._object(key, path, asked)
        yield bytes(tarfile.RECORDSIZE)

    def _asked_ahead(self) -> Iterator[Asked]:
        """Each key with its path and the answer to come; none for a folder. The next few are asked for meanwhile."""
        waiting: deque[Asked] = deque()
        with ThreadPoolExecutor(ASKED_AHEAD) as pool:
            for key, path in paths_of(list_keys(self._client, self._bucket), self._bucket.prefix):
                waiting.append((key, path, None if key.endswith("/") else pool.submit(self._get, key)))
                if len(waiting) > ASKED_AHEAD:
                    yield waiting.popleft()
            yield from waiting

    def look(self) -> None:
        """List the first object, and begin to read it. Raises SourceUnreachable."""
        with refusing():
            first = next(list_keys(self._client, self._bucket))
            self._get(first)["Body"].close()

    def _folder(self, path: str) -> Iterator[bytes]:
        entry = Entry(path, "folder", FOLDER_MODE, 0, 0, OWNER, OWNER, 0)
        yield make_header(entry)
        self._note(entry)

    def _object(self, key: str, path: str, asked: Future[Answer]) -> Iterator[bytes]:
        entry, is_whole = None, False
        for attempt in range(ATTEMPTS):
            try:
                answer = self._get(key) if attempt else asked.result()
            except ObjectMissing:
                self._warn(VANISHED, path)
                break
            entry, is_whole = yield from self._copy(key, _entry(path, answer), answer)
            if is_whole:
                break
        else:
            self._warn(CHANGING, path)
        if entry is not None:
            self._note(entry)

    def _copy(self, key: str, entry: Entry, answer: Answer) -> Generator[bytes, None, tuple[Entry, bool]]:
        """One object: what was put in, and whether all of it is of one version."""
        yield make_header(entry)
        digest, left, is_whole = hashlib.sha256(), entry.size_bytes, True
        try:
            for chunk in self._read(key, answer):
                digest.update(chunk)
                left -= len(chunk)
                yield chunk
        except (ObjectExists, ObjectMissing):
            is_whole = False
        while left:  # its size is written already, so it is filled up
            filling = bytes(min(CHUNK_BYTES, left))
            digest.update(filling)
            left -= len(filling)
            yield filling
        yield bytes(-entry.size_bytes % tarfile.BLOCKSIZE)
        return entry.holding(digest.hexdigest()), is_whole

    def _read(self, key: str, answer: Answer) -> Iterator[bytes]:
        """Its bytes. A connection that breaks is taken up where it broke, of the very same version."""
        etag, offset, failures = answer["ETag"], 0, 0
        while True:
            try:
                with translated(self._bucket, key):
                    for chunk in answer["Body"].iter_chunks(CHUNK_BYTES):
                        offset, failures = offset + len(chunk), 0
                        yield chunk
                return
            except StorageFailed as failure:
                failures += 1
                if not isinstance(failure.__cause__, BotoCoreError) or failures > RECONNECTIONS:
                    raise
            answer = self._get(key, Range=f"bytes={offset}-", IfMatch=etag)

    def _get(self, key: str, **options: str) -> Answer:
        with translated(self._bucket, key):
            answer: Answer = self._client.get_object(Bucket=self._bucket.name, Key=key, **options)
        return answer


def open_bucket(address: BucketAddress) -> Bucket:
    """The bucket of the address. An endpoint of one's own is dialled only where that is allowed."""
    return Bucket(
        name=address.bucket,
        prefix=address.prefix,
        endpoint_url=address.endpoint_url,
        region=address.region,
        access_key_id=address.access_key_id,
        secret_access_key=address.secret_access_key,
        allowed=allowed_networks(),
    )


def list_keys(client: Any, bucket: Bucket) -> Iterator[str]:
    """Every key below the prefix, in the bucket's order. Raises SourceUnreachable when there is none."""
    where = {"Bucket": bucket.name, "Prefix": bucket.prefix}
    with translated(bucket):
        pages = client.get_paginator("list_objects_v2").paginate(**where)
        keys = (item["Key"] for page in pages for item in page.get("Contents", []))
        first = next(keys, None)
        if first is None:
            raise SourceUnreachable(f"There is nothing below {bucket.prefix or 'the root'} in {bucket}.")
        yield first
        yield from keys


@contextmanager
def refusing() -> Iterator[None]:
    """It is the source that cannot be read, and no storage."""
    try:
        yield
    except StorageFailed as failure:
        raise SourceUnreachable(failure.message) from failure


def paths_of(keys: Iterator[str], prefix: str) -> Iterator[tuple[str, str]]:
    """Each key with the path of its file, in the order of a bucket. Raises SourceUnreachable where there is none."""
    beginnings: list[str] = []  # keys that the last one begins with: any key below a file follows among these
    last = ""
    for key in keys:
        if key < last:
            raise SourceUnreachable(f"The bucket lists {key!r} after {last!r}: S3 lists keys in their order.")
        last = key
        path = key.removeprefix(prefix).rstrip("/") if key.endswith("/") else key.removeprefix(prefix)
        while beginnings and not key.startswith(beginnings[-1]):
            beginnings.pop()
        above = [one for one in beginnings if not one.endswith("/") and key.startswith(f"{one}/")]
        if above or not _is_path(path, key):
            reason = f"{above[0]} is an object too" if above else "it is no path of a file"
            raise SourceUnreachable(f"The object {key!r} cannot be put into an archive: {reason}. Name it otherwise.")
        beginnings.append(key)
        yield key, path or "."


def folders_of(path: str, *, is_folder: bool) -> list[str]:
    """The folders that a path lies in, the outermost first, and itself when it is one."""
    parts = [] if path == "." else path.split("/")
    inner = len(parts) if is_folder else len(parts) - 1
    return [".", *("/".join(parts[: depth + 1]) for depth in range(inner))]


def _is_path(path: str, key: str) -> bool:
    if not path:
        return key.endswith("/")
    parts = path.split("/")
    return all(part not in {"", ".", ".."} and len(part.encode()) <= LONGEST_NAME_BYTES for part in parts)


def _entry(path: str, answer: Mapping[str, Any]) -> Entry:
    named = {name: answer[header] for header, name in KEPT.items() if answer.get(header)}
    own = {f"meta.{name}": value for name, value in answer.get("Metadata", {}).items()}
    return Entry(
        path=path,
        kind="file",
        mode=FILE_MODE,
        user_id=0,
        group_id=0,
        user=OWNER,
        group=OWNER,
        modified_nanoseconds=int(answer["LastModified"].timestamp()) * NANOSECONDS,
        size_bytes=answer["ContentLength"],
        attributes={ATTRIBUTE + name: str(value) for name, value in (named | own).items()},
    )
