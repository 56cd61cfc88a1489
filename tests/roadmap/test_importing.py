"""Documents in and out, again and again, on a real database."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditEvent
from apps.catalog.models import Team
from apps.roadmap.exceptions import DocumentRefused
from apps.roadmap.models import CostLine, Criterion, Document, DocumentRevision, Milestone, Risk, Task, WorkItem
from apps.roadmap.services.claims import set_claim
from apps.roadmap.services.exporting import export_document, plan_export
from apps.roadmap.services.importing import import_document
from tests.roadmap import seeds

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TEXT = """# Road

Owners (roles): Core, QA

## M1 Safety
- [~] Owner: Core + QA  Target: 2026-03-02
- Objectives: Nothing is lost.
- Tasks
  - [x] Lock **all** deps; [ ] watch them
  - [ ] Write runbook
- Acceptance
  - [ ] Restore drill passes with RTO < 1 hour

## Risks
1. **Key loss**
   ```
   Risk: One vault
   Impact: No decryption
   Mitigation:
   - A second vault
   ```

## Costs
- Vault: $26/month
"""


def load(service, text=TEXT, **options):
    return import_document(service=service, name="road.md", raw=text.encode(), now=AT, **options)


def export() -> str:
    return export_document(Document.objects.get()).decode()


def claim(text: str, claim: str, actor=None) -> None:
    task = Task.objects.get(text=text)
    assert set_claim(entry=task, claim=claim, expected=task.claim, actor=actor)


def rows() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in (Milestone, WorkItem, Task, Criterion, Risk, CostLine)}


def test_a_document_becomes_rows(service, olga):
    report = load(service, actor=olga)

    milestone, task = Milestone.objects.get(), Task.objects.get(text="Write runbook")
    assert rows() == {"Milestone": 1, "WorkItem": 0, "Task": 3, "Criterion": 1, "Risk": 1, "CostLine": 1}
    assert (milestone.code, milestone.title, milestone.claim) == ("M1", "Safety", "in_progress")
    assert {team.name for team in milestone.owners.all()} == {"Core", "QA"}
    assert milestone.target_on.isoformat() == "2026-03-02"
    assert (task.milestone, task.line, task.section) == (milestone, 10, "Safety › Tasks")
    assert Task.objects.get(text="watch them").parent.text == "Lock all deps"
    assert Criterion.objects.get().measures[0]["metric"] == "rto"
    assert [mitigation.text for mitigation in Risk.objects.get().mitigations.all()] == ["A second vault"]
    assert CostLine.objects.get().amount_minimum == 26
    assert report.changes.created == 7
    assert report.counts["identical_export"] is True
    assert AuditEvent.objects.get(action="document.imported").actor == olga
    assert task.history.get().history_user == olga


def test_the_same_bytes_again_write_nothing(service):
    load(service)
    events = AuditEvent.objects.count()
    report = load(service)

    assert report.is_unchanged
    assert AuditEvent.objects.count() == events
    assert DocumentRevision.objects.count() == 1
    assert Task.history.count() == 3


def test_a_dry_run_reports_and_writes_nothing(service):
    report = load(service, dry_run=True)

    assert (report.changes.created, report.counts["identical_export"]) == (7, True)
    assert not Document.objects.exists()
    assert not Team.objects.exists()
    assert not AuditEvent.objects.filter(action="document.imported").exists()


def test_a_refused_document_leaves_nothing(service):
    with pytest.raises(DocumentRefused, match="Line 2"):
        import_document(service=service, name="road.md", raw=b"- [ ] a\n\xff", now=AT)

    assert not Document.objects.exists()


def test_a_claim_changes_one_character_of_the_export(service, olga):
    load(service)

    claim("watch them", "done", actor=olga)
    assert export() == TEXT.replace("[ ] watch", "[x] watch")
    assert AuditEvent.objects.get(action="task.claimed").details == {"from": "todo", "to": "done"}


def test_every_changed_value_is_written_to_its_place(service):
    load(service)
    milestone, task, risk = Milestone.objects.get(), Task.objects.get(text="Lock all deps"), Risk.objects.get()
    milestone.title, milestone.objectives = "Safety first", "Nothing is ever lost."
    milestone.target_starts_on = milestone.target_on = AT.date()
    milestone.save()
    milestone.owners.set(Team.objects.filter(name="QA"))
    task.text = "Lock all the deps"
    task.save()
    risk.impact = "No decryption at all"
    risk.save()

    assert export() == (
        TEXT.replace("M1 Safety", "M1 Safety first")
        .replace("Core + QA  Target: 2026-03-02", "QA  Target: 2026-11-20")
        .replace("is lost", "is ever lost")
        .replace("**all** deps", "**all** the deps")
        .replace("No decryption", "No decryption at all")
    )


def test_a_change_without_a_place_is_named(service):
    load(service)
    Risk.objects.update(severity="high")
    plan = plan_export(Document.objects.get())

    assert plan.replacements == []
    assert [str(each) for each in plan.left_out] == [
        "Line 15: severity of “Key loss”: the document has no place for it."
    ]


def test_a_new_text_takes_the_documents_values_and_keeps_those_of_people(service):
    load(service)
    keys = dict(Task.objects.values_list("text", "pk"))
    claim("Write runbook", "done")
    report = load(service, "\n" + TEXT.replace("[ ] watch", "[x] watch").replace("2026-03-02", "2026-04-01"))

    assert dict(Task.objects.values_list("text", "pk")) == keys
    assert Task.objects.get(text="watch them").claim == "done"
    assert Task.objects.get(text="Write runbook").claim == "done"
    assert Task.objects.get(text="Write runbook").line == 11
    assert Milestone.objects.get().target_on.isoformat() == "2026-04-01"
    assert (report.changes.created, report.changes.updated, report.changes.vanished) == (0, 2, 0)
    assert export().count("[x]") == 3


def test_rows_that_only_moved_get_no_line_of_history(service):
    load(service)
    load(service, "\n\n" + TEXT)

    assert Task.history.count() == 3
    assert Task.objects.get(text="Write runbook").line == 12


def test_a_longer_document_takes_no_more_queries(service):
    longer = TEXT.replace("  - [ ] Write runbook\n", "".join(f"  - [ ] Write page {page}\n" for page in range(20)))
    load(service)
    load(service, "\n" + TEXT)  # what a process asks once is asked by now
    with CaptureQueriesContext(connection) as few:
        load(service, "\n\n" + TEXT)
    load(service, longer)
    with CaptureQueriesContext(connection) as many:
        load(service, "\n" + longer)

    assert len(many) == len(few)


def test_the_first_line_of_history_says_what_the_row_says(service, olga):
    load(service, actor=olga)

    for row in (*Milestone.objects.all(), *Task.objects.all(), *Criterion.objects.all(), *Risk.objects.all()):
        version, names = row.history.get(), [column.attname for column in row._meta.concrete_fields]
        assert [getattr(version, name) for name in names] == [getattr(row, name) for name in names]
        assert (version.history_type, version.history_change_reason, version.history_user) == ("+", "import", olga)


def test_the_first_line_of_history_knows_the_owners(service):
    load(service)

    version = Milestone.history.get()
    assert {owned.team.name for owned in version.owners.all()} == {"Core", "QA"}


def test_other_owners_are_one_line_of_history_of_whoever_imports(service, olga):
    load(service)
    load(service, TEXT.replace("Core + QA", "QA + Data"), actor=olga)

    version, first = Milestone.history.order_by("-pk")
    assert {owned.team.name for owned in version.owners.all()} == {"Data", "QA"}
    assert (version.history_type, version.history_change_reason, version.history_user) == ("~", "import", olga)
    assert {owned.team.name for owned in first.owners.all()} == {"Core", "QA"}


def test_every_owner_of_a_task_and_of_a_risk_owns_it(service):
    risks = "| Risk | Owner | Severity |\n|---|---|---|\n| Sinks | QA, Ops | high |\n"
    load(service, f"# Road\n\n## M1 Safety\n- [ ] Rotate (owner: QA + Platform/Infra)\n\n{risks}")

    assert [team.name for team in Task.objects.get().owners.all()] == ["Platform/Infra", "QA"]
    assert [team.name for team in Risk.objects.get().owners.all()] == ["Ops", "QA"]


def test_what_vanished_is_marked_and_comes_back(service):
    load(service)
    gone = Task.objects.get(text="Write runbook")
    report = load(service, TEXT.replace("  - [ ] Write runbook\n", ""))
    gone.refresh_from_db()
    assert (report.changes.vanished, gone.orphaned_at) == (1, AT)
    assert Task.objects.current().count() == 2

    load(service, TEXT.replace("# Road", "# Roads"))
    gone.refresh_from_db()
    assert (gone.orphaned_at, gone.line) == (None, 10)


def test_the_same_bytes_are_read_again_once_the_grammar_knows_more(service):
    document = import_document(service=service, name="road.md", raw=TEXT.encode()).document
    DocumentRevision.objects.update(parser_version=1)
    Milestone.objects.update(objectives="", imported={**Milestone.objects.get().imported, "objectives": ""})

    report = import_document(service=service, name="road.md", raw=TEXT.encode())

    assert (report.is_unchanged, report.changes.updated, report.changes.created) == (False, 1, 0)
    assert Milestone.objects.get().objectives == "Nothing is lost."
    assert document.newest_revision.parser_version > 1
    assert import_document(service=service, name="road.md", raw=TEXT.encode()).is_unchanged


def test_a_reworded_or_moved_entry_stays_the_same_row(service):
    load(service)
    key = Task.objects.get(text="Write runbook").pk
    load(service, TEXT.replace("Write runbook", "Write the runbook"))
    assert Task.objects.get(text="Write the runbook").pk == key

    load(service, TEXT.replace("Write runbook", "Write the runbook").replace("## M1 Safety", "## M1 Security"))
    assert Task.objects.get(text="Write the runbook").pk == key
    assert Milestone.objects.get().title == "Security"


def test_two_entries_with_the_same_words_stay_two(service):
    text = "## M1 A\n- [ ] same\n- [x] same\n"
    load(service, text)
    load(service, text + "- [ ] same\n")

    assert list(Task.objects.values_list("claim", flat=True)) == ["todo", "done", "todo"]
    assert Task.objects.current().count() == 3


@seeds.needs_seeds
@pytest.mark.parametrize("name", seeds.NAMES)
def test_the_five_documents_come_back_byte_by_byte(name, service):
    raw = seeds.raw(name)
    report = import_document(service=service, name=name, raw=raw, now=AT)

    assert report.counts["identical_export"] is True
    assert export_document(Document.objects.get()) == raw
    assert report.changes.created == sum(rows().values())


@seeds.needs_seeds
@pytest.mark.parametrize("name", seeds.NAMES)
def test_a_toggle_changes_one_byte_of_the_five_documents(name, service):
    raw = seeds.raw(name)
    import_document(service=service, name=name, raw=raw, now=AT)
    for task in (Task.objects.order_by("line").first(), Task.objects.order_by("line").last()):
        set_claim(entry=task, claim="todo" if task.claim == "done" else "done", expected=task.claim)
    changed = export_document(Document.objects.get())

    assert len(changed) == len(raw)
    assert sum(1 for old, new in zip(raw, changed, strict=True) if old != new) == 2
