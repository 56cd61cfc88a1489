import django.db.models.deletion
from django.db import migrations, models

from apps.accounts.roles import grant_roles


class Migration(migrations.Migration):
    dependencies = [("backups", "0005_kept_backups")]

    operations = [
        migrations.AddField(
            model_name='backup',
            name='lost_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='No storage has it any more. Nobody removed it.', null=True, verbose_name='found lost'),
        ),
        migrations.AddField(
            model_name='backupcopy',
            name='attempts',
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='backupcopy',
            name='missing_at',
            field=models.DateTimeField(editable=False, help_text='The storage has it no more, though nobody removed it.', null=True, verbose_name='found missing'),
        ),
        migrations.AddField(
            model_name='backupcopy',
            name='not_before',
            field=models.DateTimeField(editable=False, help_text='While it is being written, or after a failure, nobody else starts.', null=True),
        ),
        migrations.AddField(
            model_name='drillrun',
            name='storage',
            field=models.ForeignKey(blank=True, editable=False, help_text='Whose copy was drilled.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='drills', to='backups.storage'),
        ),
        migrations.AddField(
            model_name='storage',
            name='lock_mode',
            field=models.CharField(choices=[('COMPLIANCE', 'Nobody (compliance)'), ('GOVERNANCE', 'Who has a permission of its own (governance)')], default='COMPLIANCE', max_length=10, verbose_name='who can unlock'),
        ),
        migrations.AddField(
            model_name='storage',
            name='reads_back',
            field=models.BooleanField(default=False, help_text='Reads every byte again after it was stored. Otherwise its size and checksum are asked for.', verbose_name='reads everything back'),
        ),
        migrations.AlterField(
            model_name='storage',
            name='access_key_id',
            field=models.CharField(blank=True, help_text="Empty: the role of the worker's own machine.", max_length=128, verbose_name='access key id'),
        ),
        migrations.AddConstraint(
            model_name='storage',
            constraint=models.CheckConstraint(condition=models.Q(('locked_days', 0), ('kind', 's3'), _connector='OR'), name='backups_storage_locks_in_a_bucket'),
        ),
        grant_roles("backups", operator=["storage"]),
    ]
