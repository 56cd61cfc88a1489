import apps.common.clock
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from apps.accounts.roles import grant_roles


class Migration(migrations.Migration):

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        ('roadmap', '0005_corrections'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='criterion',
            name='assignees',
            field=models.ManyToManyField(blank=True, related_name='assigned_%(class)ss', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicaltask',
            name='effort',
            field=models.CharField(blank=True, help_text='Such as 3 days, 2 weeks, 4h or 1-2 days.', max_length=100),
        ),
        migrations.AddField(
            model_name='milestone',
            name='assignees',
            field=models.ManyToManyField(blank=True, related_name='assigned_%(class)ss', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='risk',
            name='assignees',
            field=models.ManyToManyField(blank=True, related_name='assigned_%(class)ss', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='task',
            name='assignees',
            field=models.ManyToManyField(blank=True, related_name='assigned_%(class)ss', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='task',
            name='effort',
            field=models.CharField(blank=True, help_text='Such as 3 days, 2 weeks, 4h or 1-2 days.', max_length=100),
        ),
        migrations.AddField(
            model_name='workitem',
            name='assignees',
            field=models.ManyToManyField(blank=True, related_name='assigned_%(class)ss', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='historicalworkitem',
            name='effort',
            field=models.CharField(blank=True, help_text='Such as 3 days, 2 weeks, 4h or 1-2 days.', max_length=100),
        ),
        migrations.AlterField(
            model_name='workitem',
            name='effort',
            field=models.CharField(blank=True, help_text='Such as 3 days, 2 weeks, 4h or 1-2 days.', max_length=100),
        ),
        migrations.CreateModel(
            name='HistoricalCriterion_assignees',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('m2m_history_id', models.AutoField(primary_key=True, serialize=False)),
                ('criterion', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='roadmap.criterion')),
                ('history', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to='roadmap.historicalcriterion')),
                ('user', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'HistoricalCriterion_assignees',
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalMilestone_assignees',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('m2m_history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to='roadmap.historicalmilestone')),
                ('milestone', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='roadmap.milestone')),
                ('user', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'HistoricalMilestone_assignees',
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalRisk_assignees',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('m2m_history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to='roadmap.historicalrisk')),
                ('risk', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='roadmap.risk')),
                ('user', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'HistoricalRisk_assignees',
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalTask_assignees',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('m2m_history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to='roadmap.historicaltask')),
                ('task', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='roadmap.task')),
                ('user', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'HistoricalTask_assignees',
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalWorkItem_assignees',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('m2m_history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to='roadmap.historicalworkitem')),
                ('user', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workitem', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='roadmap.workitem')),
            ],
            options={
                'verbose_name': 'HistoricalWorkItem_assignees',
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Label',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=50)),
                ('colour', models.CharField(choices=[('quiet', 'Grey'), ('sea', 'Blue'), ('proven', 'Green'), ('doubt', 'Amber'), ('refuted', 'Red')], default='quiet', max_length=10)),
            ],
            options={
                'ordering': [django.db.models.functions.text.Lower('name')],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='roadmap_label_name_unique')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalWorkItem_labels',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('m2m_history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to='roadmap.historicalworkitem')),
                ('workitem', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='roadmap.workitem')),
                ('label', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='roadmap.label')),
            ],
            options={
                'verbose_name': 'HistoricalWorkItem_labels',
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalTask_labels',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('m2m_history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to='roadmap.historicaltask')),
                ('task', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='roadmap.task')),
                ('label', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='roadmap.label')),
            ],
            options={
                'verbose_name': 'HistoricalTask_labels',
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalRisk_labels',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('m2m_history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to='roadmap.historicalrisk')),
                ('risk', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='roadmap.risk')),
                ('label', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='roadmap.label')),
            ],
            options={
                'verbose_name': 'HistoricalRisk_labels',
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalMilestone_labels',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('m2m_history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to='roadmap.historicalmilestone')),
                ('milestone', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='roadmap.milestone')),
                ('label', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='roadmap.label')),
            ],
            options={
                'verbose_name': 'HistoricalMilestone_labels',
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalCriterion_labels',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('m2m_history_id', models.AutoField(primary_key=True, serialize=False)),
                ('criterion', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='roadmap.criterion')),
                ('history', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to='roadmap.historicalcriterion')),
                ('label', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='roadmap.label')),
            ],
            options={
                'verbose_name': 'HistoricalCriterion_labels',
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddField(
            model_name='criterion',
            name='labels',
            field=models.ManyToManyField(blank=True, related_name='%(class)ss', to='roadmap.label'),
        ),
        migrations.AddField(
            model_name='milestone',
            name='labels',
            field=models.ManyToManyField(blank=True, related_name='%(class)ss', to='roadmap.label'),
        ),
        migrations.AddField(
            model_name='risk',
            name='labels',
            field=models.ManyToManyField(blank=True, related_name='%(class)ss', to='roadmap.label'),
        ),
        migrations.AddField(
            model_name='task',
            name='labels',
            field=models.ManyToManyField(blank=True, related_name='%(class)ss', to='roadmap.label'),
        ),
        migrations.AddField(
            model_name='workitem',
            name='labels',
            field=models.ManyToManyField(blank=True, related_name='%(class)ss', to='roadmap.label'),
        ),
        migrations.CreateModel(
            name='Comment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('object_id', models.PositiveBigIntegerField(editable=False)),
                ('text', models.TextField(blank=True, max_length=10000)),
                ('written_at', models.DateTimeField(default=apps.common.clock.now, editable=False, verbose_name='written')),
                ('edited_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='edited')),
                ('deleted_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='deleted')),
                ('author', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='comments', to=settings.AUTH_USER_MODEL)),
                ('content_type', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contenttypes.contenttype')),
                ('mentioned', models.ManyToManyField(blank=True, editable=False, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['written_at', 'pk'],
                'abstract': False,
                'indexes': [models.Index(fields=['content_type', 'object_id'], name='roadmap_com_content_c8d41e_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('deleted_at__isnull', True), ('text', ''), _connector='XOR'), name='roadmap_comment_has_text_until_deleted')],
            },
        ),
        migrations.CreateModel(
            name='Dependency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('predecessor', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='followed_by', to='roadmap.milestone')),
                ('successor', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='waits_for', to='roadmap.milestone')),
            ],
            options={
                'verbose_name_plural': 'dependencies',
                'ordering': ['successor', 'predecessor'],
                'constraints': [models.UniqueConstraint(fields=('predecessor', 'successor'), name='roadmap_dependency_once'), models.CheckConstraint(condition=models.Q(('predecessor', models.F('successor')), _negated=True), name='roadmap_dependency_not_on_itself')],
            },
        ),
        migrations.CreateModel(
            name='Link',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('object_id', models.PositiveBigIntegerField(editable=False)),
                ('kind', models.CharField(choices=[('pull_request', 'Pull request'), ('dashboard', 'Dashboard'), ('runbook', 'Runbook'), ('document', 'Document'), ('other', 'Other')], default='other', max_length=20)),
                ('url', models.URLField(max_length=1000, validators=[django.core.validators.URLValidator(schemes=['http', 'https'])], verbose_name='address')),
                ('title', models.CharField(blank=True, max_length=200)),
                ('added_at', models.DateTimeField(default=apps.common.clock.now, editable=False, verbose_name='added')),
                ('added_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('content_type', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contenttypes.contenttype')),
            ],
            options={
                'ordering': ['kind', 'pk'],
                'abstract': False,
                'indexes': [models.Index(fields=['content_type', 'object_id'], name='roadmap_lin_content_99686b_idx')],
                'constraints': [models.UniqueConstraint(fields=('content_type', 'object_id', 'url'), name='roadmap_link_once'), models.CheckConstraint(condition=models.Q(('url__iregex', '^https?://')), name='roadmap_link_is_of_the_web')],
            },
        ),
        grant_roles(
            "roadmap",
            editor=["dependency", "label", "link", "comment"],
            operator=["comment"],
            approver=["comment"],
        ),
    ]
