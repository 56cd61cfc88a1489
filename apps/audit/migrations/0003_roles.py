from django.db import migrations

from apps.accounts.roles import grant_roles


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only"), ("accounts", "0002_roles")]

    operations = [grant_roles("audit")]
