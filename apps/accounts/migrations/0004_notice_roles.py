from django.db import migrations

from apps.accounts.roles import grant_roles


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_notices")]

    operations = [grant_roles("accounts", hidden=["apitoken", "user", "notice"])]
