"""What was changed here goes back into the document: as a file, and as a patch that git applies."""

import subprocess

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from apps.roadmap.engines.patch import make_patch
from apps.roadmap.models import Document, DocumentRevision, Milestone, Task
from apps.roadmap.services.exporting import plan_export
from apps.roadmap.services.importing import import_document
from tests.pages import read_page
from tests.roadmap.git import git, repository  # noqa: F401  fixture

TEXT = "# Road\n\n## M1 Safety\n- Tasks\n  - [ ] Write runbook\n  - [ ] Rotate keys\n"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.rstrip("\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("Road", "Road\u2028of\x0bodd line ends\x85"),
    ],
)
@pytest.mark.parametrize("name", ["road.md", "two words.md", "größe.md", 'a"b\\c.md', "docs/road.md"])
def test_git_applies_the_patch(service, repository, change, name):  # noqa: F811
    file = repository / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(change(TEXT).encode())
    document = import_document(service=service, name=name, raw=file.read_bytes()).document
    Task.objects.update(claim="done")
    plan = plan_export(document)
    (repository / "change.patch").write_bytes(plan.patch)
    git(repository, "apply", "change.patch")

    assert file.read_bytes() == plan.content
    assert plan.content.count(b"[x]") == 2


def test_nothing_changed_is_no_patch():
    assert make_patch(b"a\n", b"a\n", "a.md") == b""


def test_a_file_of_a_revision_is_imported_with_its_path_and_commit(service, repository):  # noqa: F811
    folder = repository / "docs"
    folder.mkdir()
    (folder / "road.md").write_text(TEXT)
    commit = (
        git(repository, "add", ".") + git(repository, "commit", "-qm", "Road") + git(repository, "rev-parse", "HEAD")
    )
    (folder / "road.md").write_text(TEXT + "  - [ ] Not committed\n")
    call_command("import_roadmap", str(folder / "road.md"), "--service", "payments", "--revision", "main")

    revision = DocumentRevision.objects.get()
    assert bytes(revision.raw).decode() == TEXT
    assert (revision.source, revision.source_revision) == ("docs/road.md", commit)
    Task.objects.update(claim="done")
    git(repository, "checkout", "-q", ".")
    call_command("export_roadmap", "--service", "payments", "--patch", "--output", str(repository / "change.patch"))
    git(repository, "apply", "change.patch")
    assert (folder / "road.md").read_text() == TEXT.replace("[ ]", "[x]")


def read(path, revision):
    call_command("import_roadmap", str(path), "--service", "payments", f"--revision={revision}")


def commit_all(folder) -> str:
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "Road")
    return git(folder, "rev-parse", "HEAD")


def test_what_cannot_be_read_from_a_repository_is_said(service, repository, tmp_path):  # noqa: F811
    (repository / "road.md").write_text(TEXT)
    commit_all(repository)
    with pytest.raises(CommandError, match=r"The repository has no revision 'v9': name a branch, a tag or a commit\."):
        read(repository / "road.md", "v9")
    with pytest.raises(CommandError, match="has no revision '--output=x'"):
        read(repository / "road.md", "--output=x")
    with pytest.raises(CommandError, match=r"Revision 'main' has no 'other\.md'\."):
        read(repository / "other.md", "main")
    with pytest.raises(CommandError, match="does not stand in a git checkout"):
        read(tmp_path.parent / "road.md", "main")
    (repository / "docs").mkdir()
    (repository / "docs" / "a.md").write_text(TEXT)
    commit_all(repository)
    with pytest.raises(CommandError, match="'docs' is no file at revision 'main'"):
        read(repository / "docs", "main")
    assert not Document.objects.exists()


def test_without_git_the_sentence_says_so(service, repository, monkeypatch):  # noqa: F811
    monkeypatch.setenv("PATH", str(repository))
    with pytest.raises(CommandError, match="git is not installed here"):
        read(repository / "road.md", "main")


def test_nothing_of_a_hostile_repository_is_run(service, repository):  # noqa: F811
    proof = repository / "it-ran"
    script = repository / "run.sh"
    script.write_text(f"#!/bin/sh\ntouch {proof}\n")
    script.chmod(0o755)
    (repository / "road.md").write_text(TEXT)
    (repository / ".gitattributes").write_text("*.md diff=evil filter=evil\n")
    commit_all(repository)
    for key in ("core.fsmonitor", "core.pager", "diff.evil.textconv", "filter.evil.smudge", "diff.external",
                "core.sshCommand", "alias.cat-file", "core.alternateRefsCommand"):  # fmt: skip
        git(repository, "config", key, str(script))
    git(repository, "config", "core.hooksPath", str(repository))
    read(repository / "road.md", "main")

    assert Task.objects.count() == 2
    assert not proof.exists()


def test_a_repository_of_somebody_else_is_read(service, repository, monkeypatch):  # noqa: F811
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    (repository / "road.md").write_text(TEXT)
    subprocess.run(["chown", "-R", "nobody", str(repository)], check=False, capture_output=True)
    commit_all(repository)
    read(repository / "road.md", "main")
    assert Task.objects.count() == 2


def test_the_page_shows_the_patch_and_what_is_left_out(client, olga, service):
    client.force_login(olga)
    document = import_document(service=service, name="road.md", raw=TEXT.encode()).document
    Task.objects.filter(text="Rotate keys").update(claim="done")
    Milestone.objects.update(claim="unknown")
    response = client.get(reverse("admin:roadmap_document_write_back", args=[document.pk]))

    assert read_page(response).refused == []
    text = response.content.decode()
    assert '<span class="removed">-  - [ ] Rotate keys</span>' in text
    assert '<span class="added">+  - [x] Rotate keys</span>' in text
    assert "claim of “M1 Safety”" in text
    patch = client.get(reverse("admin:roadmap_document_patch", args=[document.pk]))
    assert patch.content == plan_export(document).patch
    assert patch["Content-Disposition"].endswith("road.md.patch")


def test_the_page_of_an_unchanged_document_says_so(client, olga, service):
    client.force_login(olga)
    document = import_document(service=service, name="road.md", raw=TEXT.encode()).document
    text = client.get(reverse("admin:roadmap_document_write_back", args=[document.pk])).content.decode()

    assert "Nothing: the document says what is said here." in text
    assert "roadmap_document_patch" not in text


def test_an_export_asks_as_often_for_many_entries_as_for_few(service, django_assert_max_num_queries):
    text = TEXT + "".join(f"  - [ ] Thing {number}\n" for number in range(200))
    document = import_document(service=service, name="road.md", raw=text.encode()).document
    with django_assert_max_num_queries(25):
        plan_export(document)
