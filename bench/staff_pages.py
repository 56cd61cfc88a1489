"""Staff pages and the API at 500 services of 60 criteria, each beside the bare SQL of the same rows; then 100 people.

bench/staff_pages.py [--services 500] [--people 100] [--seconds 60]
"""

import argparse
import http.client
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from _database import PROJECT, migrated_database
from _processes import cpu_seconds
from _rows import CRITERIA, add_people, add_services

from apps.common.postgresql.server import running_postmaster
from tests.serving import throwaway_redis

HOST, FEW, ROUNDS = "seaworthy.example", 17, 20
PAGES = {
    "portfolio": "/admin/",
    "readiness": "/admin/readiness/service-007/",
    "roadmap: milestones": "/admin/roadmap/milestone/",
    "roadmap: tasks": "/admin/roadmap/task/",
    "roadmap: criteria": "/admin/roadmap/criterion/",
    "API: criteria": "/api/v1/criteria/",
    "API: readiness": "/api/v1/services/service-007/readiness/",
    "API: gate": "/api/v1/services/service-007/gate/",
}


@dataclass
class Page:
    """One page's row of the table."""

    queries_few: int = 0
    queries: int = 0
    bare_ms: float = 0
    web_ms: float = 0
    database_ms: float = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=500)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    pages = {name: Page() for name in PAGES}
    with migrated_database() as server, throwaway_redis() as redis, tempfile.TemporaryDirectory() as folder:
        postmaster = running_postmaster(server.data_folder)
        add_services(0, FEW)
        keys = add_people()
        for name, page in pages.items():
            page.queries_few = len(captured(PAGES[name], kept=False))
        add_services(FEW, options.services)
        for name, page in pages.items():
            page.queries = len(captured(PAGES[name], kept=False))
            page.bare_ms = time_bare(captured(PAGES[name], kept=True), postmaster)
        with web(redis, folder) as (port, process):
            for name, page in pages.items():
                page.web_ms, page.database_ms = measure(port, keys[0], PAGES[name], process.pid, postmaster)
            show(pages, options.services)
            for moment in ("nothing kept yet", "after that"):
                let_people_in(port, keys, options, process.pid, postmaster, moment)
        show_kept(Path(folder))


def captured(path: str, *, kept: bool) -> list[str]:
    """The statements of the page's second visit, with what the first one kept or with nothing."""
    from django.core.cache import cache
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from apps.accounts.models import User
    from apps.common.since_write import forget

    client = Client()
    client.force_login(User.objects.get(email="person-0@example.org"))
    for _ in range(2):
        if not kept:
            cache.clear()
            forget()
        with CaptureQueriesContext(connection) as queries:
            response = client.get(path)
        assert response.status_code == 200, (path, response.status_code)
    return [query["sql"] for query in queries.captured_queries]


def time_bare(statements: list[str], database: int) -> float:
    """The processor time of the statements alone, here and in the database, in milliseconds."""
    from django.db import connection

    before = time.process_time() + cpu_seconds(database)
    for _ in range(ROUNDS):
        with connection.cursor() as cursor:
            for statement in statements:
                if statement.lstrip(" (").startswith("SELECT"):
                    cursor.execute(statement.replace("%", "%%"), [])
                    cursor.fetchall()
    return (time.process_time() + cpu_seconds(database) - before) / ROUNDS * 1e3


@contextmanager
def web(redis: str, folder: str) -> Iterator[tuple[int, subprocess.Popen]]:
    """The web process of the Procfile, under production's settings."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.production", "ALLOWED_HOSTS": HOST, "REDIS_URL": redis,
        "STATIC_ROOT": folder, "COUNTS": folder, "LOG_LEVEL": "WARNING", "DATABASE_POOL_SIZE": "4",
        "HEALTH_TOKEN": "-" * 32,
    }  # fmt: skip
    python = [sys.executable, "-W", "ignore"]
    subprocess.run(
        [*python, "manage.py", "collectstatic", "--no-input", "-v0"], cwd=PROJECT, env=environment, check=True
    )
    options = ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--no-control-socket"]
    command = [
        *python,
        "-m",
        "gunicorn",
        "_web",
        "--pythonpath",
        f"{PROJECT / 'bench'},{PROJECT}",
        "--bind",
        f"127.0.0.1:{port}",
        *options,
        "--log-level",
        "error",
    ]
    process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(150):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield port, process
    finally:
        process.terminate()
        process.wait()


def measure(port: int, key: str, path: str, web: int, database: int) -> tuple[float, float]:
    """The processor time of one visit, in the web process and in the database, in milliseconds."""
    for _ in range(8):
        visit(port, key, path)
    before = cpu_seconds(web), cpu_seconds(database)
    for _ in range(ROUNDS):
        visit(port, key, path)
    after = cpu_seconds(web), cpu_seconds(database)
    return tuple((end - start) / ROUNDS * 1e3 for start, end in zip(before, after, strict=True))


def visit(port: int, key: str, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Host": HOST, "Cookie": f"__Host-session={key}", "X-Forwarded-Proto": "https"}
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    assert response.status == 200, (path, response.status)


def show(pages: dict[str, Page], services: int) -> None:
    print(
        f"{services} services of {CRITERIA} criteria; processor time of one visit, and the bare SQL of the same rows:"
    )
    print(f"  {'':22}{'web':>9}{'database':>10}{'bare SQL':>10}{'ratio':>7}   queries, nothing kept, "
          f"at {FEW * CRITERIA:,} and {services * CRITERIA:,} criteria")  # fmt: skip
    for name, page in pages.items():
        ratio = (page.web_ms + page.database_ms) / page.bare_ms
        same = "equal" if page.queries == page.queries_few else "DIFFERS"
        print(f"  {name:22}{page.web_ms:6.1f} ms{page.database_ms:7.1f} ms{page.bare_ms:7.1f} ms{ratio:7.1f}   "
              f"{page.queries_few:3} {page.queries:3}  {same}")  # fmt: skip


def let_people_in(
    port: int, keys: list[str], options: argparse.Namespace, web: int, database: int, moment: str
) -> None:
    environment = os.environ | {
        "SESSION_KEYS": json.dumps(keys), "SERVICES": str(options.services), "HOST_NAME": HOST,
    }  # fmt: skip
    locust = [sys.executable, "-W", "ignore", "-m", "locust", "-f", str(Path(__file__).parent / "_people.py")]
    size = ["--users", str(options.people), "--spawn-rate", "20", "--run-time", f"{options.seconds}s"]
    command = [*locust, *size, "--host", f"http://127.0.0.1:{port}", "--headless", "--json", "--loglevel", "ERROR"]
    load, before = os.getloadavg()[0], (cpu_seconds(web), cpu_seconds(database), ended_seconds())
    answer = subprocess.run(command, env=environment, capture_output=True, check=False).stdout
    used = cpu_seconds(web) - before[0], cpu_seconds(database) - before[1], ended_seconds() - before[2]
    entries = sorted(json.loads(answer), key=lambda entry: entry["name"])
    requests = sum(entry["num_requests"] for entry in entries)
    print(f"{options.people} people, 1 to 3 s between actions, for {options.seconds} s, {moment} (load {load:.1f}):")
    web_ms, database_ms, locust_ms = (seconds / requests * 1e3 for seconds in used)
    print(f"  {requests / options.seconds:.1f} requests/s; of a request {web_ms:.1f} ms of web, {database_ms:.1f} ms "
          f"of database, and {locust_ms:.1f} ms of Locust itself")  # fmt: skip
    for entry in entries:
        times = sorted((float(value), count) for value, count in entry["response_times"].items())
        print(f"  {entry['name']:22}p50 {quantile(times, 0.5):6.0f} ms   p95 {quantile(times, 0.95):6.0f} ms   "
              f"{entry['num_requests']:5} requests, {entry['num_failures']} failed   (goal: p95 < 300 ms)")  # fmt: skip


def ended_seconds() -> float:
    """The processor time of the programs that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def show_kept(folder: Path) -> None:
    """How many of the visits found their page kept, one after another and all people together."""
    counts = sum((Counter(json.loads(file.read_text())) for file in folder.glob("[0-9]*")), Counter())
    for page in sorted({name.partition(": ")[0] for name in counts}):
        shown, made = counts[f"{page}: shown"], counts[f"{page}: made"]
        print(f"  {page:22}{1 - made / shown:5.0%} of {shown:,} found kept")


def quantile(times: list[tuple[float, int]], share: float) -> float:
    """The time that this share of requests took at most."""
    wanted = sum(count for _, count in times) * share
    for value, count in times:
        wanted -= count
        if wanted <= 0:
            return value
    return 0.0


if __name__ == "__main__":
    main()
