from django.db import migrations

from apps.accounts.roles import grant_roles


class Migration(migrations.Migration):
    dependencies = [("backups", "0001_initial"), ("accounts", "0002_roles")]

    operations = [
        grant_roles("backups", operator=["database", "schedule", "back_up_database", "drill_database"]),
    ]
