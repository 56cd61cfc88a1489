"""Three roadmaps unlike the five: tables with a header, numbered milestones with signs, and one in German."""

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from apps.roadmap.engines.entries import ParsedDocument
from apps.roadmap.engines.marks import Claim, mark_for
from apps.roadmap.engines.parser import parse_document
from apps.roadmap.engines.splice import splice
from apps.roadmap.models import Criterion, Milestone, Risk, Task
from apps.roadmap.services.exporting import export_document, plan_export
from apps.roadmap.services.importing import import_document

FOLDER = Path(__file__).parent / "documents"
NAMES = ["tables.md", "numbered.md", "german.md"]
MOST_PROSE = 0.25
each_document = pytest.mark.parametrize("name", NAMES)


def raw(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


@cache
def parsed(name: str) -> ParsedDocument:
    return parse_document(raw(name))


def day(target) -> str:
    return target.end.isoformat() if target else ""


def claims(entries) -> str:
    """One letter for each: t, i, d, n, u."""
    return "".join(entry.claim.value[0] for entry in entries)


@pytest.mark.parametrize(
    ("name", "milestones", "work_items", "tasks", "criteria", "risks", "cost_lines", "prose_lines"),
    [("tables.md", 4, 0, 10, 4, 3, 4, 7), ("numbered.md", 7, 1, 20, 5, 2, 4, 2), ("german.md", 3, 0, 12, 4, 2, 3, 3)],
)
def test_what_each_document_holds(name, milestones, work_items, tasks, criteria, risks, cost_lines, prose_lines):
    document = parsed(name)
    found = (document.milestones, document.work_items, document.tasks, document.criteria, document.risks)

    assert [len(entries) for entries in found] == [milestones, work_items, tasks, criteria, risks]
    assert len(document.cost_lines) == cost_lines
    assert document.prose_line_count == prose_lines


@each_document
def test_at_most_a_quarter_stays_prose(name):
    lines = [line for line in raw(name).decode().splitlines() if line.strip()]

    assert parsed(name).prose_line_count <= MOST_PROSE * len(lines)


def test_tables_of_any_order_become_milestones_tasks_and_criteria():
    document = parsed("tables.md")

    assert [(each.code, each.owners, day(each.target)) for each in document.milestones] == [
        ("L1", ("Ines Park",), "2026-01-30"),
        ("L2", ("Ines Park", "Omar"), "2026-03-13"),
        ("L3", ("Omar",), "2026-05-31"),
        ("L4", (), "2026-06-30"),
    ]
    assert claims(document.milestones) == "diit"
    assert [each.owners for each in document.tasks[:6]] == [
        ("ines",), ("omar", "ines"), ("omar",), ("lea",), ("lea",), (),
    ]  # fmt: skip
    assert [day(each.target) for each in document.tasks[:6]] == [
        "2026-02-06", "2026-02-27", "2026-03-06", "2026-03-10", "2026-03-31", "",
    ]  # fmt: skip
    assert claims(document.tasks) == "ditiiudtdi"
    assert claims(document.criteria) == "dtit"
    assert [each.measures[0].operator for each in document.criteria] == ["<", "<", ">=", "<"]
    assert {each.rule for each in document.tasks[6:]} == {"unnamed_table"}


def test_the_header_tells_title_owner_and_target():
    document = parsed("tables.md")
    header = {field.name: field.value for field in document.fields if field.line <= 7}

    assert header == {
        "title": "Ledger service: production readiness",
        "owner": "Payments Platform",
        "target": "2026-06-30",
        "status": "in progress",
        "tags": "ledger, tier-1",
    }
    assert document.declared_roles == ("Payments Platform",)
    assert parsed("german.md").declared_roles == ("Portal-Team",)


def test_numbered_milestones_carry_signs_names_and_us_dates():
    document = parsed("numbered.md")

    assert [(each.code, each.title, day(each.target)) for each in document.milestones] == [
        ("Milestone 1", "Closed beta", "2026-01-23"),
        ("Milestone 2", "Offline mode", "2026-03-06"),
        ("Milestone 3", "Store release", "2026-04-03"),
        ("Sprint 12", "02/09/2026 - 02/20/2026", "2026-02-20"),
        ("", "Courier survey", "2026-06-30"),
        ("", "Public status page", "2026-05-29"),
        ("", "Retire the paper fallback", "2026-06-30"),
    ]
    assert claims(document.milestones) == "dittttt"
    assert [each.owners for each in document.milestones[:3]] == [("maya",), ("tom",), ()]
    assert [(each.number, each.title) for each in document.work_items] == [("IV", "Housekeeping")]
    assert claims(document.tasks) == "ddddiitdtittuuddtutd"
    assert document.tasks[4].text == "Conflict screen for double deliveries"
    assert (document.tasks[4].owners, day(document.tasks[4].target)) == (("maya",), "2026-02-20")
    assert [finding.message for finding in document.findings] == ["“Feb 27” names no year: 2026 is the document's."]


def test_a_german_document_is_read_with_its_own_legend():
    document = parsed("german.md")

    assert document.legend == {
        " ": Claim.TODO, "/": Claim.IN_PROGRESS, "x": Claim.DONE, "-": Claim.NOT_APPLICABLE,
    }  # fmt: skip
    assert [(each.code, each.owners, day(each.target)) for each in document.milestones] == [
        ("Phase A", ("Betrieb", "Portal-Team"), "2026-03-22"),
        ("Phase B", ("Sicherheit",), "2026-06-30"),
        ("Phase C", ("Produktleitung",), "2026-09-30"),
    ]
    assert claims(document.tasks) == "ddintditnttt"
    assert [day(each.target) for each in document.tasks] == [
        "", "", "2026-03-08", "", "2026-03-20", "2026-04-15", "2026-05-08", "2026-05-31", "2026-06-21",
        "2026-08-31", "2026-09-04", "",
    ]  # fmt: skip
    assert claims(document.criteria) == "titt"
    assert [(each.measures[0].metric, str(each.measures[0].value)) for each in document.criteria if each.measures] == [
        ("rto", "1"), ("latency", "400"), ("uptime", "99.9"),
    ]  # fmt: skip
    assert [(line.currency, str(line.maximum), line.period) for line in document.cost_lines] == [
        ("EUR", "310", "month"), ("EUR", "12500", ""), ("EUR", "8", "user/month"),
    ]  # fmt: skip


@each_document
def test_every_mark_toggles_alone(name):
    document = parsed(name)
    text = document.source.text
    marked = [each for each in (*document.milestones, *document.tasks, *document.criteria) if each.mark]
    for entry in marked:
        span = entry.spans["mark"]
        other = Claim.DONE if entry.claim != Claim.DONE else Claim.TODO
        mark = mark_for(other, instead_of=text[slice(*span)], legend=document.legend)
        changed = splice(text, [(span, mark)])
        assert len(changed) == len(text)
        assert sum(one != two for one, two in zip(text, changed, strict=True)) == 1
        again = parse_document(changed.encode())
        assert [each.claim for each in again.tasks].count(other) == [each.claim for each in document.tasks].count(
            other
        ) + (entry in document.tasks)


@each_document
def test_the_rows_have_what_was_read_and_the_export_is_the_same(service, name):
    report = import_document(service=service, name=name, raw=raw(name))
    document = parsed(name)

    assert export_document(report.document) == raw(name)
    assert Task.objects.filter(target_on__isnull=False).count() == sum(1 for task in document.tasks if task.target)
    assert Task.objects.exclude(owners=None).count() == sum(1 for task in document.tasks if task.owners)
    assert Milestone.objects.exclude(owners=None).count() == sum(1 for each in document.milestones if each.owners)


def test_grades_of_risks_become_the_same_four_words(service):
    for name in ("tables.md", "german.md"):
        import_document(service=service, name=name, raw=raw(name))

    assert list(Risk.objects.order_by("pk").values_list("likelihood", "severity")) == [
        ("medium", "high"), ("high", "low"), ("low", "critical"), ("medium", "high"), ("high", "medium"),
    ]  # fmt: skip


@each_document
def test_every_claim_and_date_is_written_in_place(service, name):
    document = import_document(service=service, name=name, raw=raw(name)).document
    for model in (Task, Criterion):
        model.objects.update(claim="done")
    Task.objects.filter(target_on__isnull=False).update(
        target_starts_on=date(2027, 1, 2), target_on=date(2027, 1, 2), target_precision="day"
    )
    again = parse_document(export_document(document))

    assert plan_export(document).left_out == []
    assert set(claims((*again.tasks, *again.criteria))) == {"d"}
    assert {day(task.target) for task in again.tasks if task.target} == {"2027-01-02"}
    before = parsed(name)
    assert [task.text for task in again.tasks] == [task.text for task in before.tasks]
    assert [task.owners for task in again.tasks] == [task.owners for task in before.tasks]
