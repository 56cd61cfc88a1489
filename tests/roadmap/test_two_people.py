"""Two people at one form or list: the second is told, and nothing is overwritten."""

import pytest
from django.test import Client

from apps.catalog.models import Team
from apps.roadmap.models import Milestone, Task
from tests.roadmap.test_tracker_admin import as_olga, document, page  # noqa: F401  fixtures

EDITED_TASKS = f"{page('task_changelist')}?edit=1"


@pytest.fixture
def second(sam):
    """Sam, in a browser of his own, who may do everything."""
    sam.is_superuser = True
    sam.save()
    client = Client()
    client.force_login(sam)
    return client


def shown(response):
    """What the page's form would post as it stands."""
    form = response.context["adminform"].form
    values = _values(form)
    for formset in (each.formset for each in response.context["inline_admin_formsets"]):
        count = len(formset.initial_forms)
        values |= {f"{formset.prefix}-{name}": count for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
        for each in formset.initial_forms:
            values |= _values(each)
    return values


def _values(form):
    return {
        bound.html_name: [str(each) for each in value] if isinstance(value, list) else value
        for bound in form
        if (value := bound.value()) is not None and bound.name != "DELETE"
    }


def shown_list(response):
    formset = response.context["cl"].formset
    count = len(formset.forms)
    values = {"form-TOTAL_FORMS": count, "form-INITIAL_FORMS": count, "_save": "Save"}
    for form in formset.forms:
        values |= _values(form)
    return values


def errors_of(response):
    return response.context["adminform"].form.non_field_errors()


def test_the_second_person_is_told_what_changed_and_by_whom(as_olga, second, document):  # noqa: F811
    task = Task.objects.get(text="Write runbook")
    address = page("task_change", task.pk)
    first_form, second_form = shown(as_olga.get(address)), shown(second.get(address))
    assert as_olga.post(address, first_form | {"claim": "done"}).status_code == 302

    refused = second.post(address, second_form | {"text": "Draft the runbook"})
    assert errors_of(refused) == [
        "Olga Operator changed this meanwhile. claim: To do → Done. Nothing is saved yet: save again to keep yours."
    ]
    assert 'value="done" selected' in refused.content.decode()  # what Sam did not touch is of today
    assert "Draft the runbook" in refused.content.decode()
    task.refresh_from_db()
    assert (task.text, task.claim) == ("Write runbook", "done")

    assert second.post(address, shown(refused) | {"text": "Draft the runbook"}).status_code == 302
    task.refresh_from_db()
    assert (task.text, task.claim) == ("Draft the runbook", "done")


def test_what_both_changed_is_saved_only_knowingly(as_olga, second, document):  # noqa: F811
    task = Task.objects.get(text="Write runbook")
    address = page("task_change", task.pk)
    first_form, second_form = shown(as_olga.get(address)), shown(second.get(address))
    as_olga.post(address, first_form | {"text": "Hers"})
    refused = second.post(address, second_form | {"text": "His"})

    assert "text: Write runbook → Hers" in errors_of(refused)[0]
    assert Task.objects.get(pk=task.pk).text == "Hers"
    second.post(address, shown(refused))
    assert Task.objects.get(pk=task.pk).text == "His"


def test_a_form_that_was_only_looked_at_takes_nothing_back(as_olga, second, document):  # noqa: F811
    task = Task.objects.get(text="Write runbook")
    address = page("task_change", task.pk)
    second_form = shown(second.get(address))
    as_olga.post(address, shown(as_olga.get(address)) | {"claim": "done"})

    assert second.post(address, second_form).status_code == 302
    assert Task.objects.get(pk=task.pk).claim == "done"


def test_owners_and_people_are_guarded_too(as_olga, second, document, sam):  # noqa: F811
    milestone = Milestone.objects.get()
    address = page("milestone_change", milestone.pk)
    second_form = shown(second.get(address))
    as_olga.post(
        address, shown(as_olga.get(address)) | {"owners": [Team.objects.get(name="QA").pk], "assignees": [sam.pk]}
    )
    refused = second.post(address, second_form | {"objectives": "Safe"})

    assert "assignees: none → Sam Staff; owners: Core, QA → QA" in errors_of(refused)[0]
    second.post(address, shown(refused))
    milestone.refresh_from_db()
    assert milestone.objectives == "Safe"
    assert [team.name for team in milestone.owners.all()] == ["QA"]
    assert [*milestone.assignees.all()] == [sam]


def test_rows_below_a_milestone_are_guarded(as_olga, second, document):  # noqa: F811
    milestone = Milestone.objects.get()
    address = page("milestone_change", milestone.pk)
    second_form = shown(second.get(address))
    task = Task.objects.get(text="Write runbook")
    as_olga.post(page("task_change", task.pk), shown(as_olga.get(page("task_change", task.pk))) | {"claim": "done"})
    name = next(key.removesuffix("-text") for key, value in second_form.items() if value == "Write runbook")
    refused = second.post(address, second_form | {f"{name}-text": "Draft runbook"})

    assert "claim: To do → Done" in refused.content.decode()
    assert Task.objects.get(pk=task.pk).text == "Write runbook"


def test_a_list_takes_back_no_row_that_was_only_shown(as_olga, second, document):  # noqa: F811
    stale = shown_list(second.get(EDITED_TASKS))
    done = Task.objects.get(text="Write runbook")
    as_olga.post(page("task_change", done.pk), shown(as_olga.get(page("task_change", done.pk))) | {"claim": "done"})
    other = Task.objects.get(text="Add Redis")
    row = next(key.removesuffix("-id") for key, value in stale.items() if key.endswith("-id") and value == other.pk)
    saved = second.post(EDITED_TASKS, stale | {f"{row}-claim": "in_progress"})

    assert saved.status_code == 302
    assert Task.objects.get(pk=other.pk).claim == "in_progress"
    assert Task.objects.get(pk=done.pk).claim == "done"


def test_a_row_of_a_list_that_both_changed_is_refused(as_olga, second, document):  # noqa: F811
    stale = shown_list(second.get(EDITED_TASKS))
    task = Task.objects.get(text="Write runbook")
    as_olga.post(page("task_change", task.pk), shown(as_olga.get(page("task_change", task.pk))) | {"claim": "done"})
    row = next(key.removesuffix("-id") for key, value in stale.items() if key.endswith("-id") and value == task.pk)
    refused = second.post(EDITED_TASKS, stale | {f"{row}-claim": "in_progress"})

    assert refused.status_code == 200
    assert "Olga Operator changed this meanwhile. claim: To do → Done." in refused.content.decode()
    assert Task.objects.get(pk=task.pk).claim == "done"


def test_a_bulk_change_leaves_who_was_overtaken_and_says_so(as_olga, second, document):  # noqa: F811
    keys = list(Task.objects.values_list("pk", flat=True))
    chosen = {"action": "change_several", "_selected_action": keys}
    asked = second.post(page("task_changelist"), chosen).context["entries"]
    task = Task.objects.get(text="Write runbook")
    as_olga.post(page("task_change", task.pk), shown(as_olga.get(page("task_change", task.pk))) | {"effort": "3d"})
    answer = {"apply": "1", "claim": "done"} | {f"seen-{entry.pk}": entry.version for entry in asked}
    told = second.post(page("task_changelist"), chosen | answer, follow=True).content.decode()

    assert "2 tasks changed. 1 had these values before." in told
    assert "Olga Operator changed “Write runbook” meanwhile (effort: empty → 3d). It is left as it is." in told
    assert Task.objects.get(pk=task.pk).claim == "todo"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({}, "Choose what is to change."),
        ({"target_on": "2026-12-24", "shift_days": "3"}, "Either a date, or a number of days."),
        ({"shift_days": "99999999"}, "less than or equal to 3650"),
    ],
)
def test_a_bulk_change_that_is_not_understood_changes_nothing(as_olga, document, answer, said):  # noqa: F811
    chosen = {"action": "change_several", "_selected_action": [Task.objects.first().pk], "apply": "1"}
    page_again = as_olga.post(page("task_changelist"), chosen | answer)

    assert said in page_again.content.decode()
    assert Task.history.filter(history_type="~").count() == 0


def test_a_version_that_is_no_number_is_no_version(as_olga, document):  # noqa: F811
    task = Task.objects.get(text="Write runbook")
    address = page("task_change", task.pk)
    response = as_olga.post(address, shown(as_olga.get(address)) | {"version": "zwölf", "text": "X"})

    assert response.status_code == 200
    assert Task.objects.get(pk=task.pk).text == "Write runbook"
