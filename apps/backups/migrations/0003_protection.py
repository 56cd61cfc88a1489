import apps.common.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from apps.accounts.roles import grant_roles


class Migration(migrations.Migration):

    dependencies = [
        ('backups', '0002_roles'),
    ]

    operations = [
        migrations.CreateModel(
            name='BackupCopy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stored_at', models.DateTimeField(editable=False, null=True, verbose_name='stored')),
                ('verified_at', models.DateTimeField(editable=False, null=True, verbose_name='read back')),
                ('removal_asked_at', models.DateTimeField(editable=False, null=True, verbose_name='to be removed since')),
                ('removed_at', models.DateTimeField(editable=False, null=True, verbose_name='removed')),
                ('error', models.TextField(blank=True, editable=False, help_text='Why the last attempt on it failed.')),
            ],
            options={
                'verbose_name': 'copy',
                'verbose_name_plural': 'copies',
                'ordering': ['backup', 'storage'],
            },
        ),
        migrations.CreateModel(
            name='Plan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('keep_newest', models.PositiveSmallIntegerField(default=14, validators=[django.core.validators.MinValueValidator(1)], verbose_name='newest kept')),
                ('keep_hourly', models.PositiveSmallIntegerField(default=0, verbose_name='hourly kept')),
                ('keep_daily', models.PositiveSmallIntegerField(default=0, verbose_name='daily kept')),
                ('keep_weekly', models.PositiveSmallIntegerField(default=0, verbose_name='weekly kept')),
                ('keep_monthly', models.PositiveSmallIntegerField(default=0, verbose_name='monthly kept')),
                ('keep_yearly', models.PositiveSmallIntegerField(default=0, verbose_name='yearly kept')),
                ('keep_within', models.DurationField(blank=True, help_text='Everything younger is kept.', null=True)),
                ('largest_size_bytes', models.PositiveBigIntegerField(blank=True, help_text='Above it the oldest go, down to the proven floor.', null=True, verbose_name='largest size of all')),
                ('proven_floor', models.PositiveSmallIntegerField(default=1, help_text='The newest proven ones never go.', validators=[django.core.validators.MinValueValidator(1)], verbose_name='proven kept')),
                ('quiet_from', models.TimeField(blank=True, help_text='UTC. In quiet hours nothing starts by itself.', null=True)),
                ('quiet_until', models.TimeField(blank=True, null=True)),
                ('priority', models.SmallIntegerField(default=0, help_text='The higher goes first when several are due.')),
            ],
        ),
        migrations.CreateModel(
            name='Recipient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(unique=True)),
                ('public_key', models.CharField(max_length=80, unique=True, validators=[django.core.validators.RegexValidator('^age1[a-z0-9]{58}$', 'An age public key starts with age1.')])),
                ('is_offline', models.BooleanField(default=False, help_text='Its identity is kept in escrow, not here.', verbose_name='offline recovery key')),
                ('identity', apps.common.fields.EncryptedTextField(blank=True, help_text='AGE-SECRET-KEY-1..., encrypted at rest and never shown again. Empty for an offline key.')),
                ('identity_file', models.CharField(blank=True, help_text='Where a custody drill finds the escrowed identity on the worker.', max_length=500)),
                ('retired_at', models.DateTimeField(blank=True, null=True, verbose_name='retired')),
                ('proven_at', models.DateTimeField(editable=False, help_text='In a drill that used this key alone.', null=True, verbose_name='last decrypted a backup')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Storage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(unique=True)),
                ('kind', models.CharField(choices=[('folder', 'Folder'), ('s3', 'S3 or compatible')], default='folder', max_length=10)),
                ('folder', models.CharField(blank=True, help_text='Empty: the folder that BACKUP_DIRECTORY names.', max_length=500)),
                ('endpoint_url', models.URLField(blank=True, help_text="Empty: Amazon's own.", verbose_name='endpoint')),
                ('region', models.CharField(blank=True, max_length=50)),
                ('bucket', models.CharField(blank=True, max_length=63)),
                ('prefix', models.CharField(blank=True, help_text='Comes before every key, such as seaworthy/.', max_length=200)),
                ('access_key_id', models.CharField(blank=True, max_length=128, verbose_name='access key id')),
                ('secret_access_key', apps.common.fields.EncryptedTextField(blank=True, help_text='Encrypted at rest, and never shown again.')),
                ('locked_days', models.PositiveSmallIntegerField(default=0, help_text='Objects are locked for so long (object lock). 0: not locked.', verbose_name='locked for days')),
                ('gigabyte_month_cost', models.DecimalField(blank=True, decimal_places=4, max_digits=8, null=True, verbose_name='cost of a GB for a month')),
                ('is_enabled', models.BooleanField(default=True, verbose_name='enabled')),
                ('checked_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='checked')),
                ('check_findings', models.JSONField(blank=True, default=list, editable=False)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.AddField(
            model_name='backup',
            name='engine',
            field=models.CharField(default='postgresql', editable=False, max_length=20),
        ),
        migrations.AddField(
            model_name='backup',
            name='held_until',
            field=models.DateTimeField(blank=True, help_text='Retention leaves it alone.', null=True, verbose_name='held until'),
        ),
        migrations.AddField(
            model_name='backup',
            name='hold_reason',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='backup',
            name='recipients',
            field=models.JSONField(blank=True, default=list, editable=False, help_text='Public keys; empty when not encrypted.', verbose_name='encrypted to'),
        ),
        migrations.AlterField(
            model_name='database',
            name='engine',
            field=models.CharField(choices=[('postgresql', 'PostgreSQL'), ('mariadb', 'MariaDB'), ('sqlite', 'SQLite'), ('files', 'Files'), ('pgbackrest', 'PostgreSQL by pgBackRest'), ('adopted', 'Backups made by another tool')], default='postgresql', max_length=20),
        ),
        migrations.AddField(
            model_name='backupcopy',
            name='backup',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='backups.backup'),
        ),
        migrations.AddField(
            model_name='plan',
            name='database',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='plan', to='backups.database'),
        ),
        migrations.AddConstraint(
            model_name='recipient',
            constraint=models.CheckConstraint(condition=models.Q(('is_offline', False), ('identity', ''), _connector='OR'), name='backups_offline_identity_away'),
        ),
        migrations.AddField(
            model_name='plan',
            name='recipients',
            field=models.ManyToManyField(blank=True, help_text='Who can decrypt. None: backups are not encrypted.', related_name='plans', to='backups.recipient'),
        ),
        migrations.AddConstraint(
            model_name='storage',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'folder'), models.Q(('kind', 's3'), models.Q(('bucket', ''), _negated=True)), _connector='OR'), name='backups_storage_s3_has_bucket'),
        ),
        migrations.AddField(
            model_name='plan',
            name='storages',
            field=models.ManyToManyField(help_text='Every backup goes to each of them.', related_name='plans', to='backups.storage'),
        ),
        migrations.AddField(
            model_name='backupcopy',
            name='storage',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='backups.storage'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.CheckConstraint(condition=models.Q(('keep_newest__gte', 1), ('proven_floor__gte', 1)), name='backups_plan_keeps_something'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('quiet_from__isnull', True), ('quiet_until__isnull', True)), models.Q(('quiet_from__isnull', False), ('quiet_until__isnull', False)), _connector='OR'), name='backups_plan_quiet_hours_have_both_ends'),
        ),
        migrations.AddConstraint(
            model_name='backupcopy',
            constraint=models.UniqueConstraint(fields=('backup', 'storage'), name='backups_one_copy_per_storage'),
        ),
        migrations.AddConstraint(
            model_name='backupcopy',
            constraint=models.CheckConstraint(condition=models.Q(('removed_at__isnull', True), ('removal_asked_at__isnull', False), _connector='OR'), name='backups_copy_removed_when_asked'),
        ),
        grant_roles("backups", operator=["storage", "recipient", "plan"], editor=[]),
    ]
