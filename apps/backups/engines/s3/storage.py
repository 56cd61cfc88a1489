"""Backups in a bucket."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import IO, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from apps.backups.engines.storage import Head, Listed
from apps.backups.exceptions import ObjectExists, ObjectLocked, StorageFailed
from apps.common.clock import now

from .bucket import Bucket, connect
from .errors import code_of, refusal, translated
from .upload import Upload

CHUNK_BYTES = 1 << 20
FETCH_ATTEMPTS = 5
FETCH_PAUSE_SECONDS = 0.2
UNVERSIONED = {"NotImplemented", "MethodNotAllowed", "AccessDenied"}


class S3Storage:
    """A bucket of S3, or of a server that speaks its protocol."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket

    def __str__(self) -> str:
        return str(self.bucket)

    @cached_property
    def client(self) -> Any:
        """Made on first use. It may be used by several threads."""
        return connect(self.bucket)

    @contextmanager
    def write(self, key: str, *, once: bool = False) -> Iterator[IO[bytes]]:
        """Send parts while the block writes. A kill at any point leaves no object, only parts for the sweep."""
        upload = Upload(self.client, self.bucket, key, once=once, options=self._lock())
        try:
            yield cast("IO[bytes]", upload)
            checksum = upload.publish()
        except ObjectExists:
            upload.abort()
            self._require(key, upload.size_bytes, upload.checksum, exists=True)
        except BaseException:
            upload.abort()
            raise
        else:
            self._require(key, upload.size_bytes, checksum)

    def fetch(self, key: str, folder: Path) -> Path:
        """Copy the object into the folder. A connection that breaks is taken up where it broke."""
        path = folder / Path(key).name
        try:
            with path.open("wb") as file:
                self._fetch_into(file, key)
        except OSError as error:
            raise StorageFailed(f"{key} could not be fetched to this machine: {error.strerror}.") from error
        return path

    def head(self, key: str) -> Head:
        """What the bucket says of the object, without reading it."""
        with translated(self.bucket, key):
            answer = self.client.head_object(**self._where(key), ChecksumMode="ENABLED")
        checksum, _, _ = answer.get("ChecksumSHA256", "").partition("-")  # some add the number of parts, some do not
        return Head(answer["ContentLength"], checksum)

    def objects(self, prefix: str = "") -> Iterator[Listed]:
        """Every whole object under the prefix."""
        with translated(self.bucket, prefix):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket.name, Prefix=self.bucket.prefix + prefix
            )
            for page in pages:
                for item in page.get("Contents", []):
                    yield Listed(self._key(item["Key"]), item["Size"], item["LastModified"])

    def delete(self, prefix: str) -> None:
        """Remove every version of everything under the prefix, manifests first, and what was sent of it in parts."""
        with translated(self.bucket, prefix):
            found = sorted(self.versions(prefix), key=lambda one: not one["Key"].endswith("manifest.json"))
            for one in found:
                self._delete_version(one)
            for upload in self._uploads(prefix):
                self._abort(upload)

    def sweep_unfinished(self, before: datetime) -> list[str]:
        """Abort the uploads that were begun before the instant, and return their keys."""
        with translated(self.bucket):
            stale = [upload for upload in self._uploads("") if upload["Initiated"] < before]
            for upload in stale:
                self._abort(upload)
        return [self._key(upload["Key"]) for upload in stale]

    def _lock(self) -> dict[str, Any]:
        if not self.bucket.locked_days:
            return {}
        until = now() + timedelta(days=self.bucket.locked_days)
        return {"ObjectLockMode": self.bucket.lock_mode, "ObjectLockRetainUntilDate": until}

    def _require(self, key: str, size_bytes: int, checksum: str, *, exists: bool = False) -> None:
        """Read back what the bucket has: it must be what was sent. Some storages keep no checksum."""
        found = self.head(key)
        if found.size_bytes == size_bytes and found.checksum in {checksum, *([] if exists else [""])}:
            return
        if exists:
            raise refusal(self.bucket, key, "PreconditionFailed", "")
        raise StorageFailed(
            f"{key} is not in {self.bucket} as it was sent: {found.size_bytes} bytes instead of {size_bytes}, "
            f"checksum {found.checksum or 'none'} instead of {checksum}."
        )

    def _fetch_into(self, file: IO[bytes], key: str) -> None:
        etag, attempts = "", 0
        while True:
            before = file.tell()
            try:
                with translated(self.bucket, key):
                    answer = self.client.get_object(**self._where(key), **_rest(before, etag))
                    etag = answer["ETag"]
                    for chunk in answer["Body"].iter_chunks(CHUNK_BYTES):
                        file.write(chunk)
                    return
            except StorageFailed as failure:
                if not isinstance(failure.__cause__, BotoCoreError):
                    raise
                attempts = 1 if file.tell() > before else attempts + 1
                if attempts >= FETCH_ATTEMPTS:
                    raise
                time.sleep(FETCH_PAUSE_SECONDS * attempts)

    def versions(self, prefix: str, *, is_under: bool = True) -> Iterator[dict[str, str]]:
        """Key and version of all that is under the prefix, also of what a newer version or a marker hides.

        Not `is_under` means all whose key begins so.
        """
        where = {"Bucket": self.bucket.name, "Prefix": self.bucket.prefix + prefix}
        try:
            for page in self.client.get_paginator("list_object_versions").paginate(**where):
                for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                    if not is_under or self._is_under(item["Key"], prefix):
                        yield {"Key": item["Key"], "VersionId": item["VersionId"]}
        except ClientError as error:  # a server without versions, or a key that may not list them
            if code_of(error) not in UNVERSIONED:
                raise
            for found in self.objects(prefix):
                full = self.bucket.prefix + found.key
                if not is_under or self._is_under(full, prefix):
                    yield {"Key": full}

    def _delete_version(self, version: dict[str, str]) -> None:
        try:
            self.client.delete_object(Bucket=self.bucket.name, **version)
        except ClientError as error:
            key = self._key(version["Key"])
            if code_of(error) == "AccessDenied" and (until := self._locked_until(version)):
                message = f"{key} is locked in {self.bucket} until {until:%Y-%m-%d %H:%M} UTC, and stays until then."
                raise ObjectLocked(message) from error
            raise

    def _locked_until(self, version: dict[str, str]) -> datetime | None:
        try:
            answer = self.client.head_object(Bucket=self.bucket.name, **version)
        except (ClientError, BotoCoreError):
            return None
        until: datetime | None = answer.get("ObjectLockRetainUntilDate")
        return until if until and until > now() else None

    def _uploads(self, prefix: str) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("list_multipart_uploads").paginate(
            Bucket=self.bucket.name, Prefix=self.bucket.prefix + prefix
        )
        found = (upload for page in pages for upload in page.get("Uploads", []))
        return [upload for upload in found if self._is_under(upload["Key"], prefix)]

    def _abort(self, upload: dict[str, Any]) -> None:
        try:
            self.client.abort_multipart_upload(Bucket=self.bucket.name, Key=upload["Key"], UploadId=upload["UploadId"])
        except ClientError as error:
            if code_of(error) != "NoSuchUpload":  # it ended by itself meanwhile
                raise

    def _where(self, key: str) -> dict[str, str]:
        return {"Bucket": self.bucket.name, "Key": self.bucket.prefix + key}

    def _key(self, full: str) -> str:
        return full.removeprefix(self.bucket.prefix)

    def _is_under(self, full: str, prefix: str) -> bool:
        """`shop/1` holds `shop/1/manifest.json`, and not `shop/10/manifest.json`."""
        key = self._key(full)
        return not prefix or key == prefix or key.startswith(prefix.rstrip("/") + "/")


def _rest(offset: int, etag: str) -> dict[str, str]:
    """From the offset to the end, of the very object whose beginning was read."""
    return {"Range": f"bytes={offset}-", "IfMatch": etag} if offset else {}
