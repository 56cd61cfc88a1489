"""`manage.py report`: readiness on a terminal."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.catalog.models import Service
from apps.roadmap.models import Claim, Criterion, Milestone, Task


def report(slug: str) -> str:
    output = StringIO()
    call_command("report", slug, stdout=output)
    return output.getvalue()


@pytest.fixture
def milestone(service: Service) -> Milestone:
    return Milestone.objects.create(service=service, code="M1", title="Backups", claim=Claim.DONE)


def test_it_says_the_counts_the_contradictions_and_the_gate(service: Service, milestone: Milestone) -> None:
    Criterion.objects.create(service=service, milestone=milestone, text="A restore drill passes")
    Task.objects.create(service=service, milestone=milestone, text="Write the runbook", claim=Claim.TODO)
    said = " ".join(report("payments").split())

    assert "1 of 1 milestones claimed done, 0 of 1 criteria proven" in said
    assert "Said, but not so" in said
    assert "M1 Backups is marked done; its acceptance criterion and its task are still open." in said
    assert "Gate: No-go: 1 of 1 criteria blocks." in said
    assert "✕ Contradicted" in said


def test_without_a_contradiction_nothing_is_said_of_one(service: Service, milestone: Milestone) -> None:
    Milestone.objects.filter(pk=milestone.pk).update(claim=Claim.TODO)
    assert "Said, but not so" not in report("payments")


def test_long_lists_are_cut_and_say_so(service: Service, milestone: Milestone) -> None:
    for number in range(12):
        Criterion.objects.create(service=service, milestone=milestone, text=f"Condition {number}")
    assert "and 4 more" in report("payments")


def test_an_unknown_service_is_refused_in_one_sentence(service: Service) -> None:
    with pytest.raises(CommandError, match=r"There is no service 'paiments'\. Did you mean 'payments'\?"):
        report("paiments")
