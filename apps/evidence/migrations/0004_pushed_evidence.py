import apps.common.clock
import django.db.models.deletion
from django.db import migrations, models

from apps.accounts.roles import grant_roles


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_notice_roles'),
        ('catalog', '0003_team_members'),
        ('evidence', '0003_roles'),
    ]

    operations = [
        migrations.CreateModel(
            name='SigningKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Whose key it is, such as the release pipeline.', max_length=100, unique=True)),
                ('pem', models.TextField(help_text='Ed25519 or ECDSA, as PEM: -----BEGIN PUBLIC KEY----- …', verbose_name='public key')),
                ('added_at', models.DateTimeField(default=apps.common.clock.now, editable=False, verbose_name='added')),
                ('revoked_at', models.DateTimeField(blank=True, help_text='From then on it counts no more.', null=True, verbose_name='revoked')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.AlterModelOptions(
            name='observationrecord',
            options={'ordering': ['-recorded_at'], 'permissions': [('attest_evidence', 'Can attest by own knowledge that something is so')], 'verbose_name': 'observation'},
        ),
        migrations.AlterField(
            model_name='observationrecord',
            name='trust',
            field=models.CharField(choices=[('produced', 'Produced by Seaworthy'), ('pulled', 'Pulled from its source'), ('signed', 'Pushed and signed'), ('pushed', 'Pushed with a token'), ('attested', 'Attested by a person')], max_length=10),
        ),
        migrations.CreateModel(
            name='TokenScope',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verifier_keys', models.JSONField(default=list, help_text='The evidence that the token may bring.', verbose_name='verifiers')),
                ('environment', models.ForeignKey(blank=True, help_text='Empty for every environment of the service.', null=True, on_delete=django.db.models.deletion.PROTECT, to='catalog.environment')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='push_scopes', to='catalog.service')),
                ('signing_keys', models.ManyToManyField(blank=True, help_text='With any chosen, only statements that one of them signed are taken.', to='evidence.signingkey')),
                ('token', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='evidence_scope', to='accounts.apitoken')),
            ],
            options={
                'verbose_name': 'token for pushing evidence',
                'verbose_name_plural': 'tokens for pushing evidence',
                'ordering': ['service', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='PushedReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('idempotency_key', models.CharField(max_length=200)),
                ('request_digest', models.CharField(editable=False, max_length=64)),
                ('format', models.CharField(max_length=20)),
                ('sha256', models.CharField(max_length=64, verbose_name='SHA-256 of the report')),
                ('size_bytes', models.PositiveIntegerField(verbose_name='size')),
                ('received_at', models.DateTimeField(default=apps.common.clock.now, verbose_name='received')),
                ('record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='evidence.observationrecord')),
                ('token', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pushed_reports', to='accounts.apitoken')),
                ('signing_key', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='evidence.signingkey')),
            ],
            options={
                'ordering': ['-received_at', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('token', 'idempotency_key'), name='evidence_one_report_per_key')],
            },
        ),
        grant_roles(
            "evidence",
            editor=["attest_evidence"],
            operator=["attest_evidence"],
            approver=["attest_evidence"],
            hidden=["tokenscope"],
        ),
    ]
