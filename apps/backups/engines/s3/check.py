"""Looks at a bucket as a place for backups: what its access key may do there, and what its rules do to objects."""

import hashlib
import secrets
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

from apps.backups.engines import storage_findings as ids
from apps.backups.engines.findings import Finding
from apps.backups.exceptions import StorageFailed
from apps.common.clock import now

from .errors import code_of, translated
from .rules import expiring_rule
from .storage import S3Storage

PROBES = ".seaworthy-check-"
PROBE_LOCKED = timedelta(minutes=1)
CLOCK_TOLERANCE = timedelta(minutes=1)
DENIED = {"AccessDenied", "403", "MethodNotAllowed", "NotImplemented"}


def check_bucket(storage: S3Storage) -> Iterator[Finding]:
    """Everything that is wrong with it now."""
    try:
        with translated(storage.bucket):
            answer = storage.client.head_bucket(Bucket=storage.bucket.name)
    except StorageFailed as failure:
        yield Finding(ids.UNREACHABLE, failure.message)
        return
    yield from _clock(storage, answer)
    yield from _locking(storage)
    yield from _round_trip(storage)
    yield from _rules(storage)


def _clock(storage: S3Storage, answer: dict[str, Any]) -> Iterator[Finding]:
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    difference = abs(now() - parsedate_to_datetime(date)) if date else timedelta(0)
    if difference > CLOCK_TOLERANCE:
        seconds = round(difference.total_seconds())
        yield Finding(
            ids.CLOCK_DIFFERS,
            f"The clocks of this machine and of {storage} differ by {seconds} s. Set this one.",
        )


def _locking(storage: S3Storage) -> Iterator[Finding]:
    if not storage.bucket.locked_days:
        return
    name = {"Bucket": storage.bucket.name}
    try:
        storage.client.get_object_lock_configuration(**name)
        status = storage.client.get_bucket_versioning(**name).get("Status")
    except ClientError as error:
        if code_of(error) in DENIED:
            yield Finding(
                ids.RULES_UNREADABLE, f"The access key may not read whether {storage} locks objects. Allow it to."
            )
        else:
            yield Finding(
                ids.NOT_LOCKING,
                f"{storage} does not lock objects, so nothing can be stored. Make it with object lock.",
            )
        return
    if status != "Enabled":
        yield Finding(ids.NOT_VERSIONED, f"{storage} keeps no versions, so locked objects can be hidden. Turn them on.")


def _round_trip(storage: S3Storage) -> Iterator[Finding]:
    """Write, read, list and remove a small object, as a backup is."""
    _forget_old_probes(storage)
    key = f"{PROBES}{secrets.token_hex(8)}"
    where = {"Bucket": storage.bucket.name, "Key": storage.bucket.prefix + key}
    content = secrets.token_bytes(32)
    try:
        with translated(storage.bucket, key):
            version = storage.client.put_object(**where, **_sealed(content), **_short_lock(storage)).get("VersionId")
    except StorageFailed as failure:
        yield Finding(ids.NOT_WRITABLE, failure.message)
        return
    yield from _reading(storage, key, content)
    yield from _removing(storage, {**where, **({"VersionId": version} if version else {})})


def _reading(storage: S3Storage, key: str, content: bytes) -> Iterator[Finding]:
    try:
        with translated(storage.bucket, key):
            answer = storage.client.get_object(Bucket=storage.bucket.name, Key=storage.bucket.prefix + key)
            if answer["Body"].read() != content:
                yield Finding(ids.NOT_READABLE, f"What is written to {storage} does not come back as it was.")
        if not storage.head(key).checksum:
            message = f"{storage} keeps no SHA-256 of objects. Have the storage read everything back."
            yield Finding(ids.KEEPS_NO_CHECKSUMS, message)
    except StorageFailed as failure:
        yield Finding(ids.NOT_READABLE, failure.message)
    try:
        if key not in [found.key for found in storage.objects(key)]:
            yield Finding(ids.NOT_LISTABLE, f"{storage} does not list what was just written to it.")
    except StorageFailed as failure:
        yield Finding(ids.NOT_LISTABLE, failure.message)


def _removing(storage: S3Storage, version: dict[str, str]) -> Iterator[Finding]:
    """A locked object must stay; any other one must go, or retention could remove nothing."""
    if not storage.bucket.locked_days:
        if not _delete(storage, version):
            message = f"The access key may not delete in {storage}, so retention cannot remove backups. Allow it to."
            yield Finding(ids.NOT_DELETABLE, message)
    elif _delete(storage, version):
        message = f"A locked object in {storage} could be deleted: its backups are not immutable. Look at its locks."
        yield Finding(ids.DELETABLE_THOUGH_LOCKED, message)
    elif storage.bucket.lock_mode == "GOVERNANCE" and _delete(storage, version, BypassGovernanceRetention=True):
        message = f"The access key may bypass the locks of {storage}. Take s3:BypassGovernanceRetention from it."
        yield Finding(ids.LOCK_BYPASSABLE, message)


def _rules(storage: S3Storage) -> Iterator[Finding]:
    try:
        answer = storage.client.get_bucket_lifecycle_configuration(Bucket=storage.bucket.name)
    except ClientError as error:
        if code_of(error) in DENIED:
            message = f"The access key may not read the lifecycle rules of {storage}. Allow it, or look yourself."
            yield Finding(ids.RULES_UNREADABLE, message)
        return  # there are none
    rule = expiring_rule(answer.get("Rules", []), storage.bucket.prefix)
    if rule is not None:
        message = f"The lifecycle rule {rule} of {storage} removes or archives backups by itself. End it."
        yield Finding(ids.EXPIRES_BACKUPS, message)


def _delete(storage: S3Storage, version: dict[str, str], **options: Any) -> bool:
    try:
        storage.client.delete_object(**version, **options)
    except ClientError:
        return False
    return True


def _forget_old_probes(storage: S3Storage) -> None:
    """Those of earlier checks whose locks have ended."""
    with translated(storage.bucket):
        for version in storage.versions(PROBES, is_under=False):
            _delete(storage, {"Bucket": storage.bucket.name, **version})


def _sealed(content: bytes) -> dict[str, Any]:
    checksum = b64encode(hashlib.sha256(content).digest()).decode()
    return {"Body": content, "ChecksumAlgorithm": "SHA256", "ChecksumSHA256": checksum}


def _short_lock(storage: S3Storage) -> dict[str, Any]:
    if not storage.bucket.locked_days:
        return {}
    return {"ObjectLockMode": storage.bucket.lock_mode, "ObjectLockRetainUntilDate": now() + PROBE_LOCKED}
