import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from apps.accounts.roles import grant_roles


class Migration(migrations.Migration):
    dependencies = [("roadmap", "0009_summaries"), ("catalog", "0003_team_members")]

    operations = [
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Such as “Proven restores”.', max_length=100)),
                ('sentence', models.CharField(help_text='What is to be so: “Every service of tier A has a proven restore by 31 March.”', max_length=300)),
                ('verifier_key', models.CharField(blank=True, max_length=100, verbose_name='check')),
                ('phrase', models.CharField(blank=True, help_text='Only checks of criteria that hold these words: “load test”.', max_length=100, verbose_name='words')),
                ('parameters', models.JSONField(blank=True, default=dict)),
                ('rule', models.JSONField(blank=True, null=True)),
                ('tiers', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('A', 'A: 99.9 % available'), ('B', 'B: 99 % available'), ('C', 'C: 95 % available')], max_length=1), blank=True, default=list, size=None)),
                ('starts_on', models.DateField(verbose_name='from')),
                ('target_on', models.DateField(help_text='It ends with this day, in UTC.', verbose_name='target')),
                ('reminder_weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(choices=[(1, 'Monday'), (2, 'Tuesday'), (3, 'Wednesday'), (4, 'Thursday'), (5, 'Friday'), (6, 'Saturday'), (7, 'Sunday')]), blank=True, default=list, size=None, verbose_name='reminders on')),
                ('ended_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='ended')),
                ('ended_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(help_text='Hears of services that nobody owns.', on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to=settings.AUTH_USER_MODEL)),
                ('owner_teams', models.ManyToManyField(blank=True, related_name='+', to='catalog.team', verbose_name='teams')),
                ('services', models.ManyToManyField(blank=True, related_name='campaigns', to='catalog.service')),
            ],
            options={
                'ordering': ['target_on', 'name'],
            },
        ),
        migrations.CreateModel(
            name='HistoricalCampaign',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('name', models.CharField(help_text='Such as “Proven restores”.', max_length=100)),
                ('sentence', models.CharField(help_text='What is to be so: “Every service of tier A has a proven restore by 31 March.”', max_length=300)),
                ('verifier_key', models.CharField(blank=True, max_length=100, verbose_name='check')),
                ('phrase', models.CharField(blank=True, help_text='Only checks of criteria that hold these words: “load test”.', max_length=100, verbose_name='words')),
                ('parameters', models.JSONField(blank=True, default=dict)),
                ('rule', models.JSONField(blank=True, null=True)),
                ('tiers', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('A', 'A: 99.9 % available'), ('B', 'B: 99 % available'), ('C', 'C: 95 % available')], max_length=1), blank=True, default=list, size=None)),
                ('starts_on', models.DateField(verbose_name='from')),
                ('target_on', models.DateField(help_text='It ends with this day, in UTC.', verbose_name='target')),
                ('reminder_weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(choices=[(1, 'Monday'), (2, 'Tuesday'), (3, 'Wednesday'), (4, 'Thursday'), (5, 'Friday'), (6, 'Saturday'), (7, 'Sunday')]), blank=True, default=list, size=None, verbose_name='reminders on')),
                ('ended_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='ended')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('ended_by', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(blank=True, db_constraint=False, help_text='Hears of services that nobody owns.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical campaign',
                'verbose_name_plural': 'historical campaigns',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalCampaign_owner_teams',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('m2m_history_id', models.AutoField(primary_key=True, serialize=False)),
                ('campaign', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='roadmap.campaign')),
                ('history', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to='roadmap.historicalcampaign')),
                ('team', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='catalog.team')),
            ],
            options={
                'verbose_name': 'HistoricalCampaign_owner_teams',
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalCampaign_services',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('m2m_history_id', models.AutoField(primary_key=True, serialize=False)),
                ('campaign', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='roadmap.campaign')),
                ('history', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to='roadmap.historicalcampaign')),
                ('service', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='catalog.service')),
            ],
            options={
                'verbose_name': 'HistoricalCampaign_services',
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='roadmap_campaign_once', violation_error_message='There is a campaign of that name.'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('verifier_key', ''), _negated=True), models.Q(('phrase', ''), _negated=True), _connector='OR'), name='roadmap_campaign_asks_something', violation_error_message='Choose a check, or the words of criteria, or both.'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('verifier_key', ''), _negated=True), models.Q(('parameters', {}), ('rule__isnull', True)), _connector='OR'), name='roadmap_campaign_rule_has_a_check', violation_error_message='Parameters and a rule need a check.'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('target_on__gte', models.F('starts_on'))), name='roadmap_campaign_ends_after_its_start', violation_error_message='The target comes before the start.'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('tiers__contained_by', ['A', 'B', 'C'])), name='roadmap_campaign_tiers_are_known'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('reminder_weekdays__contained_by', [1, 2, 3, 4, 5, 6, 7])), name='roadmap_campaign_weekdays_are_known'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by__isnull', True)), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False)), _connector='OR'), name='roadmap_campaign_ended_by_somebody'),
        ),
        grant_roles("roadmap", editor=["campaign"]),
    ]
