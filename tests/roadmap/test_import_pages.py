"""A text is looked at before it is imported, by whoever sent it, and not for ever."""

import subprocess
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.common.clock import now
from apps.roadmap.models import Document, ImportDraft, Task
from apps.roadmap.services.drafts import forget_old_drafts, import_draft, look_ahead
from apps.roadmap.services.exporting import export_document
from apps.roadmap.services.importing import import_document
from apps.roadmap.tasks import forget_old_drafts as sweep
from tests.pages import read_page

TEXT = b"# Road\n## M1 Safety\n- [ ] Write runbook\n- [x] Lock deps\n"
LATER = b"# Road\n## M1 Safety\n- [x] Write runbook\n- [ ] Rotate keys\n\nprose\n"
CHOOSE = "/admin/roadmap/document/add/"


@pytest.fixture
def as_olga(client, olga):
    client.force_login(olga)
    return client


def upload(raw: bytes, service):
    return {"service": service.pk, "file": SimpleUploadedFile("road.md", raw)}


def test_an_upload_is_looked_at_and_then_imported(as_olga, olga, service):
    preview = as_olga.post(CHOOSE, upload(TEXT, service), follow=True)
    assert read_page(preview).refused == []
    assert "Nothing is written yet" in preview.content.decode()
    assert not Document.objects.exists()

    imported = as_olga.post(preview.request["PATH_INFO"], follow=True)
    document = Document.objects.get()
    assert document.newest_revision.imported_by == olga
    assert imported.request["PATH_INFO"] == reverse("admin:roadmap_document_review", args=[document.pk])
    assert not ImportDraft.objects.exists()
    assert export_document(document) == TEXT


def test_a_preview_names_what_would_change_and_changes_nothing(as_olga, service):
    import_document(service=service, name="road.md", raw=TEXT)
    rows = list(Task.objects.values_list("pk", "text", "claim", "orphaned_at"))
    preview = as_olga.post(CHOOSE, upload(LATER, service), follow=True).context["preview"]

    assert [each.words for each in preview.created] == ["Rotate keys"]
    assert [(each.words, each.changes) for each in preview.updated] == [("Write runbook", ("claim: todo → done",))]
    assert [each.words for each in preview.vanished] == ["Lock deps"]
    assert list(Task.objects.values_list("pk", "text", "claim", "orphaned_at")) == rows


def test_an_unreadable_upload_is_refused_at_its_field(as_olga, service):
    response = as_olga.post(CHOOSE, upload(b"a\nb\xff", service))

    assert "Line 2: a byte is not UTF-8." in str(response.context["form"].errors["file"])
    assert not ImportDraft.objects.exists()


def test_a_look_ahead_can_only_be_confirmed_by_who_had_it(as_olga, client, sam, service):
    as_olga.post(CHOOSE, upload(TEXT, service))
    sam.groups.add(Group.objects.get(name="editor"))
    client.force_login(sam)
    address = reverse("admin:roadmap_document_import", args=[ImportDraft.objects.get().pk])

    assert client.get(address).status_code == 404
    assert "choose it again" in client.post(address, follow=True).content.decode()
    assert not Document.objects.exists()


def test_a_text_that_waited_too_long_is_not_imported_and_is_swept(as_olga, olga, service):
    as_olga.post(CHOOSE, upload(TEXT, service))
    draft = ImportDraft.objects.get()
    assert forget_old_drafts() == 0
    ImportDraft.objects.update(created_at=now() - timedelta(minutes=30))

    address = reverse("admin:roadmap_document_import", args=[draft.pk])
    assert as_olga.get(address).status_code == 404
    assert "waited too long" in as_olga.post(address, follow=True).content.decode()
    sweep()
    assert not ImportDraft.objects.exists()


def test_a_preview_is_the_same_each_time(olga, service):
    draft = ImportDraft.objects.create(service=service, name="road.md", raw=TEXT, sha256="0" * 64, created_by=olga)
    assert look_ahead(draft=draft).created == look_ahead(draft=draft).created != ()
    assert import_draft(draft_id=draft.pk, actor=olga).changes.created == 3


def test_files_of_the_server_are_read_only_below_its_folder(as_olga, service, settings, tmp_path):
    assert "path" not in as_olga.get(CHOOSE).context["form"].fields
    folder = tmp_path / "roadmaps"
    folder.mkdir()
    (folder / "road.md").write_bytes(TEXT)
    (tmp_path / "secret.md").write_bytes(TEXT)
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    settings.ROADMAP_DIRECTORY = str(folder)

    for path in ("../secret.md", str(tmp_path / "secret.md"), "link.md"):
        response = as_olga.post(CHOOSE, {"service": service.pk, "path": path})
        assert "lies outside the folder of roadmaps" in str(response.context["form"].errors["path"])
    for path in ("missing.md", "."):
        response = as_olga.post(CHOOSE, {"service": service.pk, "path": path})
        assert "There is no file" in str(response.context["form"].errors["path"])
    assert "one of the two" in str(as_olga.post(CHOOSE, {"service": service.pk}).context["form"].errors)

    preview = as_olga.post(CHOOSE, {"service": service.pk, "path": "road.md"}, follow=True)
    as_olga.post(preview.request["PATH_INFO"])
    assert Document.objects.get().name == "road.md"


def test_a_file_is_read_at_a_revision_of_its_repository(as_olga, service, settings, tmp_path):
    settings.ROADMAP_DIRECTORY = str(tmp_path)
    file = tmp_path / "road.md"
    for raw in (TEXT, LATER):
        file.write_bytes(raw)
        commit(tmp_path)
    file.write_bytes(b"# Not committed")

    posted = {"service": service.pk, "path": "road.md", "revision": "HEAD~1"}
    preview = as_olga.post(CHOOSE, posted, follow=True)
    as_olga.post(preview.request["PATH_INFO"])
    revision = Document.objects.get().newest_revision
    assert (bytes(revision.raw), revision.source, len(revision.source_revision)) == (TEXT, "road.md", 40)
    refused = as_olga.post(CHOOSE, posted | {"revision": "nowhere"})
    assert "no revision" in str(refused.context["form"].errors["path"])


def commit(folder):
    who = ["-c", "user.name=Olga", "-c", "user.email=olga@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "--quiet"], ["add", "."], [*who, "commit", "--quiet", "--message", "Write the road"]):
        subprocess.run(["git", "-C", folder, *command], check=True, capture_output=True)


def test_what_changed_both_here_and_there_is_named_before_and_led_to_after(as_olga, olga, service):
    import_document(service=service, name="road.md", raw=TEXT)
    Task.objects.filter(text="Write runbook").update(claim="not_applicable")

    preview = as_olga.post(CHOOSE, upload(LATER, service), follow=True)
    imported = as_olga.post(preview.request["PATH_INFO"], follow=True)

    assert [(each.words, each.changes) for each in preview.context["preview"].conflicts] == [
        ("Write runbook", ("claim: here Not applicable, in the document Done",))
    ]
    address = reverse("admin:roadmap_document_conflicts", args=[Document.objects.get().pk])
    assert f'<a href="{address}">settle them</a>' in imported.content.decode()
