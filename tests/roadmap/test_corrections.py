"""Corrections of an import: at once in the rows, kept by later imports, undone when a person says so."""

import random
from datetime import UTC, datetime

import pytest

from apps.audit.models import AuditEvent
from apps.roadmap.engines.corrections import Becomes, read_places
from apps.roadmap.exceptions import CorrectionRefused, DocumentChanged
from apps.roadmap.models import Binding, Correction, Criterion, Milestone, Task
from apps.roadmap.services.binding import bind
from apps.roadmap.services.corrections import correct_lines, undo_correction
from apps.roadmap.services.document_values import MODELS
from apps.roadmap.services.exporting import export_document
from apps.roadmap.services.importing import import_document
from tests.roadmap import seeds
from tests.thoroughness import IS_THOROUGH

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TEXT = """# Road

## M1: Safety
- Page the on-call
- Open a channel
- [ ] Restores take less than 1 hour
- [ ] Restores take less than 2 hours

## Launch
- [ ] Tell the press
"""
PAGE, OPEN, RESTORE, OTHER, LAUNCH, PRESS = 4, 5, 6, 7, 9, 10


@pytest.fixture
def revision(service):
    return load(service, TEXT)


def load(service, text):
    return import_document(service=service, name="road.md", raw=text.encode(), now=AT).document.newest_revision


def correct(revision, *lines, becomes, actor=None, **values):
    return correct_lines(revision=revision, lines=lines, becomes=becomes, values=values, actor=actor, at=AT)


def test_plain_bullets_become_tasks_of_their_milestone_at_once(revision, olga):
    changes = correct(revision, PAGE, OPEN, becomes="task", actor=olga)

    assert (changes.created, changes.vanished) == (2, 0)
    tasks = Task.objects.filter(milestone__code="M1").order_by("line")
    assert [task.text for task in tasks][:2] == ["Page the on-call", "Open a channel"]
    assert AuditEvent.objects.get(action="document.corrected").details["lines"] == [PAGE, OPEN]
    assert Correction.objects.get(line=PAGE).made_by == olga
    assert export_document(revision.document) == TEXT.encode()


def test_a_task_that_becomes_a_criterion_leaves_its_row_and_can_be_bound(revision, recovery):
    correct(revision, RESTORE, becomes="criterion")

    criterion = Criterion.objects.get()
    assert criterion.milestone.code == "M1"
    assert Task.objects.get(text__contains="1 hour").orphaned_at == AT
    bind(criterion=criterion, verifier_key=recovery.key)

    undo_correction(correction=Correction.objects.get(), at=AT)
    criterion.refresh_from_db()
    assert criterion.orphaned_at == AT
    assert Binding.objects.get(verifier_key=recovery.key).criterion == criterion
    assert Task.objects.get(text__contains="1 hour").orphaned_at is None
    assert export_document(revision.document) == TEXT.encode()


def test_values_put_right_stay_on_the_same_row_and_out_of_the_document(revision):
    before = Task.objects.get(line=RESTORE).pk
    correct(revision, RESTORE, becomes="task", text="A rehearsal", claim="done", owner="Core + QA", target="Q1 2027")

    task = Task.objects.get(line=RESTORE)
    assert (task.pk, task.text, task.claim) == (before, "A rehearsal", "done")
    assert [team.name for team in task.owners.all()] == ["Core", "QA"]
    assert task.imported["text"] == "A rehearsal"
    assert export_document(revision.document) == TEXT.encode()

    undo_correction(correction=Correction.objects.get())
    task.refresh_from_db()
    assert (task.pk, task.text, task.claim) == (before, "Restores take less than 1 hour", "todo")


def test_a_heading_that_becomes_a_milestone_takes_the_tasks_below_it(revision):
    press = Task.objects.get(line=PRESS).pk
    correct(revision, LAUNCH, becomes="milestone", target="March 2027")

    milestone = Milestone.objects.get(title="Launch")
    assert Task.objects.get(pk=press).milestone == milestone
    assert milestone.target_on.isoformat() == "2027-03-31"


def test_corrections_survive_moved_and_renumbered_lines_and_come_back_from_waiting(revision, service):
    correct(revision, PAGE, becomes="task")
    key = Task.objects.get(line=PAGE).pk

    later = TEXT.replace("- Page the on-call\n", "").replace("- [ ] Tell", "* Page the on-call\n- [ ] Tell")
    load(service, later)
    assert Task.objects.get(text="Page the on-call").pk == key
    assert Correction.objects.get().line == 9

    load(service, TEXT.replace("- Page the on-call\n", ""))
    assert Correction.objects.waiting().count() == 1
    assert Task.objects.get(pk=key).orphaned_at

    load(service, later)
    assert Correction.objects.waiting().count() == 0
    assert Task.objects.get(pk=key).orphaned_at is None


def test_the_last_word_about_a_line_counts(revision):
    correct(revision, PAGE, becomes="task")
    correct(revision, PAGE, becomes="criterion")

    assert Correction.objects.active().get().becomes == "criterion"
    assert (Task.objects.filter(line=PAGE).count(), Criterion.objects.count()) == (0, 1)


def test_what_cannot_be_is_refused_and_changes_nothing(revision, service):
    for line, becomes, values, words in (
        (2, "task", {}, "Line 2"),
        (PAGE, "task", {"target": "soon"}, "'soon' is no date"),
        (PAGE, "task", {"claim": "maybe"}, "'maybe' is none of"),
        (PAGE, "task", {"text": " "}, "Text: empty"),
        (PAGE, "criterion", {"owner": "QA"}, "owner is not read"),
    ):
        with pytest.raises(CorrectionRefused, match=words):
            correct(revision, line, becomes=becomes, **values)
    assert not Correction.objects.exists()

    load(service, TEXT + "more\n")
    with pytest.raises(DocumentChanged):
        correct(revision, PAGE, becomes="task")


def test_a_correction_is_undone_once(revision):
    correct(revision, PAGE, becomes="task")
    undo_correction(correction=Correction.objects.get())
    with pytest.raises(CorrectionRefused, match="undone before"):
        undo_correction(correction=Correction.objects.get())


def current(document):
    """Every entry that the document holds, by the row it is kept in."""
    found = {}
    for model in MODELS.values():
        for row in model.objects.current().filter(document=document):
            found[model.__name__, row.pk] = (row.line, str(row), row.imported, row.section)
    return found


@seeds.needs_seeds
@pytest.mark.parametrize("name", seeds.NAMES)
def test_many_corrections_of_a_real_document_leave_its_text_alone_and_are_undone_without_a_trace(service, name):
    raw = seeds.raw(name)
    document = import_document(service=service, name=name, raw=raw, now=AT).document
    before, revision = current(document), document.newest_revision
    dice = random.Random(name)  # noqa: S311 - the same lines on every run
    each = 3 if IS_THOROUGH else 1
    lines = dice.sample(sorted(read_places(raw)), 4 * each)
    for becomes in dice.sample(Becomes.values, 4):
        correct(revision, *[lines.pop() for _ in range(each)], becomes=becomes)
    assert export_document(document) == raw
    corrected = current(document)

    later = b"\n\n" + raw
    import_document(service=service, name=name, raw=later, now=AT)
    assert export_document(document) == later
    assert current(document).keys() == corrected.keys()
    import_document(service=service, name=name, raw=raw, now=AT)
    assert current(document) == corrected

    correct(revision.document.newest_revision, *Correction.objects.values_list("line", flat=True)[:6], becomes="task")
    for correction in Correction.objects.active():
        undo_correction(correction=correction, at=AT)
    assert export_document(document) == raw
    assert current(document) == before
