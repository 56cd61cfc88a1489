"""import_roadmap and export_roadmap, as people and scripts call them."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.catalog.models import Service
from apps.roadmap.models import Document, Task
from tests.roadmap import seeds

TEXT = "# Road\n\n## M1 Safety\n- [x] Owner: QA  Target: 2026-03-02\n- [ ] lock\n\nSome prose.\n"
PROMISED = {"milestones", "work_items", "tasks", "criteria", "risks", "owners", "target_dates", "cost_lines",
            "prose_lines", "identical_export"}  # fmt: skip


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "road.md"
    file.write_text(TEXT)
    return file


def run(*arguments) -> str:
    out = StringIO()
    call_command(*(str(argument) for argument in arguments), stdout=out, stderr=StringIO())
    return out.getvalue()


def test_it_prints_the_promised_object(path, service):
    counts = json.loads(run("import_roadmap", path, "--service", "payments", "--json"))

    assert counts.keys() >= PROMISED
    assert counts["tasks"] == {"total": 1, "todo": 1, "in_progress": 0, "done": 0}
    assert (counts["milestones"], counts["owners"], counts["target_dates"], counts["prose_lines"]) == (1, 1, 1, 1)
    assert counts["identical_export"] is True
    assert Task.objects.count() == 1


def test_a_dry_run_writes_nothing_even_for_a_new_service(path, db):
    counts = json.loads(run("import_roadmap", path, "--service", "new", "--dry-run", "--json"))

    assert counts["tasks"]["total"] == 1
    assert not Service.objects.exists()
    assert not Document.objects.exists()


def test_an_unknown_service_is_refused_or_added(path, db):
    with pytest.raises(CommandError, match=r"There is no service 'new'.*--create-service"):
        run("import_roadmap", path, "--service", "new")

    run("import_roadmap", path, "--service", "new", "--create-service")
    assert Service.objects.get().slug == "new"


def test_a_folder_is_imported_whole_or_not_at_all(tmp_path, service):
    (tmp_path / "a.md").write_text(TEXT)
    (tmp_path / "b.md").write_text(TEXT.replace("Road", "Way"))
    counts = json.loads(run("import_roadmap", tmp_path, "--service", "payments", "--json"))
    assert (counts["milestones"], [one["title"] for one in counts["documents"]]) == (2, ["Road", "Way"])

    (tmp_path / "a.md").write_text(TEXT + "- [ ] more\n")
    (tmp_path / "c.md").write_bytes(b"a\n\0")
    with pytest.raises(CommandError, match=r"c\.md: Line 2: there is a NUL character"):
        run("import_roadmap", tmp_path, "--service", "payments")
    assert Task.objects.count() == 2


def test_a_person_reads_a_table_and_what_stayed_prose(path, service):
    text = run("import_roadmap", path, "--service", "payments")

    assert "1  milestones" in text
    assert "line 7: Some prose." in text
    assert "Imported: 2 new, 0 updated, 0 vanished. It exports byte for byte." in text
    assert "Nothing to do" in run("import_roadmap", path, "--service", "payments")


def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path, service):
    with pytest.raises(CommandError, match=r"none\.md cannot be read: No such file or directory\."):
        run("import_roadmap", tmp_path / "none.md", "--service", "payments")
    with pytest.raises(CommandError, match="There is no Markdown file in"):
        run("import_roadmap", tmp_path, "--service", "payments")


def test_an_export_is_the_bytes_that_came_in(path, service, tmp_path, capfdbinary):
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    run("import_roadmap", path, "--service", "payments")
    run("export_roadmap", "payments/road.md", "--output", tmp_path / "out.md")

    assert (tmp_path / "out.md").read_bytes() == path.read_bytes()
    call_command("export_roadmap", "payments")
    assert capfdbinary.readouterr().out == path.read_bytes()


def test_an_export_of_nothing_says_what_to_do(service):
    with pytest.raises(CommandError, match="There is no document 'payments': import one"):
        run("export_roadmap", "payments")


@seeds.needs_seeds
def test_the_five_documents_count_as_they_should(service):
    counts = json.loads(run("import_roadmap", seeds.FOLDER, "--service", "payments", "--dry-run", "--json"))

    assert (counts["tasks"]["total"], counts["tasks"]["done"], counts["criteria"]) == (217, 39, 59)
    assert (counts["risks"], counts["owners"], counts["target_dates"], counts["cost_lines"]) == (10, 7, 7, 25)
    assert counts["identical_export"] is True
