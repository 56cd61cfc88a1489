"""What is not computed, or not written field by field, and is the same nevertheless."""

import pytest
import rest_framework.views  # noqa: F401  first, since it reads the settings, which name a module that needs it
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework import serializers

from apps.common.clock import now
from apps.evidence.freshness import EvidenceState
from apps.roadmap.api.serializers import BindingEvidenceSerializer
from apps.roadmap.models import Binding, Criterion
from apps.roadmap.selectors.statuses import BindingEvidence
from apps.roadmap.services.summarising import bring_up_to_date

GATE = "/api/v1/services/payments/gate/"


@pytest.mark.django_db(transaction=True)
def test_the_gate_is_not_computed_for_whoever_knows_its_answer(client, olga, environment):
    client.force_login(olga)
    criterion = Criterion.objects.create(service=environment.service, text="It recovers", claim="todo")
    bring_up_to_date()
    known = {"If-None-Match": client.get(GATE).headers["ETag"]}
    with CaptureQueriesContext(connection) as queries:
        again = client.get(GATE, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert not any("roadmap_criterion" in query["sql"] for query in queries.captured_queries)

    criterion.claim_as("done", expected="todo")
    changed = client.get(GATE, headers=known)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != known["If-None-Match"]


@pytest.mark.parametrize("seen_at", [None, now()])
def test_a_check_is_written_as_its_fields_say(seen_at):
    binding = Binding(pk=7, verifier_key="tests.recovery", clause="It recovers")
    evidence = BindingEvidence(
        binding, "Recovery", EvidenceState.STALE, 9, seen_at, seen_at, "Seen", "/record/", ("Too old.", "Too slow.")
    )
    written = BindingEvidenceSerializer(evidence)

    assert written.data == serializers.Serializer.to_representation(written, evidence)
    assert list(written.data) == list(written.fields)
