"""The database of a laptop: brought up to date, with a first account."""

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.accounts.services import create_first_administrator

ADMINISTRATOR = "admin@localhost"


def migrate() -> str:
    """Apply what is missing, and say how much that was."""
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    return f"{missing} migrations" if missing else "nothing to do"


def create_account() -> str | None:
    """The first account's password; None when there is an account already."""
    created = create_first_administrator(email=ADMINISTRATOR)
    return created[1] if created else None
