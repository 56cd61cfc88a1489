from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("backups", "0004_plans")]

    operations = [
        migrations.RemoveConstraint(
            model_name='database',
            name='backups_database_keeps_one',
        ),
        migrations.RemoveField(
            model_name='database',
            name='kept_backups',
        ),
    ]
