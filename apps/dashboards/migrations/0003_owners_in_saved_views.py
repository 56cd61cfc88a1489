"""What is filtered by its owner may have several now."""

from django.db import migrations

RENAME = r"""
UPDATE dashboards_savedview SET query = regexp_replace(query, '(^|&)owner__', '\1owners__', 'g')
WHERE list IN ('roadmap.task', 'roadmap.criterion', 'roadmap.risk');
"""


class Migration(migrations.Migration):
    dependencies = [("dashboards", "0002_report_schedules")]

    operations = [migrations.RunSQL(RENAME)]
