from django.db import migrations

from apps.accounts.roles import grant_roles


class Migration(migrations.Migration):
    dependencies = [("security", "0001_initial"), ("accounts", "0002_roles")]

    operations = [grant_roles("security", operator=["add_securitycheckrun"])]
