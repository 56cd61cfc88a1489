"""Documents by way of the API: in, out again, and what is in conflict settled."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.roadmap.models import Document, DocumentRevision, Task
from apps.roadmap.services.claims import set_claim
from tests.api.conftest import ROADMAP

DOCUMENTS, CONFLICTS = "/api/v1/documents/", "/api/v1/conflicts/"


@pytest.fixture
def posted(service):
    return {"service": service.slug, "name": "road.md", "text": ROADMAP}


def test_a_text_is_imported_and_the_same_text_writes_nothing(editor, posted):
    first = editor.post(DOCUMENTS, posted, format="json")
    again = editor.post(DOCUMENTS, posted, format="json")

    assert (first.status_code, again.status_code) == (201, 200)
    said = first.json()
    assert (said["name"], said["changes"]["created"] > 0, said["counts"]["milestones"]) == ("road.md", True, 2)
    assert said["document"] == Document.objects.get().pk
    assert (again.json()["is_unchanged"], DocumentRevision.objects.count()) == (True, 1)


def test_a_file_is_imported_byte_for_byte(editor, service):
    raw = b"\xef\xbb\xbf" + ROADMAP.replace("\n", "\r\n").encode()
    file = SimpleUploadedFile("windows.md", raw)
    assert editor.post(DOCUMENTS, {"service": service.slug, "file": file}, format="multipart").status_code == 201

    document = Document.objects.get()
    assert document.name == "windows.md"
    assert editor.get(f"{DOCUMENTS}{document.pk}/export/").content == raw


def test_a_dry_run_reports_everything_and_writes_nothing(editor, posted):
    answer = editor.post(DOCUMENTS, posted | {"dry_run": True}, format="json")
    said = answer.json()
    assert (answer.status_code, said["document"], said["changes"]["created"] > 0) == (200, None, True)
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"service": "nowhere"}, "service"),
        ({"name": ""}, "name"),
        ({"text": None}, "text"),
        ({"name": "x" * 301}, "name"),
    ],
    ids=["unknown service", "no name", "no text", "long name"],
)
def test_a_mistake_is_named_by_its_field(editor, posted, change, field):
    answer = editor.post(DOCUMENTS, posted | change, format="json")
    assert (answer.status_code, field in answer.json()["fields"]) == (400, True)
    assert not Document.objects.exists()


def test_a_text_that_cannot_be_read_is_refused_with_its_line(editor, service):
    file = SimpleUploadedFile("broken.md", b"# Road\n\xff\xfe\x00\n")
    answer = editor.post(DOCUMENTS, {"service": service.slug, "file": file}, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (400, "document_refused")
    assert not Document.objects.exists()


def test_what_was_changed_comes_back_as_a_patch(editor, document):
    task = Task.objects.get(text="Write the runbook.")
    set_claim(entry=task, claim="done", expected="todo")

    answer = editor.get(f"{DOCUMENTS}{document.pk}/patch/")
    assert answer.headers["Content-Type"] == "text/x-diff"
    assert b"-  - [ ] Write the runbook.\n+  - [x] Write the runbook.\n" in answer.content


@pytest.fixture
def conflict(editor, document, posted):
    """The runbook is done here and under way in the document."""
    set_claim(entry=Task.objects.get(text="Write the runbook."), claim="done", expected="todo")
    text = ROADMAP.replace("[ ] Write the", "[~] Write the")
    assert editor.post(DOCUMENTS, posted | {"text": text}, format="json").json()["changes"]["conflicts"] == 1
    (found,) = editor.get(CONFLICTS, {"is_open": True}).json()["results"]
    return found


def test_a_conflict_shows_both_values_and_is_settled_once(editor, viewer, conflict):
    assert [conflict[name] for name in ("kind", "field", "was", "ours", "theirs")] == [
        "task", "claim", "todo", "done", "in_progress",
    ]  # fmt: skip
    address, choice = f"{CONFLICTS}{conflict['id']}/settle/", {"choice": "theirs", "seen": conflict["seen"]}
    assert viewer.post(address, choice, format="json").status_code == 403

    settled = editor.post(address, choice, format="json")
    assert (settled.status_code, settled.json()["choice"]) == (200, "theirs")
    assert settled.json()["settled_by"] == editor.user.email
    assert Task.objects.get(text="Write the runbook.").claim == "in_progress"
    assert editor.post(address, choice, format="json").json()["code"] == "conflict_settled"


def test_values_that_changed_meanwhile_are_looked_at_again(editor, conflict):
    set_claim(entry=Task.objects.get(text="Write the runbook."), claim="todo", expected="done")
    address = f"{CONFLICTS}{conflict['id']}/settle/"
    refused = editor.post(address, {"choice": "theirs", "seen": conflict["seen"]}, format="json")
    assert (refused.status_code, "look again" in refused.json()["detail"]) == (409, True)
    assert Task.objects.get(text="Write the runbook.").claim == "todo"
