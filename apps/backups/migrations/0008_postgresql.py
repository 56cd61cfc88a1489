import datetime

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from apps.accounts.roles import grant_roles


class Migration(migrations.Migration):
    dependencies = [("backups", "0007_encryption")]

    operations = [
        migrations.CreateModel(
            name='Check',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('kind', models.CharField(choices=[('sql', 'SQL: its first value is not false, 0 or empty'), ('canary', 'Canary: a row with this value is there'), ('freshness', 'Freshness: the newest value was young at backup time')], default='sql', max_length=10)),
                ('sql', models.TextField(blank=True, help_text='One SELECT, of any table.', validators=[django.core.validators.RegexValidator('(?i)^\\s*(select|with|values|table)\\b', 'Write one SELECT.')], verbose_name='SQL')),
                ('table', models.CharField(blank=True, help_text='With its schema, such as sales.customer.', max_length=130)),
                ('column', models.CharField(blank=True, max_length=63)),
                ('value', models.CharField(blank=True, help_text='Of a canary, as text.', max_length=500)),
                ('maximum_age', models.DurationField(blank=True, help_text='Such as 1 00:00:00 for a day.', null=True)),
                ('is_enabled', models.BooleanField(default=True, verbose_name='enabled')),
            ],
            options={
                'ordering': ['database', 'name'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='drillrun',
            name='backups_drill_proven_has_no_findings',
        ),
        migrations.AddField(
            model_name='backup',
            name='warnings',
            field=models.JSONField(blank=True, default=list, editable=False, help_text='Worth knowing of the source.'),
        ),
        migrations.AddField(
            model_name='drillrun',
            name='conditions_sha256',
            field=models.CharField(blank=True, editable=False, help_text='Of what was proven, by which checks, by which drill.', max_length=64),
        ),
        migrations.AddField(
            model_name='drillrun',
            name='satisfied_by',
            field=models.ForeignKey(blank=True, editable=False, help_text='The earlier drill that proved the same bytes for the same checks; nothing was restored again.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='satisfied', to='backups.drillrun'),
        ),
        migrations.AddField(
            model_name='drillrun',
            name='warnings',
            field=models.JSONField(blank=True, default=list, editable=False, help_text='Worth knowing; they refute nothing.'),
        ),
        migrations.AddField(
            model_name='plan',
            name='prove_again_after',
            field=models.DurationField(default=datetime.timedelta(days=1), help_text='A scheduled drill of an unchanged backup restores it again after so long. 00:00:00: each time.', verbose_name='proven again after'),
        ),
        migrations.AddConstraint(
            model_name='drillrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('verdict', 'proven'), _negated=True), models.Q(('findings', []), models.Q(('rto_seconds__isnull', False), ('satisfied_by__isnull', False), _connector='OR')), _connector='OR'), name='backups_drill_proven_has_no_findings'),
        ),
        migrations.AddConstraint(
            model_name='drillrun',
            constraint=models.CheckConstraint(condition=models.Q(('satisfied_by__isnull', True), models.Q(('rto_seconds__isnull', True), ('verdict', 'proven')), _connector='OR'), name='backups_drill_satisfied_measures_nothing'),
        ),
        migrations.AddField(
            model_name='check',
            name='database',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='checks', to='backups.database'),
        ),
        migrations.AddConstraint(
            model_name='check',
            constraint=models.UniqueConstraint(fields=('database', 'name'), name='backups_check_named_once'),
        ),
        migrations.AddConstraint(
            model_name='check',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'sql'), models.Q(('sql', ''), _negated=True)), models.Q(('kind', 'canary'), models.Q(('table', ''), _negated=True), models.Q(('column', ''), _negated=True)), models.Q(('kind', 'freshness'), ('maximum_age__gt', datetime.timedelta(0)), ('maximum_age__isnull', False), models.Q(('table', ''), _negated=True), models.Q(('column', ''), _negated=True)), _connector='OR'), name='backups_check_is_complete'),
        ),
        grant_roles("backups", operator=["check"], editor=[]),
    ]
