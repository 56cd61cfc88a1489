"""Backups in a bucket, on a server that speaks S3."""

import hashlib
import os
from datetime import timedelta
from pathlib import Path

import pytest

from apps.backups.engines.backup import take_backup
from apps.backups.engines.drill import run_drill
from apps.backups.engines.findings import Verdict
from apps.backups.engines.parts import LARGEST_NUMBER, SMALLEST_BYTES, planned_bytes
from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.postgresql.source import PostgreSQLSource
from apps.backups.engines.s3.storage import S3Storage
from apps.backups.exceptions import ObjectExists, ObjectMissing
from apps.common.clock import now
from tests.backups.buckets import Buckets


def keys(s3: S3Storage, prefix: str = "") -> list[str]:
    return [found.key for found in s3.objects(prefix)]


def put(s3: S3Storage, key: str, content: bytes, *, once: bool = False) -> None:
    with s3.write(key, once=once) as file:
        file.write(content)


def test_a_small_object_goes_in_one_piece_and_comes_back(s3: S3Storage, tmp_path: Path) -> None:
    with s3.write("shop/1/dump") as file:
        file.write(b"content")
        assert keys(s3) == []

    assert keys(s3) == ["shop/1/dump"]
    assert s3.fetch("shop/1/dump", tmp_path).read_bytes() == b"content"
    assert s3.head("shop/1/dump").size_bytes == 7


def test_a_large_object_goes_in_parts_whose_checksums_the_bucket_confirms(s3: S3Storage, tmp_path: Path) -> None:
    content = os.urandom(SMALLEST_BYTES + 5) * 2
    with s3.write("shop/1/dump") as file:
        for start in range(0, len(content), 1_000_000):
            file.write(content[start : start + 1_000_000])
        assert keys(s3) == []

    assert [part.size_bytes for part in file.parts] == [SMALLEST_BYTES, SMALLEST_BYTES, 10]
    assert file.parts[2].sha256 == hashlib.sha256(content[-10:]).hexdigest()
    assert s3.head("shop/1/dump").checksum == file.checksum
    assert s3.fetch("shop/1/dump", tmp_path).read_bytes() == content


def test_an_empty_object_is_one_too(s3: S3Storage, tmp_path: Path) -> None:
    put(s3, "shop/1/empty", b"")
    assert s3.fetch("shop/1/empty", tmp_path).read_bytes() == b""


def test_a_block_that_fails_leaves_neither_object_nor_parts(s3: S3Storage) -> None:
    def break_off() -> None:
        with s3.write("shop/1/dump") as file:
            file.write(os.urandom(SMALLEST_BYTES * 2 + 1))
            raise RuntimeError("dump")

    with pytest.raises(RuntimeError, match="dump"):
        break_off()

    assert keys(s3) == []
    assert s3.sweep_unfinished(now() + timedelta(days=1)) == []


def test_what_is_missing_is_named(s3: S3Storage, tmp_path: Path) -> None:
    with pytest.raises(ObjectMissing, match=f"shop/1/dump is not in the bucket {s3.bucket.name} of the storage cloud"):
        s3.fetch("shop/1/dump", tmp_path)
    with pytest.raises(ObjectMissing):
        s3.head("shop/1/dump")


def test_a_manifest_is_never_written_over(s3: S3Storage, tmp_path: Path) -> None:
    put(s3, "shop/1/manifest.json", b"{}", once=True)
    put(s3, "shop/1/manifest.json", b"{}", once=True)  # the same again is the same manifest

    with pytest.raises(ObjectExists, match="with other bytes"):
        put(s3, "shop/1/manifest.json", b"[]", once=True)

    assert s3.fetch("shop/1/manifest.json", tmp_path).read_bytes() == b"{}"


def test_deleting_takes_every_version_and_no_neighbour(buckets: Buckets) -> None:
    s3 = buckets.make(locked_days=0)
    s3.client.put_bucket_versioning(Bucket=s3.bucket.name, VersioningConfiguration={"Status": "Enabled"})
    for key in ("shop/1/dump", "shop/1/dump", "shop/1/manifest.json", "shop/10/dump"):
        put(s3, key, b"content")

    s3.delete("shop/1")
    s3.delete("shop/1")

    versions = s3.client.list_object_versions(Bucket=s3.bucket.name)
    assert [version["Key"] for version in versions["Versions"]] == ["seaworthy/shop/10/dump"]
    assert "DeleteMarkers" not in versions


def test_parts_are_few_enough_for_any_size() -> None:
    sizes = [planned_bytes(number) for number in range(1, LARGEST_NUMBER + 1)]

    assert sum(sizes) > 5 << 40
    assert max(sizes) <= 5 << 30
    assert sizes == sorted(sizes)
    assert set(sizes[:5000]) == {SMALLEST_BYTES}


def test_a_backup_in_a_bucket_is_proven(s3: S3Storage, shop: Address) -> None:
    manifest = take_backup(source=PostgreSQLSource(shop), storage=s3, prefix="shop/1")

    assert {"shop/1/database.dump.zst", "shop/1/manifest.json"} <= set(keys(s3))
    assert sum(part.size_bytes for part in manifest.artefact.parts) == manifest.artefact.size_bytes
    report = run_drill(storage=s3, prefix="shop/1", now=now(), manifest_sha256=manifest.sha256)
    assert (report.verdict, report.findings) == (Verdict.PROVEN, [])
