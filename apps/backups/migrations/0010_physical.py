from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("backups", "0009_engines"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="drillrun",
            name="backups_drill_proves_a_backup",
        ),
        migrations.RemoveConstraint(
            model_name="schedule",
            name="backups_schedule_operation_is_known",
        ),
        migrations.AddField(
            model_name="backup",
            name="origin",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="What the tool that made it calls it, or its file.",
                max_length=500,
            ),
        ),
        migrations.AddField(
            model_name="drillrun",
            name="is_point_in_time",
            field=models.BooleanField(default=False, editable=False, verbose_name="to a point in time"),
        ),
        migrations.AddField(
            model_name="drillrun",
            name="reached_at",
            field=models.DateTimeField(
                editable=False,
                help_text="The last transaction that the recovered server holds.",
                null=True,
                verbose_name="reached",
            ),
        ),
        migrations.AddField(
            model_name="drillrun",
            name="target_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Empty until then: a moment shortly before now.",
                null=True,
                verbose_name="target",
            ),
        ),
        migrations.AlterField(
            model_name="schedule",
            name="operation",
            field=models.CharField(
                choices=[
                    ("backup", "Backup"),
                    ("drill", "Drill"),
                    ("point_in_time", "Drill to a point in time"),
                    ("custody", "Drill with one escrowed key alone"),
                ],
                default="backup",
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="drillrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("verdict", "proven"), _negated=True),
                    ("backup__isnull", False),
                    ("is_point_in_time", True),
                    _connector="OR",
                ),
                name="backups_drill_proves_a_backup",
            ),
        ),
        migrations.AddConstraint(
            model_name="drillrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("is_point_in_time", True), ("verdict", "proven"), _negated=True),
                    models.Q(("reached_at__isnull", False), ("target_at__isnull", False)),
                    _connector="OR",
                ),
                name="backups_drill_proven_point_was_reached",
            ),
        ),
        migrations.AddConstraint(
            model_name="schedule",
            constraint=models.CheckConstraint(
                condition=models.Q(("operation__in", ["backup", "drill", "point_in_time", "custody"])),
                name="backups_schedule_operation_is_known",
            ),
        ),
    ]
