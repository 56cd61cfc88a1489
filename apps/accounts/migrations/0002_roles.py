from django.db import migrations

from apps.accounts.roles import grant_roles


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("contenttypes", "0002_remove_content_type_name")]

    operations = [grant_roles("accounts", hidden=["apitoken", "user"])]
