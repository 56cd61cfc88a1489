import apps.common.clock
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

from apps.accounts.roles import grant_roles


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0003_team_members'),
        ('roadmap', '0004_living_documents'),
        ('accounts', '0002_roles'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='binding',
            name='decided_words',
            field=models.TextField(blank=True, editable=False, help_text='What the criterion said at the decision.'),
        ),
        migrations.AddField(
            model_name='criterion',
            name='clauses',
            field=models.JSONField(blank=True, default=list, editable=False, help_text='As a person split it; empty where its semicolons split it.'),
        ),
        migrations.AddField(
            model_name='historicalbinding',
            name='decided_words',
            field=models.TextField(blank=True, editable=False, help_text='What the criterion said at the decision.'),
        ),
        migrations.AddField(
            model_name='historicalcriterion',
            name='clauses',
            field=models.JSONField(blank=True, default=list, editable=False, help_text='As a person split it; empty where its semicolons split it.'),
        ),
        migrations.CreateModel(
            name='ImportDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=300)),
                ('raw', models.BinaryField()),
                ('sha256', models.CharField(editable=False, max_length=64)),
                ('source', models.CharField(blank=True, help_text="The file in the server's folder of roadmaps.", max_length=1000)),
                ('source_revision', models.CharField(blank=True, help_text='The commit that it was read from.', max_length=64)),
                ('created_at', models.DateTimeField(db_index=True, default=apps.common.clock.now, verbose_name='created')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.service')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('section', models.TextField(blank=True, help_text='The headings above the line, in plain words.')),
                ('words', models.TextField(help_text='The line without marks and punctuation.')),
                ('occurrence', models.PositiveIntegerField(default=0, help_text='Which of several such lines.')),
                ('line', models.PositiveIntegerField(blank=True, help_text='In the newest text; empty while it waits.', null=True)),
                ('becomes', models.CharField(choices=[('milestone', 'Milestone'), ('work_item', 'Work item'), ('task', 'Task'), ('step', 'Step of the task above'), ('criterion', 'Criterion'), ('risk', 'Risk'), ('prose', 'Prose')], max_length=20)),
                ('values', models.JSONField(blank=True, default=dict, help_text='What was read wrongly: text, claim, owner, target.')),
                ('made_at', models.DateTimeField(default=apps.common.clock.now, verbose_name='made')),
                ('is_active', models.BooleanField(default=True, verbose_name='holds')),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='corrections', to='roadmap.document')),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['document', 'line', 'pk'],
                'constraints': [models.UniqueConstraint(models.F('document'), django.db.models.functions.text.MD5('section'), django.db.models.functions.text.MD5('words'), models.F('occurrence'), condition=models.Q(('is_active', True)), name='roadmap_one_active_correction_per_line')],
            },
        ),
        grant_roles('roadmap', editor=['correction']),
    ]
