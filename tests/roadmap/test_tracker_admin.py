"""The tracker: lists that are filtered, searched and edited, many at once, with history and audit trail."""

from datetime import UTC, datetime

import pytest
from django.contrib.admin.templatetags.admin_list import results
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.catalog.models import Team
from apps.common.templatetags.plain_list import plain_rows
from apps.roadmap.models import Criterion, Label, Milestone, Task
from apps.roadmap.services.exporting import export_document
from apps.roadmap.services.importing import import_document
from tests.pages import read_page
from tests.roadmap import seeds

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TEXT = """# Road
## M1 Safety
- [~] Owner: Core + QA  Target: 2026-03-02
- Tasks
  - [x] Lock deps; [ ] watch them
  - [ ] Write runbook
- Acceptance
  - [ ] Restore drill passes with p95 < X ms

## 1. Queue
- [ ] Add Redis

**Cost**: $15/month

## Risks
- Key loss: one vault
  - Mitigation: a second
"""
MODELS = ["milestone", "workitem", "task", "criterion", "risk", "costline", "document"]


def page(name: str, *arguments) -> str:
    return reverse(f"admin:roadmap_{name}", args=arguments)


@pytest.fixture
def document(service):
    return import_document(service=service, name="road.md", raw=TEXT.encode(), now=AT).document


@pytest.fixture
def as_olga(client, olga):
    client.force_login(olga)
    return client


def edited_list(rows, **changes):
    """What the browser posts when a list is saved."""
    form = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": len(rows), "_save": "Save"}
    for at, row in enumerate(rows):
        form |= {f"form-{at}-id": row.pk, f"form-{at}-claim": changes.get(row.text, row.claim)}
    return form


@pytest.mark.parametrize("model", MODELS)
def test_every_list_and_form_holds_the_policy(as_olga, document, model):
    response = as_olga.get(page(f"{model}_changelist"))
    row = response.context["cl"].result_list[0]

    assert read_page(response).refused == []
    assert read_page(as_olga.get(page(f"{model}_change", row.pk))).refused == []
    if model != "document":
        assert read_page(as_olga.get(page(f"{model}_history", row.pk))).refused == []


@pytest.mark.parametrize("model", MODELS)
def test_a_list_takes_the_same_number_of_queries_for_any_number_of_rows(as_olga, document, model):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            as_olga.get(page(f"{model}_changelist"))
        return len(captured)

    def usual_queries() -> int:
        """Of three visits: names are looked up when they are new, and when a minute ends."""
        return min(queries(), queries(), queries())

    few = usual_queries()
    for number in range(2, 5):
        text = TEXT.replace("M1", f"M{number}").replace("Core", f"Core {number}")
        import_document(service=document.service, name=f"road{number}.md", raw=text.encode(), now=AT)
    assert usual_queries() == few


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("q=safe", ["M1 Safety"]),
        ("q=nothing", []),
        ("target=overdue", ["M1 Safety"]),
        ("target=ahead", []),
        ("target=none", []),
        ("claim__exact=done", []),
        ("presence=vanished", []),
        ("presence=all", ["M1 Safety"]),
    ],
)
def test_milestones_are_found_by_words_and_filters(as_olga, document, query, titles):
    found = as_olga.get(f"{page('milestone_changelist')}?{query}").context["cl"].result_list

    assert [str(milestone) for milestone in found] == titles


def test_a_list_has_fields_only_for_whoever_asks_for_them(as_olga, document):
    plain = as_olga.get(page("task_changelist") + "?claim__exact=todo")
    asked = as_olga.get(page("task_changelist") + "?claim__exact=todo&edit=1")

    assert "form-0-claim" not in plain.content.decode()
    assert 'href="?claim__exact=todo&amp;edit=1">Edit this list' in plain.content.decode()
    assert "form-0-claim" in asked.content.decode()
    assert 'href="?claim__exact=todo">Stop editing' in asked.content.decode()
    assert list(plain.context["cl"].result_list) == list(asked.context["cl"].result_list)


@pytest.mark.parametrize("model", [model for model in MODELS if model != "document"])
def test_a_plain_list_shows_what_the_stock_one_does(as_olga, document, model):
    label = Label.objects.create(name="<b>")
    for entries in (Milestone, Task, Criterion):
        entries.objects.first().labels.add(label)
    changelist = as_olga.get(page(f"{model}_changelist") + "?presence=all").context["cl"]
    labelled = ["".join(row) for row in plain_rows(changelist, ["A label"] * len(changelist.list_display))]
    shown = [row.replace(' data-label="A label"', "") for row in labelled]

    assert changelist.is_plain
    assert all('data-label="A label"' in row for row in labelled)
    assert shown
    assert shown == ["".join(row) for row in results(changelist)]


def test_a_viewer_is_offered_no_fields(client, sam, document):
    sam.groups.add(Group.objects.get(name="viewer"))
    client.force_login(sam)

    for query in ("", "?edit=1"):
        shown = client.get(page("task_changelist") + query).content.decode()
        assert "form-0-claim" not in shown
        assert "Edit this list" not in shown
        assert "Stop editing" not in shown


def test_a_list_edit_changes_one_character_of_the_export(as_olga, olga, document):
    rows = list(Task.objects.order_by("service__name", "position", "pk"))
    as_olga.post(page("task_changelist") + "?edit=1", edited_list(rows, **{"watch them": "done"}))
    task = Task.objects.get(text="watch them")

    assert export_document(document).decode() == TEXT.replace("[ ] watch", "[x] watch")
    assert [(event.action, event.actor) for event in AuditEvent.objects.filter(subject_type="roadmap.task")] == [
        ("task.claimed", olga)
    ]
    assert [(version.claim, version.history_user) for version in task.history.all()] == [("done", olga), ("todo", None)]


def test_the_history_of_a_row_names_what_a_person_would(as_olga, document):
    import_document(service=document.service, name="road.md", raw=TEXT.replace("Write", "Draft").encode(), now=AT)
    text = as_olga.get(page("task_history", Task.objects.get(text="Draft runbook").pk)).content.decode()

    assert "<b>Text</b>: Write runbook → Draft runbook" in text
    assert "spans" not in text.lower()


def test_a_form_edit_keeps_claim_and_words_apart_in_the_trail(as_olga, document):
    task = Task.objects.get(text="Write runbook")
    form = {"service": task.service_id, "text": "Write the runbook", "claim": "done", "milestone": task.milestone_id}
    form |= {"target_precision": "day"}
    as_olga.post(page("task_change", task.pk), form)
    task.refresh_from_db()

    assert (task.text, task.claim) == ("Write the runbook", "done")
    assert "[x] Write the runbook" in export_document(document).decode()
    events = AuditEvent.objects.filter(subject_type="roadmap.task").order_by("pk")
    assert [(event.action, event.details) for event in events] == [
        ("task.claimed", {"from": "todo", "to": "done"}),
        ("task.changed", {"changes": [{"changed": {"fields": ["Text"]}}]}),
    ]


@pytest.mark.parametrize(
    ("action", "claim"),
    [
        ("mark_done", "done"),
        ("mark_in_progress", "in_progress"),
        ("mark_todo", "todo"),
        ("mark_not_applicable", "not_applicable"),
    ],
)
def test_several_are_claimed_at_once(as_olga, document, action, claim):
    keys = list(Task.objects.values_list("pk", flat=True))
    differing = Task.objects.exclude(claim=claim).count()
    as_olga.post(page("task_changelist"), {"action": action, "_selected_action": keys})

    assert set(Task.objects.values_list("claim", flat=True)) == {claim}
    assert AuditEvent.objects.filter(action="task.claimed").count() == differing


def test_several_get_an_owner_at_once_after_a_question(as_olga, olga, document):
    team, keys = Team.objects.get(name="QA"), list(Milestone.objects.values_list("pk", flat=True))
    chosen = {"action": "change_several", "_selected_action": keys}
    question = as_olga.post(page("milestone_changelist"), chosen)
    assert read_page(question).refused == []
    assert Milestone.objects.get().owners.count() == 2

    as_olga.post(page("milestone_changelist"), chosen | {"apply": "1", "owners": team.pk})
    assert [owner.name for owner in Milestone.objects.get().owners.all()] == ["QA"]
    assert "Owner: QA  Target" in export_document(document).decode()
    changes = {"owners": [["Core", "QA"], ["QA"]]}
    assert AuditEvent.objects.get(action="milestone.changed").details == {"changes": changes}


def test_several_get_a_target_date_at_once_after_a_question(as_olga, document):
    chosen = {"action": "change_several", "_selected_action": [Milestone.objects.get().pk]}
    as_olga.post(page("milestone_changelist"), chosen | {"apply": "1", "target_on": "2026-12-24"})

    assert Milestone.objects.get().target_on.isoformat() == "2026-12-24"
    assert "Target: 2026-12-24" in export_document(document).decode()
    assert AuditEvent.objects.filter(action="milestone.changed").count() == 1
    assert Milestone.history.count() >= 2


def test_a_task_added_below_a_milestone_belongs_to_its_service(as_olga, document):
    milestone = Milestone.objects.get()
    form = {
        "service": milestone.service_id,
        "title": milestone.title,
        "code": "M1",
        "claim": "in_progress",
        "kind": "milestone",
        "target_on": "2026-03-02",
        "target_starts_on": "2026-03-02",
        "target_precision": "day",
        "owners": [team.pk for team in milestone.owners.all()],
        "tasks-TOTAL_FORMS": 1,
        "tasks-INITIAL_FORMS": 0,
        "tasks-0-text": "By hand",
        "tasks-0-claim": "todo",
        "criteria-TOTAL_FORMS": 0,
        "criteria-INITIAL_FORMS": 0,
    }
    response = as_olga.post(page("milestone_change", milestone.pk), form)

    assert response.status_code == 302
    task = Task.objects.get(text="By hand")
    assert (task.milestone, task.service, task.document) == (milestone, milestone.service, None)
    added = export_document(document).decode().replace("  - [ ] By hand\n", "", 1)
    assert added == TEXT


def test_a_viewer_sees_and_changes_nothing(client, sam, document):
    sam.groups.add(Group.objects.get(name="viewer"))
    client.force_login(sam)
    task = Task.objects.get(text="Write runbook")
    response = client.get(page("task_changelist"))
    client.post(page("task_changelist"), {"action": "mark_done", "_selected_action": [task.pk]})
    client.post(page("task_changelist") + "?edit=1", edited_list([task], **{"Write runbook": "done"}))

    assert response.status_code == 200
    assert client.get(page("document_add")).status_code == 403
    task.refresh_from_db()
    assert task.claim == "todo"


def test_a_criterion_shows_its_threshold_and_what_is_missing(as_olga, document):
    Criterion.objects.update(
        measures=[
            {"metric": "latency", "operator": "<=", "value": "2", "unit": "second", "percentile": "95", "text": ""}
        ]
    )
    text = as_olga.get(page("criterion_changelist")).content.decode()

    assert "latency p95 ≤ 2 seconds" in text
    assert "X ms" in text


def test_a_document_is_downloaded_as_it_came(as_olga, document):
    response = as_olga.get(page("document_export", document.pk))

    assert response.content == TEXT.encode()
    assert response["Content-Disposition"] == "attachment; filename*=UTF-8''road.md"


@seeds.needs_seeds
def test_toggling_any_task_in_the_admin_changes_one_character(as_olga, service):
    name = seeds.name_of("003")
    raw = seeds.raw(name)
    document = import_document(service=service, name=name, raw=raw, now=AT).document
    for task in Task.objects.order_by("line")[::7]:
        action = "mark_todo" if task.claim == "done" else "mark_done"
        back = "mark_done" if task.claim == "done" else "mark_todo"
        as_olga.post(page("task_changelist"), {"action": action, "_selected_action": [task.pk]})
        changed = export_document(document)
        assert sum(1 for old, new in zip(raw, changed, strict=True) if old != new) == 1
        as_olga.post(page("task_changelist"), {"action": back, "_selected_action": [task.pk]})
    assert export_document(document) == raw
