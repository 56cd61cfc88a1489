"""What leaves this installation when something breaks: logs and error reports without secrets."""

import gzip
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from threading import Thread

import pytest

from config.env import PROJECT_DIRECTORY
from config.settings.logs import mask_secrets
from tests.production import production_environment

BREAK = """
import logging
import sentry_sdk

password = "hunter2-in-a-variable"
try:
    raise RuntimeError("cannot reach postgresql://user:hunter2@db/x")
except RuntimeError as error:
    sentry_sdk.set_context("connection", {"database_url": "hunter2-under-a-name", "nested": {"passphrase": "hunter2"}})
    sentry_sdk.capture_exception(error)
sentry_sdk.flush()
"""


@pytest.mark.parametrize(
    ("event", "masked"),
    [
        ({"password": "hunter2"}, {"password": "********"}),
        ({"api_key": "hunter2"}, {"api_key": "********"}),
        ({"event": "at postgresql://u:hunter2@db/x"}, {"event": "at postgresql://u:********@db/x"}),
        ({"url": "redis://:hunter2@cache:6379/0"}, {"url": "redis://:********@cache:6379/0"}),
        ({"url": "https://example.org/a@b"}, {"url": "https://example.org/a@b"}),
        ({"count": 3}, {"count": 3}),
    ],
)
def test_logs_hold_no_secret(event, masked):
    assert mask_secrets(None, "info", event) == masked


def unpack_brotli(body: bytes) -> bytes:
    """Sentry's client uses it where it is installed."""
    return import_module("brotli").decompress(body)


UNPACK = {"identity": bytes, "gzip": gzip.decompress, "br": unpack_brotli}


@pytest.fixture
def reports():
    """A server that takes reports as Sentry does, and the bodies that it got."""
    bodies = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.append(UNPACK[self.headers.get("Content-Encoding", "identity")](body))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://key@127.0.0.1:{server.server_port}/1", bodies
        server.shutdown()


def test_an_error_report_names_the_error_and_holds_no_secret(reports):
    address, bodies = reports
    subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "--command", BREAK],
        cwd=PROJECT_DIRECTORY, env=production_environment(SENTRY_DSN=address), check=True, capture_output=True,
    )  # fmt: skip
    text = b"".join(bodies).decode()
    assert "RuntimeError" in text
    assert "postgresql://user:********@db/x" in text
    assert "hunter2" not in text
