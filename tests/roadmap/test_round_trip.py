"""Whatever is changed on the rows, the exported text says it: read again, it gives the rows' values."""

from datetime import UTC, date, datetime

import pytest

from apps.catalog.models import Team
from apps.roadmap.engines.parser import parse_document
from apps.roadmap.models import CostLine, Criterion, Document, Milestone, Risk, Task, WorkItem
from apps.roadmap.services.exporting import export_document, plan_export
from apps.roadmap.services.importing import import_document
from tests.roadmap import seeds

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SHAPES = """# Shapes

| Milestone | Owner | Target date | Status |
|---|---|---|---|
| M1: Data safe | SRE | 2026-03-01 | In progress |
| M2: Beta | Payments | Q2 2026 | [ ] |

## 1. Boxes
**Effort:** 2 days
**Current State:** none at all

- ☐ box of its own
- [ ] ordinary
  continued on a second line
- [n/a] long mark; [ ] inline

## Release checklist
1. without a box

## Success criteria
1. ✅ **Uptime:** > 99.9%
* plain words

| Task | Owner | Status |
|---|---|---|
| in a table | QA | todo |
"""


def load(service, raw: bytes) -> Document:
    return import_document(service=service, name="shapes.md", raw=raw, now=AT).document


def exported(document: Document):
    return parse_document(export_document(document))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("claim", ["done", "in_progress", "not_applicable", "todo"])
def test_every_claim_is_written_in_every_shape(service, claim, newline):
    document = load(service, SHAPES.replace("\n", newline).encode())
    for model in (Milestone, Task, Criterion):
        model.objects.update(claim=claim)
    again = exported(document)

    assert plan_export(document).left_out == []
    assert (len(again.milestones), len(again.tasks), len(again.criteria)) == (2, 6, 2)
    entries = [*again.milestones, *again.tasks, *again.criteria]
    assert {entry.claim.value for entry in entries} == {claim}


def test_every_text_is_written_in_every_shape(service):
    document = load(service, SHAPES.encode())
    for row in [*Task.objects.all(), *Criterion.objects.all()]:
        row.text += " | and more\nof it"
        row.save()
    for row in [*Milestone.objects.all(), *WorkItem.objects.all()]:
        row.title = f"New {row.title}"
        row.save()
    again = exported(document)

    said = {entry.text.replace("\\|", "|") for entry in (*again.tasks, *again.criteria)}
    assert said == {" ".join(row.text.split()) for row in (*Task.objects.all(), *Criterion.objects.all())}
    assert [entry.title for entry in again.milestones] == [row.title for row in Milestone.objects.order_by("position")]
    assert [entry.title for entry in again.work_items] == ["New Boxes"]


def test_owners_and_targets_are_written_in_every_shape(service):
    document = load(service, SHAPES.encode())
    team = Team.objects.create(name="Night watch")
    for milestone in Milestone.objects.all():
        milestone.owners.set([team])
    Milestone.objects.update(target_starts_on=date(2027, 1, 1), target_on=date(2027, 3, 31), target_precision="quarter")
    Task.objects.get(text="in a table").owners.set([team])
    again = exported(document)

    assert [entry.owners for entry in again.milestones] == [("Night watch",)] * 2
    assert {(entry.target.start, entry.target.precision.value) for entry in again.milestones} == {
        (date(2027, 1, 1), "quarter")
    }
    assert again.tasks[-1].owners == ("Night watch",)


SIGNS = """# Signs

1. **M1: Foundations** (due 2026-11-15, owner: @dana)
   1. ✅ Database provisioned
   2. 🚧 Backups configured
2. **M2: Launch** — due: 2026-12-10
   * ❌ Penetration test

| Task | Status |
|---|---|
| With a sign | ⏳ |
| In small letters | in progress |
| With a capital | In progress |
"""


def test_signs_and_small_letters_stay_what_they_are(service):
    document = load(service, SIGNS.encode())
    assert [(each.code, each.title) for each in Milestone.objects.order_by("position")] == [
        ("M1", "Foundations"),
        ("M2", "Launch"),
    ]
    claims = Task.objects.order_by("position").values_list("claim", flat=True)
    assert list(claims) == ["done", "in_progress", "todo", "in_progress", "in_progress", "in_progress"]

    Task.objects.update(claim="done")

    expected = SIGNS.replace("🚧", "✅").replace("❌", "✅").replace("⏳", "✅")
    expected = expected.replace("in progress", "done").replace("In progress", "Done")
    assert export_document(document).decode() == expected


@pytest.mark.parametrize("claim", ["done", "in_progress", "not_applicable", "todo"])
def test_every_claim_is_written_as_a_sign(service, claim):
    document = load(service, SIGNS.encode())
    Task.objects.update(claim=claim)
    assert {entry.claim.value for entry in exported(document).tasks} == {claim}


@seeds.needs_seeds
@pytest.mark.parametrize("name", seeds.NAMES)
def test_the_five_documents_say_whatever_the_rows_say(service, name):
    document = load(service, seeds.raw(name))
    for model, field in (
        (Task, "text"),
        (Criterion, "text"),
        (WorkItem, "title"),
        (Risk, "impact"),
        (CostLine, "text"),
    ):
        for row in model.objects.all():
            setattr(row, field, f"{getattr(row, field)} now")
            row.save()
    Task.objects.update(claim="done")
    again = exported(document)

    assert [entry.claim.value for entry in again.tasks] == ["done"] * Task.objects.count()
    assert [entry.text for entry in again.tasks] == list(
        Task.objects.order_by("position", "pk").values_list("text", flat=True)
    )
    assert sorted(entry.text for entry in again.criteria) == sorted(Criterion.objects.values_list("text", flat=True))
    assert sorted(entry.title for entry in again.work_items) == sorted(WorkItem.objects.values_list("title", flat=True))
    assert sorted(entry.impact for entry in again.risks) == sorted(Risk.objects.values_list("impact", flat=True))
