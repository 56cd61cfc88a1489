from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("backups", "0007_encryption")]

    operations = []
