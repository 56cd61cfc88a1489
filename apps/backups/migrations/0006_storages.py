from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("backups", "0005_kept_backups")]

    operations = []
