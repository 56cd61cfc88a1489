"""kill -9 at random instants: what is listed can be restored, the last proven one stays, nothing is left over."""

import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import override_settings
from psycopg import sql

from apps.backups import services
from apps.backups.engines.artefact import hash_file
from apps.backups.engines.encryption import make_identity, public_key_of
from apps.backups.engines.manifest import read_manifest
from apps.backups.engines.s3.storage import S3Storage
from apps.backups.engines.storage import Storage
from apps.backups.models import (
    Backup,
    BackupRun,
    Database,
    DrillRun,
    DrillVerdict,
    Plan,
    Recipient,
    RestoreRun,
    RewrapRun,
)
from apps.backups.services.plans import plan_of
from apps.backups.services.rewrapping import carry_out_rewrap
from apps.backups.services.storing import open_storage
from apps.catalog.models import Environment
from apps.catalog.services import ensure_service
from apps.common.clock import now
from apps.common.postgresql.throwaway import PREFIX, remove_orphans
from tests.backups.buckets import LOOPBACK, Buckets
from tests.backups.killing import Workers, forking_workers, processes_naming
from tests.servers import url_on_test_server
from tests.thoroughness import IS_THOROUGH

SEED = 20261120
HITS = {"backup": 50, "upload": 50, "retention": 50, "drill": 50, "restore": 10, "rewrap": 10}
FEW_HITS = {"backup": 2, "upload": 2, "retention": 2, "drill": 2, "restore": 1, "rewrap": 1}
PLACES = ["folder", "bucket"]
WORK = {"backup": ("backup", ["folder"]), "upload": ("backup", ["bucket"])}  # the others have one name, and both places
LATER = timedelta(minutes=11)  # a dead worker's lease has run out, and whatever nobody took is told of again
KEPT = 2
CARRYING_OUT: dict[type, Callable[..., bool]] = {
    BackupRun: services.carry_out_backup,
    DrillRun: services.carry_out_drill,
    RestoreRun: services.carry_out_restore,
}


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
    """The shop twice: its backups go to a folder, or to a bucket. Each is encrypted to one of two keys."""
    with override_settings(BACKUP_DIRECTORY=str(tmp_path / "backups"), DIALLING_ALLOWED_NETWORKS=[LOOPBACK]):
        service = ensure_service(slug="payments", name="Payments API", tier="A")
        environment = Environment.objects.create(service=service, name="staging")
        databases = {
            name: Database.objects.create(
                environment=environment, name=name, connection_url=url_on_test_server(shop.database)
            )
            for name in PLACES
        }
        for name in ("first", "second"):
            identity = make_identity()
            Recipient.objects.create(name=name, public_key=public_key_of(identity), identity=identity)
        for database in databases.values():
            plan_of(database).recipients.set(Recipient.objects.filter(name="first"))
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


def test_whatever_is_killed_and_when(
    workers: Workers, places: dict[str, Database], workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An instant counts when it met the worker at work. How long each kind of work takes is measured all the while."""
    campaign, kills = Campaign(workers, places), list(plan(HITS if IS_THOROUGH else FEW_HITS))
    for kind, place in sorted(dict.fromkeys(kills), key=lambda kill: kill[0] != "retention"):
        campaign.measure(kind, place)
    require_sound(places, "before anything was killed")
    for kind, place in kills:
        what = campaign.kill(kind, place)

        wait_until(lambda: not processes_naming(f"{workplace}/") and not is_creating(), what)
        heal(places)
        require_sound(places, what)
        assert left_after_sweep(workplace) == [], what
    with capsys.disabled():
        sys.stdout.write(f"\n{campaign}\n")


def plan(hits: dict[str, int]) -> Iterator[tuple[str, str]]:
    """The kinds in turn, and the places in turn, until each kind was met so often."""
    for number in range(max(hits.values())):
        for kind in [kind for kind, wanted in hits.items() if number < wanted]:
            _, places = WORK.get(kind, (kind, PLACES))
            yield kind, places[number % len(places)]


@dataclass
class Campaign:
    """Kills work of each kind at instants that are spread over its whole length."""

    workers: Workers
    places: dict[str, Database]
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311
    seconds: dict[tuple[str, str], float] = field(default_factory=dict)
    hits: Counter[str] = field(default_factory=Counter)
    misses: int = 0

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.hits.items())
        return f"Killed at work: {self.hits.total()} ({kinds}). Ended before they were killed: {self.misses}."

    def measure(self, kind: str, place: str) -> None:
        """Let the work end, unless it is known how long it takes, such as from what comes before a retention."""
        operation, _ = WORK.get(kind, (kind, PLACES))
        if (operation, place) not in self.seconds:
            self._prepare(operation, place)
            self.seconds[operation, place] = self.workers.finish(operation, place)

    def kill(self, kind: str, place: str) -> str:
        """Kill one that is at work, and say which and when."""
        operation, _ = WORK.get(kind, (kind, PLACES))
        while True:
            self._prepare(operation, place)
            instant = self.chance.uniform(0, 1.1) * self.seconds[operation, place]
            ended = self.workers.kill(operation, place, after_seconds=instant)
            if ended is None:
                self.hits[kind] += 1
                return f"{self.hits.total()}: {kind} ({place}), killed after {instant:.3f} s"
            self.seconds[operation, place] = ended
            self.misses += 1

    def _prepare(self, operation: str, place: str) -> None:
        """Whatever was killed before, the next slot ends well: without it, retention would rest."""
        database = self.places[place]
        if operation == "retention":
            self._take_next_slot(database)
        elif operation == "rewrap":
            database.plan.recipients.set(Recipient.objects.exclude(plans=database.plan))

    def _take_next_slot(self, database: Database) -> None:
        Plan.objects.filter(database=database).update(keep_newest=KEPT + 2)
        for operation in ("backup", "drill"):
            self.seconds[operation, database.name] = self.workers.finish(operation, database.name)
        backup_run, drill = database.backupruns.latest("queued_at"), database.drillruns.latest("queued_at")
        assert backup_run.status == "succeeded", (str(self), backup_run.error)
        assert drill.verdict == DrillVerdict.PROVEN, (str(self), drill.findings, drill.error)
        Plan.objects.filter(database=database).update(keep_newest=KEPT)


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
        CARRYING_OUT[type(run)](run=run)
    for run in RewrapRun.objects.unfinished().filter(status="queued"):
        carry_out_rewrap(run=run)
    for database in places.values():
        services.prune(database=database, at=later + timedelta(days=2))
    services.clear_obsolete(at=later)


def require_sound(places: dict[str, Database], what: str) -> None:
    assert not BackupRun.objects.unfinished().exists(), what
    assert not DrillRun.objects.unfinished().exists(), what
    assert not RestoreRun.objects.unfinished().exists(), what
    assert not RewrapRun.objects.uncleared().exists(), what
    require_whole_restores(what)
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


def is_creating() -> bool:
    """Whether the server still does what a dead restore had told it."""
    query = "SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'CREATE DATABASE \"restored\\_%'"
    with psycopg.connect(url_on_test_server()) as server:
        return server.execute(query).fetchone() is not None


def require_whole_restores(what: str) -> None:
    """What people find is whole. It is dropped again."""
    names = [f"^{name}" for name in RestoreRun.objects.values_list("new_name", flat=True)]
    with psycopg.connect(url_on_test_server(), autocommit=True) as server:
        found = server.execute(
            "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname ~ ANY (%s)", [names]
        ).fetchall()
        for name, _ in found:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    assert {comment for _, comment in found} <= {"Restored by Seaworthy"}, (found, what)


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
