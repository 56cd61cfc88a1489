"""The environment of a deployment, with the servers of the test run."""

import os
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

PASSED_ON = ("HOME", "LANG", "TMPDIR", "USER")
HOST = "seaworthy.example"


def database_url(name: str) -> str:
    """The address of a database on the test server."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{name}"))


def current_database_url() -> str:
    """The address of the database that Django's tests use now."""
    return database_url(str(connection.settings_dict["NAME"]))


def redis_url(number: int) -> str:
    """The address of one of the test server's numbered databases: each test that needs one takes its own."""
    return urlunsplit(urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}"))


def production_environment(**values: str) -> dict[str, str]:
    """All that a process needs to start under production settings, and nothing of the tests' own settings."""
    return {
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "SECRET_KEY": secrets.token_hex(32),
        "AUDIT_KEY": secrets.token_hex(32),
        "FIELD_ENCRYPTION_KEYS": secrets.token_hex(32),
        "HEALTH_TOKEN": secrets.token_hex(32),
        "ALLOWED_HOSTS": HOST,
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "REDIS_URL": os.environ["REDIS_URL"],
        **values,
    }
