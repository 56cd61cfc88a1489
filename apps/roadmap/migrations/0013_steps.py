"""A task is no step of itself."""

from django.db import migrations, models

OWN_STEPS = """
UPDATE roadmap_task SET parent_id = NULL WHERE parent_id = id;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("roadmap", "0012_owners")]

    operations = [
        migrations.RunSQL(OWN_STEPS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "task",
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("pk")), name="roadmap_task_not_under_itself"
            ),
        ),
    ]
