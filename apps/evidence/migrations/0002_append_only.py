from django.db import migrations

from apps.common.append_only import make_append_only


class Migration(migrations.Migration):
    dependencies = [("evidence", "0001_initial")]

    operations = [make_append_only("evidence_observationrecord")]
