"""`manage.py check_env`: which settings come from the environment."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Values are never shown. A missing or malformed variable ends every command with exit code 2 before this runs."""

    help = "List every variable that the settings read, and whether it is set. Exit 2 when one is missing or malformed."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        width = max(map(len, settings.ENVIRONMENT_VARIABLES))
        for name, is_set in sorted(settings.ENVIRONMENT_VARIABLES.items()):
            self.stdout.write(f"{name:<{width}}  {'set' if is_set else 'default'}")
