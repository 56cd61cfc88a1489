"""A prefix of a bucket as a source: whatever it holds comes back, and what cannot be whole is said."""

import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest
from pytest_django import Settings

from apps.backups import services
from apps.backups.engines import findings
from apps.backups.engines.backup import take_backup
from apps.backups.engines.files.bucket_address import BucketAddress
from apps.backups.engines.files.bucket_archive import folders_of, paths_of
from apps.backups.engines.files.bucket_source import BucketSource
from apps.backups.engines.files.probe import probe_files
from apps.backups.engines.files.restorer import FilesRestorer
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.restoring import Target
from apps.backups.engines.s3.storage import S3Storage
from apps.backups.engines.stages import Stages
from apps.backups.engines.storage import LocalStorage
from apps.backups.exceptions import AddressInvalid, SourceUnreachable
from apps.backups.models import Database, DrillVerdict, Engine
from apps.catalog.models import Environment
from tests.backups.buckets import Buckets
from tests.backups.relays import Relay, relay_to
from tests.backups.sources import doctored, found_in, unpacked
from tests.backups.test_files import without

OBJECTS = {
    "media/": b"",
    "media/a.jpg": b"a" * 700_001,
    "media/a.jpg.txt": b"beside it",
    "media/2026/ü 🚢.jpg": b"b" * 513,
    "media/empty/": b"",
    "media/nothing": b"",
    "media-of-others/secret": b"not ours",
}

LISTING = 1 << 20  # the listing comes first, and is not cut


def url_of(s3: S3Storage, prefix: str = "media", *, endpoint_url: str = "", secret: str = "") -> str:
    bucket = s3.bucket
    key = f"{bucket.access_key_id}:{quote(secret or bucket.secret_access_key, safe='')}"
    return f"s3://{key}@{bucket.name}/{prefix}?endpoint={quote(endpoint_url or bucket.endpoint_url, safe='')}"


def put(s3: S3Storage, key: str, content: bytes, **options: object) -> None:
    s3.client.put_object(Bucket=s3.bucket.name, Key=key, Body=content, **options)


@pytest.fixture
def filled(s3: S3Storage) -> S3Storage:
    for key, content in OBJECTS.items():
        put(s3, key, content)
    put(s3, "media/logo.svg", b"<svg/>", ContentType="image/svg+xml", Metadata={"owner": "design"})
    return s3


def back_up(url: str, storage: LocalStorage, prefix: str) -> Manifest:
    return take_backup(source=BucketSource.from_url(url), storage=storage, prefix=prefix)


def test_a_prefix_is_backed_up_and_proven(
    filled: S3Storage, environment: Environment, settings: Settings, tmp_path: Path
) -> None:
    settings.BACKUP_DIRECTORY = str(tmp_path)
    database = Database(environment=environment, name="media", engine=Engine.FILES, connection_url=url_of(filled))
    database.full_clean()
    database.save()

    services.carry_out_backup(run=services.queue_backup(database=database))
    run = services.queue_drill(database=database)
    services.carry_out_drill(run=run)

    assert (run.verdict, run.findings) == (DrillVerdict.PROVEN, [])
    backup = database.backups.get()
    assert (backup.rows, backup.database_size_bytes) == (5, 700_001 + 9 + 513 + 6)
    logo = backup.fingerprint["objects"]["file"]["logo.svg"]
    assert "image/svg+xml" in logo["attributes"]
    assert "'user.s3.meta.owner', 'design'" in logo["attributes"]


def test_any_tar_restores_it(filled: S3Storage, storage: LocalStorage, tmp_path: Path) -> None:
    back_up(url_of(filled), storage, "bucket/tar")
    dump, restored = unpacked(storage, "bucket/tar", tmp_path / "dump.tar"), tmp_path / "restored"
    restored.mkdir()

    subprocess.run(["tar", "-xf", dump, "-C", restored], check=True)

    found = {str(path.relative_to(restored)): path.read_bytes() for path in restored.rglob("*") if path.is_file()}
    ours = {key.removeprefix("media/"): content for key, content in OBJECTS.items() if key.startswith("media/")}
    assert found == {key: content for key, content in ours.items() if key[-1:] not in {"", "/"}} | {
        "logo.svg": b"<svg/>"
    }
    assert (restored / "empty").is_dir()


def test_it_is_restored_for_people_and_compared(
    filled: S3Storage, storage: LocalStorage, tmp_path: Path, settings: Settings
) -> None:
    settings.RESTORE_DIRECTORIES = [str(tmp_path)]
    manifest = back_up(url_of(filled), storage, "bucket/people")
    dump = unpacked(storage, "bucket/people", tmp_path / "dump.tar")
    target = Target(connection_url="", name=str(tmp_path / "again"), mark="restore 1", with_owners=os.geteuid() == 0)

    restored = FilesRestorer().restore(manifest, dump, target, Stages())

    assert restored.findings == []
    assert os.getxattr(tmp_path / "again" / "logo.svg", "user.s3.content-type") == b"image/svg+xml"


def test_a_lost_object_is_named(filled: S3Storage, storage: LocalStorage, tmp_path: Path) -> None:
    manifest = back_up(url_of(filled), storage, "bucket/lost")

    prefix = doctored(storage, manifest, "bucket/lost", tmp_path, without("nothing"))

    assert found_in(storage, prefix) == [(findings.OBJECT_MISSING, "The file nothing is missing after the restore.")]


def warnings_of(manifest: Manifest) -> list[tuple[str, str]]:
    return [(warning.id, warning.message.partition(":")[0]) for warning in manifest.warnings]


@pytest.fixture
def relay(buckets: Buckets) -> Iterator[Relay]:
    with relay_to(buckets.endpoint_url) as running:
        yield running


def test_a_connection_that_breaks_is_taken_up_where_it_broke(
    filled: S3Storage, relay: Relay, storage: LocalStorage
) -> None:
    relay.cuts_after_bytes = [LISTING, 300_000, 200_000]

    manifest = back_up(url_of(filled, "media", endpoint_url=relay.endpoint_url), storage, "bucket/cut")

    assert warnings_of(manifest) == []
    direct = back_up(url_of(filled), storage, "bucket/direct")
    assert (manifest.artefact.sha256, relay.cuts_after_bytes) == (direct.artefact.sha256, [])


def test_several_objects_are_asked_for_at_once(filled: S3Storage, relay: Relay, storage: LocalStorage) -> None:
    together = threading.Barrier(3, timeout=20)

    def refuses(method: str, path: str) -> None:
        if any(name in path for name in ("logo", "nothing", "txt")):
            together.wait()

    relay.refuses = refuses

    manifest = back_up(url_of(filled, endpoint_url=relay.endpoint_url), storage, "bucket/together")

    assert (manifest.summary.rows, together.broken) == (5, False)


def replacing(s3: S3Storage, relay: Relay, *, times: int) -> None:
    """Each time that reading is taken up again, the object is another one by then."""
    numbers = count(1)

    def refuses(method: str, path: str) -> None:
        if method == "GET" and "a.jpg" in path and not path.endswith("txt") and (number := next(numbers)) % 2 == 0:
            put(s3, "media/a.jpg", bytes([number]) * 650_000)

    relay.refuses = refuses
    relay.cuts_after_bytes = [LISTING, *[300_000] * times]


def test_an_object_that_is_replaced_meanwhile_is_read_again(
    filled: S3Storage, relay: Relay, storage: LocalStorage, tmp_path: Path
) -> None:
    replacing(filled, relay, times=1)

    manifest = back_up(url_of(filled, endpoint_url=relay.endpoint_url), storage, "bucket/replaced")

    assert warnings_of(manifest) == []
    dump = unpacked(storage, "bucket/replaced", tmp_path / "dump.tar")
    subprocess.run(["tar", "-xf", dump, "-C", tmp_path], check=True)
    assert (tmp_path / "a.jpg").read_bytes() == b"\2" * 650_000


def test_an_object_that_never_rests_is_named(filled: S3Storage, relay: Relay, storage: LocalStorage) -> None:
    replacing(filled, relay, times=9)

    manifest = back_up(url_of(filled, endpoint_url=relay.endpoint_url), storage, "bucket/restless")

    assert warnings_of(manifest) == [(findings.CONTENT_UNSETTLED, "a.jpg")]
    assert found_in(storage, "bucket/restless") == []


def test_an_object_that_vanishes_is_named(filled: S3Storage, relay: Relay, storage: LocalStorage) -> None:
    def refuses(method: str, path: str) -> None:
        if "logo" in path:
            filled.client.delete_object(Bucket=filled.bucket.name, Key="media/logo.svg")

    relay.refuses = refuses

    manifest = back_up(url_of(filled, endpoint_url=relay.endpoint_url), storage, "bucket/vanished")

    assert warnings_of(manifest) == [(findings.FILES_VANISHED, "logo.svg")]


def test_what_cannot_be_read_ends_the_backup(filled: S3Storage, relay: Relay, storage: LocalStorage) -> None:
    relay.refuses = lambda method, path: (403, "AccessDenied") if "nothing" in path else None
    with pytest.raises(SourceUnreachable, match="refuses this to its access key"):
        back_up(url_of(filled, endpoint_url=relay.endpoint_url), storage, "bucket/denied")
    with pytest.raises(SourceUnreachable, match="There is nothing below typo/ in the bucket"):
        back_up(url_of(filled, "typo"), storage, "bucket/typo")


def test_an_endpoint_that_may_not_be_dialled_is_not(
    filled: S3Storage, storage: LocalStorage, settings: Settings
) -> None:
    settings.DIALLING_ALLOWED_NETWORKS = []
    with pytest.raises(SourceUnreachable, match=r"is not asked: 127\.0\.0\.1 is not a public address"):
        back_up(url_of(filled), storage, "bucket/forbidden")


@pytest.mark.parametrize(
    "keys",
    [
        ["a", "a-b", "a/b"],
        ["a//b"],
        ["../etc/passwd"],
        ["a/./b"],
        ["a/" + "x" * 256],
        ["/a"],
        ["b", "a"],
    ],
)
def test_a_key_that_is_no_path_is_named(keys: list[str]) -> None:
    with pytest.raises(SourceUnreachable, match=r"cannot be put into an archive|in their order"):
        list(paths_of(iter(f"media/{key}" for key in keys), "media/"))


def test_keys_below_a_folder_are_paths() -> None:
    keys = ["media/", "media/a-b", "media/a/", "media/a/b", "media/a/b.txt", "media/b"]
    assert [path for _, path in paths_of(iter(keys), "media/")] == [".", "a-b", "a", "a/b", "a/b.txt", "b"]
    assert folders_of("a/b/c", is_folder=False) == [".", "a", "a/b"]
    assert (folders_of("a", is_folder=True), folders_of(".", is_folder=True)) == ([".", "a"], ["."])


def test_a_connection_is_tested(filled: S3Storage) -> None:
    at = datetime.now(UTC)
    assert [(line.id, line.state) for line in probe_files(url_of(filled), at)] == [("bucket", "ok")]
    (line,) = probe_files(url_of(filled, "typo"), at)
    assert (line.state, "s3:ListBucket" in line.advice) == ("missing", True)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("s3:///media", "The connection URL is not one"),
        ("s3://AKIA:hunter2/3@media/x", "The connection URL is not one"),
        ("s3://AKIA@media/x", "give both"),
        ("s3://AKIA:hunter2@media/x?colour=red", "only endpoint and region are known"),
        ("s3://AKIA:hunter2@media/x?endpoint=ftp://x", "endpoint in the connection URL cannot be used"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_its_secret(url: str, words: str) -> None:
    with pytest.raises(AddressInvalid, match=words) as refused:
        BucketAddress.from_url(url)
    assert "hunter2" not in refused.value.message


def test_an_address_is_read() -> None:
    address = BucketAddress.from_url("s3://AKIA:a%2Fb+c@media/shop/2026/?region=eu-central-1")
    expected = BucketAddress("media", "shop/2026/", "AKIA", "a/b+c", region="eu-central-1")
    assert (address, address.name) == (expected, "2026")
    assert BucketAddress.from_url("s3://media") == replace(
        expected, **dict.fromkeys(["prefix", "access_key_id", "secret_access_key", "region"], "")
    )
    assert "a/b+c" not in repr(address)
