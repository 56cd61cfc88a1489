import apps.common.clock
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.accounts.roles import grant_roles


class Migration(migrations.Migration):
    dependencies = [("backups", "0013_restoring"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name='ProofRun',
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
                ('sent_at', models.DateTimeField(editable=False, null=True, verbose_name='sent to a worker')),
                ('holds', models.BooleanField(editable=False, help_text='Every fault was caught, and nothing alarmed for nothing.', null=True, verbose_name='the drill is proven')),
                ('caught', models.PositiveIntegerField(default=0, editable=False, verbose_name='faults caught')),
                ('missed', models.PositiveIntegerField(default=0, editable=False, verbose_name='faults missed')),
                ('healthy', models.PositiveIntegerField(default=0, editable=False, verbose_name='healthy drills')),
                ('false_alarms', models.PositiveIntegerField(default=0, editable=False)),
                ('matrix', models.JSONField(blank=True, default=dict, editable=False)),
                ('requested_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'proof of the drill',
                'verbose_name_plural': 'proofs of the drill',
                'ordering': ['-queued_at'],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('status__in', ['queued', 'running'])), models.Q(models.Q(('status__in', ['queued', 'running']), _negated=True), ('finished_at__isnull', False)), _connector='OR'), name='backups_proofrun_finished_when_ended'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'running'), _negated=True), models.Q(('lease_expires_at__isnull', False), ('started_at__isnull', False)), _connector='OR'), name='backups_proofrun_running_has_lease'), models.UniqueConstraint(condition=models.Q(('scheduled_for__isnull', False)), fields=('scheduled_for',), name='backups_one_proof_per_slot'), models.UniqueConstraint(condition=models.Q(('status__in', ['queued', 'running'])), fields=('status',), name='backups_one_proof_of_each_status'), models.CheckConstraint(condition=models.Q(('holds__isnull', True), ('status', 'succeeded'), _connector='OR'), name='backups_proof_answers_at_the_end'), models.CheckConstraint(condition=models.Q(models.Q(('holds', True), _negated=True), models.Q(('caught__gt', 0), ('false_alarms', 0), ('missed', 0)), _connector='OR'), name='backups_proof_holds_wholly')],
            },
        ),
        grant_roles("backups"),
    ]
