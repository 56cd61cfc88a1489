from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("backups", "0010_physical")]

    operations = []
