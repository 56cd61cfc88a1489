"""Storages that refuse, break off or fill up: each ends in a sentence, and nothing half-written looks whole."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from apps.backups import services
from apps.backups.engines.parts import SMALLEST_BYTES
from apps.backups.engines.s3 import storage as s3_storage
from apps.backups.engines.s3.storage import S3Storage
from apps.backups.engines.storage import LocalStorage
from apps.backups.exceptions import StorageFailed
from apps.backups.models import Backup, Database
from apps.backups.services.plans import plan_of
from apps.common.clock import now
from apps.common.runs import RunStatus
from tests.backups.buckets import Buckets
from tests.backups.relays import Relay, after, relay_to

SECRET = "wJalrXUtnFEMI-secret"


@pytest.fixture
def relay(buckets: Buckets) -> Iterator[Relay]:
    with relay_to(buckets.endpoint_url) as running:
        yield running


def put(storage: S3Storage | LocalStorage, size_bytes: int) -> None:
    with storage.write("shop/1/dump") as file:
        for _ in range(0, size_bytes, 1 << 20):
            file.write(os.urandom(1 << 20))


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (400, "ExpiredToken", "have expired (ExpiredToken). Give the storage new ones."),
        (403, "AccessDenied", "refuses this to its access key (AccessDenied)."),
        (403, "InvalidAccessKeyId", "does not know the access key, or its secret is another one"),
        (403, "RequestTimeTooSkewed", "The clock of this machine differs too much from that of the bucket"),
        (403, "QuotaExceeded", "is full or over its quota (QuotaExceeded)."),
        (404, "NoSuchBucket", "There is no such bucket: the bucket"),
    ],
)
def test_a_refusal_in_the_middle_of_an_upload_is_a_sentence_and_leaves_nothing(
    buckets: Buckets, relay: Relay, status: int, code: str, sentence: str
) -> None:
    s3 = buckets.make(endpoint_url=relay.endpoint_url)
    relay.refuses = after(1, "PUT", status, code)  # the first part is taken

    with pytest.raises(StorageFailed) as caught:
        put(s3, SMALLEST_BYTES * 3)

    assert sentence in caught.value.message
    assert s3.bucket.name in caught.value.message
    assert SECRET not in caught.value.message
    relay.refuses = lambda method, path: None
    assert list(s3.objects()) == []
    assert s3.sweep_unfinished(now() + timedelta(days=1)) == []  # the upload was aborted


def test_a_backup_whose_credentials_expire_fails_and_the_next_one_works(
    database: Database, s3: S3Storage, buckets: Buckets, relay: Relay
) -> None:
    s3 = buckets.make(endpoint_url=relay.endpoint_url)
    plan_of(database).storages.set([buckets.row(s3)])
    relay.refuses = after(0, "PUT", 400, "ExpiredToken")
    run = services.queue_backup(database=database)
    services.carry_out_backup(run=run)
    assert run.status == RunStatus.FAILED
    assert "have expired" in run.error
    assert not Backup.objects.exists()

    relay.refuses = lambda method, path: None
    run = services.queue_backup(database=database)
    services.carry_out_backup(run=run)
    assert run.status == RunStatus.SUCCEEDED, run.error


def test_a_connection_that_breaks_is_taken_up_where_it_broke(buckets: Buckets, relay: Relay, tmp_path: Path) -> None:
    s3 = buckets.make(endpoint_url=relay.endpoint_url)
    content = os.urandom(3 << 20)
    with s3.write("shop/1/dump") as file:
        file.write(content)
    relay.cuts_after_bytes = [1 << 20, 1 << 20]

    assert s3.fetch("shop/1/dump", tmp_path).read_bytes() == content

    assert [method for method, _ in relay.asked[-3:]] == ["GET", "GET", "GET"]


def test_a_connection_that_always_breaks_is_given_up(
    buckets: Buckets, relay: Relay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_storage, "FETCH_PAUSE_SECONDS", 0)
    s3 = buckets.make(endpoint_url=relay.endpoint_url)
    with s3.write("shop/1/dump") as file:
        file.write(os.urandom(3 << 20))
    relay.cuts_after_bytes = [0] * 20

    with pytest.raises(StorageFailed, match=r"broke .* It is tried again later"):
        s3.fetch("shop/1/dump", tmp_path)


@pytest.mark.parametrize(
    ("endpoint_url", "sentence"),
    [
        ("http://127.0.0.1:8", "Port 8 is not one of a web server"),
        ("http://127.0.0.1:61999", "cannot be reached. Look at the endpoint, its name and the network."),
    ],
)
def test_an_endpoint_that_does_not_answer_is_a_sentence(s3: S3Storage, endpoint_url: str, sentence: str) -> None:
    away = S3Storage(replace(s3.bucket, endpoint_url=endpoint_url))
    with pytest.raises(StorageFailed) as caught:
        away.head("shop/1/dump")
    assert sentence in caught.value.message


def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write fails instead
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, hard))
    try:
        with pytest.raises(StorageFailed, match="could not be written: "):
            put(storage, 5 << 20)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    put(storage, 1 << 20)


def test_a_device_without_room_names_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "shop" / "1").mkdir(parents=True)
    storage = LocalStorage(tmp_path)

    def fill() -> None:
        with storage.write("shop/1/dump"), Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"content")

    with pytest.raises(StorageFailed, match="the disk is full, or over its quota"):
        fill()


UPLOADER = """
import ipaddress, os, sys, time
from apps.backups.engines.s3.storage import S3Storage
from apps.backups.engines.s3.bucket import Bucket
name, endpoint = sys.argv[1:]
bucket = Bucket(name=name, prefix="seaworthy/", endpoint_url=endpoint, region="us-east-1", access_key_id="a" * 20,
                secret_access_key="b" * 20, allowed=[ipaddress.ip_network("127.0.0.0/8")])
with S3Storage(bucket).write("shop/1/dump") as file:
    for _ in range(3):
        file.write(os.urandom(8 << 20))
    print("parts are sent", flush=True)
    time.sleep(600)
"""


def test_a_killed_upload_is_listed_nowhere_and_swept(s3: S3Storage) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-c", UPLOADER, s3.bucket.name, s3.bucket.endpoint_url], stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "parts are sent\n"
    worker.kill()
    worker.communicate()

    assert list(s3.objects()) == []
    assert s3.sweep_unfinished(now() + timedelta(minutes=1)) == ["shop/1/dump"]
    assert s3.sweep_unfinished(now() + timedelta(minutes=1)) == []
