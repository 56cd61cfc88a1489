"""A monitor, and a web server that it may ask."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from apps.healthchecks.models import Monitor


class Site(ThreadingHTTPServer):
    """A site that answers with the statuses it is given, the last one for ever."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.statuses = [200]
        self.asked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked += 1
        statuses = self.server.statuses
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args) -> None:
        pass


@contextmanager
def running_site() -> Iterator[Site]:
    with Site() as site:
        Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield site
        site.shutdown()


@pytest.fixture
def site(settings) -> Iterator[Site]:
    settings.DIALLING_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with running_site() as site:
        yield site


@pytest.fixture
def monitor(environment, site) -> Monitor:
    return Monitor.objects.create(environment=environment, url=site.url)
