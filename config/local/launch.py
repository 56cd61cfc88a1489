"""The order in which everything starts, and stops."""

import logging
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from rich.console import Console

from apps.common.postgresql.durable import durable_server
from apps.common.postgresql.server import Server
from config.env import PROJECT_DIRECTORY
from config.local import preflight
from config.local.dotenv import write_dotenv
from config.local.preflight import ProcessEnded
from config.local.processes import Processes, end_leftovers, started_processes
from config.local.progress import Progress

DIRECTORY = PROJECT_DIRECTORY / "var"
LOG_FILE = DIRECTORY / "seaworthy.log"
DATABASE = "seaworthy"
SETTINGS_MODULE = "config.settings.local"
WATCH_SECONDS = 1.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def launch(*, port: int, roadmap: Path | None, service: str, once: bool) -> None:
    """Start everything, prove what can be proven, report, and stay until Ctrl-C (or stop at once)."""
    progress = Progress(Console(highlight=False))
    DIRECTORY.mkdir(exist_ok=True)
    with preflight.only_instance(DIRECTORY):
        end_leftovers(LOG_FILE)
        preflight.check_port(port)
        preflight.check_disk(DIRECTORY)
        preflight.check_roadmap(roadmap)
        with _postgresql(progress) as server:
            password = _prepare(progress, server)
            with _processes(progress, port) as processes:
                _prove_and_report(progress, processes, server, roadmap=roadmap, service=service, password=password)
                if not once:
                    _stay(processes, server)


@contextmanager
def _postgresql(progress: Progress) -> Iterator[Server]:
    with progress.step("Start PostgreSQL") as step:
        server = durable_server(DIRECTORY / "postgresql")
        server.start()
        server.create_database(DATABASE)
        step.outcome = f"{server.installation.version}, in {server.folder}"
    try:
        yield server
    finally:
        with _uninterrupted(), progress.step("Stop PostgreSQL"):
            server.stop()


def _prepare(progress: Progress, server: Server) -> str | None:
    """Write `.env`, load Django, migrate, and create the first account. Returns its password when it is new."""
    values = {
        "DJANGO_SETTINGS_MODULE": SETTINGS_MODULE,
        "DATABASE_URL": server.connection_url(DATABASE),
    }
    write_dotenv(values)
    os.environ.update(values)
    django.setup()
    logging.getLogger().setLevel(logging.ERROR)  # this process speaks by its steps; the others write the log
    from config.local import database  # models can be imported from here on

    with progress.step("Bring the database up to date") as step:
        step.outcome = database.migrate()
    return database.create_account()


@contextmanager
def _processes(progress: Progress, port: int) -> Iterator[Processes]:
    with started_processes(port=port, log_file=LOG_FILE) as processes:
        with progress.step("Start web, worker and beat"):
            processes.wait_until_ready()
        try:
            yield processes
        finally:
            with _uninterrupted(), progress.step("Stop web, worker and beat"):
                processes.stop()


def _prove_and_report(
    progress: Progress,
    processes: Processes,
    server: Server,
    *,
    roadmap: Path | None,
    service: str,
    password: str | None,
) -> None:
    from config.local import first_run

    first_run.prove_and_report(
        progress,
        processes,
        database_url=server.connection_url(DATABASE),
        roadmap=roadmap,
        service=service,
        password=password,
    )


def _stay(processes: Processes, server: Server) -> None:
    while True:
        time.sleep(WATCH_SECONDS)
        processes.check_running()
        if not server.is_running:
            raise ProcessEnded(f"PostgreSQL ended by itself. See {server.log_file}, then start again: nothing is lost.")


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """A second Ctrl-C does not stop the stopping."""
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
