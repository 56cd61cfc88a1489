import apps.common.clock
import apps.roadmap.models.badges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.accounts.roles import grant_roles
from apps.common.append_only import make_append_only


class Migration(migrations.Migration):
    dependencies = [
        ("roadmap", "0007_waivers"),
        ("accounts", "0002_roles"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("catalog", "0003_team_members"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='GatePolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(editable=False, verbose_name='version')),
                ('open_critical_risk', models.CharField(choices=[('ignore', 'Ignore'), ('warn', 'Warn'), ('block', 'Block')], default='block', max_length=10, verbose_name='open critical risks without a mitigation')),
                ('placeholder', models.CharField(choices=[('ignore', 'Ignore'), ('warn', 'Warn'), ('block', 'Block')], default='warn', max_length=10, verbose_name='criteria with values nobody has set')),
                ('owner_missing', models.CharField(choices=[('ignore', 'Ignore'), ('warn', 'Warn'), ('block', 'Block')], default='warn', max_length=10, verbose_name='missing owners')),
                ('import_conflict', models.CharField(choices=[('ignore', 'Ignore'), ('warn', 'Warn'), ('block', 'Block')], default='block', max_length=10, verbose_name='open import conflicts')),
                ('overdue', models.CharField(choices=[('ignore', 'Ignore'), ('warn', 'Warn'), ('block', 'Block')], default='warn', max_length=10, verbose_name='milestones past their target date')),
                ('weak_trust', models.CharField(choices=[('ignore', 'Ignore'), ('warn', 'Warn'), ('block', 'Block')], default='warn', max_length=10, verbose_name='evidence below the least trust')),
                ('minimum_trust', models.CharField(blank=True, choices=[('produced', 'Produced by Seaworthy'), ('pulled', 'Pulled from its source'), ('signed', 'Pushed and signed'), ('pushed', 'Pushed with a token'), ('attested', 'Attested by a person')], max_length=10, verbose_name='least trust')),
                ('met_without_claim_passes', models.BooleanField(default=False, help_text='A proven criterion passes though nobody ticked it.', verbose_name='proven without a claim passes')),
                ('requirement_by_kind', models.JSONField(blank=True, default=dict, help_text='Such as {"success_metric": "recommended"}.')),
                ('requirement_by_milestone', models.JSONField(blank=True, default=dict, help_text='By code or title, such as {"M6": "recommended"}. It goes before the kind.')),
                ('comment', models.TextField(help_text='Why the policy is changed.')),
                ('created_at', models.DateTimeField(default=apps.common.clock.now, editable=False, verbose_name='made')),
                ('author', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('environment', models.ForeignKey(blank=True, help_text='Empty: for every environment of the service that has no policy of its own.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='gate_policies', to='catalog.environment')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='gate_policies', to='catalog.service')),
            ],
            options={
                'verbose_name_plural': 'gate policies',
                'ordering': ['service', 'environment', '-number'],
            },
        ),
        migrations.CreateModel(
            name='GateEvaluation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('milestone', models.CharField(blank=True, help_text='Empty for all milestones.', max_length=300)),
                ('at', models.DateTimeField(default=apps.common.clock.now)),
                ('decision', models.CharField(choices=[('go', 'Go'), ('go_with_waivers', 'Go, with waivers'), ('overridden', 'No-go, overridden'), ('ready_to_sign', 'Ready to sign'), ('no_go', 'No-go'), ('indeterminate', 'Indeterminate')], max_length=20)),
                ('digest', models.CharField(max_length=64)),
                ('decision_digest', models.CharField(max_length=64)),
                ('policy_version', models.CharField(max_length=80)),
                ('answer', models.JSONField()),
                ('cause', models.CharField(choices=[('asked', 'A person asked'), ('sign_off', 'A sign-off'), ('override', 'An override'), ('launch', 'The launch'), ('tick', 'The decision changed')], max_length=10)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='gate_evaluations', to='catalog.environment')),
                ('policy', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='roadmap.gatepolicy')),
            ],
            options={
                'verbose_name': 'gate evaluation',
                'ordering': ['-at', '-pk'],
                'permissions': [('sign_gate', 'Can sign, reject or override a gate, where its policy names them'), ('launch_gate', 'Can record a launch')],
            },
        ),
        migrations.CreateModel(
            name='Launch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('comment', models.TextField(blank=True)),
                ('at', models.DateTimeField(default=apps.common.clock.now)),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('evaluation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='launch', to='roadmap.gateevaluation')),
            ],
            options={
                'verbose_name_plural': 'launches',
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='PolicyRole',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Such as SRE.', max_length=60)),
                ('needed', models.PositiveSmallIntegerField(default=1, help_text='How many members have to sign; 0 for none.')),
                ('may_override', models.BooleanField(default=False, verbose_name='may override a no-go')),
                ('group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='auth.group')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='roles', to='roadmap.gatepolicy')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.team')),
            ],
            options={
                'verbose_name': 'role',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='PublicBadge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.CharField(default=apps.roadmap.models.badges.make_badge_token, editable=False, max_length=64, unique=True)),
                ('made_at', models.DateTimeField(default=apps.common.clock.now, editable=False)),
                ('environment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='public_badge', to='catalog.environment')),
                ('made_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'public badge',
            },
        ),
        migrations.CreateModel(
            name='SignOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('decision_digest', models.CharField(max_length=64)),
                ('role', models.CharField(max_length=60)),
                ('word', models.CharField(choices=[('approve', 'Approves'), ('reject', 'Rejects')], max_length=10)),
                ('comment', models.TextField(blank=True)),
                ('at', models.DateTimeField(default=apps.common.clock.now)),
                ('evaluation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sign_offs', to='roadmap.gateevaluation')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'sign-off',
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='StatusTransition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_standing', models.CharField(blank=True, max_length=20)),
                ('to_standing', models.CharField(max_length=20)),
                ('cause', models.CharField(choices=[('first_seen', 'First seen'), ('observation', 'New evidence'), ('expiry', 'Evidence ran out'), ('edit', 'Edited'), ('import', 'Imported'), ('binding', 'Checks changed'), ('waiver', 'Waiver')], max_length=20)),
                ('at', models.DateTimeField(help_text='When it became so, as exactly as can be known.')),
                ('recorded_at', models.DateTimeField(default=apps.common.clock.now)),
                ('input', models.JSONField(default=dict, help_text='What the standing follows from.')),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('criterion', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='transitions', to='roadmap.criterion')),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.environment')),
            ],
            options={
                'verbose_name': 'status transition',
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='GateOverride',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(max_length=60)),
                ('reason', models.TextField()),
                ('at', models.DateTimeField(default=apps.common.clock.now)),
                ('ends_at', models.DateTimeField(verbose_name='ends')),
                ('covers', models.JSONField(default=list)),
                ('evaluation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='override', to='roadmap.gateevaluation')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'override',
                'ordering': ['-at', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('at'))), name='roadmap_override_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='roadmap_override_has_a_reason')],
            },
        ),
        migrations.AddConstraint(
            model_name='gatepolicy',
            constraint=models.UniqueConstraint(fields=('service', 'environment', 'number'), name='roadmap_policy_version_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='gatepolicy',
            constraint=models.CheckConstraint(condition=models.Q(('comment', ''), _negated=True), name='roadmap_policy_has_a_comment'),
        ),
        migrations.AddIndex(
            model_name='gateevaluation',
            index=models.Index(fields=['environment', 'milestone', '-at'], name='roadmap_evaluations_of'),
        ),
        migrations.AddConstraint(
            model_name='policyrole',
            constraint=models.UniqueConstraint(fields=('policy', 'name'), name='roadmap_policy_role_once'),
        ),
        migrations.AddConstraint(
            model_name='policyrole',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('group__isnull', False), ('team__isnull', True)), models.Q(('group__isnull', True), ('team__isnull', False)), _connector='OR'), name='roadmap_policy_role_is_a_group_or_a_team', violation_error_message='Choose a group or a team, not both.'),
        ),
        migrations.AddConstraint(
            model_name='policyrole',
            constraint=models.CheckConstraint(condition=models.Q(('needed__gt', 0), ('may_override', True), _connector='OR'), name='roadmap_policy_role_does_something', violation_error_message='A role signs, or may override, or both.'),
        ),
        migrations.AddConstraint(
            model_name='signoff',
            constraint=models.UniqueConstraint(fields=('decision_digest', 'role', 'person'), name='roadmap_signed_once'),
        ),
        migrations.AddConstraint(
            model_name='signoff',
            constraint=models.CheckConstraint(condition=models.Q(('word', 'approve'), models.Q(('comment', ''), _negated=True), _connector='OR'), name='roadmap_rejection_has_a_comment'),
        ),
        migrations.AddIndex(
            model_name='statustransition',
            index=models.Index(fields=['environment', 'criterion', '-id'], name='roadmap_transitions_of'),
        ),
        make_append_only("roadmap_gatepolicy"),
        make_append_only("roadmap_policyrole"),
        make_append_only("roadmap_gateevaluation"),
        make_append_only("roadmap_signoff"),
        make_append_only("roadmap_gateoverride"),
        make_append_only("roadmap_launch"),
        make_append_only("roadmap_statustransition"),
        grant_roles(
            "roadmap",
            editor=["sign_gate"],
            operator=["sign_gate", "launch_gate"],
            approver=["sign_gate", "launch_gate", "add_gatepolicy", "add_policyrole", "add_publicbadge", "delete_publicbadge"],
        ),
    ]
