import apps.common.clock
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.accounts.roles import grant_roles


class Migration(migrations.Migration):

    dependencies = [
        ('backups', '0006_storages'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RewrapRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('succeeded', 'Succeeded'), ('failed', 'Failed'), ('errored', 'Errored'), ('missed', 'Missed')], default='queued', editable=False, max_length=10)),
                ('scheduled_for', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='scheduled for')),
                ('queued_at', models.DateTimeField(default=apps.common.clock.now, editable=False, verbose_name='queued')),
                ('started_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='started')),
                ('finished_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='finished')),
                ('lease_expires_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('fence', models.PositiveIntegerField(default=0, editable=False, help_text="Counts the claims; an old holder's writes are refused.")),
                ('error', models.TextField(blank=True, editable=False)),
                ('recipients', models.JSONField(default=list, editable=False, help_text='The public keys it is to be encrypted to.')),
                ('old_key', models.CharField(editable=False, max_length=200)),
                ('new_key', models.CharField(blank=True, editable=False, max_length=200)),
                ('cleared_at', models.DateTimeField(editable=False, help_text='The objects that are not listed are gone from every storage.', null=True, verbose_name='cleared')),
            ],
            options={
                'verbose_name': 're-encryption',
                'ordering': ['-queued_at'],
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='drillrun',
            name='is_custody',
            field=models.BooleanField(default=False, editable=False, help_text="Decrypted through a key's escrow, not from here.", verbose_name='with one key alone'),
        ),
        migrations.AddField(
            model_name='drillrun',
            name='recipient',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='drills', to='backups.recipient', verbose_name='key'),
        ),
        migrations.AddField(
            model_name='recipient',
            name='added_at',
            field=models.DateTimeField(default=apps.common.clock.now, editable=False, verbose_name='added'),
        ),
        migrations.AddField(
            model_name='recipient',
            name='lost_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='Nobody has the identity any more.', null=True, verbose_name='lost'),
        ),
        migrations.AlterField(
            model_name='recipient',
            name='retired_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='retired'),
        ),
        migrations.AddConstraint(
            model_name='drillrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('is_custody', True), ('verdict', 'proven'), _negated=True), ('recipient__isnull', False), _connector='OR'), name='backups_drill_proven_custody_names_key'),
        ),
        migrations.AddConstraint(
            model_name='recipient',
            constraint=models.CheckConstraint(condition=models.Q(('lost_at__isnull', True), models.Q(('identity', ''), ('retired_at__isnull', False)), _connector='OR'), name='backups_lost_key_is_retired'),
        ),
        migrations.AddField(
            model_name='rewraprun',
            name='backup',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rewraps', to='backups.backup'),
        ),
        migrations.AddField(
            model_name='rewraprun',
            name='requested_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='rewraprun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('status__in', ['queued', 'running'])), models.Q(models.Q(('status__in', ['queued', 'running']), _negated=True), ('finished_at__isnull', False)), _connector='OR'), name='backups_rewraprun_finished_when_ended'),
        ),
        migrations.AddConstraint(
            model_name='rewraprun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'running'), _negated=True), models.Q(('lease_expires_at__isnull', False), ('started_at__isnull', False)), _connector='OR'), name='backups_rewraprun_running_has_lease'),
        ),
        migrations.AddConstraint(
            model_name='rewraprun',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['queued', 'running'])), fields=('backup',), name='backups_one_unfinished_rewrap_per_backup'),
        ),
        migrations.AddConstraint(
            model_name='rewraprun',
            constraint=models.CheckConstraint(condition=models.Q(('old_key', models.F('new_key')), _negated=True), name='backups_rewrap_has_a_key_of_its_own'),
        ),
        migrations.AddField(
            model_name='backup',
            name='companions',
            field=models.JSONField(blank=True, default=list, editable=False, help_text='The small objects beside it, with their SHA-256.'),
        ),
        migrations.AlterModelOptions(
            name='recipient',
            options={'ordering': ['name'], 'verbose_name': 'key'},
        ),
        grant_roles("backups"),
    ]
