"""kill -9 at random instants: what is listed can be restored, the last proven one stays, nothing is left over."""

import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import override_settings

from apps.backups import services
from apps.backups.engines.artefact import hash_file
from apps.backups.engines.manifest import read_manifest
from apps.backups.engines.s3.storage import S3Storage
from apps.backups.engines.storage import Storage
from apps.backups.models import Backup, BackupRun, Database, DrillRun, DrillVerdict, Plan
from apps.backups.services.plans import plan_of
from apps.backups.services.storing import open_storage
from apps.catalog.services import ensure_service
from apps.common.clock import now
from apps.common.postgresql.throwaway import PREFIX, remove_orphans
from tests.backups.buckets import LOOPBACK, Buckets
from tests.backups.killing import Workers, forking_workers, processes_naming
from tests.servers import url_on_test_server
from tests.thoroughness import IS_THOROUGH

INSTANTS = 200 if IS_THOROUGH else 5
SEED = 20261120
OPERATIONS = ["backup", "backup", "drill", "prune"]  # a backup is an upload and a round of retention too
PLACES = ["folder", "bucket"]
LATER = timedelta(minutes=11)  # a dead worker's lease has run out, and whatever nobody took is told of again
KEPT = 2


@pytest.fixture
def workplace(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder of this test alone, which the server's user can enter."""
    folder = Path(tempfile.mkdtemp(prefix="killed-", dir="/tmp"))
    folder.chmod(0o711)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def places(shop, buckets: Buckets, tmp_path: Path, transactional_db: None) -> Iterator[dict[str, Database]]:
    """The shop twice: its backups go to a folder, or to a bucket."""
    with override_settings(BACKUP_DIRECTORY=str(tmp_path / "backups"), DIALLING_ALLOWED_NETWORKS=[LOOPBACK]):
        environment = ensure_service(slug="payments", name="Payments API", tier="A").environments.get(is_default=True)
        databases = {
            name: Database.objects.create(
                environment=environment, name=name, connection_url=url_on_test_server(shop.database)
            )
            for name in PLACES
        }
        for database in databases.values():
            plan_of(database)
        Plan.objects.update(keep_newest=KEPT, removal_grace=timedelta(0))
        databases["bucket"].plan.storages.set([buckets.row(buckets.make())])
        yield databases


@pytest.fixture
def workers(places: dict[str, Database], workplace: Path) -> Iterator[Workers]:
    environment = {
        "DATABASE_URL": url_on_test_server(connection.settings_dict["NAME"]),
        "FIELD_ENCRYPTION_KEYS": ",".join(django_settings.FIELD_ENCRYPTION_KEYS),
        "AUDIT_KEY": str(django_settings.AUDIT_KEY),
        "BACKUP_DIRECTORY": django_settings.BACKUP_DIRECTORY,
        "DIALLING_ALLOWED_NETWORKS": LOOPBACK,
        "TMPDIR": str(workplace),
    }
    with forking_workers(environment) as workers:
        yield workers


def test_whatever_is_killed_and_when(workers: Workers, places: dict[str, Database], workplace: Path) -> None:
    seconds = {
        (operation, place): workers.finish(operation, place)
        for place in PLACES
        for operation in ["backup", "drill", "prune"]
    }
    require_sound(places, "before anything was killed")
    chance, killed = random.Random(SEED), 0  # noqa: S311
    for number in range(1, INSTANTS + 1):
        operation, place = chance.choice(OPERATIONS), chance.choice(PLACES)
        instant = chance.uniform(0, 1.1 * seconds[operation, place])
        what = f"{number}: {operation} into the {place}, killed after {instant:.3f} s"

        killed += workers.kill(operation, place, after_seconds=instant)

        wait_until(lambda: not processes_naming(f"{workplace}/"), what)
        heal(places)
        require_sound(places, what)
        assert left_after_sweep(workplace) == [], what
        if number % 5 == 0:
            require_next_slot(places[place], what)
    # How many were still at work depends on the machine; of a few instants, chance may take all.
    assert killed > INSTANTS / 3 or not IS_THOROUGH, "most had ended before they were killed"


def left_after_sweep(workplace: Path) -> list[Path]:
    """The folders that stay once they are old enough for anybody to see that their owner is dead."""
    for folder in workplace.glob(f"{PREFIX}*"):
        os.utime(folder, (0, 0))
    remove_orphans()
    return list(workplace.glob(f"{PREFIX}*"))


def heal(places: dict[str, Database]) -> None:
    """What beat and the workers do by themselves a while later."""
    later = now() + LATER
    for run in services.tick(at=later):
        carry_out = services.carry_out_backup if isinstance(run, BackupRun) else services.carry_out_drill
        carry_out(run=run)
    for database in places.values():
        services.prune(database=database, at=later + timedelta(days=2))


def require_sound(places: dict[str, Database], what: str) -> None:
    assert not BackupRun.objects.unfinished().exists(), what
    assert not DrillRun.objects.unfinished().exists(), what
    for database in places.values():
        storage = open_storage(database.plan.storages.get())
        listed = database.backups.stored()
        assert listed.proven().exists(), f"no proven backup left, {what}"
        for backup in listed:
            require_restorable(storage, backup, what)
        found = {listed.key.rpartition("/")[0] for listed in storage.objects()}
        assert found == set(listed.values_list("storage_key", flat=True)), what
        assert unfinished_in(storage) == [], what


def require_restorable(storage: Storage, backup: Backup, what: str) -> None:
    """The stored bytes are those that were recorded."""
    with tempfile.TemporaryDirectory() as folder:
        manifest_file = storage.fetch(f"{backup.storage_key}/manifest.json", Path(folder))
        assert hash_file(manifest_file) == backup.manifest_sha256, what
        name = read_manifest(manifest_file).artefact.name
        assert hash_file(storage.fetch(f"{backup.storage_key}/{name}", Path(folder))) == backup.sha256, what


def require_next_slot(database: Database, what: str) -> None:
    """The next backup and its drill end well."""
    backup_run = services.queue_backup(database=database)
    services.carry_out_backup(run=backup_run)
    assert backup_run.status == "succeeded", (what, backup_run.error)
    drill = services.queue_drill(database=database)
    services.carry_out_drill(run=drill)
    assert drill.verdict == DrillVerdict.PROVEN, (what, drill.findings, drill.error)


def unfinished_in(storage: Storage) -> list[str]:
    if isinstance(storage, S3Storage):
        found = storage.client.list_multipart_uploads(Bucket=storage.bucket.name)
        return [upload["Key"] for upload in found.get("Uploads", [])]
    return [str(path) for path in Path(django_settings.BACKUP_DIRECTORY).rglob("*.unfinished")]


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
