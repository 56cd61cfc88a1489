"""Criteria are split, and bound to the checks that prove them, by way of the API."""

import pytest

from apps.audit.models import AuditEvent
from apps.roadmap.models import Binding, Criterion
from apps.roadmap.services.importing import import_document

BINDINGS = "/api/v1/bindings/"
TEXT = "Restores pass and the runbook is signed"


@pytest.fixture
def criterion(recovery, environment):
    road = f"# Road\n\n## M1 Data\n- [ ] Owner: Core\n- Acceptance\n  - [ ] {TEXT}\n"
    import_document(service=environment.service, name="road.md", raw=road.encode())
    return Criterion.objects.get()


@pytest.fixture
def wanted(criterion, recovery):
    return {"criterion": criterion.pk, "verifier_key": recovery.key}


@pytest.fixture
def approver(person):
    return person("approver")


def test_a_check_counts_at_once(approver, editor, criterion, wanted):
    assert editor.post(BINDINGS, wanted, format="json").status_code == 403

    made = approver.post(BINDINGS, wanted | {"ttl_seconds": 3600}, format="json")
    assert (made.status_code, made.json()["state"], made.json()["ttl_seconds"]) == (201, "accepted", 3600.0)
    assert criterion.bindings.accepted().get().decided_by == approver.user
    assert AuditEvent.objects.latest("pk").action == "binding.accepted"


@pytest.mark.parametrize(
    "change",
    [{"verifier_key": "nobody.knows"}, {"clause": "Something else"}, {"ttl_seconds": -1}, {"criterion": 0}],
    ids=lambda change: next(iter(change)),
)
def test_a_check_that_cannot_be_is_refused_by_its_field(approver, wanted, change):
    before = Binding.objects.count()
    refused = approver.post(BINDINGS, wanted | change, format="json")
    assert (refused.status_code, Binding.objects.count()) == (400, before)
    assert next(iter(change)).split("_")[0] in refused.json()["detail"].lower()


def test_a_suggestion_is_decided_once(approver, criterion, recovery):
    binding = Binding.objects.create(criterion=criterion, verifier_key=recovery.key)
    address = f"{BINDINGS}{binding.pk}/"

    assert approver.post(f"{address}accept/").json()["state"] == "accepted"
    assert approver.post(f"{address}accept/").json()["code"] == "binding_decided"
    assert approver.post(f"{address}confirm/").status_code == 200
    assert approver.post(f"{address}decline/").json()["state"] == "declined"
    assert approver.post(f"{address}confirm/").status_code == 409


def test_a_criterion_is_split_as_its_words_allow(editor, viewer, criterion):
    address = f"/api/v1/criteria/{criterion.pk}/clauses/"
    split = {"text": TEXT, "clauses": ["Restores pass", "the runbook is signed"]}
    assert viewer.put(address, split, format="json").status_code == 403

    assert editor.put(address, split, format="json").json()["clauses"] == split["clauses"]
    assert viewer.get(address).json()["clauses"] == split["clauses"]
    refused = editor.put(address, split | {"clauses": ["Restores pass"]}, format="json")
    assert (refused.status_code, "the runbook is signed" in refused.json()["detail"]) == (400, True)
    changed = editor.put(address, split | {"text": "Other words"}, format="json")
    assert changed.json()["code"] in {"clauses_refused", "criterion_changed"}
    assert editor.put(address, split | {"clauses": []}, format="json").json()["clauses"] == [TEXT]
