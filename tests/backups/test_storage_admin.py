"""Storages in the admin and the API. The secret of an access key goes in and never comes out."""

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.backups import services
from apps.backups.engines.s3.storage import S3Storage
from apps.backups.models import Backup, Database, Storage
from apps.backups.services.plans import plan_of
from tests.backups.buckets import Buckets

SECRET = "wJalrXUtnFEMI-secret"


@pytest.fixture
def cloud(buckets: Buckets, s3: S3Storage, db: None) -> Storage:
    return buckets.row(s3)


def form_of(storage: Storage, **changes: object) -> dict[str, object]:
    names = ["name", "kind", "endpoint_url", "region", "bucket", "prefix", "access_key_id", "locked_days", "lock_mode"]
    return {name: getattr(storage, name) for name in names} | {"is_enabled": "on", "secret_access_key": ""} | changes


def test_the_secret_stays_where_it_is(client: Client, olga: User, cloud: Storage) -> None:
    client.force_login(olga)
    address = reverse("admin:backups_storage_change", args=[cloud.pk])

    assert SECRET not in client.get(address).content.decode()
    client.post(address, form_of(cloud, region="eu-central-1"))

    cloud.refresh_from_db()
    assert (cloud.region, cloud.secret_access_key) == ("eu-central-1", SECRET)


@pytest.mark.parametrize("change", [{"endpoint_url": "https://elsewhere.example.org"}, {"access_key_id": "ANOTHER"}])
def test_the_secret_is_not_sent_elsewhere(client: Client, olga: User, cloud: Storage, change: dict) -> None:
    client.force_login(olga)

    page = client.post(reverse("admin:backups_storage_change", args=[cloud.pk]), form_of(cloud, **change))

    assert "An access key has an id and a secret. Give both, or neither." in page.content.decode()
    cloud.refresh_from_db()
    assert cloud.access_key_id != "ANOTHER"
    assert "elsewhere" not in cloud.endpoint_url


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"bucket": ""}, "An S3 storage needs the name of its bucket."),
        ({"kind": "folder", "locked_days": 3}, "A folder cannot lock objects."),
    ],
)
def test_what_cannot_be_is_refused(client: Client, olga: User, cloud: Storage, change: dict, sentence: str) -> None:
    client.force_login(olga)
    page = client.post(reverse("admin:backups_storage_change", args=[cloud.pk]), form_of(cloud, **change))
    assert sentence in page.content.decode()


def test_the_button_tests_the_storage(client: Client, olga: User, sam: User, cloud: Storage) -> None:
    address = reverse("admin:backups_storage_test", args=[cloud.pk])
    client.force_login(sam)
    assert client.post(address).status_code == 403
    client.force_login(olga)
    assert client.get(address).status_code == 405

    page = client.post(address, follow=True).content.decode()

    assert "Tested cloud: nothing is wrong with it." in page
    assert "has every backup that it should have" in page


def test_the_pages_show_where_a_backup_is_and_what_a_storage_holds(
    client: Client, olga: User, database: Database, buckets: Buckets, s3: S3Storage
) -> None:
    plan = plan_of(database)
    cloud = buckets.row(s3)
    plan.storages.add(cloud)
    run = services.queue_backup(database=database)
    services.carry_out_backup(run=run)
    Storage.objects.update(gigabyte_month_cost=9_000)
    Backup.objects.update(size_bytes=2 * 10**9)
    client.force_login(olga)

    page = client.get(reverse("admin:backups_backup_change", args=[run.backup.pk])).content.decode()
    listed = client.get(reverse("admin:backups_storage_changelist")).content.decode()

    assert "2 storages" in page
    assert f"s3://{cloud.bucket}/seaworthy/" in page
    assert "Waiting" in page
    assert "18,000.00" in listed


def test_the_api_shows_storages_without_their_keys(olga: User, cloud: Storage) -> None:
    client = APIClient()
    client.force_authenticate(olga)

    (shown,) = client.get("/api/v1/storages/").json()["results"]

    assert (shown["name"], shown["place"], shown["stored_count"]) == ("cloud", cloud.place, 0)
    assert "key" not in " ".join(shown)
    assert SECRET not in str(shown)
