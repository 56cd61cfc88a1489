import apps.common.clock
import django.contrib.postgres.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.accounts.roles import grant_roles


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0003_team_members'),
        ('roadmap', '0006_working_surface'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='criterion',
            name='is_waivable',
            field=models.BooleanField(default=True, help_text='Clear it for what has to be proven.', verbose_name='may be waived'),
        ),
        migrations.AddField(
            model_name='historicalcriterion',
            name='is_waivable',
            field=models.BooleanField(default=True, help_text='Clear it for what has to be proven.', verbose_name='may be waived'),
        ),
        migrations.CreateModel(
            name='Waiver',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason_category', models.CharField(choices=[('out_of_scope', 'Out of scope'), ('business_priority', 'Business priority'), ('architecture_constraint', 'Architecture constraint'), ('compensating_control', 'Compensating control'), ('other', 'Other')], max_length=30, verbose_name='kind of reason')),
                ('reason', models.TextField(help_text='Why it cannot be proven in time.')),
                ('compensating_control', models.TextField(help_text='What protects production until it is proven.')),
                ('starts_at', models.DateTimeField(verbose_name='from')),
                ('ends_at', models.DateTimeField(help_text='It lapses at this second, by itself.', verbose_name='until')),
                ('state', models.CharField(choices=[('requested', 'Requested'), ('approved', 'Approved'), ('denied', 'Denied'), ('revoked', 'Revoked')], default='requested', max_length=10)),
                ('requested_at', models.DateTimeField(default=apps.common.clock.now, verbose_name='requested')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                ('decision_comment', models.TextField(blank=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='revoked')),
                ('revocation_comment', models.TextField(blank=True)),
                ('criterion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waivers', to='roadmap.criterion')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waivers', to='catalog.environment')),
                ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('revoked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-requested_at', '-pk'],
                'permissions': [('approve_waiver', 'Can approve, deny and revoke waivers')],
                'indexes': [models.Index(fields=['environment', 'ends_at'], name='roadmap_waiver_ends')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='roadmap_waiver_ends_after_its_start'), models.CheckConstraint(condition=models.Q(models.Q(('compensating_control', ''), _negated=True), models.Q(('reason', ''), _negated=True)), name='roadmap_waiver_has_reason_and_control'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('state', 'requested')), models.Q(models.Q(('state', 'requested'), _negated=True), ('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='roadmap_waiver_decided_by_somebody'), models.CheckConstraint(condition=models.Q(models.Q(('revoked_at__isnull', False), ('revoked_by__isnull', False), ('state', 'revoked')), models.Q(models.Q(('state', 'revoked'), _negated=True), ('revoked_at__isnull', True), ('revoked_by__isnull', True)), _connector='OR'), name='roadmap_waiver_revoked_by_somebody'), models.CheckConstraint(condition=models.Q(('state', 'denied'), ('decided_by__isnull', True), models.Q(('decided_by', models.F('requested_by')), _negated=True), _connector='OR'), name='roadmap_waiver_approved_by_another'), models.UniqueConstraint(condition=models.Q(('state', 'requested')), fields=('criterion', 'environment'), name='roadmap_waiver_requested_once'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state', 'approved')), expressions=[(models.Func(models.F('criterion'), models.F('criterion'), models.Value('[]'), function='int8range'), '&&'), (models.Func(models.F('environment'), models.F('environment'), models.Value('[]'), function='int8range'), '&&'), (models.Func(models.F('starts_at'), models.F('ends_at'), function='tstzrange'), '&&')], name='roadmap_waiver_no_overlap')],
            },
        ),
        grant_roles("roadmap", editor=["add_waiver"], operator=["add_waiver"], approver=["approve_waiver"]),
    ]
