"""A throwaway PostgreSQL server with Seaworthy's tables, for benchmarks."""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from apps.common.postgresql.binaries import newest_server_installation  # noqa: E402
from apps.common.postgresql.server import Server  # noqa: E402
from apps.common.postgresql.throwaway import throwaway_server  # noqa: E402


@contextmanager
def migrated_database() -> Iterator[Server]:
    """Set Django up on an empty, migrated database for the length of the block."""
    with throwaway_server(newest_server_installation()) as server:
        server.create_database("bench")
        os.environ |= {
            "DATABASE_URL": server.connection_url("bench"),
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "SECRET_KEY": secrets.token_hex(32),
            "AUDIT_KEY": secrets.token_hex(32),
            "FIELD_ENCRYPTION_KEYS": secrets.token_hex(32),
        }
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        call_command("migrate", verbosity=0)
        try:
            yield server
        finally:
            connections.close_all()
