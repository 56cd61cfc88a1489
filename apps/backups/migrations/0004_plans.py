"""What was kept in the folder of BACKUP_DIRECTORY gets a storage, copies and plans."""

from django.db import migrations


def make_plans(apps, schema_editor):
    Database, Plan, Storage, Backup, BackupCopy = (
        apps.get_model("backups", name) for name in ("Database", "Plan", "Storage", "Backup", "BackupCopy")
    )
    if not Database.objects.exists():
        return
    storage = Storage.objects.create(name="local", kind="folder")
    for database in Database.objects.all():
        Plan.objects.create(database=database, keep_newest=database.kept_backups).storages.add(storage)
    BackupCopy.objects.bulk_create(
        BackupCopy(
            backup=backup,
            storage=storage,
            stored_at=backup.finished_at,
            removal_asked_at=backup.removed_at,
            removed_at=backup.removed_at,
        )
        for backup in Backup.objects.only("finished_at", "removed_at")
    )


class Migration(migrations.Migration):
    dependencies = [("backups", "0003_protection")]

    operations = [migrations.RunPython(make_plans, migrations.RunPython.noop)]
