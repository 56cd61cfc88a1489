"""The plan of each database."""

from apps.backups.models import Database, Plan, Storage

DEFAULT_STORAGE = "local"


def plan_of(database: Database) -> Plan:
    """The database's plan; made on first use, it keeps backups in the folder of BACKUP_DIRECTORY."""
    plan, is_new = Plan.objects.get_or_create(database=database)
    if is_new:
        plan.storages.add(default_storage())
    return plan


def default_storage() -> Storage:
    """The folder that BACKUP_DIRECTORY names, as a storage."""
    return Storage.objects.get_or_create(name=DEFAULT_STORAGE)[0]
