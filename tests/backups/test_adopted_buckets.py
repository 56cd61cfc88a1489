"""Dumps that others put into a bucket."""

import gzip
from collections import Counter
from pathlib import Path

import pytest
import zstandard

from apps.backups.engines import findings
from apps.backups.engines.adopted.dumps import find_dumps
from apps.backups.engines.adopted.engine import Adopted
from apps.backups.engines.adopted.location import Location
from apps.backups.engines.contract import BackupJob, DrillJob
from apps.backups.engines.findings import Verdict
from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.report import DrillReport
from apps.backups.engines.s3.storage import S3Storage
from apps.backups.engines.storage import LocalStorage
from apps.backups.exceptions import AddressInvalid, AdoptionFailed, SourceUnreachable
from apps.common.clock import now
from tests.backups.test_adopted import dump, ids, reference_of
from tests.backups.test_bucket_source import put, url_of

__all__ = ["dump"]
ENGINE = Adopted()


def location_of(s3: S3Storage, more: str = "") -> str:
    return f"{url_of(s3, 'dumps')}&settled_seconds=0{more}"


def take(s3: S3Storage, storage: LocalStorage, prefix: str) -> str:
    return str(ENGINE.take(BackupJob(location_of(s3), storage, prefix)).extras["origin"])


def drill(s3: S3Storage, storage: LocalStorage, prefix: str, more: str = "") -> DrillReport:
    return ENGINE.drill(DrillJob(storage, prefix, now=now(), connection_url=location_of(s3, more)))


def test_a_dump_in_a_bucket_is_recorded_and_drilled(
    s3: S3Storage, dump: Path, storage: LocalStorage, shop: Address
) -> None:
    put(s3, "dumps/heroku/shop.dump.gz", gzip.compress(dump.read_bytes()))
    origin = take(s3, storage, "bucket-dump/1")
    assert origin.startswith("heroku/shop.dump.gz of ")
    assert ENGINE.list_origins(location_of(s3)) == {origin}
    reference = reference_of(shop).replace("?", "&")

    report = drill(s3, storage, "bucket-dump/1", reference)

    assert (report.verdict, report.findings, report.rows > 2000) == (Verdict.PROVEN, [], True)
    put(s3, "dumps/heroku/shop.dump.gz", gzip.compress(dump.read_bytes()) + b"another")
    assert ids(drill(s3, storage, "bucket-dump/1")) == [findings.ARTEFACT_CHECKSUM_DIFFERS]
    s3.client.delete_object(Bucket=s3.bucket.name, Key="dumps/heroku/shop.dump.gz")
    assert ids(drill(s3, storage, "bucket-dump/1")) == [findings.ARTEFACT_MISSING]
    s3.client.delete_bucket(Bucket=s3.bucket.name)
    report = drill(s3, storage, "bucket-dump/1")
    assert (report.verdict, ids(report)) == (Verdict.COULD_NOT_VERIFY, [findings.STORAGE_UNREADABLE])


def test_objects_are_known_by_their_first_bytes(s3: S3Storage, dump: Path) -> None:
    put(s3, "dumps/plain", dump.read_bytes())
    put(s3, "dumps/compressed", zstandard.compress(dump.read_bytes()))
    put(s3, "dumps/", b"")
    put(s3, "dumps/notes.txt", b"nothing")
    put(s3, "dumps/shop/toc.dat", b"PGDMP")
    put(s3, "dumps/cut.gz", gzip.compress(b"x")[:9])
    put(s3, "dumps/shop.dump.part", dump.read_bytes())
    passed_over: Counter[str] = Counter()

    found = find_dumps(Location.from_url(location_of(s3)), now=now(), passed_over=passed_over)

    assert sorted(one.name for one in found) == ["compressed", "plain"]
    assert passed_over == {
        "Empty.": 1,
        "Not a dump of PostgreSQL.": 1,
        "A dump in the directory format, which is adopted from a folder only.": 1,
        "Cannot be read or decompressed.": 1,
        "Still being written.": 1,
    }


def test_a_bucket_without_a_dump_or_that_is_away_is_named(s3: S3Storage, storage: LocalStorage) -> None:
    with pytest.raises(AdoptionFailed, match=rf"no finished backup of PostgreSQL in s3://{s3.bucket.name}/dumps"):
        take(s3, storage, "bucket-dump/none")
    s3.client.delete_bucket(Bucket=s3.bucket.name)
    with pytest.raises(SourceUnreachable, match="There is no such bucket"):
        take(s3, storage, "bucket-dump/away")


def test_a_location_in_a_bucket_is_checked() -> None:
    with pytest.raises(AddressInvalid, match="There are: database, endpoint, reference, region"):
        ENGINE.check_url("s3://dumps/shop?colour=red")
    with pytest.raises(AddressInvalid, match="parameter region"):
        ENGINE.check_url("file:///srv/dumps?region=eu")
