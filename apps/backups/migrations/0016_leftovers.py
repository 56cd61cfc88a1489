from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("backups", "0015_restoring_engines")]

    operations = []
