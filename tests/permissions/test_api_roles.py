"""Who may ask what of the API: every address times every kind of person."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import URLPattern, URLResolver
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.roles import ROLES
from apps.backups.models import Backup, BackupRun, Database, DiscoveredDatabase, Recipient
from apps.backups.services import request_restore
from apps.catalog.services import ensure_service
from apps.common.clock import now
from apps.dashboards.models import ReportSchedule
from apps.roadmap.models import Conflict, Correction, Criterion, Task
from apps.roadmap.services.binding import bind
from apps.roadmap.services.corrections import correct_lines
from apps.roadmap.services.importing import import_document
from config import api
from tests.roadmap.campaigning import campaign_of
from tests.roadmap.waiving import ask

EVERY_ROLE = set(ROLES)
STAFF = EVERY_ROLE | {"staff"}
WRITERS = {"editor", "administrator"}
PEOPLE = ["anonymous", "outsider", "staff", *ROLES]
# Addresses that any staff may ask; every other one asks for the role's permission.
FOR_STAFF = {"schema/", "docs/", "my-work/", "notices/", "notices/{id}/", "saved-views/", "saved-views/{id}/"}
# What belongs to whoever asks: to others it is not there.
FOR_OWNERS = {"notices/{id}/read/"}
# Pushed to with a token of its own kind; tests/evidence/test_pushing.py.
PUSHES = {"evidence/"}
CHANGES = {"tasks/{id}/", "criteria/{id}/", "milestones/{id}/"}
# Changed and deleted in other ways, with other words.
PATCHES = {"work-items/{id}/", "risks/{id}/", "comments/{id}/", "plans/{id}/"}
PATCHED_BY = {"plans/{id}/": {"operator", "administrator"}}
PUTS = {"criteria/{id}/clauses/"}
DELETES = {
    "comments/{id}/": {"editor", "operator", "approver", "administrator"},
    "dependencies/{id}/": WRITERS,
    "labels/{id}/": WRITERS,
    "links/{id}/": WRITERS,
    "saved-views/{id}/": STAFF,
}
# What is posted to, and by which roles; those that are read too are in READ_TOO.
ACCEPTERS = {"approver", "administrator"}
SIGNERS = {"editor", "operator", "approver", "administrator"}
POSTS = {
    "comments/": {"editor", "operator", "approver", "administrator"},
    "dependencies/": WRITERS,
    "labels/": WRITERS,
    "links/": WRITERS,
    "notices/{id}/read/": STAFF,
    "saved-views/": STAFF,
    "documents/": WRITERS,
    "conflicts/{id}/settle/": WRITERS,
    "bindings/": ACCEPTERS,
    "bindings/{id}/accept/": ACCEPTERS,
    "bindings/{id}/confirm/": ACCEPTERS,
    "bindings/{id}/decline/": ACCEPTERS,
    "attestations/": {"editor", "operator", "approver", "administrator"},
    "corrections/": WRITERS,
    "corrections/{id}/undo/": WRITERS,
    "report-schedules/{id}/send/": EVERY_ROLE,
    "gate-policies/": {"approver", "administrator"},
    "services/{slug}/gate/evaluations/": SIGNERS,
    "services/{slug}/gate/sign-offs/": SIGNERS,
    "services/{slug}/gate/overrides/": SIGNERS,
    "services/{slug}/gate/launches/": {"operator", "approver", "administrator"},
    "campaigns/": WRITERS,
    "campaigns/{id}/end/": WRITERS,
    "waivers/": {"editor", "operator", "administrator"},
    "waivers/{id}/approve/": {"approver", "administrator"},
    "waivers/{id}/deny/": {"approver", "administrator"},
    "waivers/{id}/revoke/": {"approver", "administrator"},
    "keys/": {"operator", "administrator"},
    "keys/{id}/retire/": {"operator", "administrator"},
    "discovered-databases/{id}/protect/": {"operator", "administrator"},
    "discovered-databases/{id}/set-aside/": {"operator", "administrator"},
    "restores/": {"operator", "administrator"},
    "restores/{id}/approve/": {"approver", "administrator"},
    "restores/{id}/refuse/": {"approver", "administrator"},
}
READ_TOO = {
    "keys/",
    "documents/",
    "bindings/",
    "restores/",
    "campaigns/",
    "corrections/",
    "waivers/",
    "gate-policies/",
    "comments/",
    "dependencies/",
    "labels/",
    "links/",
    "saved-views/",
}


def addresses():
    """Every address of the API, with its arguments in braces."""
    found = []
    for pattern in api.urlpatterns:
        assert isinstance(pattern, URLPattern | URLResolver)
        inner = pattern.url_patterns if isinstance(pattern, URLResolver) else [pattern]
        found += [plain(each) for each in inner]
    return sorted(set(found) - {"<path:address>"})


def plain(pattern):
    name = str(pattern.pattern).lstrip("^").rstrip("$").replace("\\Z", "")
    return (
        name.replace("(?P<pk>[^/.]+)", "{id}")
        .replace("(?P<slug>[^/.]+)", "{slug}")
        .replace("<slug:slug>", "{slug}")
        .replace("<int:pk>", "{id}")
    )


@pytest.fixture(scope="module")
def rows(shared_rows):
    """A row of every kind, made once: what a test changes in them is taken back after it."""
    service = ensure_service(slug="payments", name="Payments API", tier="A")
    roadmap = b"# Road\n\n## M1 A\n- [ ] Owner: Core\n- Tasks\n  - [ ] Work.\n- Acceptance\n  - [ ] Good.\n"
    document = import_document(service=service, name="road.md", raw=roadmap).document
    correct_lines(revision=document.newest_revision, lines=[1], becomes="prose")
    criterion = Criterion.objects.get()
    someone = User.objects.create_user("someone@example.org", is_staff=True)
    waiver = ask(criterion, service.environments.get(), someone, at=now(), ends_at=now() + timedelta(days=1))
    restore = waiting_restore(service.environments.get(), someone)
    return {
        "documents": document.pk,
        "tasks": Task.objects.get().pk,
        "criteria": criterion.pk,
        "waivers": waiver.pk,
        "campaigns": campaign_of(someone, verifier_key="backups.restore_drill", target_on=date(2099, 12, 31)).pk,
        "corrections": Correction.objects.get().pk,
        "milestones": criterion.milestone_id,
        "bindings": bind(criterion=criterion, verifier_key="backups.restore_drill").pk,
        "conflicts": conflict_of(criterion, document.newest_revision).pk,
        "restores": restore.pk,
        "keys": Recipient.objects.create(name="vault", public_key="age1" + "q" * 58).pk,
        "discovered-databases": DiscoveredDatabase.objects.create(
            name="ledger",
            server="s",
            engine="postgresql",
            seen_through=restore.server,
            first_seen_at=now(),
            last_seen_at=now(),
        ).pk,
        "report-schedules": ReportSchedule.objects.create(name="Daily", cron="0 8 * * *").pk,
    }


def conflict_of(criterion, revision):
    """A requirement that was changed here and in the document."""
    values = {"field": "requirement", "base": "required", "ours": "required", "theirs": "recommended"}
    return Conflict.objects.create(entry=criterion, document=revision.document, revision=revision, **values)


def waiting_restore(environment, someone):
    """A restore into production that somebody asked for."""
    database = Database.objects.create(environment=environment, name="shop", connection_url="postgresql:///shop")
    run = BackupRun.objects.create(database=database, status="succeeded", finished_at=now())
    backup = Backup.objects.create(
        database=database, run=run, storage_key="shop/1", sha256="0" * 64, manifest_sha256="0" * 64, size_bytes=1,
        content_bytes=1, database_size_bytes=1, tables=1, rows=1, server_version="16", snapshot_at=now(),
        finished_at=now(), fingerprint={},
    )  # fmt: skip
    return request_restore(backup=backup, new_name="shop_again", reason="a look", actor=someone)


def client_of(person):
    client = APIClient()
    if person != "anonymous":
        user = User.objects.create_user(f"{person}@example.org", is_staff=person != "outsider")
        user.groups.set(Group.objects.filter(name=person))
        client.force_login(user)
    return client


@pytest.mark.parametrize("person", PEOPLE)
def test_reading(db, rows, person):
    client = client_of(person)
    for address in set(addresses()) - PUSHES - (set(POSTS) - READ_TOO):
        key = rows.get(address.split("/")[0], 999_999)
        code = client.get("/api/v1/" + address.replace("{id}", str(key)).replace("{slug}", "payments")).status_code
        allowed = STAFF if address in FOR_STAFF else EVERY_ROLE
        assert code in ({200, 404} if person in allowed else {401, 403}), (address, person, code)
        if person in allowed and key != 999_999:
            assert code == 200, (address, person)


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("address", sorted(CHANGES))
def test_changing(db, rows, person, address):
    path = "/api/v1/" + address.replace("{id}", str(rows[address.split("/")[0]]))
    code = client_of(person).patch(path, {"claim": "done", "expected": "todo"}, format="json").status_code
    assert (code == 200) if person in WRITERS else (code in {401, 403})


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("address", sorted(POSTS))
def test_posting(db, rows, person, address):
    path = "/api/v1/" + address.replace("{id}", str(rows.get(address.split("/")[0], 999_999))).replace(
        "{slug}", "payments"
    )
    code = client_of(person).post(path, {}, format="json").status_code
    allowed = {200, 201, 400, 409} | ({404} if address in FOR_OWNERS else set())
    assert code in (allowed if person in POSTS[address] else {401, 403}), (address, person)


@pytest.mark.parametrize("person", PEOPLE)
def test_splitting_a_criterion(db, rows, person):
    path = f"/api/v1/criteria/{rows['criteria']}/clauses/"
    code = client_of(person).put(path, {"text": "Good.", "clauses": []}, format="json").status_code
    assert (code == 200) if person in WRITERS | ACCEPTERS else (code in {401, 403})


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("address", sorted(DELETES))
def test_deleting(db, rows, person, address):
    path = "/api/v1/" + address.replace("{id}", "999999")
    code = client_of(person).delete(path).status_code
    assert code in ({404} if person in DELETES[address] else {401, 403}), (address, person)


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("address", sorted(PATCHES))
def test_changing_what_is_not_there(db, rows, person, address):
    path = "/api/v1/" + address.replace("{id}", "999999")
    code = client_of(person).patch(path, {}, format="json").status_code
    may = PATCHED_BY.get(address) or DELETES.get(address, WRITERS)
    assert code in ({404} if person in may else {401, 403}), (address, person)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_else_can_be_changed_even_by_an_administrator(db, rows, method):
    client = client_of("administrator")
    allowed = {"patch": CHANGES | PATCHES, "post": set(POSTS), "put": PUTS, "delete": set(DELETES)}.get(method, set())
    for address in set(addresses()) - PUSHES - allowed:
        path = "/api/v1/" + address.replace("{id}", "1").replace("{slug}", "payments")
        assert getattr(client, method)(path, {}, format="json").status_code == 405, address


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_an_unknown_address_answers_in_json(db, method):
    response = getattr(client_of("viewer"), method)("/api/v1/nowhere/else", {}, format="json")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert client_of("anonymous").get("/api/v1/nowhere/").status_code == 401


def test_the_table_holds_addresses():
    assert {"services/{slug}/gate/", "documents/{id}/export/", "schema/", *CHANGES, *POSTS} <= set(addresses())
    assert len(addresses()) >= 35
