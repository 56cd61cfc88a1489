"""What people change of entries, one or many, and how earlier versions come back."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditEvent
from apps.catalog.models import Team
from apps.roadmap.exceptions import ChangeRefused, EntryChanged
from apps.roadmap.models import Criterion, Label, Milestone, Task
from apps.roadmap.selectors.versions import changes_since, newest_version, versions_of
from apps.roadmap.services.claims import set_claim
from apps.roadmap.services.restoring import restore_version
from apps.roadmap.services.tracking import BulkChange, change_entries, change_entry


@pytest.fixture
def task(service, milestone):
    return Task.objects.create(
        service=service, milestone=milestone, text="Write the runbook", target_on=date(2026, 3, 2)
    )


@pytest.fixture
def label(db):
    return Label.objects.create(name="night shift", colour="sea")


def events(entry):
    found = AuditEvent.objects.filter(subject_type=entry._meta.label_lower, subject_id=str(entry.pk)).order_by("pk")
    return [(event.action, event.details) for event in found]


def test_one_change_of_everything_is_one_version_and_one_event(task, label, olga, sam):
    before = newest_version(task)
    team = Team.objects.create(name="Core")
    values = {"text": "Write it", "owners": [team], "assignees": [sam], "labels": [label], "effort": "2 days"}
    assert change_entry(entry=task, values=values, seen=before, actor=olga)

    version = versions_of(task)[0]
    assert (version.person, len(versions_of(task))) == ("Olga Operator", 2)
    assert sorted(str(change) for change in version.changes) == [
        "assignees: none → Sam Staff",
        "effort: empty → 2 days",
        "labels: none → night shift",
        "owners: none → Core",
        "text: Write the runbook → Write it",
    ]
    assert events(task) == [
        (
            "task.changed",
            {
                "changes": {
                    "text": ["Write the runbook", "Write it"],
                    "effort": ["", "2 days"],
                    "owners": [[], ["Core"]],
                    "assignees": [[], ["Sam Staff"]],
                    "labels": [[], ["night shift"]],
                }
            },
        )
    ]
    assert not change_entry(entry=task, values=values, actor=olga)
    assert len(events(task)) == 1


def test_a_claim_keeps_the_people_and_labels_in_the_history(milestone, olga, sam, label):
    change_entry(entry=milestone, values={"assignees": [sam], "labels": [label]}, actor=olga)
    set_claim(entry=milestone, claim="todo", expected="done", actor=olga)

    assert [str(change) for change in versions_of(milestone)[0].changes] == ["claim: Done → To do"]


def test_who_was_overtaken_is_told_and_nothing_is_overwritten(task, olga, sam):
    seen = newest_version(task)
    change_entry(entry=task, values={"text": "Mine"}, seen=seen, actor=olga)
    with pytest.raises(EntryChanged, match=r"Olga Operator changed .*text: Write the runbook → Mine"):
        change_entry(entry=task, values={"effort": "3d"}, seen=seen, actor=sam)
    with pytest.raises(EntryChanged, match="no version 999"):
        change_entry(entry=task, values={"effort": "3d"}, seen=999, actor=sam)

    task.refresh_from_db()
    assert (task.text, task.effort) == ("Mine", "")


def test_a_value_that_cannot_be_is_refused_at_its_field(task):
    with pytest.raises(ChangeRefused, match="effort:"):
        change_entry(entry=task, values={"effort": "x" * 101})
    with pytest.raises(ChangeRefused, match="target_in_order"):
        change_entry(entry=task, values={"target_starts_on": date(2026, 3, 3)})
    task.refresh_from_db()
    assert (task.effort, task.target_starts_on) == ("", None)


@pytest.mark.parametrize("day", [date.min, date(1899, 12, 31), date(2100, 1, 1), date.max])
def test_a_target_lies_in_a_year_that_documents_can_say(milestone, day):
    with pytest.raises(ChangeRefused, match="target_on: The year must be from 1900 to 2099"):
        change_entry(entry=milestone, values={"target_on": day})
    with pytest.raises(ChangeRefused, match="The year must be"):
        change_entries(entries=Milestone.objects.all(), change=BulkChange(target_on=day))


def test_many_are_changed_and_those_overtaken_are_named(service, milestone, task, olga, sam, label):
    other = Task.objects.create(service=service, milestone=milestone, text="Other")
    seen = {each.pk: newest_version(each) for each in (task, other)}
    change_entry(entry=other, values={"text": "Other words"}, actor=sam)
    change = BulkChange(claim="done", add_people=[sam], add_labels=[label], shift_days=-2)
    outcome = change_entries(entries=Task.objects.all(), change=change, seen=seen, actor=olga)

    assert (outcome.changed, outcome.unchanged) == (1, 0)
    assert outcome.overtaken == ["Sam Staff changed “Other words” meanwhile (text: Other → Other words)."]
    task.refresh_from_db()
    assert (task.claim, task.target_on, [*task.assignees.all()]) == ("done", date(2026, 2, 28), [sam])
    assert [action for action, _ in events(task)] == ["task.claimed", "task.changed"]


@pytest.mark.parametrize(
    ("change", "name", "value"),
    [
        (BulkChange(requirement="recommended"), "requirement", "recommended"),
        (BulkChange(target_on=date(2027, 1, 1)), "requirement", "required"),  # a criterion has no target
        (BulkChange(claim="not_applicable"), "claim", "not_applicable"),
    ],
)
def test_a_bulk_change_takes_what_an_entry_has(criterion, change, name, value):
    change_entries(entries=Criterion.objects.all(), change=change)
    criterion.refresh_from_db()
    assert getattr(criterion, name) == value


def test_owners_are_set_and_taken_away(milestone):
    team = Team.objects.create(name="Core")
    change_entries(entries=Milestone.objects.all(), change=BulkChange(owners=[team]))
    assert [*milestone.owners.all()] == [team]
    change_entries(entries=Milestone.objects.all(), change=BulkChange(disown=True))
    assert not milestone.owners.exists()


def test_a_week_moved_by_weeks_is_one_still_and_nothing_else_is(milestone):
    Milestone.objects.update(target_starts_on=date(2026, 1, 26), target_on=date(2026, 2, 1), target_precision="week")
    change_entries(entries=Milestone.objects.all(), change=BulkChange(shift_days=7))
    milestone.refresh_from_db()
    assert (milestone.target_starts_on, milestone.target_on, milestone.target_precision) == (
        date(2026, 2, 2), date(2026, 2, 8), "week",
    )  # fmt: skip
    change_entries(entries=Milestone.objects.all(), change=BulkChange(shift_days=1))
    milestone.refresh_from_db()
    assert milestone.target_precision == "day"
    Milestone.objects.update(target_precision="quarter")
    change_entries(entries=Milestone.objects.all(), change=BulkChange(shift_days=14))
    milestone.refresh_from_db()
    assert milestone.target_precision == "day"


def test_a_version_comes_back_whole(task, olga, sam, label):
    first = newest_version(task)
    change_entry(
        entry=task, values={"claim": "done", "text": "Worse", "assignees": [sam], "labels": [label]}, actor=sam
    )
    second = newest_version(task)
    assert restore_version(entry=task, version=first, seen=second, actor=olga)

    task.refresh_from_db()
    assert (task.text, task.claim, task.assignees.count(), task.labels.count()) == ("Write the runbook", "todo", 0, 0)
    action, details = events(task)[-1]
    assert (action, details["version"], details["changes"]["labels"]) == ("task.restored", first, [["night shift"], []])
    assert restore_version(entry=task, version=second, seen=newest_version(task), actor=olga)
    assert [*task.assignees.all()] == [sam]


def test_a_version_is_restored_only_over_what_was_seen(task, olga, sam):
    first = newest_version(task)
    change_entry(entry=task, values={"text": "Second"}, actor=olga)
    seen = newest_version(task)
    change_entry(entry=task, values={"text": "Third"}, actor=sam)
    with pytest.raises(EntryChanged, match="Sam Staff changed"):
        restore_version(entry=task, version=first, seen=seen, actor=olga)
    with pytest.raises(ChangeRefused, match="no version"):
        restore_version(entry=task, version=0, seen=newest_version(task), actor=olga)
    task.refresh_from_db()
    assert task.text == "Third"


def test_who_is_gone_does_not_come_back(task, olga, label):
    change_entry(entry=task, values={"labels": [label]}, actor=olga)
    labelled = newest_version(task)
    change_entry(entry=task, values={"labels": [], "text": "Bare"}, actor=olga)
    label.delete()
    restore_version(entry=task, version=labelled, seen=newest_version(task), actor=olga)

    task.refresh_from_db()
    assert (task.text, task.labels.count()) == ("Write the runbook", 0)


def test_a_history_takes_the_same_number_of_queries_for_any_length(task, olga, sam):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            versions_of(task)
        return len(captured)

    change_entry(entry=task, values={"assignees": [sam]}, actor=olga)
    few = queries()
    for number in range(6):
        change_entry(entry=task, values={"text": f"Words {number}"}, actor=olga)
    assert queries() == few


def test_nothing_changed_since_the_newest_version(task):
    assert changes_since(task, newest_version(task)) == ([], [])
