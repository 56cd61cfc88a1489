import apps.common.clock
import apps.roadmap.models.summaries
import django.db.models.deletion
from django.db import migrations, models

from apps.roadmap.models.changes import CREATE_FUNCTION, DROP_FUNCTION, EVERY_SERVICE, note_changes, through

THROUGH_EVALUATION = """
    SELECT environment.service_id FROM changed
    JOIN roadmap_gateevaluation AS evaluation ON evaluation.id = changed.evaluation_id
    JOIN catalog_environment AS environment ON environment.id = evaluation.environment_id
"""


class Migration(migrations.Migration):
    dependencies = [("roadmap", "0008_decisions"), ("catalog", "0003_team_members"), ("evidence", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.CreateModel(
            name='ServiceChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service_id', models.BigIntegerField()),
                ('transaction', apps.roadmap.models.summaries.TransactionField()),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['service_id'], name='roadmap_change_of_service')],
            },
        ),
        migrations.CreateModel(
            name='ServiceSummary',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('decision', models.CharField(max_length=20)),
                ('regression', models.CharField(blank=True, help_text='What the launch said, and what holds today.', max_length=200)),
                ('digest', models.CharField(max_length=64)),
                ('blocking', models.PositiveIntegerField()),
                ('contradictions', models.PositiveIntegerField()),
                ('criteria_proven', models.PositiveIntegerField()),
                ('criteria_total', models.PositiveIntegerField()),
                ('milestones_claimed_done', models.PositiveIntegerField()),
                ('milestones_total', models.PositiveIntegerField()),
                ('standings', models.JSONField(default=dict, help_text='How many criteria have each standing.')),
                ('milestones', models.JSONField(default=list, help_text="Each milestone with its standing, in the documents' order.")),
                ('computed_at', models.DateTimeField(default=apps.common.clock.now)),
                ('valid_until', models.DateTimeField(help_text='From here on time alone may have changed it.')),
                ('snapshot', apps.roadmap.models.summaries.SnapshotField(help_text='Empty when it was computed amid writes, and holds for nobody else.', null=True)),
                ('cluster', models.BigIntegerField(help_text='The database cluster that numbered the transactions.')),
                ('made_by', models.CharField(help_text='The digest of the code that computed it.', max_length=64)),
                ('environment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='summary', to='catalog.environment')),
            ],
            options={
                'verbose_name_plural': 'service summaries',
                'default_permissions': (),
            },
        ),
        migrations.AddIndex(
            model_name='costline',
            index=models.Index(condition=models.Q(('orphaned_at__isnull', True)), fields=['service', 'position', 'id'], name='roadmap_costline_order'),
        ),
        migrations.AddIndex(
            model_name='criterion',
            index=models.Index(condition=models.Q(('orphaned_at__isnull', True)), fields=['service', 'position', 'id'], name='roadmap_criterion_order'),
        ),
        migrations.AddIndex(
            model_name='milestone',
            index=models.Index(condition=models.Q(('orphaned_at__isnull', True)), fields=['service', 'position', 'id'], name='roadmap_milestone_order'),
        ),
        migrations.AddIndex(
            model_name='risk',
            index=models.Index(condition=models.Q(('orphaned_at__isnull', True)), fields=['service', 'position', 'id'], name='roadmap_risk_order'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('orphaned_at__isnull', True)), fields=['service', 'position', 'id'], name='roadmap_task_order'),
        ),
        migrations.AddIndex(
            model_name='workitem',
            index=models.Index(condition=models.Q(('orphaned_at__isnull', True)), fields=['service', 'position', 'id'], name='roadmap_workitem_order'),
        ),
        migrations.RunSQL(CREATE_FUNCTION, DROP_FUNCTION),
        note_changes("catalog_service", "SELECT id AS service_id FROM changed"),
        note_changes("catalog_team", EVERY_SERVICE),
        note_changes("catalog_environment"),
        note_changes("roadmap_document"),
        note_changes("roadmap_documentrevision", through("roadmap_document", "document_id")),
        note_changes("roadmap_milestone"),
        note_changes("roadmap_milestone_owners", through("roadmap_milestone", "milestone_id")),
        note_changes("roadmap_workitem"),
        note_changes("roadmap_task"),
        note_changes("roadmap_criterion"),
        note_changes("roadmap_binding", through("roadmap_criterion", "criterion_id")),
        note_changes("roadmap_waiver", through("catalog_environment", "environment_id")),
        note_changes("roadmap_risk"),
        note_changes("roadmap_costline"),
        note_changes("roadmap_mitigation", through("roadmap_risk", "risk_id")),
        note_changes("roadmap_conflict", through("roadmap_document", "document_id")),
        note_changes("roadmap_gatepolicy"),
        note_changes("roadmap_policyrole", through("roadmap_gatepolicy", "policy_id")),
        note_changes("roadmap_gateevaluation", through("catalog_environment", "environment_id")),
        note_changes("roadmap_signoff", THROUGH_EVALUATION),
        note_changes("roadmap_gateoverride", THROUGH_EVALUATION),
        note_changes("roadmap_launch", THROUGH_EVALUATION),
        note_changes("auth_group", EVERY_SERVICE),
        note_changes("evidence_observationrecord", through("catalog_environment", "environment_id")),
        # Whether something was recorded later than now has to be asked often: of a machine whose clock is ahead.
        migrations.RunSQL(
            "CREATE INDEX evidence_recorded_at ON evidence_observationrecord (recorded_at)",
            "DROP INDEX evidence_recorded_at",
        ),
    ]
