"""`manage.py release`: everything between a new version and its first request."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

_RELEASE_LOCK = 0x5EA_4E1EA5E
_TABLE_CACHE = "django.core.cache.backends.db.DatabaseCache"


class Command(BaseCommand):
    """Safe to run again, and from several machines at once: they wait for each other."""

    help = "Check the environment and the settings, then migrate. Run it before each deployment."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("check_env", stdout=self.stdout)
        call_command("check", deploy=True, fail_level="WARNING", stdout=self.stdout, stderr=self.stderr)
        with _alone():
            call_command("migrate", interactive=False, stdout=self.stdout)
            if any(cache["BACKEND"] == _TABLE_CACHE for cache in settings.CACHES.values()):
                call_command("createcachetable", stdout=self.stdout)


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock of releases while the block runs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_RELEASE_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_RELEASE_LOCK])
