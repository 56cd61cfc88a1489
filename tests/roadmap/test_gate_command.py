import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.roadmap.engines.gate import evaluate
from apps.roadmap.engines.gate_answer import GateCriterion, GateSubject
from apps.roadmap.engines.standing import Standing
from apps.roadmap.management.commands.gate import exit_code
from apps.roadmap.models import Criterion
from apps.roadmap.selectors.gate import gate
from tests.roadmap.evidence import DAY, NOW, bind, observe


def ask(*arguments):
    """The command's exit code and what it wrote on each stream."""
    stdout, stderr = io.StringIO(), io.StringIO()
    try:
        call_command("gate", *arguments, stdout=stdout, stderr=stderr)
    except SystemExit as end:
        return end.code, stdout.getvalue(), stderr.getvalue()
    except CommandError as error:
        return error.returncode, stdout.getvalue(), str(error)
    return 0, stdout.getvalue(), stderr.getvalue()


@pytest.fixture
def proven(recovery, environment, criterion):
    bind(criterion)
    observe(environment, NOW - DAY)


AT = ["--at", "2026-03-02T12:00"]


def test_it_exits_0_when_everything_required_is_proven(proven):
    code, stdout, _ = ask("payments", *AT)
    assert code == 0
    assert stdout.startswith("Go: every required criterion is proven.")


def test_it_exits_1_when_a_criterion_blocks(criterion, environment):
    code, stdout, _ = ask("payments")
    assert code == 1
    assert "✕ Unverified. M5 CI/CD: A sea trial; a rehearsed rollback." in stdout
    assert "→ Bind it to a check." in stdout


def test_it_exits_3_when_nothing_is_required(environment):
    assert ask("payments")[0] == 3


def test_it_exits_3_when_evidence_cannot_be_read(recovery, environment, criterion):
    bind(criterion)
    observe(environment, NOW - DAY, error="The server is gone.")
    code, stdout, _ = ask("payments", *AT)
    assert code == 3
    assert "The server is gone." in stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["payment"], "There is no service 'payment'. Did you mean 'payments'?"),
        (["payments", "--environment", "prod"], "no environment 'prod'. There are: production."),
        (["payments", "--milestone", "M6"], "no milestone 'M6'. There are: M5."),
        (["payments", "--at", "noon"], "'noon' is not an instant; write it as 2026-03-02T12:00Z"),
    ],
)
def test_a_wrong_question_gets_one_sentence(criterion, environment, arguments, sentence):
    code, stdout, stderr = ask(*arguments)
    assert stdout == ""
    assert sentence in stderr
    if "--at" not in arguments:  # argparse itself ends the process with 2
        assert code == 2


def test_json_has_the_object_alone_on_standard_output(proven, environment):
    code, stdout, stderr = ask("payments", "--format", "json", *AT)
    content = json.loads(stdout)
    assert (code, content["decision"]) == (0, "go")
    assert content["digest"] == gate(environment=environment, at=NOW).digest
    assert stderr == "Go: every required criterion is proven.\n"


def test_the_digest_stays_the_same_until_the_evidence_changes(proven, environment):
    first, later = gate(environment=environment, at=NOW), gate(environment=environment, at=NOW + 2 * DAY)
    decayed = gate(environment=environment, at=NOW + 9 * DAY)
    assert first.digest == later.digest
    assert decayed.digest != first.digest
    assert decayed.decision == "no_go"


def test_it_answers_for_an_instant_in_the_past(recovery, environment, criterion):
    bind(criterion)
    observe(environment, NOW - DAY)
    observe(environment, NOW, verdict="failed")
    assert ask("payments", "--at", "2026-03-02T11:59:59Z")[0] == 0
    assert ask("payments", "--at", "2026-03-02T12:00:00Z")[0] == 1


def test_a_milestone_can_be_asked_for_by_its_code_in_any_case(proven, service):
    Criterion.objects.create(service=service, text="Elsewhere")
    assert ask("payments", *AT)[0] == 1
    assert ask("payments", "--milestone", "m5", *AT)[0] == 0


def test_warnings_do_not_block(proven, environment, service, milestone):
    milestone.tasks.create(service=service, text="Ship", claim="todo")
    code, stdout, _ = ask("payments", *AT)
    assert code == 0
    assert "Note: M5 CI/CD is marked done; its task is still open." in stdout
    assert "Note: M5 CI/CD has no owner." in stdout


def test_criteria_that_do_not_apply_are_counted_in_a_warning(proven, environment, service):
    Criterion.objects.create(service=service, text="Not for us", claim="not_applicable")
    code, stdout, _ = ask("payments", *AT)
    assert code == 0
    assert "Note: 1 criterion marked not applicable; nobody has to prove that." in stdout


def test_without_a_database_it_says_so_in_a_sentence_and_exits_3():
    values = os.environ | {"DATABASE_URL": "postgresql://nobody:hidden@127.0.0.1:1/none"}
    values["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    ended = subprocess.run(
        [sys.executable, "manage.py", "gate", "payments"],
        cwd=Path(__file__).parents[2],
        env=values,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 3
    assert ended.stdout == ""
    (sentence,) = ended.stderr.splitlines()
    assert sentence.startswith("CommandError: The database cannot be asked, so nothing is decided:")
    assert "hidden" not in sentence


@pytest.mark.parametrize(
    ("standing", "is_strict", "code"),
    [("verified", True, 0), ("waived", False, 0), ("waived", True, 1), ("open", False, 1), ("unknown", False, 3)],
)
def test_the_exit_code_says_the_decision_and_may_be_strict_about_waivers(standing, is_strict, code):
    criterion = GateCriterion(
        id=1, text="x", milestone="", requirement="required", claim="done", evidence="x", standing=Standing(standing)
    )
    assert exit_code(evaluate(GateSubject("payments", "production"), [criterion]), is_strict) == code


def test_an_error_of_ours_is_told_from_a_no_go(environment, monkeypatch, caplog):
    def break_down(**question):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("apps.roadmap.management.commands.gate.gate", break_down)
    assert ask("payments") == (3, "", "Unexpected error; the log has the details.")
