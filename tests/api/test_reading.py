import pytest
from django.urls import reverse

from apps.accounts.models import User
from apps.backups.models import Database
from apps.evidence.contract import Observation
from apps.evidence.services import record_observation
from apps.healthchecks.models import Monitor
from apps.roadmap.models import Binding, Criterion, Label, Milestone, Task
from apps.roadmap.services.binding import accept_binding
from apps.roadmap.services.importing import import_document
from config.api import router
from tests.api.conftest import ROADMAP
from tests.roadmap.evidence import NOW

LISTS = sorted(prefix for prefix, _, _ in router.registry)


def rows(client, name, **query):
    response = client.get(f"/api/v1/{name}/", query)
    assert response.status_code == 200, response.content
    return response.json()["results"]


@pytest.fixture
def proven(document, environment):
    binding = Binding.objects.get(verifier_key="tests.recovery")
    accept_binding(binding=binding)
    record_observation(
        environment=environment,
        key="tests.recovery",
        observation=Observation(facts={"verdict": "proven"}, observed_at=NOW, subject="x", summary="Restored"),
        at=NOW,
    )
    return binding.criterion


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_a_page_of_rows(viewer, document, name):
    page = viewer.get(f"/api/v1/{name}/").json()
    assert set(page) == {"count", "next", "previous", "results"}


def test_a_roadmap_can_be_read_whole(viewer, document):
    (found,) = rows(viewer, "documents", service="payments")
    assert (found["name"], len(found["sha256"])) == ("road.md", 64)
    assert [row["code"] for row in rows(viewer, "milestones")] == ["M1", "M2"]
    assert [row["owners"] for row in rows(viewer, "milestones")] == [["Core"], ["Operations"]]
    assert [row["text"] for row in rows(viewer, "tasks", claim="todo")] == ["Write the runbook."]
    assert [row["text"] for row in rows(viewer, "criteria")] == ["The sea trial is passed.", "The checklist is signed."]
    assert [row["mitigations"] for row in rows(viewer, "risks")] == [
        [{"kind": "mitigation", "text": "Copy it elsewhere"}]
    ]
    assert [row["amount_minimum"] for row in rows(viewer, "cost-lines")] == ["5.0000"]
    assert [row["verifier_key"] for row in rows(viewer, "bindings", state="suggested")] == ["tests.recovery"]


@pytest.mark.parametrize("name", ["milestones", "work-items", "tasks", "criteria", "risks"])
def test_names_stand_beside_an_entry_in_their_own_order(viewer, service, name):
    model = next(view for prefix, view, _ in router.registry if prefix == name).serializer_class.Meta.model
    entry = model.objects.create(service=service)
    entry.assignees.set([User.objects.create(email=f"{letter}@example.org") for letter in "zay"])
    entry.labels.set([Label.objects.create(name=word) for word in ("night", "Day", "later")])
    (listed,) = rows(viewer, name)
    assert listed["assignees"] == ["a@example.org", "y@example.org", "z@example.org"]
    assert listed["labels"] == ["Day", "later", "night"]
    assert (listed["service"], listed["version"]) == ("payments", entry.history.order_by("history_id").last().pk)
    assert viewer.get(f"/api/v1/{name}/{entry.pk}/").json() == listed


def test_a_criterion_carries_its_evidence_and_its_standing(viewer, proven):
    first, second = rows(viewer, "criteria")
    assert first["status"]["evidence"] == "stale"
    assert first["status"]["bindings"][0]["summary"] == "Restored"
    assert second["status"]["evidence"] == "unbound"
    one = viewer.get(f"/api/v1/criteria/{proven.pk}/").json()
    assert one["status"] == first["status"]


def test_criteria_of_a_service_without_a_default_environment_have_no_status(viewer, document, environment):
    environment.is_default = False
    environment.save()
    assert [row["status"] for row in rows(viewer, "criteria")] == [None, None]


def test_vanished_entries_are_not_listed(viewer, document):
    Task.objects.update(orphaned_at=NOW)
    assert rows(viewer, "tasks") == []


def test_lists_are_filtered_by_service(viewer, document):
    assert rows(viewer, "milestones", service="another") == []
    assert len(rows(viewer, "milestones", service="payments")) == 2


def test_a_filter_that_is_not_understood_is_refused_by_name(viewer, document):
    response = viewer.get("/api/v1/tasks/", {"claim": "nearly"})
    assert response.status_code == 400
    assert response.json()["code"] == "invalid"
    assert "claim" in response.json()["fields"]


def test_a_page_is_never_longer_than_five_hundred(viewer, service):
    Task.objects.bulk_create([Task(service=service, text=f"Task {number}") for number in range(501)])
    page = viewer.get("/api/v1/tasks/", {"limit": 100_000}).json()
    assert (page["count"], len(page["results"])) == (501, 500)
    assert len(viewer.get("/api/v1/tasks/").json()["results"]) == 50


def test_a_connection_url_never_leaves(viewer, environment):
    url = "postgresql://user:hidden@127.0.0.1/orders"
    Database.objects.create(environment=environment, name="orders", connection_url=url)
    response = viewer.get("/api/v1/databases/")
    assert response.json()["results"][0]["rpo_objective_seconds"] == 86400
    assert b"hidden" not in response.content


def test_monitors_and_observations_name_their_service(viewer, environment, proven):
    Monitor.objects.create(environment=environment, url="https://payments.example.org/")
    assert rows(viewer, "monitors")[0]["service"] == "payments"
    assert rows(viewer, "observations", service="payments")[0]["facts"] == {"verdict": "proven"}
    assert rows(viewer, "observations", service="another") == []


def test_an_untouched_export_is_the_document_itself(viewer, document):
    response = viewer.get(f"/api/v1/documents/{document.pk}/export/")
    assert response.content == bytes(document.newest_revision.raw)
    assert response.headers["Content-Type"] == "text/markdown"


def test_an_export_holds_what_was_changed(editor, document):
    task = Task.objects.get(claim="todo")
    editor.patch(f"/api/v1/tasks/{task.pk}/", {"claim": "done", "expected": "todo"}, format="json")
    before = bytes(document.newest_revision.raw)
    after = editor.get(f"/api/v1/documents/{document.pk}/export/").content
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1


@pytest.mark.parametrize("name", ["milestones", "work-items", "tasks", "criteria", "risks", "cost-lines", "bindings"])
def test_the_number_of_queries_does_not_grow_with_rows(
    viewer, document, service, environment, name, django_assert_max_num_queries
):
    viewer.get(f"/api/v1/{name}/")
    for number in range(3):
        milestone = Milestone.objects.create(service=service, title=f"Stage {number}")
        for text in ("One", "Two"):
            Task.objects.create(service=service, milestone=milestone, text=text)
            criterion = Criterion.objects.create(service=service, milestone=milestone, text=text)
            Binding.objects.create(criterion=criterion, verifier_key="tests.recovery")
    with django_assert_max_num_queries(20):
        viewer.get(f"/api/v1/{name}/")


def test_readiness_counts_and_contradicts(viewer, document):
    known = viewer.get(reverse("api:readiness", args=["payments"])).json()
    assert (known["milestones_claimed_done"], known["milestones_total"]) == (1, 2)
    assert (known["criteria_proven"], known["criteria_total"]) == (0, 2)
    assert known["contradictions"][0]["sentence"].startswith("M1 Data is marked done;")
    assert [row["standing"] for row in known["milestones"]] == ["contradicted", "open"]


def test_readiness_can_be_asked_for_an_instant(viewer, proven):
    address = reverse("api:readiness", args=["payments"])
    assert viewer.get(address, {"at": "2026-03-02T12:00:01Z"}).json()["criteria_proven"] == 1
    assert viewer.get(address, {"at": "2026-03-02T11:59:59Z"}).json()["criteria_proven"] == 0
    refused = viewer.get(address, {"at": "noon"})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    ("address", "query", "code"),
    [
        ("/api/v1/services/nothing/gate/", {}, "unknown_service"),
        ("/api/v1/services/nothing/", {}, "unknown_service"),
        ("/api/v1/services/%00/", {}, "unknown_service"),
        ("/api/v1/services/payments/gate/", {"environment": "moon"}, "unknown_environment"),
        ("/api/v1/services/payments/gate/", {"milestone": "M9"}, "unknown_milestone"),
        ("/api/v1/tasks/999999/", {}, "not_found"),
    ],
)
def test_what_is_not_there_is_said_with_a_code(viewer, document, address, query, code):
    response = viewer.get(address, query)
    assert (response.status_code, response.json()["code"]) == (404, code)
    assert response.json()["detail"]


def test_the_gate_answers_as_the_command_does(viewer, document):
    answer = viewer.get(reverse("api:gate", args=["payments"]))
    content = answer.json()
    assert content["decision"] == "no_go"
    assert answer.headers["ETag"] == f'"{content["digest"]}"'
    assert [row["outcome"] for row in content["criteria"]] == ["blocks", "blocks"]
    one = viewer.get(reverse("api:gate", args=["payments"]), {"milestone": "m2"}).json()
    assert len(one["criteria"]) == 1


def test_the_gate_sends_nothing_when_nothing_changed(viewer, document):
    address = reverse("api:gate", args=["payments"])
    first = viewer.get(address)
    again = viewer.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    Criterion.objects.update(claim="done")
    assert viewer.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_another_import_changes_the_digest(viewer, document, service):
    address = reverse("api:gate", args=["payments"])
    first = viewer.get(address).json()["digest"]
    import_document(service=service, name="road.md", raw=ROADMAP.replace("# Road", "# The road").encode())
    assert viewer.get(address).json()["digest"] != first
