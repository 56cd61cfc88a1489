import apps.common.clock
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.accounts.roles import grant_roles


class Migration(migrations.Migration):
    dependencies = [("backups", "0012_watching"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name='RestoreRun',
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
                ('new_name', models.CharField(help_text='There must be no database of this name yet.', max_length=63, validators=[django.core.validators.RegexValidator('^[a-z_][a-z0-9_]{0,62}$', 'Small letters, digits and underscores, not beginning with a digit.')], verbose_name='name of the new database')),
                ('tables', models.JSONField(blank=True, default=list, help_text='Only the rows of these tables. Empty: everything.')),
                ('with_owners', models.BooleanField(default=True, verbose_name='owners and privileges too')),
                ('reason', models.TextField()),
                ('needs_approval', models.BooleanField(default=False, editable=False)),
                ('approved_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='approved')),
                ('sent_at', models.DateTimeField(editable=False, null=True, verbose_name='sent to a worker')),
                ('stages', models.JSONField(blank=True, default=list, editable=False)),
                ('findings', models.JSONField(blank=True, default=list, editable=False)),
                ('done_items', models.PositiveIntegerField(default=0, editable=False, verbose_name='done')),
                ('total_items', models.PositiveIntegerField(editable=False, null=True, verbose_name='of')),
                ('approved_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('backup', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='restores', to='backups.backup')),
                ('requested_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('server', models.ForeignKey(help_text='The new database is made on its server.', on_delete=django.db.models.deletion.PROTECT, related_name='restores_beside', to='backups.database')),
            ],
            options={
                'verbose_name': 'restore',
                'ordering': ['-queued_at'],
                'permissions': [('approve_restorerun', 'Can approve a restore into production')],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('status__in', ['queued', 'running'])), models.Q(models.Q(('status__in', ['queued', 'running']), _negated=True), ('finished_at__isnull', False)), _connector='OR'), name='backups_restorerun_finished_when_ended'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'running'), _negated=True), models.Q(('lease_expires_at__isnull', False), ('started_at__isnull', False)), _connector='OR'), name='backups_restorerun_running_has_lease'), models.UniqueConstraint(condition=models.Q(('status__in', ['queued', 'running'])), fields=('server', 'new_name'), name='backups_one_restore_into_a_name'), models.CheckConstraint(condition=models.Q(('needs_approval', False), ('approved_at__isnull', False), models.Q(('status__in', ['running', 'succeeded']), _negated=True), _connector='OR'), name='backups_restore_is_approved'), models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), models.Q(('approved_by', models.F('requested_by')), _negated=True), _connector='OR'), name='backups_restore_approved_by_another')],
            },
        ),
        grant_roles("backups", operator=["add_restorerun"], approver=["approve_restorerun"]),
    ]
