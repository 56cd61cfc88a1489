import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("backups", "0014_faults")]

    operations = [
        migrations.RenameField("restorerun", "tables", "parts"),
        migrations.AlterField(
            "restorerun",
            "parts",
            models.JSONField(blank=True, default=list, help_text="Only these tables, or paths. Empty: everything."),
        ),
        migrations.AlterField(
            "restorerun",
            "new_name",
            models.CharField(
                help_text="The name or the path of what is made. Nothing is there yet.", max_length=500, verbose_name="into"
            ),
        ),
        migrations.AlterField(
            "restorerun",
            "server",
            models.ForeignKey(
                help_text="A new database is made on its server. Of what becomes a file or a folder: the backup's own.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="restores_beside",
                to="backups.database",
            ),
        ),
        migrations.AddField(
            "restorerun",
            "target_at",
            models.DateTimeField(
                blank=True,
                help_text="The moment to recover to. Empty: that of the backup.",
                null=True,
                verbose_name="as of",
            ),
        ),
        migrations.AddField(
            "restorerun",
            "outcome",
            models.TextField(blank=True, editable=False, verbose_name="what came of it"),
        ),
        migrations.AlterField(
            "restorerun",
            "done_items",
            models.PositiveBigIntegerField(default=0, editable=False, verbose_name="done"),
        ),
        migrations.AlterField(
            "restorerun",
            "total_items",
            models.PositiveBigIntegerField(editable=False, null=True, verbose_name="of"),
        ),
    ]
