from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("backups", "0013_restoring")]

    operations = []
