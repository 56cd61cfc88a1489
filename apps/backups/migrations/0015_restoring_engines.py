from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("backups", "0014_faults")]

    operations = []
