"""What the guide and the example tell people to run, run: by a real curl, over a real socket."""

import os
import re
import shutil
import subprocess
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import yaml
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from apps.evidence.models import ObservationRecord
from apps.roadmap.models import Criterion
from apps.roadmap.services.binding import bind
from config.env import PROJECT_DIRECTORY
from tests.evidence.pushing import JUNIT, make_pipeline

GUIDE = (PROJECT_DIRECTORY / "docs" / "evidence.md").read_text()
EXAMPLE = yaml.safe_load((PROJECT_DIRECTORY / "docs" / "examples" / "github-actions.yml").read_text())
STEPS = {step["name"]: step for step in EXAMPLE["jobs"]["release"]["steps"] if "name" in step}
COMMIT = "0123456789abcdef0123456789abcdef01234567"
COVERAGE = '<coverage lines-valid="10" lines-covered="9"/>'

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="There is no curl on this machine.")


class Quiet(WSGIRequestHandler):
    """Says nothing on the terminal."""

    def log_message(self, *arguments):
        pass


@pytest.fixture
def one_connection():
    """A request closes what it finds open, which here would be the test's own transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def shell(service, olga, tmp_path, one_connection):
    """Runs a script that asks this process once, as a pipeline would. The server shares the test's transaction."""
    cache.clear()
    pipeline = make_pipeline(service, olga, verifiers=["ci.tests", "ci.coverage"])
    (tmp_path / "junit.xml").write_text(JUNIT)
    (tmp_path / "coverage.xml").write_text(COVERAGE)
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
    server.timeout = 60
    environment = {
        "PATH": os.environ["PATH"],
        "SEAWORTHY_URL": f"http://127.0.0.1:{server.server_port}",
        "SEAWORTHY_TOKEN": pipeline.secret,
        "RUN": "7",
        "COMMIT": COMMIT,
        "RUN_URL": "https://ci.example.org/runs/7",
        "GITHUB_RUN_ID": "7",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_SHA": COMMIT,
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "example/payments",
    }

    def run(script):
        curl = subprocess.Popen(["bash", "-c", script], cwd=tmp_path, env=environment, stdout=subprocess.PIPE)
        server.handle_request()
        output, _ = curl.communicate(timeout=60)
        return curl.returncode, output.decode()

    yield run
    server.server_close()


def commands_of_guide():
    return re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)


def test_the_guide_pushes_a_report_and_may_repeat_it(shell, environment):
    push, _ = commands_of_guide()
    assert shell(push)[0] == 0
    record = ObservationRecord.objects.get()
    assert (record.environment, record.facts["passed"], record.facts["commit"]) == (environment, 2, COMMIT)
    assert record.source == "https://ci.example.org/runs/7"


def test_the_guide_asks_the_gate_and_its_exit_code_is_the_answer(shell, service, environment, olga):
    push, ask = commands_of_guide()
    criterion = Criterion.objects.create(service=service, text="All tests pass", claim="done", line=1)
    bind(criterion=criterion, verifier_key="ci.tests", actor=olga)
    code, answer = shell(ask)
    assert (code, '"decision":"no_go"' in answer) == (22, True)
    shell(push)
    code, answer = shell(ask)
    assert (code, '"decision":"go"' in answer) == (0, True)


def test_a_refusal_says_why_and_fails_the_step(shell):
    push, _ = commands_of_guide()
    code, answer = shell(push.replace("service=payments", "service=orders"))
    assert code == 22
    assert "This token pushes evidence about payments, not about orders." in answer


@pytest.mark.parametrize(("step", "key"), [("Push the tests", "ci.tests"), ("Push the coverage", "ci.coverage")])
def test_the_steps_of_the_example_push(shell, service, step, key):
    code, answer = shell(STEPS[step]["run"])
    assert code == 0, answer
    record = ObservationRecord.objects.get()
    assert (record.verifier_key, record.facts["commit"]) == (key, COMMIT)
    assert record.source == "https://github.com/example/payments/actions/runs/7"


def test_the_last_step_of_the_example_is_the_gate(shell):
    assert list(STEPS)[-1] == "Ask the gate"
    code, answer = shell(STEPS["Ask the gate"]["run"])
    assert (code, '"decision"' in answer) == (22, True)


def test_the_example_is_a_workflow_and_holds_no_secret():
    assert EXAMPLE["jobs"]["release"]["env"]["SEAWORTHY_TOKEN"] == "${{ secrets.SEAWORTHY_TOKEN }}"
    assert EXAMPLE["jobs"]["release"]["permissions"] == {"contents": "read"}
