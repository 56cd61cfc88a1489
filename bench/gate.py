"""The gate over 60 criteria, against the bare queries of the same rows; the command, against a bare start of Django."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median
from tempfile import TemporaryDirectory

from _database import PROJECT, migrated_database

CRITERIA, OBSERVATIONS_EACH, ROUNDS, STARTS = 60, 100, 30, 5


def main() -> None:
    with migrated_database():
        environment = make_rows()
        gate_seconds, process_seconds, query_seconds = time_inside(environment)
        command_seconds, start_seconds = time_outside()
    print(f"gate, {CRITERIA} criteria, {OBSERVATIONS_EACH} observations each, median of {ROUNDS}:")
    print(f"  inside   {gate_seconds * 1000:7.1f} ms, {process_seconds * 1000:.1f} ms of it in this process"
          f"   the same rows, bare queries {query_seconds * 1000:7.1f} ms"
          f"   ratio {gate_seconds / query_seconds:.1f}   (goal: < 50 ms)")  # fmt: skip
    print(f"  command  {command_seconds:7.2f} s    Django alone, started         {start_seconds:7.2f} s "
          f"   ratio {command_seconds / start_seconds:.1f}   (goal: < 2 s)")  # fmt: skip


def make_rows():
    """A service with 60 criteria in 6 milestones, each bound, observed often, with five tasks a milestone."""
    from apps.catalog.services import ensure_service
    from apps.common.clock import now
    from apps.evidence.models import ObservationRecord
    from apps.evidence.services import parameters_digest
    from apps.roadmap.models import Binding, Criterion, Milestone, Task

    service, at = ensure_service(slug="bench", tier="A"), now()
    environment = service.environments.get()
    for number in range(6):
        milestone = Milestone.objects.create(service=service, code=f"M{number}", title="Stage", claim="done")
        Task.objects.bulk_create(Task(service=service, milestone=milestone, text="Work") for _ in range(5))
        for place in range(CRITERIA // 6):
            criterion = Criterion.objects.create(service=service, milestone=milestone, text=f"C{place}", claim="done")
            parameters = {"window_hours": number * 10 + place + 1}
            Binding.objects.create(
                criterion=criterion, verifier_key="healthchecks.availability", parameters=parameters,
                state="accepted", decided_at=at,
            )  # fmt: skip
            facts = {"availability_percent": 99.95, "checks": 60, "failures": 0, "coverage_percent": 100.0,
                     "p95_milliseconds": 80.0}  # fmt: skip
            ObservationRecord.objects.bulk_create(
                ObservationRecord(
                    environment=environment, verifier_key="healthchecks.availability", verifier_version="1.0.0",
                    parameters=parameters, parameters_digest=parameters_digest(parameters), facts=facts,
                    summary="99.95 % available", trust="produced", observed_at=at - timedelta(minutes=minutes),
                    recorded_at=at - timedelta(minutes=minutes),
                ) for minutes in range(OBSERVATIONS_EACH)
            )  # fmt: skip
    return environment


def time_inside(environment) -> tuple[float, float, float]:
    """Medians of the gate, of its share in this process, and of its bare queries, taken in turns."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from apps.roadmap.selectors.gate import gate

    with CaptureQueriesContext(connection) as captured:
        answer = gate(environment=environment)
    assert answer.decision == "go", answer.headline
    statements = [query["sql"] for query in captured.captured_queries]

    def ask_bare() -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                cursor.fetchall()

    def ask() -> None:
        gate(environment=environment)

    rounds = [(timed(ask), timed(ask, time.process_time), timed(ask_bare)) for _ in range(ROUNDS)]
    gate_seconds, process_seconds, query_seconds = map(median, zip(*rounds, strict=True))
    return gate_seconds, process_seconds, query_seconds


def time_outside() -> tuple[float, float]:
    """Medians of the command and of a process that only sets Django up, both compiled before as an installation is."""
    gate = [sys.executable, "manage.py", "gate", "bench", "--format", "json"]
    bare = [sys.executable, "-c", "import django; django.setup()"]
    with TemporaryDirectory() as compiled:
        start(gate, compiled)
        rounds = [(timed(lambda: start(gate, compiled)), timed(lambda: start(bare, compiled))) for _ in range(STARTS)]
    return median(each for each, _ in rounds), median(each for _, each in rounds)


def start(arguments: list[str], compiled: str) -> None:
    environment = os.environ | {"PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
    subprocess.run(arguments, cwd=PROJECT, env=environment, check=True, capture_output=True)


def timed(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    started = clock()
    work()
    return clock() - started


if __name__ == "__main__":
    main()
