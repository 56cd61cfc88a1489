"""What a line of the log says."""

import json
import logging

import pytest
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable

from apps.healthchecks.engines.checks import run_checks
from config.settings.logs import configure_logs


class Refusing(HealthCheck):
    def run(self):
        try:
            raise OSError("no route")
        except OSError as error:
            raise ServiceUnavailable("the broker refuses the connection") from error


class Broken(HealthCheck):
    def run(self):
        raise KeyError("nobody thought of this")


@pytest.fixture
def lines():
    """Writes what is logged as production does, and returns what came."""
    settings = configure_logs(level="INFO", style="json")["formatters"]["structured"]
    formatter = settings.pop("()")(**settings)
    written = []
    handler = logging.Handler()
    handler.emit = lambda record: written.append(json.loads(formatter.format(record)))
    root = logging.getLogger()
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)


def test_a_failed_health_check_is_one_sentence(lines):
    run_checks({"broker": Refusing()})
    (line,) = lines
    assert line["reason"] == "Unavailable: the broker refuses the connection: no route"
    assert "exception" not in line


def test_an_error_nobody_expected_brings_its_traceback(lines):
    run_checks({"broker": Broken()})
    (line,) = lines
    assert "KeyError: 'nobody thought of this'" in line["exception"]
