"""`manage.py report`: readiness on a terminal."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

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


def test_a_whole_report_is_written_in_the_format_that_is_asked_for(
    service: Service, milestone: Milestone, tmp_path: Path
) -> None:
    output = StringIO()
    call_command("report", "payments", format="json", stdout=output)
    assert json.loads(output.getvalue())["milestones"][0]["name"] == "M1 Backups"

    file = tmp_path / "payments.xlsx"
    call_command("report", "payments", format="xlsx", output=file, stderr=StringIO())
    assert "Milestones" in load_workbook(file).sheetnames


@pytest.mark.parametrize("options", [{"format": "xlsx"}, {"output": Path("x")}])
def test_formats_and_files_go_together(service: Service, options: dict[str, object]) -> None:
    with pytest.raises(CommandError, match="--output goes with a --format"):
        call_command("report", "payments", **options)


def test_a_file_that_cannot_be_written_is_refused_in_one_sentence(service: Service, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written: Is a directory"):
        call_command("report", "payments", format="csv", output=tmp_path)
