"""What a person and a document both changed is settled by a person, once."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import AuditEvent
from apps.catalog.models import Team
from apps.roadmap.exceptions import ChoiceRefused, ConflictSettled
from apps.roadmap.models import Conflict, Criterion, Document, Milestone, Task
from apps.roadmap.services.claims import set_claim
from apps.roadmap.services.conflicts import settle_conflict, value_seen
from apps.roadmap.services.exporting import export_document, plan_export
from apps.roadmap.services.importing import import_document

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TEXT = """# Road

## M1 Safety
- [~] Owner: Core  Target: 2026-03-02
- Tasks
  - [ ] Write runbook
- Acceptance
  - [ ] Restore passes with RTO < 1 hour
"""


def load(service, text=TEXT):
    return import_document(service=service, name="road.md", raw=text.encode(), now=AT)


def claim(value):
    task = Task.objects.get()
    assert set_claim(entry=task, claim=value, expected=task.claim)


@pytest.fixture
def conflict(service):
    load(service)
    claim("done")
    load(service, TEXT.replace("[ ] Write", "[~] Write"))
    return Conflict.objects.get()


def export():
    return export_document(Document.objects.get()).decode()


def test_both_changed_is_a_conflict_and_ours_stays(conflict):
    assert (conflict.field, conflict.base, conflict.ours, conflict.theirs) == ("claim", "todo", "done", "in_progress")
    assert conflict.entry == Task.objects.get()
    assert Task.objects.get().claim == "done"
    details = AuditEvent.objects.filter(action="document.imported").latest("pk").details
    assert (details["conflicts"], details["kept"]) == (1, 1)


def test_what_is_in_conflict_is_not_written_back(conflict):
    plan = plan_export(conflict.document)

    assert "[~] Write" in export()
    assert [str(each) for each in plan.left_out] == [
        "Line 6: claim of “Write runbook”: it is in conflict with the document; settle that first."
    ]


def test_one_value_is_in_conflict_once(conflict):
    twin = Conflict(entry=conflict.entry, document=conflict.document, revision=conflict.revision, field="claim")
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


def test_the_same_change_on_both_sides_is_no_conflict(service):
    load(service)
    claim("done")
    report = load(service, TEXT.replace("[ ] Write", "[x] Write"))

    assert (report.changes.conflicts, report.changes.kept) == (0, 0)
    assert not Conflict.objects.exists()


def test_what_only_a_person_changed_is_kept_and_written_back(service):
    load(service)
    claim("done")
    report = load(service, TEXT + "\nMore.\n")

    assert (report.changes.conflicts, report.changes.kept) == (0, 1)
    assert "[x] Write" in export()


def test_keeping_ours_is_asked_once(service, conflict, olga):
    settle_conflict(conflict=conflict, choice="ours", actor=olga)
    assert "[x] Write" in export()

    report = load(service, TEXT.replace("[ ] Write", "[~] Write") + "\nMore.\n")
    assert (report.changes.conflicts, Task.objects.get().claim) == (0, "done")
    conflict.refresh_from_db()
    assert (conflict.choice, conflict.settled_by) == ("ours", olga)


def test_taking_theirs_changes_the_entry_with_history_and_audit(conflict, olga):
    settle_conflict(conflict=conflict, choice="theirs", actor=olga)

    task = Task.objects.get()
    assert task.claim == "in_progress"
    assert task.history.first().history_user == olga
    event = AuditEvent.objects.get(action="task.conflict_settled")
    assert event.details == {"field": "claim", "choice": "theirs", "from": "done", "to": "in_progress"}
    assert "[~] Write" in export()


def test_it_is_settled_once(conflict):
    late = Conflict.objects.get()
    settle_conflict(conflict=conflict, choice="theirs")

    with pytest.raises(ConflictSettled, match="settled meanwhile; nothing was changed"):
        settle_conflict(conflict=late, choice="ours")
    assert Task.objects.get().claim == "in_progress"


def test_values_that_changed_since_they_were_seen_are_looked_at_again(conflict):
    seen = value_seen(conflict)
    claim("todo")

    with pytest.raises(ConflictSettled, match="look again"):
        settle_conflict(conflict=conflict, choice="theirs", seen=seen)
    assert Task.objects.get().claim == "todo"


@pytest.mark.parametrize("text", [TEXT.replace("[ ] Write", "[x] Write"), TEXT])
def test_a_text_that_agrees_or_goes_back_ends_it(service, conflict, text):
    load(service, text)

    conflict.refresh_from_db()
    assert conflict.choice == "lapsed"
    assert Task.objects.get().claim == "done"
    assert AuditEvent.objects.get(action="task.conflict_lapsed").details == {"field": "claim"}


def test_another_text_renews_it(service, conflict):
    report = load(service, TEXT.replace("[ ] Write", "[-] Write"))

    conflict.refresh_from_db()
    assert (report.changes.conflicts, conflict.settled_at) == (1, None)
    assert (conflict.base, conflict.theirs) == ("todo", "not_applicable")


def test_an_entry_that_vanishes_takes_its_conflicts_along(service, conflict):
    load(service, TEXT.replace("  - [ ] Write runbook\n", ""))

    conflict.refresh_from_db()
    assert conflict.choice == "lapsed"


def test_owners_targets_and_texts_are_settled_alike(service):
    load(service)
    milestone, criterion = Milestone.objects.get(), Criterion.objects.get()
    milestone.owners.set([Team.objects.create(name="QA")])
    milestone.target_starts_on = milestone.target_on = date(2026, 5, 1)
    milestone.save()
    criterion.text = "Restore passes with RTO < 2 hours"
    criterion.save()
    load(service, TEXT.replace("Core", "Data").replace("03-02", "04-02").replace("1 hour", "30 minutes"))

    conflicts = {each.field: each for each in Conflict.objects.all()}
    assert conflicts.keys() == {"owners", "target", "text"}
    assert conflicts["owners"].theirs == ["Data"]
    versions = Milestone.history.count()
    settle_conflict(conflict=conflicts["owners"], choice="theirs")
    assert Milestone.history.count() == versions + 1
    assert [owned.team.name for owned in Milestone.history.latest("pk").owners.all()] == ["Data"]
    settle_conflict(conflict=conflicts["target"], choice="theirs")
    settle_conflict(conflict=conflicts["text"], choice="theirs")

    milestone.refresh_from_db()
    criterion.refresh_from_db()
    assert [team.name for team in milestone.owners.all()] == ["Data"]
    assert milestone.target_on == date(2026, 4, 2)
    assert criterion.measures[0]["unit"] == "minute" or criterion.measures[0]["value"] == "30"
    assert plan_export(Document.objects.get()).replacements == []


def test_another_text_is_written_to_the_document(service):
    load(service)
    Task.objects.update(text="Write the runbook")
    load(service, TEXT.replace("Write runbook", "Write runbooks"))
    conflict = Conflict.objects.get()

    with pytest.raises(ChoiceRefused, match="text: write the value to take"):
        settle_conflict(conflict=conflict, choice="other", value=" ")
    settle_conflict(conflict=conflict, choice="other", value="Write all\nrunbooks")
    assert "- [ ] Write all runbooks\n" in export()


def test_a_claim_is_no_text(conflict):
    with pytest.raises(ChoiceRefused, match="claim: choose one of the two values"):
        settle_conflict(conflict=conflict, choice="other", value="done")
    with pytest.raises(ChoiceRefused, match="there is no 'both'"):
        settle_conflict(conflict=conflict, choice="both")
    assert Conflict.objects.open().count() == 1
